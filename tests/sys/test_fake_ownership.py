# SPDX-License-Identifier: Apache-2.0
"""Ends in any order: the shim knows which object needs which, and the fake library notices whoever goes too early."""

from __future__ import annotations

import os

import pytest

from tests.helpers.fake import run_with_fake

START = """
import itertools
import random

def end(kind, thing):
    lib.trtx_clear_last_error()
    getattr(lib, f"trtx_{kind}_destroy")(thing)
    assert lib.trtx_last_status() == 0, error()

def end_all(objects, order):
    for kind in order:
        end(kind, objects[kind])
    nothing_left()

def nothing_left():
    assert control.misuses() == 0, control.last_misuse()
    assert control.report() == {}, control.report()

def build_side():
    objects = {"logger": make_logger()}
    objects["builder"] = make("builder_create", objects["logger"])
    objects["network_definition"] = network = make("builder_create_network_v2", objects["builder"], 0)
    objects["builder_config"] = config = make("builder_create_builder_config", objects["builder"])
    objects["timing_cache"] = cache = make("builder_config_create_timing_cache", config, ffi.NULL, 0)
    call("builder_config_set_timing_cache", config, cache, False)
    return objects

model = Model()
made = model.add("identity", model.input("x", np.float32, 2))
model.mark(model.output(made), "y")
PLAN = model.build()
model.close()

def run_side():
    objects = {"logger": make_logger()}
    objects["runtime"] = make("runtime_create", objects["logger"])
    objects["cuda_engine"] = engine = make(
        "runtime_deserialize_cuda_engine", objects["runtime"], ffi.from_buffer(PLAN), len(PLAN)
    )
    objects["runtime_config"] = config = make("cuda_engine_create_runtime_config", engine)
    objects["runtime_cache"] = cache = make("runtime_config_create_runtime_cache", config)
    call("runtime_config_set_runtime_cache", config, cache)
    objects["execution_context"] = make("cuda_engine_create_execution_context_with_runtime_config", engine, config)
    objects["engine_inspector"] = inspector = make("cuda_engine_create_engine_inspector", engine)
    call("engine_inspector_set_execution_context", inspector, objects["execution_context"])
    return objects
"""


def run(code: str, **options: str) -> str:
    return run_with_fake(START + code, **options)


def test_every_order_of_the_build_side() -> None:
    run("""
for order in itertools.permutations(["logger", "builder", "network_definition", "builder_config", "timing_cache"]):
    end_all(build_side(), order)
""")


def test_many_orders_of_the_run_side() -> None:
    run("""
for seed in range(500):
    objects = run_side()
    order = list(objects)
    random.Random(seed).shuffle(order)
    end_all(objects, order)
""")


@pytest.mark.parametrize("first", ["parser", "network", "builder", "logger"])
def test_a_network_keeps_its_parser(first: str) -> None:
    """Its weights belong to the parser, which puts an error recorder back at its end."""
    run(f"""
check(lib.trtx_load_onnx_parser(os.environ["TRTX_FAKE_PATH"].encode()))
logger = make_logger()
builder = make("builder_create", logger)
network = make("builder_create_network_v2", builder, 0)
config = make("builder_create_builder_config", builder)
parser = make("onnx_parser_create", network, logger)
call("onnx_parser_set_builder_config", parser, config)
end("builder_config", config)
assert control.live("BuilderConfig") == 1, "the parser needs it"
objects = {{"onnx_parser": parser, "network_definition": network, "builder": builder, "logger": logger}}
order = sorted(objects, key=lambda kind: "{first}" not in kind)
end(order[0], objects[order[0]])
assert control.live("OnnxParser") == (0 if "{first}" == "parser" and not control.live("NetworkDefinition") else 1)
for kind in order[1:]:
    end(kind, objects[kind])
nothing_left()
""")


def test_a_parser_takes_the_recorder_of_its_network_and_a_failed_one_does_not() -> None:
    run("""
check(lib.trtx_load_onnx_parser(os.environ["TRTX_FAKE_PATH"].encode()))
objects = {"logger": make_logger()}
objects["builder"] = make("builder_create", objects["logger"])
objects["network_definition"] = network = make("builder_create_network_v2", objects["builder"], 0)
table = ffi.new("trtx_error_recorder_callbacks *")
objects["error_recorder"] = recorder = make("error_recorder_create", table, ffi.NULL)
call("network_definition_set_error_recorder", network, recorder)
place = ffi.new("trtx_onnx_parser **")
for action in ("null", "throw:runtime_error"):
    control.fault(f"createNvOnnxParser_INTERNAL={action}")
    assert lib.trtx_onnx_parser_create(network, objects["logger"], place) != lib.TRTX_OK
    assert place[0] == ffi.NULL
    assert lib.trtx_network_definition_get_error_recorder(network) == recorder
    control.clear()
objects["onnx_parser"] = make("onnx_parser_create", network, objects["logger"])
assert lib.trtx_network_definition_get_error_recorder(network) == ffi.NULL
end("error_recorder", objects.pop("error_recorder"))  # nobody needs it any more
end_all(objects, list(objects))
""")


