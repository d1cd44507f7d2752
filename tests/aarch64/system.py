"""An aarch64 Debian in a folder: packages that a private apt fetches, unpacked. No root is needed."""

from __future__ import annotations

import subprocess
from pathlib import Path

#: An interpreter, its headers, and the C++ library that all of it is linked to.
PACKAGES = ("python3", "libpython3-dev", "libstdc++6")


class DebianError(Exception):
    """The system could not be made."""


def make(folder: Path) -> Path:
    """Fetch and unpack an interpreter with all that it needs, unless that has been done; return the root."""
    root = folder / "root"
    if root.is_dir():
        return root
    options = _options(folder / "apt")
    _apt(options, "update")
    _apt(options, "install", "--yes", "--no-install-recommends", "--download-only", *PACKAGES)
    draft = folder / "root.draft"
    draft.mkdir(exist_ok=True)
    for package in sorted((folder / "apt" / "cache" / "archives").glob("*.deb")):
        subprocess.run(["dpkg-deb", "--extract", str(package), str(draft)], check=True)
    draft.rename(root)  # whole, so that a broken one is never taken for it
    return root


def headers(root: Path, folder: Path) -> list[Path]:
    """Folders of the interpreter's headers, without those of the C library, which the cross-compiler has."""
    python = interpreter(root).name
    include = folder / "include"
    include.mkdir(exist_ok=True)
    for name in ("aarch64-linux-gnu", python):
        place = include / name
        if name == python:
            place.unlink(missing_ok=True)
            place.symlink_to(root / "usr" / "include" / python)
        else:
            place.mkdir(exist_ok=True)
            inner = place / python
            inner.unlink(missing_ok=True)
            inner.symlink_to(root / "usr" / "include" / name / python)
    return [include / python, include]


def interpreter(root: Path) -> Path:
    """The interpreter's file, of the version that Debian has."""
    return (root / "usr" / "bin" / "python3").resolve()


def _options(folder: Path) -> list[str]:
    state, cache, status = folder / "state", folder / "cache", folder / "status"
    (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (cache / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    status.touch()
    values = {
        "Dir::State": state,
        "Dir::State::status": status,
        "Dir::Cache": cache,
        "APT::Architecture": "arm64",
        "APT::Architectures::": "arm64",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
    }
    return [part for name, value in values.items() for part in ("-o", f"{name}={value}")]


def _apt(options: list[str], *arguments: str) -> None:
    result = subprocess.run(["apt-get", "--quiet", *options, *arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise DebianError(f"apt-get {arguments[0]} failed:\n{result.stdout}{result.stderr}")
