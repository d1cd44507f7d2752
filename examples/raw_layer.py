"""The raw layer alone: `trtx_sys` builds and saves an engine through the C functions, with every check by hand.

python examples/raw_layer.py relu.engine
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import trtx_sys
from trtx_sys import ffi, lib


@ffi.def_extern()
def trtx_py_logger_log(severity: int, message: Any, user_data: Any) -> None:
    """Print what the library logs; the raw layer has one Python function for all loggers."""
    print(trtx_sys.Severity(severity).name, ffi.string(message).decode("utf-8", "replace"))


def check(status: int) -> None:
    """Raise where a call failed; the message is this thread's."""
    if status != lib.TRTX_OK:
        raise RuntimeError(lib.trtx_last_error())


def make(c_type: str, function: Callable[..., int], *arguments: Any) -> Any:
    """Call a function that hands out an object through its last parameter."""
    result = ffi.new(f"{c_type} **")
    check(function(*arguments, result))
    return result[0]


def build() -> bytes:
    callbacks = ffi.new("trtx_logger_callbacks *", {"log": lib.trtx_py_logger_log})
    logger = make("trtx_logger", lib.trtx_logger_create, callbacks, ffi.NULL)
    lib.trtx_logger_set_threshold(logger, trtx_sys.Severity.WARNING)
    builder = make("trtx_builder", lib.trtx_builder_create, logger)
    network = make("trtx_network_definition", lib.trtx_builder_create_network_v2, builder, 0)
    config = make("trtx_builder_config", lib.trtx_builder_create_builder_config, builder)
    try:
        dims = ffi.new("trtx_dims *", {"nb_dims": 2, "d": [1, 16]})
        tensor = make(
            "trtx_tensor", lib.trtx_network_definition_add_input, network, b"input", trtx_sys.DataType.FLOAT, dims
        )
        layer = make(
            "trtx_layer", lib.trtx_network_definition_add_activation, network, tensor, trtx_sys.ActivationType.RELU
        )
        output = lib.trtx_layer_get_output(layer, 0)
        check(lib.trtx_tensor_set_name(output, b"output"))
        check(lib.trtx_network_definition_mark_output(network, output))
        plan = make("trtx_host_memory", lib.trtx_builder_build_serialized_network, builder, network, config)
        try:
            return bytes(ffi.buffer(lib.trtx_host_memory_data(plan), lib.trtx_host_memory_size(plan)))
        finally:
            lib.trtx_host_memory_destroy(plan)
    finally:
        # Children first: the library does not count references.
        lib.trtx_builder_config_destroy(config)
        lib.trtx_network_definition_destroy(network)
        lib.trtx_builder_destroy(builder)
        lib.trtx_logger_destroy(logger)


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    found = trtx_sys.load()
    plan = build()
    Path(sys.argv[1]).write_bytes(plan)
    print(f"{sys.argv[1]}: {len(plan)} bytes, built with {Path(found.path).name} (found via {found.found_via})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
