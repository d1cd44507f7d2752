"""`Runtime` on the real library, as far as a machine without a GPU shows it: sources, refusals, settings."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import numpy as np
import pytest

import trtx
from trtx import cuda

HEADER_SIZE = 64


@pytest.fixture
def runtime(logger: trtx.Logger) -> trtx.Runtime:
    return trtx.Runtime(logger)


@pytest.fixture(scope="session")
def engine_bytes(native_library: str) -> bytes:
    """A sound engine of the loaded version."""
    with trtx.Logger(trtx.Severity.ERROR, sink=lambda severity, message: None) as logger:
        builder = trtx.Builder(logger)
        network = builder.create_network()
        x = network.add_input("x", trtx.DataType.FLOAT, (2, 3))
        y = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
        y.name = "y"
        network.mark_output(y)
        return bytes(builder.build_serialized_network(network, builder.create_config()))


needs_no_driver = pytest.mark.skipif(cuda.driver_problem() is None, reason="this machine has a CUDA driver")


def test_a_runtime_needs_a_logger() -> None:
    with pytest.raises(trtx.InvalidArgumentError, match="logger"):
        trtx.Runtime(None)  # type: ignore[arg-type]


def test_a_runtime_knows_its_logger_and_keeps_it_alive(native_library: str) -> None:
    runtime = trtx.Runtime(trtx.Logger(trtx.Severity.ERROR))
    assert runtime.logger.severity is trtx.Severity.ERROR
    assert not runtime.logger.is_closed


def test_closing_the_logger_closes_the_runtime(native_library: str) -> None:
    logger = trtx.Logger()
    runtime = trtx.Runtime(logger)
    logger.close()
    with pytest.raises(trtx.ClosedError, match="Runtime"):
        _ = runtime.max_threads


def test_a_closed_runtime_says_so(runtime: trtx.Runtime, engine_bytes: bytes) -> None:
    runtime.close()
    runtime.close()
    for use in (
        lambda: runtime.max_threads,
        lambda: runtime.deserialize_cuda_engine(engine_bytes),
        lambda: runtime.get_engine_validity(engine_bytes),
        lambda: runtime.logger,
        lambda: setattr(runtime, "max_threads", 1),
    ):
        with pytest.raises(trtx.ClosedError, match="Runtime"):
            use()


# Settings


def test_the_header_size(runtime: trtx.Runtime) -> None:
    assert runtime.engine_header_size == HEADER_SIZE


def test_max_threads(runtime: trtx.Runtime) -> None:
    runtime.max_threads = 3
    assert runtime.max_threads == 3
    for wrong in (0, -5, 2**31, 1.5, True, "2"):
        with pytest.raises(trtx.InvalidArgumentError, match="max_threads"):
            runtime.max_threads = wrong  # type: ignore[assignment]
    assert runtime.max_threads == 3


def test_the_temporary_directory(runtime: trtx.Runtime, tmp_path: Path) -> None:
    assert runtime.temporary_directory is None
    runtime.temporary_directory = tmp_path
    assert runtime.temporary_directory == str(tmp_path)
    missing = tmp_path / "missing"
    for wrong in (missing, str(missing), 5, b"bytes"):
        with pytest.raises(trtx.InvalidArgumentError, match="temporary_directory"):
            runtime.temporary_directory = wrong  # type: ignore[assignment]
    runtime.temporary_directory = None
    assert runtime.temporary_directory is None


def test_the_tempfile_flags(runtime: trtx.Runtime) -> None:
    in_memory = 1 << trtx.TempfileControlFlag.ALLOW_IN_MEMORY_FILES
    runtime.tempfile_control_flags = in_memory
    assert runtime.tempfile_control_flags == in_memory
    with pytest.raises(trtx.InvalidArgumentError, match="tempfile_control_flags"):
        runtime.tempfile_control_flags = 7
    assert runtime.tempfile_control_flags == in_memory


def test_host_code(runtime: trtx.Runtime) -> None:
    assert runtime.engine_host_code_allowed is False
    runtime.engine_host_code_allowed = True
    assert runtime.engine_host_code_allowed is True
    with pytest.raises(trtx.InvalidArgumentError, match="engine_host_code_allowed"):
        runtime.engine_host_code_allowed = 1  # type: ignore[assignment]


def test_deferred_weights(runtime: trtx.Runtime) -> None:
    if trtx.library_version() < (1, 6):
        with pytest.raises(trtx.UnsupportedError, match=r"1\.6"):
            runtime.defer_weights_loading = True
        return
    assert runtime.defer_weights_loading is False
    runtime.defer_weights_loading = True
    assert runtime.defer_weights_loading is True


# Sources


@pytest.mark.parametrize("method", ["deserialize_cuda_engine", "get_engine_validity"])
def test_files_that_cannot_be_read(runtime: trtx.Runtime, tmp_path: Path, method: str) -> None:
    empty, short = tmp_path / "empty.engine", tmp_path / "short.engine"
    empty.touch()
    short.write_bytes(b"v" * (HEADER_SIZE - 1))
    for path, reason in (
        (tmp_path / "missing.engine", "No such file"),
        (tmp_path, "not a regular file"),
        (empty, "empty"),
        (short, f"{HEADER_SIZE - 1} bytes"),
    ):
        for spelling in (path, str(path)):
            with pytest.raises(trtx.EngineError, match=reason) as raised:
                getattr(runtime, method)(spelling)
            assert str(path) in str(raised.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs on this system")
def test_a_fifo_is_refused_and_does_not_block(runtime: trtx.Runtime, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(trtx.EngineError, match=r"fifo.*not a regular file"):
        runtime.deserialize_cuda_engine(fifo)


def test_a_path_with_nul(runtime: trtx.Runtime) -> None:
    with pytest.raises(trtx.EngineError, match="null"):
        runtime.deserialize_cuda_engine("a\0b")


def test_sources_of_a_wrong_kind(runtime: trtx.Runtime) -> None:
    for wrong in (None, 5, [1, 2, 3], object()):
        with pytest.raises(trtx.InvalidArgumentError, match=f"is {type(wrong).__name__}, no engine"):
            runtime.deserialize_cuda_engine(wrong)
    with pytest.raises(trtx.InvalidArgumentError, match=r"ndarray.*contiguous"):
        runtime.deserialize_cuda_engine(np.zeros(4096, np.uint8)[::2])


def test_too_few_bytes(runtime: trtx.Runtime) -> None:
    with pytest.raises(trtx.EngineError, match="empty"):
        runtime.deserialize_cuda_engine(b"")
    with pytest.raises(trtx.EngineError, match="10 bytes"):
        runtime.deserialize_cuda_engine(bytes(10))


def test_bytes_that_are_no_engine(runtime: trtx.Runtime) -> None:
    for source in (bytes(4096), np.random.default_rng(0).integers(0, 255, 4096, np.uint8), bytearray(b"x" * 100)):
        with pytest.raises(trtx.EngineError, match="no TensorRT-RTX engine") as raised:
            runtime.deserialize_cuda_engine(source)
        assert "Serialization" in str(raised.value), "the words of TensorRT-RTX are missing"
        assert "MALFORMED_ENGINE" in str(raised.value)
        assert raised.value.messages
        assert raised.value.status


def test_a_truncated_engine(runtime: trtx.Runtime, engine_bytes: bytes, tmp_path: Path) -> None:
    half = tmp_path / "half.engine"
    half.write_bytes(engine_bytes[: len(engine_bytes) // 2])
    for source in (engine_bytes[:HEADER_SIZE], engine_bytes[:-1], memoryview(engine_bytes)[:-1], half):
        with pytest.raises(trtx.EngineError, match=f"truncated: its header tells of {len(engine_bytes)} bytes"):
            runtime.deserialize_cuda_engine(source)


def test_an_engine_with_a_tail(runtime: trtx.Runtime, engine_bytes: bytes) -> None:
    with pytest.raises(trtx.EngineError, match=f"has {len(engine_bytes) + 1}"):
        runtime.deserialize_cuda_engine(engine_bytes + b"x")


def test_an_engine_with_a_zeroed_body(runtime: trtx.Runtime, engine_bytes: bytes) -> None:
    with pytest.raises(trtx.EngineError, match="Serialization"):
        runtime.deserialize_cuda_engine(engine_bytes[:HEADER_SIZE] + bytes(len(engine_bytes) - HEADER_SIZE))


@needs_no_driver
def test_a_sound_engine_needs_a_driver(
    runtime: trtx.Runtime, engine_bytes: bytes, tmp_path: Path, builder: trtx.Builder
) -> None:
    path = tmp_path / "sound.engine"
    path.write_bytes(engine_bytes)
    sources = (
        engine_bytes,
        bytearray(engine_bytes),
        memoryview(engine_bytes),
        np.frombuffer(engine_bytes, np.uint8),
        path,
        str(path),
    )
    for source in sources:
        with pytest.raises(trtx.CudaError, match="CUDA driver") as raised:
            runtime.deserialize_cuda_engine(source)
        assert "Cuda Runtime" in str(raised.value), "the words of TensorRT-RTX are missing"
        assert raised.value.messages
    path.unlink()  # nothing maps it any more, which Windows would refuse


@needs_no_driver
def test_host_memory_is_a_source(runtime: trtx.Runtime, builder: trtx.Builder) -> None:
    network = builder.create_network()
    x = network.add_input("x", trtx.DataType.FLOAT, (1,))
    network.mark_output(network.add_identity(x).get_output(0))
    memory = builder.build_serialized_network(network, builder.create_config())
    with pytest.raises(trtx.CudaError, match="CUDA driver"):
        runtime.deserialize_cuda_engine(memory)
    memory.close()
    with pytest.raises(trtx.ClosedError, match="HostMemory"):
        runtime.deserialize_cuda_engine(memory)


def test_threads_share_a_runtime(runtime: trtx.Runtime) -> None:
    errors: list[BaseException] = []

    def refuse() -> None:
        for _ in range(20):
            try:
                runtime.deserialize_cuda_engine(bytes(1 << 16))
            except trtx.Error as error:
                errors.append(error)

    threads = [threading.Thread(target=refuse) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 80
    assert {type(error) for error in errors} == {trtx.EngineError}


def test_an_exception_of_the_logger_comes_out(native_library: str) -> None:
    class Stop(Exception):
        pass

    def sink(severity: trtx.Severity, message: str) -> None:
        raise Stop(message)

    runtime = trtx.Runtime(trtx.Logger(sink=sink))
    with pytest.raises(Stop, match="Serialization"):
        runtime.deserialize_cuda_engine(bytes(4096))


# The header check


def test_the_validity_of_bytes_that_are_no_engine(runtime: trtx.Runtime) -> None:
    report = runtime.get_engine_validity(bytes(HEADER_SIZE))
    assert report.validity is trtx.EngineValidity.INVALID
    assert report.diagnostics == trtx.EngineInvalidityDiagnostics.MALFORMED_ENGINE


@needs_no_driver
def test_the_validity_of_a_sound_engine_needs_a_driver(runtime: trtx.Runtime, engine_bytes: bytes) -> None:
    with pytest.raises(trtx.CudaError, match="CUDA driver"):
        runtime.get_engine_validity(engine_bytes[:HEADER_SIZE])


@pytest.mark.parametrize("built_by", [b"\x01\x05\x00\x72", b"\x01\x06\x01\x77", b"\x02\x00\x00\x01"])
def test_another_version_is_named(runtime: trtx.Runtime, engine_bytes: bytes, built_by: bytes) -> None:
    # What is said when the library refuses; a machine without a driver does not get as far as comparing versions.
    from trtx._run.engine_source import explain, open_blob

    with open_blob(engine_bytes[:24] + built_by + engine_bytes[28:], "engine", HEADER_SIZE, "buffer") as blob:
        said = explain(blob, trtx.library_version(), malformed=False)
    if tuple(built_by[:3]) == trtx.library_version()[:3] and built_by[3] == trtx.library_version().build & 0xFF:
        assert said == ""
    else:
        assert f"built by TensorRT-RTX {'.'.join(map(str, built_by))} and {trtx.library_version()} is loaded" in said
        assert "exact version that built them" in said


def test_the_header_of_the_loaded_version_is_not_blamed(engine_bytes: bytes) -> None:
    from trtx._run.engine_source import explain, open_blob

    with open_blob(engine_bytes, "engine", HEADER_SIZE, "buffer") as blob:
        assert explain(blob, trtx.library_version(), malformed=False) == ""


# What can be made only by other objects


@pytest.mark.parametrize(
    ("kind", "how"),
    [
        (trtx.CudaEngine, "deserialize_cuda_engine"),
        (trtx.ExecutionContext, "create_execution_context"),
        (trtx.EngineInspector, "create_engine_inspector"),
        (trtx.RuntimeConfig, "create_runtime_config"),
        (trtx.RuntimeCache, "create_runtime_cache"),
    ],
)
def test_objects_that_others_make(kind: type, how: str) -> None:
    with pytest.raises(TypeError, match=how):
        kind()


def test_an_instance_that_was_never_made() -> None:
    context = trtx.ExecutionContext.__new__(trtx.ExecutionContext)
    for use in (lambda: context.enqueue_v3(0), lambda: context.set_tensor_address("x", 1), lambda: context.name):
        with pytest.raises(trtx.ClosedError, match="never made"):
            use()
    engine = trtx.CudaEngine.__new__(trtx.CudaEngine)
    for use in (lambda: engine.num_io_tensors, lambda: list(engine), lambda: engine.create_execution_context()):
        with pytest.raises(trtx.ClosedError, match="never made"):
            use()


def test_there_are_no_accelerators_of_deep_learning(runtime: trtx.Runtime) -> None:
    assert (runtime.DLA_core, runtime.num_DLA_cores) == (-1, 0)
    runtime.DLA_core = -1
    with pytest.raises(trtx.UnsupportedError, match="DLA_core = 0 had no effect"):
        runtime.DLA_core = 0
    with pytest.raises(trtx.InvalidArgumentError, match="DLA_core is -2"):
        runtime.DLA_core = -2


def test_files_are_read_by_the_library_itself(runtime: trtx.Runtime, engine_bytes: bytes) -> None:
    """It asks for the bytes, or says first that there is no driver."""
    with pytest.raises(trtx.Error):
        runtime.deserialize_cuda_engine(io.BytesIO(b"x" * 5000))
    if trtx.cuda.driver_problem() is None:
        return
    with pytest.raises(trtx.CudaError, match="driver"):
        runtime.deserialize_cuda_engine(io.BytesIO(engine_bytes))
