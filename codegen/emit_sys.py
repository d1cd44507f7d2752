"""Outputs of ``trtx_sys``: the cffi declarations, the long calls, the enums, and the typed stub of the extension."""

from __future__ import annotations

import re

from . import emit_c_header
from .ctypes_map import CTypes
from .model import Enum, Registry
from .naming import c_constant, c_function, c_name, exported, python_constant, snake

CDEF = "trtx_sys/_cdef_gen.txt"
ENUMS = "trtx_sys/_enums_gen.py"
STUB = "trtx_sys/_ffi.pyi"
LONG_CALLS = "trtx_sys/_long_calls_gen.h"

#: What the extension has beyond the shim: ``trtx_sys/_gil.hpp`` defines it.
EXTENSION = (
    "trtx_status trtx_py_execution_context_run(trtx_execution_context *self, trtx_bindings *bindings, "
    "trtx_stream stream)",
)


def emit_cdef(registry: Registry, header: str) -> str:
    """Declarations for cffi: the public header without its preprocessor, and the Python side of the callbacks."""
    first, second = handwritten_parts(header)
    generated = _plain(emit_c_header.emit(registry))
    callbacks = [f'extern "Python" {d};' for d in python_callbacks(registry)]
    return "\n".join([first, generated, second, *(f"{d};" for d in EXTENSION), "", *callbacks, ""])


def emit_long_calls(registry: Registry, header: str) -> str:
    """Names of the functions that are marked ``TRTX_LONG``, as items of an array in C."""
    by_hand = re.findall(r"^TRTX_LONG [^(;]*?(trtx_\w+)\(", header, re.MULTILINE)
    interfaces = [i for i in registry.interfaces.values() if not i.hidden]
    generated = [d for i in interfaces for d in emit_c_header.declarations(registry, i) if d.long]
    names = by_hand + [_name(d.text.split("(")[0]) for d in generated]
    return "\n".join(f'"{name}",' for name in sorted(names))


def _name(declared: str) -> str:
    """The last word of what stands before a parenthesis or a comma."""
    return re.split(r"[ *]", declared)[-1]


def handwritten_parts(header: str) -> tuple[str, str]:
    """The two marked parts of ``trtx_c.h``, as cffi reads them."""
    parts = re.findall(r"/\* cdef: begin \*/(.*?)/\* cdef: end \*/", header, re.DOTALL)
    if len(parts) != 2:
        raise AssertionError("trtx_c.h needs two parts between 'cdef: begin' and 'cdef: end'")
    return _plain(parts[0]), _plain(parts[1])


def _plain(text: str) -> str:
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"^#.*$", "", text, flags=re.MULTILINE)
    text = text.replace("TRTX_LONG ", "").replace("TRTX_API ", "")
    return re.sub(r"\s*\n\s*\n+|[ \t]+\n", "\n", text).strip("\n")


def python_callbacks(registry: Registry) -> list[str]:
    """``extern "Python"`` functions: one for each function of each callback interface."""
    found = []
    for interface in registry.interfaces.values():
        if interface.callback:
            for method, field in emit_c_header.callback_fields(registry, interface):
                plain, name = f"(*{c_name(method.name)})", f"trtx_py_{snake(interface.name)}_{c_name(method.name)}"
                found.append(field.replace(plain, name))
    return found


def emit_enums(registry: Registry) -> str:
    enums = [e for e in registry.enums.values() if not e.hidden]
    kinds = kinds_of_layers(registry)
    names = [*(["KINDS"] if kinds else []), *sorted({_enum_base(e) for e in enums}), "document"]
    out = [
        '"""The enums of TensorRT-RTX. Values are the library\'s; names have lost their leading ``k``."""',
        "",
        f"from ._enum_base import {', '.join(names)}",
        "",
        *exported(e.name for e in enums),
        "",
    ]
    for enum in enums:
        notes = f" Since {enum.since[0]}.{enum.since[1]}." if enum.since > (1, 5) else ""
        if enum.name in kinds:
            hidden = python_constant(kinds[enum.name])
            notes += f" As the ``type`` of a layer it equals ``LayerType.{hidden}`` as well."
        documented = [(python_constant(k), enum.docs[k]) for k in enum.values if k in enum.docs]
        out += ["", f"class {enum.name}({_enum_base(enum)}):"]
        if documented:
            out += [f'    """{enum.doc}{notes}', "", "    Attributes", "    ----------"]
            for name, doc in documented:
                out += [f"    {name}", f"        {doc}"]
            out += ['    """', ""]
        else:
            out += [f'    """{enum.doc}{notes}"""', ""]
        for k, v in enum.values.items():
            # What stands below the member is for editors; Python itself drops it.
            out += [f"    {python_constant(k)} = {v}", *([f'    """{enum.docs[k]}"""'] if k in enum.docs else [])]
            for alias in (a for a, of in enum.aliases.items() if of == k):
                text = f"Another name of {python_constant(k)}, which NVIDIA's Python package has."
                out += [f"    {python_constant(alias)} = {v}", f'    """{text}"""']
        if enum.name in kinds:
            number = registry.enums["LayerType"].values[kinds[enum.name]]
            out += ["", "    def __hash__(self) -> int:", f"        return {number}  # that of what it equals as well"]
        out.append("")
    if kinds:
        items = [f"    {name}: LayerType.{python_constant(value)}," for name, value in sorted(kinds.items())]
        out += ["", "KINDS.update({", *items, "})"]
    out += ["", "document((", *(f"    {e.name}," for e in enums if e.docs), "))", ""]
    return "\n".join(out)


