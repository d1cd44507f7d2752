"""Weights of wrong types, counts and layouts, and arrays that go or change."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from typing import Any

import numpy as np

from .adapters import Api, answer
from .case import case
from .verdict import Wrong

Steps = Generator[None, None, None]

F32 = np.arange(4 * 4 * 9, dtype=np.float32)


@case(
    "a convolution with a kernel that does not fit",
    "kernel",
    "weights",
    variants={
        "too few": (F32[:-1],),
        "too many": (np.ones(200, np.float32),),
        "float64": (F32.astype(np.float64),),
        "int32": (F32.astype(np.int32),),
        "half": (F32.astype(np.float16),),
        "complex": (F32.astype(np.complex64),),
        "bool": (F32.astype(bool),),
        "strings": (np.array(["1"] * 144),),
        "objects": (F32.astype(object),),
        "None in a list": ([None] * 144,),
        "a string": ("weights",),
        "a number": (1.0,),
    },
)
def kernel(api: Api, values: Any) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    x = api.input(network)
    yield
    layer = answer(network.add_convolution_nd(x, 4, (3, 3), values))
    network.mark_output(layer.get_output(0))
    api.build(builder, network)


@case(
    "a bias that does not fit",
    "bias",
    "weights",
    variants={"too few": (F32[:3],), "too many": (F32[:5],), "float64": (np.ones(4),), "int64": (np.ones(4, int),)},
)
def bias(api: Api, values: Any) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    x = api.input(network)
    yield
    layer = answer(network.add_convolution_nd(x, 4, (3, 3), F32, values))
    network.mark_output(layer.get_output(0))
    api.build(builder, network)


@case(
    "a constant whose values do not fit its shape",
    "weights",
    "shape",
    variants={
        "too few": ((2, 3), np.ones(5, np.float32)),
        "too many": ((2, 3), np.ones(7, np.float32)),
        "none": ((2, 3), np.ones(0, np.float32)),
        "None": ((2, 3), None),
        "a negative shape": ((-1, 3), np.ones(3, np.float32)),
        "nine dimensions": ((1,) * 9, np.ones(1, np.float32)),
        "complex": ((2,), np.ones(2, np.complex64)),
        "uint16": ((2,), np.ones(2, np.uint16)),
        "objects": ((2,), np.array([1, "a"], object)),
        "a string": ((2,), "ab"),
    },
)
def constant(api: Api, shape: Any, values: Any) -> Steps:
    network = api.network()
    yield
    answer(network.add_constant(shape, values))


@case(
    "weights whose stated type is not the array's",
    "dtype",
    "type",
    variants={"double as float": ("FLOAT", np.float64), "float as half": ("HALF", np.float32)},
)
def stated_type(api: Api, dtype: str, kind: Any) -> Steps:
    network = api.network()
    yield
    answer(network.add_constant((4,), api.weights(getattr(api.t.DataType, dtype), np.ones(4, kind))))


@case(
    "coefficients of a scale that do not fit",
    "scale",
    "shift",
    "power",
    "channel",
    variants={
        "channel, 3 of 4": ("CHANNEL", np.ones(3, np.float32)),
        "uniform, 4": ("UNIFORM", np.ones(4, np.float32)),
        "elementwise, 4": ("ELEMENTWISE", np.ones(4, np.float32)),
        "int32": ("UNIFORM", np.ones(1, np.int32)),
        "float64": ("UNIFORM", np.ones(1)),
    },
)
def scale(api: Api, mode: str, values: Any) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    x = api.input(network)
    yield
    layer = answer(network.add_scale(x, getattr(api.t.ScaleMode, mode), values, values, values))
    network.mark_output(layer.get_output(0))
    api.build(builder, network)


def _values(layer: Any) -> np.ndarray[Any, Any]:
    """The values that the native layer has, where the package shows those."""
    held = layer.weights
    return np.array(held.numpy() if hasattr(held, "numpy") else held)


LAYOUTS: dict[str, tuple[Callable[[np.ndarray[Any, Any]], Any]]] = {
    "transposed": (lambda base: base.T,),
    "every second": (lambda base: np.repeat(base, 2, axis=0)[::2],),
    "reversed": (lambda base: base[::-1],),
    "fortran order": (np.asfortranarray,),
    "broadcast": (lambda base: np.broadcast_to(base[:1], (4, 6)),),
    "big-endian": (lambda base: base.astype(">f4"),),
    "read-only": (lambda base: _read_only(base),),
}


def _read_only(base: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    base.flags.writeable = False
    return base


@case("weights from an array that is not contiguous", "contiguous", kind="either", variants=LAYOUTS)
def layout(api: Api, make: Callable[[np.ndarray[Any, Any]], Any]) -> Steps:
    network = api.network()
    values = make(np.arange(24, dtype=np.float32).reshape(4, 6))
    expected = np.array(values).ravel()
    yield
    layer = answer(network.add_constant(values.shape, values))
    del values
    gc.collect()
    _ = [np.full(n, 7, np.uint8) for n in range(64, 2048, 8)]
    found = _values(layer).ravel()
    if not np.array_equal(found, expected):
        raise Wrong(f"the layer has {found[:6]}..., not {expected[:6]}...")


@case("an array of weights is dropped before the build", kind="legal", variants=("constant", "convolution", "kernel ="))
def dropped_array(api: Api, how: str) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    x = api.input(network, shape=(1, 4, 64, 64))
    values = np.random.default_rng(0).random(4 * 4 * 9, np.float32)
    yield
    if how == "constant":
        network.add_constant((4, 4, 3, 3), values)
    layer = network.add_convolution_nd(x, 4, (3, 3), values if how == "convolution" else F32.copy())
    if how == "kernel =":
        layer.kernel = values
    network.mark_output(layer.get_output(0))
    expected = values.copy()
    del values
    gc.collect()
    _ = [np.full(n, 7, np.uint8) for n in range(64, 4096, 8)]
    api.build(builder, network)
    if how != "convolution":
        return
    kernel = layer.kernel
    found = np.array(kernel.numpy() if hasattr(kernel, "numpy") else kernel).ravel()
    if not np.array_equal(found, expected):
        raise Wrong("the kernel has other values")


@case(
    "an array of weights is changed or resized before the build",
    "resize",
    "refer",
    kind="either",
    variants=("changed", "resized"),
)
def changed_array(api: Api, how: str) -> Steps:
    builder = api.builder()
    network = api.simple(builder)
    values = np.ones(1 << 20, np.float32)
    layer = network.add_constant((1 << 20,), values)
    network.mark_output(layer.get_output(0))
    yield
    if how == "changed":
        values[:] = 2
    else:
        values.resize(4)  # numpy refuses if anyone refers to the array
    api.build(builder, network)


@case("a constant set to values that do not fit", "weights", "shape", "elements", variants=("too few", "other type"))
def constant_weights(api: Api, how: str) -> Steps:
    builder = api.builder()
    network = api.simple(builder)
    layer = network.add_constant((6,), np.ones(6, np.float32))
    network.mark_output(layer.get_output(0))
    yield
    layer.weights = np.ones(5, np.float32) if how == "too few" else np.ones(6, np.complex64)
    api.build(builder, network)


@case("a kernel set to values that do not fit", "kernel", "weights", variants=("too few", "float64", "empty"))
def kernel_setter(api: Api, how: str) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    layer = network.add_convolution_nd(api.input(network), 4, (3, 3), F32)
    network.mark_output(layer.get_output(0))
    yield
    layer.kernel = {"too few": F32[:5], "float64": F32.astype(float), "empty": F32[:0]}[how]
    api.build(builder, network)
