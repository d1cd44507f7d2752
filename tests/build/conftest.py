"""The source distribution and the wheel, built once for all tests of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.process import ROOT


def tracked_files() -> list[str]:
    """The files of the checkout, those that are new in it too; none where this is no checkout."""
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        return []
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [name for name in listed if (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def tracked() -> list[str]:
    files = tracked_files()
    if not files:
        pytest.skip("no git checkout, or no git")
    return files


@pytest.fixture(scope="session")
def sdist(tracked: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of the checkout, beside files such as a build in place leaves."""
    pytest.importorskip("setuptools", minversion="77")
    checkout, made = tmp_path_factory.mktemp("checkout"), tmp_path_factory.mktemp("sdist")
    for name in tracked:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, checkout / name)
    for built in ("trtx_sys/_ffi.abi3.so", "trtx_sys/libtrtx_fake.so", "trtx_sys/_ffi.cpp", "tests/__pycache__/a.pyc"):
        (checkout / built).parent.mkdir(exist_ok=True)
        (checkout / built).write_bytes(b"")
    code = f"from setuptools import build_meta; build_meta.build_sdist({str(made)!r})"
    subprocess.run([sys.executable, "-c", code], cwd=checkout, capture_output=True, check=True)
    (found,) = made.glob("*.tar.gz")
    return found


@pytest.fixture(scope="session")
def wheel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as a user's pip builds it from the source distribution, but with the tools that are here.

    It is linked of the object files that the checkout keeps, where its sources are those of the checkout.
    """
    pytest.importorskip("setuptools", minversion="77")
    source: Path = request.getfixturevalue("sdist") if tracked_files() else ROOT
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    kept = {**os.environ, "TRTX_OBJECTS": str(ROOT / "build" / "objects")}
    subprocess.run([*pip, "-w", str(folder), str(source)], cwd=folder, env=kept, check=True)
    (found,) = folder.glob("*.whl")
    return found
