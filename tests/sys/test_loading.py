# SPDX-License-Identifier: Apache-2.0
"""Which libraries the shim loads, and that it lets go of those that it does not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.fake import fake_library, run_with_fake

pytestmark = pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which(os.environ.get("CC", "cc")), reason="no Unix C compiler"
)

#: What the loader asks a library, and nothing else.
STUB = """
int getInferLibVersion(void) { return MAJOR * 10000 + MINOR * 100; }
int getInferLibMajorVersion(void) { return MAJOR; }
int getInferLibMinorVersion(void) { return MINOR; }
int getInferLibPatchVersion(void) { return 0; }
int getInferLibBuildVersion(void) { return 7; }
#ifndef INCOMPLETE
void *createInferBuilder_INTERNAL(void *logger, int version) { return 0; }
void *createInferRuntime_INTERNAL(void *logger, int version) { return 0; }
#endif
"""

START = """
FAKE = os.environ["TRTX_FAKE_PATH"].encode()
def is_mapped(path):
    return os.path.realpath(path) in open("/proc/self/maps").read()
"""
needs_maps = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no list of mapped files")


def run(code: str, **environment: str) -> str:
    return run_with_fake(START + code, TRTX_FAKE_LOAD="0", **environment)


def stub(folder: Path, major: int, minor: int, *flags: str) -> str:
    """Path of a library of some version that has the soname of the real one."""
    source, library = folder / "stub.c", folder / "libstub.so"
    source.write_text(STUB, encoding="utf-8")
    command = [os.environ.get("CC", "cc"), "-shared", "-fPIC", "-Wl,-soname,libtensorrt_rtx.so.1", *flags]
    command += [f"-DMAJOR={major}", f"-DMINOR={minor}", str(source), "-o", str(library)]
    subprocess.run(command, check=True, capture_output=True)
    return str(library)


@needs_maps
@pytest.mark.parametrize("version", [(1, 4), (0, 9), (2, 0), (10, 13)])
def test_another_interface_is_refused_and_closed(tmp_path: Path, version: tuple[int, int]) -> None:
    """TensorRT without RTX exports the same names; its versions say which one it is."""
    found = ".".join(map(str, version))
    run(
        f"""
refused("load", STUB.encode(), saying="{found}.0.7")
assert lib.trtx_last_status() == lib.TRTX_VERSION_REFUSED
assert STUB in error() and "1.5 or newer" in error() and "major version 1" in error(), error()
assert not is_mapped(STUB)
# It must not be found by its soname either, which is also that of the right one.
check(lib.trtx_load(FAKE))
assert make("library_version").major == 1
""".replace("STUB", repr(stub(tmp_path, *version)))
    )


@needs_maps
def test_an_incomplete_library_is_closed(tmp_path: Path) -> None:
    run(
        """
refused("load", STUB.encode(), saying="does not export createInferBuilder_INTERNAL")
assert lib.trtx_last_status() == lib.TRTX_LOAD_FAILED and not is_mapped(STUB)
""".replace("STUB", repr(stub(tmp_path, 1, 6, "-DINCOMPLETE")))
    )


@needs_maps
def test_a_second_library_is_closed_and_the_first_one_stays(tmp_path: Path) -> None:
    run(
        """
check(lib.trtx_load(FAKE))
for _ in range(3):
    check(lib.trtx_load(FAKE))
refused("load", STUB.encode(), saying="already")
assert lib.trtx_last_status() == lib.TRTX_ALREADY_LOADED and not is_mapped(STUB)
refused("load_onnx_parser", STUB.encode(), saying="getNvOnnxParserVersion")
assert not is_mapped(STUB) and is_mapped(FAKE.decode())
model = Model()
model.close()
""".replace("STUB", repr(stub(tmp_path, 1, 6)))
    )


@needs_maps
@pytest.mark.parametrize("function", ["load", "load_onnx_parser"])
def test_what_only_links_the_library_is_not_the_library(tmp_path: Path, function: str) -> None:
    """The system's loader finds the names in it all the same."""
    real, plugin, source = tmp_path / "libtensorrt_rtx.so.1", tmp_path / "libplugin.so", tmp_path / "plugin.c"
    shutil.copy(fake_library(), real)
    source.write_text("int plugin(void) { return 1; }\n", encoding="utf-8")
    link = ["-Wl,--no-as-needed", f"-Wl,-rpath,{tmp_path}", str(real)]
    command = [os.environ.get("CC", "cc"), "-shared", "-fPIC", str(source), "-o", str(plugin), *link]
    subprocess.run(command, check=True, capture_output=True)
    run(
        f"""
if {function!r} != "load":
    check(lib.trtx_load(FAKE))
refused({function!r}, {str(plugin)!r}.encode(), saying={f"{plugin} is no TensorRT-RTX "!r})
found = {str(real)!r} if {function!r} == "load" else os.path.realpath(FAKE).decode()
assert lib.trtx_last_status() == lib.TRTX_LOAD_FAILED and f"links {{found}}" in error(), error()
assert not is_mapped({str(plugin)!r})
check(lib.trtx_load(FAKE))
check(lib.trtx_load_onnx_parser(FAKE))
"""
    )


def test_an_empty_path_is_not_the_program() -> None:
    run("""
refused("load", b"", saying="path is empty")
assert lib.trtx_last_status() == lib.TRTX_INVALID_ARGUMENT
check(lib.trtx_load(FAKE))
for function in ("load", "load_onnx_parser"):
    refused(function, b"", saying="path is empty")
    assert lib.trtx_last_status() == lib.TRTX_INVALID_ARGUMENT
""")
