"""Weights of other libraries through DLPack: every type, every layout, and memory that lives as long as it is read."""

from __future__ import annotations

import gc
import importlib
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.dlpack import Producer
from tests.helpers.process import run_python

ml_dtypes = pytest.importorskip("ml_dtypes")

INT, UINT, FLOAT, BFLOAT, BOOL = 0, 1, 2, 4, 6
E4M3FN, E5M2, E8M0, E2M1FN = 10, 12, 14, 17

BF16 = (BFLOAT, 16, 1)

#: Type of numpy, DLPack's number and bits, and what TensorRT-RTX calls it.
KINDS = [
    ("float32", (FLOAT, 32, 1), trtx.DataType.FLOAT),
    ("float16", (FLOAT, 16, 1), trtx.DataType.HALF),
    (ml_dtypes.bfloat16, BF16, trtx.DataType.BF16),
    (ml_dtypes.float8_e4m3fn, (E4M3FN, 8, 1), trtx.DataType.FP8),
    (ml_dtypes.float8_e8m0fnu, (E8M0, 8, 1), trtx.DataType.E8M0),
    ("int8", (INT, 8, 1), trtx.DataType.INT8),
    ("int32", (INT, 32, 1), trtx.DataType.INT32),
    ("int64", (INT, 64, 1), trtx.DataType.INT64),
    ("uint8", (UINT, 8, 1), trtx.DataType.UINT8),
    ("bool", (BOOL, 8, 1), trtx.DataType.BOOL),
]


@pytest.mark.parametrize("version", [None, 1])
@pytest.mark.parametrize(("dtype", "kind", "expected"), KINDS)
def test_every_type(dtype: Any, kind: tuple[int, int, int], expected: trtx.DataType, version: int | None) -> None:
    values = np.array([[1, 4, 4], [2, 1, 8]], dtype)
    producer = Producer(values, kind, (2, 3), version=version)
    weights = trtx.Weights(producer)
    assert (weights.dtype, weights.count) == (expected, 6)
    np.testing.assert_array_equal(weights.numpy(), values.reshape(-1))
    producer.raw[0, 0] = 2
    assert weights.numpy()[0] == producer.raw[0, 0], "a copy where none is needed"


def test_every_layout() -> None:
    raw = np.arange(24, dtype=np.float32).astype(ml_dtypes.bfloat16)
    for shape, strides, offset, expected in (
        ((), (), 4, raw[2]),
        ((24,), None, 0, raw),
        ((4, 6), (6, 1), 0, raw),
        ((6, 4), (1, 6), 0, raw.reshape(4, 6).T),
        ((3,), (-2,), 20, raw[10:5:-2]),
        ((2, 3), (-6, 2), 2 * 18, raw.reshape(4, 6)[3:1:-1, ::2]),
        ((5, 2), (0, 1), 0, np.broadcast_to(raw[:2], (5, 2))),
        ((0, 3), (3, 1), 0, raw[:0]),
        ((2, 0), None, 0, raw[:0]),
    ):
        weights = trtx.Weights(Producer(raw, BF16, shape, strides, offset=offset))
        np.testing.assert_array_equal(weights.numpy(), np.ascontiguousarray(expected).reshape(-1), err_msg=f"{shape}")


