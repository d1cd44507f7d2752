"""Ctrl-C at any moment: what it interrupts is undone or done, nothing is lost, and everything can be used afterwards.

Python runs a signal handler between two steps of the main thread: after a native call that took long, but also between
any two others. The first kind is aimed at here, the second one is hit by interrupting many times.
"""

from __future__ import annotations

import signal

import pytest

from tests.lifetime.running import on_fake, on_real

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers on this system")

SETUP = """
import numpy as np
armed = [False]
def interrupt(number, frame):
    if armed[0]:
        raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
signal.signal(signal.SIGINT, interrupt)  # one that came in a finalizer comes again
def during(method, call):
    control.fault(f"{method}=sleep:80")
    armed[0] = True
    signal.setitimer(signal.ITIMER_REAL, 0.03)
    try:
        call()
    except KeyboardInterrupt:
        armed[0] = False
    else:
        raise AssertionError(f"{method} was not interrupted")
    control.clear()
dice = random.Random(7)
def often(call, times, longest):
    "Interrupt a loop of calls many times."
    for _ in range(times):
        once(lambda: [call() for _ in itertools.count()], longest)
def once(call, longest):
    "Interrupt a call, which may be over before that; again after a moment, as Python loses what comes in a finalizer."
    try:
        armed[0] = True
        signal.setitimer(signal.ITIMER_REAL, dice.uniform(0.0001, longest), 0.5)
        call()
        armed[0] = False
    except KeyboardInterrupt as interrupt:
        armed[0] = False
        return interrupt
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
def finish():
    gc.collect()
    all_closed()
"""


def on_fake_with_interrupts(code: str) -> str:
    import textwrap

    return on_fake(SETUP + textwrap.dedent(code))


def test_what_is_made_meanwhile_goes_again() -> None:
    on_fake_with_interrupts("""
        run = Run()
        before = control.report()
        for method, call in (
            ("VRuntime::deserializeCudaEngine", lambda: run.runtime.deserialize_cuda_engine(plan())),
            ("VCudaEngine::createExecutionContext", lambda: run.engine.create_execution_context()),
            ("VCudaEngine::createEngineInspector", lambda: run.engine.create_engine_inspector()),
            ("VCudaEngine::createRuntimeConfig", lambda: run.engine.create_runtime_config()),
            ("VCudaEngine::serialize", lambda: run.engine.serialize()),
            ("VBuilder::createNetworkV2", lambda: run.builder.create_network()),
            ("VBuilder::createBuilderConfig", lambda: run.builder.create_config()),
            ("VRuntimeConfig::createRuntimeCache", lambda: run.runtime_config.create_runtime_cache()),
            ("VRuntimeCache::serialize", lambda: run.cache.serialize()),
            ("createInferBuilder_INTERNAL", lambda: trtx.Builder(run.logger)),
            ("createInferRuntime_INTERNAL", lambda: trtx.Runtime(run.logger)),
        ):
            during(method, call)
            gc.collect()
            assert control.report() == before, (method, control.report(), before)
        del run
        finish()
    """)


def test_values_of_a_layer_that_is_being_added_are_kept() -> None:
    on_fake_with_interrupts("""
        def sevens():
            return np.full((64, 1024), 7, np.float32)
        def litter():
            return [np.full((64, 1024), -1, np.float32) for _ in range(4)]
        for how in ("interrupted", "logged"):
            def sink(severity, message):
                if "zap" in message:
                    raise ZeroDivisionError
            run = Run(sink)
            network = run.builder.create_network()
            if how == "interrupted":
                during("VNetworkDefinition::addConstant", lambda: network.add_constant((64, 1024), sevens()))
            else:
                control.fault("VNetworkDefinition::addConstant=log:warning:zap")
                try:
                    network.add_constant((64, 1024), sevens())
                except ZeroDivisionError:
                    control.clear()
                else:
                    raise AssertionError("not raised")
            gc.collect()
            others = litter()
            assert (network.get_layer(0).weights.numpy() == 7).all(), how
            network.mark_output(network.get_layer(0).get_output(0))
            assert run.builder.build_serialized_network(network, run.config).nbytes
            layer = network.get_layer(0)
            if how == "interrupted":
                during("VConstantLayer::setWeights", lambda: setattr(layer, "weights", sevens() * 3))
                gc.collect()
                others = litter()
                assert (layer.weights.numpy() == 21).all()
            del run, network, layer, others
            finish()
    """)


