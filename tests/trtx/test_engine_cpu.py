"""Engines and contexts without a GPU: what `trtx` checks by itself, on an engine that exists on paper only."""

from __future__ import annotations

import gc
import re
import threading
import weakref
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.paper import PaperLibrary, PaperTensor, paper_context, paper_engine
from trtx import cuda

INPUT, OUTPUT = trtx.TensorIOMode.INPUT, trtx.TensorIOMode.OUTPUT


class DeviceArray:
    """Looks like an array on the GPU."""

    def __init__(self, array: np.ndarray, *, strides: tuple[int, ...] | None = None, read_only: bool = False) -> None:
        self.dtype = array.dtype
        self.__cuda_array_interface__ = {
            "shape": array.shape,
            "typestr": array.dtype.str,
            "data": (0x10000, read_only),
            "strides": strides,
            "version": 3,
        }


@pytest.fixture
def paper() -> PaperLibrary:
    """x (open first dimension, 1 to 8) and a host input h make y."""
    return PaperLibrary(
        {
            b"x": PaperTensor(INPUT, (-1, 3), (1, 3), (8, 3)),
            b"h": PaperTensor(INPUT, (2,), dtype=trtx.DataType.INT64, location=trtx.TensorLocation.HOST),
            b"y": PaperTensor(OUTPUT, (-1, 3)),
        }
    )


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, logger: trtx.Logger, paper: PaperLibrary) -> trtx.CudaEngine:
    return paper_engine(monkeypatch, logger, paper)


@pytest.fixture
def context(engine: trtx.CudaEngine) -> trtx.ExecutionContext:
    return paper_context(engine)


@pytest.fixture
def ready(context: trtx.ExecutionContext) -> trtx.ExecutionContext:
    """A context that lacks nothing."""
    context.set_input_shape("x", (2, 3))
    for name, address in (("x", 0x1000), ("h", 0x2000), ("y", 0x3000)):
        context.set_tensor_address(name, address)
    return context


# Engine


def test_inputs_and_outputs(engine: trtx.CudaEngine) -> None:
    assert engine.num_io_tensors == 3
    assert list(engine) == ["x", "h", "y"]
    assert engine.input_names == ("x", "h")
    assert engine.output_names == ("y",)
    assert engine.get_tensor_name(2) == engine[2] == "y"
    x = engine.io_tensors[0]
    assert (x.name, x.mode, x.dtype, x.shape) == ("x", INPUT, trtx.DataType.FLOAT, (-1, 3))
    assert engine.io_tensors[1].location is trtx.TensorLocation.HOST
    assert engine.get_tensor_profile_shape("x", 0) == ((1, 3), (1, 3), (8, 3))


def test_names_that_are_none(engine: trtx.CudaEngine, context: trtx.ExecutionContext) -> None:
    for wrong in ("z", "", "x\0", None, 5, [], b"x"):
        for use in (
            engine.get_tensor_shape,
            engine.get_tensor_dtype,
            engine.is_shape_inference_io,
            context.get_tensor_shape,
            context.get_tensor_address,
            context.get_max_output_size,
            lambda name: context.set_tensor_address(name, 16),
            lambda name: context.set_tensor_address(name, np.zeros(3)),
            lambda name: context.set_input_shape(name, (1, 3)),
            lambda name: engine.get_tensor_profile_shape(name, 0),
        ):
            with pytest.raises(trtx.InvalidArgumentError, match="'x', 'h', 'y'"):
                use(wrong)  # type: ignore[operator]


def test_indices_that_are_none(engine: trtx.CudaEngine) -> None:
    for wrong in (3, -1, 1.0, None):
        with pytest.raises(trtx.InvalidArgumentError, match="index"):
            engine.get_tensor_name(wrong)  # type: ignore[arg-type]
    with pytest.raises(trtx.InvalidArgumentError, match=r"profile_index is 2.*2 optimization profiles"):
        engine.get_tensor_profile_shape("x", 2)
    with pytest.raises(trtx.InvalidArgumentError, match=r"'y'.*inputs: 'x', 'h'"):
        engine.get_tensor_profile_shape("y", 0)


# Running


