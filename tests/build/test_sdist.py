"""The source distribution: it holds what a checkout holds, and a wheel can be built from it without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.helpers.process import ROOT

SOURCES = ROOT / "csrc"


def tracked() -> list[str]:
    """The files of the checkout, those that are new in it too."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("no git checkout, or no git")
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the checkout, beside files such as a build in place leaves."""
    pytest.importorskip("setuptools", minversion="77")
    checkout, made = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("sdist")
    for name in [*tracked(), "LICENSE"]:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    for built in ("trtx_sys/_ffi.abi3.so", "trtx_sys/libtrtx_fake.so", "trtx_sys/_ffi.cpp", "tests/__pycache__/a.pyc"):
        (checkout / built).parent.mkdir(exist_ok=True)
        (checkout / built).write_bytes(b"")
    code = f"from setuptools import build_meta; build_meta.build_sdist({str(made)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, check=True)
    (found,) = made.glob("*.tar.gz")
    return found


def test_sdist_holds_what_the_checkout_holds(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {member.name.split("/", 1)[1] for member in archive.getmembers() if member.isfile()}
    made = {name for name in names if re.match(r"PKG-INFO$|setup\.cfg$|trtx\.egg-info/", name)}
    assert names - made == set(tracked())


@pytest.mark.timeout(900)
def test_wheel_from_the_sdist(sdist: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run([*pip, "-w", str(tmp_path), str(sdist)], cwd=tmp_path, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "wheel")
    names = {path.relative_to(tmp_path / "wheel").as_posix() for path in (tmp_path / "wheel").rglob("*")}
    assert {"trtx/__init__.py", "trtx/py.typed", "trtx_sys/_ffi.pyi", "trtx_sys/_cdef_gen.txt"} <= names
    assert any(re.match(r"trtx_sys/_ffi\.", name) and not name.endswith(".pyi") for name in names)
    # The shim can be taken out of an installation as it can out of the project.
    vendored = tmp_path / "wheel" / "trtx_sys" / "csrc"
    expected = {p.relative_to(SOURCES) for part in ("include", "src", "cmake") for p in (SOURCES / part).rglob("*")}
    expected |= {Path(part) for part in ("include", "src", "cmake", "CMakeLists.txt", "README.md", "LICENSE")}
    assert {path.relative_to(vendored) for path in vendored.rglob("*")} == expected
    if shutil.which("cmake") and shutil.which("c++"):
        configure = ["cmake", "-S", str(vendored), "-B", str(tmp_path / "build")]
        subprocess.run(configure, capture_output=True, check=True)
