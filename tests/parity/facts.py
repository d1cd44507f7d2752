"""Names and keywords of NVIDIA's package, of several versions.

They are stored, so that no download is needed: ``python -m tests.parity --extract`` reads them again from the wheels,
which it fetches into the cache of `tests.helpers.libraries`. Names and keywords alone are kept, no sentences.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.helpers import libraries

HERE = Path(__file__).resolve().parent

#: Versions to be as good as, by the names of the files that hold what they have.
VERSIONS = {"1.6.1.120": "nvidia_1_6.json", "1.7.1.116": "nvidia_1_7.json"}


def stored(version: str) -> dict[str, Any]:
    """What a version has, as it was stored."""
    facts: dict[str, Any] = json.loads((HERE / VERSIONS[version]).read_text(encoding="utf-8"))
    return facts


def bindings(version: str) -> Path | None:
    """Folder of a version's Python package, if it has been fetched for this Python."""
    folder = libraries.cache() / f"bindings-{version}-{sys.implementation.cache_tag}"
    return folder if (folder / "tensorrt_rtx_bindings").is_dir() else None


def fetch(version: str) -> Path:
    """Download a version's Python package, unless that has been done."""
    found = bindings(version)
    if found is not None:
        return found
    target = libraries.cache() / f"bindings-{version}-{sys.implementation.cache_tag}"
    libraries.download(f"tensorrt-rtx-cu13-bindings=={version}", target)
    return target


def extract(version: str) -> dict[str, Any]:
    """What a version has, read from its package; needs that and its libraries."""
    package, native = bindings(version), libraries.library(version)
    assert package is not None
    assert native is not None
    environment = {**os.environ, "PYTHONPATH": str(package), "LD_LIBRARY_PATH": str(native)}
    command = [sys.executable, str(HERE / "extract.py")]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=120)
    facts: dict[str, Any] = json.loads(result.stdout)
    return facts


def store(version: str, facts: dict[str, Any]) -> None:
    """Write the file of a version: a line for each class."""
    classes = ",\n".join(f"{json.dumps(name)}: {json.dumps(kind)}" for name, kind in sorted(facts["classes"].items()))
    rest = ",\n".join(f"{json.dumps(key)}: {json.dumps(facts[key])}" for key in ("version", "functions", "values"))
    (HERE / VERSIONS[version]).write_text(f'{{\n{rest},\n"classes": {{\n{classes}\n}}\n}}\n', encoding="utf-8")
