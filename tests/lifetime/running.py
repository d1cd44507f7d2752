"""Programs of these tests, each in a process of its own: a crash fails the test and not the run."""

from __future__ import annotations

import textwrap

import pytest

from tests.helpers.fake import fake_library, run_with_fake
from tests.helpers.process import run_python


def on_fake(code: str, *, faults: str | None = None, timeout: float = 120) -> str:
    """Run a program on the fake library, after ``from tests.lifetime.world import *``; give what it prints."""
    program = "from tests.lifetime.world import *\n" + textwrap.dedent(code)
    return run_with_fake(program, faults=faults, timeout=timeout, TRTX_LIBRARY=str(fake_library()))


def on_real(code: str, *, timeout: float = 120) -> str:
    """Run a program on the real library, without anything imported; the caller asks for ``native_library``.

    Nothing may go to stderr, where unraisable exceptions and warnings of finalizers end.
    """
    done = run_python(code, timeout=timeout, environment={"MALLOC_PERTURB_": "165"})
    if done.stderr:
        pytest.fail(f"{done.stdout}\n{done.stderr}", pytrace=False)
    return done.stdout
