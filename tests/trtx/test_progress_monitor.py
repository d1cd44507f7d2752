"""`ProgressMonitor`: what it is told, and how it ends a build."""

from __future__ import annotations

import contextvars
import gc
import weakref

import pytest

import trtx


@pytest.fixture
def network(builder: trtx.Builder) -> trtx.NetworkDefinition:
    network = builder.create_network()
    tensor = network.add_input("x", trtx.DataType.FLOAT, (2, 2))
    network.mark_output(network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0))
    return network


class Recorder(trtx.ProgressMonitor):
    """Notes all that it is told; does not call ``super().__init__``, as users forget that."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []

    def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
        self.events.append(("start", phase_name, parent_phase, num_steps))

    def step_complete(self, phase_name: str, step: int) -> bool:
        self.events.append(("step", phase_name, step))
        return True

    def phase_finish(self, phase_name: str) -> None:
        self.events.append(("finish", phase_name))


def test_events_nest(builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> None:
    config.progress_monitor = monitor = Recorder()
    builder.build_serialized_network(network, config)
    open_phases: dict[object, object] = {}
    started = 0
    for kind, phase, *rest in monitor.events:
        if kind == "start":
            parent, steps = rest
            assert parent is None if not open_phases else parent in open_phases
            open_phases[phase] = steps
            started += 1
        elif kind == "step":
            assert 0 <= rest[0] < open_phases[phase]
        else:
            del open_phases[phase]
    assert not open_phases
    assert started > 3
    assert monitor.events[0][0] == "start"


def test_one_monitor_for_several_builds(builder: trtx.Builder, network: trtx.NetworkDefinition) -> None:
    monitor = Recorder()
    counts = []
    for config in (builder.create_config(), builder.create_config()):
        config.progress_monitor = monitor
        builder.build_serialized_network(network, config)
        counts.append(len(monitor.events))
    assert 0 < counts[0] < counts[1]
    config.progress_monitor = None
    builder.build_serialized_network(network, config)
    assert len(monitor.events) == counts[1]


def test_a_replaced_monitor_is_let_go(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    monitors = []
    for _ in range(3):
        config.progress_monitor = Recorder()
        monitors.append(weakref.ref(config.progress_monitor))
        builder.build_serialized_network(network, config)
    gc.collect()
    assert [monitor() is None for monitor in monitors] == [True, True, False]
    config.progress_monitor = None
    gc.collect()
    assert monitors[-1]() is None


def test_the_base_class_does_nothing(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    config.progress_monitor = trtx.ProgressMonitor()
    assert len(builder.build_serialized_network(network, config)) > 1000


@pytest.mark.parametrize("method", ["phase_start", "step_complete", "phase_finish"])
@pytest.mark.parametrize("kind", [ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_an_exception_comes_out_as_itself(
    builder: trtx.Builder,
    network: trtx.NetworkDefinition,
    config: trtx.BuilderConfig,
    method: str,
    kind: type[BaseException],
) -> None:
    raised = kind("of the monitor")

    class Broken(Recorder):
        pass

    def fail(*_: object) -> None:
        raise raised

    setattr(Broken, method, fail)
    config.progress_monitor = Broken()
    with pytest.raises(kind, match="of the monitor") as caught:
        builder.build_serialized_network(network, config)
    assert caught.value is raised
    config.progress_monitor = None
    assert len(builder.build_serialized_network(network, config)) > 1000


@pytest.mark.parametrize("refusal", [False, 0])
def test_false_cancels(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig, refusal: object
) -> None:
    class Impatient(Recorder):
        def step_complete(self, phase_name: str, step: int) -> bool:
            self.events.append(("step", phase_name, step))
            return refusal  # type: ignore[return-value]

    config.progress_monitor = monitor = Impatient()
    with pytest.raises(trtx.BuilderError, match=r"was cancelled: Impatient.step_complete returned False in phase '\w"):
        builder.build_serialized_network(network, config)
    assert [event[0] for event in monitor.events].count("step") == 1
    started = {event[1] for event in monitor.events if event[0] == "start"}
    assert started == {event[1] for event in monitor.events if event[0] == "finish"}


@pytest.mark.parametrize("answer", [None, "yes", 1.0])
def test_a_forgotten_return_is_told(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig, answer: object
) -> None:
    class Forgetful(trtx.ProgressMonitor):
        def step_complete(self, phase_name: str, step: int) -> bool:
            return answer  # type: ignore[return-value]

    config.progress_monitor = Forgetful()
    with pytest.raises(TypeError, match=rf"Forgetful.step_complete must return True .* but returned {answer!r}"):
        builder.build_serialized_network(network, config)


def test_an_exception_of_the_logger_stops_the_build(native_library: str) -> None:
    raised = ZeroDivisionError("of the sink")
    armed: list[str] = []

    def sink(severity: trtx.Severity, message: str) -> None:
        if armed:
            raise raised

    steps = 0

    class Counting(trtx.ProgressMonitor):
        def step_complete(self, phase_name: str, step: int) -> bool:
            nonlocal steps
            steps += 1
            armed.append(phase_name)
            return True

    builder = trtx.Builder(trtx.Logger(trtx.Severity.VERBOSE, sink))
    network, config = builder.create_network(), builder.create_config()
    tensor = network.add_input("x", trtx.DataType.FLOAT, (2, 2))
    network.mark_output(network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0))
    config.progress_monitor = Counting()
    with pytest.raises(ZeroDivisionError) as caught:
        builder.build_serialized_network(network, config)
    assert caught.value is raised
    stopped_after, steps = steps, 0
    armed.clear()
    raised = ZeroDivisionError("never raised")
    sink = None  # type: ignore[assignment]
    config.progress_monitor = Recorder()
    builder.build_serialized_network(network, config)
    assert stopped_after < sum(event[0] == "step" for event in config.progress_monitor.events)  # type: ignore[union-attr]


def test_context_variables_reach_the_monitor(
    builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig
) -> None:
    variable = contextvars.ContextVar("variable", default="unset")
    seen = set()

    class Reader(trtx.ProgressMonitor):
        def step_complete(self, phase_name: str, step: int) -> bool:
            seen.add(variable.get())
            return True

    config.progress_monitor = Reader()
    token = variable.set("the caller's")
    try:
        builder.build_serialized_network(network, config)
    finally:
        variable.reset(token)
    assert seen == {"the caller's"}
