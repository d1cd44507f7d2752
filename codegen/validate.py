"""Checks the registry as a whole: what one file alone cannot show to be wrong."""

from __future__ import annotations

from collections.abc import Iterator

from . import accessors
from .model import Enum, Export, Interface, Method, Registry, RegistryError, Struct, Type, Where
from .validate_types import validate_types

#: Versions that the registry may name, oldest first.
VERSIONS = ((1, 5), (1, 6), (1, 7))
LIBRARIES = ("core", "onnx_parser")


def validate(registry: Registry) -> None:
    """Raise `RegistryError` at the first mistake."""
    for check in (
        _known_types,
        _ownership,
        _versions,
        _lengths,
        _duplicates,
        _layouts,
        _layers,
        _callbacks,
        _exports,
        validate_types,
        accessors.validate,
    ):
        check(registry)


def _methods(registry: Registry) -> Iterator[tuple[Interface, Method]]:
    for interface in registry.interfaces.values():
        for method in interface.methods:
            yield interface, method


def _known_types(registry: Registry) -> None:
    names = registry.enums.keys() | registry.structs.keys() | registry.interfaces.keys()

    def check(type_: Type, where: Where) -> None:
        if type_.kind == "name" and type_.name not in names:
            raise RegistryError(where, f"unknown type {type_.name!r}")
        if type_.item:
            check(type_.item, where)

    functions: list[Method | Export] = [*(method for _, method in _methods(registry)), *registry.exports]
    for function in functions:
        for type_ in (function.returns, *(p.type for p in function.parameters)):
            check(type_, function.where)
    for struct in registry.structs.values():
        for field in struct.fields:
            check(field.type, field.where)


def _ownership(registry: Registry) -> None:
    """A returned interface says who owns it, and what is owned can be destroyed."""
    for interface, method in _methods(registry):
        result = method.returns
        if result.kind == "name" and result.name in registry.interfaces and interface.kind != "application":
            raise RegistryError(
                method.where,
                f"{interface.name}.{method.name} returns {result.name} without ownership: "
                f"write Owned[{result.name}] or Borrowed[{result.name}]",
            )
        if result.kind == "owned":
            given = registry.interfaces.get(result.target)
            if given is None or not given.owned:
                raise RegistryError(method.where, f"{method.name} hands out {result.target}, which is not @owned")
        if interface.kind != "application" and method.returns.kind == "raw" and not (method.hidden or interface.hidden):
            raise RegistryError(method.where, f"{interface.name}.{method.name} is bound but has a raw result")
        _held(registry, interface, method)
    for interface in registry.interfaces.values():
        for word, is_so in (("standalone", interface.standalone), ("sibling", interface.sibling)):
            if is_so and (not interface.owned or (interface.standalone and interface.sibling)):
                raise RegistryError(
                    interface.where, f"{interface.name} is @{word}, but not @owned, or the other as well"
                )


def _held(registry: Registry, interface: Interface, method: Method) -> None:
    """What a setter is given is held, and a method that may end what was held before is long."""
    is_called = interface.kind != "application" and not (method.hidden or interface.hidden)
    for parameter in method.parameters:
        name = f"{parameter.name!r} of {interface.name}.{method.name}"
        given = registry.interfaces.get(parameter.type.target)
        if given is None or not (given.owned or given.callback) or not is_called:
            if parameter.held:
                raise RegistryError(method.where, f"{name} is held, but it is nothing that somebody destroys")
            continue
        if method.name.startswith("set") and not parameter.held:
            raise RegistryError(method.where, f"{name} is not held: write Held[{given.name}]")
        if parameter.held and given.owned and not method.long:
            raise RegistryError(method.where, f"{name} may end what was held before: write @long")


def _versions(registry: Registry) -> None:
    """`since` names a known version and never goes back: new methods are appended."""
    named: list[Enum | Struct | Interface] = [
        *registry.enums.values(),
        *registry.structs.values(),
        *registry.interfaces.values(),
    ]
    for item in named:
        if item.since not in VERSIONS:
            raise RegistryError(item.where, f"unknown version {item.since} of {item.name}")
    since = {item.name: item.since for item in named}

    def check_age(type_: Type, age: tuple[int, int], where: Where, what: str) -> None:
        if type_.kind == "name" and since[type_.name] > age:
            raise RegistryError(where, f"{what} is older than {type_.name}, which it takes or gives")
        if type_.item:
            check_age(type_.item, age, where, what)

    for struct in registry.structs.values():
        for field in struct.fields:
            check_age(field.type, struct.since, field.where, f"{struct.name}.{field.name}")
    for interface, method in _methods(registry):
        for type_ in (method.returns, *(p.type for p in method.parameters)):
            check_age(type_, method.since, method.where, f"{interface.name}.{method.name}")
    for interface in registry.interfaces.values():
        last = VERSIONS[0]
        for method in interface.methods:
            if method.since not in VERSIONS:
                raise RegistryError(method.where, f"unknown version {method.since} of {method.name}")
            if method.since < interface.since and not method.is_destructor:
                raise RegistryError(
                    method.where, f"{interface.name}.{method.name} is older than its class: write @since there too"
                )
            if method.since < last and not method.is_destructor:
                raise RegistryError(
                    method.where,
                    f"since of {interface.name}.{method.name} goes back: it stands behind a method of "
                    f"{last[0]}.{last[1]}, and versions only append",
                )
            last = max(last, method.since)


