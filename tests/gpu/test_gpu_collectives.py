"""Layers that work across GPUs, on two of one host; NCCL comes with torch.

Each operation has a process of its own: GPUs that wait for each other for ever must not stop the other tests.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.gpu import build
from tests.helpers.process import run_python
from trtx import CollectiveOperation, ReduceOperation, cuda

SHAPE = (4, 8)
#: Seconds for a process, most of which go into loading NCCL.
LIMIT = 90


@pytest.mark.parametrize("operation", ["ALL_REDUCE", "BROADCAST"])
def test_two_gpus_exchange_values(gpu: None, operation: str) -> None:
    torch = pytest.importorskip("torch")
    if torch.cuda.device_count() < 2:
        pytest.skip("a second GPU is missing")
    code = f"from tests.gpu.test_gpu_collectives import exchange\nexchange({operation!r})"
    if "without NCCL" in run_python(code, timeout=LIMIT).stdout:
        pytest.skip("NCCL is missing")


def exchange(name: str) -> None:
    """Run an engine on both GPUs at the same time, and look at what they got."""
    library = nccl()
    if library is None:
        print("without NCCL")
        return
    communicators, devices = (ctypes.c_void_p * 2)(), (ctypes.c_int * 2)(0, 1)
    assert library.ncclCommInitAll(communicators, 2, devices) == 0
    logger, operation = trtx.Logger(), CollectiveOperation[name]
    plan = build(logger, lambda network: define(network, operation))
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

    threads = [threading.Thread(target=work, args=(rank,)) for rank in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = inputs[0] + inputs[1] if operation is CollectiveOperation.ALL_REDUCE else inputs[0]
    for rank in range(2):
        np.testing.assert_allclose(outputs[rank], expected, rtol=1e-6)
    sys.stdout.flush()


def define(network: trtx.NetworkDefinition, operation: CollectiveOperation) -> None:
    """A network of one collective operation."""
    is_sum = operation is CollectiveOperation.ALL_REDUCE
    x = network.add_input("x", trtx.DataType.FLOAT, SHAPE)
    reduction, root = (ReduceOperation.SUM, None) if is_sum else (None, 0)
    layer = network.add_dist_collective(x, operation, reduction, root, (0, 1))
    layer.num_ranks = 2
    y = layer.get_output(0)
    y.name = "y"
    network.mark_output(y)


def nccl() -> ctypes.CDLL | None:
    """NCCL, which torch has loaded or linked."""
    import torch

    torch.cuda.init()
    for name in ("libnccl.so.2", "libtorch_cuda.so"):
        try:
            library = ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL)
            _ = library.ncclCommInitAll
        except (OSError, AttributeError):
            continue
        return library
    return None
