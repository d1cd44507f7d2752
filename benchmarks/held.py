"""How long calls hold Python's lock: every C function that is not marked as long, on large real objects.

A network of 5,000 layers with constants of 200 MB, a parsed densenet, and what belongs to them. Each function is called
right after a change of the network, when the library has the most to compute, and the longest of some calls counts.
Lists the functions that take more than a millisecond, and those that were not called, with the reason.
Usage: ``python benchmarks/held.py``.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import trtx
from codegen.model import Interface, Method, Parameter, Registry
from codegen.naming import c_function
from codegen.read import read_registry
from trtx_sys._ffi import ffi, lib

LIMIT = 1.0  # milliseconds
TIMES = 5
ROUNDS = 3

#: Methods that the walk leaves out, and why.
LEFT_OUT = {
    "removeTensor": "the tensors here are in use",
    "unmarkOutput": "undoes what other calls need",
    "reset": "undoes what other calls need",
    "setBuilderConfig": "takes the configuration of another call",
}


class World:
    """Large objects, by the name of their interface."""

    def __init__(self) -> None:
        self.logger = trtx.Logger(trtx.Severity.INTERNAL_ERROR, sink=lambda severity, message: None)
        self.builder = trtx.Builder(self.logger)
        self.network = self.builder.create_network()
        self.config = self.builder.create_config()
        self.profile = self.builder.create_optimization_profile()
        x = tensor = self.network.add_input("x", trtx.float32, (-1, 16, 32, 32))
        self.profile.set_shape("x", (1, 16, 32, 32), (4, 16, 32, 32), (8, 16, 32, 32))
        self.values = np.ones((50, 1024, 1024), np.float32)
        self.network.add_constant(self.values.shape, self.values)
        for number in range(5000):
            if number % 50 == 0:
                kernel = np.ones((16, 16, 3, 3), np.float32)
                convolution = self.network.add_convolution_nd(tensor, 16, (3, 3), kernel)
                convolution.padding_nd = (1, 1)
                tensor = convolution.get_output(0)
            else:
                tensor = self.network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0)
        self.network.mark_output(tensor)
        self.tensors = [x, tensor]
        self.model = self.builder.create_network()
        self.parser = trtx.OnnxParser(self.model, self.logger)
        self.parser.parse_from_file(densenet())
        self.runtime = trtx.Runtime(self.logger)

    def change(self) -> None:
        """Change the network at its start, so that whatever the library has worked out counts no more."""
        self.network.add_activation(self.tensors[0], trtx.ActivationType.RELU)
        self.network.get_layer(1).name = f"changed {self.network.num_layers}"
        self.tensors[0].shape = (-1, 16, 32, 32)

    def objects(self, interface: Interface, registry: Registry) -> list[Any]:
        """Pointers of objects that a method can be called on; the last is deepest in the network."""
        owned = {
            "Builder": self.builder, "BuilderConfig": self.config, "OptimizationProfile": self.profile,
            "NetworkDefinition": self.network, "Runtime": self.runtime, "OnnxParser": self.parser,
        }  # fmt: skip
        if interface.name in owned:
            return [owned[interface.name]._ptr]
        if interface.name == "Tensor":
            return [tensor._ptr for tensor in self.tensors]
        if interface.name == "Layer":
            return [self.network.get_layer(self.network.num_layers - 1)._ptr, self.network.get_layer(4900)._ptr]
        if interface.layer_type:
            layers = [*self.network.layers[-1000:], *self.network.layers[:2], *self.model.layers]
            return [layer._ptr for layer in layers if layer.layer_type.name == interface.layer_type[1:]][:1]
        return []

    def argument(self, method: Method, parameter: Parameter, registry: Registry) -> Any:
        """A value for a parameter; raises LookupError where there is none."""
        kind, name = parameter.type.kind, parameter.type.target
        if kind in ("scalar", "flags", "count") or name in registry.enums:
            return 1 if name == "bool" else 0
        if kind == "str":
            return b"x"
        if name == "Tensor" and kind in ("name", "const"):
            return self.tensors[1]._ptr
        if name == "Layer" and kind in ("name", "const"):
            return self.network.get_layer(1)._ptr
        if name == "Dims":
            return ffi.new("trtx_dims *", {"nb_dims": 2, "d": [1, 1]})
        if name == "Weights":
            pointer = ffi.cast("void *", self.values.ctypes.data)
            return ffi.new("trtx_weights *", {"type": 0, "values": pointer, "count": self.values.size})
        if parameter.type.optional:
            return ffi.NULL
        if name in ("Stream", "Event") or kind in ("stream", "event", "address"):
            return 0
        raise LookupError(f"its parameter {parameter.name}")


def densenet() -> Path:
    import onnx

    return Path(onnx.__file__).parent / "backend" / "test" / "data" / "light" / "light_densenet121.onnx"


def short_functions(registry: Registry) -> Iterator[tuple[Interface, Method]]:
    for interface in registry.interfaces.values():
        if not interface.callback:
            yield from ((interface, method) for method in interface.bound_methods if not method.long)


def call_of(world: World, registry: Registry, interface: Interface, method: Method) -> list[Callable[[], object]]:
    """The calls of a method; raises LookupError where it cannot be called here."""
    if method.name in LEFT_OUT:
        raise LookupError(LEFT_OUT[method.name])
    function = getattr(lib, c_function(interface.name, method.name))
    objects = world.objects(interface, registry)
    if not objects:
        raise LookupError(f"there is no {interface.name} here")
    arguments = [world.argument(method, parameter, registry) for parameter in method.parameters]
    wanted = ffi.typeof(function).args
    if len(wanted) == len(arguments) + 2:
        arguments.append(ffi.new(wanted[-1]))
    if len(wanted) != len(arguments) + 1:
        raise LookupError(f"it takes {len(wanted)} arguments")
    return [lambda one=one: function(one, *arguments) for one in objects]


def longest(world: World, call: Callable[[], object]) -> float:
    """Milliseconds of the longest of some calls, each after a change; the shortest of some rounds."""
    rounds = []
    for _ in range(ROUNDS):
        times = []
        for _ in range(TIMES):
            world.change()
            start = time.perf_counter_ns()
            call()
            times.append((time.perf_counter_ns() - start) / 1e6)
        rounds.append(max(times))
    return min(rounds)


def main() -> int:
    registry = read_registry()
    world = World()
    slow: dict[str, float] = {}
    left_out: dict[str, list[str]] = {}
    called = 0
    for interface, method in short_functions(registry):
        name = c_function(interface.name, method.name)
        try:
            calls = call_of(world, registry, interface, method)
        except LookupError as error:
            left_out.setdefault(str(error.args[0]), []).append(name)
            continue
        called += 1
        slow[name] = max(longest(world, call) for call in calls)
    print(f"TensorRT-RTX {trtx.library_version()}: {called} short functions called, each {TIMES * ROUNDS} times")
    over = {name: taken for name, taken in slow.items() if taken > LIMIT}
    for name, taken in sorted(over.items(), key=lambda item: -item[1]):
        print(f"{name:70} {taken:10.3f} ms")
    if not over:
        name = max(slow, key=lambda key: slow[key])
        print(f"none takes more than {LIMIT} ms; the longest is {name} with {slow[name]:.3f} ms")
    for reason, names in left_out.items():
        print(f"not called, {reason}: {', '.join(names)}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
