"""What closed objects say of their end, waiting for calls, and the way to `trtx_sys` and back."""

from __future__ import annotations

import pytest

import trtx
from tests.lifetime.running import on_fake
from trtx._core.calls import Note
from trtx_sys import ffi, lib


def said(use) -> str:
    with pytest.raises(trtx.ClosedError) as caught:
        use()
    return str(caught.value)


def test_closed_with_a_parent_at_the_end_of_a_block(logger: trtx.Logger) -> None:
    with trtx.Builder(logger) as builder:
        config = builder.create_config()
        network = builder.create_network()
        x = network.add_input("x", trtx.float32, (1,))
    text = "this BuilderConfig is closed; it was closed with its Builder at the end of a with block"
    assert said(lambda: config.flags) == text
    assert said(lambda: x.name).startswith(
        "this NetworkDefinition is closed; it was closed with its Builder at the end"
    )
    assert said(builder.create_network) == "this Builder is closed; it was closed at the end of a with block"


def test_closed_by_close(logger: trtx.Logger) -> None:
    builder = trtx.Builder(logger)
    one, other = builder.create_config(), builder.create_config()
    with one:
        one.close()
    builder.close()
    assert said(lambda: one.flags) == "this BuilderConfig is closed; it was closed by close()"
    assert said(lambda: other.flags) == "this BuilderConfig is closed; it was closed with its Builder by close()"


def test_a_block_that_could_not_close_says_nothing_later(logger: trtx.Logger) -> None:
    builder = trtx.Builder(logger)
    with Note("a build", (builder,)), pytest.raises(trtx.BusyError), builder:
        pass
    assert not builder.is_closed
    builder.close()
    assert said(builder.create_config).endswith("it was closed by close()")


def test_engines_of_a_runtime_in_a_block() -> None:
    on_fake("""
        with trtx.Runtime(trtx.Logger()) as runtime:
            engine = runtime.deserialize_cuda_engine(plan())
            context = engine.create_execution_context()
        for use in (engine.create_execution_context, lambda: context.enqueue_v3(0), lambda: engine.num_layers):
            try:
                use()
            except trtx.ClosedError as error:
                assert "closed with its Runtime at the end of a with block" in str(error), error
            else:
                raise AssertionError("used")
    """)


class Forgetful(trtx.Logger):
    """Its constructor leaves out what its base class needs."""

    def __init__(self) -> None:
        self.lines = 0


def test_a_derived_logger_without_its_base(native_library: str) -> None:
    forgetful = Forgetful()
    for use in (
        lambda: trtx.Builder(forgetful),
        lambda: trtx.Runtime(forgetful),
        lambda: forgetful.log(trtx.Severity.INFO, "x"),
        lambda: forgetful.severity,
        lambda: setattr(forgetful, "severity", trtx.Severity.INFO),
        lambda: forgetful.__enter__(),
    ):
        assert said(use) == "this Forgetful was never made; its __init__ must call super().__init__()"
    assert forgetful.is_closed
    forgetful.close()


def test_waiting(builder: trtx.Builder) -> None:
    config = builder.create_config()
    assert builder.wait() is builder.wait(0) is builder.wait(timeout=0.5) is True
    with Note("a build", (config,)):
        for waiting, name in ((config, "BuilderConfig"), (builder, "Builder")):
            with pytest.raises(trtx.WaitTimeoutError, match=rf"^{name}\.wait\(0\.02\): BuilderConfig: .*by a build"):
                waiting.wait(0.02)
        with pytest.raises(TimeoutError):
            config.wait(0)
        with pytest.raises(trtx.BusyError):
            config.wait(0)
    assert config.wait(0)
    config.close()
    assert config.wait()


@pytest.mark.parametrize("timeout", [-1, float("nan"), float("inf"), "1", True, 1e300])
def test_what_is_no_time_to_wait(builder: trtx.Builder, timeout: object) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=r"^timeout is "):
        builder.wait(timeout)  # type: ignore[arg-type]


def test_waiting_for_an_interrupted_build() -> None:
    on_fake("""
        run = Run()
        def interrupt(number, frame):
            raise KeyboardInterrupt
        signal.signal(signal.SIGALRM, interrupt)
        control.fault("VBuilder::buildSerializedNetwork=sleep:1500")
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        try:
            CALLS["build"][1](run)
        except KeyboardInterrupt as error:
            notes = getattr(error, "__notes__", ["wait()"])
            assert any("wait()" in note for note in notes), notes
        else:
            raise AssertionError("not interrupted")
        for thing in (run.builder, run.network, run.config, run.logger):
            try:
                thing.wait(0.01)
            except trtx.WaitTimeoutError as error:
                assert "build_serialized_network" in str(error), error
            else:
                raise AssertionError(f"{thing} is not in use")
        assert run.builder.wait(30) and run.logger.wait(0)
        control.clear()
        assert CALLS["build"][1](run).nbytes
        run.logger.close()
    """)


