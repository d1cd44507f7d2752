"""Code that runs where one expects none: signal handlers and finalizers between two steps of a call.

Between a native call that adds a layer and the object that is made of it, at the end of a call, while a turn changes
hands, or in the finalizer of something that is collected together with a whole network.
"""

from __future__ import annotations

import signal
import sys

import pytest

from tests.lifetime.running import on_fake, on_real

needs_timers = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="no interval timers on this system")

SETUP = """
import gc, itertools, random, signal, sys, threading, time
import numpy as np
import trtx
def quiet(severity, message):
    pass
def network_with_input():
    network = trtx.Builder(trtx.Logger(sink=quiet)).create_network()
    return network, network.add_input("x", trtx.float32, (2, 3))
"""


def test_finalizers_of_the_same_garbage_find_a_closed_network(native_library: str) -> None:
    """The collector clears weak references first, so the network could not empty its layers any more."""
    on_real(
        SETUP
        + """
seen = []
class Friend:
    def __del__(self):
        for part in (self.layer, self.tensor):
            seen.append((part.is_closed, repr(part)))
            for name in ("name", "layer_type", "type", "dtype", "shape", "network"):
                try:
                    getattr(part, name)
                except (trtx.ClosedError, AttributeError):
                    pass
def make():
    network, x = network_with_input()
    friend = Friend()
    friend.itself, friend.layer = friend, network.add_activation(x, trtx.ActivationType.RELU)
    friend.tensor = friend.layer.get_output(0)
gc.disable()
for _ in range(20):
    make()
    gc.collect()
names = {"<trtx.ActivationLayer (closed)>", "<trtx.Tensor (closed)>"}
assert len(seen) == 40 and all(closed and shown in names for closed, shown in seen), seen
"""
    )


def test_an_index_of_any_kind_gives_the_same_output(native_library: str) -> None:
    on_real(
        SETUP
        + """
network, x = network_with_input()
outputs = [network.add_activation(x, trtx.ActivationType.RELU) for _ in range(3)]
for layer in outputs:
    first = layer.get_output(np.int64(0))
    assert layer.get_output(0) is first and layer.outputs == (first,)
"""
    )


@needs_timers
def test_signal_handlers_that_look_at_what_is_being_added(native_library: str) -> None:
    on_real(
        SETUP
        + """
network, x = network_with_input()
seen, made = [], []
def look(number, frame):
    try:
        count = network.num_layers
        if count:
            layer = network.get_layer(count - 1)
            seen.append((layer, layer.get_output(0)))
    except trtx.BusyError:  # it came when the turn was just being taken
        pass
signal.signal(signal.SIGALRM, look)
for add in (
    lambda: network.add_activation(x, trtx.ActivationType.RELU),
    lambda: network.add_unary(x, trtx.UnaryOperation.EXP),
):
    until = len(seen) + 100
    while len(seen) < until:
        signal.setitimer(signal.ITIMER_REAL, 0.0003)
        for _ in range(100):
            made.append(add())
signal.setitimer(signal.ITIMER_REAL, 0)
known = {layer.name: layer for layer in made}
for layer, output in seen:
    assert known[layer.name] is layer and layer.get_output(0) is output
network.close()
assert all(part.is_closed for pair in seen for part in pair)
""",
        timeout=240,
    )


def test_finalizers_that_look_at_what_is_being_added(native_library: str) -> None:
    on_real(
        SETUP
        + """
network, x = network_with_input()
seen = []
class Looker:
    def __init__(self):
        self.itself = self
    def __del__(self):
        if network.num_layers:
            seen.append(network.get_layer(network.num_layers - 1))
gc.set_threshold(3)
made = []
for _ in range(2000):
    Looker()
    made.append(network.add_unary(x, trtx.UnaryOperation.EXP))
gc.set_threshold(0)
assert {id(layer) for layer in seen} <= {id(layer) for layer in made} and len(seen) > 500
"""
    )


def test_closing_beside_a_thread_that_adds(native_library: str) -> None:
    on_real(
        SETUP
        + """
sys.setswitchinterval(1e-6)
def run(call, into=None):
    try:
        while True:
            made = call()
            if into is not None:
                into.append(made)
    except trtx.Error:
        pass
until = time.monotonic() + 5
while time.monotonic() < until:
    logger = trtx.Logger(sink=quiet)
    builder, other = trtx.Builder(logger), trtx.Builder(logger)
    network = builder.create_network()
    x, layers = network.add_input("x", trtx.float32, (2, 3)), []
    threads = [threading.Thread(target=run, args=(other.reset,)) for _ in range(2)]
    threads.append(
        threading.Thread(target=run, args=(lambda: network.add_activation(x, trtx.ActivationType.RELU), layers))
    )
    for thread in threads:
        thread.start()
    time.sleep(0.02)
    while not logger.is_closed:
        try:
            logger.close()
        except trtx.BusyError:
            pass
    for thread in threads:
        thread.join()
    assert all(layer.is_closed for layer in layers), sum(not layer.is_closed for layer in layers)
""",
        timeout=240,
    )


