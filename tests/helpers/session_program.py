"""What programs of the tests of `trtx.Session` start with, on the fake library: engines, ONNX models, `raises`."""

from __future__ import annotations

import os
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import trtx

__all__ = ["np", "onnx_model", "os", "plan", "raises", "session", "threading", "time", "trtx", "warnings"]

Range = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]
QUIET = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
ROWS: Range = ((1, 4), (2, 4), (8, 4))


def plan(shape: tuple[int, ...] = (-1, 4), profiles: tuple[Range, ...] = (ROWS,), dtype: Any = None) -> trtx.HostMemory:
    """An engine: ``y = a + b``."""
    builder = trtx.Builder(QUIET)
    network, config = builder.create_network(), builder.create_config()
    kind = trtx.DataType.FLOAT if dtype is None else dtype
    left, right = (network.add_input(name, kind, shape) for name in "ab")
    total = network.add_elementwise(left, right, trtx.ElementWiseOperation.SUM).get_output(0)
    total.name = "y"
    network.mark_output(total)
    for ranges in profiles if -1 in shape else ():
        profile = builder.create_optimization_profile()
        for name in "ab":
            profile.set_shape(name, *ranges)
        config.add_optimization_profile(profile)
    return builder.build_serialized_network(network, config)


def session(**options: Any) -> trtx.Session:
    return trtx.Session(plan(), **options)


def onnx_model(factor: float = 2.0, external: str = "") -> bytes:
    """An ONNX model: ``y = x * factor``, of rows of four; its factor in a file beside it, if one is named."""
    from onnx import TensorProto, external_data_helper, helper, numpy_helper

    weight = numpy_helper.from_array(np.full(4, factor, np.float32), "w")
    if external:
        external_data_helper.set_external_data(weight, external)
        weight.ClearField("raw_data")
    row = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 4]) for name in "xy"]
    graph = helper.make_graph([helper.make_node("Mul", ["x", "w"], ["y"])], "graph", row[:1], row[1:], [weight])
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()


def raises(
    kind: type[BaseException], words: list[str], function: Callable[..., Any], *arguments: Any, **more: Any
) -> None:
    error: BaseException | None = None
    try:
        function(*arguments, **more)
    except kind as raised:
        error = raised
    assert error is not None, f"{function} did not raise {kind.__name__}"
    missing = [word for word in words if word not in str(error)]
    assert not missing, f"{missing} not in {error}"
