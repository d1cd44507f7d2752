"""What docstrings say of the types and numbers of dimensions that layers take, against what TensorRT-RTX builds."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import trtx
from trtx import DataType, FillOperation, MatrixOperation, TopKOperation

Network = trtx.NetworkDefinition
Attempt = Callable[[Network, trtx.Tensor], trtx.Layer]

SHAPE = (2, 4, 8)
FLOATS = {"FLOAT", "HALF", "BF16"}
INTEGERS = {"INT32", "INT64"}
#: Types that inputs of networks may have; those of four bits are like FP8 here.
TYPES = (*FLOATS, *INTEGERS, "INT8", "UINT8", "FP8", "BOOL")


def _constant(network: Network, value: Any, dtype: str) -> trtx.Tensor:
    array = np.asarray(value, dtype)
    return network.add_constant(array.shape, array).get_output(0)


#: What takes which types, after the docstring.
TAKES: dict[str, tuple[Attempt, set[str]]] = {
    "add_topk": (lambda n, x: n.add_topk(x, TopKOperation.MAX, 1, (2,)), {*FLOATS, *INTEGERS, "INT8"}),
    "add_einsum": (lambda n, x: n.add_einsum([x, x], "abc,abc->ab"), FLOATS),
    "add_matrix_multiply": (
        lambda n, x: n.add_matrix_multiply(x, MatrixOperation.NONE, x, MatrixOperation.TRANSPOSE),
        FLOATS,
    ),
    "add_softmax": (lambda n, x: n.add_softmax(x), FLOATS),
    "add_gather_v2": (
        lambda n, x: n.add_gather_v2(x, _constant(n, np.zeros(SHAPE), "int64"), trtx.GatherMode.ELEMENT),
        {*TYPES} - {"UINT8", "FP8"},
    ),
    "add_shuffle": (lambda n, x: n.add_shuffle(x), {*TYPES} - {"UINT8"}),
    "add_unsqueeze": (lambda n, x: n.add_unsqueeze(x, _constant(n, [0], "int64")), {*TYPES} - {"UINT8", "FP8"}),
    "add_cast": (lambda n, x: n.add_cast(x, DataType.FLOAT), {*TYPES} - {"FP8"}),
    "add_shape": (lambda n, x: n.add_shape(x), {*TYPES}),
    "add_identity": (lambda n, x: n.add_identity(x), {*TYPES}),
}


def is_built(builder: trtx.Builder, dtype: DataType, shape: tuple[int, ...], attempt: Attempt) -> bool:
    with builder.create_network() as network:
        try:
            tensor = network.add_input("x", dtype, shape)
            output = attempt(network, tensor).get_output(0)
            network.mark_output(output)
            return bool(builder.build_serialized_network(network, builder.create_config()).nbytes)
        except (trtx.BuilderError, trtx.NetworkError, trtx.InvalidArgumentError):
            return False


@pytest.mark.parametrize("dtype", sorted(TYPES))
@pytest.mark.parametrize("method", TAKES)
def test_types(builder: trtx.Builder, method: str, dtype: str) -> None:
    attempt, taken = TAKES[method]
    assert is_built(builder, DataType[dtype], SHAPE, attempt) is (dtype in taken)


@pytest.mark.parametrize("method", TAKES)
def test_docstrings_name_the_types(method: str) -> None:
    _, taken = TAKES[method]
    text = inspect.getdoc(getattr(Network, method)) or ""
    said = text.partition("----------")[2].partition("\n\n")[0]
    if taken == FLOATS:
        assert "HALF" in said or "floating-point" in said
    elif len(taken) > 6:  # all but some
        assert all(dtype in said for dtype in {*TYPES} - taken)
    else:
        assert all(dtype in said for dtype in taken)


@pytest.mark.parametrize(
    ("method", "least", "attempt"),
    [
        ("add_topk", 2, lambda n, x: n.add_topk(x, TopKOperation.MAX, 1, (len(x.shape) - 1,))),
        ("add_softmax", 2, lambda n, x: n.add_softmax(x)),
        ("add_scale", 2, lambda n, x: n.add_scale(x, trtx.ScaleMode.UNIFORM, np.ones(1, np.float32))),
        ("add_lrn", 4, lambda n, x: n.add_lrn(x, 3, 1.0, 1.0, 1.0)),
        ("add_padding_nd", 4, lambda n, x: n.add_padding_nd(x, (1, 1), (1, 1))),
    ],
)
def test_dimensions(builder: trtx.Builder, method: str, least: int, attempt: Attempt) -> None:
    number = {2: "two", 4: "four"}[least]
    assert f"least {number} dimensions" in (inspect.getdoc(getattr(Network, method)) or "")
    shapes = [(1, 2, 4, 8)[4 - rank :] for rank in range(1, 5)]
    built = [is_built(builder, DataType.FLOAT, shape, attempt) for shape in shapes]
    assert built == [rank >= least for rank in range(1, 5)]


#: Of `add_fill`.
FILLED = {
    FillOperation.LINSPACE: {"FLOAT", *INTEGERS},
    FillOperation.RANDOM_UNIFORM: {"FLOAT", "HALF"},
    FillOperation.RANDOM_NORMAL: {"FLOAT", "HALF"},
}


@pytest.mark.parametrize("operation", FILLED, ids=lambda operation: operation.name)
@pytest.mark.parametrize("dtype", [name for name in sorted(TYPES) if name != "FP8"])
def test_types_of_filled_tensors(builder: trtx.Builder, operation: FillOperation, dtype: str) -> None:
    def attempt(network: Network, x: trtx.Tensor) -> trtx.Layer:
        fill = network.add_fill((4,), operation, DataType[dtype])
        if dtype in INTEGERS and operation is FillOperation.LINSPACE:
            fill.alpha, fill.beta = 0, 1
        return fill

    assert is_built(builder, DataType.FLOAT, SHAPE, attempt) is (dtype in FILLED[operation])
