"""The shim on the fake library under sanitizers, briefly; ``python -m tests.sanitize`` does it at length."""

from __future__ import annotations

import re

import pytest

from tests.helpers.fake import fake_library
from tests.sanitize.build import ADDRESS, THREAD_OF_SHIM, Kind, missing, run_driver


def run(kind: Kind, what: str, count: int) -> str:
    """Run the driver; what a sanitizer finds fails the test.

    The fake library is the usual one, which spares the compiling: its allocations are seen all the same.
    """
    lacking = missing(kind)
    if lacking:
        pytest.skip(f"{lacking} is missing")
    done = run_driver(kind, what, count, fake_library())
    assert done.returncode == 0, f"exit status {done.returncode}\n{done.stdout}\n{done.stderr[-8000:]}"
    return done.stdout


def test_nothing_leaks_in_a_thousand_cycles() -> None:
    """LeakSanitizer looks at the end, and what is in use does not grow: under 64 bytes for some 40 objects."""
    said = run(ADDRESS, "cycles", 1000)
    found = re.match(r"(-?\d+\.\d+) bytes of heap per cycle, 1000 cycles", said)
    assert found is not None, said
    assert float(found[1]) < 64


def test_memory_is_sound_with_threads() -> None:
    run(ADDRESS, "threads", 5)


def test_threads_do_not_race() -> None:
    run(THREAD_OF_SHIM, "threads", 5)


def test_callbacks_may_destroy_bridges() -> None:
    """Their own, which is not freed under them, and each other's, for which they do not wait for ever."""
    run(ADDRESS, "callbacks", 5)
    run(THREAD_OF_SHIM, "callbacks", 5)


def test_failures_are_kept_until_the_process_ends() -> None:
    """Handlers of ``atexit`` come when the thread-local objects are gone."""
    run(ADDRESS, "ending", 0)
