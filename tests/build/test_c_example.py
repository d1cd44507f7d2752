"""The shim without Python: the C example against the real library, and the installed package as others find it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.helpers.fake import fake_library

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = (ROOT / "trtx" / "_version.py").read_text(encoding="utf-8")
VERSION = re.findall(r'__version__ = "(\d+\.\d+\.\d+)', PACKAGE)[0]
TOOLS = ("cmake", "cc", "c++")
missing_tools = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.skipif(bool(missing_tools), reason=f"no {', '.join(missing_tools)}"),
    pytest.mark.skipif(os.name == "nt", reason="these commands are those of Unix compilers"),
]

CONSUMER_C = """\
#include <stdio.h>
#include <trtx_c.h>

int main(void)
{
    const trtx_status status = trtx_load("no-such-library");
    printf("%d %s\\n", (int)trtx_newest_known_version().major, trtx_last_error());
    return status == TRTX_LOAD_FAILED ? 0 : 1;
}
"""

LATE_C = """\
#include <stdio.h>
#include <stdlib.h>
#include <trtx_c.h>

static const char *library, *path;

static void late(void)
{
    const char *again = NULL;
    trtx_library_path(&again);
    printf("%s\\n%s\\n%d\\n", path, again, trtx_load(library));
}

__attribute__((constructor(101))) static void before_the_shim(void)
{
    atexit(late);
}

int main(int count, char **arguments)
{
    library = arguments[1];
    return count != 2 || trtx_load(library) || trtx_library_path(&path);
}
"""

CONSUMER_CMAKE = """\
cmake_minimum_required(VERSION 3.16)
project(consumer LANGUAGES C)
find_package(trtx_shim {version} REQUIRED)
add_executable(consumer consumer.c)
target_link_libraries(consumer PRIVATE trtx::shim)
"""


def run(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command that must succeed."""
    result = run_any(*command, **environment)
    assert result.returncode == 0, result.stdout + result.stderr
    return result


def run_any(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, env=env, check=False)


def configure_and_build(source: Path, build: Path, *options: str) -> None:
    run("cmake", "-S", source, "-B", build, *options)
    run("cmake", "--build", build, "--parallel", "2")


def real_library() -> Path:
    """The library that the example is run against; skip where there is none."""
    given = os.environ.get("TRTX_LIBRARY", "")
    if given and Path(given).is_file():
        return Path(given)
    spec = importlib.util.find_spec("tensorrt_rtx_libs")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for path in Path(folder).rglob("libtensorrt_rtx.so.1"):
            return path
    pytest.skip("no TensorRT-RTX library: set TRTX_LIBRARY to its path or install tensorrt_rtx_libs")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    build = tmp_path_factory.mktemp("example")
    configure_and_build(ROOT / "examples" / "c", build, "-DTRTX_WARNINGS_AS_ERRORS=ON")
    return build / "build_engine"


def test_example_builds_an_engine(example: Path, tmp_path: Path) -> None:
    engine = tmp_path / "y.engine"
    result = run(example, real_library(), engine)
    assert result.stderr == ""
    assert result.stdout.splitlines()[-1] == f"{engine}: {engine.stat().st_size} bytes"
    assert engine.stat().st_size > 1000


@pytest.mark.parametrize("library", ["no-such-library.so", "a text file"])
def test_example_says_why_a_library_does_not_load(example: Path, tmp_path: Path, library: str) -> None:
    path = tmp_path / library
    if library == "a text file":
        path.write_text("not a library", encoding="utf-8")
    result = run_any(example, path, tmp_path / "y.engine")
    assert result.returncode == 1
    assert result.stderr.startswith("error: trtx_load: ")
    assert str(path) in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "y.engine").exists()


def test_example_says_why_it_cannot_write(example: Path, tmp_path: Path) -> None:
    result = run_any(example, real_library(), tmp_path / "no-such-folder" / "y.engine")
    assert result.returncode == 1
    assert "no-such-folder" in result.stderr


def test_example_explains_its_arguments(example: Path) -> None:
    result = run_any(example)
    assert (result.returncode, result.stderr) == (2, f"usage: {example} LIBRARY ENGINE\n")


