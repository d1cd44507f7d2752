"""`BuildOptions.prepare`: models are rewritten before they are parsed. Engines are built, nothing runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trtx
from trtx._session.build import build_engine

onnx = pytest.importorskip("onnx", reason="onnx is missing")
pytest.importorskip("onnxscript", reason="onnxscript is missing")
from onnx import TensorProto, external_data_helper, helper, numpy_helper  # noqa: E402

pytestmark = pytest.mark.usefixtures("native_library")


def model(*nodes: Any, kind: int = TensorProto.FLOAT, initializers: Any = ()) -> bytes:
    x, y = (helper.make_tensor_value_info(name, kind, [2, 4]) for name in "xy")
    graph = helper.make_graph(list(nodes), "graph", [x], [y], list(initializers))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    return bytes(made.SerializeToString())


def build(source: bytes, path: Path | None = None, **options: Any) -> trtx.HostMemory:
    quiet = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
    return build_engine(source, None if path is None else str(path), trtx.BuildOptions(**options), quiet)


def shift(weight: Any) -> bytes:
    return model(
        helper.make_node("BitShift", ["x", "w"], ["y"], direction="LEFT"), kind=TensorProto.UINT8, initializers=[weight]
    )


def test_a_model_that_the_parser_refuses_is_built() -> None:
    source = shift(numpy_helper.from_array(np.ones(4, np.uint8), "w"))
    with pytest.raises(trtx.ParserError, match="BitShift"):
        build(source)
    assert build(source, prepare=True).nbytes > 1000
    assert build(memoryview(source), prepare=True).nbytes > 1000  # type: ignore[arg-type]  # as a mapped file is


def test_external_data_is_read_first(tmp_path: Path) -> None:
    weight = numpy_helper.from_array(np.ones(4, np.uint8), "w")
    external_data_helper.set_external_data(weight, "w.bin", offset=16, length=4)
    weight.ClearField("raw_data")
    source, path = shift(weight), tmp_path / "model.onnx"
    path.write_bytes(source)
    with pytest.raises(trtx.ParserError, match=r"w\.bin"):
        build(source, path, prepare=True)
    (tmp_path / "w.bin").write_bytes(bytes(16) + b"\1\1\1\1" + bytes(9))
    assert build(source, path, prepare=True).nbytes > 1000
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    (tmp_path / "w.bin").rename(blobs / "w.bin")
    path.rename(blobs / "model")
    path.symlink_to(blobs / "model")
    (tmp_path / "w.bin").symlink_to(blobs / "w.bin")  # as in the cache of Hugging Face
    assert build(source, path, prepare=True).nbytes > 1000


def test_data_outside_of_the_folder_is_refused_as_ever(tmp_path: Path) -> None:
    weight = numpy_helper.from_array(np.ones(4, np.uint8), "w")
    external_data_helper.set_external_data(weight, "../w.bin")
    weight.ClearField("raw_data")
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "w.bin").write_bytes(b"\1\1\1\1")
    source, path = shift(weight), folder / "model.onnx"
    path.write_bytes(source)
    with pytest.raises(trtx.ParserError, match=r"\.\./w\.bin"):
        build(source, path, prepare=True)
    assert build(source, path, prepare=True, allow_outside_data=True).nbytes > 1000


def test_what_could_not_be_helped_is_in_the_error() -> None:
    strings = model(
        helper.make_node("BitShift", ["x", "x"], ["s"], direction="LEFT"),
        helper.make_node("NoSuchOperator", ["s"], ["y"], name="odd", domain=""),
        kind=TensorProto.UINT8,
    )
    with pytest.raises(trtx.ParserError) as caught:
        build(strings, prepare=True)
    text = str(caught.value)
    assert "the model was prepared" in text
    assert "NoSuchOperator 'odd'" in text
    assert caught.value.errors


def test_a_malformed_model_is_refused() -> None:
    with pytest.raises(trtx.ParserError):
        build(b"\x08\x09\xff\xff\xff", prepare=True)


def test_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"build\.prepare needs the package onnx.*pip install onnx onnxscript"):
        build(b"x", prepare=True)


def test_the_option() -> None:
    with pytest.raises(trtx.InvalidArgumentError, match="prepare"):
        trtx.BuildOptions(prepare="yes")  # type: ignore[arg-type]
    assert trtx.BuildOptions(prepare=True).describe() != trtx.BuildOptions().describe()
