"""What type checkers see of the installed package: users check their programs with ``mypy --strict``."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest

import trtx
import trtx.cuda
import trtx_sys
from tests.helpers.process import ROOT

PROGRAM = """
from typing import Literal

import numpy as np
from typing_extensions import assert_type

import trtx
import trtx.cuda


class Progress(trtx.ProgressMonitor):
    def step_complete(self, phase_name: str, step: int) -> bool:
        return True


def build(logger: trtx.Logger) -> trtx.HostMemory:
    builder = trtx.Builder(logger)
    network = builder.create_network()
    x = network.add_input("x", trtx.float32, [1, 3, -1])
    assert_type(x, trtx.Tensor)
    relu = network.add_activation(x, trtx.ActivationType.RELU)
    relu.alpha = 0.5
    network.mark_output(relu.get_output(0))
    assert_type(x.shape, tuple[int, ...] | None)
    profile = builder.create_optimization_profile()
    profile.set_shape("x", (1, 3, 1), [1, 3, 2], np.array([1, 3, 4]))
    config = builder.create_config()
    config.add_optimization_profile(profile)
    config.progress_monitor = Progress()
    config.set_memory_pool_limit(trtx.MemoryPoolType.WORKSPACE, 1 << 30)
    return builder.build_serialized_network(network, config)


def run(memory: trtx.HostMemory, logger: trtx.Logger) -> None:
    engine = trtx.Runtime(logger).deserialize_cuda_engine(memory)
    assert_type(engine, trtx.CudaEngine)
    context = engine.create_execution_context()
    context.set_input_shape("x", [1, 3, 2])
    context.set_tensor_address("x", 256)
    context.enqueue_v3(0)


def parse(network: trtx.NetworkDefinition) -> None:
    parser = trtx.OnnxParser(network)
    try:
        assert_type(parser.parse(b""), Literal[True])
    except trtx.ParserError as error:
        for info in error.errors:
            print(info.node_name, error.messages[0].severity)


memory = build(trtx.Logger(trtx.Severity.WARNING, sink=lambda severity, message: print(severity.name, message)))
assert_type(bytes(memory.view()), bytes)
"""

#: What the checks at run time take beside the plain types: numbers and bools of numpy, and whatever has an order.
TAKEN = """
import array
import mmap
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from typing_extensions import assert_type

import trtx
import trtx.cuda

float32s: npt.NDArray[np.float32] = np.ones(4, np.float32)


class Foreign:
    def __dlpack__(self, *, stream: int | None = None) -> object: ...


class Older:
    __array_interface__: dict[str, object] = {}


