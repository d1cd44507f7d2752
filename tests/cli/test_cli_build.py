"""``trtx build``: engines of the real library, and every way for it to go wrong."""

from __future__ import annotations

import os
import pty
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import trtx
from tests.helpers.command import PROGRAM, Ended, command, is_one_line, variables
from trtx._cli.header import read_header

Call = Callable[..., Ended]


def left_in(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_an_engine_and_its_summary(call: Call, models: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.engine"
    ended = call(
        "build", models / "open.onnx", "-o", path, "--min", "x:1x4", "--opt", "x:2x4", "--max", "x:8x4", "--json"
    )
    assert ended.code == 0, ended
    assert ended.err == ""
    data = ended.data
    assert data["engine"] == str(path)
    assert data["bytes"] == path.stat().st_size
    assert data["inputs"] == [{"name": "x", "dtype": "FLOAT", "shape": [-1, 4], "profiles": [[[1, 4], [2, 4], [8, 4]]]}]
    assert data["outputs"] == [{"name": "y", "dtype": "FLOAT", "shape": [-1, 4]}]
    assert data["layers"] == 1
    assert data["library"] == str(trtx.library_version())
    assert data["seconds"]["total"] == pytest.approx(
        sum(data["seconds"][one] for one in ("parse", "build", "save")), abs=1e-3
    )
    assert "12.0" in data["targets"]
    assert left_in(tmp_path) == ["out.engine"]


def test_the_summary_for_people(call: Call, models: Path, tmp_path: Path) -> None:
    ended = call("build", models / "fixed.onnx", "-o", tmp_path / "[red]out.engine")
    assert ended.code == 0
    assert ended.err == ""  # no progress without a terminal
    assert "\x1b" not in ended.out
    for words in ("[red]out.engine", "targets", "8.9", "x       FLOAT   2x4", "y        FLOAT   2x4", "1 layer"):
        assert words in ended.out, ended.out


def test_options_reach_the_engine(call: Call, models: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.engine"
    options = [
        "--targets",
        "8.9,12.0",
        "-O",
        "0",
        "--no-tf32",
        "--memory-pool",
        "workspace=64MiB",
        "--flag",
        "strict-nans",
    ]
    options += ["--max-threads", "2", "--weight-streaming", "--profiling-verbosity", "detailed"]
    assert call("build", models / "fixed.onnx", "-o", path, *options).code == 0
    header = read_header(path.read_bytes()[:64])
    assert header is not None
    assert header.targets == (trtx.ComputeCapability.SM89, trtx.ComputeCapability.SM120)
    assert not header.for_others


@pytest.mark.skipif(trtx.cuda.driver_problem() is None, reason="there is a GPU")
@pytest.mark.parametrize(
    "options",
    [
        ["--refit"],
        ["--refit-identical"],
        ["--refittable", "w"],
        ["--strip"],
        ["--targets", "current"],
        ["--build-route", "x"],
    ],
)
def test_what_needs_a_gpu_says_so_at_once(call: Call, models: Path, tmp_path: Path, options: list[str]) -> None:
    ended = call("build", models / "fixed.onnx", "-o", tmp_path / "x.engine", *options)
    is_one_line(ended, 3, options[0], "needs a GPU", "without")
    assert left_in(tmp_path) == []


def test_the_output_is_named_after_the_model(models: Path, tmp_path: Path) -> None:
    ended = command("build", models / "fixed.onnx", "-q", folder=tmp_path)
    assert ended.code == 0, ended
    assert left_in(tmp_path) == ["fixed.engine"]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("nowhere.onnx", 2, ["'", "nowhere.onnx' is not there"]),
        ("fixd.onnx", 2, ["did you mean 'fixed.onnx'?"]),
        ("empty.onnx", 2, ["empty.onnx' is empty"]),
        (".", 2, ["is not a file"]),
        ("garbage.onnx", 1, ["garbage.onnx' cannot be parsed", "name an ONNX model"]),
        ("fixed.engine", 2, ["is an engine already", "name an ONNX model"]),
        ("open.onnx", 2, ["'x' has open sizes, ?x4", "--shapes x:Nx4"]),
    ],
)
def test_wrong_models(
    call: Call, models: Path, engine: Path, tmp_path: Path, name: str, code: int, words: list[str]
) -> None:
    is_one_line(call("build", models / name, "-o", tmp_path / "out.engine"), code, *words)
    assert left_in(tmp_path) == []


def test_a_refused_model_has_every_error_with_node_and_operator(call: Call, models: Path, tmp_path: Path) -> None:
    ended = call("build", models / "refused.onnx", "-o", tmp_path / "out.engine")
    assert ended.code == 1
    first, *more = ended.err.splitlines()
    assert first.startswith("trtx build: TensorRT-RTX refuses the model")
    assert "trtx check" in first
    assert any("node 0 'where' (NonZero)" in line for line in more)
    assert all(line.startswith("  ") for line in more)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--shapes", "x:1x5"], ["'x'", "(-1, 4)", "(1, 5)"]),
        (["--shapes", "z:1x4"], ["names the input 'z'", "the model has x"]),
    ],
)
def test_options_that_do_not_fit(
    call: Call, models: Path, tmp_path: Path, options: list[str], words: list[str]
) -> None:
    is_one_line(call("build", models / "open.onnx", "-o", tmp_path / "out.engine", *options), 1, *words)
    assert left_in(tmp_path) == []


