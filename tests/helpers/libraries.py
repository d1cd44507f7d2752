"""The native libraries of several versions, from PyPI, for tests that run the same build on each.

``python -m tests.helpers.libraries`` fetches them into a cache: ``TRTX_TEST_LIBRARIES``, or a folder of the user's.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

#: Versions that must work with the same build, oldest first.
SUPPORTED = ("1.5.0.114", "1.6.1.120", "1.7.1.116")
#: A version that must be refused.
REFUSED = "1.4.0.76"


def cache() -> Path:
    """Folder that holds one subfolder for each version."""
    default = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "trtx-test-libraries"
    return Path(os.environ.get("TRTX_TEST_LIBRARIES", default))


def library(version: str) -> Path | None:
    """Folder of a version's libraries, if it has been fetched."""
    folder = cache() / version / "tensorrt_rtx_libs"
    return folder if (folder / "libtensorrt_rtx.so.1").is_file() else None


def fetch(version: str) -> Path:
    """Download a version from PyPI, unless that has been done."""
    found = library(version)
    if found is not None:
        return found
    download(f"tensorrt-rtx-cu13-libs=={version}", cache() / version)
    found = library(version)
    assert found is not None, f"the wheel of {version} has no libtensorrt_rtx.so.1"
    return found


def download(requirement: str, target: Path) -> None:
    """Unpack the wheel of a package into a folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
        subprocess.run([*command, "-d", scratch, requirement], check=True)
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(Path(scratch) / "unpacked")
        # Renamed when it is whole, so that a broken download is never taken for a package.
        os.replace(Path(scratch) / "unpacked", target)


def main() -> None:
    """Fetch all versions."""
    for version in (*SUPPORTED, REFUSED):
        fetch(version)


if __name__ == "__main__":
    main()