def add(network: trtx.NetworkDefinition, x: trtx.Tensor) -> None:
    conv = network.add_convolution_nd(x, np.int64(4), np.array([3, 3]), float32s, trtx.Weights(float32s))
    network.add_deconvolution_nd(x, 4, (size for size in (3, 3)), None)
    conv.num_groups = np.int32(1)
    conv.num_groups += 1
    conv.stride_nd = np.array([1, 1])
    conv.stride_nd = range(1, 3)
    conv.bias = array.array("f", [0.0])
    conv.bias = memoryview(b"1234")
    conv.bias = trtx.Weights()
    conv.bias = None
    assert_type(conv.bias, trtx.Weights)
    assert_type(conv.stride_nd, tuple[int, ...])
    assert_type(conv.stride_nd[0], int)
    assert_type(conv.padding_mode, trtx.PaddingMode)
    conv.padding_mode = trtx.PaddingMode.SAME_UPPER
    conv.set_input(np.int64(1), conv.get_output(np.int64(0)))
    relu = network.add_activation(x, trtx.ActivationType.RELU)
    relu.alpha = np.float32(1)
    relu.alpha = Fraction(1, 3)
    relu.num_ranks = np.int64(1)
    assert_type(relu.alpha, float)
    assert_type(relu.type, trtx.ActivationType)
    relu.type = trtx.ActivationType.CLIP
    network.add_lrn(x, np.int64(5), alpha=np.float32(1), beta=1, k=np.float64(1))
    network.add_reduce(x, trtx.ReduceOperation.SUM, np.int64(1), keep_dims=np.bool_(True))
    network.add_softmax(x).axes = {1}
    network.add_softmax(x).axes = np.int64(2)
    network.add_topk(x, trtx.TopKOperation.MAX, np.int64(1), [0])
    network.add_scale(x, trtx.ScaleMode.UNIFORM, np.float32(1), scale=float32s)
    fill = network.add_fill((3,), trtx.FillOperation.LINSPACE)
    fill.alpha = np.float32(1)
    fill.beta = np.int64(1)
    network.add_resize(x).scales = [np.float32(1), 1, 2.0, np.int64(2)]
    shuffle = network.add_shuffle(x)
    shuffle.zero_is_placeholder = np.bool_(True)
    shuffle.first_transpose = np.array([0, 1])
    assert_type(shuffle.reshape_dims, tuple[int, ...] | None)
    window = network.add_slice(x, [0], [1], [1])
    assert_type(window.start, tuple[int, ...] | None)
    assert_type(network.add_pooling_nd(x, trtx.PoolingType.MAX, (2, 2)).type, trtx.PoolingType)
    assert_type(network.add_normalization(x, x, x, {1}).is_v2, bool)
    network.add_constant((1,), float32s)
    network.add_constant((1,), np.float32(3))
    network.add_constant((1,), memoryview(b"1"))
    network.add_constant((1,), array.array("f", [1]))
    network.add_constant((1,), Foreign())
    network.add_constant((1,), Older())
    trtx.Weights(float32s)
    trtx.Weights(trtx.uint8, b"1")
    trtx.Weights(trtx.float32, Foreign())
    trtx.Weights(trtx.float32, count=np.int64(3))
    network.add_constant((1,), trtx.Weights(trtx.float32, b"1234"))
    x.allowed_formats = np.int64(1)
    x.allowed_formats = {trtx.TensorFormat.LINEAR}
    assert_type(network[np.int64(0)], trtx.Layer)
    trtx.volume(np.array([1, 2]))
    trtx.nbytes([np.int64(3)], trtx.float32)


def configure(builder: trtx.Builder, config: trtx.BuilderConfig) -> None:
    builder.max_threads = np.int64(2)
    builder.create_network(np.int64(0))
    config.max_aux_streams = np.int32(3)
    config.builder_optimization_level = np.int8(3)
    config.flags = 1 << trtx.BuilderFlag.TF32
    config.compute_capabilities = {trtx.ComputeCapability.SM89}
    config.compute_capabilities = (kind for kind in [trtx.ComputeCapability.SM89])
    config.set_memory_pool_limit(trtx.MemoryPoolType.WORKSPACE, np.int64(1))
    builder.create_optimization_profile().extra_memory_target = np.float32(0.5)


def read(runtime: trtx.Runtime, parser: trtx.OnnxParser, memory: trtx.HostMemory, mapped: mmap.mmap) -> None:
    runtime.deserialize_cuda_engine(memory)
    runtime.deserialize_cuda_engine(mapped)
    runtime.deserialize_cuda_engine(bytearray())
    runtime.deserialize_cuda_engine(memoryview(b""))
    runtime.deserialize_cuda_engine(np.zeros(3, np.uint8))
    runtime.deserialize_cuda_engine("file")
    runtime.get_engine_validity(Path("file"))
    parser.parse(mapped, allow_outside_data=np.bool_(False))
    parser.parse(np.zeros(3, np.uint8))
    parser.supports_model(array.array("B"))
    trtx.check_onnx_model(b"", timeout=np.float32(5))
    trtx.check_onnx_model(Path("file"))
    parser.load_initializer("w", float32s)
    runtime.engine_host_code_allowed = np.bool_(False)


def run(context: trtx.ExecutionContext, engine: trtx.CudaEngine, addresses: dict[str, int]) -> None:
    context.execute_v2(addresses.values())
    context.set_optimization_profile_async(np.int64(0), 0)
    context.persistent_cache_limit = np.int64(0)
    assert_type(engine[np.int64(0)], str)
    stream = trtx.cuda.Device().create_stream()
    trtx.cuda.empty((np.int64(3),), np.float32, stream=stream)
    trtx.cuda.to_numpy(1, np.array([3]), trtx.float32, stream=stream)