def test_places_that_cannot_be_written(call: Call, models: Path, tmp_path: Path) -> None:
    model = models / "fixed.onnx"
    is_one_line(call("build", model, "-o", tmp_path / "no" / "x"), 2, "folder", "is not there", "make it first")
    is_one_line(call("build", model, "-o", tmp_path), 2, "is a folder", "name a file")
    before = model.read_bytes()
    is_one_line(call("build", model, "-o", model), 2, "would replace the model", "-o")
    assert model.read_bytes() == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(call: Call, models: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    is_one_line(call("build", models / "fixed.onnx", "-o", tmp_path / "x.engine"), 2, "permission denied")


@pytest.mark.parametrize("old", [None, b"the old engine"])
def test_a_full_disk_leaves_what_was_there(models: Path, tmp_path: Path, old: bytes | None) -> None:
    path = tmp_path / "out.engine"
    if old is not None:
        path.write_bytes(old)

    def limit() -> None:  # a file of this process may have 10 kB
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    ended = command("build", models / "fixed.onnx", "-o", path, before=limit)
    is_one_line(ended, 1, "out.engine", "File too large", "nothing was written", "-o")
    assert left_in(tmp_path) == ([] if old is None else ["out.engine"])
    assert old is None or path.read_bytes() == old


def test_no_space_left(monkeypatch: pytest.MonkeyPatch, call: Call, models: Path, tmp_path: Path) -> None:
    import errno

    from trtx._core import files

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "_sync", full)
    path = tmp_path / "out.engine"
    is_one_line(call("build", models / "fixed.onnx", "-o", path), 1, "No space left", "free some space")
    assert left_in(tmp_path) == []


def test_no_library(models: Path, tmp_path: Path) -> None:
    ended = command("build", models / "fixed.onnx", "-o", tmp_path / "x", TRTX_LIBRARY="/nowhere")
    is_one_line(ended, 3, "cannot find the TensorRT-RTX library", "trtx doctor")
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("number", "code", "words"), [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "ended by a signal")]
)
def test_an_interrupt_ends_the_build_and_writes_nothing(
    tmp_path: Path, light: Path, number: int, code: int, words: str
) -> None:
    path = tmp_path / "out.engine"
    path.write_bytes(b"old")
    process = subprocess.Popen(
        [*PROGRAM, "build", str(light / "light_densenet121.onnx"), "-o", str(path), "-v", "info"],
        env=variables(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:  # the build is under way
        if "Compiler backend" in line:
            break
    began = time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert time.monotonic() - began < 10
    assert err.splitlines()[-1] == f"trtx build: {words}"
    assert "Traceback" not in err
    assert out == ""
    assert left_in(tmp_path) == ["out.engine"]
    assert path.read_bytes() == b"old"


def test_progress_on_a_terminal(models: Path, light: Path, tmp_path: Path) -> None:
    """Phases are drawn on a terminal, nested, and are gone in the end; standard output has the summary alone."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*PROGRAM, "build", str(light / "light_squeezenet.onnx"), "-o", str(tmp_path / "x.engine")],
        env=variables(TERM="xterm-256color", COLUMNS="100", NO_COLOR=None),
        stdout=subprocess.PIPE,
        stderr=slave,
    )
    os.close(slave)
    drawn = b""
    while True:
        ready = select.select([master], [], [], 60)[0]
        assert ready, "the command says nothing"
        try:
            chunk = os.read(master, 65536)
        except OSError:  # the other end was closed
            break
        if not chunk:
            break
        drawn += chunk
    assert process.stdout is not None
    out = process.stdout.read()
    process.wait(timeout=60)
    os.close(master)
    assert process.returncode == 0
    text = drawn.decode()
    assert "building light_squeezenet.onnx" in text
    assert "  Computing profile costs" in text
    assert b"x.engine" in out
    assert b"\x1b" not in out


def test_quiet_and_verbose(call: Call, models: Path, tmp_path: Path) -> None:
    loud = call("build", models / "fixed.onnx", "-o", tmp_path / "x", "-v", "info")
    assert loud.code == 0
    assert "info: " in loud.err
    quiet = call("build", models / "fixed.onnx", "-o", tmp_path / "x", "-v", "info", "--quiet")
    assert quiet.err == ""


def test_python_m_trtx_is_the_command(models: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "trtx", "build", str(models / "nowhere.onnx")],
        env=variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr.startswith("trtx build: ")
