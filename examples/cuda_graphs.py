"""CUDA graphs: those that a session makes by itself, and a run inside of a graph of your own.

python examples/cuda_graphs.py
"""

from __future__ import annotations

import numpy as np
from small import QUIET, Model, new_stream, on_fake

import trtx
import trtx.cuda


def main() -> None:
    model = Model()
    stream = new_stream()
    engine = trtx.Runtime(QUIET).deserialize_cuda_engine(model.build())
    x = model.inputs(4)
    with trtx.Session(engine) as session:
        # The first run compiles, the second is captured, every later one of this kind is one launch.
        for _ in range(3):
            model.check(x, session.run({"x": x})["y"])
        assert session.graph_state == "captured", session.graph_state

        # Bound arrays may be changed between runs: the graph reads them anew.
        with session.bind({"x": x}) as binding:
            x[:] = model.inputs(4, seed=1)
            model.check(x, binding.run()["y"])
    if on_fake():
        print("ok: the session's runs were captured; graphs of your own need a GPU")
        return

    # Two runs in one graph of your own: y = f(f(x)).
    context = engine.create_execution_context()
    context.set_input_shape("x", x.shape)
    source = trtx.cuda.from_numpy(x, stream=stream)
    between, target = (trtx.cuda.empty(x.shape, trtx.float32, stream=stream) for _ in range(2))

    def work(handle: object) -> None:
        for one, other in ((source, between), (between, target)):
            context.set_tensor_address("x", one)
            context.set_tensor_address("y", other)
            context.enqueue_v3(handle)

    work(stream)  # compiles what is missing, which a capture must not
    stream.sync()
    builder = stream.create_graph_builder()
    builder.begin_building(mode="thread_local")
    work(builder.stream)
    builder.end_building()
    graph = builder.complete()
    graph.launch(stream)
    y = trtx.cuda.to_numpy(target, x.shape, stream=stream)
    expected = model.expected(model.expected(x))
    np.testing.assert_allclose(y, expected, rtol=2e-2, atol=2e-2 * float(np.abs(expected).max()))
    print("ok: the session's runs were captured, and two runs are one launch of a graph of our own")


if __name__ == "__main__":
    main()
