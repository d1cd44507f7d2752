"""``trtx inspect``: headers of the real library's engines, whole engines on the fake one, models, graphs."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import trtx
from tests.helpers import libraries
from tests.helpers.command import Ended, command, is_one_line
from tests.helpers.engine_bytes import of_another_version
from tests.helpers.process import run_python
from trtx._cli.graph import dot
from trtx._cli.header import Header, read_header

Call = Callable[..., Ended]

needs_no_gpu = pytest.mark.skipif(trtx.cuda.driver_problem() is None, reason="there is a GPU")


def build_for(*targets: trtx.ComputeCapability) -> bytes:
    with trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, text: None) as logger, trtx.Builder(logger) as builder:
        network, config = builder.create_network(), builder.create_config()
        network.mark_output(network.add_identity(network.add_input("x", trtx.float32, (2, 3))).get_output(0))
        config.compute_capabilities = targets
        return bytes(builder.build_serialized_network(network, config).view())


@pytest.mark.parametrize("target", [one for one in trtx.ComputeCapability if one.name not in ("NONE", "CURRENT")])
def test_the_header_tells_each_target(native_library: str, target: trtx.ComputeCapability) -> None:
    data = build_for(target)
    version = trtx.library_version()
    header = read_header(data)
    assert header is not None
    assert header._replace(cuda=None) == Header(len(data), (*version[:3], version.build & 0xFF), (target,), False, None)


def test_the_usual_targets(native_library: str) -> None:
    header = read_header(build_for())
    assert header is not None
    assert header.for_others
    assert trtx.ComputeCapability.SM120 in header.targets
    assert trtx.ComputeCapability.SM75 not in header.targets


@pytest.mark.parametrize("version", libraries.SUPPORTED)
def test_the_header_of_every_version(version: str, tmp_path: Path, models: Path) -> None:
    folder = libraries.library(version)
    if folder is None:
        pytest.skip(f"TensorRT-RTX {version} was not fetched: python -m tests.helpers.libraries")
    path = tmp_path / "x.engine"
    built = command(
        "build", models / "fixed.onnx", "-o", path, "--targets", "8.6,12.0", "--json", TRTX_LIBRARY=str(folder)
    )
    assert built.code == 0, built
    assert built.data["targets"] == ["8.6", "12.0"]
    header = read_header(path.read_bytes()[:64])
    assert header is not None
    assert header.version == tuple(map(int, version.split(".")))
    assert header.nbytes == path.stat().st_size


@pytest.mark.parametrize("data", [b"", b"vtrt", b"x" * 64, b"vtrt" + bytes(60)])
def test_what_is_no_engine_has_no_header(data: bytes) -> None:
    assert read_header(data) is None


@needs_no_gpu
def test_an_engine_without_a_gpu(call: Call, engine: Path) -> None:
    data = call("inspect", engine, "--json").data
    assert data["kind"] == "engine"
    assert data["header"]["library"] == str(trtx.library_version())
    assert data["header"]["targets"][-1] == "others"
    assert data["validity"]["here"] == "unknown"
    assert "CUDA driver" in data["validity"]["unknown"]
    assert data["engine"] is None
    shown = call("inspect", engine)
    assert shown.code == 0
    for words in ("usable here", "no CUDA driver", "targets", "8.9", "show only where it can be loaded"):
        assert words in shown.out


def test_an_engine_without_the_library(engine: Path) -> None:
    ended = command("inspect", engine, "--json", TRTX_LIBRARY="/nowhere")
    assert ended.code == 0
    assert ended.data["header"]["targets"][-1] == "others"
    assert ended.data["validity"]["unknown"] == "cannot find the TensorRT-RTX library"


def test_a_truncated_engine(call: Call, engine: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.engine"
    path.write_bytes(engine.read_bytes()[:5000])
    data = call("inspect", path, "--json").data
    assert data["validity"]["here"] == "invalid"
    (reason,) = data["validity"]["reasons"]
    assert reason["name"] == "MALFORMED_ENGINE"
    assert "cut off: it has 5,000 bytes" in reason["text"]
    assert "cut off" in call("inspect", path).out


def test_an_engine_of_another_version(call: Call, engine: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.engine"
    path.write_bytes(of_another_version(engine.read_bytes()))
    data = call("inspect", path, "--json").data
    assert data["validity"]["here"] == "invalid"
    (reason,) = data["validity"]["reasons"]
    assert reason["name"] == "VERSION_MISMATCH"
    assert "1.3.0.1 built it" in reason["text"]


def test_a_header_that_is_cut(call: Call, tmp_path: Path) -> None:
    path = tmp_path / "x.engine"
    path.write_bytes(b"vtrt1234")
    data = call("inspect", path, "--json").data
    assert data["header"] is None
    assert [one["name"] for one in data["validity"]["reasons"]] == ["MALFORMED_ENGINE"]


PLAN = """
from tests.helpers.session_program import *
plan(profiles=(((1, 4), (2, 4), (8, 4)), ((1, 4), (9, 4), (16, 4)))).save({path!r})
"""


@pytest.fixture
def fake_engine(tmp_path: Path) -> Path:
    path = tmp_path / "fake.engine"
    run_python(PLAN.format(path=str(path)), environment={"TRTX_LIBRARY": "fake"})
    return path


def test_all_of_an_engine_where_it_can_be_loaded(fake_engine: Path) -> None:
    ended = command("inspect", fake_engine, "--json", TRTX_LIBRARY="fake")
    assert ended.code == 0, ended
    contents = ended.data["engine"]
    assert contents["inputs"] == [
        {
            "name": name,
            "dtype": "FLOAT",
            "shape": [-1, 4],
            "profiles": [[[1, 4], [2, 4], [8, 4]], [[1, 4], [9, 4], [16, 4]]],
        }
        for name in "ab"
    ]
    assert contents["outputs"] == [{"name": "y", "dtype": "FLOAT", "shape": [-1, 4]}]
    assert contents["profiles"] == 2
    assert contents["num_layers"] == len(contents["layers"]) == 1
    shown = command("inspect", fake_engine, "--layers", TRTX_LIBRARY="fake")
    for words in ("1x4, 9x4, 16x4", "2 optimization profiles", "input", "layer"):
        assert words in shown.out, shown.out


def test_diagnostics_are_decoded(fake_engine: Path) -> None:
    code = f"""
