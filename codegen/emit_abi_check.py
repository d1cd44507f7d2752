"""``csrc/abi_check/abi_check_gen.cpp``: holds our declarations against an SDK's own headers.

The program is only built where an SDK is at hand (``make abi-check``). It includes both, and compares every enum value,
every struct size and offset, and the slot of every method: a pointer to a virtual member holds its slot.
"""

from __future__ import annotations

from .ctypes_map import CTypes, cpp_name
from .model import SCALARS, Interface, Method, Registry, Type

PATH = "csrc/abi_check/abi_check_gen.cpp"


def emit(registry: Registry) -> str:
    out = ['#include "abi_check.hpp"', "", "void compare_enums()", "{"]
    for enum in registry.enums.values():
        lines = [f'    enum_value("{enum.cpp}::{k}", {_scope(enum.cpp)}::{k}, {v});' for k, v in enum.values.items()]
        out += _gated(enum.since, lines)
    out += ["}", "", "void compare_structs()", "{"]
    for struct in registry.structs.values():
        cpp = _scope(struct.cpp)
        lines = [f'    number("sizeof {struct.cpp}", sizeof({cpp}), {struct.size});']
        lines += [
            f'    number("{struct.cpp}.{f.name}", offsetof({cpp}, {f.name}), {f.offset});' for f in struct.fields
        ]
        out += _gated(struct.since, lines)
    out += ["}", "", "void compare_slots()", "{"]
    for interface in registry.interfaces.values():
        if interface.name != "PluginLayer":
            out += _gated(interface.since, _slots(registry, interface))
    return "\n".join([*out, "}", ""])


def _gated(since: tuple[int, int], lines: list[str]) -> list[str]:
    return lines if since == (1, 5) else [f"#if SDK_HAS({since[0]}, {since[1]})", *lines, "#endif"]


def _scope(cpp: str) -> str:
    return cpp if cpp.startswith("nvonnxparser::") else f"nvinfer1::{cpp}"


def _slots(registry: Registry, interface: Interface) -> list[str]:
    ours = f"trtx::abi::{interface.impl or cpp_name(registry, interface.name)}"
    theirs = f"nvinfer1::apiv::{interface.impl}" if interface.impl else _scope(interface.cpp)
    lines = []
    if interface.impl and interface.name != "PluginLayer":
        lines.append(
            f'    number("{interface.cpp}.{interface.field}", offsetof({_scope(interface.cpp)}, {interface.field}), '
            f"{interface.offset});"
        )
    overloaded = _overloaded(registry, interface)
    for method in interface.methods:
        if method.is_destructor:
            continue
        name = f"{interface.impl or interface.cpp}::{method.name}"
        if method.name in overloaded:
            line = (
                f'    slot("{name}", static_cast<{_member(registry, theirs, method, True)}>(&{theirs}::{method.name}), '
                f"static_cast<{_member(registry, ours, method, False)}>(&{ours}::{method.name}));"
            )
        else:
            line = f'    slot("{name}", &{theirs}::{method.name}, &{ours}::{method.name});'
        lines += _gated(method.since, [line]) if method.since < (1, 7) else []
    return lines


def _overloaded(registry: Registry, interface: Interface) -> set[str]:
    names = [m.name for m in interface.methods]
    return {name for name in names if names.count(name) > 1}


def _member(registry: Registry, owner: str, method: Method, official: bool) -> str:
    types = CTypes(registry)
    spell = (lambda t: _official(registry, t)) if official else types.abi_parameter
    result = _official_result(registry, method.returns) if official else types.abi(method.returns)
    parameters = ", ".join(spell(p.type) for p in method.parameters)
    return f"{result} ({owner}::*)({parameters}){' const' if method.const else ''}{' noexcept' if official else ''}"


def _official(registry: Registry, type_: Type) -> str:
    """The header's spelling of a parameter type, for the few methods whose overloads must be told apart."""
    words = {"stream": "cudaStream_t", "address": "void *", "constaddress": "const void *", "str": "const char *"}
    if type_.kind == "raw":
        return type_.name
    if type_.kind == "array" and type_.item and type_.item.kind in ("address", "constaddress"):
        return "void *const *" if type_.item.kind == "address" else "const void *const *"
    if type_.kind == "scalar":
        return SCALARS[type_.name]
    if type_.kind in words:
        return words[type_.kind]
    if type_.name in registry.interfaces:
        return f"{_scope(registry.interfaces[type_.name].cpp)} {'*' if type_.optional else '&'}"
    if type_.name in registry.enums:
        return _scope(registry.enums[type_.name].cpp)
    return f"const {_scope(registry.structs[type_.name].cpp)} &"


def _official_result(registry: Registry, type_: Type) -> str:
    if type_.kind == "none":
        return "void"
    if type_.kind == "ok":
        return "bool"
    if type_.name in registry.structs:
        return _scope(registry.structs[type_.name].cpp)
    return _official(registry, type_)