def test_no_turn_is_lost() -> None:
    on_fake_with_interrupts("""
        run = Run()
        network = run.network
        x = network.get_input(0)
        def layers():
            x.name, network.num_layers, network.get_layer(0).get_output(0)
            network.add_activation(x, trtx.ActivationType.RELU).name = "a"
            network.add_elementwise(x, x, trtx.ElementWiseOperation.SUM)
        def settings():
            run.config.set_memory_pool_limit(trtx.MemoryPoolType.WORKSPACE, 1 << 20)
            run.config.builder_optimization_level = 2
        for call in (
            layers, settings, lambda: run.context.enqueue_v3(0), lambda: run.context.set_input_shape("x", (2, 3)),
            lambda: run.change_address(), lambda: run.cache.serialize() and None,
            lambda: run.inspector.get_engine_information(), lambda: run.builder.create_config().close(),
        ):
            often(call, 60, 0.0015)
            call()
            network.add_unary(x, trtx.UnaryOperation.EXP)
        begin = time.monotonic()
        run.logger.close()
        assert time.monotonic() - begin < 5
        del run, network, x
        gc.collect()
        # An interrupt in a finalizer is lost, and what that was about to free.
        left = {kind: count for kind, count in control.report().items() if kind != "HostMemory"}
        assert not left and control.misuses() == 0, (left, control.last_misuse())
    """)


def test_closing_is_done_or_undone() -> None:
    on_fake_with_interrupts("""
        for _ in range(60):
            side = [build_side, run_side][dice.randrange(2)]()
            things = [thing for thing in side.values() if hasattr(thing, "close")]
            dice.shuffle(things)
            once(lambda: [thing.close() for thing in things], 0.001)
            begin = time.monotonic()
            for thing in things:
                thing.close()
            assert time.monotonic() - begin < 1
            del side, things, thing
            gc.collect()
        finish()
    """)


def test_a_run_does_not_take_the_addresses_of_an_interrupted_one() -> None:
    on_fake_with_interrupts("""
        run = Run()
        context = run.context
        x1, y1, x2, y2 = (np.full((2, 3), value, np.float32) for value in (1, 0, 2, 0))
        context.set_tensor_address("x", x1.ctypes.data)
        context.set_tensor_address("y", y1.ctypes.data)
        context.enqueue_v3(0)
        during("VExecutionContext::executeV2", lambda: context.execute_v2([x2.ctypes.data, y2.ctypes.data]))
        y1[:] = y2[:] = 0
        context.enqueue_v3(0)
        assert (y1 == 1).all() and (y2 == 0).all(), (y1, y2)
        during("VExecutionContext::setOptimizationProfileAsync", lambda: context.set_optimization_profile_async(0, 0))
        y1[:] = 0
        context.enqueue_v3(0)
        assert (y1 == 1).all()
        del run, context
        finish()
    """)


def test_what_the_library_was_told_is_kept_alive() -> None:
    on_fake_with_interrupts("""
        run = Run()
        context = run.engine.create_execution_context()
        during("VEngineInspector::setExecutionContext", lambda: setattr(run.inspector, "execution_context", context))
        context.close()
        assert run.inspector.is_closed
        during("VRuntimeConfig::setRuntimeCache", lambda: run.runtime_config.set_runtime_cache(run.cache))
        run.cache.close()
        assert run.runtime_config.is_closed
        during("VBuilderConfig::addOptimizationProfile", lambda: run.config.add_optimization_profile(run.profile))
        assert run.config.num_optimization_profiles == len(run.config._profiles) == 1
        config = run.builder.create_config()
        during("IParser::setBuilderConfig", lambda: run.parser.set_builder_config(config))
        config.close()
        try:
            run.parser.parse(b"")
        except trtx.Error as error:
            pass
        del run, context, config
        finish()
    """)


