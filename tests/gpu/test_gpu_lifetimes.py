"""Threads and deaths in every order, on a GPU."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.gpu import build, new_stream, relu, run, run_script
from trtx import cuda

#: Makes the objects of a run, gets rid of them in every order, and runs what is left over.
_ORDERS = """
import gc, itertools, random, sys
import numpy as np
import trtx
from tests.helpers.gpu import build, new_stream, relu, run

how = sys.argv[1]
stream = new_stream()
quiet = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
raw = bytes(build(quiet, relu((2, 3))))
x = np.array([[-1, 2, -3], [4, -5, 6]], np.float32)
names = ("logger", "runtime", "engine", "config", "cache", "inspector", "context")
count = 0
for order in random.Random(0).sample(list(itertools.permutations(names)), 100):
    count += 1
    objects = {}
    objects["logger"] = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
    objects["runtime"] = trtx.Runtime(objects["logger"])
    objects["engine"] = objects["runtime"].deserialize_cuda_engine(raw)
    objects["config"] = objects["engine"].create_runtime_config()
    objects["cache"] = objects["config"].create_runtime_cache()
    objects["config"].set_runtime_cache(objects["cache"])
    objects["context"] = objects["engine"].create_execution_context(objects["config"])
    objects["inspector"] = objects["engine"].create_engine_inspector()
    objects["inspector"].execution_context = objects["context"]
    if count < 30:
        assert (run(objects["context"], {"x": x}, stream)["y"] == np.maximum(x, 0)).all()
    if how == "cycle":
        knot = list(objects.values())
        knot.append(knot)
        objects.clear()
        del knot
        gc.collect()
        continue
    for name in order:
        if how == "close":
            objects[name].close()
            objects[name].close()
        else:
            del objects[name]
            if "context" in objects and count < 30:
                assert (run(objects["context"], {"x": x}, stream)["y"] == np.maximum(x, 0)).all()
print("orders", count)
"""

#: Leaves everything alive at the end of the interpreter.
_EXIT = """
import trtx
from tests.helpers.gpu import build, new_stream, relu
logger = trtx.Logger(trtx.Severity.ERROR)
engine = trtx.Runtime(logger).deserialize_cuda_engine(build(logger, relu((2, 3))))
context = engine.create_execution_context()
cycle = [context, engine]
cycle.append(cycle)
print("alive")
"""


@pytest.mark.parametrize("how", ["drop", "close", "cycle"])
def test_death_in_every_order(how: str) -> None:
    assert "orders 100" in run_script(_ORDERS, how)


def test_objects_alive_at_exit() -> None:
    assert "alive" in run_script(_EXIT)


def test_a_failing_with_block(logger: trtx.Logger, runtime: trtx.Runtime) -> None:
    engine = runtime.deserialize_cuda_engine(build(logger, relu((2, 3))))
    context = engine.create_execution_context()

    def fail() -> None:
        with engine, context:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert engine.is_closed
    assert context.is_closed
    with pytest.raises(trtx.ClosedError, match="ExecutionContext"):
        context.enqueue_v3(0)


def test_buffers_live_as_long_as_they_are_bound(runtime: trtx.Runtime, logger: trtx.Logger, stream: Any) -> None:
    context = runtime.deserialize_cuda_engine(build(logger, relu((2, 3)))).create_execution_context()
    x = np.array([[-1, 2, -3], [4, -5, 6]], np.float32)
    y = cuda.empty((2, 3), stream=stream)
    context.set_tensor_address("x", cuda.from_numpy(x, stream=stream))  # nobody else holds it
    context.set_tensor_address("y", y)
    for _ in range(100):
        cuda.empty((2, 3), stream=stream)
    context.enqueue_v3(stream)
    np.testing.assert_array_equal(cuda.to_numpy(y, (2, 3), stream=stream), np.maximum(x, 0))


def test_threads_with_a_context_each(runtime: trtx.Runtime, logger: trtx.Logger) -> None:
    engine = runtime.deserialize_cuda_engine(build(logger, relu((64, 64))))
    problems: list[BaseException] = []

    def work(seed: int) -> None:
        try:
            stream = new_stream()
            with engine.create_execution_context() as context:
                random = np.random.default_rng(seed)
                for _ in range(50):
                    x = random.standard_normal((64, 64)).astype(np.float32)
                    np.testing.assert_array_equal(run(context, {"x": x}, stream)["y"], np.maximum(x, 0))
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems


def test_threads_with_one_context(runtime: trtx.Runtime, logger: trtx.Logger, stream: Any) -> None:
    context = runtime.deserialize_cuda_engine(build(logger, relu((64, 64)))).create_execution_context()
    x = np.random.default_rng(0).standard_normal((64, 64)).astype(np.float32)
    buffers = cuda.from_numpy(x, stream=stream), cuda.empty((64, 64), stream=stream)
    address = int(buffers[0].handle)
    context.set_tensor_address("y", int(buffers[1].handle))
    refused: list[trtx.BusyError] = []
    problems: list[BaseException] = []

    def work() -> None:
        cuda.Device(0).set_current()
        for _ in range(2000):
            try:
                context.set_tensor_address("x", address)
                context.enqueue_v3(stream)
            except trtx.BusyError as error:
                refused.append(error)
            except BaseException as problem:
                problems.append(problem)

    context.set_tensor_address("x", address)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems, problems
    assert all("ExecutionContext" in str(error) for error in refused)
    context.enqueue_v3(stream)  # no run left its flag behind
    np.testing.assert_array_equal(cuda.to_numpy(buffers[1], (64, 64), stream=stream), np.maximum(x, 0))


def test_threads_deserialize_together(runtime: trtx.Runtime, logger: trtx.Logger) -> None:
    raw = bytes(build(logger, relu((2, 3))))
    made: list[trtx.CudaEngine] = []

    def work() -> None:
        cuda.Device(0).set_current()
        for _ in range(5):
            made.append(runtime.deserialize_cuda_engine(raw))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 20
    runtime.close()
    assert all(engine.is_closed for engine in made)
