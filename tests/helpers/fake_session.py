# SPDX-License-Identifier: Apache-2.0
"""Inside the process that `run_with_fake` starts: the raw layer on the loaded fake, and a few shorthands."""

from __future__ import annotations

import ctypes
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tests.helpers.process import hear_interrupts
from trtx_sys._ffi import ffi, lib

__all__ = [
    "Control", "Model", "bridge", "call", "check", "control", "ctypes", "dims", "error", "ffi", "json", "lib", "logged",
    "make", "make_logger", "np", "os", "refused", "scope", "shape", "status", "text", "threading", "weights",
]  # fmt: skip

PATH = os.environ["TRTX_FAKE_PATH"]

hear_interrupts()

TYPES = {
    np.dtype(np.float32): lib.TRTX_DATA_TYPE_FLOAT,
    np.dtype(np.float16): lib.TRTX_DATA_TYPE_HALF,
    np.dtype(np.int8): lib.TRTX_DATA_TYPE_INT8,
    np.dtype(np.int32): lib.TRTX_DATA_TYPE_INT32,
    np.dtype(np.bool_): lib.TRTX_DATA_TYPE_BOOL,
    np.dtype(np.uint8): lib.TRTX_DATA_TYPE_UINT8,
    np.dtype(np.int64): lib.TRTX_DATA_TYPE_INT64,
}
DTYPES = {value: key for key, value in TYPES.items()}


class Control:
    """The functions of ``trtx_fake.h``."""

    def __init__(self, path: str) -> None:
        self.library = ctypes.CDLL(path)
        for name in ("call_count", "callback_count", "live_count", "misuse_count"):
            getattr(self.library, f"trtx_fake_{name}").restype = ctypes.c_int64
        self.library.trtx_fake_live_report.restype = ctypes.c_size_t
        self.library.trtx_fake_last_misuse.restype = ctypes.c_char_p

    def fault(self, specification: str) -> None:
        assert self.library.trtx_fake_set_fault(specification.encode()) == 0, specification

    def clear(self) -> None:
        self.library.trtx_fake_clear_faults()

    def calls(self, method: str) -> int:
        return self.library.trtx_fake_call_count(method.encode())

    def callbacks(self) -> int:
        return self.library.trtx_fake_callback_count()

    def late(self) -> int:
        return self.library.trtx_fake_call_late()

    def live(self, class_name: str | None = None) -> int:
        return self.library.trtx_fake_live_count(class_name.encode() if class_name else None)

    def report(self) -> dict[str, int]:
        buffer = ctypes.create_string_buffer(self.library.trtx_fake_live_report(None, 0))
        self.library.trtx_fake_live_report(buffer, len(buffer))
        return {k: int(v) for k, v in (line.split("=") for line in buffer.value.decode().splitlines())}

    def misuses(self) -> int:
        return self.library.trtx_fake_misuse_count()

    def last_misuse(self) -> str:
        return self.library.trtx_fake_last_misuse().decode()

    def clear_misuse(self) -> None:
        self.library.trtx_fake_clear_misuse()


def error() -> str:
    """The last failure of this thread."""
    return lib.trtx_last_error()


def text(pointer: Any) -> str | None:
    """What a C function has written; what one returns is a str already."""
    return ffi.string(pointer).decode() if pointer and not isinstance(pointer, str) else pointer or None


def check(value: int) -> None:
    assert value == 0, f"status {value}: {error()}"


def status(function: str, *arguments: Any) -> int:
    return getattr(lib, f"trtx_{function}")(*arguments)


def call(function: str, *arguments: Any) -> None:
    check(status(function, *arguments))


def refused(function: str, *arguments: Any, saying: str = "") -> str:
    """A call that must fail: its message, which names the function."""
    lib.trtx_clear_last_error()
    assert status(function, *arguments) != 0, f"trtx_{function} did not fail"
    assert error().startswith(f"trtx_{function}: "), error()
    assert saying in error(), error()
    return error()


def make(function: str, *arguments: Any) -> Any:
    """Call a function that has a result, and give the result."""
    c_function = getattr(lib, f"trtx_{function}")
    result = ffi.new(ffi.typeof(c_function).args[-1])
    check(c_function(*arguments, result))
    return result[0]


def dims(*sizes: int) -> Any:
    return ffi.new("trtx_dims *", {"nb_dims": len(sizes), "d": list(sizes)})


def shape(value: Any) -> tuple[int, ...]:
    return tuple(value.d[i] for i in range(value.nb_dims))


def weights(array: np.ndarray) -> Any:
    """Weights that look at an array, which must outlive them."""
    assert array.flags.c_contiguous
    return ffi.new("trtx_weights *", {
        "type": TYPES[array.dtype], "values": ffi.cast("void *", array.ctypes.data), "count": array.size,
    })  # fmt: skip


logged: list[tuple[int, bytes, bool]] = []
_main_thread = threading.get_ident()


