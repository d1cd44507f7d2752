"""Outputs whose memory is found in the run: an allocator hands it out, and grows with what is asked for.

python examples/output_allocators.py
"""

from __future__ import annotations

from small import QUIET, Model, new_stream

import trtx
import trtx.cuda


def main() -> None:
    stream = new_stream()
    model = Model()
    engine = trtx.Runtime(QUIET).deserialize_cuda_engine(model.build((1, 4, 16)))
    context = engine.create_execution_context()
    outputs = trtx.GrowingOutputAllocator(engine)
    context.set_output_allocator("y", outputs)
    sizes = []
    for rows in (1, 16, 4):
        x = model.inputs(rows)
        source = trtx.cuda.from_numpy(x, stream=stream)
        context.set_input_shape("x", x.shape)
        context.set_tensor_address("x", source)
        context.enqueue_v3(stream)
        stream.sync()  # where a shape depends on values, it is known when the run is over
        y = outputs["y"].to_numpy(stream=stream)
        model.check(x, y)
        sizes.append(y.nbytes)
    print(f"ok: outputs of {', '.join(map(str, sizes))} bytes, in memory that grew with them")


if __name__ == "__main__":
    main()
