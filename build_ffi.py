"""Builds ``trtx_sys._ffi``: the C shim of ``csrc/``, compiled into a cffi extension (API mode, limited API).

Setuptools runs it through ``cffi_modules``; ``python build_ffi.py`` builds the extension in place.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parent
CSRC = Path("csrc")
SYS = Path("trtx_sys")


def sources() -> list[str]:
    """The shim's sources, relative to the project as setuptools wants them."""
    os.chdir(ROOT)
    return sorted(str(path) for path in (CSRC / "src").glob("*.cpp"))


def headers() -> list[str]:
    """What a change of must compile the extension anew."""
    found = [path for folder in ("include", "src") for path in (CSRC / folder).glob("*.h*")]
    found += [*SYS.glob("*.h*"), SYS / "_cdef_gen.txt", Path("build_ffi.py")]
    return sorted(map(str, found))


def compiler_flags() -> list[str]:
    if sys.platform == "win32":
        return ["/std:c++17", "/EHsc", "/permissive-"]
    # Without debug information, which Python's own flags ask for: it is three quarters of the file.
    return ["-std=c++17", "-fvisibility=hidden", "-O2", "-g0"]


ffi = FFI()
ffi.cdef((ROOT / SYS / "_cdef_gen.txt").read_text(encoding="utf-8"))
ffi.set_source(
    "trtx_sys._ffi",
    '#include "_gil.hpp"',
    sources=sources(),
    depends=headers(),
    include_dirs=[str(CSRC / "include"), str(CSRC / "src"), str(SYS)],
    # Static: the extension holds the shim itself, nothing is imported from a library of its own.
    define_macros=[("TRTX_STATIC", "1"), ("Py_LIMITED_API", "0x030A0000")],
    extra_compile_args=compiler_flags(),
    # Without the names of local symbols, which nobody needs and which are a third of the file.
    extra_link_args=["-Wl,-s"] if sys.platform == "linux" else [],
    libraries=[] if sys.platform == "win32" else ["dl", "pthread"],
    source_extension=".cpp",
    py_limited_api=True,
)

if __name__ == "__main__":
    ffi.compile(verbose=True)
