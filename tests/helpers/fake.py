# SPDX-License-Identifier: Apache-2.0
"""The fake library: built when needed, and driven in a process of its own.

A process can load one TensorRT-RTX library only, and the fake's faults belong to the process. So every test that loads
it hands its code to `run_with_fake`.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.helpers.process import python_path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "csrc" / "fake"
FLAGS = ["-std=c++17", "-O1", "-fPIC", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"]
INCLUDES = [f"-I{ROOT / 'csrc' / 'include'}", f"-I{ROOT / 'csrc' / 'src'}"]


def fake_library() -> Path:
    """Path of the fake library; builds it into a cache folder unless TRTX_FAKE_LIBRARY names one."""
    named = os.environ.get("TRTX_FAKE_LIBRARY")
    return Path(named) if named else _built("libtrtx_fake.so")


def fake_variant(without: str) -> Path:
    """A fake library that leaves an export out: ``BUILDER``, ``RUNTIME``, ``REFITTER`` or ``PARSER``."""
    return _built(f"libtrtx_fake_without_{without.lower()}.so", f"-DTRTX_FAKE_WITHOUT_{without}")


def run_with_fake(
    code: str,
    *,
    faults: str | None = None,
    version: str | None = None,
    library: Path | None = None,
    timeout: float = 120,
    **environment: str,
) -> str:
    """Run Python code that starts with everything of `tests.helpers.fake_session`; give what it prints.

    The code fails the test by an assertion, or by ending in any way but the usual.
    """
    variables = {**os.environ, **environment, "TRTX_FAKE_PATH": str(library or fake_library())}
    variables["PYTHONPATH"] = python_path()
    for name, value in (("TRTX_FAKE_FAULTS", faults), ("TRTX_FAKE_VERSION", version)):
        variables.pop(name, None)
        if value is not None:
            variables[name] = value
    program = "from tests.helpers.fake_session import *\n" + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", program],
        env=variables, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.fail(f"exit status {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-8000:]}", pytrace=False)
    return done.stdout


def _built(name: str, *defines: str) -> Path:
    """A library of the sources as they are, compiled once: the folder's name is a digest of them."""
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++")
    if not compiler or sys.platform == "win32":
        pytest.skip("the fake library needs g++ or clang++")
    folder = _cache(compiler)
    folder.mkdir(parents=True, exist_ok=True)
    library = folder / name
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not library.exists():
            objects = _objects(compiler, folder)
            if defines:
                other = folder / f"exports_{name}.o"
                _run([compiler, *FLAGS, *defines, *INCLUDES, "-c", str(SOURCES / "exports.cpp"), "-o", str(other)])
                objects = [o for o in objects if o.name != "exports.o"] + [other]
            _link(compiler, objects, library)
    return library


def _cache(compiler: str) -> Path:
    digest = hashlib.sha256(" ".join([compiler, *FLAGS]).encode())
    inputs = [*SOURCES.glob("*.[ch]*"), ROOT / "csrc" / "src" / "abi_gen.hpp"]
    inputs += (ROOT / "csrc" / "include").glob("*.h")
    for path in sorted(inputs):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    user = os.getuid() if hasattr(os, "getuid") else 0
    return Path(tempfile.gettempdir()) / f"trtx-fake-{user}" / digest.hexdigest()[:16]


def _objects(compiler: str, folder: Path) -> list[Path]:
    def build(source: Path) -> Path:
        made = folder / f"{source.stem}.o"
        if not made.exists():
            _run([compiler, *FLAGS, *INCLUDES, "-c", str(source), "-o", f"{made}.part"])
            Path(f"{made}.part").rename(made)
        return made

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        return list(pool.map(build, sorted(SOURCES.glob("*.cpp"))))


def _link(compiler: str, objects: list[Path], library: Path) -> None:
    part = library.with_suffix(".part")
    soname = "-Wl,-soname,libtensorrt_rtx.so.1"
    _run([compiler, "-shared", "-s", *map(str, objects), "-o", str(part), soname, "-lpthread"])
    part.rename(library)


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
