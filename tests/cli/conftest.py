"""Fixtures of the command's tests: the command itself, and files to give it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.command import Ended, in_process

pytest.importorskip("click", reason="the package click is missing, which the command trtx needs")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], native_library: str) -> Callable[..., Ended]:
    """Runs the command in this process, on the real library."""
    return lambda *arguments: in_process(capsys, arguments)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small models, and with files that are none."""
    onnx = pytest.importorskip("onnx", reason="the package onnx is missing")
    from onnx import TensorProto, helper

    folder = tmp_path_factory.mktemp("models")

    def save(name: str, nodes: list[object], rows: str | int, **more: list[object]) -> None:
        ends = [helper.make_tensor_value_info(one, TensorProto.FLOAT, [rows, 4]) for one in "xy"]
        graph = helper.make_graph(nodes, "graph", ends[:1] + more.get("inputs", []), ends[1:] + more.get("outputs", []))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, str(folder / name))

    relu = helper.make_node("Relu", ["x"], ["y"], name="relu")
    save("fixed.onnx", [relu], 2)
    save("open.onnx", [relu], "n")
    bits = helper.make_tensor_value_info("u", TensorProto.UINT8, [4])
    found = helper.make_tensor_value_info("places", TensorProto.INT64, [2, "k"])
    save(
        "refused.onnx",
        [
            helper.make_node("NonZero", ["x"], ["places"], name="where"),
            relu,
            helper.make_node("BitShift", ["u", "u"], ["v"], name="shift", direction="LEFT"),
        ],
        2,
        inputs=[bits],
        outputs=[found, helper.make_tensor_value_info("v", TensorProto.UINT8, [4])],
    )
    (folder / "garbage.onnx").write_bytes(b"hello" * 100)
    (folder / "empty.onnx").write_bytes(b"")
    return folder


@pytest.fixture(scope="session")
def engine(models: Path, native_library: str) -> Path:
    """An engine of the real library."""
    from trtx._cli.main import main

    path = models / "fixed.engine"
    assert main(["build", str(models / "fixed.onnx"), "-o", str(path), "--quiet"]) == 0
    return path


@pytest.fixture(scope="session")
def light() -> Path:
    """ONNX's own models with the real layers and made-up weights."""
    onnx = pytest.importorskip("onnx", reason="the package onnx is missing")
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    if not folder.is_dir():
        pytest.skip("this package onnx comes without its test data")
    return folder
