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


@pytest.mark.parametrize("name", ["uint16", "int16", "V2", "uint8"])
def test_raw_bits_with_a_type(name: str) -> None:
    bits = np.array([0x3F80, 0x4000, 0xC000], np.uint16)
    weights = trtx.Weights(trtx.DataType.BF16, bits.view(name))
    assert (weights.dtype, weights.count, weights.nbytes) == (trtx.DataType.BF16, 3, 6)
    assert pytest.importorskip("ml_dtypes")
    assert weights.numpy().tolist() == [1, 2, -2]


def test_what_is_not_taken_for_bits() -> None:
    """A number of a type that TensorRT-RTX has is a number, and so is one that could be."""
    for dtype, values in (
        (FLOAT, np.ones(2, np.int32)),
        (trtx.DataType.INT32, np.ones(2, np.uint32)),
        (trtx.DataType.FP8, np.ones(2, np.int8)),
        (trtx.DataType.BF16, np.ones(2, np.float16)),
        (HALF, np.ones(2, np.uint32)),
        (FLOAT, np.zeros(2, [("a", "u4")])),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^values ha(ve|s) the type"):
            trtx.Weights(dtype, values)
    with pytest.raises(trtx.InvalidArgumentError, match="type uint16"):
        trtx.Weights(np.ones(2, np.uint16))
    np.testing.assert_array_equal(trtx.Weights(FLOAT, np.ones(2, np.float32).view(np.uint32)).numpy(), [1, 1])


def test_an_address_with_type_and_count(network: trtx.NetworkDefinition) -> None:
    """The form of NVIDIA's package; the memory is the caller's, and not copied."""
    values = np.arange(6, dtype=np.float32)
    weights = trtx.Weights(FLOAT, values.ctypes.data, 6)
    assert (weights.dtype, weights.count, weights.is_placeholder) == (FLOAT, 6, False)
    values[0] = 7
    assert network.add_constant((2, 3), weights).weights.numpy().tolist() == [7, 1, 2, 3, 4, 5]
    assert trtx.Weights(INT4, values.ctypes.data, 5).nbytes == 3
    assert trtx.Weights(FLOAT, 0, 0).count == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"dtype": FLOAT, "values": 64}, r"values is 64; .* dtype and count are needed"),
        ({"values": 64, "count": 1}, r"values is 64; .* dtype and count are needed"),
        ({"dtype": FLOAT, "values": 0, "count": 3}, "values is 0"),
        ({"dtype": FLOAT, "values": -8, "count": 3}, "values is -8"),
        ({"dtype": FLOAT, "values": 2**64, "count": 3}, "values is 18446744073709551616"),
        ({"dtype": FLOAT, "values": 2**63, "count": 2**62}, "count is 4611686018427387904"),
        ({"dtype": FLOAT, "values": 64, "count": -1}, "count is -1"),
        ({"dtype": "FLOAT", "values": 64, "count": 1}, "dtype is 'FLOAT'"),
        ({"dtype": FLOAT, "values": True, "count": 1}, "values is bool"),
    ],
)
def test_addresses_that_cannot_be(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=f"^{words}"):
        trtx.Weights(**arguments)


@pytest.mark.parametrize("kind", ["read-only", "strided", "transposed", "reversed", "big-endian"])
def test_any_layout_of_an_array(network: trtx.NetworkDefinition, kind: str) -> None:
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    array = {
        "read-only": values.copy(),
        "strided": np.repeat(values, 2, axis=1)[:, ::2],
        "transposed": values.T.copy().T,
        "reversed": values[::-1].copy()[::-1],
        "big-endian": values.astype(">f4"),
    }[kind]
    array.flags.writeable = False
    np.testing.assert_array_equal(network.add_constant((4, 6), array).weights.numpy(), values.reshape(-1))


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
