"""Callbacks that raise, answer nonsense, go away, call back, or hold what holds them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Generator
from typing import Any

from . import models
from .adapters import Api
from .case import case
from .verdict import Wrong

Steps = Generator[None, None, None]


class Boom(Exception):
    """What the callbacks raise."""


def boom(*_: object) -> Any:
    raise Boom("raised in a callback")


class Fuse:
    """A log function that raises from a certain moment on."""

    lit = False

    def __call__(self, severity: int, message: str) -> None:
        if self.lit:
            raise Boom(message)


@case("a logger that raises", raises="Boom", variants=("create", "build", "parse", "network", "deserialize"))
def logger_raises(api: Api, during: str) -> Steps:
    fuse = Fuse()
    logger = api.logger(fuse, verbose=True)
    if during == "create":
        first = api.builder()  # the second logger of a process is worth a line in the log
        yield
        fuse.lit = True
        api.builder(logger)
        del first
        return
    builder = api.builder(logger)
    network, config = api.simple(builder), api.config(builder)
    parsed = api.network(builder)
    parser = api.parser(parsed, logger)
    runtime = api.t.Runtime(logger)
    yield
    fuse.lit = True
    if during == "build":
        api.build(builder, network, config)
    elif during == "parse":
        api.parse(parser, models.unsupported())
    elif during == "network":
        network.add_concatenation([network.get_input(0), api.input(network, "second", (7, 7))]).get_output(0).shape  # noqa: B018
    else:
        runtime.deserialize_cuda_engine(b"x" * 1000)


@case("a progress monitor that raises", raises="Boom", variants=("phase_start", "step_complete", "phase_finish"))
def monitor_raises(api: Api, method: str) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder), api.config(builder)
    monitor = api.monitor(**{method: boom})
    config.progress_monitor = monitor
    yield
    api.build(builder, network, config)


@case("a progress monitor that exits", raises="SystemExit")
def monitor_exits(api: Api) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder), api.config(builder)

    def leave(*_: object) -> None:
        raise SystemExit(3)

    monitor = api.monitor(step_complete=leave)
    config.progress_monitor = monitor
    yield
    api.build(builder, network, config)


@case("a progress monitor that answers nonsense", "step_complete", variants=(None, "yes", [], object))
def monitor_answers(api: Api, answer: Any) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder), api.config(builder)
    monitor = api.monitor(step_complete=lambda phase, step: answer)
    config.progress_monitor = monitor
    yield
    api.build(builder, network, config)


@case("a progress monitor that cancels", "cancel")
def monitor_cancels(api: Api) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder), api.config(builder)
    monitor = api.monitor(step_complete=lambda phase, step: False)
    config.progress_monitor = monitor
    yield
    api.build(builder, network, config)


@case("a progress monitor is dropped before the build", kind="legal")
def monitor_dropped(api: Api) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder), api.config(builder)
    steps: list[str] = []
    monitor = api.monitor(phase_start=lambda phase, parent, count: steps.append(phase))
    config.progress_monitor = monitor
    yield
    del monitor
    gc.collect()
    api.build(builder, network, config)
    if not steps:
        raise Wrong("the monitor was not called")


@case("a log function is dropped", kind="legal")
def log_dropped(api: Api) -> Steps:
    lines: list[str] = []
    logger = api.logger(lambda severity, message: lines.append(message), verbose=True)
    builder = api.builder(logger)
    yield
    del logger
    gc.collect()
    lines.clear()
    api.build(builder, api.simple(builder))
    if not lines:
        raise Wrong("the logger was not called")


@case("a monitor that is none", "monitor", "ProgressMonitor", variants=(42, "monitor", print))
def no_monitor(api: Api, value: Any) -> Steps:
    config = api.config()
    yield
    config.progress_monitor = value


@case("a logger that is none", "sink", "log", "logger", variants=("a number", "no log method"))
def no_logger(api: Api, how: str) -> Steps:
    if api.mine:
        yield
        api.t.Builder(api.t.Logger(api.t.Severity.WARNING, 7 if how == "a number" else object()))
    else:
        base = api.t.ILogger
        kind = type(
            "Logger",
            (base,),
            {"__init__": lambda self: base.__init__(self), **({"log": 7} if how == "a number" else {})},
        )
        yield
        builder = api.t.Builder(kind())
        builder.max_threads = -5  # makes it log


@case("a stream that raises", raises="Boom")
def writer_raises(api: Api) -> Steps:
    builder = api.builder()
    network = api.simple(builder)
    yield
    api.stream(builder, network, boom)


WRITES: dict[str, tuple[Callable[[bytes], Any]]] = {
    "nothing taken": (lambda data: 0,),
    "one byte short": (lambda data: len(data) - 1,),
    "half": (lambda data: len(data) // 2,),
    "too many": (lambda data: len(data) + 1,),
    "negative": (lambda data: -1,),
    "None": (lambda data: None,),
    "a str": (lambda data: "all",),
}


@case("a stream that takes too little, or answers nonsense", "write", variants=WRITES)
def short_write(api: Api, write: Callable[[bytes], Any]) -> Steps:
    builder = api.builder()
    network = api.simple(builder)
    yield
    api.stream(builder, network, write)


@case("a stream that is none", "writer", "write", variants=(None, 7, object))
def no_writer(api: Api, writer: Any) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder), api.config(builder)
    yield
    builder.build_serialized_network_to_stream(network, config, writer)


class Node:
    """Something that a callback refers to."""


@case("a cycle through a callback object", kind="legal", variants=("logger", "monitor", "logger and network"))
def cycle(api: Api, which: str) -> Steps:
    yield
    node = Node()
    reference = weakref.ref(node)
    if which == "monitor":
        config = api.config()
        monitor = api.monitor(phase_start=lambda phase, parent, count, node=node: None)
        node.config = config  # type: ignore[attr-defined]
        config.progress_monitor = monitor
        del config, monitor
    else:
        logger = api.logger(lambda severity, message, node=node: None)
        builder = api.builder(logger)
        node.held = api.simple(builder) if which != "logger" else builder  # type: ignore[attr-defined]
        del logger, builder
    del node
    gc.collect()
    gc.collect()
    if reference() is not None:
        raise Wrong("the cycle was not collected")


REENTRIES: dict[str, tuple[Callable[..., Any]]] = {
    "build again": (lambda api, b, n, c: api.build(b, n, c),),
    "change the network": (lambda api, b, n, c: api.relu(n, n.get_input(0)),),
    "change the config": (lambda api, b, n, c: c.set_flag(api.t.BuilderFlag.REFIT),),
    "replace the monitor": (lambda api, b, n, c: setattr(c, "progress_monitor", None),),
    "reset the config": (lambda api, b, n, c: c.reset(),),
    "reset the builder": (lambda api, b, n, c: b.reset(),),
}


@case("a callback uses what is being built", "in use", "build", kind="either", variants=REENTRIES)
def reentry(api: Api, use: Callable[..., Any]) -> Steps:
    builder = api.builder()
    network, config = api.simple(builder), api.config(builder)
    done: list[int] = []

    def once(phase: str, step: int) -> bool:
        if not done:
            done.append(step)
            use(api, builder, network, config)
        return True

    monitor = api.monitor(step_complete=once)
    config.progress_monitor = monitor
    yield
    api.build(builder, network, config)


@case(
    "a callback closes what is being built", "in use", "build", only="trtx", variants=("builder", "network", "logger")
)
def callback_closes(api: Api, which: str) -> Steps:
    logger = api.logger()
    builder = api.builder(logger)
    network, config = api.simple(builder), api.config(builder)
    objects = {"builder": builder, "network": network, "logger": logger}

    def close(phase: str, step: int) -> bool:
        objects[which].close()
        return True

    monitor = api.monitor(step_complete=close)
    config.progress_monitor = monitor
    yield
    api.build(builder, network, config)