@pytest.fixture(scope="module", params=["static", "shared"])
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The kind of library, and the prefix where it is installed."""
    folder = tmp_path_factory.mktemp(request.param)
    shared = "ON" if request.param == "shared" else "OFF"
    configure_and_build(
        ROOT / "csrc",
        folder / "build",
        f"-DBUILD_SHARED_LIBS={shared}",
        "-DTRTX_WARNINGS_AS_ERRORS=ON",
        "-DCMAKE_INSTALL_LIBDIR=lib",
    )
    run("cmake", "--install", folder / "build", "--prefix", folder / "prefix")
    shutil.rmtree(folder / "build")
    return request.param, folder / "prefix"


@pytest.fixture
def consumer(tmp_path: Path) -> Path:
    (tmp_path / "consumer.c").write_text(CONSUMER_C, encoding="utf-8")
    return tmp_path


def test_installed_headers_are_the_public_ones(installed: tuple[str, Path]) -> None:
    _, prefix = installed
    assert sorted(p.name for p in (prefix / "include").iterdir()) == ["trtx_c.h", "trtx_c_gen.h"]


def test_the_license_is_installed(installed: tuple[str, Path]) -> None:
    _, prefix = installed
    license_ = prefix / "share" / "licenses" / "trtx_shim" / "LICENSE"
    assert license_.read_bytes() == (ROOT / "csrc" / "LICENSE").read_bytes()


def test_package_config(installed: tuple[str, Path], consumer: Path) -> None:
    """A program in C alone needs no more than this, whatever the shim is made of."""
    _, prefix = installed
    (consumer / "CMakeLists.txt").write_text(CONSUMER_CMAKE.format(version=VERSION), encoding="utf-8")
    configure_and_build(consumer, consumer / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    assert "no-such-library" in run(consumer / "build" / "consumer").stdout


@pytest.mark.skipif(shutil.which("pkg-config") is None, reason="no pkg-config")
def test_pkg_config(installed: tuple[str, Path], consumer: Path) -> None:
    _, prefix = installed
    where = {"PKG_CONFIG_PATH": str(prefix / "lib" / "pkgconfig")}
    flags = run("pkg-config", "--cflags", "--libs", "trtx_shim", **where).stdout.split()
    run("cc", "-std=c11", consumer / "consumer.c", *flags, "-o", consumer / "consumer")
    assert "no-such-library" in run(consumer / "consumer", LD_LIBRARY_PATH=str(prefix / "lib")).stdout
    assert run("pkg-config", "--modversion", "trtx_shim", **where).stdout.strip() == VERSION


@pytest.mark.skipif(shutil.which("pkg-config") is None, reason="no pkg-config")
@pytest.mark.parametrize("libraries", ["lib", "lib/triplet", "{elsewhere}/lib"])
@pytest.mark.parametrize("headers", ["include", "{elsewhere}/include"])
def test_pkg_config_of_folders_that_are_absolute(tmp_path: Path, libraries: str, headers: str) -> None:
    build, prefix, elsewhere = tmp_path / "build", tmp_path / "prefix", tmp_path / "elsewhere"
    libraries, headers = libraries.format(elsewhere=elsewhere), headers.format(elsewhere=elsewhere)
    folders = f"-DCMAKE_INSTALL_LIBDIR={libraries}", f"-DCMAKE_INSTALL_INCLUDEDIR={headers}"
    run("cmake", "-S", ROOT / "csrc", "-B", build, f"-DCMAKE_INSTALL_PREFIX={prefix}", *folders)
    # Where it would be installed.
    target = prefix / libraries / "pkgconfig"
    target.mkdir(parents=True)
    shutil.copy(build / "trtx_shim.pc", target)
    where = {"PKG_CONFIG_PATH": str(target)}
    for variable, folder in (("libdir", libraries), ("includedir", headers)):
        said = run("pkg-config", f"--variable={variable}", "trtx_shim", **where).stdout.strip()
        assert Path(os.path.normpath(said)) == prefix / folder


@pytest.mark.skipif(shutil.which("nm") is None, reason="no nm")
def test_a_copy_inside_a_library_is_not_seen_from_outside(tmp_path: Path) -> None:
    """Compiled by hand, and without a flag for it."""
    include, source = ROOT / "csrc" / "include", ROOT / "csrc" / "src"
    (tmp_path / "user.c").write_text(CONSUMER_C, encoding="utf-8")
    flags = ["-O0", "-fPIC", "-DTRTX_STATIC", f"-I{include}", f"-I{source}"]

    def compiled(path: Path) -> Path:
        target = tmp_path / f"{path.stem}.o"
        run("c++" if path.suffix == ".cpp" else "cc", *flags, "-c", path, "-o", target)
        return target

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        objects = list(pool.map(compiled, [*source.glob("*.cpp"), tmp_path / "user.c"]))
    run("c++", "-shared", *objects, "-o", tmp_path / "libuser.so", "-ldl", "-lpthread")
    listed = run("nm", "-D", "--defined-only", tmp_path / "libuser.so").stdout
    names = {line.split()[-1] for line in listed.splitlines()}
    assert "main" in names
    # What the compiler makes of templates of the standard library is the same in every copy.
    assert {name for name in names if re.match(r"trtx_|_Z(T.|GV)?N?K?4trtx", name)} == set()


@pytest.mark.parametrize("installed", ["static"], indirect=True)
def test_paths_are_there_until_the_process_ends(installed: tuple[str, Path], tmp_path: Path) -> None:
    """A handler of atexit() that was there before the shim runs after the destructors of its objects."""
    _, prefix = installed
    source, program = tmp_path / "late.c", tmp_path / "late"
    source.write_text(LATE_C, encoding="utf-8")
    flags = ["-DTRTX_STATIC", f"-I{prefix / 'include'}", f"-L{prefix / 'lib'}"]
    run("cc", *flags, source, "-ltrtx_shim", "-lstdc++", "-ldl", "-lpthread", "-o", program)
    fake = fake_library().resolve()
    assert run(program, fake).stdout == f"{fake}\n{fake}\n0\n"


@pytest.mark.skipif(shutil.which("nm") is None, reason="no nm")
@pytest.mark.parametrize("installed", ["shared"], indirect=True)
def test_a_shared_shim_exports_its_interface_and_nothing_else(installed: tuple[str, Path]) -> None:
    _, prefix = installed
    listed = run("nm", "-D", "--defined-only", prefix / "lib" / "libtrtx_shim.so").stdout
    names = {line.split()[-1] for line in listed.splitlines() if line.split()[-2] in "TBDR"}
    assert "trtx_builder_create" in names
    assert {name for name in names if not name.startswith("trtx_")} == set()
