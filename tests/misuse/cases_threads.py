"""Threads, forks, interrupts, and the end of the interpreter."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from . import models
from .adapters import Api
from .case import case
from .verdict import Crashed, Hung, Wrong

Steps = Generator[None, None, None]


class Told(Exception):
    """An exception of a forked child, told by its parent; `child` sees through it."""

    def __init__(self, told: tuple[str, str]) -> None:
        super().__init__(*told)
        self.told = told


def in_fork(work: Callable[[], Any], limit: float = 8.0) -> None:
    """Do something in a forked child, and tell what became of it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        told = None
        try:
            work()
        except BaseException as error:
            told = (type(error).__name__, str(error))
        os.write(writing, pickle.dumps(told)[:60000])
        os._exit(0)
    os.close(writing)
    end = time.monotonic() + limit
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > end:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise Hung("the forked child does not come back")
        time.sleep(0.01)
    if os.WIFSIGNALED(status):
        raise Crashed(f"the forked child died by signal {os.WTERMSIG(status)}")
    told = pickle.loads(os.read(reading, 65536))
    if told is not None:
        raise Told(told)


def in_background(work: Callable[[], Any], failures: list[Exception]) -> threading.Thread:
    """Do something on another thread; what it raises goes into the list."""

    def run() -> None:
        try:
            work()
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


CHANGES: dict[str, tuple[Callable[..., Any]]] = {
    "add layers": (lambda api, b, n, c: [api.relu(n, n.get_input(0)) for _ in range(3000)],),
    "mark_output": (lambda api, b, n, c: n.mark_output(n.get_layer(0).get_output(0)),),
    "remove_tensor": (lambda api, b, n, c: n.remove_tensor(n.get_layer(3).get_output(0)),),
    "set_input": (lambda api, b, n, c: n.get_layer(8).set_input(0, n.get_input(0)),),
    "tensor.name": (lambda api, b, n, c: [setattr(n.get_input(0), "name", f"n{i}") for i in range(300)],),
    "config.set_flag": (lambda api, b, n, c: c.set_flag(api.t.BuilderFlag.REFIT),),
    "config.reset": (lambda api, b, n, c: c.reset(),),
    "build again": (lambda api, b, n, c: api.build(b, n, c),),
    "parse into it": (lambda api, b, n, c: api.parse(api.parser(n), models.relu()),),
}


@case(
    "a network or config is changed during its build",
    "in use",
    "build",
    "uses",
    kind="either",
    isolated=True,
    variants=CHANGES,
)
def changed_during_build(api: Api, use: Callable[..., Any]) -> Steps:
    yield
    for _ in range(5):  # a race: one round may end well
        builder = api.builder()
        network, config = api.slow(builder, 150), api.config(builder)
        begun = threading.Event()
        monitor = api.monitor(step_complete=lambda phase, step, begun=begun: begun.set() or True)
        config.progress_monitor = monitor
        failures: list[Exception] = []
        thread = in_background(lambda b=builder, n=network, c=config: api.build(b, n, c), failures)
        if not begun.wait(10):
            raise RuntimeError("it does not begin")
        try:
            use(api, builder, network, config)
        finally:
            thread.join(15)
        if thread.is_alive():
            raise Hung("the build does not end")
        if failures:
            raise failures[0]


@case("one network is filled by two threads", "in use", kind="either", isolated=True, variants=("layers", "and read"))
def two_threads(api: Api, how: str) -> Steps:
    network = api.network()
    x = api.input(network)
    failures: list[Exception] = []

    def fill() -> None:
        try:
            for _ in range(3000):
                api.relu(network, x)
        except Exception as error:
            failures.append(error)

    def read() -> None:
        try:
            for i in range(3000):
                if i < network.num_layers:
                    _ = network.get_layer(i).name
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=fill), threading.Thread(target=fill if how == "layers" else read)]
    yield
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sys.setswitchinterval(before)
    if failures:
        raise failures[0]
    if network.num_layers != (6000 if how == "layers" else 3000):
        raise Wrong(f"there are {network.num_layers} layers")