def test_a_run(ready: trtx.ExecutionContext, paper: PaperLibrary) -> None:
    ready.enqueue_v3(7)
    ready.execute_async_v3(0)
    assert paper.runs == [7, 0]
    assert [tensor.address for tensor in paper.tensors.values()] == [0x1000, 0x2000, 0x3000]


def test_what_is_missing_is_named(context: trtx.ExecutionContext, paper: PaperLibrary) -> None:
    with pytest.raises(trtx.ExecutionError, match=r"no shape for 'x'.*no address for 'x' and 'h' and 'y'"):
        context.enqueue_v3(0)
    context.set_input_shape("x", (2, 3))
    context.set_tensor_address("x", 16)
    context.set_tensor_address("y", 16)
    with pytest.raises(trtx.ExecutionError, match="no address for 'h'"):
        context.enqueue_v3(0)
    assert not paper.runs


def test_address_zero_takes_the_address_back(ready: trtx.ExecutionContext) -> None:
    ready.set_tensor_address("y", 0)
    with pytest.raises(trtx.ExecutionError, match="no address for 'y'"):
        ready.enqueue_v3(0)


def test_another_profile_needs_shapes_again(ready: trtx.ExecutionContext) -> None:
    ready.set_optimization_profile_async(0, 0)
    ready.enqueue_v3(0)
    ready.set_optimization_profile_async(1, 0)  # whose last dimension is 6
    with pytest.raises(trtx.ExecutionError, match="no shape for 'x'"):
        ready.enqueue_v3(0)
    with pytest.raises(trtx.InvalidArgumentError, match="profile_index"):
        ready.set_optimization_profile_async(2, 0)


def test_user_managed_memory_is_asked_for(
    engine: trtx.CudaEngine, paper: PaperLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper, "trtx_cuda_engine_get_device_memory_size_v2", lambda _: 512, raising=False)
    monkeypatch.setattr(paper, "trtx_execution_context_set_device_memory_v2", lambda *_: 0, raising=False)
    context = paper_context(engine, trtx.ExecutionContextAllocationStrategy.USER_MANAGED)
    context.set_input_shape("x", (2, 3))
    for name in engine:
        context.set_tensor_address(name, 16)
    with pytest.raises(trtx.ExecutionError, match="set_device_memory"):
        context.enqueue_v3(0)
    for wrong, reason in ((4096, "size is missing"), (np.zeros(4096), "host")):
        with pytest.raises(trtx.InvalidArgumentError, match=reason):
            context.set_device_memory(wrong)
    with pytest.raises(trtx.InvalidArgumentError, match="multiples of 256"):
        context.set_device_memory(4097, 512)
    context.set_device_memory(4096, 512)
    context.enqueue_v3(0)


# Streams


@pytest.mark.parametrize(
    "stream",
    [
        9,
        np.int64(9),
        SimpleNamespace(__cuda_stream__=lambda: (0, 9)),
        SimpleNamespace(__cuda_stream__=(0, 9)),
        type("Stream", (), {"cuda_stream": 9})(),
        type("ExternalStream", (), {"ptr": 9})(),
    ],
)
def test_streams_of_all_kinds(ready: trtx.ExecutionContext, paper: PaperLibrary, stream: object) -> None:
    ready.enqueue_v3(stream)
    assert paper.runs == [9]


def test_streams_that_are_none(ready: trtx.ExecutionContext, paper: PaperLibrary) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match="pass 0 for the default stream"):
        ready.enqueue_v3(None)
    # A pointer of CuPy has a ptr too, and is no stream.
    pointer = type("MemoryPointer", (), {"ptr": 9})()
    for wrong in (-1, 2**64, 1.0, "0", True, object(), pointer, SimpleNamespace(__cuda_stream__=lambda: (1, 9))):
        with pytest.raises(trtx.InvalidArgumentError, match="stream"):
            ready.enqueue_v3(wrong)
    assert not paper.runs
    ready.enqueue_v3(0)


# Addresses


def test_addresses_that_are_none(context: trtx.ExecutionContext) -> None:
    for wrong in (-1, 2**64, 1.5, "16", True, None, object(), [1, 2]):
        with pytest.raises(trtx.InvalidArgumentError, match=r"address of.*'x'"):
            context.set_tensor_address("x", wrong)
    context.set_tensor_address("x", np.uint64(16))
    assert context.get_tensor_address("x") == 16