def _lengths(registry: Registry) -> None:
    """What is long is a call of the shim, and a verdict is: it explains its no before lines are delivered."""
    for interface, method in _methods(registry):
        name = f"{interface.name}.{method.name}"
        is_called = interface.kind != "application" and not (method.is_destructor or method.hidden or interface.hidden)
        if method.long and not is_called:
            raise RegistryError(method.where, f"{name} is @long, but nothing calls it")
        if method.returns.kind == "verdict" and is_called and not method.long:
            raise RegistryError(method.where, f"{name} gives a verdict: write @long")


def _duplicates(registry: Registry) -> None:
    cpp: dict[str, str] = {}
    named: list[Enum | Struct | Interface] = [
        *registry.enums.values(),
        *registry.structs.values(),
        *registry.interfaces.values(),
    ]
    for item in named:
        if item.cpp in cpp:
            raise RegistryError(item.where, f"duplicate name {item.cpp!r}, which {cpp[item.cpp]} has already")
        cpp[item.cpp] = item.name
    implementations: dict[str, str] = {}
    for interface in registry.interfaces.values():
        if interface.impl in implementations:
            raise RegistryError(
                interface.where,
                f"duplicate impl {interface.impl!r}, which {implementations[interface.impl]} has already",
            )
        if interface.impl:
            implementations[interface.impl] = interface.name
        if interface.kind == "application":
            continue  # overloads are part of the plugin interfaces
        seen: set[str] = set()
        for method in interface.methods:
            if method.name in seen:
                raise RegistryError(method.where, f"duplicate name {method.name!r} in {interface.name}")
            seen.add(method.name)


def _layouts(registry: Registry) -> None:
    for struct in registry.structs.values():
        if not struct.fields:
            raise RegistryError(struct.where, f"struct {struct.name} has no fields")
        last = -1
        for field in struct.fields:
            if field.offset <= last or field.offset >= struct.size:
                raise RegistryError(
                    field.where, f"offsets of {struct.name} do not ascend within its size {struct.size}: {field.name}"
                )
            last = field.offset


def _layers(registry: Registry) -> None:
    """Every kind of layer has a type of its own; what other layers derive from has none."""
    types = registry.enums["LayerType"].values if "LayerType" in registry.enums else {}
    bases = {i.base for i in registry.interfaces.values()}
    owners: dict[str, str] = {}
    for interface in registry.interfaces.values():
        type_ = interface.layer_type
        if type_ and type_ not in types:
            raise RegistryError(interface.where, f"unknown layer type {type_!r}")
        if bool(type_) != (registry.is_layer(interface.name) and interface.name not in bases | {"Layer"}):
            needs = "is no layer of one type" if type_ else "is a layer: write layer_type="
            raise RegistryError(interface.where, f"{interface.name} {needs}")
        if type_ in owners:
            raise RegistryError(interface.where, f"duplicate layer type {type_!r}, which {owners[type_]} has already")
        if type_:
            owners[type_] = interface.name


def _callbacks(registry: Registry) -> None:
    """A bridge says what interface it is where the library asks that."""
    for interface in registry.interfaces.values():
        asked = any(a.name == "VersionedInterface" for a in registry.ancestors(interface)[1:])
        if interface.callback and interface.kind != "application":
            raise RegistryError(interface.where, f"{interface.name} is @callback, but no Application")
        if interface.callback and asked and interface.info is None:
            raise RegistryError(interface.where, f"class {interface.name} needs info=")


def _exports(registry: Registry) -> None:
    seen: set[str] = set()
    for export in registry.exports:
        if export.library not in LIBRARIES:
            raise RegistryError(export.where, f"unknown library {export.library!r} of {export.name}")
        if export.name in seen:
            raise RegistryError(export.where, f"duplicate name {export.name!r}")
        if bool(export.bound) == bool(export.hidden):
            raise RegistryError(export.where, f"{export.name} is neither @bound nor @hidden, or both")
        seen.add(export.name)
