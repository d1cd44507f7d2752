"""Soak: thousands of create and close cycles of each main object, and real builds; resident memory must stay flat.

``python -m tests.lifetime.soak [cycles [builds]]`` runs on the fake library and on the real one, each in a process of
its own, and prints the slope of the resident memory for each object: a linear fit over the second half of the cycles.
"""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]

#: Bytes per cycle that an object may cost, and bytes per build.
LIMIT = 64.0
BUILD_LIMIT = 4096.0

_SAMPLES = 40


class Slope(NamedTuple):
    """What one kind of cycle costs."""

    name: str
    cycles: int
    bytes_per_cycle: float


def resident() -> int:
    """Resident memory of this process in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def slope(points: list[tuple[float, float]]) -> float:
    """Slope of the straight line that fits best."""
    count = len(points)
    mean_x = sum(x for x, _ in points) / count
    mean_y = sum(y for _, y in points) / count
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread


def measure(name: str, cycle: Callable[[], object], cycles: int) -> Slope:
    """Run a cycle many times, and fit the resident memory over the second half."""
    points: list[tuple[float, float]] = []
    step = max(cycles // _SAMPLES, 1)
    for number in range(1, cycles + 1):
        cycle()
        if number % step == 0:
            gc.collect()
            if number > cycles // 2:
                points.append((number, resident()))
    return Slope(name, cycles, slope(points))


def on_the_fake(cycles: int) -> list[Slope]:
    """Every public class, and failures."""
    from tests.lifetime.world import CALLS, FACTORIES, Run, all_closed, control, plan, trtx

    plan()
    found = []
    for kind, factory in FACTORIES.items():

        def cycle(factory: Callable[[], object] = factory) -> None:
            made = factory()
            made.close()  # type: ignore[attr-defined]

        found.append(measure(kind.__name__, cycle, cycles))
    found.append(measure("everything, dropped", Run, cycles))
    run = Run()
    for name in ("create_config", "deserialize", "add_layer"):
        method, call = CALLS[name]

        def failing(call: Callable[[Run], object] = call, name: str = name, run: Run = run) -> None:
            try:
                call(run)
            except trtx.Error:
                return
            raise AssertionError(name)

        control.fault(f"{method}=null")
        found.append(measure(f"failing {name}", failing, cycles))
        control.clear()
    del run, failing
    all_closed()
    return found


def on_the_real_library(cycles: int, builds: int) -> list[Slope]:
    """What needs no GPU."""
    import trtx

    def drop(severity: int, message: str) -> None:
        pass

    logger = trtx.Logger(trtx.Severity.ERROR, drop)
    builder = trtx.Builder(logger)

    def network() -> trtx.NetworkDefinition:
        made = builder.create_network()
        relu = made.add_activation(made.add_input("x", trtx.DataType.FLOAT, (2, 3)), trtx.ActivationType.RELU)
        made.mark_output(relu.get_output(0))
        return made

    kept, config = network(), builder.create_config()
    config.progress_monitor = trtx.ProgressMonitor()
    with builder.build_serialized_network(kept, config) as memory:
        bytes(memory)  # what the library sets up once

    def refused() -> None:
        try:
            kept.add_input("x", trtx.DataType.FLOAT, (1,))
        except trtx.NetworkError:
            return
        raise AssertionError("taken")

    def build() -> None:
        with network() as fresh:
            builder.build_serialized_network(fresh, config).close()

    objects: dict[str, Callable[[], object]] = {
        "Logger": lambda: trtx.Logger(trtx.Severity.ERROR, drop).close(),
        "Builder": lambda: trtx.Builder(logger).close(),
        "NetworkDefinition": lambda: network().close(),
        "BuilderConfig": lambda: builder.create_config().close(),
        # Profiles belong to the native builder, which frees them when it goes.
        "OptimizationProfile": lambda: _with_builder(trtx.Builder(logger)),
        "OnnxParser": lambda: trtx.OnnxParser(builder.create_network()).close(),
        "Runtime": lambda: trtx.Runtime(logger).close(),
        "failing add_input": refused,
    }
    found = [measure(name, cycle, cycles) for name, cycle in objects.items()]
    found.append(measure("build", build, builds))
    return found


def _with_builder(builder: object) -> None:
    with builder:  # type: ignore[attr-defined]
        builder.create_optimization_profile().close()  # type: ignore[attr-defined]


def run_in_process(library: str, cycles: int, builds: int, timeout: float = 1800) -> list[Slope]:
    """Measure on ``fake`` or ``real`` in a process of its own."""
    from tests.helpers.process import python_path

    # One heap: builds run on threads of their own, each with any of glibc's heaps, and their sizes vary by kilobytes.
    variables = {**os.environ, "PYTHONPATH": python_path(), "MALLOC_ARENA_MAX": "1"}
    if library == "fake":
        from tests.helpers.fake import fake_library

        variables["TRTX_FAKE_PATH"] = variables["TRTX_LIBRARY"] = str(fake_library())
        variables["TRTX_FAKE_KEPT"] = "100"  # it keeps dead objects to notice their use; that is no leak
    command = [sys.executable, "-m", "tests.lifetime.soak", str(cycles), str(builds), library]
    done = subprocess.run(
        command, env=variables, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=timeout, check=True
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [Slope(name, int(count), float(cost)) for name, count, cost in rows]


def main(arguments: list[str]) -> int:
    cycles = int(arguments[0]) if arguments else 10_000
    builds = int(arguments[1]) if len(arguments) > 1 else 200
    if len(arguments) > 2:
        found = on_the_fake(cycles) if arguments[2] == "fake" else on_the_real_library(cycles, builds)
        for name, count, cost in found:
            print(name, count, cost, sep="\t")
        return 0
    worst = 0
    for library in ("fake", "real"):
        for name, count, cost in run_in_process(library, cycles, builds):
            limit = BUILD_LIMIT if name == "build" else LIMIT
            worst |= cost > limit
            print(f"{library:5} {name:24} {count:7} cycles {cost:9.1f} bytes per cycle{'  TOO MUCH' * (cost > limit)}")
    return int(worst)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
