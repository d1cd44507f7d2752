"""What type checkers see of the installed package: users check their programs with ``mypy --strict``."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

import trtx
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


def check(interpreter: Path, *arguments: str, cwd: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        f"--python-executable={interpreter}",
        "--config-file=",
        *arguments,
    ]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_program(interpreter: Path, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    check(interpreter, "program.py", cwd=tmp_path)


def test_every_name(interpreter: Path, tmp_path: Path) -> None:
    lines = ["import trtx", "import trtx.cuda", "import trtx.diagnostics"]
    lines += [f"print(trtx.{name})" for name in trtx.__all__]
    (tmp_path / "names.py").write_text("\n".join(lines))
    check(interpreter, "names.py", cwd=tmp_path)


def test_a_mistake_is_seen(interpreter: Path, tmp_path: Path) -> None:
    """Else everything would be Any."""
    (tmp_path / "wrong.py").write_text("import trtx\ntrtx.Logger('loud')\n")
    with pytest.raises(AssertionError, match="incompatible type"):
        check(interpreter, "wrong.py", cwd=tmp_path)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_examples(interpreter: Path, path: Path) -> None:
    check(interpreter, "--ignore-missing-imports", str(path), cwd=path.parent)
