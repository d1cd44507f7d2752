"""``csrc/fake/<family>_gen.hpp``: stubs of every interface, for the fake library.

Each virtual method asks first whether a fault is ordered for it, then calls ``do_<method>``, which the fake library
overrides where it has more to do. What comes as a setter and a getter of one type is a property: the stub keeps its
value, and ``properties`` shows all of them to a visitor, so that a layer can be written to a plan.
"""

from __future__ import annotations

from .ctypes_map import CTypes, join
from .model import Family, Interface, Method, Registry

#: Bit sets, which the library offers whole and bit by bit.
FLAG_METHODS = {
    "setFlag": "{ mFlags |= bit_of(_0); %s}",
    "clearFlag": "{ mFlags &= ~bit_of(_0); %s}",
    "getFlag": "{ return (mFlags & bit_of(_0)) != 0; }",
}


def path(family: Family) -> str:
    return f"csrc/fake/{family.name}_gen.hpp"


def emit(registry: Registry, family: Family) -> str:
    types = CTypes(registry)
    out = ["#pragma once", "", '#include "fault.hpp"', "", "namespace trtx::fake {", ""]
    for interface in family.interfaces:
        if interface.kind in ("impl", "direct"):
            out += _stub(types, interface)
    return "\n".join([*out, "} // namespace trtx::fake", ""])


def _stub(types: CTypes, interface: Interface) -> list[str]:
    base = interface.impl if interface.kind == "impl" else interface.cpp.split("::")[-1]
    lines = [
        f"/// Stub of {base}: {interface.doc}",
        f"class {interface.name}Stub : public abi::{base}, public Subject {{",
        "public:",
    ]
    methods = [m for m in interface.methods if not m.is_destructor]
    lines += [_outer(types, base, m) for m in methods]
    properties = _properties(types, methods)
    lines += [f"    {join(_stored(type_), f'm{name}')}{{}};" for name, type_ in properties.items()]
    shown = " ".join(f'visit("{name}", m{name});' for name in properties)
    lines.append("    template <class Visitor> void properties([[maybe_unused]] Visitor &&visit) const")
    lines.append(f"    {{\n        {shown}\n    }}" if shown else "    {\n    }")
    if methods:
        lines += ["", "protected:"]
        lines += [_inner(types, m, properties) for m in methods]
    return [*lines, "};", ""]


def _properties(types: CTypes, methods: list[Method]) -> dict[str, str]:
    """Names of what has a setter and a getter of one type, with that type."""
    getters = {m.name[3:]: m for m in methods if m.name.startswith("get") and m.const and not m.parameters}
    found = {}
    for method in methods:
        name = method.name[3:]
        if not method.name.startswith("set") or len(method.parameters) != 1 or name not in getters:
            continue
        given, got = types.abi_parameter(method.parameters[0].type), types.abi(getters[name].returns)
        if _stored(given) == _stored(got):
            found[name] = given
    return found


def _stored(type_: str) -> str:
    if type_ == "const char *":
        return "std::string"
    return type_.removesuffix(" &").removeprefix("const ") if type_.endswith("&") else type_


def _signature(types: CTypes, method: Method, name: str, named: bool) -> str:
    parameters = ", ".join(
        join(types.abi_parameter(p.type), p.name if named else "").rstrip() for p in method.parameters
    )
    const = " const" if method.const else ""
    return f"{join(types.abi(method.returns), name)}({parameters}){const}"


def _outer(types: CTypes, base: str, method: Method) -> str:
    arguments = ", ".join(p.name for p in method.parameters)
    result = types.abi(method.returns)
    return (
        f"    {_signature(types, method, method.name, True)} override\n    {{\n"
        f'        return faulted<{result}>(*this, "{base}::{method.name}", [&]() -> {result} '
        f"{{ return do_{method.name}({arguments}); }});\n    }}"
    )


def _inner(types: CTypes, method: Method, properties: dict[str, str]) -> str:
    result = types.abi(method.returns)
    done = "return true; " if result == "bool" else ""
    prefix, name = method.name[:3], method.name[3:]
    const = " const" if method.const else ""
    if name in properties and prefix == "set":
        value = "text_or_empty(_0)" if _stored(properties[name]) == "std::string" else "_0"
        body = f"{{ take(*this, m{name}, {value}); {done}}}"
        return f"    virtual {result} do_{method.name}({join(properties[name], '_0')}){const} {body}"
    if name in properties and prefix == "get":
        value = f"m{name}.c_str()" if _stored(properties[name]) == "std::string" else f"m{name}"
        return f"    virtual {join(result, f'do_{method.name}')}(){const} {{ return {value}; }}"
    if "Flags" in properties and method.name in FLAG_METHODS:
        body = FLAG_METHODS[method.name].replace("%s", done)
        return f"    virtual {result} do_{method.name}(int32_t _0){const} {body}"
    body = "{}" if result == "void" else f"{{ return nothing<{result}>(); }}"
    return f"    virtual {_signature(types, method, f'do_{method.name}', False)} {body}"
