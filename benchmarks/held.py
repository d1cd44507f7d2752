"""How long calls hold Python's lock: every C function that is not marked as long, on large real objects.

A network of 5,000 layers with constants of 200 MB, a parsed densenet, and what belongs to them; the calls ask for the
far end of the network. Each function is timed twice: "settled", when it has been called before, and "changed", right
after a change at the start of the network. The library computes shapes and types when somebody asks for them, so there
it computes those of all layers. The longest of some calls counts, in the best of some rounds.
Lists the functions that take more than a millisecond, and those that were not called, with the reason: engines and what
belongs to them would need a GPU. Fails if a settled call takes more than a millisecond.
Usage: ``python benchmarks/held.py [PART OF A NAME]``.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import trtx
from codegen.naming import c_function, c_name
from codegen.read import read_registry
from trtx_sys._ffi import ffi, lib

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 1.0  # milliseconds
TIMES = 5
ROUNDS = 3
SHAPE = (-1, 16, 32, 32)
VALUES = np.ones((50, 1024, 1024), np.float32)

#: Functions that are left out, and why.
LEFT_OUT = {
    "trtx_network_definition_remove_tensor": "its tensor is in use",
    "trtx_network_definition_unmark_output": "undoes what other calls need",
}
#: Integers that the library takes; others are 0.
INTEGERS = {
    "window": 5, "block_size": 16, "nb_output_maps": 16, "reduce_axes": 2, "axes_mask": 2, "axes": 2, "nb_groups": 1,
    "max_threads": 1, "nb_inputs": 2, "nb_paths": 1, "group_size": 1, "capacity": 1, "max_nb_tactics": 1, "k": 1,
    "nb_ranks": 1, "level": 1, "nb_values": 1, "nb_scales": 1, "channel_axis": 1, "alpha": 1, "beta": 1,
    "output_type": lib.TRTX_DATA_TYPE_INT8, "indices_type": lib.TRTX_DATA_TYPE_INT32,
}  # fmt: skip

LONG = re.findall(r"\w+", (ROOT / "trtx_sys" / "_long_calls_gen.h").read_text(encoding="ascii"))
#: What the registry says of C functions: the names of their parameters, and the type of layer that they belong to.
DESCRIBED = {
    c_function(interface.name, method.name): ([c_name(p.name) for p in method.parameters], interface.layer_type[1:])
    for interface in read_registry().interfaces.values()
    for method in interface.bound_methods
}


def made(function: Any, *arguments: Any) -> Any:
    """What a C function makes; null where it refuses."""
    result = ffi.new(ffi.typeof(function).args[-1])
    function(*arguments, result)
    return result[0]


class World:
    """Large objects, by the name of their C type."""

    def __init__(self) -> None:
        quiet = trtx.Logger(trtx.Severity.INTERNAL_ERROR, sink=lambda severity, message: None)
        builder = trtx.Builder(quiet)
        network, small, config = builder.create_network(), builder.create_network(), builder.create_config()
        profile, runtime = builder.create_optimization_profile(), trtx.Runtime(quiet)
        first = tensor = network.add_input("x", trtx.float32, SHAPE)
        profile.set_shape("x", (1, 16, 32, 32), (4, 16, 32, 32), (8, 16, 32, 32))
        network.add_constant(VALUES.shape, VALUES)
        for number in range(5000):
            if number % 50 == 0:
                kernel = np.ones((16, 16, 3, 3), np.float32)
                convolution = network.add_convolution_nd(tensor, 16, (3, 3), kernel)
                convolution.padding_nd = (1, 1)
                tensor = convolution.get_output(0)
            else:
                tensor = network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0)
        network.mark_output(tensor)
        model = builder.create_network()
        parser = trtx.OnnxParser(model, quiet)
        parser.parse_from_file(densenet())
        small.mark_output(small.add_identity(small.add_input("x", trtx.float32, (1, 1))).get_output(0))
        memory = builder.build_serialized_network(small, builder.create_config())
        broken = trtx.OnnxParser(builder.create_network(), quiet)
        lib.trtx_onnx_parser_parse(broken._ptr, b"junk", 4, ffi.NULL)
        handles = (quiet, builder, network, config, profile, runtime, parser, memory)
        self.alive = [model, broken, *handles]
        self.objects = {plain(ffi.typeof(handle._ptr)): handle._ptr for handle in (*handles, tensor)}
        self.first, self.network, self.last = first._ptr, network._ptr, tensor._ptr
        self.shape = ffi.new("trtx_dims *", {"nb_dims": len(SHAPE), "d": SHAPE})
        self.answer = ffi.new("trtx_dims *")
        self.cache = ffi.gc(made(lib.trtx_builder_config_create_timing_cache, config._ptr, b"", 0), self.no_more)
        self.objects["trtx_timing_cache"] = self.cache
        self.objects["trtx_onnx_parser_error"] = made(lib.trtx_onnx_parser_get_error, broken._ptr, 0)
        for name in ("progress_monitor", "gpu_allocator"):
            create = getattr(lib, f"trtx_{name}_create")
            self.objects[f"trtx_{name}"] = made(create, ffi.new(f"trtx_{name}_callbacks *"), ffi.NULL)
        self.layers = {int(layer.layer_type): layer._ptr for layer in model.layers}
        self.add_layers()

    @staticmethod
    def no_more(cache: Any) -> None:
        lib.trtx_timing_cache_destroy(cache)

    def add_layers(self) -> None:
        """Layers of all kinds that can be added at the end of the network, and what else can be added there."""
        adding = [f"network_definition_add_{name}" for name in ("activation", "loop", "if_conditional")]
        adding += [name[5:] for name in dir(lib) if name.startswith("trtx_network_definition_add_")]
        adding += [name[5:] for name in dir(lib) if name.startswith(("trtx_loop_add_", "trtx_if_conditional_add_"))]
        for name in [*adding, "if_conditional_set_condition"]:
            if name == "network_definition_add_input":
                continue
            function, arguments = self.call_of(f"trtx_{name}")
            thing = made(function, *arguments[:-1])
            kind = plain(ffi.typeof(thing))
            if thing and kind == "trtx_layer":
                self.layers[lib.trtx_layer_get_type(thing)] = thing
            elif thing:
                self.objects.setdefault(kind, thing)

    def change(self) -> None:
        """Change the network at its start, so that whatever the library has worked out counts no more."""
        lib.trtx_tensor_set_dimensions(self.first, self.shape)

    def is_whole(self) -> bool:
        """Whether shapes are still computed to the end; some calls of the walk make networks that have none."""
        self.change()
        start = time.perf_counter_ns()
        lib.trtx_tensor_get_dimensions(self.last, self.answer)
        return self.answer.nb_dims == len(SHAPE) and time.perf_counter_ns() - start > 1e6

    def argument(self, kind: Any, name: str) -> Any:
        """A value for a parameter; raises LookupError where there is none."""
        if kind.kind in ("primitive", "enum"):
            return True if kind.cname in ("bool", "_Bool") else INTEGERS.get(name, 0)
        target = plain(kind)
        if target == "trtx_layer":
            return self.layers[lib.TRTX_LAYER_TYPE_ACTIVATION]
        if target in self.objects:
            return self.objects[target]
        if target == "char":
            return b"abcd,abcd->abcd" if name == "equation" else b"x"
        if target == "trtx_dims":
            return ffi.new("trtx_dims *", {"nb_dims": 2, "d": [1, 1]})
        if target == "trtx_weights":
            pointer = ffi.cast("void *", VALUES.ctypes.data)
            return ffi.new("trtx_weights *", {"type": 0, "values": pointer, "count": VALUES.size})
        if target == "trtx_tensor *":
            return ffi.new("trtx_tensor *[]", [self.last] * 2)
        if target == "char *":
            return ffi.new("const char *[]", [ffi.NULL] * 2)
        if target == "void":
            return ffi.NULL
        try:
            return ffi.new(f"{target}[16]")
        except ValueError:  # a handle
            raise LookupError(f"there is no {target} here") from None

    def call_of(self, name: str) -> tuple[Any, list[Any]]:
        """A function and its arguments; raises LookupError where it cannot be called here."""
        if name in LEFT_OUT:
            raise LookupError(LEFT_OUT[name])
        function = getattr(lib, name)
        names, layer_type = DESCRIBED.get(name, ([], ""))
        kinds = ffi.typeof(function).args
        named = zip(kinds, ["self", *names, *[""] * len(kinds)], strict=False)
        arguments = [self.argument(kind, parameter) for kind, parameter in named]
        if layer_type:
            kind = getattr(lib, f"TRTX_LAYER_TYPE_{layer_type}")
            if kind not in self.layers:
                raise LookupError("the tensors here make no such layer")
            arguments[0] = self.layers[kind]
        return function, arguments


def plain(kind: Any) -> str:
    """Name of what a pointer leads to."""
    return str(kind.item.cname).replace("const ", "").replace("struct ", "")


def densenet() -> Path:
    import onnx

    return Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / "light_densenet121.onnx"


def longest(function: Any, arguments: list[Any], before: Callable[[], object]) -> float:
    """Milliseconds of the longest of some calls; the shortest of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        times = []
        for _ in range(TIMES):
            before()
            start = time.perf_counter_ns()
            function(*arguments)
            times.append((time.perf_counter_ns() - start) / 1e6)
        rounds.append(max(times))
    return min(rounds)


