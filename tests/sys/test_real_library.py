"""Contracts of the raw layer that rest on what the real library does: the fake could only repeat what we believe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.helpers.process import run_python
from trtx_sys._ffi import ffi, lib


class Objects:
    """A builder with a network of one input and a configuration, and a runtime."""

    def __init__(self) -> None:
        self.logger = make("logger_create", ffi.new("trtx_logger_callbacks *"), ffi.NULL)
        self.builder = make("builder_create", self.logger)
        self.network = make("builder_create_network_v2", self.builder, 0)
        self.config = make("builder_create_builder_config", self.builder)
        self.shape = ffi.new("trtx_dims *", {"nb_dims": 2, "d": [1, 4]})
        self.x = make("network_definition_add_input", self.network, b"x", lib.TRTX_DATA_TYPE_FLOAT, self.shape)

    def close(self) -> None:
        lib.trtx_builder_config_destroy(self.config)
        lib.trtx_network_definition_destroy(self.network)
        lib.trtx_builder_destroy(self.builder)
        lib.trtx_logger_destroy(self.logger)


def call(function: str, *arguments: Any) -> int:
    lib.trtx_clear_last_error()
    status: int = getattr(lib, f"trtx_{function}")(*arguments)
    return status


def make(function: str, *arguments: Any) -> Any:
    result = ffi.new(ffi.typeof(getattr(lib, f"trtx_{function}")).args[-1])
    assert call(function, *arguments, result) == lib.TRTX_OK, error()
    return result[0]


def error() -> str:
    text: str = lib.trtx_last_error()
    return text


@pytest.fixture
def objects(native_library: str) -> Iterator[Objects]:
    made = Objects()
    yield made
    made.close()


def test_a_recorder_takes_nothing_away_from_the_error(objects: Objects) -> None:
    """The library tells the recorder instead of the logger."""
    told = []

    @ffi.callback("bool(trtx_error_code, const char *, void *)")  # type: ignore[untyped-decorator,unused-ignore]
    def report(code: int, text: Any, user_data: Any) -> bool:
        told.append(ffi.string(text).decode())
        return False

    table = ffi.new("trtx_error_recorder_callbacks *", {"report_error": report})
    recorder = make("error_recorder_create", table, ffi.NULL)
    assert call("network_definition_set_error_recorder", objects.network, recorder) == lib.TRTX_OK
    try:
        assert call("tensor_set_dimension_name", objects.x, 99, b"n") == lib.TRTX_FAILED
        assert "ITensor::setDimensionName" in error()
        assert any("ITensor::setDimensionName" in text for text in told)
        assert lib.trtx_last_message_count() == len(told)
    finally:
        assert call("network_definition_set_error_recorder", objects.network, ffi.NULL) == lib.TRTX_OK
        lib.trtx_error_recorder_destroy(recorder)


@pytest.mark.parametrize("order", ["parser network builder recorder", "recorder builder network parser"])
def test_a_parser_takes_the_recorder_off_its_network(native_library: str, order: str) -> None:
    """At its end NVIDIA's parser restores one that it found, on a network that has gone by then: a crash."""
    run_python(f"""
import trtx_sys
from tests.sys.test_real_library import Objects, call, ffi, lib, make

trtx_sys.load()
trtx_sys.load_onnx_parser()
objects = Objects()
recorder = make("error_recorder_create", ffi.new("trtx_error_recorder_callbacks *"), ffi.NULL)
assert call("network_definition_set_error_recorder", objects.network, recorder) == lib.TRTX_OK
parser = make("onnx_parser_create", objects.network, objects.logger)
assert lib.trtx_network_definition_get_error_recorder(objects.network) != recorder
lib.trtx_builder_config_destroy(objects.config)
ends = {{
    "parser": lambda: lib.trtx_onnx_parser_destroy(parser),
    "network": lambda: lib.trtx_network_definition_destroy(objects.network),
    "builder": lambda: lib.trtx_builder_destroy(objects.builder),
    "recorder": lambda: lib.trtx_error_recorder_destroy(recorder),
}}
for one in {order.split()}:
    ends[one]()
lib.trtx_logger_destroy(objects.logger)
""")


def test_a_network_without_outputs_is_not_supported(objects: Objects) -> None:
    assert make("builder_is_network_supported", objects.builder, objects.network, objects.config) is False
    assert lib.trtx_last_status() == lib.TRTX_OK
    assert "output" in error()
    identity = make("network_definition_add_identity", objects.network, objects.x)
    assert (
        call("network_definition_mark_output", objects.network, lib.trtx_layer_get_output(identity, 0)) == lib.TRTX_OK
    )
    assert make("builder_is_network_supported", objects.builder, objects.network, objects.config) is True
    assert error() == ""


@pytest.mark.parametrize(
    "ask",
    [
        lambda o: lib.trtx_builder_config_get_flag(o.config, 99),
        lambda o: lib.trtx_network_definition_get_flag(o.network, 99),
        lambda o: lib.trtx_network_definition_get_layer(o.network, 99),
        lambda o: lib.trtx_network_definition_get_input(o.network, -1),
        lambda o: lib.trtx_network_definition_get_output(o.network, 0),
    ],
)
def test_getters_tell_what_does_not_exist(objects: Objects, ask: Any) -> None:
    lib.trtx_clear_last_error()
    assert not ask(objects)
    assert lib.trtx_last_status() == lib.TRTX_FAILED
    assert error() != ""


def test_limits_and_features_that_do_not_exist(objects: Objects) -> None:
    assert call("builder_config_get_memory_pool_limit", objects.config, 99, ffi.new("size_t *")) == lib.TRTX_FAILED
    assert call("builder_config_get_preview_feature", objects.config, 99, ffi.new("bool *")) == lib.TRTX_FAILED
    assert make("builder_config_get_memory_pool_limit", objects.config, lib.TRTX_MEMORY_POOL_TYPE_WORKSPACE) > 0


def test_null_takes_names_away(objects: Objects) -> None:
    name = make("tensor_get_dimension_name", objects.x, 0)
    assert name == ffi.NULL
    for given in (b"batch", ffi.NULL):
        assert call("tensor_set_dimension_name", objects.x, 0, given) == lib.TRTX_OK, error()
    assert make("tensor_get_dimension_name", objects.x, 0) == ffi.NULL
    values = ffi.new("float[4]")
    weights = ffi.new("trtx_weights *", {"type": 0, "values": values, "count": 4})
    make("network_definition_add_constant", objects.network, objects.shape, weights)
    for given in (b"w", ffi.NULL, b"v"):
        assert call("network_definition_set_weights_name", objects.network, weights, given) == lib.TRTX_OK, error()


def test_who_does_not_care_for_diagnostics_gives_null(objects: Objects) -> None:
    runtime = make("runtime_create", objects.logger)
    size = lib.trtx_runtime_get_engine_header_size(runtime)
    header = ffi.new("char[]", size)
    validity = make("runtime_get_engine_validity", runtime, header, size, ffi.NULL)
    assert validity == lib.TRTX_ENGINE_VALIDITY_INVALID
    lib.trtx_runtime_destroy(runtime)


@pytest.mark.parametrize("rank", [9, -2])
def test_a_shape_of_no_possible_rank(objects: Objects, rank: int) -> None:
    shape = ffi.new("trtx_dims *", {"nb_dims": rank})
    tensor = ffi.new("trtx_tensor **")
    status = call("network_definition_add_input", objects.network, b"y", lib.TRTX_DATA_TYPE_FLOAT, shape, tensor)
    assert status == lib.TRTX_INVALID_ARGUMENT
    assert f"dimensions has {rank}" in error()
