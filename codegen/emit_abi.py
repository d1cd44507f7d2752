"""``csrc/src/abi_gen.hpp``: the library's classes, declared in slot order.

Declaring a class in this order gives the right virtual table with every C++ compiler, so no vendor header is needed.
References are written as pointers and enums as integers, which a call cannot tell apart.
"""

from __future__ import annotations

from .ctypes_map import CTypes, cpp_name, join, self_const
from .model import Interface, Method, Registry, Struct
from .naming import c_type

PATH = "csrc/src/abi_gen.hpp"


def emit(registry: Registry) -> str:
    types = CTypes(registry)
    ordered = _in_dependency_order(registry)
    out = [
        "#pragma once",
        "",
        "#include <cstddef>",
        "#include <cstdint>",
        "",
        '#include "hidden.hpp"',
        '#include "trtx_c.h"',
        "",
        "namespace trtx {",
        "namespace abi TRTX_HIDDEN {",
        "",
        "struct InterfaceInfo {\n    const char *kind;\n    int32_t major;\n    int32_t minor;\n};",
        "",
        *[f"struct {cpp_name(registry, i.name)};" for i in ordered],
        *[f"struct {s.name};" for s in registry.structs.values() if s.hidden and s.name != "InterfaceInfo"],
        "",
        "/// Base of the implementation interfaces.",
        "struct VRoot {\n    virtual ~VRoot() = default;\n};",
        "",
    ]
    for interface in ordered:
        if interface.kind == "impl":
            out += [_implementation(types, interface), _public(registry, interface)]
        else:
            out.append(_direct(registry, types, interface))
    out += [_struct_check(s) for s in registry.structs.values() if not s.hidden]
    out += ["", "} // namespace abi", "} // namespace trtx", ""]
    return "\n".join(out)


def _in_dependency_order(registry: Registry) -> list[Interface]:
    """Bases before what derives from them."""
    done: dict[str, Interface] = {}

    def visit(interface: Interface) -> None:
        if interface.base in registry.interfaces:
            visit(registry.interfaces[interface.base])
        done.setdefault(interface.name, interface)

    if "NoCopy" in registry.interfaces:
        visit(registry.interfaces["NoCopy"])
    for interface in registry.interfaces.values():
        visit(interface)
    return list(done.values())


def _implementation(types: CTypes, interface: Interface) -> str:
    lines = [f"/// {interface.doc}", f"struct {interface.impl} : VRoot {{"]
    lines += [f"    {_virtual(types, m)} = 0;" for m in interface.methods]
    return "\n".join([*lines, "};"])


def _public(registry: Registry, interface: Interface) -> str:
    """The object that callers hold: a virtual destructor, then pointers to implementation interfaces."""
    if interface.name == "PluginLayer":
        return ""
    base = "INoCopy" if interface.base == "Interface" else cpp_name(registry, interface.base)
    name = cpp_name(registry, interface.name)
    return (
        f"struct {name} : {base} {{\n    {interface.impl} *{interface.field};\n}};\n"
        f"static_assert(sizeof({name}) == {interface.offset + 8});\n"
    )


def _direct(registry: Registry, types: CTypes, interface: Interface) -> str:
    base = registry.interfaces.get(interface.base)
    name = cpp_name(registry, interface.name)
    lines = [f"/// {interface.doc}", f"struct {name}" + (f" : {cpp_name(registry, base.name)} {{" if base else " {")]
    for method in interface.methods:
        if method.is_destructor:
            lines.append(f"    ~{name}() override = default;" if base else f"    virtual ~{name}() = default;")
        elif registry.overrides(interface, method):
            lines.append(f"    {_virtual(types, method)} override = 0;")
        else:
            lines.append(f"    {_virtual(types, method)} = 0;")
    return "\n".join([*lines, "};", ""])


def _virtual(types: CTypes, method: Method) -> str:
    parameters = ", ".join(join(types.abi_parameter(p.type), p.name) for p in method.parameters)
    return f"virtual {join(types.abi(method.returns), method.name)}({parameters}) {self_const(method)}".rstrip()


def _struct_check(struct: Struct) -> str:
    name = c_type(struct.name)
    checks = [f"static_assert(sizeof({name}) == {struct.size});"]
    return "\n".join(checks)
