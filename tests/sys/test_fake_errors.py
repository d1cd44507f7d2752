# SPDX-License-Identifier: Apache-2.0
"""What a failure leaves behind: whose it is, what it says, and what is kept of very many messages."""

from __future__ import annotations

import pytest

from tests.helpers.fake import run_with_fake

START = """
LOST = "THE REASON"
model = Model()
builder, config, network = model.builder, model.config, model.network

def messages():
    return [text(lib.trtx_last_message(i, ffi.NULL)) for i in range(lib.trtx_last_message_count())]

def getter_fails(function, *arguments, saying):
    lib.trtx_clear_last_error()
    value = status(function, *arguments)
    assert lib.trtx_last_status() == lib.TRTX_FAILED, f"trtx_{function} gave {value} and no failure"
    assert error().startswith(f"trtx_{function}: ") and saying in error(), error()
    return value

def works(function, *arguments):
    lib.trtx_clear_last_error()
    call(function, *arguments)
    assert error() == "" and lib.trtx_last_status() == 0, error()
"""


def run(code: str, **options: str) -> str:
    return run_with_fake(START + code, **options)


# Error recorders


def test_what_the_recorder_is_told_is_the_error_of_the_call() -> None:
    """With a recorder set, the library logs errors no more: void methods must fail all the same, and say why."""
    run("""
told = []
recorder = bridge("error_recorder", report_error=lambda code, words, _: told.append(text(words)) is None)
x = model.input("x", np.float32, 2)
call("network_definition_set_error_recorder", network, recorder)
said = refused("tensor_set_dimension_name", x, 99, b"batch", saying="ITensor::setDimensionName: Error Code 3")
assert told and told[-1] in said and messages() == told
# A recorder that its application has destroyed, or that has no functions, changes nothing about that.
call("network_definition_set_error_recorder", network, bridge("error_recorder"))
refused("tensor_set_dimension_name", x, 99, b"batch", saying="ITensor::setDimensionName: Error Code 3")
lib.trtx_error_recorder_destroy(recorder)
call("network_definition_set_error_recorder", network, ffi.NULL)
refused("tensor_set_dimension_name", x, 99, b"batch", saying="ITensor::setDimensionName: Error Code 3")
""")


# Many messages


@pytest.mark.parametrize("log", ["log", "logforeign"])
@pytest.mark.parametrize("flood", ["before", "behind"])
@pytest.mark.parametrize("what", ["warning:w", "error:CUDA driver version is insufficient"])
def test_an_error_is_not_lost_among_warnings(log: str, flood: str, what: str) -> None:
    run(f"""
many = f"VBuilder::setMaxThreads={log}:{what};" * 100
reason = f"VBuilder::setMaxThreads={log}:error:{{LOST}};"
control.fault({"many + reason" if flood == "before" else "reason + many"} + "VBuilder::setMaxThreads=false")
refused("builder_set_max_threads", builder, 2)
assert error() == f"trtx_builder_set_max_threads: {{LOST}}", error()
assert len(messages()) == 64 and LOST in messages(), messages()
""")


def test_a_failure_without_an_error_says_what_was_warned_of() -> None:
    run("""
def fails(*logs):
    for log in logs:
        control.fault(f"VBuilder::setMaxThreads={log}")
    control.fault("VBuilder::setMaxThreads=false")
    said = refused("builder_set_max_threads", builder, 2)
    control.clear()
    return said.removeprefix("trtx_builder_set_max_threads: ")

assert fails("log:warning:too few", "log:warning:too old") == "too few; too old"
assert fails("logforeign:warning:too few") == "too few"
assert fails("log:warning:too few", "log:error:too old") == "too old"
assert fails("log:warning:Thread context has not been set") == "failed without a message"
assert fails() == "failed without a message"
said = refused("builder_set_max_threads", ffi.NULL, 2)
assert said.endswith(": self is null")
control.fault("VBuilder::isNetworkSupported=log:warning:too few;VBuilder::isNetworkSupported=false")
assert make("builder_is_network_supported", builder, network, config) is False and error().endswith(": too few")
""")


def test_messages_of_several_threads_stand_in_their_order() -> None:
    run("""
control.fault(";".join(
    f"VBuilder::setMaxThreads={log}:warning:{number}"
    for number, log in enumerate(["log", "logforeign", "log", "logforeign", "log"])
) + ";VBuilder::setMaxThreads=false")
refused("builder_set_max_threads", builder, 2)
assert messages() == ["0", "1", "2", "3", "4"], messages()
""")


def test_of_many_errors_the_first_are_kept() -> None:
    run("""
control.fault("".join(f"VBuilder::reset=log:error:error {i};" for i in range(100)))
refused("builder_reset", builder)
assert messages() == [f"error {i}" for i in range(64)]
""")


# Noise


