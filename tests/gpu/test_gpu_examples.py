"""The examples on a GPU, as a user would run them."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.build.test_guides import EXAMPLES, GUIDES, NOTEBOOK
from tests.helpers.gpu import skip_without_driver_for_refitting
from tests.helpers.process import ROOT, python_path


def run(*command: object) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, "PYTHONPATH": python_path()}
    return subprocess.run(
        [sys.executable, *map(str, command)], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=280,
        check=False,
    )  # fmt: skip


@pytest.mark.parametrize("script", [*GUIDES, "torch_and_cupy.py"])
def test_example(script: str) -> None:
    if script == "torch_and_cupy.py" and not any(map(importlib.util.find_spec, ("torch", "cupy"))):
        pytest.skip("torch and cupy are missing")
    done = run(EXAMPLES / script)
    if script == "refit.py":
        skip_without_driver_for_refitting(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1].startswith("ok: ")
    if script == "cuda_graphs.py":
        assert "of our own" in done.stdout
    if script == "weight_streaming.py":
        assert "of 0 bytes" not in done.stdout


def test_the_cells_of_the_notebook() -> None:
    """As one program: Jupyter is not needed for that."""
    pytest.importorskip("onnx")
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    done = run("-c", code)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "image is an array of float64" in done.stdout


def test_the_shipped_program(tmp_path: Path) -> None:
    pytest.importorskip("filelock")
    program, engine, values = EXAMPLES / "ship" / "classify.py", tmp_path / "classify.engine", tmp_path / "input.npy"
    np.save(values, np.eye(16, dtype=np.float32)[11] * 5)
    assert run(program, "--build", "--engine", engine).returncode == 0
    for _ in range(2):  # without and with kernels in the cache
        done = run(program, values, "--engine", engine, "--cache", tmp_path / "cache")
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("class 11, probability 0.9")


def test_the_application(tmp_path: Path) -> None:
    """`examples/app` classifies by colours, without its web pages."""
    pytest.importorskip("onnx")
    pytest.importorskip("PIL", reason="pillow is missing")
    done = run(
        "-c",
        f"""
import io, sys
sys.path.insert(0, {str(EXAMPLES / "app")!r})
import classifier, colours
from PIL import Image
model = classifier.Classifier()
futures = []
for name, colour in colours.COLOURS.items():
    file = io.BytesIO()
    Image.new("RGB", (300, 200), tuple(round(255 * part) for part in colour)).save(file, "PNG")
    futures.append((name, model.submit(model.read(file.getvalue()))))
for name, future in futures:
    best = model.best(future.result())[0]
    assert best.label == name and best.probability > 0.5, (name, best)
model.close()
print("ok")
""",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("ok\n")
