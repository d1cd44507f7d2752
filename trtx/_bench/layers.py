"""Times layer by layer, in runs of their own: TensorRT-RTX measures layers only where there are no graphs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._run.profiler import ProfileCollector

if TYPE_CHECKING:
    from .._run.engine import CudaEngine
    from .slot import Slot

#: Runs that are measured, and seconds after which no more begin.
RUNS, SECONDS = 100, 2.0

#: Runs before, which are not counted.
WARM_UP = 3


@dataclass(frozen=True)
class LayerRow:
    """A layer: mean, least and largest milliseconds in a run, and its share of all layers (0 to 1)."""

    name: str
    mean: float
    least: float
    most: float
    share: float


def profile_layers(slot: Slot, engine: CudaEngine) -> tuple[list[LayerRow], int]:
    """Times of the layers, in the order in which they run, and how many runs they are of.

    Parameters
    ----------
    slot : Slot
        Its context gets a profiler, so it is of no use for other measurements afterwards.
    engine : CudaEngine
    """
    collector = ProfileCollector()
    context, device = slot.context, slot.device
    context.profiler = collector
    context.enqueue_emits_profile = True
    try:
        for _ in range(WARM_UP):
            context.enqueue_v3(slot.handle)
        device.wait(slot.handle)
        collector.reset()
        begin, runs = time.monotonic(), 0
        while runs < RUNS and (not runs or time.monotonic() - begin < SECONDS):
            context.enqueue_v3(slot.handle)
            device.wait(slot.handle)
            runs += 1
    finally:
        context.profiler = None
    total = collector.total
    rows = [
        LayerRow(name, times.total / runs, times.least, times.most, times.total / total if total else 0.0)
        for name, times in collector.layers.items()
    ]
    return rows, runs
