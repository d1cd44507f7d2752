# SPDX-License-Identifier: Apache-2.0
"""When a logger is told what the library says: of a short call at its end, of a long one at once."""

from __future__ import annotations

import pytest

from tests.helpers.fake import run_with_fake

START = """
import time

SHORT, LONG = "VBuilder::setMaxThreads", "VBuilder::buildSerializedNetwork"
model = Model()
builder = model.builder
x = model.input("x", np.float32, 2)
model.mark(model.output(model.add("identity", x)), "y")

def order(method, *actions):
    for action in actions:
        control.fault(f"{method}={action}")

def texts():
    return [text for _, text, _ in logged]

def during_a_build(look):
    \"\"\"Call while another thread is inside the library, in a call that sleeps at the end.\"\"\"
    thread = threading.Thread(target=model.build)
    thread.start()
    while control.calls(LONG) == 0:
        time.sleep(0.001)
    look()
    thread.join()
"""


def run(code: str, **options: str) -> str:
    return run_with_fake(START + code, **options)


def test_lines_of_a_short_call_come_when_the_library_has_returned() -> None:
    """From whatever thread it speaks, in their order, on the thread of the call: it holds Python's lock meanwhile."""
    run("""
order(SHORT, "log:info:1", "logforeign:info:2", "sleep:50", "logforeign:warning:3", "log:error:4", "log:verbose:5")
threads = lib.trtx_builder_get_max_threads(builder)
seen = []
def log(severity, message, _):
    seen.append((severity, text(message), threading.get_ident(), lib.trtx_builder_get_max_threads(builder)))
other = bridge("logger", log=log)
mine = make("builder_create", other)
seen.clear()
call("builder_set_max_threads", mine, 2)
assert [(s, t) for s, t, _, _ in seen] == [(3, "1"), (3, "2"), (2, "3"), (1, "4"), (4, "5")], seen
assert {thread for _, _, thread, _ in seen} == {threading.get_ident()}
assert lib.trtx_builder_get_max_threads(mine) == 2 and not logged
""")


def test_the_threshold_is_looked_at_when_the_line_comes() -> None:
    run("""
lib.trtx_logger_set_threshold(model.logger, lib.TRTX_SEVERITY_WARNING)
order(SHORT, "log:info:no", "log:warning:yes", "logforeign:verbose:no", "logforeign:error:too")
call("builder_set_max_threads", builder, 2)
assert texts() == [b"yes", b"too"], texts()
""")


@pytest.mark.parametrize("log", ["log", "logforeign"])
def test_what_the_logger_does_at_delivery_does_not_touch_the_call(log: str) -> None:
    run(f"""
def log(severity, message, _):
    refused("builder_set_max_threads", builder, -1)
    answers.append((error(), lib.trtx_tensor_get_name(x)))
    lib.trtx_clear_last_error()
answers = []
asking = bridge("logger", log=log)
mine = make("builder_create", asking)
answers.clear()
order("VBuilder::createBuilderConfig", "{log}:info:ask")
config = make("builder_create_builder_config", mine)
assert len(answers) == 1 and config != ffi.NULL
order("VBuilder::createBuilderConfig", "{log}:error:THE REASON", "null")
place = ffi.new("trtx_builder_config **")
said = refused("builder_create_builder_config", mine, place, saying="THE REASON")
assert "setMaxThreads" not in said and place[0] == ffi.NULL and len(answers) == 3, (said, answers)
assert text(lib.trtx_last_function()) == "trtx_builder_create_builder_config"
order("VBuilder::getMaxThreads", "{log}:info:ask")
assert lib.trtx_builder_get_max_threads(mine) == 1 and lib.trtx_last_status() == 0 and len(answers) == 4
""")


def test_a_call_inside_a_delivery_has_lines_of_its_own() -> None:
    run("""
def log(severity, message, _):
    seen.append(text(message))
    if text(message) == "outer":
        control.fault("VBuilder::createBuilderConfig=log:info:inner")
        make("builder_create_builder_config", mine)
        seen.append("back")
seen = []
mine = make("builder_create", bridge("logger", log=log))
seen.clear()
order(SHORT, "log:info:outer", "log:info:last")
call("builder_set_max_threads", mine, 2)
assert seen == ["outer", "inner", "back", "last"], seen
""")


def test_a_long_call_tells_at_once() -> None:
    run("""
order(LONG, "log:info:begun", "logforeign:info:by a worker", "sleep:600")
logged.clear()
seen = []
def look():
    limit = time.monotonic() + 0.4
    while len(logged) < 2 and time.monotonic() < limit:
        time.sleep(0.01)
    seen.extend(texts())
during_a_build(look)
assert seen[:2] == [b"begun", b"by a worker"], seen
""")


