"""What binds the wheel to old systems; ``make wheel`` has the whole wheel audited."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.process import ROOT

missing = [tool for tool in ("c++", "objdump") if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.skipif(bool(missing), reason=f"no {', '.join(missing)}"),
    pytest.mark.skipif(sys.platform != "linux", reason="wheels of Linux"),
    pytest.mark.skipif(platform.machine() not in ("x86_64", "aarch64"), reason="no wheels for this architecture"),
]

PROGRAM = """\
#include <dlfcn.h>
#include <link.h>
#include <memory>
#include <vector>

extern "C" void *all_of_them(const char *name, std::shared_ptr<int> *shared, std::size_t count)
{
    void *library = dlopen(name, RTLD_NOW);
    Dl_info found;
    link_map *map = nullptr;
    std::shared_ptr<int> copy = *shared;
    std::vector<std::vector<int>> many(count);
    if (!library || dlinfo(library, RTLD_DI_LINKMAP, &map) || !dladdr(dlsym(library, "f"), &found)) {
        dlclose(library);
        return dlerror() ? nullptr : copy.get() + many.size();
    }
    return library;
}
"""

#: The newest versions on a system of manylinux_2_28.
NEWEST = {"GLIBC": (2, 28), "GLIBCXX": (3, 4, 25), "CXXABI": (1, 3, 11), "GCC": (8, 0, 0)}


def too_new(library: Path) -> set[str]:
    listed = subprocess.run(["objdump", "-T", str(library)], capture_output=True, text=True, check=True).stdout
    found = set()
    for line in listed.splitlines():
        version = re.search(r"\*UND\*.*\b(GLIBC|GLIBCXX|CXXABI|GCC)_([\d.]+)\)?\s+(\S+)", line)
        if version and tuple(map(int, version[2].split("."))) > NEWEST[version[1]]:
            found.add(version[3])
    return found


def test_new_symbols_are_bound_to_old_versions(tmp_path: Path) -> None:
    (tmp_path / "program.cpp").write_text(PROGRAM, encoding="utf-8")
    extra = ROOT / "manylinux"
    flags = ["c++", "-shared", "-fPIC", "-std=c++17", "-O2", "-fvisibility=hidden", str(tmp_path / "program.cpp")]
    old, new = tmp_path / "old.so", tmp_path / "new.so"
    options = ["-include", str(extra / "old_glibc.h"), str(extra / "old_glibc.cpp"), "-o", str(old)]
    subprocess.run([*flags, *options], check=True)
    assert too_new(old) == set()
    # Without them this host's libraries leave their mark, unless it is as old itself.
    subprocess.run([*flags, "-o", str(new)], check=True)
    assert too_new(new) <= {
        "dladdr", "dlclose", "dlerror", "dlinfo", "dlopen", "dlsym",
        "_ZSt28__throw_bad_array_new_lengthv", "__libc_single_threaded",
    }  # fmt: skip
    hidden = subprocess.run(["objdump", "-T", str(old)], capture_output=True, text=True, check=True).stdout
    assert not [line for line in hidden.splitlines() if "UND" not in line and "single_threaded" in line]
