"""Values that must be known when an engine is built: inputs that are frozen, constants that are folded, what lacks."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from .._core.errors import InvalidArgumentError
from .prepare_graph import Facts, T, attribute, is_onnx, type_name
from .prepare_report import PrepareReport

#: Inputs of operators that TensorRT-RTX wants to know at build time, by their index.
BUILD_TIME: dict[str, tuple[int, ...]] = {
    **{f"Reduce{name}": (1,) for name in ("L1", "L2", "LogSum", "LogSumExp", "Max", "Mean", "Min", "Prod", "Sum")},
    "ReduceSumSquare": (1,),
    "AffineGrid": (1,),
    "BatchNormalization": (1, 2, 3, 4),
    "BlackmanWindow": (0,),
    "CenterCropPad": (1,),
    "Clip": (),
    "CumSum": (1,),
    "DFT": (1, 2),
    "DequantizeLinear": (1, 2),
    "Dropout": (1, 2),
    "HammingWindow": (0,),
    "HannWindow": (0,),
    "MelWeightMatrix": (0, 1, 2, 3, 4),
    "OneHot": (1,),
    "QuantizeLinear": (1, 2),
    "Range": (0, 1, 2),
    "Resize": (1, 2, 3),
    "STFT": (1, 2, 3),
    "Split": (1,),
    "Squeeze": (1,),
    "TopK": (1,),
    "Trilu": (1,),
    "Unsqueeze": (1,),
    "Upsample": (1,),
}


def freeze(model: onnx.ModelProto, inputs: Mapping[str, Any], report: PrepareReport) -> None:
    """Turn inputs into constants."""
    graph = model.graph
    weights = {tensor.name: tensor for tensor in graph.initializer}
    known = {value.name: value for value in graph.input}
    for name, value in inputs.items():
        info = known.get(name)
        if info is None:
            raise InvalidArgumentError(f"inputs has {name!r}; the model has the inputs {sorted(known)}")
        if not info.type.HasField("tensor_type"):
            raise InvalidArgumentError(f"inputs has {name!r}, which is no tensor: only tensors can be frozen")
        array = _as_type(name, value, info.type.tensor_type)
        if name in weights:
            graph.initializer.remove(weights[name])
        graph.initializer.append(numpy_helper.from_array(array, name))
        graph.input.remove(info)
        shown = (
            f"is {np.array2string(array.reshape(-1), threshold=8, edgeitems=3)}" if array.size <= 8 else "is built in"
        )
        report.note("frozen", name, "", f"this input of the model {shown}, of shape {array.shape}")
    report.frozen = tuple(inputs)


def _as_type(name: str, value: Any, kind: Any) -> Any:
    array = np.asarray(value)
    dtype = helper.tensor_dtype_to_np_dtype(kind.elem_type)
    if array.dtype != dtype:
        if array.dtype.kind not in "biuf" or not np.can_cast(array.dtype, dtype, "same_kind"):
            raise InvalidArgumentError(
                f"inputs[{name!r}] has the type {array.dtype}; the input is {type_name(kind.elem_type)}"
            )
        array = array.astype(dtype)
    if kind.HasField("shape"):
        sizes = [dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim]
        fits = len(sizes) == array.ndim and all(a in (None, b) for a, b in zip(sizes, array.shape, strict=True))
        if not fits:
            raise InvalidArgumentError(f"inputs[{name!r}] has the shape {array.shape}; the input has {tuple(sizes)}")
    return array


def fold(model: onnx.ModelProto, report: PrepareReport) -> onnx.ModelProto:
    """Compute what depends on constants and known shapes alone.

    By onnxscript's optimizer: it computes with ONNX's own reference implementation, follows shapes and sequences, and
    changes nothing else. onnxslim and onnx-simplifier also fuse and reorder, which TensorRT-RTX does itself, and the
    latter runs models through ONNX Runtime, another 20 MB of native code.
    """
    try:
        import onnx_ir as ir
        from onnxscript import optimizer
    except ImportError as error:
        raise ImportError(
            f"trtx.prepare_onnx folds constants with onnxscript ({error}): pip install onnx onnxscript"
        ) from error
    before = [(node.op_type, node.output[0]) for node in model.graph.node if node.output]
    quiet = logging.getLogger("onnxscript")
    level = quiet.level
    quiet.setLevel(logging.CRITICAL)
    try:
        graph = ir.from_proto(model)
        optimizer.fold_constants(graph, onnx_shape_inference=True)
        optimizer.remove_unused_nodes(graph)
        folded = ir.to_proto(graph)
    except Exception as error:
        report.note("folded", "", "", f"nothing, since the optimizer failed: {type(error).__name__}: {error}")
        return model
    finally:
        quiet.setLevel(level)
    left = {name for node in folded.graph.node if node.op_type != "Constant" for name in node.output}
    for operator, name in before:
        if operator != "Constant" and name not in left:
            report.note("folded", name, operator, "computed, or not needed any more")
    return folded


def needed_inputs(model: onnx.ModelProto, operators: Collection[str] | None = None) -> tuple[str, ...]:
    """Inputs of the model that decide what TensorRT-RTX, or one of these operators, wants to know at build time."""
    graph = model.graph
    facts = Facts(model)
    weights = {tensor.name for tensor in graph.initializer}
    inputs = [value.name for value in graph.input if value.name not in weights]
    makers = {name: node for node in graph.node for name in node.output}
    found: set[str] = set()

    def follow(name: str, seen: set[str]) -> None:
        if name in seen or not name:
            return
        seen.add(name)
        if name in inputs:
            found.add(name)
        maker = makers.get(name)
        if maker is not None and not is_onnx(maker, "Shape", "Size"):
            for source in maker.input:
                follow(source, seen)

    def small_integers(name: str) -> bool:
        return facts.type_of(name) in (T.INT32, T.INT64) and (facts.rank_of(name) or 0) <= 1

    for node in graph.node:
        if operators is not None and node.op_type not in operators:
            continue
        if is_onnx(node, "Squeeze") and (len(node.input) < 2 or not node.input[1]):
            before = set(found)
            follow(node.input[0], set())  # what decides the shape, so that the axes are known
            found = before | {name for name in found if small_integers(name)}
        for index in _build_time(node, facts):
            if index < len(node.input) and node.input[index] not in facts.constants:
                follow(node.input[index], set())
    return tuple(name for name in inputs if name in found)


def _build_time(node: onnx.NodeProto, facts: Facts) -> tuple[int, ...]:
    if not is_onnx(node, node.op_type):
        return ()
    if node.op_type == "Range" and facts.type_of(node.output[0]) in (T.INT32, T.INT64):
        return ()  # these may be shape tensors
    if node.op_type == "BatchNormalization" and attribute(node, "training_mode", 0):
        return ()
    return BUILD_TIME.get(node.op_type, ())