@ffi.callback("void(trtx_severity, const char *, void *)")
def _log(severity: int, message: Any, user_data: Any) -> None:
    logged.append((severity, ffi.string(message), threading.get_ident() != _main_thread))


def make_logger() -> Any:
    callbacks = ffi.new("trtx_logger_callbacks *", {"log": _log})
    return make("logger_create", callbacks, ffi.NULL)


@contextmanager
def scope(*kinds: str) -> Iterator[list[Any]]:
    """A list of (kind, object) that are destroyed at the end, last first."""
    objects: list[Any] = []
    try:
        yield objects
    finally:
        for kind, thing in reversed(objects):
            getattr(lib, f"trtx_{kind}_destroy")(thing)


_bridged: list[Any] = []


def bridge(kind: str, **functions: Any) -> Any:
    """An application object of a kind, answered by Python functions, which stay for good."""
    table = ffi.new(f"trtx_{kind}_callbacks *")
    fields = dict(ffi.typeof(f"trtx_{kind}_callbacks").fields)
    for name, function in functions.items():
        _bridged.append(ffi.callback(fields[name].type, function))
        setattr(table, name, _bridged[-1])
    return make(f"{kind}_create", table, ffi.NULL)


class Model:
    """A logger, a builder, a network and a configuration; then an engine and a context of it."""

    def __init__(self, flags: int = 0) -> None:
        self.kept: list[Any] = []
        self.logger = make_logger()
        self.builder = make("builder_create", self.logger)
        self.network = make("builder_create_network_v2", self.builder, flags)
        self.config = make("builder_create_builder_config", self.builder)
        self.runtime = self.engine = self.context = None

    def input(self, name: str, dtype: Any, *sizes: int) -> Any:
        data_type = TYPES[np.dtype(dtype)]
        return make("network_definition_add_input", self.network, name.encode(), data_type, dims(*sizes))

    def constant(self, array: np.ndarray) -> Any:
        array = np.require(array, requirements="C")
        self.kept.append(array)
        made = make("network_definition_add_constant", self.network, dims(*array.shape), weights(array))
        return self.output(made)

    def add(self, kind: str, *arguments: Any) -> Any:
        return make(f"network_definition_add_{kind}", self.network, *arguments)

    def output(self, made: Any, index: int = 0) -> Any:
        return lib.trtx_layer_get_output(made, index)

    def mark(self, tensor: Any, name: str) -> None:
        call("tensor_set_name", tensor, name.encode())
        call("network_definition_mark_output", self.network, tensor)

    def build(self) -> bytes:
        memory = make("builder_build_serialized_network", self.builder, self.network, self.config)
        data = lib.trtx_host_memory_data(memory)
        plan = bytes(ffi.buffer(ffi.cast("char *", data), lib.trtx_host_memory_size(memory)))
        lib.trtx_host_memory_destroy(memory)
        return plan

    def load(self, plan: bytes) -> None:
        self.runtime = make("runtime_create", self.logger)
        self.engine = make("runtime_deserialize_cuda_engine", self.runtime, ffi.from_buffer(plan), len(plan))
        strategy = lib.TRTX_EXECUTION_CONTEXT_ALLOCATION_STRATEGY_STATIC
        self.context = make("cuda_engine_create_execution_context", self.engine, strategy)

    def run(self, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        """Build, load and execute; outputs by name."""
        if self.context is None:
            self.load(self.build())
        for name, array in inputs.items():
            array = inputs[name] = np.require(array, requirements="C")
            call("execution_context_set_input_shape", self.context, name.encode(), dims(*array.shape))
            call("execution_context_set_tensor_address", self.context, name.encode(), array.ctypes.data)
        outputs = {}
        for index in range(lib.trtx_cuda_engine_get_nb_io_tensors(self.engine)):
            name = ffi.string(make("cuda_engine_get_io_tensor_name", self.engine, index))
            mode = make("cuda_engine_get_tensor_io_mode", self.engine, name)
            if mode == lib.TRTX_TENSOR_IO_MODE_OUTPUT:
                sizes = shape(make("execution_context_get_tensor_shape", self.context, name))
                data_type = make("cuda_engine_get_tensor_data_type", self.engine, name)
                array = outputs[name.decode()] = np.zeros(sizes, DTYPES[data_type])
                call("execution_context_set_tensor_address", self.context, name, array.ctypes.data)
        call("execution_context_enqueue_v3", self.context, 0)
        return outputs

    def close(self) -> None:
        for kind, thing in (
            ("execution_context", self.context), ("cuda_engine", self.engine), ("runtime", self.runtime),
            ("builder_config", self.config), ("network_definition", self.network), ("builder", self.builder),
            ("logger", self.logger),
        ):  # fmt: skip
            if thing is not None:
                getattr(lib, f"trtx_{kind}_destroy")(thing)


if os.environ.get("TRTX_FAKE_LOAD", "1") == "1":
    check(lib.trtx_load(PATH.encode()))
    control = Control(PATH)
else:
    control = None
