"""Small networks of every layer that TensorRT-RTX executes, with what numpy says of them, for builds and for runs.

A case has inputs of float32 that are cast to the type under test; the reference gets the values as they are then, and
computes in float64.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import trtx
from trtx import ActivationType as Act
from trtx import DataType, LayerType
from trtx import ElementWiseOperation as Element
from trtx import UnaryOperation as Unary

Array = np.ndarray[Any, np.dtype[Any]]
Network = trtx.NetworkDefinition
Tensors = Mapping[str, trtx.Tensor]
Arrays = Mapping[str, Array]

FLOAT, HALF, BF16, INT32, INT64 = DataType.FLOAT, DataType.HALF, DataType.BF16, DataType.INT32, DataType.INT64
FLOATS = (FLOAT, HALF, BF16)
NUMBERS = (*FLOATS, INT32, INT64)

#: Relative and absolute tolerance, where each value is rounded a few times.
EXACT: dict[DataType, tuple[float, float]] = {
    FLOAT: (1e-5, 1e-6),
    HALF: (4e-3, 2e-3),
    BF16: (3e-2, 2e-2),
    INT32: (0, 0),
    INT64: (0, 0),
}
#: Where products are summed up: factors of FLOAT are rounded to ten bits (TF32).
SUMS: dict[DataType, tuple[float, float]] = {FLOAT: (2e-3, 5e-3), HALF: (1e-2, 1e-2), BF16: (5e-2, 8e-2)}


@dataclasses.dataclass(frozen=True)
class Case:
    """A network, its inputs, and what it computes."""

    name: str
    layer: LayerType
    define: Callable[[Network, Tensors], trtx.Tensor]
    inputs: Arrays
    reference: Callable[[Arrays], Any]
    dtypes: Sequence[DataType] = FLOATS
    tolerances: Mapping[DataType, tuple[float, float]] = dataclasses.field(default_factory=lambda: EXACT)
    #: The input whose memory is the output's too; empty where that has its own.
    in_place: str = ""

    def arrays(self, dtype: DataType) -> dict[str, Array]:
        """The inputs in the type under test; those of integers and of truth values stay."""
        kind = trtx.nptype(dtype)
        return {name: a.astype(kind) if a.dtype == np.float32 else a for name, a in self.inputs.items()}

    def network(self, network: Network, dtype: DataType) -> None:
        """Define the network, whose output is called ``output``."""
        tensors = {}
        for name, array in self.arrays(dtype).items():
            kind = dtype if self.inputs[name].dtype == np.float32 else _type(array)
            tensors[name] = network.add_input(name, kind, array.shape)
        output = self.define(network, tensors)
        output.name = "output"
        network.mark_output(output)

    def expected(self, dtype: DataType) -> Array:
        """What numpy says."""
        wide = {
            name: a.astype(np.float64) if self.inputs[name].dtype == np.float32 and dtype in FLOATS else a
            for name, a in self.arrays(dtype).items()
        }
        with np.errstate(all="ignore"):
            return np.asarray(self.reference(wide))


def _type(array: Array) -> DataType:
    return {"int32": INT32, "int64": INT64, "bool": DataType.BOOL}[array.dtype.name]


def values(*shape: int, seed: int = 0, low: float = -2, high: float = 2) -> Array:
    """Random values of float32, spread evenly."""
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)


def whole(*shape: int, seed: int = 0, low: int = -9, high: int = 9) -> Array:
    """Random whole numbers other than zero, as float32: they are what they are in every type."""
    found = np.random.default_rng(seed).integers(low, high, shape)
    return np.where(found == 0, 3, found).astype(np.float32)


def constant(network: Network, value: Any, dtype: DataType | None = None) -> trtx.Tensor:
    """A constant, in a type."""
    array = np.asarray(value)
    if dtype is not None:
        array = array.astype(trtx.nptype(dtype))
    return network.add_constant(array.shape, array).get_output(0)


def _erf(x: Array) -> Array:
    return np.vectorize(math.erf)(x)


def softmax(x: Array, axis: int = -1) -> Array:
    """Softmax along an axis."""
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return np.asarray(e / e.sum(axis=axis, keepdims=True))


def _activation(
    kind: Act, reference: Callable[[Array], Any], alpha: float | None = None, beta: float | None = None
) -> Case:
    def define(network: Network, x: Tensors) -> trtx.Tensor:
        layer = network.add_activation(x["x"], kind)
        if alpha is not None:
            layer.alpha = alpha
        if beta is not None:
            layer.beta = beta
        return layer.get_output(0)

    return Case(
        f"activation_{kind.name.lower()}",
        LayerType.ACTIVATION,
        define,
        {"x": values(3, 40)},
        lambda a: reference(a["x"]),
    )


ACTIVATIONS = [
    _activation(Act.RELU, lambda x: np.maximum(x, 0)),
    _activation(Act.SIGMOID, lambda x: 1 / (1 + np.exp(-x))),
    _activation(Act.TANH, np.tanh),
    _activation(Act.LEAKY_RELU, lambda x: np.where(x < 0, 0.25 * x, x), 0.25),
    _activation(Act.ELU, lambda x: np.where(x < 0, 0.5 * np.expm1(x), x), 0.5),
    _activation(Act.SELU, lambda x: 1.5 * np.where(x < 0, 0.5 * np.expm1(x), x), 0.5, 1.5),
    _activation(Act.SOFTSIGN, lambda x: x / (1 + np.abs(x))),
    _activation(Act.SOFTPLUS, lambda x: 0.5 * np.log1p(np.exp(1.5 * x)), 0.5, 1.5),
    _activation(Act.CLIP, lambda x: np.clip(x, -0.5, 1), -0.5, 1),
    _activation(Act.HARD_SIGMOID, lambda x: np.clip(0.25 * x + 0.5, 0, 1), 0.25, 0.5),
    _activation(Act.SCALED_TANH, lambda x: 1.5 * np.tanh(0.5 * x), 1.5, 0.5),
    _activation(Act.THRESHOLDED_RELU, lambda x: np.where(x > 0.5, x, 0), 0.5),
    _activation(Act.GELU_ERF, lambda x: 0.5 * x * (1 + _erf(x / np.sqrt(2)))),
    _activation(Act.GELU_TANH, lambda x: 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))),
]

#: Operation, reference, lowest and highest value, types.
_UNARY: list[tuple[Unary, Callable[[Array], Any], float, float, Sequence[DataType]]] = [
    (Unary.EXP, np.exp, -2, 2, FLOATS),
    (Unary.LOG, np.log, 0.1, 5, FLOATS),
    (Unary.SQRT, np.sqrt, 0, 5, FLOATS),
    (Unary.RECIP, np.reciprocal, 0.5, 5, FLOATS),
    (Unary.ABS, np.abs, -5, 5, NUMBERS),
    (Unary.NEG, np.negative, -5, 5, NUMBERS),
    (Unary.SIN, np.sin, -3, 3, FLOATS),
    (Unary.COS, np.cos, -3, 3, FLOATS),
    (Unary.TAN, np.tan, -1, 1, FLOATS),
    (Unary.SINH, np.sinh, -2, 2, FLOATS),
    (Unary.COSH, np.cosh, -2, 2, FLOATS),
    (Unary.ASIN, np.arcsin, -0.9, 0.9, FLOATS),
    (Unary.ACOS, np.arccos, -0.9, 0.9, FLOATS),
    (Unary.ATAN, np.arctan, -3, 3, FLOATS),
    (Unary.ASINH, np.arcsinh, -3, 3, FLOATS),
    (Unary.ACOSH, np.arccosh, 1.2, 4, FLOATS),
    (Unary.ATANH, np.arctanh, -0.9, 0.9, FLOATS),
    (Unary.CEIL, np.ceil, -5, 5, FLOATS),
    (Unary.FLOOR, np.floor, -5, 5, FLOATS),
    (Unary.ROUND, np.round, -5, 5, FLOATS),
    (Unary.ERF, _erf, -2, 2, FLOATS),
    (Unary.SIGN, np.sign, -5, 5, NUMBERS),
]


def _unary(kind: Unary, reference: Callable[[Array], Any], low: float, high: float, dtypes: Sequence[DataType]) -> Case:
    return Case(
        f"unary_{kind.name.lower()}",
        LayerType.UNARY,
        lambda n, x: n.add_unary(x["x"], kind).get_output(0),
        {"x": values(3, 40, low=low, high=high)},
        lambda a: reference(a["x"]),
        dtypes,
    )


UNARY = [
    *(_unary(*row) for row in _UNARY),
    Case(
        "unary_not",
        LayerType.UNARY,
        lambda n, x: n.add_unary(x["x"], Unary.NOT).get_output(0),
        {"x": values(40) > 0},
        lambda a: ~a["x"],
        (FLOAT,),
    ),
    *(
        Case(
            f"unary_{kind.name.lower()}",
            LayerType.UNARY,
            lambda n, x, kind=kind: n.add_unary(
                n.add_elementwise(x["x"], x["y"], Element.DIV).get_output(0), kind
            ).get_output(0),
            {"x": np.array([1, -1, 0, 2], np.float32), "y": np.array([0, 0, 0, 1], np.float32)},
            lambda a, reference=reference: reference(a["x"] / a["y"]),
        )
        for kind, reference in ((Unary.ISINF, np.isinf), (Unary.ISNAN, np.isnan))
    ),
]

_ELEMENTWISE: list[tuple[Element, Callable[[Array, Array], Any], Sequence[DataType]]] = [
    (Element.SUM, np.add, NUMBERS),
    (Element.SUB, np.subtract, NUMBERS),
    (Element.PROD, np.multiply, NUMBERS),
    (Element.DIV, np.divide, FLOATS),
    (Element.MAX, np.maximum, NUMBERS),
    (Element.MIN, np.minimum, NUMBERS),
    (Element.FLOOR_DIV, np.floor_divide, NUMBERS),
    (Element.EQUAL, np.equal, NUMBERS),
    (Element.GREATER, np.greater, NUMBERS),
    (Element.LESS, np.less, NUMBERS),
]
_LOGICAL: list[tuple[Element, Callable[[Array, Array], Any]]] = [
    (Element.AND, np.logical_and),
    (Element.OR, np.logical_or),
    (Element.XOR, np.logical_xor),
]


def _pair(kind: Element, reference: Callable[[Array, Array], Any], inputs: Arrays, dtypes: Sequence[DataType]) -> Case:
    return Case(
        f"elementwise_{kind.name.lower()}",
        LayerType.ELEMENTWISE,
        lambda n, x: n.add_elementwise(x["x"], x["y"], kind).get_output(0),
        inputs,
        lambda a: reference(a["x"], a["y"]),
        dtypes,
    )


ELEMENTWISE = [
    *(_pair(kind, f, {"x": whole(3, 40), "y": whole(1, 40, seed=1)}, dtypes) for kind, f, dtypes in _ELEMENTWISE),
    *(_pair(kind, f, {"x": values(40) > 0, "y": values(40, seed=1) > 0}, (FLOAT,)) for kind, f in _LOGICAL),
    _pair(Element.POW, np.power, {"x": values(3, 40, low=0.5), "y": values(3, 40, seed=1)}, FLOATS),
]

CASES = [*ACTIVATIONS, *UNARY, *ELEMENTWISE]
