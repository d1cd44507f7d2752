"""The soak in small: resident memory stays flat. The long one: ``python -m tests.lifetime.soak``."""

from __future__ import annotations

import os
import sys

import pytest

from tests.lifetime import soak

#: A thousand cycles tell kilobytes from nothing, but not 64 bytes: memory comes in pages, and a few may come late.
CYCLES, BUILDS = 1000, 20
BOUND, BUILD_BOUND = 400.0, 64 * 1024.0

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="resident memory is read from /proc")


@needs_proc
@pytest.mark.parametrize("library", ["fake", "real"])
def test_resident_memory_is_flat(native_library: str, library: str) -> None:
    found = soak.run_in_process(library, CYCLES, BUILDS, timeout=240)
    for each in found:
        print(f"{library} {each.name}: {each.bytes_per_cycle:.1f} bytes per cycle", file=sys.stderr)
    grown = [each for each in found if each.bytes_per_cycle > (BUILD_BOUND if each.name == "build" else BOUND)]
    assert not grown, grown
    assert len(found) > (15 if library == "fake" else 7)


@needs_proc
def test_the_soak_sees_a_leak() -> None:
    kept = []
    leak = soak.measure("leak", lambda: kept.append(bytearray(b"x" * 20_000)), CYCLES)
    assert leak.bytes_per_cycle > BOUND


def test_slope() -> None:
    assert soak.slope([(0, 5.0), (10, 25.0), (20, 45.0)]) == 2.0
