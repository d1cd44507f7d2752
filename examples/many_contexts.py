"""Many runs at once: one engine, several execution contexts, any number of threads or tasks.

python examples/many_contexts.py
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from small import QUIET, Model, new_stream

import trtx


def main() -> None:
    model = Model()
    new_stream()
    engine = trtx.Runtime(QUIET).deserialize_cuda_engine(model.build())
    with trtx.Session(engine, contexts=4) as session:
        arrays = [model.inputs(1 + i % 16, seed=i) for i in range(64)]

        # Eight threads share the session; four of their runs are under way at the same time.
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(lambda x: session.run({"x": x})["y"], arrays))
        for x, y in zip(arrays, results, strict=True):
            model.check(x, y)

        async def serve() -> None:
            answers = await asyncio.gather(*(session.arun({"x": x}) for x in arrays))
            for x, answer in zip(arrays, answers, strict=True):
                model.check(x, answer["y"])

        asyncio.run(serve())

        # Single rows of many requests become batches.
        with trtx.Batcher(session, max_delay=0.01) as batcher:
            rows = [model.inputs(1, seed=i) for i in range(64)]
            futures = [batcher.submit({"x": x}) for x in rows]
            for x, future in zip(rows, futures, strict=True):
                model.check(x, future.result()["y"])
    print("ok: 64 runs of 8 threads, 64 of asyncio and 64 in batches, on 4 contexts")


if __name__ == "__main__":
    main()
