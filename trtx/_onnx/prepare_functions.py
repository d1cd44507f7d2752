"""Older opsets and operators that ONNX defines by others, for `prepare_onnx`."""

from __future__ import annotations

import onnx
from onnx import inliner, version_converter

from .prepare_graph import OLDEST_OPSET, UPGRADED_OPSET, all_graphs, forget_values, is_onnx, label, opset
from .prepare_report import PrepareReport

#: Operators that TensorRT-RTX has not, or not in every form, and that ONNX defines by simpler ones.
DEFINED = (
    "AffineGrid",
    "Attention",
    "BlackmanWindow",
    "CausalConvWithState",
    "CenterCropPad",
    "DynamicQuantizeLinear",
    "FlexAttention",
    "HammingWindow",
    "HannWindow",
    "LinearAttention",
    "MeanVarianceNormalization",
    "NegativeLogLikelihoodLoss",
    "SequenceMap",
    "Shrink",
    "SoftmaxCrossEntropyLoss",
    "SwiGLU",
    "Swish",
)


def upgrade(model: onnx.ModelProto, report: PrepareReport) -> onnx.ModelProto:
    """Bring a model of an old opset to one that TensorRT-RTX and the rewriting know."""
    version = opset(model)
    if not 0 < version < OLDEST_OPSET:
        return model
    if version == 8 and any(is_onnx(node, "Scan") for graph in all_graphs(model.graph) for node in graph.node):
        # Its first dimension was a batch in opset 8 alone, which the converter passes over.
        report.note("opset", "", "", "8 stays, since Scan means something else in later ones")
        return model
    try:
        upgraded = version_converter.convert_version(model, UPGRADED_OPSET)
    except Exception as error:
        report.note("opset", "", "", f"{version} stays, since ONNX's converter failed: {str(error).strip()[:200]}")
        return model
    report.note("opset", "", "", f"{version} was upgraded to {UPGRADED_OPSET}")
    return upgraded


def inline(model: onnx.ModelProto, keep: frozenset[str], report: PrepareReport) -> onnx.ModelProto:
    """Put definitions in the place of the model's own functions, and of operators that TensorRT-RTX lacks."""
    if model.functions:
        names = sorted({f"{function.domain}.{function.name}" for function in model.functions})
        try:
            model = inliner.inline_local_functions(model)
            report.note("inlined", "", "", f"the model's functions {', '.join(names)}")
        except Exception as error:
            report.note("inlined", "", "", f"not the model's functions, since ONNX's inliner failed: {error}")
    for _ in range(4):  # definitions use operators that have definitions
        wanted = _wanted(model, keep)
        if not wanted:
            break
        _write_defaults(model, wanted)
        try:
            inlined = inliner.inline_selected_functions(
                _with_types(model), [("", name) for name in wanted], inline_schema_functions=True
            )
        except Exception as error:
            report.note("inlined", "", "", f"not {', '.join(wanted)}, since ONNX's inliner failed: {error}")
            break
        left = {label(node) for graph in all_graphs(inlined.graph) for node in graph.node if node.op_type in wanted}
        for graph in all_graphs(model.graph):
            for node in graph.node:
                if is_onnx(node, *wanted) and label(node) not in left:
                    report.note("inlined", label(node), node.op_type, "as ONNX defines it")
        model = inlined
    forget_values(model)
    return model


def _wanted(model: onnx.ModelProto, keep: frozenset[str]) -> list[str]:
    found = set()
    for graph in all_graphs(model.graph):
        for node in graph.node:
            if not is_onnx(node, node.op_type) or node.op_type in keep:
                continue
            several = len([name for name in node.output if name]) > 1
            if node.op_type in DEFINED or (node.op_type == "LayerNormalization" and several):
                found.add(node.op_type)
    return sorted(found)


def _write_defaults(model: onnx.ModelProto, wanted: list[str]) -> None:
    """ONNX's inliner takes attributes that are not written for missing, also where they have a default."""
    version = opset(model)
    for graph in all_graphs(model.graph):
        for node in graph.node:
            if not is_onnx(node, *wanted):
                continue
            schema = onnx.defs.get_schema(node.op_type, version, "")
            written = {found.name for found in node.attribute}
            node.attribute.extend(
                found.default_value
                for name, found in schema.attributes.items()
                if name not in written and found.default_value.name
            )


def _with_types(model: onnx.ModelProto) -> onnx.ModelProto:
    """Definitions may depend on types, so these must be known."""
    try:
        return onnx.shape_inference.infer_shapes(model, data_prop=True)
    except Exception:
        return model