"""

#: Each line but those of the function's head is a mistake, which is to be seen.
MISTAKEN = """
import trtx
import trtx.cuda
import trtx.diagnostics
import trtx_sys


def wrong(
    network: trtx.NetworkDefinition,
    x: trtx.Tensor,
    conv: trtx.ConvolutionLayer,
    relu: trtx.ActivationLayer,
    shuffle: trtx.ShuffleLayer,
    builder: trtx.Builder,
    config: trtx.BuilderConfig,
    runtime: trtx.Runtime,
    parser: trtx.OnnxParser,
    context: trtx.ExecutionContext,
) -> None:
    trtx.Severty
    trtx.Dims
    trtx.float23
    trtx.importlib
    trtx.cuda.Devise
    trtx.diagnostics.live_object
    trtx_sys.DataTyp
    trtx_sys.lib.trtx_last_eror
    conv.padding_mode = trtx.PoolingType.MAX
    conv.padding_mode = 3
    conv.num_groups = "many"
    conv.num_groups = 1.5
    conv.stride_nd = 2
    conv.stride_nd = "ab"
    conv.stride_nd = None
    conv.kernel = 5
    conv.kernel = [1.0]
    conv.kernell = None
    relu.alpha = "1"
    relu.alpha = None
    relu.type = trtx.PoolingType.MAX
    shuffle.zero_is_placeholder = "yes"
    shuffle.zero_is_placeholder = 1
    shuffle.first_transpose = 3
    shuffle.reshape_dims[0]
    network.add_softmax(x).axes = "1"
    network.add_normalization(x, x, x, 1).is_v2 = True
    network.add_fill((3,), trtx.FillOperation.LINSPACE).alpha = "1"
    network.add_resize(x).scales = 2.0
    network.add_constant((1,), 5.0)
    network.add_constant((1,), [1.0])
    network.add_constant((1,), "abc")
    network.add_constant((1,), None)
    network.add_convolution_nd(x, 1.0, (1, 1), None)
    network.add_convolution_nd(x, 1, (1, 1), [1.0])
    network.add_lrn(x, 5, "1", 1, 1)
    network.add_reduce(x, trtx.ReduceOperation.SUM, 1, 1)
    network.get_layer("0")
    trtx.Weights(5)
    trtx.Weights([1.0])
    trtx.Weights(trtx.float32, "5")
    trtx.Weights(trtx.float32, None, "3")
    runtime.deserialize_cuda_engine(5)
    runtime.deserialize_cuda_engine(None)
    runtime.max_threads = "2"
    runtime.engine_host_code_allowed = 1
    parser.parse("abc")
    parser.parse(None)
    parser.load_initializer("w", [1.0])
    builder.max_threads = 1.0
    config.max_aux_streams = "3"
    config.compute_capabilities = trtx.ComputeCapability.SM89
    config.set_preview_feature(trtx.PreviewFeature.ALIASED_PLUGIN_IO_10_03, 1)
    context.debug_sync = "no"
    trtx.volume("ab")
    trtx.cuda.empty("3", stream=0)
    trtx.Tensor()
    trtx.Layer()
    trtx.ConvolutionLayer()
    trtx.NetworkDefinition()
    trtx.BuilderConfig()
    trtx.OptimizationProfile()
    trtx.HostMemory()
    trtx.CudaEngine()
    trtx.ExecutionContext()
    trtx.EngineInspector()
    trtx.RuntimeConfig()
    trtx.RuntimeCache()
    trtx.SerializationConfig()
"""


@pytest.fixture(scope="session")
def interpreter(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python in which the wheel is installed, beside what the tests have."""
    pytest.importorskip("mypy")
    folder = tmp_path_factory.mktemp("types") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    zipfile.ZipFile(wheel).extractall(site)
    (site / "others.pth").write_text(sysconfig.get_paths()["purelib"])
    return folder / "bin" / "python"


def run(interpreter: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        f"--python-executable={interpreter}",
        "--config-file=",
        *arguments,
    ]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


