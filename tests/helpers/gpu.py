"""Engines and runs for the tests on a GPU, which need no more than numpy and `cuda.core`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trtx
from trtx import cuda

Array = np.ndarray[Any, np.dtype[Any]]
Range = tuple[Sequence[int], Sequence[int], Sequence[int]]


def build(
    logger: trtx.Logger,
    define: Callable[[trtx.NetworkDefinition], object],
    *profiles: dict[str, Range],
    configure: Callable[[trtx.BuilderConfig], object] = lambda config: None,
) -> trtx.HostMemory:
    """Build the network that ``define`` adds to, with a profile for each set of ranges."""
    builder = trtx.Builder(logger)
    network = builder.create_network()
    define(network)
    config = builder.create_config()
    for ranges in profiles:
        profile = builder.create_optimization_profile()
        for name, (least, best, most) in ranges.items():
            profile.set_shape(name, least, best, most)
        config.add_optimization_profile(profile)
    configure(config)
    return builder.build_serialized_network(network, config)


def relu(shape: Sequence[int], dtype: trtx.DataType = trtx.DataType.FLOAT) -> Callable[[trtx.NetworkDefinition], None]:
    """y = max(x, 0)."""

    def define(network: trtx.NetworkDefinition) -> None:
        x = network.add_input("x", dtype, tuple(shape))
        y = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
        y.name = "y"
        network.mark_output(y)

    return define


def run(context: trtx.ExecutionContext, inputs: dict[str, Array], stream: Any) -> dict[str, Array]:
    """Copy inputs to the GPU, run, and copy the outputs back."""
    engine = context.engine
    for name, array in inputs.items():
        if -1 in (engine.get_tensor_shape(name) or ()):
            context.set_input_shape(name, array.shape)
    buffers = {name: cuda.from_numpy(array, stream=stream) for name, array in inputs.items()}
    shapes = {}
    for info in engine.io_tensors:
        if info.mode is trtx.TensorIOMode.OUTPUT:
            shape = context.get_tensor_shape(info.name)
            assert shape is not None
            shapes[info.name] = shape
            buffers[info.name] = cuda.empty(shape, info.dtype, stream=stream)
    for name, buffer in buffers.items():
        context.set_tensor_address(name, buffer)
    context.enqueue_v3(stream)
    return {
        name: cuda.to_numpy(buffers[name], shape, engine.get_tensor_dtype(name), stream=stream)
        for name, shape in shapes.items()
    }


def new_stream() -> Any:
    """A stream of the first GPU, which becomes the current one of this thread."""
    device = cuda.Device(0)
    device.set_current()
    return device.create_stream()


def run_script(script: str, *arguments: str) -> str:
    """Run a script in a process of its own, so that a crash is a failure and not the end of the tests."""
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", script, *arguments],
        cwd=Path(__file__).parents[2],  # so that the script can import these helpers
        capture_output=True,
        text=True,
        timeout=300,
    )
    if done.returncode:
        pytest.fail(f"the process ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def skip_without_driver_for_refitting(failure: object) -> None:
    """Skip where TensorRT-RTX could not load what it compiles into engines that can be refitted."""
    if "CUDA error 222" in str(failure):  # compiled for a newer driver
        pytest.skip(f"a driver for this library is missing, or the library for CUDA 12: {failure}")