@pytest.mark.parametrize(
    ("line", "is_noise"),
    [
        ("[checkMacros.cpp::catchCudaError::1] Error Code 1: Cuda Runtime (cudaError 35: CUDA driver version is", True),
        ("[checkMacros.cpp::catchCudaError::1] Error Code 1: Cuda Runtime (out of memory)", False),
        (
            "[checkMacros.cpp::catchCudaError::1] Error Code 1: Cuda Runtime (cudaError 700: illegal memory access)",
            False,
        ),
    ],
)
def test_only_the_complaint_about_a_missing_driver_is_noise(line: str, is_noise: bool) -> None:
    run(f"""
control.fault("VBuilder::reset=log:error:{line}")
{'works("builder_reset", builder)' if is_noise else f'refused("builder_reset", builder, saying="{line}")'}
""")


# Getters


def test_getters_with_an_argument_that_does_not_exist() -> None:
    run("""
layer = model.add("identity", model.input("x", np.float32, 2))
assert getter_fails("builder_config_get_flag", config, 99, saying="Error Code 3") is False
assert getter_fails("network_definition_get_flag", network, 99, saying="Error Code 3") is False
assert getter_fails("network_definition_get_layer", network, 99, saying="Error Code 3") == ffi.NULL
assert getter_fails("network_definition_get_input", network, -1, saying="Error Code 3") == ffi.NULL
assert getter_fails("network_definition_get_output", network, 99, saying="Error Code 3") == ffi.NULL
assert getter_fails("layer_get_output", layer, 99, saying="Error Code 3") == ffi.NULL
refused("builder_config_get_memory_pool_limit", config, 99, ffi.new("size_t *"), saying="Error Code 3")
refused("builder_config_get_preview_feature", config, 99, ffi.new("bool *"), saying="Error Code 3")
lib.trtx_clear_last_error()
assert lib.trtx_network_definition_get_layer(network, 0) == layer and lib.trtx_last_status() == 0
""")


def test_a_getter_in_a_callback_does_not_blame_the_call_around() -> None:
    run("""
def log(severity, message, _):
    if text(message) == "ask":
        getter_fails("network_definition_get_layer", network, 99, saying="Error Code 3")
        answers.append(error())
answers = []
asking = bridge("logger", log=log)
other = make("builder_create", asking)
network = make("builder_create_network_v2", other, 0)
control.fault("VBuilder::reset=log:info:ask")
lib.trtx_clear_last_error()
call("builder_reset", other)
assert len(answers) == 1
""")


@pytest.mark.parametrize("call", ["network_definition_get_nb_layers(network)", "network_definition_destroy(doomed)"])
def test_an_error_of_a_getter_or_destructor_is_its_own(call: str) -> None:
    """Not that of a call that fails at the same time in another thread."""
    run(f"""
doomed = make("builder_create_network_v2", builder, 0)
for point in ("VNetworkDefinition::getNbLayers", "NetworkDefinition::destroy"):
    control.fault(f"{{point}}=log:error:OF THE OTHER")
control.fault("VBuilder::setMaxThreads=sleep:300;VBuilder::setMaxThreads=false")
failures = []
def fail():
    refused("builder_set_max_threads", builder, 2)
    failures.append((error(), messages()))
thread = threading.Thread(target=fail)
thread.start()
while not control.calls("VBuilder::setMaxThreads"):
    pass
lib.trtx_clear_last_error()
lib.trtx_{call}
assert lib.trtx_last_status() == lib.TRTX_FAILED and error() == "trtx_{call.split("(")[0]}: OF THE OTHER", error()
thread.join()
assert failures == [("trtx_builder_set_max_threads: failed without a message", [])], failures
""")


# Answers that look like others


def test_a_check_that_explains_its_no() -> None:
    run("""
model.mark(model.output(model.add("identity", model.input("x", np.float32, 2))), "y")
result = ffi.new("bool *")
ask = "builder_is_network_supported", builder, network, config, result
works(*ask)
assert result[0] is True
control.fault("VBuilder::isNetworkSupported=log:warning:a warning;VBuilder::isNetworkSupported=log:error:NO OUTPUT")
control.fault("VBuilder::isNetworkSupported=false")
call(*ask)
assert result[0] is False and lib.trtx_last_status() == 0
assert error() == "trtx_builder_is_network_supported: NO OUTPUT" and messages() == ["a warning", "NO OUTPUT"]
control.clear()
control.fault("VBuilder::isNetworkSupported=false")
call(*ask)
assert result[0] is False and messages() == [] and "NO OUTPUT" not in error()
control.clear()
control.fault("VBuilder::isNetworkSupported=log:error:NO ANSWER")
refused(*ask, saying="NO ANSWER")
control.clear()
control.fault("VBuilder::isNetworkSupported=throw:bad_alloc")
refused(*ask, saying="out of memory")
""")


