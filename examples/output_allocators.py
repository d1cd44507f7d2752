"""Outputs whose size shows in the run only: an allocator hands out their memory.

python examples/output_allocators.py
"""

from __future__ import annotations

import numpy as np
from small import QUIET, new_stream

import trtx
import trtx.cuda


def build() -> trtx.HostMemory:
    """Where a matrix is not zero: how many places there are depends on its values."""
    builder = trtx.Builder(QUIET)
    network = builder.create_network()
    places = network.add_non_zero(network.add_input("x", trtx.float32, (8, 8))).get_output(0)
    places.name = "places"
    network.mark_output(places)
    return builder.build_serialized_network(network, builder.create_config())


def main() -> None:
    stream = new_stream()
    engine = trtx.Runtime(QUIET).deserialize_cuda_engine(build())
    context = engine.create_execution_context()
    outputs = trtx.GrowingOutputAllocator(engine)
    context.set_output_allocator("places", outputs)
    counts = []
    for seed, share in enumerate((0.1, 0.9, 0.5)):
        x = (np.random.default_rng(seed).random((8, 8)) < share).astype(np.float32)
        source = trtx.cuda.from_numpy(x, stream=stream)
        context.set_tensor_address("x", source)
        context.enqueue_v3(stream)
        stream.sync()  # the shape is known when the run is over
        places = outputs["places"].to_numpy(stream=stream)
        order = np.lexsort(places[::-1])  # the GPU finds them in any order
        np.testing.assert_array_equal(places[:, order], np.array(np.nonzero(x)))
        counts.append(places.shape[1])
    print(f"ok: {', '.join(map(str, counts))} places were found, in memory that grew with them")


if __name__ == "__main__":
    main()
