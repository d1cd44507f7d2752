"""The measurements, each kind in a process of its own: ``python benchmarks/cases.py KIND [ARGUMENT]``.

KIND is ``importing`` or ``weights``, with the package as the argument; ``calls`` or ``running``, which measure both
packages in turns, as times differ more from process to process than from package to package. Prints one JSON object:
name to nanoseconds for times, to bytes for sizes. ``run.py`` puts them side by side.
"""

from __future__ import annotations

import importlib
import itertools
import json
import sys
import time
from collections.abc import Callable
from typing import Any


def nanoseconds(function: Callable[[], object], count: int) -> float:
    """Mean of a number of calls."""
    repeat = range(count)
    start = time.perf_counter_ns()
    for _ in repeat:
        function()
    return (time.perf_counter_ns() - start) / count


def in_turns(
    calls: dict[str, dict[str, tuple[Callable[[], object], int]]],
    rounds: int,
    after: Callable[[], object] = lambda: None,
) -> dict[str, dict[str, float]]:
    """Best of the rounds for every call, less the time of calling nothing; one package after the other."""
    found: dict[str, dict[str, float]] = {package: {} for package in calls}
    nothing = float("inf")
    for _ in range(rounds):
        nothing = min(nothing, nanoseconds(lambda: None, 20_000))
        for package, best in found.items():
            for name, (function, count) in calls[package].items():
                best[name] = min(best.get(name, float("inf")), nanoseconds(function, count))
                after()
    return {package: {name: time - nothing for name, time in best.items()} for package, best in found.items()}


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


def calls() -> dict[str, dict[str, float]]:
    """Calls that are cheap, and activations by the thousand."""
    made: list[object] = []
    return in_turns({name: _calls_of_a_build(name, made) for name in ("trtx", "nvidia")}, 15, made.clear)


def _calls_of_a_build(name: str, made: list[object]) -> dict[str, tuple[Callable[[], object], int]]:
    rtx = package(name)
    builder, network, config = objects(rtx, name == "trtx")
    data_type = rtx.DataType.FLOAT
    tensor = network.add_input("x", data_type, (1, 3, 224, 224))
    network.add_activation(tensor, rtx.ActivationType.RELU)
    flag, relu = rtx.BuilderFlag.TF32, rtx.ActivationType.RELU

    def activations() -> None:
        network = builder.create_network(0)
        tensor = network.add_input("x", data_type, (1, 3, 224, 224))
        for _ in range(5000):
            tensor = network.add_activation(tensor, relu).get_output(0)
        made.append(network)  # its end is not measured

    large = builder.create_network(0)
    output = large.add_input("x", data_type, (1, 3, 224, 224))
    for _ in range(5000):
        output = large.add_activation(output, relu).get_output(0)

    def read_back() -> None:
        for layer in (large.get_layer(i) for i in range(large.num_layers)):
            _ = layer.name, layer.type
            tensors = [layer.get_input(i) for i in range(layer.num_inputs)]
            tensors += [layer.get_output(i) for i in range(layer.num_outputs)]
            for tensor in tensors:
                _ = tensor.name, tensor.dtype, tuple(tensor.shape)

    cheap: dict[str, Callable[[], object]] = {
        "max_threads": lambda: builder.max_threads,
        "get_flag": lambda: config.get_flag(flag),
        "optimization_level": lambda: config.builder_optimization_level,
        "set_optimization_level": lambda: setattr(config, "builder_optimization_level", 3),
        "num_layers": lambda: network.num_layers,
        "get_layer": lambda: network.get_layer(0),
        "get_input": lambda: network.get_input(0),
        "tensor_name": lambda: tensor.name,
        "tensor_dtype": lambda: tensor.dtype,
        "tensor_shape": lambda: tuple(tensor.shape),
    }
    many = {"5,000 activations": (activations, 1), "5,000 layers read back": (read_back, 1)}
    return {**{call: (function, 20_000) for call, function in cheap.items()}, **many}


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


def running(engine_path: str) -> dict[str, dict[str, float]]:
    """The calls of a run, on a GPU."""
    from cuda.core import Device

    device = Device()
    device.set_current()
    stream = device.create_stream()
    calls = {name: _calls_of_a_run(name, engine_path, device, stream) for name in ("trtx", "nvidia")}
    return in_turns(calls, 100, stream.sync)


def _calls_of_a_run(
    name: str, engine_path: str, device: Any, stream: Any
) -> dict[str, tuple[Callable[[], object], int]]:
    """Calls, and how often in a row: launches must not fill the queue of the GPU."""
    rtx = package(name)
    runtime = rtx.Runtime(rtx.Logger(rtx.Severity.ERROR if name == "trtx" else rtx.Logger.ERROR))
    with open(engine_path, "rb") as file:
        engine = runtime.deserialize_cuda_engine(file.read())
    context = engine.create_execution_context()
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    # Two blocks each, so that every other run finds new addresses.
    blocks = [{tensor: device.allocate(64 << 20, stream=stream) for tensor in names} for _ in range(2)]
    stream.sync()
    addresses = itertools.cycle([{tensor: int(block.handle) for tensor, block in side.items()} for side in blocks])
    handle = int(stream.handle)
    enqueue = context.enqueue_v3 if name == "trtx" else context.execute_async_v3

    def bind_and_enqueue(_kept: object = (blocks, runtime)) -> None:
        for tensor, address in next(addresses).items():
            context.set_tensor_address(tensor, address)
        enqueue(handle)

    bind_and_enqueue()
    first, address = names[0], int(blocks[0][names[0]].handle)
    return {
        "set_tensor_address": (lambda: context.set_tensor_address(first, address), 10_000),
        "enqueue": (lambda: enqueue(handle), 100),
        # NVIDIA's takes integers only.
        "enqueue on an object": (lambda: enqueue(stream if name == "trtx" else int(stream.handle)), 100),
        "addresses and enqueue": (bind_and_enqueue, 100),
    }


KINDS: dict[str, Callable[..., object]] = {
    "importing": importing,
    "weights": weights,
    "calls": calls,
    "running": running,
}

if __name__ == "__main__":
    print(json.dumps(KINDS[sys.argv[1]](*sys.argv[2:])))
