"""What of the benchmarks of inference can be shown without a GPU: models, the C++ twin, the picture."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import trtx
import trtx_sys
from tests.helpers.process import ROOT
from trtx import cuda

WAYS = ("trtx.Session", "trtx by hand, library graphs", "ONNX Runtime's provider", "C++, library graphs")


@pytest.fixture
def inference(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    pytest.importorskip("onnx", reason="onnx is missing")
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return importlib.import_module("inference")


@pytest.mark.parametrize("name", ["squeezenet", "resnet50"])
def test_models_get_another_batch(inference: ModuleType, name: str, logger: trtx.Logger) -> None:
    model = inference.with_batch(inference.light(name), 16)
    with (
        trtx.Builder(logger) as builder,
        builder.create_network() as network,
        builder.create_config() as config,
        trtx.OnnxParser(network) as parser,
    ):
        parser.parse(model)
        assert [tensor.shape for tensor in network.inputs] == [(16, 3, 224, 224)]
        assert [tuple(tensor.shape)[:2] for tensor in network.outputs] == [(16, 1000)]
        assert builder.build_serialized_network(network, config).nbytes > 1_000_000  # the weights are in it


def test_the_twin_says_what_is_missing(inference: ModuleType, native_library: str, tmp_path: Path) -> None:
    if not (shutil.which("g++") or shutil.which("clang++")):
        pytest.skip("a C++ compiler is missing")
    program, library = inference.native(str(tmp_path))
    assert library == str(Path(trtx_sys.find().path).resolve())
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "usage" in done.stderr
    if cuda.driver_problem():
        done = subprocess.run([program, library, "x.engine"], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "there is no CUDA driver" in done.stderr
        assert done.stdout == ""


def plot(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "plot.py"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is missing")
    batches = {
        model: {
            str(batch): {
                "median_us": {way: (100 + 20 * number) * batch**0.8 for number, way in enumerate(WAYS)},
                "rows_per_second": {way: 9000 * batch**0.2 / (1 + number) for number, way in enumerate(WAYS[::2])},
            }
            for batch in (1, 2, 4, 8, 16, 32, 64)
        }
        for model in ("squeezenet", "resnet50")
    }
    figures, png, svg = tmp_path / "figures.json", tmp_path / "picture.png", tmp_path / "picture.svg"
    figures.write_text(json.dumps({"library": "1.6.1", "gpu": "NVIDIA H200", "batches": batches}))
    for picture in (png, svg):
        done = plot(figures, picture)
        assert done.returncode == 0, done.stderr
    assert png.read_bytes().startswith(b"\x89PNG")
    assert png.stat().st_size > 20_000
    assert svg.read_text().count("<!-- ") > 10
    for label in ("squeezenet", "resnet50", *WAYS):
        assert f"<!-- {label} -->" in svg.read_text(), label


def test_figures_without_batches_are_refused(tmp_path: Path) -> None:
    figures = tmp_path / "figures.json"
    figures.write_text("{}")
    done = plot(figures, tmp_path / "picture.png")
    assert done.returncode == 1
    assert "--batches" in done.stderr
    assert not (tmp_path / "picture.png").exists()
