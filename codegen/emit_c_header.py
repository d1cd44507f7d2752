"""``csrc/include/trtx_c_gen.h``: the C declarations, one block for each interface."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from .ctypes_map import CTypes, join
from .model import Enum, Interface, Method, Registry, Struct
from .naming import c_constant, c_function, c_name, c_type

PATH = "csrc/include/trtx_c_gen.h"
#: What every interface of an application is asked; its bridge answers.
IDENTIFICATION = ("getInterfaceInfo", "getAPILanguage")


def emit(registry: Registry) -> str:
    out = [
        "#ifndef TRTX_C_GEN_H",
        "#define TRTX_C_GEN_H",
        "",
        "#ifndef TRTX_C_H",
        '#error "include trtx_c.h"',
        "#endif",
        "",
        *_handles(registry),
        "",
        *[_enum(e) for e in registry.enums.values() if not e.hidden],
        *[_struct(registry, s) for s in registry.structs.values() if not s.hidden],
    ]
    for family in registry.families:
        for interface in family.interfaces:
            if not interface.hidden:
                out.append(_block(registry, interface))
    out += ["#endif /* TRTX_C_GEN_H */", ""]
    return "\n".join(out)


@dataclass(frozen=True)
class Declaration:
    """A C function: its comment, its declaration without the semicolon, and whether it is long."""

    comment: str
    text: str
    long: bool = False


def declarations(registry: Registry, interface: Interface) -> list[Declaration]:
    """Each C function of an interface."""
    types = CTypes(registry)
    methods = [] if interface.callback else interface.bound_methods
    found = [Declaration(_comment(m), function(types, interface, m), m.long) for m in methods]
    name = c_type(interface.name)
    if interface.callback:
        found.append(
            Declaration(
                "The bridge calls the functions given, from any thread; a null function keeps the library's default."
                + _notes(interface),
                f"trtx_status {name}_create(const {name}_callbacks *callbacks, void *user_data, {name} **result)",
            )
        )
    if interface.owned or interface.callback:
        found.append(Declaration("Destroys the object; null is allowed.", f"void {name}_destroy({name} *self)", True))
    return found


def function(types: CTypes, interface: Interface, method: Method) -> str:
    """C declaration of a method: self first, inputs, then the result where the status takes the return value."""
    handle = types.handle(interface.name)
    const = "const " if method.const or method.reads else ""
    parameters = [f"{const}{handle} *self", *(types.declare(p) for p in method.parameters)]
    name = c_function(interface.name, method.name)
    if method.is_accessor and not types.is_struct(method.returns):
        return f"{join(types.value(method.returns), name)}({', '.join(parameters)})"
    result = types.result(method.returns)
    if result:
        parameters.append(join(result, "result"))
    return f"trtx_status {name}({', '.join(parameters)})"


def callback_fields(registry: Registry, interface: Interface) -> list[tuple[Method, str]]:
    """The functions that an application gives for a callback interface, in slot order, payload last."""
    types = CTypes(registry)
    found = []
    for method in callback_methods(registry, interface):
        parameters = [types.declare(p) for p in method.parameters]
        result = "void" if method.returns.kind == "none" else _callback_value(types, method)
        pointer = join(result, f"(*{c_name(method.name)})")
        found.append((method, f"{pointer}({', '.join([*parameters, 'void *user_data'])})"))
    return found


def callback_methods(registry: Registry, interface: Interface) -> list[Method]:
    """Methods that an application implements: those of the base first, each once, without the identification."""
    methods: dict[str, Method] = {}
    for ancestor in reversed(registry.ancestors(interface)):
        for method in ancestor.methods:
            if not method.is_destructor and method.name not in IDENTIFICATION:
                methods.setdefault(method.name, method)
    return list(methods.values())


def _callback_value(types: CTypes, method: Method) -> str:
    return "bool" if method.returns.kind == "ok" else types.value(method.returns)


def _handles(registry: Registry) -> list[str]:
    names = {CTypes(registry).handle(i.name): None for i in registry.interfaces.values() if not i.hidden}
    return [f"typedef struct {name} {name};" for name in names]


def _enum(enum: Enum) -> str:
    underlying = "uint64_t" if enum.underlying == "uint64" else "int32_t"
    lines = [_c_comment(enum.doc + _notes(enum)), f"typedef {underlying} {c_type(enum.name)};", "enum {"]
    lines += [f"    {c_constant(enum.name, k)} = {v}," for k, v in enum.values.items()]
    lines[-1] = lines[-1].rstrip(",")
    return "\n".join([*lines, "};", ""])


def _struct(registry: Registry, struct: Struct) -> str:
    types = CTypes(registry)
    lines = [_c_comment(struct.doc + _notes(struct)), f"typedef struct {c_type(struct.name)} {{"]
    for field in struct.fields:
        type_ = field.type
        if type_.kind == "fixed":
            assert type_.item
            lines.append(f"    {types.value(type_.item)} {c_name(field.name)}[{type_.length}];")
        elif type_.kind == "array":
            lines.append(f"    const char *const *{c_name(field.name)};")
        elif type_.kind == "constaddress":
            lines.append(f"    const void *{c_name(field.name)};")
        else:
            lines.append(f"    {join(types.value(type_), c_name(field.name))};")
    return "\n".join([*lines, f"}} {c_type(struct.name)};", ""])


def _block(registry: Registry, interface: Interface) -> str:
    title = f"{interface.cpp}: {interface.doc}{_notes(interface)}"
    lines = [_c_comment(title)]
    if interface.callback:
        name = c_type(interface.name)
        lines.append(f"typedef struct {name}_callbacks {{")
        for method, field in callback_fields(registry, interface):
            comment = (method.doc + _notes(method, interface.since)).strip()
            lines += [textwrap.indent(_c_comment(comment), "    ")] if comment else []
            lines.append(f"    {field};")
        lines.append(f"}} {name}_callbacks;")
    for declaration in declarations(registry, interface):
        if declaration.comment:
            lines.append(_c_comment(declaration.comment))
        lines.append(f"{'TRTX_LONG ' if declaration.long else ''}TRTX_API {declaration.text};")
    return "\n".join([*lines, ""])


def _comment(method: Method) -> str:
    notes = [method.doc] if method.doc else []
    if method.returns.kind == "verdict":
        notes.append("A no leaves its explanation in trtx_last_error().")
    if method.is_accessor and method.parameters:
        notes.append("A failure is seen in trtx_last_status() alone.")
    return (" ".join(notes) + _notes(method)).strip()


def _notes(item: Method | Interface | Enum | Struct, known: tuple[int, int] = (1, 5)) -> str:
    """What stands behind the words on a thing, of which is known what version it is from at least."""
    since = f" Since {item.since[0]}.{item.since[1]}." if item.since > known else ""
    return since + (" Deprecated." if getattr(item, "deprecated", False) else "")


def _c_comment(text: str) -> str:
    lines = textwrap.wrap(text, 114)
    if len(lines) == 1:
        return f"/** {lines[0]} */"
    return "\n".join(["/**", *(f" * {line}" for line in lines), " */"])
