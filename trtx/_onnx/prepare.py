"""`prepare_onnx`: rewrites an ONNX model so that TensorRT-RTX takes it, and says what it did.

The steps: the opset is upgraded, given inputs become constants, operators that ONNX defines by others are replaced by
these, constants are folded, operators without such a definition are written out, and types that TensorRT-RTX lacks are
mapped to those that it has. Types come last, so that everything before computes in the right ones.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import Severity

from .._core.errors import InvalidArgumentError, ParserError
from .._core.logger import Logger
from .._core.public import public
from .._core.values import check_bool, reject
from .prepare_report import PrepareProblem, PrepareReport

if TYPE_CHECKING:
    import onnx

    from .._core.types import Array, Bool

__all__ = ["prepare_onnx"]


@public
def prepare_onnx(
    model: onnx.ModelProto | str | os.PathLike[str],
    *,
    inputs: Mapping[str, Array] | None = None,
    keep: Collection[str] = (),
    fold: Bool = True,
    check: Bool = True,
) -> tuple[onnx.ModelProto, PrepareReport]:
    """Rewrite an ONNX model so that TensorRT-RTX takes it, as far as that is possible.

    Parameters
    ----------
    model : onnx.ModelProto, str or os.PathLike
        A model, which stays as it is, or a file, which is read with its external data.
    inputs : mapping of str to array-like, optional
        Values of inputs, which become constants: axes, scales and sizes that TensorRT-RTX wants to know at build time.
    keep : collection of str, optional
        Operators to leave alone, such as ``"Attention"`` where the GPU has a kernel for it.
    fold : bool, default True
        Whether to compute what depends on constants and known shapes alone.
    check : bool, default True
        Whether to ask TensorRT-RTX's parser what it still refuses (``IParser::supportsModelV2``). It needs the native
        library, not a GPU, and takes as long as parsing.

    Returns
    -------
    model : onnx.ModelProto
        A new model that computes the same.
    report : PrepareReport
        Every change; what remains refused, and why; inputs that are still needed at build time; how to convert inputs
        and outputs whose type changed.

    Raises
    ------
    InvalidArgumentError
        If an argument is of a wrong kind, or if a value does not fit its input.
    ParserError
        If the model cannot be read at all.
    ImportError
        If onnx or onnxscript is missing (``pip install onnx onnxscript``).

    Notes
    -----
    What changes a result: double is computed in float, quantized products are computed in float (exact up to 2**24),
    and integers of 64 bits without a sign end at 2**63. Everything else computes what ONNX defines.
    """
    try:
        import onnx
    except ImportError as error:
        raise ImportError(f"trtx.prepare_onnx needs the package onnx ({error}): pip install onnx onnxscript") from error
    fold, check = check_bool(fold, "fold"), check_bool(check, "check")
    if isinstance(keep, str) or not all(isinstance(name, str) for name in keep):
        reject("keep", keep, "names of operators, such as ['Attention']")
    if inputs is not None and not isinstance(inputs, Mapping):
        reject("inputs", inputs, "a mapping of names of inputs to arrays")
    if isinstance(model, (str, os.PathLike)):
        try:
            copy = onnx.load(model)
        except Exception as error:
            raise ParserError(f"prepare_onnx: the model {os.fspath(model)!r} cannot be read: {error}") from error
    elif isinstance(model, onnx.ModelProto):
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
    else:
        reject("model", model, "an onnx.ModelProto, or the path of a file")
    report = PrepareReport()
    prepared = _prepare(copy, dict(inputs or {}), frozenset(keep), fold, report)
    if check:
        report.problems += find_problems(prepared)
    return prepared, report


def _prepare(
    model: onnx.ModelProto, inputs: dict[str, Any], keep: frozenset[str], fold: bool, report: PrepareReport
) -> onnx.ModelProto:
    from . import prepare_functions, prepare_rewrites, prepare_types, prepare_values
    from .prepare_graph import rewrite

    def rules(node: onnx.NodeProto) -> Any:
        return None if node.op_type in keep else prepare_rewrites.rule_for(node)

    model = prepare_functions.upgrade(model, report)
    prepare_values.freeze(model, inputs, report)
    needed = prepare_values.needed_inputs(model, [name for name in prepare_functions.DEFINED if name not in keep])
    model = prepare_functions.inline(model, keep, report)
    if fold:
        model = prepare_values.fold(model, report)
    changed = rewrite(model, report, rules)
    changed |= prepare_types.lower_types(model, report)
    if fold and changed:
        model = prepare_values.fold(model, report)
        if rewrite(model, report, rules):  # shapes that only folding has shown
            model = prepare_values.fold(model, report)
    report.needed = tuple(dict.fromkeys((*needed, *prepare_values.needed_inputs(model))))
    return model


def find_problems(model: onnx.ModelProto) -> list[PrepareProblem]:
    """What TensorRT-RTX's parser says against the model."""
    from .._build.builder import Builder
    from .parser import OnnxParser

    try:
        raw = model.SerializeToString()
    except Exception as error:  # more than 2 GB
        raise InvalidArgumentError(f"model cannot be serialized for the check: {error}; pass check=False") from error
    quiet = Logger(Severity.ERROR, sink=lambda severity, message: None)
    with quiet, Builder(quiet) as builder, OnnxParser(builder.create_network()) as parser:
        try:
            found = parser.supports_model(raw)
        except ParserError as error:
            return [PrepareProblem("", "", str(error))]
    problems = []
    for info in found.errors:
        node = model.graph.node[info.node] if 0 <= info.node < len(model.graph.node) else None
        first = next(iter(node.output), "") if node is not None else ""
        reason = " / ".join(line for line in info.description.splitlines() if "catchCudaError" not in line)
        problems.append(PrepareProblem(info.node_operator, info.node_name or first, reason))
    return problems
