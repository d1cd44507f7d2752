"""The comparison of calls on both packages, each in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from . import calls

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


def outcomes(module: str, libraries: Path | None = None, package: Path | None = None) -> dict[str, str]:
    """What every call answers on a package; where one ends the process, that it crashes.

    Parameters
    ----------
    module
        Name of the module to import.
    libraries
        Folder of the native libraries, which NVIDIA's module is linked against by name.
    package
        Folder of the module, where it is not installed.
    """
    found: dict[str, str] = {}
    texts = calls.texts()
    paths = [str(ROOT), os.environ.get("PYTHONPATH", ""), *([] if package is None else [str(package)])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    if libraries is not None:
        environment["LD_LIBRARY_PATH"] = str(libraries)
    while len(found) < len(texts):
        command = [sys.executable, str(HERE / "calls.py"), module, str(len(found))]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        before = len(found)
        for line in result.stdout.splitlines():
            if line.startswith("["):
                number, answer = json.loads(line)
                found[texts[number]] = answer
        if len(found) == len(texts):
            break
        if result.returncode >= 0 and len(found) == before:
            raise RuntimeError(f"{module} cannot be called: {result.stderr[-2000:]}")
        found[texts[len(found)]] = "crashes"
    return found


def agree(theirs: str, ours: str) -> bool:
    """Whether two outcomes are the same; an exception of ours may be of more kinds."""
    if theirs.startswith("raises") and ours.startswith("raises"):
        return set(theirs.split()[1:]) <= set(ours.split()[1:])
    return theirs == ours
