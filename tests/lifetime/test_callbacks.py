"""Exceptions of callbacks come out of the call that triggered them, as themselves, from every kind and every thread."""

from __future__ import annotations

import pytest

from tests.lifetime.running import on_fake, on_real

KINDS = """
class Boom(Exception):
    pass
class BaseBoom(BaseException):
    pass
KINDS = (Boom, BaseBoom, KeyboardInterrupt, SystemExit, trtx.BuilderError, MemoryError)
"""


def check(code: str, *, faults: str | None = None) -> int:
    printed = on_fake(KINDS + code, faults=faults)
    print(f"{printed.strip()} exceptions")
    return int(printed)


@pytest.mark.parametrize("action", ["log", "logforeign"])
def test_what_a_sink_raises_comes_out_of_every_call(action: str) -> None:
    """On the thread of the call, and on a foreign one."""
    count = check(f"""
count = 0
for name, (method, call) in CALLS.items():
    if name in UNCHECKED:
        continue
    for kind in KINDS:
        raised = []
        def sink(severity, message):
            if "from a fault" in message:
                raised.append(kind("of the sink"))
                raise raised[-1]
        run = Run(sink)
        for again in range(2):
            control.fault(f"{{method}}={action}:error:from a fault")
            try:
                call(run)
            except kind as error:
                assert error is raised[0], (name, error)
            else:
                raise AssertionError((name, kind))
            control.clear()
            raised.clear()
            count += 1
        if name != "add_input":
            call(run)  # usable as before
        from trtx._core.pending import pending
        assert not pending, pending
        del run, sink
gc.collect()
all_closed()
print(count)
""")
    assert count >= 25 * 6 * 2 - 12


@pytest.mark.parametrize("foreign", ["", "foreign"])
def test_what_a_monitor_raises_comes_out_of_the_build(foreign: str) -> None:
    count = check(f"""
count = 0
for name in ("phase_start", "step_complete", "phase_finish"):
    for kind in KINDS:
        for build in ("build", "build_to_stream"):
            raised = []
            def fail(self, *arguments):
                raised.append(kind("of the monitor"))
                raise raised[-1]
            run = Run()
            run.config.progress_monitor = type("Monitor", (trtx.ProgressMonitor,), {{name: fail}})()
            if {foreign!r}:
                control.fault(f"{{CALLS[build][0]}}=callbacks:foreign@1")
            try:
                CALLS[build][1](run)
            except kind as error:
                assert error is raised[0], (name, error)
            else:
                raise AssertionError((name, kind))
            control.clear()
            run.config.progress_monitor = None
            CALLS[build][1](run)
            count += 1
            raised.clear()  # tracebacks hold the objects of the call
            del run, fail
gc.collect()
all_closed()
print(count)
""")
    assert count == 3 * 6 * 2


@pytest.mark.parametrize("foreign", ["", "foreign"])
def test_what_a_writer_raises_comes_out_of_the_build(foreign: str) -> None:
    count = check(f"""
count = 0
for kind in KINDS:
    raised = []
    class Full:
        def write(self, data):
            raised.append(kind("of the writer"))
            raise raised[-1]
    run = Run()
    if {foreign!r}:
        control.fault("Build::step=callbacks:foreign@2")
    try:
        run.builder.build_serialized_network_to_stream(run.network, run.config, Full())
    except kind as error:
        assert error is raised[0], error
    else:
        raise AssertionError(kind)
    control.clear()
    CALLS["build_to_stream"][1](run)
    count += 1
    raised.clear()  # tracebacks hold the objects of the call
    del run
gc.collect()
all_closed()
print(count)
""")
    assert count == 6


def test_sinks_of_constructors() -> None:
    on_fake(
        KINDS
        + """
factories = {
    "createInferBuilder_INTERNAL": lambda logger: trtx.Builder(logger),
    "createInferRuntime_INTERNAL": lambda logger: trtx.Runtime(logger),
    "createNvOnnxParser_INTERNAL": lambda logger: trtx.OnnxParser(other.create_network(), logger),
}
other = trtx.Builder(trtx.Logger(sink=quiet))
for name, make in factories.items():
    for kind in KINDS:
        def sink(severity, message):
            if "from a fault" in message:
                raise kind("of the sink")
        logger = trtx.Logger(trtx.Severity.VERBOSE, sink)
        control.fault(f"{name}=log:error:from a fault")
        try:
            make(logger)
        except kind as error:
            assert str(error) == "of the sink"
        else:
            raise AssertionError((name, kind))
        control.clear()
        before = diagnostics.live_objects()
        made = make(logger)
        made.close()
        del made
        gc.collect()
        assert diagnostics.live_objects() == before, name
del logger, sink, other
gc.collect()
all_closed()
"""
    )