def test_refitters_need_their_engine_and_parser_refitters_their_refitter() -> None:
    run("""
check(lib.trtx_load_onnx_parser(os.environ["TRTX_FAKE_PATH"].encode()))
model = Model()
made = model.add("identity", model.input("x", np.float32, 2))
model.mark(model.output(made), "y")
call("builder_config_set_flag", model.config, lib.TRTX_BUILDER_FLAG_REFIT)
plan = model.build()
model.close()
for order in itertools.permutations(["logger", "runtime", "cuda_engine", "refitter", "onnx_parser_refitter"]):
    objects = {"logger": make_logger()}
    objects["runtime"] = make("runtime_create", objects["logger"])
    objects["cuda_engine"] = engine = make(
        "runtime_deserialize_cuda_engine", objects["runtime"], ffi.from_buffer(plan), len(plan)
    )
    objects["refitter"] = make("refitter_create", engine, objects["logger"])
    objects["onnx_parser_refitter"] = make("onnx_parser_refitter_create", objects["refitter"], objects["logger"])
    end_all(objects, order)
""")


def test_what_is_set_is_needed_until_it_is_replaced() -> None:
    run("""
objects = run_side()
config, inspector, context = (objects[kind] for kind in ("runtime_config", "engine_inspector", "execution_context"))
other = make("runtime_config_create_runtime_cache", config)
end("runtime_cache", objects.pop("runtime_cache"))
end("execution_context", objects.pop("execution_context"))
assert control.live("RuntimeCache") == 2 and control.live("ExecutionContext") == 1
call("runtime_config_set_runtime_cache", config, other)
assert control.live("RuntimeCache") == 2, "the context uses the former one"
refused("runtime_config_set_runtime_cache", config, ffi.NULL)
control.fault("VEngineInspector::setExecutionContext=false")
refused("engine_inspector_set_execution_context", inspector, ffi.NULL)
assert control.live("ExecutionContext") == 1, "a call that failed has replaced nothing"
control.clear()
call("engine_inspector_set_execution_context", inspector, ffi.NULL)
assert control.live("ExecutionContext") == 0 and control.live("RuntimeCache") == 1
end("runtime_cache", other)
assert control.live("RuntimeCache") == 1, "the config uses it"
call("runtime_config_set_runtime_cache", config, other)
end_all(objects, objects)
""")


def test_what_is_set_under_a_name_is_apart() -> None:
    """Callback objects are retired at once; who is still needed may be called, and answers by himself."""
    run("""
objects = run_side()
context = objects["execution_context"]
first, second = bridge("output_allocator"), bridge("output_allocator")
for name, allocator in ((b"y", first), (b"x", second), (b"y", second), (b"y", first), (b"x", ffi.NULL)):
    status("execution_context_set_output_allocator", context, name, allocator)
monitor = bridge("progress_monitor", step_complete=lambda *_: seen.append(1) is None)
seen = []
built = build_side()
call("builder_config_set_progress_monitor", built["builder_config"], monitor)
end("progress_monitor", monitor)
for _ in range(1100):  # more than are kept of those that nobody needs
    lib.trtx_progress_monitor_destroy(bridge("progress_monitor"))
tensor = make("network_definition_add_input", built["network_definition"], b"x", 0, dims(2))
layer = make("network_definition_add_identity", built["network_definition"], tensor)
call("network_definition_mark_output", built["network_definition"], lib.trtx_layer_get_output(layer, 0))
dropped = lib.trtx_dropped_callback_count()
parts = [built[kind] for kind in ("builder", "network_definition", "builder_config")]
memory = make("builder_build_serialized_network", *parts)
assert seen == [] and lib.trtx_dropped_callback_count() > dropped
for kind, thing in (("output_allocator", first), ("output_allocator", second)):
    end(kind, thing)
for kind, thing in (*built.items(), *objects.items(), ("host_memory", memory)):
    end(kind, thing)
nothing_left()
""")