def test_a_count_that_is_negative_is_a_failure() -> None:
    run("""
check(lib.trtx_load_onnx_parser(os.environ["TRTX_FAKE_PATH"].encode()))
cache = make("builder_config_create_timing_cache", config, ffi.NULL, 0)
keys = ffi.new("int64_t *", 5)
control.fault("VTimingCache::queryKeys=negative")
refused("timing_cache_query_keys", cache, ffi.NULL, 0, keys)
assert keys[0] == 0
lib.trtx_timing_cache_destroy(cache)
""")


# Arguments


def test_null_where_it_is_an_answer_and_where_it_is_none() -> None:
    run("""
kernel = weights(np.ones(4, np.float32))
x = model.input("x", np.float32, 2)
layer = make("network_definition_add_constant", network, dims(4), kernel)
works("tensor_set_dimension_name", x, 0, b"batch")
works("tensor_set_dimension_name", x, 0, ffi.NULL)
assert make("tensor_get_dimension_name", x, 0) == ffi.NULL
works("network_definition_set_weights_name", network, kernel, b"kernel")
works("network_definition_set_weights_name", network, kernel, ffi.NULL)
works("network_definition_set_weights_name", network, kernel, b"another name")
runtime = make("runtime_create", model.logger)
works("runtime_get_engine_validity", runtime, b"x" * 64, 64, ffi.NULL, ffi.new("trtx_engine_validity *"))
check(lib.trtx_load_onnx_parser(os.environ["TRTX_FAKE_PATH"].encode()))
parser = make("onnx_parser_create", network, model.logger)
for function, *arguments in (
    ("builder_config_set_device_type", config, ffi.NULL, 0),
    ("builder_config_get_device_type", config, ffi.NULL, ffi.new("trtx_device_type *")),
    ("builder_config_is_device_type_set", config, ffi.NULL, ffi.new("bool *")),
    ("builder_config_reset_device_type", config, ffi.NULL),
    ("builder_config_can_run_on_dla", config, ffi.NULL, ffi.new("bool *")),
    ("builder_config_add_optimization_profile", config, ffi.NULL, ffi.new("int32_t *")),
    ("onnx_parser_set_builder_config", parser, ffi.NULL),
):
    refused(function, *arguments, saying=" is null")
    assert lib.trtx_last_status() == lib.TRTX_INVALID_ARGUMENT
lib.trtx_onnx_parser_destroy(parser)
lib.trtx_runtime_destroy(runtime)
""")


def test_sizes_that_cannot_be_are_refused_before_the_call() -> None:
    run("""
def impossible(function, *arguments, saying):
    refused(function, *arguments, saying=saying)
    assert lib.trtx_last_status() == lib.TRTX_INVALID_ARGUMENT
one = ffi.new("trtx_tensor **")
shape = ffi.new("trtx_dims *")
for rank in (9, 100, -2, -(2**31)):
    shape.nb_dims = rank
    impossible("network_definition_add_input", network, b"x", 0, shape, one, saying=f"dimensions has {rank}")
shape.nb_dims = -1
refused("network_definition_add_input", network, b"x", 0, shape, one)
assert lib.trtx_last_status() == lib.TRTX_FAILED, "the library judges an unknown rank"
negative = ffi.new("trtx_weights *", {"type": 0, "values": ffi.NULL, "count": -1})
layer = ffi.new("trtx_layer **")
impossible("network_definition_add_constant", network, dims(1), negative, layer, saying="weights has a negative count")
runtime = make("runtime_create", model.logger)
arguments = ffi.NULL, ffi.new("trtx_engine_validity *")
impossible("runtime_get_engine_validity", runtime, b"x", -1, *arguments, saying="blob_size is negative")
lib.trtx_runtime_destroy(runtime)
""")


def test_what_makes_objects_leaves_null_when_it_fails() -> None:
    run(
        """
def leaves_null(function, *arguments):
    result = ffi.new(ffi.typeof(getattr(lib, f"trtx_{function}")).args[-1])
    ffi.buffer(result)[:] = b"\\xa5" * len(ffi.buffer(result))
    refused(function, *arguments, result)
    assert result[0] == ffi.NULL, function
    if arguments:
        refused(function, *arguments, ffi.NULL)

for kind in ("builder", "runtime"):
    leaves_null(f"{kind}_create", ffi.NULL)
for kind in ("refitter", "onnx_parser", "onnx_parser_refitter"):
    leaves_null(f"{kind}_create", ffi.NULL, model.logger)
for kind in ("logger", "profiler", "refitter_observer"):
    leaves_null(f"{kind}_create", ffi.NULL, ffi.NULL)
leaves_null("refitter_observer_create", ffi.new("trtx_refitter_observer_callbacks *"), ffi.NULL)  # it is newer
leaves_null("onnx_parser_library_path")
""",
        version="1.5",
    )
