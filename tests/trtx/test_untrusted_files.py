"""Files and paths from strangers: what is looked at before they are used, and how files are written."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

import trtx
from tests.helpers.process import run_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes, devices, permissions and limits of POSIX")


@pytest.fixture
def runtime(logger: trtx.Logger) -> trtx.Runtime:
    return trtx.Runtime(logger)


@pytest.fixture
def memory(builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> trtx.HostMemory:
    x = network.add_input("x", trtx.DataType.FLOAT, (2, 2))
    network.mark_output(network.add_activation(x, trtx.ActivationType.RELU).get_output(0))
    return builder.build_serialized_network(network, config)


def no_regular_files(folder: Path) -> list[Path]:
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("pipe")
    return [folder / "pipe", folder / "link", Path("/dev/zero"), Path("/dev/null"), folder]


def test_engines_come_from_regular_files(runtime: trtx.Runtime, tmp_path: Path) -> None:
    """Opening a pipe would wait for ever, and reading a device would fill the memory."""
    for path in no_regular_files(tmp_path):
        for ask in (runtime.deserialize_cuda_engine, runtime.get_engine_validity):
            with pytest.raises(trtx.EngineError, match="is not a regular file") as caught:
                ask(path)
            assert str(path) in str(caught.value)


def test_models_come_from_regular_files(network: trtx.NetworkDefinition, tmp_path: Path) -> None:
    parser = trtx.OnnxParser(network)
    for path in no_regular_files(tmp_path):
        with pytest.raises(trtx.ParserError, match="is not a regular file"):
            parser.parse_from_file(path)
        with pytest.raises(trtx.ParserError, match="is not a regular file"):
            trtx.check_onnx_model(path)


def test_nothing_is_written_over_pipes_and_devices(memory: trtx.HostMemory, tmp_path: Path) -> None:
    for path in no_regular_files(tmp_path):
        with pytest.raises(trtx.InvalidArgumentError, match="allowed is a regular file"):
            memory.save(path)


def test_lengths_in_an_engine_are_compared_with_its_file(
    runtime: trtx.Runtime, memory: trtx.HostMemory, tmp_path: Path
) -> None:
    data = bytearray(memory.view())
    for said in (0, len(data) - 1, len(data) + 1, 2**62, 2**64 - 1):
        data[16:24] = said.to_bytes(8, "little")
        (tmp_path / "model.engine").write_bytes(data)
        with pytest.raises(trtx.Error, match=rf"its header tells of {said} bytes|CUDA|driver"):
            runtime.deserialize_cuda_engine(tmp_path / "model.engine")


def test_a_draft_is_private(memory: trtx.HostMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a file is being written nobody else may read it, and nobody can have put one in its place."""
    seen: list[tuple[str, int]] = []
    fsync = os.fsync

    def look(descriptor: int) -> None:
        (draft,) = tmp_path.iterdir()
        seen.append((draft.name, stat.S_IMODE(os.fstat(descriptor).st_mode)))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", look)
    memory.save(tmp_path / "a.engine")
    (tmp_path / "a.engine").unlink()
    memory.save(tmp_path / "a.engine")
    (first, mode), (second, _) = seen
    assert mode == 0o600
    assert first != second
    assert first.startswith(".a.engine.")


def test_a_foreign_draft_is_not_followed(
    memory: trtx.HostMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    monkeypatch.setattr(os, "urandom", lambda count: bytes(count))
    (tmp_path / f".a.engine.{'00' * 8}.tmp").symlink_to("precious")
    with pytest.raises(FileExistsError):
        memory.save(tmp_path / "a.engine")
    assert (tmp_path / "precious").read_bytes() == b"precious"


WRITE = """
import os, resource, signal, sys, trtx
logger = trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None)
builder = trtx.Builder(logger)
network = builder.create_network()
x = network.add_input("x", trtx.DataType.FLOAT, (2, 2))
network.mark_output(network.add_activation(x, trtx.ActivationType.RELU).get_output(0))
memory = builder.build_serialized_network(network, builder.create_config())
target = {target!r}
"""


def test_a_full_disk(native_library: str, tmp_path: Path) -> None:
    target = tmp_path / "model.engine"
    target.write_bytes(b"precious")
    code = """
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
assert memory.nbytes > 1000
try:
    memory.save(target)
except OSError as error:
    print(error)
"""
    done = run_python(WRITE.format(target=str(target)) + code)
    assert "File too large" in done.stdout
    assert os.listdir(tmp_path) == ["model.engine"]
    assert target.read_bytes() == b"precious"


@pytest.mark.parametrize("point", ["fsync", "replace"])
def test_a_killed_save_leaves_the_old_file(native_library: str, tmp_path: Path, point: str) -> None:
    target = tmp_path / "model.engine"
    target.write_bytes(b"precious")
    code = f"os.{point} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)\nmemory.save(target)\n"
    done = run_python(WRITE.format(target=str(target)) + code, check=False)
    assert done.returncode == -9
    assert target.read_bytes() == b"precious"
    drafts = [path for path in tmp_path.iterdir() if path != target]
    assert len(drafts) == 1
    # Its last mode comes with its last byte.
    assert point == "replace" or stat.S_IMODE(drafts[0].stat().st_mode) == 0o600


def test_an_interrupted_save_leaves_nothing(
    memory: trtx.HostMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        memory.save(tmp_path / "model.engine")
    assert list(tmp_path.iterdir()) == []