def test_inputs_are_no_outputs(context: trtx.ExecutionContext) -> None:
    context.set_input_tensor_address("x", 16)
    context.set_output_tensor_address("y", 32)
    with pytest.raises(trtx.InvalidArgumentError, match=r"'y' is no input.*'x' and 'h'"):
        context.set_input_tensor_address("y", 16)
    with pytest.raises(trtx.InvalidArgumentError, match="'x' is no output"):
        context.set_output_tensor_address("x", 16)


def test_arrays_that_fit(context: trtx.ExecutionContext) -> None:
    context.set_input_shape("x", (2, 3))
    context.set_tensor_address("x", DeviceArray(np.zeros((2, 3), np.float32)))
    assert context.get_tensor_address("x") == 0x10000
    host = np.zeros(2, np.int64)
    context.set_tensor_address("h", host)
    assert context.get_tensor_address("h") == host.ctypes.data


@pytest.mark.parametrize(
    ("name", "array", "reason"),
    [
        ("x", np.zeros((2, 3), np.float32), "lies on the host; copy it to the GPU first"),
        ("x", bytearray(24), "lies on the host"),
        ("h", DeviceArray(np.zeros(2, np.int64)), "the CPU reads this tensor|this tensor is read by the CPU"),
        ("x", DeviceArray(np.zeros((2, 3), np.float64)), "float64; the tensor is FLOAT"),
        ("x", DeviceArray(np.zeros((2, 3), np.int32)), "INT32; the tensor is FLOAT"),
        ("x", DeviceArray(np.zeros((2, 3), np.dtype(">f4"))), "byte order"),
        ("x", DeviceArray(np.zeros((2, 3), np.float32), strides=(4, 8)), "not contiguous"),
        ("x", DeviceArray(np.zeros((1, 3), np.float32)), "needs 24 bytes; its memory has 12"),
        ("y", DeviceArray(np.zeros((2, 3), np.float32), read_only=True), "read-only"),
        ("h", np.zeros(2, np.int32), "INT32; the tensor is INT64"),
        ("h", np.zeros(4, np.int64)[::2], "not contiguous"),
    ],
)
def test_arrays_that_do_not_fit(context: trtx.ExecutionContext, name: str, array: Any, reason: str) -> None:
    context.set_input_shape("x", (2, 3))
    with pytest.raises(trtx.InvalidArgumentError, match=reason) as raised:
        context.set_tensor_address(name, array)
    assert repr(name) in str(raised.value)
    with pytest.raises(trtx.ExecutionError, match=f"no address for .*'{name}'"):
        context.enqueue_v3(0)


def test_growing_shapes_find_arrays_that_are_too_small(ready: trtx.ExecutionContext, paper: PaperLibrary) -> None:
    ready.set_tensor_address("y", DeviceArray(np.zeros((2, 3), np.float32)))
    ready.enqueue_v3(0)
    ready.set_input_shape("x", (4, 3))
    with pytest.raises(trtx.ExecutionError, match=r"output 'y' .*needs 48 bytes; its memory has 24"):
        ready.enqueue_v3(0)
    ready.set_input_shape("x", (1, 3))
    ready.enqueue_v3(0)
    assert len(paper.runs) == 2


def test_arrays_live_until_they_are_replaced(ready: trtx.ExecutionContext) -> None:
    array = DeviceArray(np.zeros((2, 3), np.float32))
    alive = weakref.ref(array)
    ready.set_tensor_address("x", array)
    del array
    gc.collect()
    assert alive() is not None
    ready.set_tensor_address("x", 16)
    assert alive() is None

    array = DeviceArray(np.zeros((2, 3), np.float32))
    alive = weakref.ref(array)
    ready.set_tensor_address("x", array)
    del array
    ready.close()
    assert alive() is None


# Shapes


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((9, 3), r"profile 0 allows \(1, 3\) to \(8, 3\)"),
        ((0, 3), r"profile 0 allows"),
        ((2, 4), "dimension 1 must be 3"),
        ((2,), "2 dimensions, not 1"),
        ((2, 3, 1), "2 dimensions, not 3"),
        ((-1, 3), "-1"),
        ((2.0, 3), "2.0"),
        (5, "sequence"),
        ("23", "sequence"),
    ],
)
def test_shapes_that_do_not_fit(context: trtx.ExecutionContext, shape: Any, reason: str) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=reason) as raised:
        context.set_input_shape("x", shape)
    assert "'x'" in str(raised.value)


