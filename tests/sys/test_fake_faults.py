# SPDX-License-Identifier: Apache-2.0
"""Faults on command, callbacks that nobody expects, lifetimes: the fake library and the shim against each other."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.helpers.fake import fake_library, fake_variant, run_with_fake
from tests.helpers.libraries import cache

IDENTITY = """
def identity(flags=()):
    model = Model()
    for flag in flags:
        call("builder_config_set_flag", model.config, flag)
    made = model.add("identity", model.input("x", np.float32, 2))
    model.mark(model.output(made), "y")
    return model
"""


def run(code: str, **options: str) -> str:
    return run_with_fake(IDENTITY + code, **options)


def test_counts_return_to_zero() -> None:
    run("""
model = identity()
x = np.array([1, 2], np.float32)
assert model.run(x=x)["y"].tolist() == [1, 2]
assert control.report() == {"Builder": 1, "BuilderConfig": 1, "CudaEngine": 1, "ExecutionContext": 1, "Layer": 1,
                            "NetworkDefinition": 1, "Runtime": 1, "Tensor": 2}, control.report()
model.close()
assert control.live() == 0 and control.report() == {} and control.misuses() == 0
""")


def test_faults_of_the_environment_strike_the_nth_call() -> None:
    faults = "VBuilder::buildSerializedNetwork=throw:bad_alloc@2;VRuntime::*=null"
    run(
        """
model = identity()
model.build()
memory = ffi.new("trtx_host_memory **")
args = model.builder, model.network, model.config, memory
refused("builder_build_serialized_network", *args, saying="out of memory")
assert lib.trtx_last_status() == 8
model.build()
runtime = make("runtime_create", model.logger)
refused("runtime_deserialize_cuda_engine", runtime, b"plan", 4, ffi.new("trtx_cuda_engine **"))
lib.trtx_runtime_destroy(runtime)
assert control.calls("VBuilder::buildSerializedNetwork") == 3
control.clear()
plan = model.build()
model.load(plan)
model.close()
assert control.live() == 0
""",
        faults=faults,
    )


def test_factories_fail_on_command() -> None:
    run("""
logger = make_logger()
for action, words in (("throw:runtime_error", "thrown by a fault"), ("throw:int", "unknown type"), ("null", "")):
    control.clear()
    control.fault(f"createInfer*_INTERNAL={action}")
    refused("builder_create", logger, ffi.new("trtx_builder **"), saying=words)
    refused("runtime_create", logger, ffi.new("trtx_runtime **"), saying=words)
assert control.live() == 0
""")


def test_a_bad_specification_is_refused() -> None:
    run("""
for bad in ("VBuilder::reset", "=null", *(f"VBuilder::reset={action}" for action in (
    "explode", "null:x", "null@99999999999999999999", "sleep:", "sleep:soon", "sleep:99999999999", "sleep:-1",
    "throw", "throw:", "throw:logic_error", "log", "log:", "log:fatal:text", "logforeign:errors:text", "log:error2",
    "callbacks:never", "callbacks:late+sometimes",
))):
    assert control.library.trtx_fake_set_fault(bad.encode()) == -1, bad
for good in ("null@9223372036854775807", "log:error", "log:info:a@b", "callbacks:", "callbacks:late+foreign+disorder"):
    control.fault(f"VBuilder::set={good}")
""")


def test_a_bad_specification_of_the_environment_is_told() -> None:
    run("""
import subprocess, sys
code = "import ctypes, os; ctypes.CDLL(os.environ['TRTX_FAKE_PATH']).trtx_fake_clear_faults()"
environment = {**os.environ, "TRTX_FAKE_FAULTS": "VBuilder::reset=null@99999999999999999999"}
done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
assert done.returncode == 0 and "cannot read TRTX_FAKE_FAULTS" in done.stderr, done.stderr
""")


def test_logging_of_any_kind() -> None:
    run("""
model = identity()
control.fault("VBuilder::reset=log:warning:<not-utf8>;VBuilder::reset=logforeign:info:<1mb>;"
              "VBuilder::reset=log:verbose:once@1")
lib.trtx_clear_last_error()
call("builder_reset", model.builder)
assert (2, b"not UTF-8: \\xff\\xfe\\xc3(\\x80", False) in logged
assert (3, b"x" * (1 << 20), False) in logged, "of a short call the caller's thread tells all"
assert (4, b"once", False) in logged
control.clear()
control.fault("VBuilder::reset=log:error:<1mb>")
refused("builder_reset", model.builder)
assert len(error()) < 10000
model.close()
""")


def test_errors_read_as_the_library_says_them() -> None:
    run("""
