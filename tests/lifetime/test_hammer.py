"""Threads that do anything to the same few objects, for a few seconds; ``python -m tests.lifetime.hammer`` goes on."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.helpers.process import ROOT


@pytest.mark.parametrize(("seed", "threads"), [(1, 1), (2, 4), (3, 4)])
def test_nothing_crashes(native_library: str, seed: int, threads: int) -> None:
    command = [sys.executable, "-m", "tests.lifetime.hammer", str(seed), "5", str(threads)]
    environment = {**os.environ, "MALLOC_PERTURB_": "165"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr[-4000:]}"
    calls, _ = map(int, done.stdout.split())
    assert calls > 100
