"""Layers that work across GPUs, on two of one host; NCCL comes with torch or CuPy."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.gpu import build
from trtx import CollectiveOperation, ReduceOperation, cuda

SHAPE = (4, 8)


def nccl() -> ctypes.CDLL:
    torch = pytest.importorskip("torch")
    if torch.cuda.device_count() < 2:
        pytest.skip("a second GPU is missing")
    for name in ("libnccl.so.2", "libtorch_cuda.so"):
        try:
            library = ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
            _ = library.ncclCommInitAll
        except (OSError, AttributeError):
            continue
        return library
    pytest.skip("NCCL is missing")


@pytest.fixture(scope="module")
def communicators(gpu: None) -> Iterator[tuple[int, int]]:
    library = nccl()
    found, devices = (ctypes.c_void_p * 2)(), (ctypes.c_int * 2)(0, 1)
    assert library.ncclCommInitAll(found, 2, devices) == 0
    yield int(found[0] or 0), int(found[1] or 0)
    for communicator in found:
        library.ncclCommAbort(ctypes.c_void_p(communicator))  # the other way to end one waits for the other GPU


@pytest.mark.parametrize("operation", [CollectiveOperation.ALL_REDUCE, CollectiveOperation.BROADCAST])
def test_two_gpus_exchange_values(
    logger: trtx.Logger, communicators: tuple[int, int], operation: CollectiveOperation
) -> None:
    is_sum = operation is CollectiveOperation.ALL_REDUCE

    def define(network: trtx.NetworkDefinition) -> None:
        x = network.add_input("x", trtx.DataType.FLOAT, SHAPE)
        layer = network.add_dist_collective(
            x, operation, ReduceOperation.SUM if is_sum else None, None if is_sum else 0, (0, 1)
        )
        layer.num_ranks = 2
        y = layer.get_output(0)
        y.name = "y"
        network.mark_output(y)

    plan = build(logger, define)
    inputs = [np.random.default_rng(rank).standard_normal(SHAPE).astype(np.float32) for rank in range(2)]
    outputs: dict[int, Any] = {}

    def work(rank: int) -> None:
        device = cuda.Device(rank)
        device.set_current()
        stream = device.create_stream()
        context = trtx.Runtime(logger).deserialize_cuda_engine(plan).create_execution_context()
        context.set_communicator(communicators[rank])
        x = cuda.from_numpy(inputs[rank], stream=stream)
        y = cuda.empty(SHAPE, trtx.DataType.FLOAT, stream=stream)
        context.set_tensor_address("x", x)
        context.set_tensor_address("y", y)
        context.enqueue_v3(stream)
        outputs[rank] = cuda.to_numpy(y, SHAPE, stream=stream)

    threads = [threading.Thread(target=work, args=(rank,), daemon=True) for rank in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(outputs) == {0, 1}
    for rank in range(2):
        np.testing.assert_allclose(outputs[rank], inputs[0] + inputs[1] if is_sum else inputs[0], rtol=1e-6)
