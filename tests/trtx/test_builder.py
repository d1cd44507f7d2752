"""`Builder`: engines come out, mistakes are named before the build, and nothing gets in its way or is lost."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import trtx
from trtx import cuda

ROOT = Path(trtx.__file__).resolve().parent.parent


def add_relu(network: trtx.NetworkDefinition, name: str = "x", shape: tuple[int, ...] = (2, 2)) -> None:
    tensor = network.add_input(name, trtx.DataType.FLOAT, shape)
    network.mark_output(network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0))


def add_slow(network: trtx.NetworkDefinition, layers: int = 250) -> None:
    """Layers that take TensorRT-RTX seconds, most of them without a call of the monitor."""
    source = tensor = network.add_input("x", trtx.DataType.FLOAT, (1, 8, 32, 32))
    for _ in range(layers):
        soft = network.add_softmax(tensor).get_output(0)
        tensor = network.add_elementwise(soft, source, trtx.ElementWiseOperation.SUM).get_output(0)
    network.mark_output(tensor)


@pytest.fixture
def simple(network: trtx.NetworkDefinition) -> trtx.NetworkDefinition:
    add_relu(network)
    return network


PRELUDE = f"""
import os, signal, sys, threading, time
sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]
import trtx
from tests.helpers.process import hear_interrupts
from test_builder import add_relu, add_slow
hear_interrupts()
def interrupt(seconds):
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()
logger = trtx.Logger(trtx.Severity.WARNING, lambda severity, message: None)
builder = trtx.Builder(logger)
network, config = builder.create_network(), builder.create_config()
"""


def run_script(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program of its own, behind the prelude."""
    code = PRELUDE + textwrap.dedent(script)
    variables = {**os.environ, **environment}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, env=variables)


# What comes out


def test_the_way_to_an_engine(native_library: str, tmp_path: Path) -> None:
    logger = trtx.Logger(trtx.Severity.INFO, lambda severity, message: None)
    builder = trtx.Builder(logger)
    network = builder.create_network()
    x = network.add_input("input", trtx.DataType.FLOAT, (1, 3, 224, 224))
    y = network.add_activation(x, trtx.ActivationType.RELU).get_output(0)
    y.name = "output"
    network.mark_output(y)
    config = builder.create_config()
    config.set_memory_pool_limit(trtx.MemoryPoolType.WORKSPACE, 1 << 30)
    engine_data = builder.build_serialized_network(network, config)
    engine_data.save(tmp_path / "model.engine")
    assert (tmp_path / "model.engine").read_bytes() == bytes(engine_data)
    assert len(engine_data) > 1000