def test_closing_beside_threads_that_drop_children() -> None:
    on_fake("""
        from contextlib import suppress
        sys.setswitchinterval(1e-6)
        logger = trtx.Logger(sink=quiet)
        until = time.monotonic() + 3
        while time.monotonic() < until:
            builder, stop = trtx.Builder(logger), []
            def drop():
                while not stop:
                    with suppress(trtx.BusyError, trtx.ClosedError):
                        builder.create_config()
                    time.sleep(0.0001)  # else close() may wait for long
            threads = [threading.Thread(target=drop) for _ in range(2)]
            for thread in threads:
                thread.start()
            time.sleep(0.001)
            while not builder.is_closed:
                with suppress(trtx.BusyError):  # and nothing else
                    builder.close()
            stop.append(True)
            for thread in threads:
                thread.join()
        logger.close()
        gc.collect()
        assert control.report() == {}, control.report()
    """)


INTERRUPTS = """
armed, dice = [False], random.Random(3)
def interrupt(number, frame):
    if armed[0]:
        raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
signal.signal(signal.SIGINT, interrupt)  # one that came in a finalizer comes again
def until_interrupted(call):
    signal.setitimer(signal.ITIMER_REAL, dice.uniform(0.0002, 0.002), 0.3)
    armed[0] = True
    while True:
        call()
"""


@needs_timers
@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 looks for signals between any two instructions")
def test_what_was_interrupted_can_be_used_while_the_exception_is_alive(native_library: str) -> None:
    on_real(
        SETUP
        + INTERRUPTS
        + """
logger = trtx.Logger(sink=quiet)
builder, runtime = trtx.Builder(logger), trtx.Runtime(logger)
config = builder.create_config()
calls = (
    builder.reset,
    config.reset,
    lambda: setattr(config, "builder_optimization_level", 2),
    lambda: setattr(runtime, "max_threads", 2),
    lambda: runtime.get_engine_validity(b"x" * 64),
)
def tolerant(call):
    try:
        call()
    except (trtx.EngineError, trtx.CudaError):
        pass
for index in range(500):
    call = calls[index % len(calls)]
    try:
        until_interrupted(lambda: tolerant(call))
    except KeyboardInterrupt as caught:
        armed[0] = False
        kept = caught  # as an interactive interpreter does
        tolerant(call)
        used = []
        thread = threading.Thread(target=lambda: used.append(tolerant(call)))
        thread.start()
        thread.join()
        assert used == [None]
"""
    )


@needs_timers
def test_an_interrupted_block_closes_what_it_opened(native_library: str) -> None:
    on_real(
        SETUP
        + INTERRUPTS
        + """
logger = trtx.Logger(sink=quiet)
for _ in range(300):
    try:
        with trtx.Builder(logger) as builder:
            until_interrupted(builder.reset)
    except KeyboardInterrupt as caught:
        armed[0] = False
        assert builder.is_closed, caught.__notes__
"""
    )


def test_an_interrupt_at_any_step_of_close(native_library: str) -> None:
    """Nothing that other threads need stays locked, and collections go on, while the exception is alive."""
    on_real(
        SETUP
        + """
logger = trtx.Logger(sink=quiet)
trtx.Builder(logger).create_network()
sys.unraisablehook = lambda unraisable: None  # some of the steps are in finalizers
signal.signal(signal.SIGINT, signal.SIG_IGN)  # so that none of these comes again
def interrupt_at(step, call):
    steps = itertools.count(1)
    def profile(frame, event, argument):
        if event in ("call", "c_return") and next(steps) == step:
            sys.setprofile(None)
            raise KeyboardInterrupt
    sys.setprofile(profile)
    try:
        call()
    finally:
        sys.setprofile(None)
for step in range(1, 1000):
    builder = trtx.Builder(logger)
    try:
        interrupt_at(step, builder.close)
    except KeyboardInterrupt:
        assert gc.isenabled(), step
        thread = threading.Thread(target=trtx.Logger(sink=quiet).close, daemon=True)
        thread.start()
        thread.join(5)
        assert not thread.is_alive(), step
    else:
        break  # it has no more steps
    builder.close()
else:
    raise AssertionError("close() has more steps than that")
"""
    )


def test_a_refusal_keeps_nothing_alive(native_library: str) -> None:
    on_real(
        SETUP
        + """
import weakref
gc.disable()
class Monitor(trtx.ProgressMonitor):
    def phase_start(self, phase_name, parent_phase, num_steps):
        for change in (self.builder.reset, self.builder.close, self.builder.create_config):
            try:
                change()
            except trtx.BusyError:
                self.refused += 1
def use():
    network, x = network_with_input()
    network.mark_output(network.add_activation(x, trtx.ActivationType.RELU).get_output(0))
    config, monitor = network.builder.create_config(), Monitor()
    config.progress_monitor, monitor.builder, monitor.refused = monitor, network.builder, 0
    network.builder.build_serialized_network(network, config)
    assert monitor.refused >= 3
    del monitor.builder
    return weakref.ref(network.builder)
assert use()() is None
"""
    )


def test_an_interrupt_in_a_finalizer_comes_again(native_library: str) -> None:
    on_real(
        SETUP
        + """
builder = trtx.Builder(trtx.Logger(sink=quiet))
def profile(frame, event, argument):
    if event == "call" and frame.f_code.co_name == "_let_go":
        sys.setprofile(None)
        raise KeyboardInterrupt
try:
    sys.setprofile(profile)
    del builder
    sys.setprofile(None)
    for _ in range(500):
        time.sleep(0.01)
except KeyboardInterrupt:
    pass
else:
    raise AssertionError("it was lost")
assert trtx.diagnostics.live_objects().get("Builder", 0) == 0
"""
    )
