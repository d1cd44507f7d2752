"""``trtx refit``, ``trtx cache`` and ``trtx doctor``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import trtx
from tests.helpers.command import Ended, command, is_one_line
from tests.helpers.process import run_python

Call = Callable[..., Ended]

needs_no_gpu = pytest.mark.skipif(trtx.cuda.driver_problem() is None, reason="there is a GPU")

FILL = """
from tests.helpers.session_program import *
import pathlib
folder = pathlib.Path({folder!r})
plan().save(folder / "x.engine")
with trtx.Session(folder / "x.engine", cache=folder / "cache"):
    pass
"""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with one entry, made by a session on the fake library."""
    pytest.importorskip("filelock", reason="the package filelock is missing")
    run_python(FILL.format(folder=str(tmp_path)), environment={"TRTX_LIBRARY": "fake"})
    return tmp_path / "cache"


def test_the_cache_is_listed_and_cleared(call: Call, cache: Path) -> None:
    data = call("cache", "show", "--folder", cache, "--json").data
    assert data["folder"] == str(cache)
    (entry,) = data["entries"]
    assert entry["library"]
    assert data["bytes"] == entry["engine_bytes"] + entry["kernel_bytes"]
    assert entry["key"][:12] in call("cache", "show", "--folder", cache).out
    cleared = call("cache", "clear", "--folder", cache, "--json")  # nobody can be asked
    assert cleared.data["removed"] == 1
    assert cleared.data["bytes"] == data["bytes"]
    assert call("cache", "show", "--folder", cache, "--json").data["entries"] == []
    assert "removed 0" in call("cache", "clear", "--folder", cache, "-y").out


def test_the_cache_of_the_user(tmp_path: Path) -> None:
    pytest.importorskip("platformdirs", reason="the package platformdirs is missing")
    ended = command("cache", "show", "--json", XDG_CACHE_HOME=str(tmp_path), HOME=str(tmp_path))
    assert ended.code == 0
    assert ended.data["folder"].startswith(str(tmp_path))


def test_the_cache_needs_no_library(tmp_path: Path) -> None:
    assert command("cache", "show", "--folder", tmp_path, TRTX_LIBRARY="/nowhere").code == 0


def test_a_folder_that_is_a_file(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("x")
    is_one_line(call("cache", "show", "--folder", path), 2, "file", "trtx cache show --help")


@needs_no_gpu
def test_refitting_needs_a_gpu(call: Call, engine: Path, models: Path, tmp_path: Path) -> None:
    ended = call("refit", engine, models / "fixed.onnx", "-o", tmp_path / "new.engine")
    is_one_line(ended, 3, "needs a GPU", "trtx doctor")
    assert os.listdir(tmp_path) == []


def test_files_of_a_refit(call: Call, engine: Path, models: Path, tmp_path: Path) -> None:
    model, new = models / "fixed.onnx", tmp_path / "new.engine"
    is_one_line(call("refit", engine, model), 2, "missing option '-o'")
    is_one_line(call("refit", model, engine, "-o", new), 2, "is no engine", "the engine comes first")
    is_one_line(call("refit", engine, engine, "-o", new), 2, "is an engine", "ONNX model")
    is_one_line(call("refit", engine, models / "nowhere.onnx", "-o", new), 2, "is not there")
    is_one_line(call("refit", engine, model, "-o", model), 2, "would replace the model")
    is_one_line(call("refit", engine, model, "-o", tmp_path / "no" / "x"), 2, "is not there", "make it first")
    assert os.listdir(tmp_path) == []


def test_an_engine_that_cannot_be_refitted(cache: Path, models: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.engine"
    ended = command("refit", tmp_path / "x.engine", models / "fixed.onnx", "-o", new, TRTX_LIBRARY="fake")
    is_one_line(ended, 1, "cannot be refitted", "--refit")
    assert not new.exists()


def test_refit_without_the_library(engine: Path, models: Path, tmp_path: Path) -> None:
    ended = command("refit", engine, models / "fixed.onnx", "-o", tmp_path / "x", TRTX_LIBRARY="/nowhere")
    is_one_line(ended, 3, "cannot find the TensorRT-RTX library", "trtx doctor")


def test_doctor_with_the_library(call: Call) -> None:
    ended = call("doctor", "--json")
    data = ended.data
    assert data["library"]["version"] == str(trtx.library_version())
    assert data["library"]["path"] == trtx.library_path()
    assert data["library"]["found_via"]
    assert os.path.isfile(data["library"]["parser"])
    assert data["build"]["works"] is True
    assert data["driver"]["problem"] == trtx.cuda.driver_problem()
    assert {one["name"]: one["version"] for one in data["packages"]}["rich"]
    assert ended.code == (0 if data["run"]["works"] else 3)
    assert ended.err == ""


@needs_no_gpu
def test_doctor_without_a_gpu(call: Call) -> None:
    ended = call("doctor")
    assert ended.code == 3
    for words in ("builds engines  yes", "runs engines    no: There is no CUDA driver", "problem", "docker run --gpus"):
        assert words in ended.out, ended.out


def test_doctor_without_the_library() -> None:
    ended = command("doctor", TRTX_LIBRARY="/nowhere")
    assert ended.code == 3
    for words in (
        "TRTX_LIBRARY: /nowhere: no such file or folder",
        "builds engines  no",
        "correct or unset TRTX_LIBRARY",
    ):
        assert words in ended.out, ended.out
    assert ended.err == ""


def test_doctor_with_a_library_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "libtensorrt_rtx.so.1"
    path.write_bytes(b"no library")
    ended = command("doctor", "--json", TRTX_LIBRARY=str(path))
    assert ended.code == 3
    assert "cannot load" in ended.data["library"]["problem"]
    assert ended.data["problems"][0]["do"] == "correct or unset TRTX_LIBRARY"


def test_doctor_with_the_fake_library() -> None:
    ended = command("doctor", "--json", TRTX_LIBRARY="fake")
    assert ended.code == 0, ended
    assert ended.data["run"]["works"] is True
    assert ended.data["library"]["fake"] is True
    assert "nothing is real" in ended.data["problems"][0]["problem"]


def test_doctor_sees_a_wrong_result() -> None:
    code = """
import numpy as np, trtx
trtx.Session.run = lambda self, inputs: {"y": np.zeros((2, 3), np.float32)}
from trtx._cli.main import main
raise SystemExit(main(["doctor", "--json"]))
"""
    ended = run_python(code, check=False, environment={"TRTX_LIBRARY": "fake"})
    assert ended.returncode == 3
    assert "its output is wrong" in ended.stdout