model = identity()
said = refused("network_definition_add_input", model.network, b"x", 0, dims(1), ffi.new("trtx_tensor **"))
assert "INetworkDefinition::addInput: Error Code 3: API Usage Error (" in said, said
assert any(severity == 1 for severity, _, _ in logged)
recorded = []
def report(code, description, user_data):
    recorded.append((code, text(description)))
    return True
recorder = bridge("error_recorder", report_error=report)
call("builder_set_error_recorder", model.builder, recorder)
assert lib.trtx_builder_get_error_recorder(model.builder) == recorder
assert lib.trtx_builder_set_max_threads(model.builder, 0) != 0
assert recorded and recorded[0][0] == 3
call("builder_set_error_recorder", model.builder, ffi.NULL)
model.close()
""")


MONITOR = """
events = []
def step(name, number, user_data):
    events.append(("step", text(name), number))
    return not stop()
monitor = bridge(
    "progress_monitor", step_complete=step,
    phase_start=lambda name, parent, steps, _: events.append(("start", text(name), text(parent), steps)),
    phase_finish=lambda name, _: events.append(("finish", text(name))),
)
model = identity()
call("builder_config_set_progress_monitor", model.config, monitor)
"""


def test_progress_is_nested() -> None:
    run(
        "stop = lambda: False"
        + MONITOR
        + """
model.build()
assert events == [
    ("start", "Building Engine", None, 3), ("step", "Building Engine", 0),
    ("start", "Building Layers", "Building Engine", 1), ("step", "Building Layers", 0), ("finish", "Building Layers"),
    ("step", "Building Engine", 1), ("step", "Building Engine", 2), ("finish", "Building Engine"),
], events
"""
    )


def test_a_build_can_be_cancelled_in_time() -> None:
    run(
        """
import time
begin = time.monotonic()
stop = lambda: time.monotonic() - begin > 0.05
control.fault("Build::step=sleep:100")
"""
        + MONITOR
        + """
refused("builder_build_serialized_network", model.builder, model.network, model.config, ffi.new("trtx_host_memory **"))
assert [e[0] for e in events].count("start") == [e[0] for e in events].count("finish")
assert len(events) == 3
model.close()
assert control.live() == 0
"""
    )


def test_callbacks_out_of_order_from_foreign_threads_and_late() -> None:
    run(
        """
stop = lambda: False
"""
        + MONITOR
        + """
allocator = bridge("gpu_allocator")
call("builder_set_gpu_allocator", model.builder, allocator)
for how in ("", "foreign", "disorder", "foreign+disorder"):
    control.fault(f"VBuilder::isNetworkSupported=callbacks:{how}")
make("builder_is_network_supported", model.builder, model.network, model.config)
assert ("finish", "never started") in events and ("start", "phase of a fault", None, 1) in events
assert control.callbacks() > 20
control.clear()
control.fault("VBuilder::isNetworkSupported=callbacks:late+disorder")
make("builder_is_network_supported", model.builder, model.network, model.config)
del events[:]
lib.trtx_progress_monitor_destroy(monitor)
lib.trtx_gpu_allocator_destroy(allocator)
dropped = lib.trtx_dropped_callback_count()
assert control.late() == 1 and control.late() == 0
assert events == [] and lib.trtx_dropped_callback_count() > dropped
model.close()
"""
    )


def test_allocators_readers_writers_and_listeners() -> None:
    run("""
model = identity()
plan = bytearray()
def write(data, size, user_data):
    plan.extend(ffi.buffer(ffi.cast("char *", data), size))
    return size
writer = bridge("stream_writer", write=write)
call("builder_build_serialized_network_to_stream", model.builder, model.network, model.config, writer)
assert bytes(plan) == model.build()
left = bytes(plan)
def read(destination, size, *rest):
    global left
    piece, left = left[:min(size, 40)], left[min(size, 40):]
    ffi.memmove(ffi.cast("char *", destination), piece, len(piece))
    return len(piece)
reader = bridge("stream_reader_v2", read=read)
model.runtime = make("runtime_create", model.logger)
blocks = {}
def allocate(size, alignment, *rest):
    block = ffi.new("char[]", size)
    blocks[int(ffi.cast("uintptr_t", block))] = block
    return ffi.cast("uintptr_t", block)
def deallocate(address, *rest):
    return blocks.pop(int(ffi.cast("uintptr_t", address)), None) is not None
