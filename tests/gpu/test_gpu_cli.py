"""The command `trtx` on a GPU: build for it, inspect, refit, doctor."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import trtx
from tests.helpers.command import command
from tests.helpers.gpu import skip_without_driver_for_refitting

pytest.importorskip("click", reason="the package click is missing, which the command trtx needs")


def save_model(path: Path, factor: float) -> None:
    """``y = conv(x, factor)``: three channels, a kernel of one element each."""
    onnx = pytest.importorskip("onnx", reason="the package onnx is missing")
    from onnx import TensorProto, helper, numpy_helper

    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 3, 8, 8]) for name in "xy"]
    kernel = numpy_helper.from_array(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1) * np.float32(factor), "kernel")
    node = helper.make_node("Conv", ["x", "kernel"], ["y"], name="conv")
    graph = helper.make_graph([node], "graph", ends[:1], ends[1:], [kernel])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))


def run(path: Path) -> Any:
    values = np.arange(192, dtype=np.float32).reshape(1, 3, 8, 8)
    with trtx.Session(path) as session:
        return session(values) / np.maximum(values, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_model(tmp_path / "one.onnx", 2)
    save_model(tmp_path / "two.onnx", 3)
    return tmp_path


@pytest.mark.parametrize("options", [["--refit"], ["--refit", "--strip"], ["--refittable", "kernel"]], ids=" ".join)
def test_refit(folder: Path, options: list[str]) -> None:
    built = command("build", "one.onnx", "-o", "one.engine", "--json", *options, folder=folder)
    skip_without_driver_for_refitting(built)
    assert built.code == 0, built
    refitted = command("refit", "one.engine", "two.onnx", "-o", "two.engine", "--json", folder=folder)
    assert refitted.code == 0, refitted
    assert refitted.data["weights"]
    assert refitted.data["bytes"] == os.path.getsize(folder / "two.engine")
    np.testing.assert_allclose(run(folder / "two.engine")[0, 1:], 3, rtol=1e-3)
    if "--strip" not in options:
        np.testing.assert_allclose(run(folder / "one.engine")[0, 1:], 2, rtol=1e-3)


def test_an_engine_that_is_not_refittable(folder: Path) -> None:
    assert command("build", "one.onnx", "-q", folder=folder).code == 0
    ended = command("refit", "one.engine", "two.onnx", "-o", "two.engine", folder=folder)
    assert ended.code == 1
    assert "cannot be refitted" in ended.err
    assert not (folder / "two.engine").exists()


def test_inspect_tells_all_of_an_engine(folder: Path) -> None:
    options = ["--profiling-verbosity", "detailed"]
    assert command("build", "one.onnx", "-q", *options, folder=folder).code == 0
    ended = command("inspect", "one.engine", "--json", folder=folder)
    assert ended.code == 0, ended
    data = ended.data
    assert data["validity"]["here"] in ("valid", "suboptimal", "invalid")  # a GPU may run what it is not called fit for
    contents = data["engine"]
    assert contents["inputs"] == [{"name": "x", "dtype": "FLOAT", "shape": [1, 3, 8, 8]}]
    assert contents["num_layers"] >= 1
    assert contents["weights"]["bytes"] >= 0
    shown = command("inspect", "one.engine", "--layers", "--graph", "one.dot", folder=folder)
    assert shown.code == 0, shown
    assert "scratch" in shown.out
    assert (folder / "one.dot").read_text().startswith("digraph")


def test_doctor_finds_nothing_wrong() -> None:
    ended = command("doctor", "--json")
    assert ended.code == 0, ended
    data = ended.data
    assert data["build"]["works"] is True
    assert data["run"]["works"] is True
    assert data["driver"]["gpus"][0]["compute_capability"].count(".") == 1
    assert data["driver"]["gpus"][0]["bytes"] > 1 << 30
    assert [one for one in data["problems"] if "cannot be" in one["problem"]] == []


def test_doctor_without_visible_gpus() -> None:
    ended = command("doctor", CUDA_VISIBLE_DEVICES="")
    assert ended.code == 3
    assert "sees no GPU" in ended.out
