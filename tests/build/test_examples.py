"""The examples run as a newcomer would run them, on the real library."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trtx import cuda

ROOT = Path(__file__).resolve().parent.parent.parent
MODELS = (
    "bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet", "squeezenet", "vgg19",
    "zfnet512",
)  # fmt: skip

pytestmark = pytest.mark.usefixtures("native_library")


def run_example(*arguments: object, timeout: float = 240) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


@pytest.mark.parametrize("model", MODELS)
def test_basic_workflow_on_every_model(model: str, tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    engine = tmp_path / f"{model}.engine"
    result = run_example("examples/basic_workflow.py", "--model", model, "--engine", engine)
    assert result.returncode == 0, result.stdout + result.stderr
    assert engine.stat().st_size > 100_000
    assert "built" in result.stdout
    if cuda.driver_problem():
        assert "inference needs a GPU" in result.stdout
    else:
        assert "matches the reference" in result.stdout


def test_build_engine_of_layers_and_of_onnx(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    perceptron, squeezenet = tmp_path / "perceptron.engine", tmp_path / "squeezenet.engine"
    assert run_example("examples/build_engine.py", perceptron).returncode == 0
    assert perceptron.stat().st_size > 10_000
    model = Path(onnx.__file__).parent / "backend/test/data/light/light_squeezenet.onnx"
    result = run_example("examples/build_engine.py", "--onnx", model, squeezenet)
    assert result.returncode == 0, result.stderr
    assert squeezenet.stat().st_size > 100_000


def test_build_engine_says_what_is_wrong(tmp_path: Path) -> None:
    missing = tmp_path / "missing.onnx"
    result = run_example("examples/build_engine.py", "--onnx", missing, tmp_path / "x.engine")
    assert result.returncode == 1
    assert str(missing) in result.stderr
    assert "Traceback" not in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_run_inference_without_a_gpu_says_so(tmp_path: Path) -> None:
    if not cuda.driver_problem():
        pytest.skip("there is a GPU: tests/gpu runs inference")
    engine = tmp_path / "perceptron.engine"
    assert run_example("examples/build_engine.py", engine).returncode == 0
    result = run_example("examples/run_inference.py", engine)
    assert result.returncode == 1
    assert "driver" in result.stderr
    assert "Traceback" not in result.stderr


def test_raw_layer(tmp_path: Path) -> None:
    engine = tmp_path / "relu.engine"
    result = run_example("examples/raw_layer.py", engine)
    assert result.returncode == 0, result.stderr
    assert engine.stat().st_size > 10_000


def test_every_example_has_a_test() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    for example in (ROOT / "examples").glob("*.py"):
        assert example.name in text or example.name in ("models.py", "small.py"), f"{example.name} is not tested"


def test_examples_leave_nothing_behind(tmp_path: Path) -> None:
    before = set(os.listdir(ROOT / "examples"))
    assert run_example("examples/build_engine.py", tmp_path / "x.engine").returncode == 0
    assert set(os.listdir(ROOT / "examples")) - before <= {"__pycache__"}
