"""What TensorRT-RTX tells while it works: progress, log lines, errors, times of layers, values inside of the network.

    python examples/callbacks.py

The build needs no GPU; what a run tells is shown where there is one.
"""

from __future__ import annotations

import logging

import numpy as np
from small import Model, new_stream

import trtx
import trtx.cuda


class Steps(trtx.ProgressMonitor):
    """Counts the steps of a build."""

    def __init__(self, patience: int = 1_000_000) -> None:
        self.phases: list[str] = []
        self.steps = 0
        self.patience = patience

    def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
        self.phases.append(phase_name)

    def step_complete(self, phase_name: str, step: int) -> bool:
        self.steps += 1
        return self.steps < self.patience  # False ends the build


def main() -> None:
    lines: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())  # type: ignore[method-assign]
    log = logging.getLogger("example")
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    log.propagate = False
    logger = trtx.Logger(trtx.Severity.VERBOSE, sink=log)

    model = Model()
    builder = trtx.Builder(logger)
    network = builder.create_network()
    model.define(network)
    # TensorRT-RTX 1.6 shows listeners what it did not fuse, and not what is marked alone.
    network.mark_unfused_tensors_as_debug_tensors()
    network.mark_debug(network.get_output(0))
    config = builder.create_config()
    profile = builder.create_optimization_profile()
    profile.set_shape("x", min=(1, 64), opt=(4, 64), max=(16, 64))
    config.add_optimization_profile(profile)
    steps = config.progress_monitor = Steps()
    plan = builder.build_serialized_network(network, config)
    assert steps.phases
    assert steps.steps > 0

    config.progress_monitor = Steps(patience=1)
    try:
        builder.build_serialized_network(network, config)
    except trtx.BuilderError as error:
        print(f"ended by the monitor: {str(error).splitlines()[0]}")
    else:
        raise AssertionError("the build went on")

    problem = trtx.cuda.why_unavailable()
    if problem is not None:
        print(f"ok: {steps.steps} steps and {len(lines)} log lines of a build; nothing was run: {problem}")
        return
    stream = new_stream()
    engine = trtx.Runtime(logger).deserialize_cuda_engine(plan)
    context = engine.create_execution_context()
    times = trtx.ProfileCollector()
    context.profiler = times
    seen: dict[str, tuple[int, ...]] = {}

    def listen(
        address: int,
        location: trtx.TensorLocation,
        dtype: trtx.DataType,
        shape: tuple[int, ...],
        name: str,
        stream: int,
    ) -> None:
        seen[name] = tuple(shape)

    context.set_debug_listener(listen)
    context.set_all_tensors_debug_state(True)
    context.unfused_tensors_debug_state = True
    x = model.inputs(4)
    model.check(x, model.run(context, x, stream))
    assert seen["y"] == (4, 64), seen
    assert times.layers
    assert np.isfinite(times.total)
    print(f"ok: {steps.steps} steps and {len(lines)} log lines of a build; {len(times.layers)} layers were timed, and "
          f"{', '.join(seen)} seen")  # fmt: skip


if __name__ == "__main__":
    main()
