"""`Weights`: what they are made of, what numpy makes of them, and that nothing can change what the library reads."""

from __future__ import annotations

import array
import copy
import ctypes
import mmap
import pickle
from typing import Any

import numpy as np
import pytest

import trtx

FLOAT, HALF, INT4, UINT8 = trtx.DataType.FLOAT, trtx.DataType.HALF, trtx.DataType.INT4, trtx.DataType.UINT8


@pytest.mark.parametrize(("name", "value"), [("count", 10**8), ("dtype", HALF), ("is_placeholder", True), ("new", 1)])
def test_nothing_can_be_set(name: str, value: object) -> None:
    weights = trtx.Weights(FLOAT, np.ones(4, np.float32))
    with pytest.raises(AttributeError):
        setattr(weights, name, value)
    weights.__init__(HALF, count=10**8)  # type: ignore[misc]
    assert (weights.count, weights.dtype, weights.nbytes) == (4, FLOAT, 16)


def test_the_array_cannot_shrink_beneath_the_weights() -> None:
    values = np.arange(12, dtype=np.float32)
    weights = trtx.Weights(values)
    with pytest.raises(ValueError, match="resize"):
        values.resize(2)
    values.shape = (3, 4)
    assert (weights.count, weights.nbytes) == (12, 48)
    np.testing.assert_array_equal(weights.numpy(), values.reshape(-1))


def test_an_array_alone_brings_its_type() -> None:
    for values in (np.ones((2, 3), np.float16), np.float16(1), memoryview(np.ones(3, np.float16))):
        assert trtx.Weights(values).dtype is HALF
    assert trtx.Weights(b"abc").dtype is UINT8
    assert trtx.Weights(HALF, np.ones(6, np.float16), 4).count == 4
    for wrong in ([1.0], 3, "FLOAT", None, np.float32, np.dtype("f4"), trtx.Severity.ERROR):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^dtype is .*; allowed is a member of trtx\.DataType"):
            trtx.Weights(wrong)


def test_numpy_takes_weights_for_an_array(network: trtx.NetworkDefinition) -> None:
    values = np.arange(6, dtype=np.float32)
    weights = network.add_constant((2, 3), values).weights
    np.testing.assert_array_equal(np.asarray(weights), values)
    assert np.asarray(weights, dtype=np.float64).dtype == np.float64
    assert not np.asarray(weights).flags.writeable
    own: Any = np.array(weights)
    own[0] = 9
    assert values[0] == 0
    assert np.sum(weights) == 15  # type: ignore[call-overload]


def test_what_numpy_cannot_have_of_weights() -> None:
    with pytest.raises(trtx.InvalidArgumentError, match="placeholder"):
        np.asarray(trtx.Weights(FLOAT, count=3))
    weights = trtx.Weights(np.ones(3, np.float32))
    with pytest.raises(trtx.InvalidArgumentError, match="copy is False"):
        weights.__array__(np.dtype("f8"), copy=False)
    assert weights.__array__(copy=False).ctypes.data == weights.numpy().ctypes.data


def test_small_types_are_unpacked_for_numpy() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    values = np.array([1, -2, 3], ml_dtypes.int4)
    weights = trtx.Weights(values)
    assert (weights.count, weights.nbytes) == (3, 2)
    np.testing.assert_array_equal(np.asarray(weights), values)
    with pytest.raises(trtx.InvalidArgumentError, match="without a copy"):
        weights.__array__(copy=False)


def test_copies_and_pickles_are_weights_of_their_own() -> None:
    weights = trtx.Weights(np.arange(4, dtype=np.float32))
    for other in (copy.copy(weights), copy.deepcopy(weights), pickle.loads(pickle.dumps(weights))):
        assert (other.dtype, other.count) == (FLOAT, 4)
        np.testing.assert_array_equal(other.numpy(), weights.numpy())


def test_anything_with_a_buffer_is_taken(network: trtx.NetworkDefinition) -> None:
    mapped = mmap.mmap(-1, 8)
    mapped[:] = np.array([1, 2], np.float32).tobytes()
    for values in (array.array("f", [1, 2]), (ctypes.c_float * 2)(1, 2), memoryview(array.array("f", [1, 2]))):
        assert network.add_constant((2,), values).weights.numpy().tolist() == [1, 2]
    assert network.add_constant((2,), trtx.Weights(FLOAT, mapped)).weights.numpy().tolist() == [1, 2]


def test_bytes_hold_whole_elements() -> None:
    with pytest.raises(trtx.InvalidArgumentError, match="values have 13 bytes; allowed is a multiple of 4"):
        trtx.Weights(FLOAT, b"\0" * 13)
    assert trtx.Weights(FLOAT, b"\0" * 12).count == 3
    assert trtx.Weights(INT4, b"\0" * 13).count == 26


class FailingInterface:
    __array_interface__ = 3


class FailingDLPack:
    def __dlpack__(self, **options: object) -> object:
        raise KeyError("no device")

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0


def released() -> memoryview:
    view = memoryview(b"ab")
    view.release()
    return view


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (released(), "the buffer protocol"),
        (FailingInterface(), "__array_interface__"),
        (FailingDLPack(), "DLPack: 'no device'"),
        (np.ma.array([1.0, 2.0], mask=[False, True]), "masked array"),
        (np.array([1, "a"], object), "type object"),
        (np.array(["2020"], "M8[Y]"), "type datetime64"),
        (np.ones(2, np.complex64), "type complex64"),
        (np.array(["a"]), "type str"),
        (np.zeros(2, [("a", "f4")]), "type void32"),
        (np.zeros(2, "V3"), "type void24"),
        (array.array("d", [1]), "type float64"),
        ([1.0, 2.0], "a list has no element type"),
        (np.float32, "is type"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(network: trtx.NetworkDefinition, values: object, words: str) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=f"^weights .*{words}"):
        network.add_constant((2,), values)