import trtx
from trtx._cli import main
from trtx._run.runtime import EngineValidityReport
bits = trtx.EngineInvalidityDiagnostics
trtx.Runtime.get_engine_validity = lambda self, source: EngineValidityReport(
    trtx.EngineValidity.INVALID, bits.OLD_CUDA_DRIVER | bits.UNSUPPORTED_CC
)
main.main(["inspect", {str(fake_engine)!r}, "--json"])
"""
    out = run_python(code, environment={"TRTX_LIBRARY": "fake"}).stdout
    validity = json.loads(out)["validity"]
    assert validity["here"] == "invalid"
    assert [one["name"] for one in validity["reasons"]] == ["UNSUPPORTED_CC", "OLD_CUDA_DRIVER"]
    assert "install a newer" in validity["reasons"][1]["text"]


def test_every_diagnostic_has_words() -> None:
    from trtx._cli.inspect_engine import REASONS

    assert {one.name for one in trtx.EngineInvalidityDiagnostics} == set(REASONS)


def test_a_model(call: Call, light: Path) -> None:
    data = call("inspect", light / "light_squeezenet.onnx", "--json").data
    assert data["kind"] == "model"
    assert data["inputs"] == [{"name": "data_0", "dtype": "FLOAT", "shape": [1, 3, 224, 224]}]
    assert sum(layer["type"] == "CONVOLUTION" for layer in data["layers"]) == 26
    assert data["weights"]["count"] > 0
    shown = call("inspect", light / "light_squeezenet.onnx", "--layers")
    assert "26 convolution" in shown.out
    assert shown.err == ""


def test_a_graph_as_dot(call: Call, models: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.dot"
    ended = call("inspect", models / "fixed.onnx", "--graph", path)
    assert ended.code == 0
    assert ended.err == f"wrote {path}\n"
    text = path.read_text()
    assert 'input0 [label="x"' in text
    assert 'layer0 [label="ACTIVATION\\nrelu"]' in text
    assert 'input0 -> layer0 [label="x"' in text
    assert "layer0 -> output0" in text


def test_names_in_dot_are_quoted() -> None:
    text = dot([{"name": 'a"b\\c', "type": "T", "inputs": [], "outputs": []}], [], [])
    assert '"T\\na\\"b\\\\c"' in text


def test_a_drawing_without_graphviz_says_so(
    call: Call, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "graphviz":
            raise ImportError(name)
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    ended = call("inspect", models / "fixed.onnx", "--graph", tmp_path / "x.svg")
    is_one_line(ended, 3, "package graphviz", "pip install graphviz", ".dot file")
    assert list(tmp_path.iterdir()) == []


def test_a_drawing(call: Call, models: Path, tmp_path: Path) -> None:
    graphviz = pytest.importorskip("graphviz", reason="the package graphviz is missing")
    try:
        graphviz.version()
    except graphviz.ExecutableNotFound:
        pytest.skip("graphviz's program dot is missing")
    path = tmp_path / "x.svg"
    assert call("inspect", models / "fixed.onnx", "--graph", path).code == 0
    assert "<svg" in path.read_text()
    is_one_line(call("inspect", models / "fixed.onnx", "--graph", tmp_path / "x.xyz"), 2, ".xyz", ".dot or .svg")


@needs_no_gpu
def test_a_graph_of_an_engine_that_cannot_be_loaded(call: Call, engine: Path, tmp_path: Path) -> None:
    ended = call("inspect", engine, "--graph", tmp_path / "x.dot")
    is_one_line(ended, 3, "no graph is made")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [("nowhere", 2, ["is not there"]), ("empty.onnx", 2, ["is empty"]), ("garbage.onnx", 1, ["name an ONNX model"])],
)
def test_wrong_files(call: Call, models: Path, name: str, code: int, words: list[str]) -> None:
    is_one_line(call("inspect", models / name), code, *words)


def test_a_model_without_the_library(models: Path) -> None:
    ended = command("inspect", models / "fixed.onnx", TRTX_LIBRARY="/nowhere")
    is_one_line(ended, 3, "cannot find the TensorRT-RTX library", "trtx doctor")