allocator = bridge("gpu_allocator", allocate=lambda *a: int(allocate(*a)), deallocate=deallocate)
call("runtime_set_gpu_allocator", model.runtime, allocator)
model.engine = make("runtime_deserialize_cuda_engine_v2", model.runtime, reader)
model.context = make("cuda_engine_create_execution_context", model.engine, 0)
assert len(blocks) == 1
shapes = []
output = np.zeros(2, np.float32)
outputs = bridge("output_allocator", reallocate_output_async=lambda *a: output.ctypes.data,
                notify_shape=lambda name, dims_, *rest: shapes.append(shape(dims_)))
times = []
profiler = bridge("profiler", report_layer_time=lambda name, ms, *rest: times.append(text(name)))
call("execution_context_set_output_allocator", model.context, b"y", outputs)
call("execution_context_set_profiler", model.context, profiler)
model.run(x=np.array([3, 4], np.float32))
assert output.tolist() == [3, 4] and shapes == [(2,)] and len(times) == 1
lib.trtx_execution_context_destroy(model.context)
model.context = None
assert not blocks
left = bytes(plan)[:-1]
refused("runtime_deserialize_cuda_engine_v2", model.runtime, reader, ffi.new("trtx_cuda_engine **"), saying="ended")
model.close()
assert control.live() == 0
""")


def test_negative_and_damaged_answers() -> None:
    run("""
model = identity()
plan = model.build()
model.load(plan)
control.fault("VExecutionContext::inferShapes=negative")
refused("execution_context_infer_shapes", model.context, 0, ffi.NULL, ffi.new("int32_t *"))
for damage in (plan[:-1], plan[:20], b"junk" * 10, plan[:40] + b"\\xff" + plan[41:]):
    refused("runtime_deserialize_cuda_engine", model.runtime, damage, len(damage), ffi.new("trtx_cuda_engine **"))
model.close()
assert control.live() == 0
""")


def test_misuse_is_recorded() -> None:
    """By the deleting destructor, as the shim lets none of that happen."""
    run("""
def delete(thing):
    ffi.cast("void (*)(void *)", ffi.cast("void ***", thing)[0][1])(thing)
model = identity()
model.load(model.build())
delete(model.runtime)
assert control.last_misuse() == "Runtime destroyed before its CudaEngine"
delete(model.engine)
assert control.last_misuse() == "CudaEngine destroyed before its ExecutionContext"
refused("execution_context_enqueue_v3", model.context, 0)
delete(model.context)
control.clear_misuse()
assert lib.trtx_cuda_engine_get_nb_layers(model.engine) == 0
assert control.last_misuse() == "VCudaEngine::getNbLayers called on a destroyed CudaEngine"
delete(model.engine)
assert control.last_misuse() == "CudaEngine destroyed twice"
tensor = model.input("late", np.float32, 1)
delete(model.builder)
assert control.misuses() >= 3
delete(model.network)
assert control.misuses() > 3 and lib.trtx_tensor_is_network_input(tensor) is False
assert control.last_misuse() == "VTensor::isNetworkInput called on a destroyed Tensor"
delete(model.config)
assert control.live() == 0
""")


def test_refit() -> None:
    run("""
model = Model()
call("builder_config_set_flag", model.config, lib.TRTX_BUILDER_FLAG_REFIT)
a, b = np.array([1, 2], np.float32), np.array([5, 6], np.float32)
w = weights(a)
call("network_definition_set_weights_name", model.network, w, b"a")
made = make("network_definition_add_constant", model.network, dims(2), w)
total = model.add("elementwise", model.input("x", np.float32, 2), model.output(made), 0)
model.mark(model.output(total), "y")
x = np.array([10, 10], np.float32)
assert model.run(x=x)["y"].tolist() == [11, 12]
refitter = make("refitter_create", model.engine, model.logger)
refused("refitter_set_named_weights", refitter, b"none", weights(b), saying="none")
call("refitter_set_named_weights", refitter, b"a", weights(b))
call("refitter_refit_cuda_engine", refitter)
assert model.run(x=x)["y"].tolist() == [15, 16]
lib.trtx_refitter_destroy(refitter)
model.close()
assert control.live() == 0
plain = identity()
plain.load(plain.build())
refused("refitter_create", plain.engine, plain.logger, ffi.new("trtx_refitter **"), saying="refittable")
plain.close()
assert control.live() == 0
""")


def test_the_fakes_own_parser() -> None:
    run("""