def check(interpreter: Path, *arguments: str, cwd: Path) -> None:
    done = run(interpreter, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("program", [PROGRAM, TAKEN], ids=["usual", "taken"])
def test_a_program(interpreter: Path, tmp_path: Path, program: str) -> None:
    (tmp_path / "program.py").write_text(program)
    check(interpreter, "program.py", cwd=tmp_path)


def test_every_name(interpreter: Path, tmp_path: Path) -> None:
    lines = ["import trtx", "import trtx.cuda", "import trtx.diagnostics"]
    lines += [f"print(trtx.{name})" for name in trtx.__all__]
    lines += [f"print(trtx.cuda.{name})" for name in (*trtx.cuda.__all__, *trtx.cuda.CORE_NAMES)]
    lines += ["import trtx_sys", *(f"print(trtx_sys.{name})" for name in trtx_sys.__all__)]
    (tmp_path / "names.py").write_text("\n".join(lines))
    check(interpreter, "names.py", cwd=tmp_path)


def test_a_mistake_is_seen(interpreter: Path, tmp_path: Path) -> None:
    """Else everything would be Any."""
    (tmp_path / "wrong.py").write_text("import trtx\ntrtx.Logger('loud')\n")
    with pytest.raises(AssertionError, match="incompatible type"):
        check(interpreter, "wrong.py", cwd=tmp_path)


def test_every_mistake_is_seen(interpreter: Path, tmp_path: Path) -> None:
    (tmp_path / "mistaken.py").write_text(MISTAKEN)
    done = run(interpreter, "--hide-error-context", "mistaken.py", cwd=tmp_path)
    seen = {int(found[1]) for found in re.finditer(r"^mistaken\.py:(\d+): error: ", done.stdout, re.MULTILINE)}
    assert unseen(MISTAKEN, seen) == []


def unseen(program: str, seen: set[int]) -> list[str]:
    """Lines of the function that are not seen to be mistaken, and others that are."""
    lines = program.splitlines()
    first = lines.index(") -> None:") + 1
    wrong = [line for number, line in enumerate(lines[first:], first + 1) if number not in seen]
    return wrong + [lines[number - 1] for number in seen if number <= first]


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_examples(interpreter: Path, path: Path) -> None:
    check(interpreter, "--ignore-missing-imports", str(path), cwd=path.parent)


# The same by pyright, which editors use: as basedpyright, which brings all that it needs.


@pytest.fixture(scope="session")
def pyright() -> str:
    pytest.importorskip("basedpyright", reason="needs the package basedpyright")
    return "basedpyright"


def errors_of(pyright: str, interpreter: Path, name: str, cwd: Path) -> list[dict[str, Any]]:
    (cwd / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    command = [sys.executable, "-m", pyright, f"--pythonpath={interpreter}", "--outputjson", name]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    answer = json.loads(done.stdout)
    assert answer["summary"]["filesAnalyzed"] == 1
    return [found for found in answer["generalDiagnostics"] if found["severity"] == "error"]


@pytest.mark.parametrize("program", [PROGRAM, TAKEN], ids=["usual", "taken"])
def test_a_program_by_pyright(pyright: str, interpreter: Path, tmp_path: Path, program: str) -> None:
    (tmp_path / "program.py").write_text(program)
    assert errors_of(pyright, interpreter, "program.py", tmp_path) == []


def test_every_mistake_is_seen_by_pyright(pyright: str, interpreter: Path, tmp_path: Path) -> None:
    (tmp_path / "mistaken.py").write_text(MISTAKEN)
    found = errors_of(pyright, interpreter, "mistaken.py", tmp_path)
    assert unseen(MISTAKEN, {error["range"]["start"]["line"] + 1 for error in found}) == []


def test_the_package_by_pyright(pyright: str) -> None:
    """Its own code, as pyproject.toml says; what packages that are not installed are, it cannot know."""
    for package in ("cuda.core", "cuda.bindings", "ml_dtypes", "onnx", "onnx_ir", "onnxscript", "rich"):
        if importlib.util.find_spec(package.partition(".")[0]) is None:
            pytest.skip(f"needs the package {package}")
    command = [sys.executable, "-m", pyright, f"--pythonpath={sys.executable}", "--level", "error"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