def test_an_output_has_no_shape_to_set(context: trtx.ExecutionContext) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match="'y' is no input"):
        context.set_input_shape("y", (2, 3))


# Threads


def test_two_threads_with_one_context(ready: trtx.ExecutionContext, paper: PaperLibrary) -> None:
    running, go_on = threading.Event(), threading.Event()
    paper.during = lambda: (running.set(), go_on.wait(10))
    thread = threading.Thread(target=ready.enqueue_v3, args=(1,))
    thread.start()
    try:
        assert running.wait(10)
        for use in (
            lambda: ready.enqueue_v3(2),
            lambda: ready.set_tensor_address("x", 16),
            lambda: ready.set_input_shape("x", (1, 3)),
            lambda: ready.get_tensor_shape("x"),
            lambda: setattr(ready, "name", "n"),
            ready.close,
        ):
            with pytest.raises(trtx.BusyError, match=r"ExecutionContext.*in use by enqueue_v3"):
                use()
        with pytest.raises(trtx.BusyError, match=r"CudaEngine\.close.*in use by enqueue_v3"):
            ready.engine.close()
        assert not ready.is_closed
        assert not ready.engine.is_closed
    finally:
        go_on.set()
        thread.join()
    assert paper.runs == [1]
    ready.enqueue_v3(3)
    assert paper.runs == [1, 3]


# Lives


def test_closing_the_engine_closes_its_contexts_first(
    engine: trtx.CudaEngine, context: trtx.ExecutionContext, paper: PaperLibrary
) -> None:
    engine.close()
    assert engine.is_closed
    assert context.is_closed
    assert paper.destroyed == ["context", "engine"]
    for use in (
        lambda: context.enqueue_v3(0),
        lambda: context.set_tensor_address("x", 16),
        lambda: context.get_tensor_shape("x"),
        lambda: context.engine,
        lambda: engine.num_io_tensors,
        lambda: list(engine),
    ):
        with pytest.raises(trtx.ClosedError):
            use()


def test_a_context_keeps_its_engine_alive(
    monkeypatch: pytest.MonkeyPatch, logger: trtx.Logger, paper: PaperLibrary
) -> None:
    context = paper_context(paper_engine(monkeypatch, logger, paper))
    gc.collect()
    assert not paper.destroyed
    assert context.engine.num_io_tensors == 3
    del context
    gc.collect()
    assert paper.destroyed == ["context", "engine"]


# cuda


def test_cuda_says_why_it_cannot_be_used() -> None:
    problem = cuda.why_unavailable()
    assert cuda.is_available() is (problem is None)
    if problem is not None:
        with pytest.raises(trtx.CudaError, match=re.escape(problem)):
            _ = cuda.Device
        with pytest.raises(trtx.CudaError):
            cuda.empty((2, 3), stream=0)


def test_cuda_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="rubbish"):
        _ = cuda.rubbish


def test_device_addresses() -> None:
    assert cuda.device_address(4096) == (4096, None)
    assert cuda.device_address(DeviceArray(np.zeros((2, 3), np.float32))) == (0x10000, 24)
    assert cuda.device_address(DeviceArray(np.zeros((0, 3), np.float32))) == (0x10000, 0)
    buffer = SimpleNamespace(handle=512, size=10, is_device_accessible=True, is_host_accessible=False)
    assert cuda.device_address(buffer) == (512, 10)
    tensor = SimpleNamespace(
        data_ptr=lambda: 1024,
        element_size=lambda: 2,
        numel=lambda: 6,
        is_contiguous=lambda: True,
        device=SimpleNamespace(type="cuda"),
        dtype="torch.bfloat16",
    )
    assert cuda.device_address(tensor) == (1024, 12)
    tensor.is_contiguous, tensor.shape = lambda: False, (2, 3)
    with pytest.raises(trtx.InvalidArgumentError, match="contiguous"):
        cuda.device_address(tensor)
    for wrong in (np.zeros(3), bytearray(3), "x", 1.5, None):
        with pytest.raises(trtx.InvalidArgumentError, match="memory"):
            cuda.device_address(wrong)
