"""Holds the registry against ``slots.json``: what the interfaces of TensorRT-RTX 1.5 and 1.6 are known to be.

The file was made apart from the registry. A method is ``name result(parameters)``, each type one letter by the way it
travels: ``v`` void, ``b`` bool, ``c`` 8, ``i`` 32 and ``l`` 64 bits, ``f`` float, ``d`` double, ``p`` pointer or
reference, ``{Name}`` a struct by value; ``~`` is the destructor. Without ``since`` it is in 1.5 already.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from codegen.ctypes_map import CTypes
from codegen.model import SCALARS, Interface, Method, Registry
from codegen.naming import c_type

#: Newest version that the file speaks of; what the registry has since then is not compared.
NEWEST = (1, 6)
FACTS = Path(__file__).with_name("slots.json")
LETTERS = {
    "void": "v",
    "bool": "b",
    "uint8_t": "c",
    "int32_t": "i",
    "uint32_t": "i",
    "int64_t": "l",
    "uint64_t": "l",
    "size_t": "l",
    "float": "f",
    "double": "d",
}


def load_facts() -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(FACTS.read_text(encoding="utf-8"))
    return facts


def registry_facts(registry: Registry) -> dict[str, Any]:
    """What the registry says, in the form of the file."""
    interfaces = [i for i in registry.interfaces.values() if i.since <= NEWEST]
    return {
        "interfaces": {
            i.impl or i.cpp: [_method(registry, m) for m in i.methods if m.since <= NEWEST] for i in interfaces
        },
        "classes": {i.cpp: _class(registry, i) for i in interfaces if i.field},
        "enums": {
            e.cpp: {"type": SCALARS[e.underlying], **_since(e.since), "values": e.values}
            for e in registry.enums.values()
            if e.since <= NEWEST
        },
        "structs": {
            s.cpp: {"size": s.size, "offsets": {f.name: f.offset for f in s.fields}}
            for s in registry.structs.values()
            if s.since <= NEWEST
        },
        "exports": sorted(e.name for e in registry.exports),
        "infos": {i.cpp: list(i.info) for i in interfaces if i.info},
    }


def differences(registry: Registry, facts: dict[str, Any]) -> list[str]:
    """One line for each thing that is in one and not in the other, or not the same in both."""
    found = []
    ours = registry_facts(registry)
    for section in sorted(facts.keys() | ours.keys()):
        known, stated = facts.get(section), ours.get(section)
        if not isinstance(known, dict) or not isinstance(stated, dict):
            if known != stated:
                found.append(f"{section}: known {known}, stated {stated}")
            continue
        for name in sorted(known.keys() | stated.keys()):
            if name not in stated:
                found.append(f"{section}: {name} is not in the registry")
            elif name not in known:
                found.append(f"{section}: {name} is only in the registry")
            elif known[name] != stated[name]:
                found.append(f"{section}: {name}: {_first_difference(known[name], stated[name])}")
    return found


def _first_difference(known: Any, stated: Any) -> str:
    if isinstance(known, list) and isinstance(stated, list):
        for index in range(max(len(known), len(stated))):
            a, b = known[index : index + 1], stated[index : index + 1]
            if a != b:
                return f"slot {index} is {a[0] if a else 'missing'!r}, stated {b[0] if b else 'missing'!r}"
    return f"known {known}, stated {stated}"


def _method(registry: Registry, method: Method) -> str:
    if method.is_destructor:
        return "~"
    types = CTypes(registry)
    letters = "".join(_letter(registry, types.abi_parameter(p.type)) for p in method.parameters)
    since = "".join(f" since {version}" for version in _since(method.since).values())
    return f"{method.name} {_letter(registry, types.abi(method.returns))}({letters}){since}"


def _letter(registry: Registry, spelled: str) -> str:
    if spelled.endswith(("*", "&")):
        return "p"
    if spelled in LETTERS:
        return LETTERS[spelled]
    for struct in registry.structs.values():
        if spelled in (struct.name, c_type(struct.name)):
            return f"{{{struct.cpp.split('::')[-1]}}}"
    return f"?{spelled}"


def _class(registry: Registry, interface: Interface) -> list[object]:
    base = registry.interfaces[interface.base].cpp if interface.base in registry.interfaces else "INoCopy"
    return [base, interface.offset + 8, interface.field, interface.impl, interface.offset]


def _since(version: tuple[int, int]) -> dict[str, str]:
    return {} if version == (1, 5) else {"since": f"{version[0]}.{version[1]}"}