def test_a_short_call_keeps_the_lock_and_a_long_one_does_not() -> None:
    run("""
def ticks_during(call):
    done, count = threading.Event(), [0]
    def tick():
        while not done.is_set():
            count[0] += 1
            time.sleep(0.005)
    thread = threading.Thread(target=tick)
    thread.start()
    time.sleep(0.05)
    before = count[0]
    call()
    ticks = count[0] - before
    done.set()
    thread.join()
    return ticks
order(SHORT, "sleep:300")
order(LONG, "sleep:300")
assert ticks_during(lambda: lib.trtx_builder_set_max_threads(builder, 2)) <= 2
assert ticks_during(model.build) > 10
""")


def test_lines_of_workers_wait_for_a_short_call_of_another_thread() -> None:
    run("""
# The worker speaks while the main thread sleeps in a short call, with Python's lock; the build waits for the worker.
order(LONG, "sleep:100", "logforeign:info:of the build", "sleep:0")
order(SHORT, "sleep:400", "log:info:of the call")
during_a_build(lambda: call("builder_set_max_threads", builder, 2))
assert texts().index(b"of the build") < texts().index(b"of the call"), texts()
""")


def test_a_logger_may_be_destroyed_while_lines_wait() -> None:
    run("""
def log(severity, message, _):
    seen.append(text(message))
    lib.trtx_logger_destroy(logger)
seen = []
logger = bridge("logger", log=log)
mine = make("builder_create", logger)
seen.clear()
dropped = lib.trtx_dropped_callback_count()
order(SHORT, "log:info:1", "logforeign:info:2", "log:info:3")
call("builder_set_max_threads", mine, 2)
assert seen == ["1"] and lib.trtx_dropped_callback_count() == dropped + 2
lib.trtx_builder_destroy(mine)
""")


def test_nothing_is_delivered_once_callbacks_are_disabled() -> None:
    run("""
order(SHORT, "log:info:1", "logforeign:info:2")
lib.trtx_disable_callbacks(0)
call("builder_set_max_threads", builder, 2)
assert texts() == [] and lib.trtx_dropped_callback_count() == 2
""")


def test_texts_stay_until_the_thread_has_asked_for_64_more() -> None:
    run("""
layer = model.add("identity", x)
call("layer_set_name", layer, b"before")
kept = lib.trtx_layer_get_name(layer)
call("layer_set_name", layer, b"behind it, with much more to say than before, so that it moves")
names = [f"name {i}" for i in range(63)]
for name in names:
    call("tensor_set_name", x, name.encode())
    assert text(lib.trtx_tensor_get_name(x)) == name
assert text(kept) == "before"

def elsewhere():
    for _ in range(200):
        lib.trtx_layer_get_name(layer)
thread = threading.Thread(target=elsewhere)
thread.start()
thread.join()
assert text(kept) == "before"
assert lib.trtx_layer_get_metadata(layer) is not None
assert make("tensor_get_dimension_name", x, 0) == ffi.NULL, "null stays null"
call("tensor_set_dimension_name", x, 0, b"batch")
kept = make("tensor_get_dimension_name", x, 0)
call("tensor_set_dimension_name", x, 0, b"rows")
model.close()
assert text(kept) == "batch"
""")


def test_a_run_with_bindings_in_use_is_busy() -> None:
    run("""
model.load(model.build())
a, b = np.array([1, 2], np.float32), np.zeros(2, np.float32)
names = [ffi.new("char[]", name) for name in (b"x", b"y")]
arrays = ffi.new("const char *[]", names), ffi.new("trtx_address[]", [a.ctypes.data, b.ctypes.data])
told = ffi.new("trtx_address[]", 2)
running = ffi.new("uint8_t[1]")
fields = {"count": 2, "names": arrays[0], "addresses": arrays[1], "told": told, "running": running}
bindings = ffi.new("trtx_bindings *", fields)
function = lib.trtx_py_execution_context_run
RUN = "VExecutionContext::enqueueV3"
order(RUN, "sleep:300")
results = []
thread = threading.Thread(target=lambda: results.append(function(model.context, bindings, 0)))
thread.start()
while control.calls(RUN) == 0:
    time.sleep(0.001)
assert running[0] == 1
assert function(model.context, bindings, 0) == lib.TRTX_BUSY and "under way" in error()
thread.join()
assert results == [0] and running[0] == 0 and b.tolist() == [1, 2]
control.clear()
order(RUN, "false")
assert function(model.context, bindings, 0) == lib.TRTX_FAILED and running[0] == 0
assert function(ffi.NULL, bindings, 0) == function(model.context, ffi.NULL, 0) == lib.TRTX_INVALID_ARGUMENT
""")
