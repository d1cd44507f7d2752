"""What a profiler and an output allocator cost a run, beside NVIDIA's package: ``python benchmarks/callbacks.py``.

The two packages run the same engine in turns, in one process; the best of the rounds counts.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from cases import in_turns, nvidia

import trtx
from trtx import cuda

SIZE, LAYERS = 256, 12


def plan() -> bytes:
    """Matrix products, each of which is a layer of its own."""
    builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
    network = builder.create_network()
    tensor = network.add_input("x", trtx.DataType.FLOAT, (SIZE, SIZE))
    none = trtx.MatrixOperation.NONE
    for _ in range(LAYERS):
        weights = network.add_constant((SIZE, SIZE), np.full((SIZE, SIZE), 1 / SIZE, np.float32)).get_output(0)
        tensor = network.add_matrix_multiply(tensor, none, weights, none).get_output(0)
        tensor = network.add_activation(tensor, trtx.ActivationType.TANH).get_output(0)
    tensor.name = "y"
    network.mark_output(tensor)
    return bytes(builder.build_serialized_network(network, builder.create_config()).view())


def runs(name: str, data: bytes, stream: Any) -> dict[str, Any]:
    """A run with nothing, with a profiler, with an output allocator."""
    rtx: Any = trtx if name == "trtx" else nvidia()
    profiler_base, allocator_base = (
        (rtx.Profiler, rtx.OutputAllocator) if name == "trtx" else (rtx.IProfiler, rtx.IOutputAllocator)
    )
    severity = rtx.Severity.ERROR if name == "trtx" else rtx.Logger.ERROR
    engine = rtx.Runtime(rtx.Logger(severity)).deserialize_cuda_engine(data)
    blocks = {tensor: cuda.empty((SIZE, SIZE), stream=stream) for tensor in "xy"}
    address, handle = int(blocks["y"].handle), int(stream.handle)

    class Profiler(profiler_base):  # type: ignore[misc]
        def __init__(self) -> None:
            profiler_base.__init__(self)
            self.total = 0.0

        def report_layer_time(self, layer_name: str, ms: float) -> None:
            self.total += ms

    class Allocator(allocator_base):  # type: ignore[misc]
        def __init__(self) -> None:
            allocator_base.__init__(self)

        def reallocate_output_async(self, tensor_name: str, memory: int, size: int, alignment: int, stream: int) -> int:
            return address

        def notify_shape(self, tensor_name: str, shape: Any) -> None:
            pass

    found = {}
    for kind in ("plain", "profiler", "output allocator"):
        context = engine.create_execution_context()
        for tensor, block in blocks.items():
            context.set_tensor_address(tensor, int(block.handle))
        if kind == "profiler":
            context.profiler = Profiler()
        if kind == "output allocator":
            context.set_output_allocator("y", Allocator())

        def run(context: Any = context, _kept: object = (engine, blocks)) -> None:
            context.execute_async_v3(handle)
            stream.sync()

        run()
        found[kind] = (run, 200)
    return found


def main() -> None:
    device = cuda.Device()
    device.set_current()
    stream = device.create_stream()
    data = plan()
    calls = {name: runs(name, data, stream) for name in ("trtx", "nvidia")}
    in_turns(calls, 2)  # until the GPU's clock has settled
    times = in_turns(calls, 10)
    print(f"{'a run with':20} {'trtx':>10} {'NVIDIA':>10} {'ratio':>8}   the callbacks alone")
    ours, theirs = times["trtx"], times["nvidia"]
    for kind in ours:
        ratio, alone = ours[kind] / theirs[kind], ""
        if kind != "plain":
            alone = f"{(ours[kind] - ours['plain']) / (theirs[kind] - theirs['plain']):8.2f}"
        print(f"{kind:20} {ours[kind] / 1000:10.1f} {theirs[kind] / 1000:10.1f} {ratio:8.2f}   {alone}  us")


if __name__ == "__main__":
    main()
