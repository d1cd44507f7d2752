"""Kernels that were compiled once: a cache that is saved by one run of a program and loaded by the next.

    python examples/runtime_cache.py [FOLDER]

`trtx.Session` does all of this with ``cache="folder"``.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from small import QUIET, Model, new_stream

import trtx


def first_result(plan: trtx.HostMemory, model: Model, file: Path, stream: object) -> float:
    """Seconds until the first result, with the kernels in a file if there is one; the file is written anew."""
    start = time.perf_counter()
    engine = trtx.Runtime(QUIET).deserialize_cuda_engine(plan)
    config = engine.create_runtime_config()
    cache = config.create_runtime_cache()
    if file.exists():
        try:
            cache.deserialize(file)
        except trtx.EngineError as error:  # of another GPU, driver or version
            print(f"starting with an empty cache: {str(error).splitlines()[0]}")
    config.runtime_cache = cache
    context = engine.create_execution_context(config)
    x = model.inputs(4)
    y = model.run(context, x, stream)
    seconds = time.perf_counter() - start
    model.check(x, y)
    cache.serialize().save(file)
    return seconds


def main() -> None:
    model = Model()
    stream = new_stream()
    plan = model.build()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(temporary)
        file = folder / "kernels.cache"
        seconds = [first_result(plan, model, file, stream) for _ in range(2)]
        size = file.stat().st_size
    print(f"ok: first result after {seconds[0]:.3f} s, with the cache of {size:,} bytes after {seconds[1]:.3f} s")


if __name__ == "__main__":
    main()