@pytest.mark.parametrize(
    ("kind", "dtype", "expected"),
    [((INT, 4, 1), "int4", trtx.DataType.INT4), ((E2M1FN, 4, 1), "float4_e2m1fn", trtx.DataType.FP4)],
)
def test_types_of_four_bits(kind: tuple[int, int, int], dtype: str, expected: trtx.DataType) -> None:
    values = np.array([1, -2, 3, -4, 1], getattr(ml_dtypes, dtype))
    nibbles = values.view(np.uint8) & 0x0F
    packed = np.array([nibbles[0] | nibbles[1] << 4, nibbles[2] | nibbles[3] << 4, nibbles[4]], np.uint8)
    padded = Producer(values, kind, (5,), flags=4)
    pairs = Producer(packed, (kind[0], 4, 2), (2,))
    for producer, count in ((Producer(packed, kind, (5,)), 5), (padded, 5), (pairs, 4)):
        weights = trtx.Weights(producer)
        assert (weights.dtype, weights.count) == (expected, count)
        np.testing.assert_array_equal(weights.numpy(), values[:count])
        assert weights._values is not None
        assert bytes(weights._values)[: count // 2] == packed.tobytes()[: count // 2]
    with pytest.raises(trtx.InvalidArgumentError, match="make it contiguous"):
        trtx.Weights(Producer(packed, kind, (2, 2), (1, 2)))


@pytest.mark.parametrize(
    ("producer", "words"),
    [
        (Producer(np.ones(2, np.uint8), (E5M2, 8, 1), (2,)), "the type float8_e5m2, which TensorRT-RTX does not know"),
        (Producer(np.ones(2, np.float64), (FLOAT, 64, 1), (2,)), "the type float64, which TensorRT-RTX does not know"),
        (Producer(np.ones(2, np.uint8), (99, 8, 1), (2,)), "the number 99 and 8 bits"),
        (Producer(np.ones(8, np.float32), (FLOAT, 32, 4), (2,)), "vectors of 4 values"),
        (Producer(np.ones(2, np.float32), (FLOAT, 32, 1), (2,), device=(2, 0)), "does not lie on the host; copy it"),
        (Producer(np.ones(2, np.float32), (FLOAT, 32, 1), (2,), version=2), "version 2 of DLPack"),
    ],
)
def test_what_cannot_be_read(network: trtx.NetworkDefinition, producer: Producer, words: str) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=f"^weights .*{words}"):
        network.add_constant((2,), producer)
    assert producer.out == 0


def test_the_memory_lives_as_long_as_the_weights(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    producer = Producer(np.full(8, 7, ml_dtypes.bfloat16), BF16, (8,))
    weights = trtx.Weights(producer)
    gc.collect()
    assert producer.out == 1
    layer = network.add_constant((8,), weights)
    network.mark_output(layer.get_output(0))
    del weights
    gc.collect()
    assert producer.out == 1
    assert builder.build_serialized_network(network, config).nbytes
    assert layer.get_output(0).dtype is trtx.DataType.BF16
    network.close()
    del layer
    gc.collect()
    assert producer.out == 0


def test_without_ml_dtypes() -> None:
    run_python("""
        import sys
        sys.modules["ml_dtypes"] = None
        import numpy as np
        import trtx
        from tests.helpers.dlpack import Producer
        raw = np.array([0x3f80, 0x4000], np.uint16)
        try:
            trtx.Weights(Producer(raw, (4, 16, 1), (2,)))
        except trtx.UnsupportedError as error:
            assert "install ml_dtypes" in str(error), error
        else:
            raise AssertionError("taken")
        weights = trtx.Weights(trtx.DataType.BF16, raw)
        assert (weights.count, weights.nbytes) == (2, 4)
    """)


@pytest.fixture
def torch() -> ModuleType:
    try:
        return importlib.import_module("torch")
    except ImportError:
        pytest.skip("torch is missing")


def test_torch(torch: Any, network: trtx.NetworkDefinition) -> None:
    values = torch.arange(24, dtype=torch.float32).reshape(4, 6)
    for name, expected in (
        ("float32", trtx.DataType.FLOAT), ("float16", trtx.DataType.HALF), ("bfloat16", trtx.DataType.BF16),
        ("float8_e4m3fn", trtx.DataType.FP8), ("int8", trtx.DataType.INT8), ("int32", trtx.DataType.INT32),
        ("int64", trtx.DataType.INT64), ("uint8", trtx.DataType.UINT8), ("bool", trtx.DataType.BOOL),
    ):  # fmt: skip
        tensor = values.to(getattr(torch, name))
        for one in (tensor, tensor.t(), tensor[1:3, ::2], tensor[0, 0], tensor[:0]):
            weights = trtx.Weights(one)
            assert weights.dtype is expected
            np.testing.assert_array_equal(weights.numpy().astype(np.float32), one.float().numpy().reshape(-1))
    parameter = torch.nn.Parameter(values.to(torch.bfloat16))
    assert network.add_constant((4, 6), parameter).weights.dtype is trtx.DataType.BF16
    bits = values.to(torch.bfloat16).view(torch.int16)
    np.testing.assert_array_equal(
        trtx.Weights(trtx.DataType.BF16, bits).numpy().astype(np.float32), values.reshape(-1).numpy()
    )
    for wrong, words in (
        (values.to(torch.float8_e5m2), "float8_e5m2"),
        (values.double(), "float64"),
        (values.to_sparse(), "DLPack"),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match=words):
            network.add_constant((4, 6), wrong)