def test_a_callback_that_closes_what_called_it() -> None:
    """In a long call that is refused, and the call ends as if nothing had been tried; a short one is over by then."""
    printed = on_fake("""
        victims = ("logger", "builder", "network", "config", "runtime", "engine", "context", "cache", "inspector",
                   "serialization")
        count = 0
        for name, (method, call) in CALLS.items():
            refused = {}
            def sink(severity, message):
                if "close now" in message:
                    for victim in victims:
                        try:
                            getattr(run, victim).close()
                        except trtx.BusyError as error:
                            refused[victim] = error
            run = Run(sink)
            control.clear()  # and the counts of calls
            control.fault(f"{method}=log:warning:close now@1")
            try:
                call(run)
            except trtx.ClosedError:
                assert name not in LONG, (name, "its own objects were closed")
            control.clear()
            assert ("logger" in refused) == (name in LONG) and run.logger.is_closed == (name not in LONG), name
            error = None
            for victim, error in refused.items():
                assert not getattr(run, victim).is_closed
                assert "in use by" in str(error), error
            count += len(refused)
            assert control.misuses() == 0, (name, control.last_misuse())
            del run, sink, refused, error
            gc.collect()
            all_closed(name)
        print(count)
    """)
    assert int(printed) >= 40


def test_monitors_and_writers_that_close_the_build() -> None:
    on_fake("""
        refused = []
        def close_all():
            for thing in (run.logger, run.builder, run.network, run.config):
                try:
                    thing.close()
                except trtx.BusyError as error:
                    refused.append(error)
        class Monitor(trtx.ProgressMonitor):
            def phase_start(self, *_): close_all()
            def step_complete(self, *_): close_all(); return True
            def phase_finish(self, *_): close_all()
        class File:
            def write(self, data): close_all(); return len(data)
        run = Run()
        run.config.progress_monitor = Monitor()
        run.builder.build_serialized_network_to_stream(run.network, run.config, File())
        assert len(refused) >= 16 and len(refused) % 4 == 0, len(refused)
        run.logger.close()
        assert run.network.is_closed
        refused.clear()
        del run
        gc.collect()
        all_closed()
    """)


def test_callbacks_use_other_objects() -> None:
    on_fake("""
        depth = []
        def sink(severity, message):
            if "go deeper" in message and len(depth) < 5:
                depth.append(1)
                inner = Run(sink)
                for name, (method, call) in CALLS.items():
                    call(inner)
        class Monitor(trtx.ProgressMonitor):
            built = 0
            def step_complete(self, phase_name, step):
                if self.built < 3:
                    self.built += 1
                    inner = Run()
                    inner.config.progress_monitor = self
                    CALLS["build"][1](inner)
                return True
        run = Run(sink)
        control.fault("VExecutionContext::enqueueV3=log:error:go deeper")
        control.fault("VNetworkDefinition::addInput=logforeign:error:go deeper")
        run.config.progress_monitor = monitor = Monitor()
        for name, (method, call) in CALLS.items():
            call(run)
        assert len(depth) == 5 and monitor.built == 3
        numbers, added = itertools.count(), []
        def again(severity, message):
            if message.endswith("go deeper") and len(added) < 5:
                added.append(run.network.add_input(f"again {next(numbers)}", trtx.DataType.FLOAT, (1,)))
        run.logger._target.implementation = again
        control.clear()
        control.fault("VNetworkDefinition::addInput=logforeign:error:go deeper@1")
        run.network.add_input("again", trtx.DataType.FLOAT, (1,))  # it is over when its lines come
        assert len(added) == 1 and added[0].name == "again 0"
        del added
        control.clear()
        del run, monitor
        gc.collect()
        all_closed()
    """)


