"""The examples of the guides: on the fake library, where memory of the host plays the GPU, and without a GPU."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.process import ROOT, python_path
from trtx import cuda

EXAMPLES = ROOT / "examples"
#: Each script, and a word of what it prints on the fake library.
GUIDES = {
    "dynamic_shapes.py": "2 profiles",
    "refit.py": "b, w were replaced",
    "weight_streaming.py": "may be streamed",
    "runtime_cache.py": "with the cache of",
    "cuda_graphs.py": "runs were captured",
    "many_contexts.py": "on 4 contexts",
    "output_allocators.py": "memory that grew",
    "callbacks.py": "y seen",
    "other_gpus.py": "SM86, SM89, SM120",
}
NOTEBOOK = EXAMPLES / "quickstart.ipynb"


def run(
    *command: object, check: bool = True, timeout: float = 240, **variables: str | None
) -> subprocess.CompletedProcess[str]:
    changed = {**os.environ, "PYTHONPATH": python_path(), **variables}
    environment = {name: value for name, value in changed.items() if value is not None}
    done = subprocess.run(
        [sys.executable, *map(str, command)], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=timeout, check=False,
    )  # fmt: skip
    if check:
        assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.mark.parametrize("script", GUIDES)
def test_on_the_fake_library(script: str) -> None:
    done = run(EXAMPLES / script, TRTX_LIBRARY="fake")
    lines = done.stdout.splitlines()
    assert lines[-1].startswith("ok: ")
    assert GUIDES[script] in lines[-1]
    assert len(lines) <= 2


@pytest.mark.parametrize("script", [*GUIDES, "torch_and_cupy.py"])
def test_without_a_gpu_it_says_so(script: str, native_library: str) -> None:
    problem = cuda.driver_problem()
    if problem is None:
        pytest.skip("there is a GPU: tests/gpu runs the examples")
    done = run(EXAMPLES / script, check=False)
    assert problem in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if script in ("callbacks.py", "other_gpus.py"):  # these build, and check that
        assert done.returncode == 0
        assert "ok: " in done.stdout
    else:
        assert done.returncode == 1


def test_torch_and_cupy_need_a_gpu() -> None:
    done = run(EXAMPLES / "torch_and_cupy.py", check=False, TRTX_LIBRARY="fake")
    assert done.returncode == 1
    assert done.stderr == "cannot run: torch and CuPy need a GPU; the fake library works on memory of the host\n"


def test_a_wrong_result_is_noticed(tmp_path: Path) -> None:
    """An example that compares nothing would be worth nothing."""
    for script in GUIDES:
        if script in ("callbacks.py", "other_gpus.py", "output_allocators.py"):
            continue
        wrong = f"""
import runpy, sys
sys.path.insert(0, {str(EXAMPLES)!r})
import small
expected = small.Model.expected
small.Model.expected = lambda self, x: expected(self, x) + 1
runpy.run_path({str(EXAMPLES / script)!r}, run_name="__main__")
"""
        done = run("-c", wrong, check=False, TRTX_LIBRARY="fake")
        assert done.returncode == 1, script
        assert "AssertionError" in done.stderr, script


def test_the_notebook(native_library: str) -> None:
    nbclient = pytest.importorskip("nbclient", reason="nbclient is missing: pip install nbclient ipykernel")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel", reason="ipykernel is missing")
    pytest.importorskip("onnx")
    notebook = nbformat.read(NOTEBOOK, 4)
    changed = {"TRTX_LIBRARY": "fake", "PYTHONPATH": python_path()}
    before = {name: os.environ.get(name) for name in changed}
    os.environ.update(changed)
    try:
        nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    said = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "image: FLOAT (-1, 3, 32, 32)" in said
    assert "image is an array of float64" in said


def test_the_notebook_is_stored_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) >= 5
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in code)


def ship(folder: Path) -> tuple[Path, Path]:
    """The program with its engine, which is built, and an input for it."""
    for name in ("classify.py", "classify.spec"):
        (folder / name).write_bytes((EXAMPLES / "ship" / name).read_bytes())
    assert "built with" in run(folder / "classify.py", "--build", TRTX_LIBRARY="fake").stdout
    values = folder / "input.npy"
    np.save(values, np.eye(16, dtype=np.float32)[11] * 5)
    return folder / "classify.py", values


def test_the_shipped_program_as_a_script(tmp_path: Path) -> None:
    pytest.importorskip("filelock")
    script, values = ship(tmp_path)
    done = run(script, values, "--cache", tmp_path / "cache", TRTX_LIBRARY="fake")
    assert done.stdout == "class 11, probability 0.908\n"
    (tmp_path / "classify.engine").write_bytes(b"no engine")
    done = run(script, values, "--cache", tmp_path / "cache", check=False, TRTX_LIBRARY="fake")
    assert done.returncode == 1
    assert done.stderr.startswith("classify: ")
    assert "Traceback" not in done.stderr


@pytest.mark.timeout(600)
@pytest.mark.skipif(importlib.util.find_spec("PyInstaller") is None, reason="PyInstaller is missing")
def test_the_shipped_program_frozen(tmp_path: Path) -> None:
    """It runs from another folder, without Python's packages in sight."""
    pytest.importorskip("filelock")
    _, values = ship(tmp_path)
    command = ["-m", "PyInstaller", "--noconfirm", "--log-level=ERROR", "--distpath", tmp_path / "dist",
               "--workpath", tmp_path / "work", tmp_path / "classify.spec"]  # fmt: skip
    run(*command, timeout=500)
    program = tmp_path / "dist" / "classify" / "classify"
    environment = {"TRTX_LIBRARY": "fake", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [program, values, "--cache", tmp_path / "cache"],
        cwd=program.parent.parent, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "class 11, probability 0.908\n"