def test_what_is_destroyed_already_is_refused() -> None:
    run("""
objects = build_side()
for kind, thing in objects.items():
    end(kind, thing)
    lib.trtx_clear_last_error()
    getattr(lib, f"trtx_{kind}_destroy")(thing)
    assert lib.trtx_last_status() == lib.TRTX_INVALID_ARGUMENT, kind
    assert error().startswith(f"trtx_{kind}_destroy: there is no such object"), error()
    assert status("retain", thing, ffi.new("void **")) == lib.TRTX_INVALID_ARGUMENT
nothing_left()
lib.trtx_clear_last_error()
for kind in objects:
    getattr(lib, f"trtx_{kind}_destroy")(ffi.NULL)
assert lib.trtx_last_status() == 0
refused("retain", ffi.NULL, ffi.new("void **"), saying="handle is null")
""")


def test_a_place_is_emptied_and_released_once() -> None:
    run("""
logger = make_logger()
place = ffi.gc(ffi.new("trtx_builder **"), lib.trtx_release)
call("builder_create", logger, place)
network = ffi.gc(ffi.new("trtx_network_definition **"), lib.trtx_release)
call("builder_create_network_v2", place[0], 0, network)
lib.trtx_logger_destroy(logger)
del place
assert control.live() == 2, "the network needs its builder"
lib.trtx_release(network)
assert network[0] == ffi.NULL
lib.trtx_release(network)
lib.trtx_release(ffi.NULL)
assert lib.trtx_last_status() == 0, error()
nothing_left()
del network
""")


def test_each_owner_gives_up_once() -> None:
    run("""
model = Model()
made = model.add("identity", model.input("x", np.float32, 2))
model.mark(model.output(made), "y")
memory = make("builder_build_serialized_network", model.builder, model.network, model.config)
model.close()
assert control.report() == {"HostMemory": 1}, "it needs nothing"
place = ffi.gc(ffi.new("trtx_host_memory **"), lib.trtx_release)
call("retain", memory, place)
lib.trtx_host_memory_destroy(memory)
assert lib.trtx_host_memory_size(place[0]) > 0
del place
nothing_left()
""")


def test_threads_may_end_what_others_need() -> None:
    run("""
for seed in range(60):
    objects = run_side()
    kinds = list(objects)
    random.Random(seed).shuffle(kinds)
    threads = [threading.Thread(target=end, args=(kind, objects[kind])) for kind in kinds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    nothing_left()
""")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_fork_inside_a_callback_of_an_end() -> None:
    run("""
def log(severity, message, _):
    if text(message) == "fork" and not children:
        children.append(os.fork())
children = []
logger = bridge("logger", log=log)
builder = make("builder_create", logger)
network = make("builder_create_network_v2", builder, 0)
end("builder", builder)
end("logger", logger)
again = bridge("logger", log=log)
other = make("builder_create", again)
control.fault("NetworkDefinition::destroy=log:info:fork")
lib.trtx_network_definition_destroy(network)
if children == [0]:
    os._exit(0 if control.live("Builder") == 2 and control.misuses() == 0 else 1)
assert os.waitstatus_to_exitcode(os.waitpid(children[0], 0)[1]) == 0
end("builder", other)
end("logger", again)
nothing_left()
""")


def test_a_call_that_fails_enters_nothing() -> None:
    run("""
objects = build_side()
control.fault("VBuilder::createNetworkV2=null")
refused("builder_create_network_v2", objects["builder"], 0, ffi.new("trtx_network_definition **"))
end_all(objects, objects)
""")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_ends_nothing_of_its_parent() -> None:
    run("""
import time
objects = {**run_side(), **{k: v for k, v in build_side().items() if k != "logger"}}
monitor = bridge("progress_monitor", phase_start=lambda *_: time.sleep(0.5))
call("builder_config_set_progress_monitor", objects["builder_config"], monitor)
tensor = make("network_definition_add_input", objects["network_definition"], b"x", 0, dims(2))
layer = make("network_definition_add_identity", objects["network_definition"], tensor)
call("network_definition_mark_output", objects["network_definition"], lib.trtx_layer_get_output(layer, 0))
before = control.report()
build = (objects["builder"], objects["network_definition"], objects["builder_config"])
thread = threading.Thread(target=lambda: end("host_memory", make("builder_build_serialized_network", *build)))
thread.start()
time.sleep(0.1)
child = os.fork()
if child == 0:
    code = 1
    try:
        begin = time.monotonic()
        for kind, thing in objects.items():
            end(kind, thing)
        end("progress_monitor", monitor)
        place = ffi.new("trtx_builder **", objects["builder"])
        lib.trtx_release(place)
        assert place[0] == ffi.NULL and lib.trtx_last_status() == 0 and time.monotonic() - begin < 5
        assert control.report() == before and control.misuses() == 0
        # It may have objects of its own.
        for kind, thing in build_side().items():
            end(kind, thing)
        assert control.report() == before and control.misuses() == 0
        code = 0
    finally:
        os._exit(code)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
thread.join()
end("progress_monitor", monitor)
end_all(objects, objects)
""")