def test_callbacks_are_kept_where_the_library_may_have_been_told() -> None:
    """An interrupted setter was done or not: the former callback and the new one live on, and all ends well."""
    on_fake_with_interrupts("""
        def recorders(run):
            return [bridge for group in run.network._bridges.values() for bridge in group]
        run = Run()
        former, new = trtx.ErrorRecorder(), trtx.ErrorRecorder()
        run.network.error_recorder = former
        during("VNetworkDefinition::setErrorRecorder", lambda: setattr(run.network, "error_recorder", new))
        assert {id(bridge.value) for bridge in recorders(run)} == {id(former), id(new)}
        assert run.network.error_recorder in (former, new)
        run.network.error_recorder = None
        assert recorders(run) == []
        class Mine(trtx.StreamReader):
            def read(self, destination, num_bytes, stream):
                return self.deliver(destination, plan()[:num_bytes], stream)
            def seek(self, offset, where):
                return True
        during("VCudaEngine::loadWeightsAsync", lambda: run.engine.load_weights_async(Mine(), 0))
        during("VRuntime::deserializeCudaEngineV2", lambda: CALLS["read_engine"][1](run))
        for name in ("set_recorder", "set_allocator", "set_profiler", "set_temporary_allocator", "set_debug_listener"):
            often(lambda name=name: CALLS[name][1](run), 30, 0.003)
        del run, former, new
        finish()
    """)


def test_an_interrupt_of_a_finished_build_is_no_interrupt_of_the_build() -> None:
    on_fake_with_interrupts("""
        raised = []
        def sink(severity, message):
            if "zap" in message:
                raised.append(1)
                raise ZeroDivisionError
        seen = {"notes": 0, "itself": 0}
        sys.unraisablehook = lambda args: seen.update(notes=seen["notes"] + 1)
        run = Run(sink)
        control.fault("VBuilder::buildSerializedNetwork=log:warning:zap")
        slow = 0
        def build():
            while True:
                try:
                    run.builder.build_serialized_network(run.network, run.config)
                except ZeroDivisionError:
                    seen["itself"] += 1
        for _ in range(60):
            begin = time.monotonic()
            interrupted = once(build, 0.003)
            slow += time.monotonic() - begin > 0.4
            seen["notes"] += "ZeroDivisionError" in " ".join(getattr(interrupted, "__notes__", ()))
            seen["notes"] += isinstance(interrupted.__context__, ZeroDivisionError)
        assert slow < 5, slow
        assert seen["notes"] + seen["itself"] >= len(raised) - 3, (seen, len(raised))
    """)


def test_on_the_real_library(native_library: str) -> None:
    on_real("""
        import random, signal, time
        import numpy as np
        import trtx
        def interrupt(number, frame):
            raise KeyboardInterrupt
        signal.signal(signal.SIGALRM, interrupt)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # so that none in a finalizer comes again
        dice = random.Random(7)
        builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))
        network = builder.create_network()
        x = network.add_input("x", trtx.DataType.FLOAT, (64,))
        interrupts = 0
        while interrupts < 300:
            try:
                signal.setitimer(signal.ITIMER_REAL, dice.uniform(0.0003, 0.002))
                while True:
                    constant = network.add_constant((64,), np.full(64, 7, np.float32)).get_output(0)
                    network.add_elementwise(x, constant, trtx.ElementWiseOperation.SUM).metadata = "sum"
            except KeyboardInterrupt:
                interrupts += 1
            signal.setitimer(signal.ITIMER_REAL, 0)
        constants = [layer for layer in network if layer.layer_type is trtx.LayerType.CONSTANT]
        garbage = [np.full(64, -1, np.float32) for _ in range(20_000)]
        assert all((layer.weights.numpy() == 7).all() for layer in constants)
        network.mark_output(network.get_layer(network.num_layers - 1).get_output(0))
        builder.build_serialized_network(network, builder.create_config())
        begin = time.monotonic()
        builder.close()
        assert time.monotonic() - begin < 5
    """)
