"""`trtx` in programs that PyInstaller has frozen."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

import trtx
from tests.helpers.process import ROOT, run_python
from tests.trtx.test_onnx_parser import GOOD
from trtx._onnx import child as _child
from trtx._pyinstaller import get_hook_dirs

PROGRAM = """
import importlib
import sys
import numpy as np
import trtx
open(sys.argv[1], "a").write("started\\n")
if sys.argv[2:] == ["cuda"]:
    names = ["cuda.core", "cuda.core.utils", "cuda.bindings", "cuda.bindings.driver"]
    print([getattr(importlib.import_module(name), "__version__", name) for name in names])
    print(trtx.cuda.why_unavailable())
builder = trtx.Builder(trtx.Logger())
network = builder.create_network()
x = network.add_input("x", trtx.float32, (2, 3))
network.mark_output(network.add_activation(x, trtx.ActivationType.RELU).get_output(0))
plan = builder.build_serialized_network(network, builder.create_config())
if sys.argv[2:] == ["cuda"]:
    try:
        with trtx.Session(plan) as session:
            print(*session.run({"x": np.array([[1, -1, 2], [-2, 3, -3]], np.float32)}).values())
    except trtx.CudaError as error:
        print(error)
    sys.exit()
engine = trtx.Runtime(trtx.Logger()).deserialize_cuda_engine(plan)
print(trtx.library_version(), len(list(engine)))
for check in (
    lambda: trtx.check_onnx_model(MODEL),
    lambda: trtx.OnnxParser(builder.create_network()).parse(MODEL, isolated=True),
):
    try:
        check()
    except trtx.UnsupportedError as error:
        print(error)
"""


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if importlib.util.find_spec("PyInstaller") is None:
        pytest.skip("PyInstaller is missing")
    folder = tmp_path_factory.mktemp("frozen")
    script = folder / "program.py"
    script.write_text(f"MODEL = {GOOD!r}\n{PROGRAM}", encoding="utf-8")
    hooks = [f"--additional-hooks-dir={place}" for place in get_hook_dirs()]
    done = subprocess.run(
        [sys.executable, "-m", "PyInstaller", "--onedir", "--noconfirm", "--log-level=ERROR", *hooks, script.name],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder / "dist" / "program" / "program"


def test_a_frozen_program(frozen: Path, tmp_path: Path) -> None:
    """It has all it needs, and does not start itself again and again where a process of its own is asked for."""
    log = tmp_path / "log"
    environment = {"TRTX_LIBRARY": "fake", "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [frozen, str(log)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    first, *said = done.stdout.splitlines()
    assert first == "1.7.0.0 2"
    assert len(said) == 2
    assert all("a frozen program has none" in line and "freeze_support" in line for line in said)
    assert log.read_text() == "started\n"


def test_a_frozen_program_has_cuda(frozen: Path, native_library: str, tmp_path: Path) -> None:
    """It finds what the program finds as a script: a GPU, which it uses, or that there is no driver."""
    pytest.importorskip("cuda.core")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = []
    for program in ([frozen], [sys.executable, frozen.parents[2] / "program.py"]):
        done = subprocess.run(
            [*program, str(tmp_path / "log"), "cuda"],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert "Exception ignored" not in done.stderr, done.stderr  # where the program's globals go last
        said.append(done.stdout)
    assert said[0] == said[1]
    assert (said[0].splitlines()[1] == "None") == trtx.cuda.is_available()


def test_a_frozen_program_has_the_real_library(frozen: Path, native_library: str, tmp_path: Path) -> None:
    if "tensorrt_rtx_libs" not in native_library:
        pytest.skip("the library is not that of the package tensorrt_rtx_libs")
    names = {path.name for path in frozen.parent.rglob("tensorrt_rtx_libs/*")}
    assert {"libtensorrt_rtx.so.1", "libtensorrt_onnxparser_rtx.so.1"} <= names or sys.platform == "win32"


@pytest.mark.parametrize("kind", ["frozen", "compiled", "again", "none"])
def test_no_process_where_that_would_be_the_program_itself(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    if kind == "frozen":
        monkeypatch.setattr(sys, "frozen", True, raising=False)
    elif kind == "compiled":
        monkeypatch.setattr(sys.modules["__main__"], "__compiled__", object(), raising=False)
    elif kind == "again":
        monkeypatch.setenv(_child.MARK, "1")
    else:
        monkeypatch.setattr(sys, "executable", None)
    with pytest.raises(trtx.UnsupportedError, match=r"needs a Python interpreter.*; parse here, without isolated=True"):
        trtx.check_onnx_model(GOOD)


def test_the_process_is_marked(native_library: str) -> None:
    """A program that embeds Python may be started again without being frozen: once, and no more."""
    done = run_python("""
        import os, sys
        import trtx
        from tests.trtx.test_onnx_parser import GOOD
        from trtx._onnx import child
        start = child.subprocess.Popen
        def popen(command, **options):
            assert options["env"][child.MARK] == "1" and child.MARK not in os.environ
            return start(command, **options)
        child.subprocess.Popen = popen
        trtx.check_onnx_model(GOOD)
        print("parsed")
    """)
    assert done.stdout == "parsed\n"


def test_the_runtime_of_cffi_is_imported_in_sight() -> None:
    source = (ROOT / "trtx_sys" / "__init__.py").read_text(encoding="utf-8")
    assert "\nimport _cffi_backend" in source
