"""``csrc/fake/<family>_gen.hpp``: stubs of every interface, for the fake library.

Each virtual method asks first whether a fault is ordered for it, then calls ``do_<method>``, which the fake library
overrides where it has more to do than to answer zero.
"""

from __future__ import annotations

from .ctypes_map import CTypes, join
from .model import Family, Interface, Method, Registry

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
    lines = [f"/// Stub of {base}: {interface.doc}", f"class {interface.name}Stub : public abi::{base} {{", "public:"]
    methods = [m for m in interface.methods if not m.is_destructor]
    lines += [_outer(types, base, m) for m in methods]
    if methods:
        lines += ["", "protected:"]
        lines += [_inner(types, m) for m in methods]
    return [*lines, "};", ""]


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
        f'        return faulted<{result}>("{base}::{method.name}", [&]() -> {result} '
        f"{{ return do_{method.name}({arguments}); }});\n    }}"
    )


def _inner(types: CTypes, method: Method) -> str:
    result = types.abi(method.returns)
    body = "{}" if result == "void" else f"{{ return nothing<{result}>(); }}"
    return f"    virtual {_signature(types, method, f'do_{method.name}', False)} {body}"