def _enum_base(enum: Enum) -> str:
    return "Sized" if enum.name == "DataType" else "NamedBits" if enum.bits else "Named"


def kinds_of_layers(registry: Registry) -> dict[str, str]:
    """Enums whose members stand for the kind of a layer, as its property ``type``, by the layer type that hides."""
    return {
        method.returns.target: interface.layer_type.rsplit(".", 1)[-1]
        for interface in registry.interfaces.values()
        for method in interface.bound_methods
        if interface.layer_type and method.python and method.python.name == "type"
    }


def emit_stub(registry: Registry, header: str) -> str:
    """Stub of ``trtx_sys._ffi``: every function with its C names, handles as distinct pointer types."""
    out = [
        "from collections.abc import Callable",
        "from typing import Any",
        "",
        "class CData:",
        '    """A C value; a null pointer is false."""',
        "",
        "    def __bool__(self) -> bool: ...",
        "    def __int__(self) -> int: ...",
        "    def __getitem__(self, index: Any, /) -> Any: ...",
        "    def __setitem__(self, index: Any, value: Any, /) -> None: ...",
        "    def __getattr__(self, name: str, /) -> Any: ...",
        "    def __setattr__(self, name: str, value: Any, /) -> None: ...",
        "",
    ]
    handles = {CTypes(registry).handle(i.name): None for i in registry.interfaces.values() if not i.hidden}
    out += [f"class {name}_p(CData): ..." for name in handles]
    out += [
        "",
        "class FFI:",
        "    NULL: Any",
        "    error: type[Exception]",
        "    buffer: Any",
        "    def new(self, cdecl: str, init: Any = ..., /) -> Any: ...",
        "    def cast(self, cdecl: str, value: Any, /) -> Any: ...",
        "    def string(self, cdata: CData, maxlen: int = -1, /) -> bytes: ...",
        "    def unpack(self, cdata: CData, length: int, /) -> Any: ...",
        "    def from_buffer(self, cdecl: str, buffer: Any, /, require_writable: bool = False) -> Any: ...",
        "    def new_handle(self, value: object, /) -> CData: ...",
        "    def from_handle(self, handle: CData, /) -> Any: ...",
        "    def addressof(self, cdata: CData, *fields: str | int) -> Any: ...",
        "    def sizeof(self, cdecl: str | CData, /) -> int: ...",
        "    def typeof(self, cdecl: str | CData, /) -> Any: ...",
        "    def memmove(self, dest: Any, src: Any, n: int, /) -> None: ...",
        "    def gc(self, cdata: CData, destructor: Callable[[Any], object] | None, size: int = 0, /) -> Any: ...",
        "    def def_extern(",
        "        self, name: str = ..., error: Any = ..., onerror: Callable[..., Any] | None = ...",
        "    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]: ...",
        "",
        "class Lib:",
    ]
    out += [f"    {name}: int" for name in constants(registry, header)]
    optional = {
        c_function(i.name, m.name)
        for i in registry.interfaces.values()
        for m in i.bound_methods
        if m.is_accessor and m.returns.kind == "str" and m.returns.optional
    }
    optional.add("trtx_last_message")
    out += [f"    {_stub_function(declaration, set(handles), optional)}" for declaration in functions(registry, header)]
    callbacks = (_name(declaration.split("(")[0]) for declaration in python_callbacks(registry))
    out += [f"    {name}: CData" for name in callbacks]
    return "\n".join([*out, "", "ffi: FFI", "lib: Lib", ""])


def constants(registry: Registry, header: str) -> list[str]:
    first, _ = handwritten_parts(header)
    found = re.findall(r"^\s*(TRTX_\w+) =", first, re.MULTILINE)
    return found + [c_constant(e.name, k) for e in registry.enums.values() if not e.hidden for k in e.values]


def functions(registry: Registry, header: str) -> list[str]:
    """All C functions as declarations in one line each."""
    _, second = handwritten_parts(header)
    by_hand = [" ".join(d.split()) for d in second.split(";") if d.strip()]
    generated = [
        d.text for i in registry.interfaces.values() if not i.hidden for d in emit_c_header.declarations(registry, i)
    ]
    return [*by_hand, *EXTENSION, *generated]


def _stub_function(declaration: str, handles: set[str], optional: set[str]) -> str:
    head, tail = declaration.split("(", 1)
    name = _name(head)
    parameters = [] if tail.strip() == "void)" else tail.rstrip(")").split(", ")
    types = ["lib"]  # not "self": that is the name of a parameter of most functions
    for parameter in parameters:
        parameter_name = _name(parameter)
        types.append(f"{parameter_name}: {_stub_type(parameter[: -len(parameter_name)], handles, True)}")
    if parameters:
        types.append("/")
    result = _stub_type(head[: -len(name)], handles, False) + (" | None" if name in optional else "")
    return f"def {name}({', '.join(types)}) -> {result}: ..."


def _stub_type(c: str, handles: set[str], parameter: bool) -> str:
    c = c.replace("const ", "").strip()
    if c.endswith("*"):
        base = c[:-1].strip()
        if base == "char":
            return "bytes | CData" if parameter else "str"  # which the extension makes of it
        if base in handles:
            return f"{base}_p"
        return "Any" if parameter else "CData"
    return {"void": "None", "bool": "bool", "float": "float", "double": "float", "trtx_version": "CData"}.get(c, "int")
