"""Checks what each place of the registry may hold: results, parameters and fields, their sizes and their names in C."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .model import ARRAYS, Export, Interface, Method, Registry, RegistryError, Struct, Type, Where, length_of
from .naming import c_constant, c_function, c_name, c_type

_WORDS = {"address", "constaddress", "hostaddress", "stream", "event"}
_PLAIN = {"scalar", "str", "name", "flags", *_WORDS}
RESULTS = _PLAIN | {"none", "ok", "verdict", "count", "counted", "owned", "borrowed", "view", "raw"}
PARAMETERS = _PLAIN | {"bytes", "const", "out", "raw"} | ARRAYS
#: Parameters of getters, which check nothing.
INDICES = {"scalar", "name"}
FIELDS = {"scalar", "str", "name", "fixed", "array", "constaddress", "raw"}
#: What may stand inside a wrapper; ``name`` is looked at more closely.
INSIDE = {
    "owned": {"name"},
    "borrowed": {"name", "const"},
    "const": {"name"},
    "flags": {"name"},
    "counted": {"name"},
    "count": {"scalar"},
    "out": {"scalar", "name", "count"},
    "view": {"scalar", "str"},
    "fixed": {"scalar", "raw"},
    **{kind: {"scalar", "str", "name", *_WORDS} for kind in ARRAYS},
}
OPTIONAL = {"str", "bytes", "name", "const", "borrowed", "view", "out", *ARRAYS}

#: Arrays that are as long as the object says.
WITHOUT_LENGTH = {("ExecutionContext", "executeV2")}

#: Names that the generated functions have for themselves, or that C and C++ do.
RESERVED = frozenset(
    re.findall(
        r"\w+",
        """
    self result answer call user_data visit alignas alignof and and_eq asm auto bitand bitor bool break case
    catch char char16_t char32_t class compl const constexpr const_cast continue decltype default delete do
    double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable
    namespace new noexcept not not_eq nullptr operator or or_eq private protected public register
    reinterpret_cast restrict return short signed sizeof static static_assert static_cast struct switch template
    this thread_local throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t
    while xor xor_eq
        """,
    )
)

_SCALAR_SIZES = {"bool": 1, "uint8": 1, "int32": 4, "uint32": 4, "float32": 4}


def validate_types(registry: Registry) -> None:
    """Raise `RegistryError` at the first mistake."""
    for interface, function in _functions(registry):
        _Signature(registry, interface, function).check()
    for struct in registry.structs.values():
        _fields(registry, struct)
    _c_names(registry)


def _functions(registry: Registry) -> Iterator[tuple[Interface | None, Method | Export]]:
    for interface in registry.interfaces.values():
        for method in interface.methods:
            yield interface, method
    for export in registry.exports:
        yield None, export


class _Signature:
    """The types of one method or exported function."""

    def __init__(self, registry: Registry, interface: Interface | None, function: Method | Export) -> None:
        self.registry, self.interface, self.function = registry, interface, function
        self.is_bound = not function.hidden and not (interface and interface.hidden)

    def fail(self, message: str) -> RegistryError:
        prefix = f"{self.interface.name}." if self.interface else ""
        return RegistryError(self.function.where, f"{prefix}{self.function.name} {message}")

    def check(self) -> None:
        function = self.function
        if function.returns.kind not in RESULTS:
            raise self.fail(f"cannot return {spelled(function.returns)}")
        self.inside(function.returns)
        names = set()
        for index, parameter in enumerate(function.parameters):
            if parameter.type.kind not in PARAMETERS:
                raise self.fail(f"cannot take {spelled(parameter.type)} as {parameter.name!r}")
            self.inside(parameter.type)
            self.length(index)
            name = c_name(parameter.name)
            if name in RESERVED or name in names:
                raise self.fail(f"has a parameter {parameter.name!r}, whose name is reserved or there twice")
            names.add(name)
        if isinstance(function, Method) and function.accessor:
            values = _PLAIN | {"borrowed"}
            is_struct = function.returns.target in self.registry.structs
            if not function.const or function.returns.kind not in values or is_struct:
                raise self.fail(f"is no accessor: it is not const, or {spelled(function.returns)} is no plain value")
            if any(p.type.kind not in INDICES or self.is_reference(p.type) for p in function.parameters):
                raise self.fail("is no accessor: it takes more than numbers and enums")
        self.counts()

    def inside(self, type_: Type) -> None:
        """Check what a type is made of."""
        kind, item, registry = type_.kind, type_.item, self.registry
        if type_.optional and (kind not in OPTIONAL or self.is_never_null(type_)):
            raise self.fail(f"says '| None' of {spelled(type_)}, which is never null")
        if self.is_bound and (kind == "raw" or self.is_hidden(type_)):
            raise self.fail(f"is bound, but {spelled(type_)} is not")
        if item is None:
            return
        if item.kind not in INSIDE[kind] or item.optional:
            raise self.fail(f"has no meaning for {spelled(type_)}")
        if item.kind == "name":
            groups: dict[str, Iterable[str]] = {
                "flags": registry.enums,
                "owned": registry.interfaces,
                "const": registry.interfaces,
                "borrowed": {**registry.interfaces, **registry.structs},
                "counted": [s.name for s in registry.structs.values() if any(f.name == "count" for f in s.fields)],
                "out": registry.enums,
            }
            if item.name not in groups.get(kind, [item.name]):
                raise self.fail(f"has no meaning for {spelled(type_)}: {item.name} is of another kind")
        elif kind == "count" and item.name not in ("int32", "int64"):
            raise self.fail(f"has no meaning for {spelled(type_)}")
        self.inside(item)

    def is_hidden(self, type_: Type) -> bool:
        registry, name = self.registry, type_.name
        known = registry.enums.get(name) or registry.structs.get(name) or registry.interfaces.get(name)
        # What identifies a callback interface is hidden itself: bridges answer it.
        return type_.kind == "name" and known is not None and bool(known.hidden) and name != "InterfaceInfo"

    def is_reference(self, type_: Type) -> bool:
        return type_.kind == "name" and type_.name not in self.registry.enums

    def is_never_null(self, type_: Type) -> bool:
        """Enums are values, and the library takes and gives structs by reference; weights there may be none."""
        structs = self.registry.structs.keys()
        if type_.kind == "borrowed":
            return type_.target in structs
        return type_.kind == "name" and type_.name in self.registry.enums.keys() | structs - {"Weights"}

    def counts(self) -> None:
        """A count that tells of failure cannot stand beside an object that the failure would lose."""
        writes = any(
            p.type.kind == "out" and p.type.item and p.type.item.kind == "count" for p in self.function.parameters
        )
        if writes and self.function.returns.kind == "owned":
            raise self.fail(f"writes a count, but its failure would lose {spelled(self.function.returns)}")

    def length(self, index: int) -> None:
        """Bytes have their size behind them; arrays have their length there, or before them."""
        parameters = self.function.parameters
        type_ = parameters[index].type
        if not self.is_bound or (type_.kind != "bytes" and type_.kind not in ARRAYS):
            return
        if (self.interface.name if self.interface else "", self.function.name) in WITHOUT_LENGTH:
            return
        if length_of(parameters, index) is None:
            raise self.fail(f"has no size or length for {parameters[index].name!r}")


def spelled(type_: Type) -> str:
    """A type as the registry writes it, more or less."""
    words = {"raw": "Raw", "none": "None", "scalar": type_.name, "name": type_.name}
    name = words.get(type_.kind, type_.kind.capitalize() if type_.kind != "str" else "str")
    return name + (f"[{spelled(type_.item)}]" if type_.item else "")


def _fields(registry: Registry, struct: Struct) -> None:
    """Fields follow each other without overlapping, each where its type can stand."""
    end = 0
    names: set[str] = set()
    for field in struct.fields:
        if field.type.kind not in FIELDS or (field.type.kind == "fixed" and field.type.length < 1):
            raise RegistryError(field.where, f"{struct.name}.{field.name} cannot be {spelled(field.type)}")
        if c_name(field.name) in RESERVED | names:
            raise RegistryError(field.where, f"{struct.name}.{field.name} has a name that is reserved or there twice")
        names.add(c_name(field.name))
        size, alignment = _size(registry, field.type, field.where)
        if field.offset < end or field.offset % alignment:
            raise RegistryError(field.where, f"{struct.name}.{field.name} cannot be at {field.offset}")
        end = field.offset + size
    if end > struct.size:
        raise RegistryError(struct.where, f"{struct.name} needs {end} bytes, but its size is {struct.size}")


def _size(registry: Registry, type_: Type, where: Where) -> tuple[int, int]:
    """Size and alignment of a field."""
    if type_.kind == "fixed":
        assert type_.item
        size, alignment = _size(registry, type_.item, where)
        return size * type_.length, alignment
    if type_.kind == "scalar":
        size = _SCALAR_SIZES.get(type_.name, 8)
        return size, size
    if type_.kind == "name" and type_.name in registry.enums:
        size = _SCALAR_SIZES.get(registry.enums[type_.name].underlying, 8)
        return size, size
    if type_.kind == "name" and type_.name in registry.structs:
        inner = registry.structs[type_.name]
        return inner.size, max(_size(registry, f.type, where)[1] for f in inner.fields)
    return 8, 8


def _c_names(registry: Registry) -> None:
    """No two things have one name in C."""
    taken: dict[str, str] = {}

    def take(name: str, what: str, where: Where) -> None:
        if name in taken:
            raise RegistryError(where, f"duplicate C name {name}: of {taken[name]} and {what}")
        taken[name] = what

    for enum in registry.enums.values():
        if not enum.hidden:
            take(c_type(enum.name), enum.name, enum.where)
            for value in enum.values:
                take(c_constant(enum.name, value), f"{enum.name}.{value}", enum.places[value])
    for struct in registry.structs.values():
        if not struct.hidden:
            take(c_type(struct.name), struct.name, struct.where)
    for interface in registry.interfaces.values():
        if interface.hidden:
            continue
        take(c_type(interface.name), interface.name, interface.where)
        if interface.owned or interface.callback:
            take(f"{c_type(interface.name)}_destroy", f"the end of {interface.name}", interface.where)
        for method in interface.bound_methods:
            if not interface.callback:
                take(c_function(interface.name, method.name), f"{interface.name}.{method.name}", method.where)
            elif c_name(method.name) in RESERVED:
                raise RegistryError(method.where, f"{interface.name}.{method.name} has a reserved name")