model = Model()
check(lib.trtx_load_onnx_parser(os.environ["TRTX_FAKE_PATH"].encode()))
parser = make("onnx_parser_create", model.network, model.logger)
refused("onnx_parser_parse", parser, b"no model", 8, ffi.NULL, saying="Failed to parse")
assert lib.trtx_onnx_parser_get_nb_errors(parser) == 1
call("onnx_parser_parse", parser, b"TRTXONNX", 8, ffi.NULL)
lib.trtx_onnx_parser_destroy(parser)
x = np.array([[1, 2, 3, 4]], np.float32)
assert np.array_equal(model.run(x=x)["y"], x)
model.close()
assert control.live() == 0
""")


@pytest.mark.parametrize(("version", "status"), [("1.4.0.76", 6), ("1.5", 0), ("1.6.1.120", 0), ("1.9", 0)])
def test_versions(version: str, status: int) -> None:
    run_with_fake(f"""
assert lib.trtx_load(os.environ["TRTX_FAKE_PATH"].encode()) == {status}, error()
if {status} == 0:
    version = ffi.new("trtx_version *")
    check(lib.trtx_library_version(version))
    parts = [version.major, version.minor, version.patch, version.build]
    assert ".".join(map(str, parts)).startswith("{version}")
else:
    assert "1.4.0.76" in error() and "1.5" in error()
""", version=version, TRTX_FAKE_LOAD="0")  # fmt: skip


@pytest.mark.parametrize(("without", "symbol"), [
    ("BUILDER", "createInferBuilder_INTERNAL"), ("RUNTIME", "createInferRuntime_INTERNAL"),
])  # fmt: skip
def test_a_missing_export_is_named(without: str, symbol: str) -> None:
    run_with_fake(f"""
assert lib.trtx_load(os.environ["TRTX_FAKE_PATH"].encode()) == 5
assert "{symbol}" in error() and os.environ["TRTX_FAKE_PATH"] in error()
logger = make_logger()
assert lib.trtx_runtime_create(logger, ffi.new("trtx_runtime **")) == 4
""", library=fake_variant(without), TRTX_FAKE_LOAD="0")  # fmt: skip


def test_another_library_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "libother.so"
    copy.write_bytes(fake_library().read_bytes())
    run(f"""
check(lib.trtx_load(os.environ["TRTX_FAKE_PATH"].encode()))
assert lib.trtx_load({str(copy)!r}.encode()) == 7
""")


def real_parser() -> Path | None:
    folders = [cache() / "1.6.1.120" / "tensorrt_rtx_libs"]
    folders += [Path(os.environ["TENSORRT_RTX_ROOT"]) / "lib"] if "TENSORRT_RTX_ROOT" in os.environ else []
    found = [f / "libtensorrt_onnxparser_rtx.so.1" for f in folders]
    return next((path for path in found if path.is_file()), None)


def test_the_real_parser_drives_the_fake_network() -> None:
    """NVIDIA's parser calls the fake's network through the real interface: a test of the table that both go by."""
    pytest.importorskip("onnx")
    parser = real_parser()
    if parser is None:
        pytest.skip("NVIDIA's ONNX parser library is missing")
    run(
        f"PARSER = {str(parser)!r}"
        + """
import onnx
from onnx import TensorProto, helper, numpy_helper
rng = np.random.default_rng(3)
w1, b1 = rng.standard_normal((2, 3, 3, 3)).astype(np.float32), rng.standard_normal(2).astype(np.float32)
w2, b2 = rng.standard_normal((8, 5)).astype(np.float32), rng.standard_normal(5).astype(np.float32)
nodes = [
    helper.make_node("Conv", ["x", "w1", "b1"], ["c"], pads=[1, 1, 1, 1], strides=[2, 2], kernel_shape=[3, 3]),
    helper.make_node("Relu", ["c"], ["r"]),
    helper.make_node("Flatten", ["r"], ["f"]),
    helper.make_node("Gemm", ["f", "w2", "b2"], ["g"]),
    helper.make_node("Softmax", ["g"], ["y"], axis=-1),
]
graph = helper.make_graph(nodes, "net",
    [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, 4, 4])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 5])],
    [numpy_helper.from_array(v, k) for k, v in {"w1": w1, "b1": b1, "w2": w2, "b2": b2}.items()])
made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
made.ir_version = 9
data = made.SerializeToString()
model = Model()
check(lib.trtx_load_onnx_parser(PARSER.encode()))
parser = make("onnx_parser_create", model.network, model.logger)
call("onnx_parser_parse", parser, data, len(data), ffi.NULL)
x = rng.standard_normal((1, 3, 4, 4)).astype(np.float32)
got = model.run(x=x)["y"]
from onnx.reference import ReferenceEvaluator
expected = ReferenceEvaluator(made).run(None, {"x": x})[0]
np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-5)
lib.trtx_onnx_parser_destroy(parser)
model.close()
assert control.live() == 0 and control.misuses() == 0, control.last_misuse()
""",
        version="1.6.1.120",
    )
