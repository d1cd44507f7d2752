"""The measurements of one package, in a process of its own: ``python benchmarks/cases.py trtx|nvidia GROUP [ENGINE]``.

Prints one JSON object: name to nanoseconds for times, to bytes for sizes. ``run.py`` puts two of them side by side.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable
from typing import Any


def nanoseconds(function: Callable[[], object], count: int, rounds: int = 7) -> float:
    """Best mean of several rounds: what the call costs when nothing else is in its way."""
    best = float("inf")
    repeat = range(count)
    for _ in range(rounds):
        start = time.perf_counter_ns()
        for _ in repeat:
            function()
        best = min(best, (time.perf_counter_ns() - start) / count)
    return best - _empty_call(count)


def _empty_call(count: int) -> float:
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter_ns()
        for _ in range(count):
            _nothing()
        best = min(best, (time.perf_counter_ns() - start) / count)
    return best


def _nothing() -> None:
    pass


def nvidia() -> Any:
    """NVIDIA's package, by either of the names that it is installed under."""
    for name in ("tensorrt_rtx", "tensorrt_rtx_bindings"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    raise SystemExit("benchmarks: NVIDIA's package is missing: pip install tensorrt-rtx-cu13-bindings")


def package(name: str) -> Any:
    return importlib.import_module("trtx") if name == "trtx" else nvidia()


def objects(rtx: Any, is_trtx: bool) -> tuple[Any, Any, Any]:
    severity = rtx.Severity.ERROR if is_trtx else rtx.Logger.ERROR
    builder = rtx.Builder(rtx.Logger(severity))
    return builder, builder.create_network(0), builder.create_builder_config()


def memory(kind: str = "VmHWM") -> int:
    """Peak (VmHWM) or present (VmRSS) resident memory in bytes."""
    with open("/proc/self/status", encoding="ascii") as status:
        line = next(line for line in status if line.startswith(kind))
    return int(line.split()[1]) * 1024


def importing(name: str) -> dict[str, float]:
    before, start = memory("VmRSS"), time.perf_counter_ns()
    package(name)
    return {"import": time.perf_counter_ns() - start, "import memory": memory("VmRSS") - before}


def calls(name: str) -> dict[str, float]:
    rtx = package(name)
    builder, network, config = objects(rtx, name == "trtx")
    data_type = rtx.DataType.FLOAT
    tensor = network.add_input("x", data_type, (1, 3, 224, 224))
    network.add_activation(tensor, rtx.ActivationType.RELU)
    flag = rtx.BuilderFlag.TF32
    count = 50_000
    return {
        "max_threads": nanoseconds(lambda: builder.max_threads, count),
        "get_flag": nanoseconds(lambda: config.get_flag(flag), count),
        "optimization_level": nanoseconds(lambda: config.builder_optimization_level, count),
        "set_optimization_level": nanoseconds(lambda: setattr(config, "builder_optimization_level", 3), count),
        "num_layers": nanoseconds(lambda: network.num_layers, count),
        "get_layer": nanoseconds(lambda: network.get_layer(0), count),
        "get_input": nanoseconds(lambda: network.get_input(0), count),
        "tensor_name": nanoseconds(lambda: tensor.name, count),
        "tensor_dtype": nanoseconds(lambda: tensor.dtype, count),
        "tensor_shape": nanoseconds(lambda: tuple(tensor.shape), count),
    }


def layers(name: str) -> dict[str, float]:
    rtx = package(name)
    builder, _, _ = objects(rtx, name == "trtx")
    relu, best = rtx.ActivationType.RELU, float("inf")
    for _ in range(7):
        network = builder.create_network(0)
        tensor = network.add_input("x", rtx.DataType.FLOAT, (1, 3, 224, 224))
        start = time.perf_counter_ns()
        for _ in range(5000):
            tensor = network.add_activation(tensor, relu).get_output(0)
        best = min(best, (time.perf_counter_ns() - start) / 5000)
    return {"add_activation": best}


def weights(name: str) -> dict[str, float]:
    """Peak memory of adding and building a constant of 200 MB."""
    import numpy as np

    rtx = package(name)
    builder, network, config = objects(rtx, name == "trtx")
    values = np.full((50, 1024, 1024), 1.5, np.float32)
    left = network.add_input("x", rtx.DataType.FLOAT, values.shape)
    constant = network.add_constant(values.shape, values)
    added = network.add_elementwise(left, constant.get_output(0), rtx.ElementWiseOperation.SUM)
    network.mark_output(added.get_output(0))
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise SystemExit("benchmarks: the build failed")
    return {"weights peak memory": memory()}


def running(name: str, engine_path: str) -> dict[str, float]:
    """The calls of a run, on a GPU."""
    rtx = package(name)
    from cuda.core import Device

    device = Device()
    device.set_current()
    stream = device.create_stream()
    runtime = rtx.Runtime(rtx.Logger(rtx.Severity.ERROR if name == "trtx" else rtx.Logger.ERROR))
    with open(engine_path, "rb") as file:
        engine = runtime.deserialize_cuda_engine(file.read())
    context = engine.create_execution_context()
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    buffers = {tensor: device.allocate(64 << 20, stream=stream) for tensor in names}
    stream.sync()
    for tensor, buffer in buffers.items():
        context.set_tensor_address(tensor, int(buffer.handle))
    handle = int(stream.handle)
    enqueue = context.enqueue_v3 if name == "trtx" else context.execute_async_v3
    for _ in range(20):
        enqueue(handle)
    stream.sync()
    first, address = names[0], int(buffers[names[0]].handle)
    results = {"set_tensor_address": nanoseconds(lambda: context.set_tensor_address(first, address), 50_000)}
    best = float("inf")
    for _ in range(20):
        start = time.perf_counter_ns()
        for _ in range(100):
            enqueue(handle)
        best = min(best, (time.perf_counter_ns() - start) / 100)
        stream.sync()
    return {**results, "enqueue": best}


GROUPS: dict[str, Callable[..., dict[str, float]]] = {
    "importing": importing,
    "calls": calls,
    "layers": layers,
    "weights": weights,
    "running": running,
}

if __name__ == "__main__":
    print(json.dumps(GROUPS[sys.argv[2]](sys.argv[1], *sys.argv[3:])))