def main() -> int:
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    world = World()
    found: dict[str, tuple[float, float]] = {}
    left_out: dict[str, list[str]] = {}
    for name in dir(lib):
        if not name.startswith("trtx_") or name.startswith("trtx_py_") or name in LONG or wanted not in name:
            continue
        try:
            function, arguments = world.call_of(name)
        except LookupError as error:
            left_out.setdefault(str(error.args[0]), []).append(name)
            continue
        lib.trtx_clear_last_error()
        function(*arguments)
        if lib.trtx_last_status():
            left_out.setdefault("refused, so it did part of its work", []).append(name)
        found[name] = longest(function, arguments, lambda: None), longest(function, arguments, world.change)
        if not world.is_whole():
            world = World()
    print(
        f"TensorRT-RTX {trtx.library_version()}: {len(found)} short functions called, {TIMES * ROUNDS} times each way"
    )
    over = {name: times for name, times in found.items() if max(times) > LIMIT}
    print(f"{'more than a millisecond:':60} {'settled':>10} {'changed':>10} ms")
    for name, (settled, changed) in sorted(over.items(), key=lambda item: item[1], reverse=True):
        print(f"{name:60} {settled:10.3f} {changed:10.3f}")
    name = max(found, key=lambda key: found[key][0])
    print(f"the longest, settled: {name} with {found[name][0]:.3f} ms")
    for reason, names in left_out.items():
        print(f"{reason}: {', '.join(names)}")
    return 1 if any(settled > LIMIT for settled, _ in over.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
