"""``trtx check``: what is refused, node by node."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.command import Ended, command, is_one_line

Call = Callable[..., Ended]


def test_a_model_that_is_taken(call: Call, light: Path) -> None:
    ended = call("check", light / "light_squeezenet.onnx", "--json")
    assert ended.code == 0
    assert ended.data["supported"] is True
    assert ended.data["problems"] == []
    assert {one["status"] for one in ended.data["nodes"]} == {"ok"}
    assert {"operator": "Conv", "count": 26, "supported": True} in ended.data["operators"]
    assert ended.data["inputs"][0]["shape"] == [1, 3, 224, 224]
    assert ended.err == ""


def test_open_sizes_are_told(call: Call, models: Path) -> None:
    ended = call("check", models / "open.onnx")
    assert ended.code == 0
    assert "open sizes: build with --shapes" in ended.out


def test_every_node_that_is_refused(call: Call, models: Path) -> None:
    ended = call("check", models / "refused.onnx", "--json")
    assert ended.code == 1
    data = ended.data
    assert data["supported"] is False
    assert [(one["node"], one["name"], one["operator"]) for one in data["problems"]] == [
        (0, "where", "NonZero"),
        (2, "shift", "BitShift"),
    ]
    assert all(one["reason"] for one in data["problems"])
    assert [one["status"] for one in data["nodes"]] == ["refused", "not reached", "refused"]
    shown = call("check", models / "refused.onnx", "--nodes")
    assert shown.code == 1
    for words in ("is refused", "2 problems", "NonZero", "BitShift", "relu", "not reached"):
        assert words in shown.out


def test_whether_preparing_helps(call: Call, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="the package onnx is missing")
    pytest.importorskip("onnxscript", reason="the package onnxscript is missing")
    from onnx import TensorProto, helper

    ends = [helper.make_tensor_value_info(name, TensorProto.UINT8, [4]) for name in "xy"]
    node = helper.make_node("BitShift", ["x", "x"], ["y"], name="shift", direction="LEFT")
    graph = helper.make_graph([node], "graph", ends[:1], ends[1:])
    path = tmp_path / "bits.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    ended = call("check", path, "--json")
    assert ended.code == 1
    prepared = ended.data["prepared"]
    assert prepared["changes"] > 0
    assert prepared["supported"] is (prepared["problems"] == [])
    # What it says is so.
    assert (call("build", path, "--prepare", "-o", tmp_path / "x", "-q").code == 0) is prepared["supported"]


def test_building_finds_more(call: Call, models: Path) -> None:
    ended = call("check", models / "fixed.onnx", "--build", "--json")
    assert ended.code == 0
    assert ended.data["supported"] is True
    note = call("check", models / "open.onnx", "--build")
    assert note.code == 0
    assert "not built, as sizes of x are open" in note.err


def test_a_crash_of_the_parser_is_a_problem(call: Call, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import trtx

    def crash(*_: object, **__: object) -> None:
        raise trtx.ParserError("check_onnx_model: parsing it was ended by SIGSEGV")

    monkeypatch.setattr(trtx, "check_onnx_model", crash)
    ended = call("check", models / "fixed.onnx", "--json")
    assert ended.code == 1
    assert ended.data["problems"][0]["reason"] == "parsing it was ended by SIGSEGV"


def test_garbage_is_a_problem_too(call: Call, models: Path) -> None:
    ended = call("check", models / "garbage.onnx")
    assert ended.code == 1
    assert "this is no ONNX model" in ended.out
    assert ended.err == ""


def test_wrong_files(call: Call, models: Path, engine: Path) -> None:
    is_one_line(call("check", models / "nowhere.onnx"), 2, "is not there")
    is_one_line(call("check", engine), 2, "is an engine", "inspect")


def test_no_library(models: Path) -> None:
    is_one_line(command("check", models / "fixed.onnx", TRTX_LIBRARY="/nowhere"), 3, "cannot find", "trtx doctor")
