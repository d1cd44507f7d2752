"""The source distribution: it holds what a checkout holds, and what is built from it can be vendored."""

from __future__ import annotations

import re
import shutil
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.helpers.process import ROOT

SOURCES = ROOT / "csrc"


def test_sdist_holds_what_the_checkout_holds(sdist: Path, tracked: list[str]) -> None:
    with tarfile.open(sdist) as archive:
        names = {member.name.split("/", 1)[1] for member in archive.getmembers() if member.isfile()}
    made = {name for name in names if re.match(r"PKG-INFO$|setup\.cfg$|trtx\.egg-info/", name)}
    assert names - made == set(tracked)


@pytest.mark.timeout(900)
def test_the_shim_can_be_taken_out_of_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """As it can out of the project."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "wheel")
    vendored = tmp_path / "wheel" / "trtx_sys" / "csrc"
    expected = {p.relative_to(SOURCES) for part in ("include", "src", "cmake") for p in (SOURCES / part).rglob("*")}
    expected |= {Path(part) for part in ("include", "src", "cmake", "CMakeLists.txt", "README.md", "LICENSE")}
    assert {path.relative_to(vendored) for path in vendored.rglob("*")} == expected
    if shutil.which("cmake") and shutil.which("c++"):
        configure = ["cmake", "-S", str(vendored), "-B", str(tmp_path / "build")]
        subprocess.run(configure, capture_output=True, check=True)
