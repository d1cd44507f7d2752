"""The source distribution: it holds what a checkout holds, and what is built from it can be vendored."""

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


def test_sdist_holds_what_the_checkout_holds(sdist: Path, tracked: list[str]) -> None:
    with tarfile.open(sdist) as archive:
        names = {member.name.split("/", 1)[1] for member in archive.getmembers() if member.isfile()}
    made = {name for name in names if re.match(r"PKG-INFO$|setup\.cfg$|trtx\.egg-info/", name)}
    assert names - made == set(tracked)


def test_a_build_leaves_nothing_of_an_earlier_one(sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path)
    (project,) = tmp_path.iterdir()
    command = [sys.executable, "setup.py", "--quiet", "build_py", "--build-lib", "built"]
    sources = project / "built" / "trtx_sys" / "csrc" / "src"
    for _ in range(2):
        subprocess.run(command, cwd=project, capture_output=True, check=True)
        assert {path.name for path in sources.iterdir()} == {path.name for path in (SOURCES / "src").iterdir()}
        (sources / "gone.cpp").write_text("#error", encoding="utf-8")


@pytest.mark.timeout(900)
def test_the_shim_can_be_taken_out_of_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """As it can out of the project."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "wheel")
    vendored = tmp_path / "wheel" / "trtx_sys" / "csrc"
    expected = {p.relative_to(SOURCES) for part in ("include", "src", "cmake") for p in (SOURCES / part).rglob("*")}
    expected |= {Path(part) for part in ("include", "src", "cmake", "CMakeLists.txt", "README.md", "LICENSE")}
    assert {path.relative_to(vendored) for path in vendored.rglob("*")} == expected
    # Its description speaks of what is beside it only.
    text = (vendored / "README.md").read_text(encoding="utf-8")
    assert "../" not in text
    assert [target for target in re.findall(r"\]\(([^)#]+)\)", text) if not (vendored / target).exists()] == []
    if shutil.which("cmake") and shutil.which("c++"):
        configure = ["cmake", "-S", str(vendored), "-B", str(tmp_path / "build")]
        subprocess.run(configure, capture_output=True, check=True)
