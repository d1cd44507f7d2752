"""`BuildOptions.prepare`: a model is rewritten by `prepare_onnx` before it is parsed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidArgumentError, ParserError
from .._onnx.prepare import find_problems, prepare_onnx
from .._onnx.source import as_view, check

if TYPE_CHECKING:
    import onnx

    from .._onnx.prepare_report import PrepareReport
    from .options import BuildOptions


@contextmanager
def prepared(model: Any, path: str | None, options: BuildOptions) -> Iterator[bytes]:
    """The model that is parsed in the place of another; a `ParserError` of that says what could not be helped."""
    try:
        import onnx
    except ImportError as error:
        raise ImportError(f"build.prepare needs the package onnx ({error}): pip install onnx onnxscript") from error
    # What is malformed, and data outside of the model's folder, is refused as without preparing.
    check("Session", as_view(model), path, options.allow_outside_data)
    try:
        proto = onnx.ModelProto.FromString(bytes(memoryview(model)))
        if path is not None:
            _read_external(proto, os.path.dirname(os.path.abspath(path)))
    except Exception as error:  # protobuf's errors, the system's
        raise ParserError(f"build.prepare: the model {path or 'of bytes'} cannot be read: {error}") from error
    proto, report = prepare_onnx(proto, check=False)  # it is parsed anyway
    try:
        raw = proto.SerializeToString()
    except Exception as error:  # protobuf's limit
        raise InvalidArgumentError(
            f"build.prepare: allowed are models of up to 2 GB with their external data: {error}"
        ) from error
    try:
        yield raw
    except ParserError as error:
        if not options.isolated:  # asking means parsing, which is not done in this process then
            report.problems += find_problems(proto)
        error.args = (f"{error}{_explain(report)}", *error.args[1:])
        raise


def _explain(report: PrepareReport) -> str:
    lines = [f"the model was prepared, with {len(report.changes)} changes; prepare_onnx reports:"]
    lines += [f"  {problem}" for problem in report.problems]
    if report.needed:
        lines.append(
            f"  the values of {', '.join(map(repr, report.needed))} are needed when the engine is built: give them to "
            "prepare_onnx(inputs=...), and the model that it makes to the Session"
        )
    return "\n" + "\n".join(lines) if len(lines) > 1 else ""


def _read_external(model: onnx.ModelProto, folder: str) -> None:
    """Read external data into the model.

    ONNX's own function refuses links, of which caches as that of Hugging Face consist; where data may lie was checked.
    """
    from onnx.external_data_helper import ExternalDataInfo, uses_external_data

    for tensor in _tensors(model.graph.node, model.graph.initializer):
        if not uses_external_data(tensor):
            continue
        info = ExternalDataInfo(tensor)
        with open(os.path.join(folder, info.location), "rb") as file:
            file.seek(info.offset or 0)
            data = file.read(info.length) if info.length else file.read()
        if info.length and len(data) < info.length:
            raise ValueError(f"{info.location} ends within the values of {tensor.name!r}")
        tensor.raw_data = data
        del tensor.external_data[:]
        tensor.data_location = tensor.DEFAULT


def _tensors(nodes: Any, initializers: Any) -> Iterator[onnx.TensorProto]:
    yield from initializers
    for node in nodes:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for graph in (attribute.g, *attribute.graphs):
                yield from _tensors(graph.node, graph.initializer)
