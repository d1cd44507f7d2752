"""Weights that stay on the host and are streamed to the GPU: for models that are larger than its memory.

python examples/weight_streaming.py
"""

from __future__ import annotations

from small import QUIET, Model, new_stream

import trtx


def main() -> None:
    model = Model(width=512)
    stream = new_stream()
    engine = trtx.Runtime(QUIET).deserialize_cuda_engine(model.build(flags=[trtx.BuilderFlag.WEIGHT_STREAMING]))
    size = engine.streamable_weights_size
    if size:
        engine.weight_streaming_budget_v2 = size // 2  # before contexts are made
        assert engine.weight_streaming_budget_v2 == size // 2
    context = engine.create_execution_context()
    for rows in (1, 16):
        x = model.inputs(rows)
        model.check(x, model.run(context, x, stream))
    kept = engine.weight_streaming_budget_v2 if size else 0
    print(f"ok: of {size:,} bytes of weights that may be streamed, {kept:,} stay on the GPU")


if __name__ == "__main__":
    main()