# The way to trtx_sys and back


def test_handles_of_all_kinds(builder: trtx.Builder, network: trtx.NetworkDefinition) -> None:
    builder.max_threads = 3
    assert lib.trtx_builder_get_max_threads(builder.handle) == 3
    x = network.add_input("x", trtx.float32, (1, 4, 8, 8))
    assert lib.trtx_tensor_get_name(x.handle) == "x"
    conv = network.add_convolution_nd(x, 8, (3, 3), trtx.Weights(trtx.float32, count=0))
    assert lib.trtx_layer_get_type(conv.handle) == trtx.LayerType.CONVOLUTION
    assert lib.trtx_convolution_layer_get_nb_output_maps(conv.handle) == 8
    network.close()
    for part in (x, conv, network):
        with pytest.raises(trtx.ClosedError):
            _ = part.handle


def test_one_more_owner(logger: trtx.Logger) -> None:
    builder = trtx.Builder(logger)
    place = ffi.new("trtx_builder **")
    assert lib.trtx_retain(builder.handle, place) == lib.TRTX_OK
    builder.close()
    assert lib.trtx_builder_get_max_threads(place[0]) >= 1
    lib.trtx_release(place)


def test_memory_of_trtx_sys(builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> None:
    network.mark_output(
        network.add_unary(network.add_input("x", trtx.float32, (4,)), trtx.UnaryOperation.ABS).outputs[0]
    )
    result = ffi.new("trtx_host_memory **")
    made = lib.trtx_builder_build_serialized_network(builder.handle, network.handle, config.handle, result)
    assert made == lib.TRTX_OK
    raw = result[0]
    memory = trtx.HostMemory.from_handle(raw)
    assert memory.nbytes == lib.trtx_host_memory_size(raw) > 1000
    assert trtx.HostMemory.from_handle(raw) is memory
    lib.trtx_release(result)
    assert bytes(memory).strip(b"\\0")
    assert memory.handle == raw
    memory.close()
    for wrong, words in (
        (raw, "destroyed already"),
        (ffi.NULL, "handle is"),
        (ffi.cast("trtx_host_memory *", 0), "handle is"),
        (builder.handle, "allowed is a trtx_host_memory"),
        (5, "handle is 5"),
        ("trtx_host_memory *", "handle is 'trtx_host_memory"),
        (None, "handle is None"),
    ):
        with pytest.raises(trtx.InvalidArgumentError, match=words):
            trtx.HostMemory.from_handle(wrong)


def test_engines_of_trtx_sys() -> None:
    on_fake("""
        from trtx_sys import ffi, lib
        runtime = trtx.Runtime(trtx.Logger())
        result = ffi.new("trtx_cuda_engine **")
        function = lib.trtx_runtime_deserialize_cuda_engine
        assert function(runtime.handle, ffi.from_buffer(plan()), len(plan()), result) == lib.TRTX_OK
        raw = result[0]
        engine = trtx.CudaEngine.from_handle(raw, runtime)
        assert trtx.CudaEngine.from_handle(engine.handle, runtime) is engine
        lib.trtx_release(result)
        assert list(engine) == ["x", "y"]
        context = engine.create_execution_context()
        for runtime_ in (None, engine, trtx.Builder(trtx.Logger())):
            try:
                trtx.CudaEngine.from_handle(raw, runtime_)
            except trtx.InvalidArgumentError as error:
                assert "runtime is" in str(error)
            else:
                raise AssertionError(runtime_)
        runtime.close()
        assert engine.is_closed and context.is_closed
        del runtime, engine, context, runtime_
        gc.collect()
        all_closed()
    """)


def test_every_class_has_a_handle_of_its_type() -> None:
    """Whatever class is added: the pointer is one of its own kind."""
    on_fake("""
        from trtx_sys import ffi
        seen = set()
        for kind in handle_classes():
            thing = FACTORIES[kind]()
            cname = ffi.typeof(thing.handle).cname
            assert cname.startswith("struct trtx_") and cname.endswith(" *"), cname
            assert cname not in seen and not seen.add(cname), (kind, cname)
            thing.close()
            try:
                thing.handle
            except trtx.ClosedError:
                pass
            else:
                raise AssertionError(kind)
    """)