def test_the_same_objects_build_again(
    builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    sizes = {len(builder.build_serialized_network(simple, config)) for _ in range(3)}
    assert len(sizes) == 1


@pytest.mark.parametrize("times", [1, 2])
def test_a_dynamic_network(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig, times: int
) -> None:
    add_relu(network, "x", (-1, 8))
    profile = builder.create_optimization_profile()
    profile.set_shape("x", (1, 8), (2, 8), (4, 8))
    for _ in range(times):
        config.add_optimization_profile(profile)
    assert len(builder.build_serialized_network(network, config)) > 1000


def test_targets(builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> None:
    config.compute_capabilities = [trtx.ComputeCapability.SM89, trtx.ComputeCapability.SM120]
    assert len(builder.build_serialized_network(simple, config)) > 1000


def test_properties(builder: trtx.Builder, logger: trtx.Logger) -> None:
    assert builder.logger is logger
    assert builder.max_threads == 1
    builder.max_threads = 2
    assert builder.max_threads == 2
    for wrong in (0, -5, 2**31, 1.5, True, None):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^max_threads is "):
            builder.max_threads = wrong  # type: ignore[assignment]
    assert builder.max_threads == 2
    assert builder.num_DLA_cores == 0
    assert builder.max_DLA_batch_size > 0
    assert trtx.Builder.create_builder_config is trtx.Builder.create_config


def test_networks_take_the_flag_for_strong_types(builder: trtx.Builder) -> None:
    builder.create_network(1 << trtx.NetworkDefinitionCreationFlag.STRONGLY_TYPED).close()
    for wrong in (-1, 2, "1", None):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^flags is "):
            builder.create_network(wrong)  # type: ignore[arg-type]


def test_is_network_supported(
    builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    assert builder.is_network_supported(simple, config) is True


def test_reset_leaves_profiles_and_networks_usable(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    add_relu(network, "x", (-1, 8))
    profile = builder.create_optimization_profile()
    profile.set_shape("x", (1, 8), (2, 8), (4, 8))
    builder.reset()
    config.add_optimization_profile(profile)
    assert len(builder.build_serialized_network(network, config)) > 1000


# What is refused


@pytest.mark.parametrize("wrong", [None, 3, "logger", print])
def test_a_builder_needs_a_logger(wrong: object) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=r"^logger is .*allowed is a trtx.Logger"):
        trtx.Builder(wrong)  # type: ignore[arg-type]


def test_a_closed_logger_makes_no_builder(native_library: str) -> None:
    logger = trtx.Logger(trtx.Severity.ERROR)
    logger.close()
    with pytest.raises(trtx.ClosedError, match="Logger is closed"):
        trtx.Builder(logger)


def test_a_logger_that_raises_makes_no_builder(native_library: str) -> None:
    script = """
        def sink(severity, message):
            raise ZeroDivisionError("of the sink")
        another = trtx.Logger(trtx.Severity.VERBOSE, sink)
        try:
            trtx.Builder(another)  # logs that the process has two loggers
        except ZeroDivisionError as error:
            print(error)
        another.close()
    """
    result = run_script(script)
    assert (result.returncode, result.stdout) == (0, "of the sink\n"), result.stderr


def every_build(builder: trtx.Builder) -> list[Callable[..., object]]:
    return [
        builder.build_serialized_network,
        builder.is_network_supported,
        lambda network, config: builder.build_serialized_network_to_stream(network, config, io.BytesIO()),
    ]


def test_wrong_parts(builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> None:
    for build in every_build(builder):
        for wrong in (None, config, "network"):
            with pytest.raises(trtx.InvalidArgumentError, match=r"^network is .*a trtx.NetworkDefinition"):
                build(wrong, config)
        for wrong in (None, simple, 3):
            with pytest.raises(trtx.InvalidArgumentError, match=r"^config is .*a trtx.BuilderConfig"):
                build(simple, wrong)


def test_parts_of_another_builder(
    builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig, logger: trtx.Logger
) -> None:
    other = trtx.Builder(logger)
    mine = other.create_network()
    add_relu(mine)
    for build in every_build(other):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^network is .*uses no NetworkDefinition of another"):
            build(simple, other.create_config())
        with pytest.raises(trtx.InvalidArgumentError, match=r"^config is .*uses no BuilderConfig of another"):
            build(mine, config)


def test_closed_parts(builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> None:
    spare = builder.create_config()
    spare.close()
    for build in every_build(builder):
        with pytest.raises(trtx.ClosedError, match="BuilderConfig is closed"):
            build(simple, spare)
    simple.close()
    for build in every_build(builder):
        with pytest.raises(trtx.ClosedError, match="NetworkDefinition is closed"):
            build(simple, config)
    builder.close()
    for build in (*every_build(builder), lambda *_: builder.create_network(), lambda *_: builder.create_config()):
        with pytest.raises(trtx.ClosedError, match="Builder is closed"):
            build(simple, config)
    for use in (builder.create_optimization_profile, builder.reset):
        with pytest.raises(trtx.ClosedError, match="Builder is closed"):
            use()
    for name in ("logger", "max_threads", "num_DLA_cores", "max_DLA_batch_size"):
        with pytest.raises(trtx.ClosedError, match="Builder is closed"):
            getattr(builder, name)


def test_a_network_without_outputs(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    network.name = "unfinished"
    network.add_input("x", trtx.DataType.FLOAT, (2, 2))
    for build in every_build(builder):
        with pytest.raises(trtx.InvalidArgumentError, match=r"network 'unfinished' has no outputs.*mark_output"):
            build(network, config)


def test_dynamic_inputs_without_a_profile(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    add_relu(network, "fixed")
    add_relu(network, "image", (-1, 8))
    with pytest.raises(
        trtx.InvalidArgumentError, match=r"input 'image' has the dynamic shape \(-1, 8\).*set_shape\('im"
    ):
        builder.build_serialized_network(network, config)
    profile = builder.create_optimization_profile()
    config.add_optimization_profile(profile)
    with pytest.raises(trtx.InvalidArgumentError, match=r"profile 0 of config does not know it: .*set_shape\('image'"):
        builder.build_serialized_network(network, config)
    for shapes in (((1, 8), (2, 8), (2, 9)), ((1,), (2,), (3,))):
        profile.set_shape("image", *shapes)
        with pytest.raises(trtx.InvalidArgumentError, match=r"input 'image' has the shape \(-1, 8\), but .* profile 0"):
            builder.build_serialized_network(network, config)
    profile.set_shape("image", (1, 8), (2, 8), (2, 8))
    builder.build_serialized_network(network, config)


def test_profiles_know_inputs_only(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    add_relu(network, "image", (-1, 8))
    for setter in ("set_shape", "set_shape_input"):
        profile = builder.create_optimization_profile()
        profile.set_shape("image", (1, 8), (2, 8), (2, 8))
        getattr(profile, setter)("imgae", (1, 8), (2, 8), (2, 8))
        config = builder.create_config()
        config.add_optimization_profile(profile)
        words = r"profile 0 of config has shapes or values for 'imgae', which is no input .* its inputs are 'image'"
        with pytest.raises(trtx.InvalidArgumentError, match=words):
            builder.build_serialized_network(network, config)


@pytest.mark.skipif(cuda.driver_problem() is None, reason="this machine has a CUDA driver")
def test_engines_to_be_refitted_need_a_gpu(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    x = network.add_input("x", trtx.DataType.FLOAT, (1, 4, 8, 8))
    convolution = network.add_convolution_nd(x, 2, (3, 3), np.ones((2, 4, 3, 3), np.float32))
    network.mark_output(convolution.get_output(0))
    config.set_flag(trtx.BuilderFlag.REFIT)
    with pytest.raises(trtx.BuilderError, match="needs a CUDA driver and a GPU for this"):
        builder.build_serialized_network(network, config)


def test_a_failed_build_has_the_words_of_the_library(
    builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    config.engine_capability = trtx.EngineCapability.SAFETY
    with pytest.raises(
        trtx.BuilderError, match=r"build_serialized_network failed: .*Could not find any impl"
    ) as caught:
        builder.build_serialized_network(simple, config)
    assert caught.value.status != 0
    assert any("Could not find any implementation" in message.text for message in caught.value.messages)
    config.engine_capability = trtx.EngineCapability.STANDARD
    builder.build_serialized_network(simple, config)


# Streams


class Collector:
    """Collects what is written; answers something else if told to."""

    def __init__(self, answer: Callable[[bytes], object] = len) -> None:
        self.pieces: list[bytes] = []
        self.answer = answer

    def write(self, data: bytes, /) -> int:
        self.pieces.append(data)
        return self.answer(data)  # type: ignore[return-value]


def test_a_stream_gets_the_engine(
    builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig, tmp_path: Path
) -> None:
    expected = bytes(builder.build_serialized_network(simple, config))
    collector, memory = Collector(), io.BytesIO()
    builder.build_serialized_network_to_stream(simple, config, collector)
    builder.build_serialized_network_to_stream(simple, config, memory)
    with open(tmp_path / "engine", "wb") as file:
        builder.build_serialized_network_to_stream(simple, config, file)
    assert b"".join(collector.pieces) == memory.getvalue() == (tmp_path / "engine").read_bytes()
    assert len(memory.getvalue()) == len(expected)


@pytest.mark.parametrize("answer", [lambda data: len(data) - 1, lambda data: 0, lambda data: len(data) + 1])
def test_a_short_write_is_an_error(
    builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig, answer: Callable[[bytes], int]
) -> None:
    with pytest.raises(trtx.BuilderError, match=r"Collector.write took \d+ of \d+ bytes; it must take all"):
        builder.build_serialized_network_to_stream(simple, config, Collector(answer))


def test_a_writer_without_an_answer(
    builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    with pytest.raises(TypeError, match=r"Collector.write must return the number of bytes written, not None"):
        builder.build_serialized_network_to_stream(simple, config, Collector(lambda data: None))
    with pytest.raises(TypeError, match="string argument expected"):
        builder.build_serialized_network_to_stream(simple, config, io.StringIO())  # type: ignore[arg-type]
    for wrong in (None, 3, object()):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^writer is "):
            builder.build_serialized_network_to_stream(simple, config, wrong)  # type: ignore[arg-type]


def test_an_exception_of_a_writer_comes_out_as_itself(
    builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    raised = OSError(28, "No space left on device")

    def full(data: bytes) -> int:
        raise raised

    with pytest.raises(OSError, match="No space") as caught:
        builder.build_serialized_network_to_stream(simple, config, Collector(full))
    assert caught.value is raised


# Threads


def test_the_three_are_in_use_during_a_build(
    builder: trtx.Builder, simple: trtx.NetworkDefinition, config: trtx.BuilderConfig, logger: trtx.Logger
) -> None:
    refused: dict[str, str] = {}
    uses: dict[str, Callable[[], object]] = {
        "build": lambda: builder.build_serialized_network(simple, config),
        "supported": lambda: builder.is_network_supported(simple, config),
        "new network": builder.create_network,
        "new config": builder.create_config,
        "threads": lambda: setattr(builder, "max_threads", 2),
        "reset": builder.reset,
        "add to network": lambda: simple.add_input("y", trtx.DataType.FLOAT, (1,)),
        "level": lambda: setattr(config, "builder_optimization_level", 1),
        "flag": lambda: config.set_flag(trtx.BuilderFlag.REFIT),
        "monitor": lambda: setattr(config, "progress_monitor", None),
        "reset config": config.reset,
        "close builder": builder.close,
        "close network": simple.close,
        "close config": config.close,
        "close logger": logger.close,
    }

    class Meddler(trtx.ProgressMonitor):
        def step_complete(self, phase_name: str, step: int) -> bool:
            for name, use in uses.items():
                if name not in refused:
                    try:
                        use()
                    except trtx.BusyError as error:
                        refused[name] = str(error)
            return True

    config.progress_monitor = Meddler()
    assert len(builder.build_serialized_network(simple, config)) > 1000
    assert refused.keys() == uses.keys()
    assert all("in use by build_serialized_network" in text for text in refused.values())
    assert not builder.is_closed
    builder.max_threads = 2


def test_other_threads_run_during_a_build(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    add_slow(network)
    turns = 0
    over = threading.Event()

    def count() -> None:
        nonlocal turns
        while not over.wait(0.001):
            turns += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        builder.build_serialized_network(network, config)
    finally:
        over.set()
        thread.join()
    assert turns > 50


def test_two_builds_overlap(logger: trtx.Logger) -> None:
    both = threading.Barrier(2, timeout=60)
    sizes: list[int] = []

    class Meeting(trtx.ProgressMonitor):
        met = False

        def step_complete(self, phase_name: str, step: int) -> bool:
            if not self.met:
                self.met = True
                both.wait()  # breaks if only one of the builds is under way
            return True

    def build() -> None:
        builder = trtx.Builder(logger)
        network, config = builder.create_network(), builder.create_config()
        add_relu(network)
        config.progress_monitor = Meeting()
        sizes.append(len(builder.build_serialized_network(network, config)))

    threads = [threading.Thread(target=build) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sizes) == 2


# Interrupts


def wait_until_free(builder: trtx.Builder) -> None:
    """Wait for the end of a build that goes on in the background."""
    while True:
        try:
            builder.reset()
        except trtx.BusyError:
            time.sleep(0.01)
        else:
            return


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that sends signals")
def test_an_exception_of_a_signal_handler_comes_out(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    class Timeout(Exception):
        pass

    raised = Timeout("time is up")

    def handler(*_: object) -> None:
        raise raised

    add_slow(network, 400)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Timeout) as caught:
            builder.build_serialized_network(network, config)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert caught.value is raised
    wait_until_free(builder)
    network.close()
    simple = builder.create_network()
    add_relu(simple)
    assert len(builder.build_serialized_network(simple, config)) > 1000


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_comes_out_while_the_library_goes_on() -> None:
    result = run_script("""
        add_slow(network, 800)
        interrupt(0.8)
        try:
            builder.build_serialized_network(network, config)
        except KeyboardInterrupt as error:
            print("interrupted")
            print("\\n".join(getattr(error, "__notes__", ["in the background"])))
        try:
            builder.close()
        except trtx.BusyError as error:
            print("busy:", error)
    """)
    assert result.stdout.startswith("interrupted\n"), result.stderr
    assert "in the background" in result.stdout
    assert "busy: Builder.close: the object is in use by build_serialized_network" in result.stdout
    assert result.returncode == 0, result.stderr  # also with the build still under way
    assert result.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_stops_a_build_between_steps() -> None:
    result = run_script("""
        add_relu(network)
        class Slow(trtx.ProgressMonitor):
            steps = 0
            def step_complete(self, phase_name, step):
                self.steps += 1
                time.sleep(0.05)
                return True
        config.progress_monitor = monitor = Slow()
        interrupt(0.3)
        try:
            builder.build_serialized_network(network, config)
        except KeyboardInterrupt:
            print("interrupted")
        stopped = monitor.steps
        config.progress_monitor = None  # raises BusyError if the build is not over
        builder.build_serialized_network(network, config)
        print(stopped < 40, monitor.steps == stopped)
    """)
    assert result.stdout == "interrupted\nTrue True\n", result.stderr
    assert result.returncode == 0
    assert result.stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_ends_a_program_with_a_traceback() -> None:
    result = run_script("""
        add_slow(network, 800)
        interrupt(0.8)
        builder.build_serialized_network(network, config)
        print("never")
    """)
    assert result.returncode == -signal.SIGINT, result.stderr
    assert result.stdout == ""
    assert "build_serialized_network" in result.stderr
    assert "KeyboardInterrupt" in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_inside_with_blocks_comes_out_as_itself() -> None:
    result = run_script("""
        add_slow(network, 800)
        interrupt(0.8)
        try:
            with logger, builder, network, config:
                builder.build_serialized_network(network, config)
        except KeyboardInterrupt:
            print("interrupted")
    """)
    assert result.stdout == "interrupted\n", result.stderr
    assert result.returncode == 0


@pytest.mark.parametrize("seconds", ["0.05", "0.2", "1"])
def test_a_program_may_end_during_a_build(seconds: str) -> None:
    result = run_script(
        """
        add_slow(network, 800)
        build = lambda: builder.build_serialized_network(network, config)
        threading.Thread(target=build, daemon=True).start()
        time.sleep(float(os.environ["SECONDS_OF_BUILD"]))
        print("the last words", flush=True)
        sys.exit(3)
        """,
        SECONDS_OF_BUILD=seconds,
    )
    assert (result.returncode, result.stdout) == (3, "the last words\n"), result.stderr


def test_a_build_at_exit() -> None:
    result = run_script("""
        import atexit
        add_relu(network)
        atexit.register(lambda: print(len(builder.build_serialized_network(network, config)) > 1000))
    """)
    assert (result.returncode, result.stdout) == (0, "True\n"), result.stderr
