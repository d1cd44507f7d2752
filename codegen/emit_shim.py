"""``csrc/src/<family>_gen.cpp``: one C function for each bound method, its body inside ``guard`` or ``access``."""

from __future__ import annotations

from .ctypes_map import CTypes, cpp_name
from .emit_c_header import function
from .model import ARRAYS, Family, Interface, Method, Parameter, Registry, Type, length_of
from .naming import c_function, c_name, c_type


def path(family: Family) -> str:
    return f"csrc/src/{family.name}_gen.cpp"


def emit(registry: Registry, family: Family) -> str:
    types = CTypes(registry)
    out = ['#include "guard.hpp"', "", "using namespace trtx;", ""]
    for interface in family.interfaces:
        if interface.hidden or interface.callback:
            continue
        for method in interface.bound_methods:
            out.append(_function(types, interface, method))
        if interface.owned:
            out.append(_destroy(types, interface))
    return "\n".join(out)


def bound(registry: Registry, family: Family) -> bool:
    """Whether a family has anything that this emitter writes."""
    return any(not i.hidden and not i.callback for i in family.interfaces)


def _destroy(types: CTypes, interface: Interface) -> str:
    name = c_type(interface.name)
    return f'void {name}_destroy({types.handle(interface.name)} *self)\n{{\n    destroy("{name}_destroy", self);\n}}\n'


def _function(types: CTypes, interface: Interface, method: Method) -> str:
    body = _accessor(types, interface, method) if _returns_value(types, method) else _guarded(types, interface, method)
    return f"{function(types, interface, method)}\n{{\n{body}\n}}\n"


def _returns_value(types: CTypes, method: Method) -> bool:
    return method.is_accessor and not types.is_struct(method.returns)


def _accessor(types: CTypes, interface: Interface, method: Method) -> str:
    value = types.value(method.returns)
    call = _call(types, method, _target(types, interface))
    check = _layer_check(types, interface)
    layers = f", {check}" if check else ""
    body = f"[&] {{ return {_to_c(types, method.returns, call)}; }}"
    return f"    return access<{value}>({_site(interface, method)}, self{layers}, {body});"


def _site(interface: Interface, method: Method) -> str:
    """What the guard is told of the function: its name, since when, and whether it is long."""
    since = "" if method.since == (1, 5) else f", {{{method.since[0]}, {method.since[1]}}}"
    site = f'"{c_function(interface.name, method.name)}"{since}'
    return f"long_call({site})" if method.long else f"{{{site}}}"


def _guarded(types: CTypes, interface: Interface, method: Method) -> str:
    result = types.result(method.returns)
    places = [c_name(p.name) for p in method.parameters if p.type.kind == "out"] + ["result"] * bool(result)
    results = f" Results({', '.join(places)})," if places else ""
    lines = [f"    return guard({_site(interface, method)},{results} [&](Call &call) {{"]
    check = _layer_check(types, interface)
    lines.append(f"        call.need_layer(self, {check});" if check else '        call.need(self, "self");')
    if result:
        lines.append('        call.need(result, "result");')
    checks: dict[str, None] = {}  # each once: arrays may share a length
    for index in range(len(method.parameters)):
        checks.update(dict.fromkeys(_checks(types, method.parameters, index)))
    lines += [f"        {check}" for check in checks]
    lines.append(f"        {_use(types, method, _call(types, method, _target(types, interface)))}")
    return "\n".join([*lines, "    });"])


def _layer_check(types: CTypes, interface: Interface) -> str:
    """Layer types that self may have; nothing for `Layer` itself and for what is no layer."""
    if not types.registry.is_layer(interface.name) or interface.name == "Layer":
        return ""
    values = types.registry.enums["LayerType"].values
    allowed = [values[name] for name in types.registry.layer_types(interface)]
    return f"LayerSet{{{', '.join(map(str, allowed))}}}"


def _target(types: CTypes, interface: Interface) -> str:
    cast = f"as<abi::{cpp_name(types.registry, interface.name)}>(self)"
    return f"{cast}->{interface.field}" if interface.kind == "impl" else cast


def _checks(types: CTypes, parameters: list[Parameter], index: int) -> list[str]:
    name, type_ = c_name(parameters[index].name), parameters[index].type
    if types.is_struct(type_) and type_.name in ("Weights", "Dims"):
        return [f'call.need_{type_.name.lower()}({name}, "{name}");']
    needed = [f'call.need({name}, "{name}");']
    if type_.kind == "bytes" or type_.kind in ARRAYS:
        return _checks_of_memory(types, parameters, index, needed)
    if type_.optional:
        return []
    if type_.kind in ("str", "out") or types.is_struct(type_) or types.is_handle(type_):
        return needed
    return []


