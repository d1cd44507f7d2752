"""``csrc/abi_check/abi_check_gen.cpp``: holds our declarations against an SDK's own headers.

The program is only built where an SDK is at hand (``make abi-check``). It includes both, and compares every enum value,
every struct size and offset, and the slot of every method: a pointer to a virtual member holds its slot. Of methods
that the shim calls, or that are called in its bridges, it compares what they take and return too. For Microsoft's
binary interface the same lines are compiled into static assertions (``codegen/msvc_check.py``).
"""

from __future__ import annotations

import re

from .ctypes_map import CTypes, cpp_name
from .model import SCALARS, Interface, Method, Registry, Type

PATH = "csrc/abi_check/abi_check_gen.cpp"
OLDEST = (1, 5)
SIZES = {"int32": 4, "int64": 8, "uint8": 1, "uint32": 4, "uint64": 8}


def emit(registry: Registry) -> str:
    versions = sorted({m.since for i in registry.interfaces.values() for m in i.methods} | {OLDEST})
    major, minor = versions[-1]
    out = ['#include "abi_check.hpp"', "", f"const bool sdk_is_news = SDK_HAS({major}, {minor + 1});", ""]
    out += ["void compare_enums()", "{"]
    for enum in registry.enums.values():
        lines = [f'    enum_size("{enum.cpp}", sizeof({_scope(enum.cpp)}), {SIZES[enum.underlying]});']
        lines += [f'    enum_value("{enum.cpp}::{k}", {_scope(enum.cpp)}::{k}, {v});' for k, v in enum.values.items()]
        out += _gated(enum.since, lines)
    out += ["}", "", "void compare_structs()", "{"]
    for struct in registry.structs.values():
        lines = [_size(struct.cpp, struct.size)]
        lines += [_offset(struct.cpp, f.name, f.offset) for f in struct.fields]
        out += _gated(struct.since, lines)
    for interface in registry.interfaces.values():
        if interface.field:
            lines = [
                _size(interface.cpp, interface.offset + 8),
                _offset(interface.cpp, interface.field, interface.offset),
            ]
            out += _gated(interface.since, lines)
    out += ["}", "", "void compare_slots()", "{"]
    for interface in registry.interfaces.values():
        lines = _slots(registry, interface)
        out += _gated(interface.since, [*lines, *_slot_counts(registry, interface, versions)])
    return "\n".join([*out, "}", ""])


def slot_count(registry: Registry, interface: Interface, version: tuple[int, int]) -> int:
    """Length of the virtual table in a version. A destructor takes two places, and the first of them counts."""
    if interface.kind == "impl":
        return 2 + sum(m.since <= version for m in interface.methods)
    count = 0
    for ancestor in registry.ancestors(interface):
        for method in ancestor.methods:
            if method.since <= version and not registry.overrides(ancestor, method):
                count += 2 if method.is_destructor else 1
    return count


def _size(cpp: str, size: int) -> str:
    return f'    struct_size("{cpp}", sizeof({_scope(cpp)}), {size});'


def _offset(cpp: str, field: str, offset: int) -> str:
    return f'    offset("{cpp}.{field}", offsetof({_scope(cpp)}, {field}), {offset});'


def _gated(since: tuple[int, int], lines: list[str]) -> list[str]:
    return lines if since == OLDEST or not lines else [f"#if SDK_HAS({since[0]}, {since[1]})", *lines, "#endif"]


def _scope(cpp: str) -> str:
    return cpp if cpp.startswith("nvonnxparser::") else f"nvinfer1::{cpp}"


def official_class(interface: Interface) -> str:
    return f"nvinfer1::apiv::{interface.impl}" if interface.impl else _scope(interface.cpp)


def _slots(registry: Registry, interface: Interface) -> list[str]:
    ours = f"trtx::abi::{interface.impl or cpp_name(registry, interface.name)}"
    theirs = official_class(interface)
    lines = []
    names = [m.name for m in interface.methods]
    for method in interface.methods:
        if method.is_destructor:
            continue
        members = f"&{theirs}::{method.name}", f"&{ours}::{method.name}"
        if names.count(method.name) > 1:
            members = (
                f"static_cast<{_member(registry, theirs, method, True)}>({members[0]})",
                f"static_cast<{_member(registry, ours, method, False)}>({members[1]})",
            )
        name = f"{interface.impl or interface.cpp}::{method.name}"
        word = "slot" if method.hidden or interface.hidden else "method"
        lines += _gated(method.since, [f'    {word}("{name}", {members[0]}, {members[1]});'])
    return lines


def _slot_counts(registry: Registry, interface: Interface, versions: list[tuple[int, int]]) -> list[str]:
    """One line for each version that has another number of slots than the one before, newest first."""
    counts = {version: slot_count(registry, interface, version) for version in versions if version >= interface.since}
    steps = [v for i, v in enumerate(counts) if i == 0 or counts[v] != counts[versions[versions.index(v) - 1]]]
    name = interface.impl or interface.cpp
    lines = {v: f'    slot_count<{official_class(interface)}>("{name}", {counts[v]});' for v in steps}
    if len(lines) == 1:
        return list(lines.values())
    out = []
    for number, version in enumerate(reversed(steps)):
        condition = f"SDK_HAS({version[0]}, {version[1]})"
        word = "#if" if number == 0 else "#elif"
        out += ["#else" if version == steps[0] else f"{word} {condition}", lines[version]]
    return [*out, "#endif"]


def _member(registry: Registry, owner: str, method: Method, official: bool) -> str:
    types = CTypes(registry)
    if official:
        result = _official_result(registry, method.returns)
        parameters = [_official(registry, p.type) for p in method.parameters]
    else:
        result = _qualified(registry, types.abi(method.returns))
        parameters = [_qualified(registry, types.abi_parameter(p.type)) for p in method.parameters]
    const, exceptions = " const" if method.const else "", " noexcept" if official else ""
    return f"{result} ({owner}::*)({', '.join(parameters)}){const}{exceptions}"


def _qualified(registry: Registry, spelled: str) -> str:
    """Our own classes with their namespace: the headers have some of the same names."""
    ours = {cpp_name(registry, name) for name in registry.interfaces} | registry.structs.keys()
    return re.sub(r"\b\w+\b", lambda word: f"trtx::abi::{word[0]}" if word[0] in ours else word[0], spelled)


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