@pytest.mark.parametrize("foreign", ["", "+foreign", "+disorder", "+foreign+disorder"])
def test_late_callbacks_are_dropped_and_counted(foreign: str) -> None:
    on_fake(f"""
        calls = []
        class Monitor(trtx.ProgressMonitor):
            def phase_start(self, *_): calls.append("phase_start")
            def step_complete(self, *_): calls.append("step"); return True
            def phase_finish(self, *_): calls.append("phase_finish")
        class File:
            def write(self, data): calls.append("write"); return len(data)
        for ends in range(3):
            run = Run(lambda severity, message: calls.append("log"))
            run.config.progress_monitor = Monitor()
            control.fault("VBuilder::buildSerializedNetworkToStream=callbacks:late{foreign}")
            control.fault("VBuilder::buildSerializedNetwork=callbacks:late{foreign}")
            run.builder.build_serialized_network_to_stream(run.network, run.config, File())
            run.builder.build_serialized_network(run.network, run.config)
            control.clear()
            if ends == 0:
                run.logger.close()
            elif ends == 1:
                run.knot = run
            del run
            gc.collect()
            all_closed()
            before, made = diagnostics.dropped_callbacks(), control.callbacks()
            calls.clear()
            assert control.late() >= 0
            made = control.callbacks() - made
            assert made > 0 and calls == [], calls
            assert 0 < diagnostics.dropped_callbacks() - before <= made
    """)


def test_late_callbacks_after_exit_functions() -> None:
    on_fake("""
        import atexit
        def sink(severity, message):
            raise ZeroDivisionError
        atexit.register(lambda: control.late())
        run = Run(lambda severity, message: None)
        control.fault("VBuilder::buildSerializedNetwork=callbacks:late+foreign")
        run.builder.build_serialized_network(run.network, run.config)
        sys.kept = run
    """)


def test_exceptions_nobody_can_claim_are_reported() -> None:
    on_fake("""
        class Boom(Exception):
            pass
        reported = []
        sys.unraisablehook = lambda report: reported.append(report.exc_value)
        def sink(severity, message):
            if "from a destructor" in message:
                raise Boom(message)
        logger = trtx.Logger(trtx.Severity.VERBOSE, sink)
        control.fault("Builder::destroy=log:warning:from a destructor")
        # An explicit close() has a caller ...
        builder = trtx.Builder(logger)
        try:
            builder.close()
        except Boom:
            assert builder.is_closed
        else:
            raise AssertionError("lost")
        assert reported == []
        # ... a finalizer has none.
        builder = trtx.Builder(logger)
        del builder
        assert [type(error) for error in reported] == [Boom]
        from trtx._core.pending import pending
        assert not pending
    """)


def test_exceptions_left_at_exit_go_to_stderr(native_library: str) -> None:
    import subprocess

    from tests.helpers.process import run_python

    done: subprocess.CompletedProcess[str] = run_python("""
        import trtx
        from trtx._core import pending as _pending
        logger = trtx.Logger()
        _pending.note(None, ZeroDivisionError("nobody came"))
    """)
    assert "Exception ignored in a callback whose call never came back" in done.stderr
    assert "ZeroDivisionError: nobody came" in done.stderr


def test_what_a_sink_raises_on_the_real_library(native_library: str) -> None:
    assert (
        on_real("""
        import trtx
        class Boom(BaseException):
            pass
        raised = []
        def sink(severity, message):
            raised.append(Boom(message))
            raise raised[-1]
        logger = trtx.Logger(trtx.Severity.ERROR, sink)
        builder = trtx.Builder(logger)
        network = builder.create_network()
        network.add_input("x", trtx.DataType.FLOAT, (1,))
        try:
            network.add_input("x", trtx.DataType.FLOAT, (1,))
        except Boom as error:
            assert error in raised and "addInput" in str(error), error
            assert isinstance(error.__context__, trtx.NetworkError), error.__context__
        else:
            raise AssertionError("lost")
        network.add_input("y", trtx.DataType.FLOAT, (1,))
        runtime = trtx.Runtime(logger)
        raised.clear()
        try:
            runtime.deserialize_cuda_engine(b"no engine at all" * 100)
        except Boom as error:
            assert error in raised
        else:
            raise AssertionError("lost")
        print("done")
    """)
        == "done\n"
    )
