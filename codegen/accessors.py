"""Which accessors the classes of `trtx` get: read off the getters and setters of the registry.

A getter without parameters becomes a property, which can be set where there is a setter with one parameter. A method
marked ``@python(method=True)`` stays a method. Nothing is passed over in silence: a getter that can be neither says
``@by_hand``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from .model import Interface, Method, Parameter, Python, Registry, RegistryError, Type
from .naming import c_name, python_name, snake

#: The classes of `trtx` that have accessors, beside the layers, by their rooms.
CLASSES = {
    "_build": (
        "Builder", "BuilderConfig", "OptimizationProfile", "NetworkDefinition", "Tensor", "Layer", "Loop",
        "IfConditional", "Attention",
    ),
    "_run": (
        "Runtime", "RuntimeConfig", "SerializationConfig", "CudaEngine", "ExecutionContext", "EngineInspector",
        "Refitter",
    ),
    "_onnx": ("OnnxParser", "OnnxParserRefitter"),
}  # fmt: skip
#: Parts of a network beside its tensors and layers.
PARTS = ("Loop", "IfConditional", "Attention")

#: Ranges of the integers that settings have, in the words of Python.
INTEGERS = {
    "int32": ("-(2**31)", "2**31 - 1"),
    "int64": ("-(2**63)", "2**63 - 1"),
    "uint64": ("0", "2**64 - 1"),
    "size_t": ("0", "2**64 - 1"),
}
#: Bounds that come from the input of a layer: how far the highest value is beyond the last dimension.
RANKS = {"rank - 1": 0, "rank": 1}


def validate(registry: Registry) -> None:
    """Raise `RegistryError` for words about accessors that mean nothing, and for getters that need one and say none."""
    named = {name for names in CLASSES.values() for name in names}
    for interface in registry.interfaces.values():
        has_accessors = interface.name in named or registry.is_layer(interface.name)
        for method in interface.methods:
            words = (method.python is not None) + bool(method.by_hand)
            if words > 1 or (words and (not has_accessors or method not in interface.bound_methods)):
                message = "says @python or @by_hand, but there is no accessor, or says both"
                raise RegistryError(method.where, f"{interface.name}.{method.name} {message}")
        if has_accessors:
            properties(registry, interface)
            calls(registry, interface)


@dataclass(frozen=True)
class Value:
    """What an accessor gives or takes.

    ``kind`` is ``bool``, ``int``, ``float``, ``text``, ``enum``, ``mask`` (a set of an enum), ``axes``, ``dims``,
    ``permutation``, ``weights`` or ``tensor``.
    """

    kind: str
    enum: str = ""
    integer: str = ""

    @property
    def read_type(self) -> str:
        """Type of Python that it is read as."""
        plain = {"text": "str", "mask": "int", "axes": "int", "dims": "tuple[int, ...]"}
        structs = {"permutation": "tuple[int, ...]", "weights": "Weights", "tensor": "Tensor | None"}
        return self.enum if self.kind == "enum" else {**plain, **structs}.get(self.kind, self.kind)

    @property
    def set_type(self) -> str:
        """Type of Python that it may be set to."""
        numbers = {"int": "SupportsIndex", "mask": "SupportsIndex", "float": "Number", "bool": "Bool"}
        if self.enum == "DataType" and self.kind == "enum":
            return "AnyDType"
        structs = {"axes": "SupportsIndex | Shape", "dims": "Shape", "permutation": "Shape", "weights": "Values"}
        return {**numbers, **structs, "tensor": "Tensor"}.get(self.kind, self.read_type)


def value_of(registry: Registry, interface: Interface, type_: Type) -> Value | None:
    """The value that a type of the vocabulary stands for; None where there is none."""
    is_layer = registry.is_layer(interface.name) and interface.name != "Layer"
    if type_.kind == "scalar":
        if type_.name == "uint32":  # layers have unsigned numbers for sets of axes, and only for these
            return Value("axes") if is_layer else None
        plain = {"bool": "bool", "float32": "float"}.get(type_.name)
        return Value(plain) if plain else Value("int", integer=type_.name) if type_.name in INTEGERS else None
    if type_.kind in ("stream", "event"):
        return Value("int", integer="uint64")
    if type_.kind == "str":
        return Value("text")
    if type_.kind == "flags":
        return Value("mask", type_.target)
    if type_.kind == "name" and type_.name in registry.enums:
        return Value("enum", type_.name)
    if interface.name in PARTS and type_.kind in ("name", "borrowed") and type_.target == "Tensor":
        return Value("tensor")
    if is_layer and type_.kind in ("name", "borrowed"):
        kinds = {"Dims": "dims", "Permutation": "permutation", "Weights": "weights", "Tensor": "tensor"}
        return Value(kinds[type_.target]) if type_.target in kinds else None
    return None


@dataclass(frozen=True)
class Property:
    """A getter, and the setter that belongs to it."""

    interface: Interface
    name: str
    value: Value
    getter: Method
    setter: Method | None

    @property
    def python(self) -> Python:
        return self.getter.python or Python()

    @property
    def range(self) -> tuple[str, str]:
        """The range of an integer, ends included, in the words of Python."""
        low, high = INTEGERS[self.value.integer]
        given = self.python
        return low if given.low is None else str(given.low), high if given.high is None else str(given.high)

    @property
    def can_be_unset(self) -> bool:
        """Whether the library takes null for none."""
        return self.setter is not None and self.setter.parameters[0].type.optional

    @property
    def read_type(self) -> str:
        return self.value.read_type + (" | None" if self.python.unset else "")

    @property
    def set_type(self) -> str:
        return self.value.set_type + (" | None" if self.can_be_unset else "")


@dataclass(frozen=True)
class Call:
    """A method: what it takes, and what it gives; nothing, or True, which is the answer of a method that raises."""

    interface: Interface
    method: Method
    parameters: list[tuple[str, Value]]
    value: Value | None

    @cached_property
    def name(self) -> str:
        return snake(self.method.name)

    def range_of(self, value: Value) -> tuple[str, str] | None:
        """The range of a parameter that is an integer, where it is less than that of its type."""
        given = self.method.python
        if value.kind != "int" or given is None or (given.low, given.high) == (None, None):
            return None
        low, high = INTEGERS[value.integer]
        return low if given.low is None else str(given.low), high if given.high is None else str(given.high)


def properties(registry: Registry, interface: Interface) -> list[Property]:
    """The properties of a class, in the order of the registry."""
    found = []
    setters = {m.name: m for m in interface.bound_methods if len(m.parameters) == 1 and not m.by_hand}
    for getter in interface.bound_methods:
        if not _is_property(getter):
            if getter.python is not None and not getter.python.method:
                raise RegistryError(
                    getter.where, f"{interface.name}.{getter.name} is no getter: @python has no meaning"
                )
            continue
        value = value_of(registry, interface, getter.returns)
        if value is None:
            raise RegistryError(getter.where, f"{interface.name}.{getter.name} can be no property: write @by_hand")
        name = (getter.python.name if getter.python else "") or python_name(getter.name)
        setter = setters.get(re.sub("^(get|is)", "set", getter.name))
        if setter is not None and setter.python is not None and setter.python.method:
            setter = None
        property_ = Property(interface, name, value, getter, setter)
        _check(registry, property_)
        found.append(property_)
    return found


def _is_property(method: Method) -> bool:
    is_getter = bool(re.match("(get|is)[A-Z]", method.name)) and (method.const or method.reads)
    named = method.python is not None and not method.python.method
    return (is_getter or named) and not method.parameters and not method.by_hand and not _is_method(method)


def _is_method(method: Method) -> bool:
    return method.python is not None and method.python.method


def _check(registry: Registry, property_: Property) -> None:
    """Words of ``@python`` stand only where they mean something."""
    given, value = property_.python, property_.value
    is_layer = registry.is_layer(property_.interface.name)
    meant = {
        "low": value.kind in ("int", "float"),
        "high": value.kind in ("int", "float") and (not isinstance(given.high, str) or given.high in RANKS),
        "finite": value.kind == "float" and is_layer,
        "length": value.kind == "dims" and given.length in ("rank", "spatial"),
        "limit": value.kind == "text" and given.limit > 0,
        "filled": value.kind == "text" and property_.setter is not None,
        "unset": value.kind == "dims",
        "computes": property_.interface.name == "Tensor",
        "read_back": property_.setter is not None and not is_layer,
        "more": True,
        "name": True,
        "method": True,
    }
    for word, is_meant in meant.items():
        if getattr(given, word) != getattr(Python(), word) and not is_meant:
            where = property_.getter
            raise RegistryError(where.where, f"{property_.interface.name}.{where.name} has no use for {word}= as it is")


def calls(registry: Registry, interface: Interface) -> list[Call]:
    """The methods of a class that are marked to be generated."""
    found = []
    for method in interface.bound_methods:
        if not _is_method(method):
            continue
        parameters = []
        for parameter in method.parameters:
            value = value_of(registry, interface, parameter.type)
            if value is None or value.kind not in ("bool", "int", "enum", "mask"):
                raise RegistryError(
                    method.where, f"{interface.name}.{method.name} cannot take {parameter.name!r}: write @by_hand"
                )
            parameters.append((parameter_name(parameter), value))
        ranged = method.python is not None and (method.python.low, method.python.high) != (None, None)
        if ranged and sum(value.kind == "int" for _, value in parameters) != 1:
            raise RegistryError(method.where, f"{interface.name}.{method.name} has no one number for low= and high=")
        value = value_of(registry, interface, method.returns)
        if value is None and method.returns.kind not in ("none", "ok"):
            raise RegistryError(method.where, f"{interface.name}.{method.name} gives no plain value: write @by_hand")
        found.append(Call(interface, method, parameters, value))
    return found


def parameter_name(parameter: Parameter) -> str:
    """Name of a parameter: where it is called like its type, the last word of that will do."""
    name = c_name(parameter.name)
    return name.rsplit("_", 1)[-1] if name == snake(parameter.type.target) else name