@case("two builds at once in two threads", kind="legal")
def two_builds(api: Api) -> Steps:
    builders = [api.builder(), api.builder()]
    networks = [api.simple(builder) for builder in builders]
    sizes: list[int] = []
    yield
    threads = [
        threading.Thread(target=lambda b=b, n=n: sizes.append(len(bytes(api.build(b, n)))))
        for b, n in zip(builders, networks, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(sizes) != 2:
        raise Wrong(f"{len(sizes)} of two builds came back")


@case("a daemon thread builds at the end of the interpreter", kind="legal", isolated=True, variants=(0.05, 0.3, 1.0))
def build_at_exit(api: Api, seconds: float) -> Steps:
    builder = api.builder()
    network = api.slow(builder)
    yield
    held = (builder, network)
    threading.Thread(target=lambda: api.build(*held), daemon=True).start()
    time.sleep(seconds)


@case(
    "a daemon thread logs into Python at the end of the interpreter", kind="legal", isolated=True, variants=(0.05, 0.3)
)
def log_at_exit(api: Api, seconds: float) -> Steps:
    logger = api.logger(lambda severity, message: None, verbose=True)
    builder = api.builder(logger)
    network = api.slow(builder)
    yield
    held = (builder, network)
    threading.Thread(target=lambda: api.build(*held), daemon=True).start()
    time.sleep(seconds)


@case("objects live at the end of the interpreter", kind="legal", isolated=True, variants=("globals", "cycle"))
def alive_at_exit(api: Api, how: str) -> Steps:
    builder = api.builder(api.logger(lambda severity, message: None))
    network = api.simple(builder)
    parsed = api.network(builder)
    parser = api.parser(parsed)
    yield
    held: list[Any] = [parser, parsed, network, builder]
    if how == "cycle":
        held.append(held)
    sys.modules["held"] = held  # type: ignore[assignment]


FORKED: dict[str, tuple[Callable[..., Any]]] = {
    "new builder": (lambda api, b, n: api.build(*_fresh(api)),),
    "same objects": (lambda api, b, n: api.build(b, api.simple(b)),),
    "read": (lambda api, b, n: n.get_layer(0).name,),
    "parse": (lambda api, b, n: _parse(api),),
}


def _parse(api: Api) -> None:
    network = api.network()
    parser = api.parser(network)
    api.parse(parser, models.relu())
    del parser, network


def _fresh(api: Api) -> tuple[Any, Any]:
    builder = api.builder()
    return builder, api.simple(builder)


@case("a child forked after a build goes on", "fork", kind="either", isolated=True, variants=FORKED)
def fork_after_build(api: Api, use: Callable[..., Any]) -> Steps:
    builder = api.builder()
    network = api.simple(builder)
    api.build(builder, network)
    yield
    in_fork(lambda: use(api, builder, network))


@case("a child forked during a build goes on", "fork", kind="either", isolated=True, variants=FORKED)
def fork_during_build(api: Api, use: Callable[..., Any]) -> Steps:
    builder, other = api.builder(), api.builder()
    network, small = api.slow(builder, 250), api.simple(other)
    thread = in_background(lambda: api.build(builder, network), [])
    time.sleep(0.3)
    yield
    try:
        in_fork(lambda: use(api, other, small))
    finally:
        thread.join()


@case("a forked child drops its parent's objects", kind="legal", isolated=True, variants=("del", "sys.exit"))
def fork_and_drop(api: Api, how: str) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    objects = [api.parser(network), network, api.simple(builder), api.config(builder), builder]
    del builder, network
    yield
    in_fork(objects.clear)
    if not objects:
        raise Wrong("the parent's objects are gone")


def interrupt(seconds: float, sent: list[float]) -> None:
    def send() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    threading.Timer(seconds, send).start()


@case(
    "Ctrl-C during a build", raises="KeyboardInterrupt", isolated=True, limit=60, variants=("logger", "python logger")
)
def ctrl_c(api: Api, how: str) -> Steps:
    logger = api.logger((lambda severity, message: None) if how != "logger" else None, verbose=True)
    builder = api.builder(logger)
    network = api.slow(builder, 400)
    sent: list[float] = []
    yield
    interrupt(0.5, sent)
    try:
        api.build(builder, network)
        raise Wrong("the interrupt got lost")
    except KeyboardInterrupt:
        late = time.monotonic() - sent[0]
        if late > 2:
            raise Wrong(f"the interrupt came out after {late:.1f} s") from None
        raise


@case("Ctrl-C during a parse", raises="KeyboardInterrupt", isolated=True, kind="either")
def ctrl_c_parse(api: Api) -> Steps:
    network = api.network()  # held: a parser must not outlive it
    parser = api.parser(network)
    yield
    os.kill(os.getpid(), signal.SIGINT)
    api.parse(parser, models.relu())