def _checks_of_memory(types: CTypes, parameters: list[Parameter], index: int, needed: list[str]) -> list[str]:
    """Bytes and arrays: neither null, unless they may be or are empty, nor of a negative length."""
    name, type_ = c_name(parameters[index].name), parameters[index].type
    length = length_of(parameters, index)
    size = c_name(length.name) if length else ""
    is_signed = length is not None and length.type.name in ("int32", "int64")
    if type_.kind == "bytes" or type_.optional or not length:
        return needed * (not type_.optional) + [f'call.need_size({size}, "{size}");'] * is_signed
    assert type_.item
    each = type_.kind != "outarray" and (types.is_handle(type_.item) or type_.item.kind == "str")
    return [f'call.{"need_each" if each else "need_array"}({name}, {size}, "{name}");']


def _call(types: CTypes, method: Method, target: str) -> str:
    arguments = ", ".join(_to_abi(types, p) for p in method.parameters)
    return f"{target}->{method.name}({arguments})"


def _to_abi(types: CTypes, parameter: Parameter) -> str:
    name, type_ = c_name(parameter.name), parameter.type
    if types.is_struct(type_):
        return f"weights_or_none({name})" if type_.name == "Weights" else f"*{name}"
    if types.is_handle(type_):
        return f"as<abi::{cpp_name(types.registry, type_.target)}>({name})"
    if type_.kind in ("address", "constaddress", "stream", "event"):
        return f"to_pointer({name})"
    if type_.kind in ("array", "mutablearray", "outarray") and _needs_cast(types, type_):
        space = "abi::" if types.is_handle(type_.item or type_) else ""
        return f"reinterpret_cast<{space}{types.abi(type_)}>({name})"
    return name


def _needs_cast(types: CTypes, type_: Type) -> bool:
    assert type_.item
    return types.is_handle(type_.item) or type_.item.kind in ("address", "constaddress", "stream")


def _to_c(types: CTypes, type_: Type, expression: str) -> str:
    if types.is_struct(type_):
        return expression
    if types.is_handle(type_):
        return f"from_abi<{types.value(type_)}>({expression})"
    if type_.kind in ("address", "constaddress", "stream", "event"):
        return f"to_address({expression})"
    if type_.kind == "str":
        return f"keep_text({expression})"
    return expression


def _use(types: CTypes, method: Method, call: str) -> str:
    """The statement that makes the call and tells success from failure."""
    type_ = method.returns
    counts = [
        f"call.check_written_count({c_name(p.name)});"
        for p in method.parameters
        if p.type.kind == "out" and p.type.item and p.type.item.kind == "count"
    ]
    if type_.kind == "owned":
        return f"*result = {_owned(types, method, f'call.check_pointer({_to_c(types, type_, call)})')};"
    return "\n        ".join([*_judged(types, type_, call), *counts, *_held(method)])


def _owned(types: CTypes, method: Method, made: str) -> str:
    """Enters a result with what it needs: self, and the parameters that are held."""
    result = types.registry.interfaces[method.returns.target]
    abi = cpp_name(types.registry, result.name)
    if result.sibling:
        return f"own_sibling<abi::{abi}>({made}, self)"
    held = ["self", *(c_name(p.name) for p in method.parameters if p.held)]
    return f"own<abi::{abi}>({made}, {{{'' if result.standalone else ', '.join(held)}}})"


def _held(method: Method) -> list[str]:
    """Notes what self needs from now on: for each text given, where there is one, apart."""
    text = next((c_name(p.name) for p in method.parameters if p.type.kind == "str"), "nullptr")
    held = [c_name(p.name) for p in method.parameters if p.held]
    return [f'hold_object(self, "{method.name}", {text}, {name});' for name in held]


def _judged(types: CTypes, type_: Type, call: str) -> list[str]:
    if type_.kind == "none":
        return [f"{call};", "call.check_log();"]
    if type_.kind == "ok":
        return [f"call.check({call});"]
    value = _to_c(types, type_, call)
    if type_.kind == "count":
        return [f"*result = call.check_count({value});"]
    if types.is_handle(type_) and not type_.optional:
        return [f"*result = call.check_pointer({value});"]
    if type_.kind == "str" and not type_.optional:
        return [f"*result = call.check_pointer({value});"]
    if type_.kind == "verdict":
        return [f"*result = call.check_verdict({value});"]
    if type_.kind == "counted":
        return [f"*result = call.check_counted({value});"]
    return [f"*result = {value};", "call.check_log();"]
