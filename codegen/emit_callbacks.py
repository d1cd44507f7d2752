"""``csrc/src/callbacks_gen.cpp``: bridges from the library's application interfaces to C function pointers.

The bridges of the logger and the error recorder are written by hand (``logger.cpp``, ``error_recorder.cpp``): they also
collect messages for the errors of calls.
"""

from __future__ import annotations

from .ctypes_map import CTypes, cpp_name, join
from .emit_c_header import callback_methods
from .model import Interface, Method, Registry, Type
from .naming import c_name, c_type

PATH = "csrc/src/callbacks_gen.cpp"
BY_HAND = {"ErrorRecorder", "Logger"}

#: What a method does when the application gives no function for it, beyond answering with a zero: the library's own
#: default for the methods of which it has two forms.
TWINS = {
    ("GpuAllocator", "allocateAsync"): "return allocate(size, alignment, flags);",
    ("GpuAllocator", "deallocateAsync"): "return deallocate(memory);",
    ("GpuAsyncAllocator", "allocate"): "return allocateAsync(size, alignment, flags, nullptr);",
    ("GpuAsyncAllocator", "deallocate"): "return deallocateAsync(memory, nullptr);",
}


def emit(registry: Registry) -> str:
    interfaces = [i for i in registry.interfaces.values() if i.callback and i.name not in BY_HAND]
    out = ['#include "bridge.hpp"', "", "namespace trtx {", "namespace {", ""]
    out += [_bridge(registry, i) for i in interfaces]
    out += ["} // namespace", "} // namespace trtx", "", "using namespace trtx;", ""]
    out += [_functions(registry, i) for i in interfaces]
    return "\n".join(out)


def _bridge(registry: Registry, interface: Interface) -> str:
    types = CTypes(registry)
    abi, callbacks = cpp_name(registry, interface.name), f"{c_type(interface.name)}_callbacks"
    lines = [
        f"class {interface.name}Bridge final : public Bridge<abi::{abi}, {callbacks}> {{",
        "public:",
        "    using Bridge::Bridge;",
        "",
    ]
    if interface.info:
        kind, major, minor = interface.info
        identity = f'{{"{kind}", {major}, {minor}}}'
        lines += [
            f"    abi::InterfaceInfo getInterfaceInfo() const noexcept override {{ return {identity}; }}",
            "    int32_t getAPILanguage() const noexcept override { return TRTX_API_LANGUAGE_CPP; }",
        ]
    for method in callback_methods(registry, interface):
        lines.append(_method(types, interface, method))
    return "\n".join([*lines, "};", ""])


def _method(types: CTypes, interface: Interface, method: Method) -> str:
    parameters = ", ".join(join(types.abi_parameter(p.type), p.name) for p in method.parameters)
    arguments = [_to_c(types, p.type, p.name) for p in method.parameters]
    const = " const" if method.const else ""
    result = types.abi(method.returns)
    call = f"mCallbacks.{c_name(method.name)}({', '.join([*arguments, 'user_data()'])})"
    if method.returns.kind in ("address", "constaddress"):
        call = f"to_pointer({call})"
    answer = _zero(method.returns)
    missing = TWINS.get((interface.name, method.name)) or f"return{answer};"
    dropped = f"return{answer};"
    use = f"{call};" if result == "void" else f"return {call};"
    return (
        f"    {join(result, method.name)}({parameters}){const} noexcept override\n    {{\n"
        f"        if (!mCallbacks.{c_name(method.name)}) {{\n            {missing}\n        }}\n"
        f"        const Visit visit(*this);\n"
        f"        if (!visit) {{\n            {dropped}\n        }}\n"
        f"        {use}\n    }}"
    )


def _to_c(types: CTypes, type_: Type, name: str) -> str:
    if types.is_struct(type_):
        return f"&{name}"
    if type_.kind in ("address", "constaddress", "stream", "event"):
        return f"to_address({name})"
    return name


def _zero(type_: Type) -> str:
    """Answer of a bridge that has nobody to ask: failure, but 'go on' where the question is whether to go on."""
    if type_.kind == "none":
        return ""
    if type_.kind == "ok":
        return " false"
    if type_.kind == "str":
        return ' ""'
    if type_.kind in ("address", "constaddress"):
        return " nullptr"
    if type_.kind == "scalar" and type_.name == "bool":
        return " true"
    return " -1" if type_.kind == "scalar" and type_.name == "int64" else " 0"


def _functions(registry: Registry, interface: Interface) -> str:
    name = c_type(interface.name)
    since = "" if interface.since == (1, 5) else f", {{{interface.since[0]}, {interface.since[1]}}}"
    return (
        f"trtx_status {name}_create(const {name}_callbacks *callbacks, void *user_data, {name} **result)\n{{\n"
        f'    return guard({{"{name}_create"{since}}}, Results(result), [&](Call &call) {{\n'
        f'        call.need(result, "result");\n'
        f'        call.need(callbacks, "callbacks");\n'
        f"        *result = from_abi<{name} *>(make_bridge<{interface.name}Bridge>(*callbacks, user_data));\n"
        f"    }});\n}}\n\n"
        f'void {name}_destroy({name} *self)\n{{\n    destroy("{name}_destroy", self);\n}}\n'
    )
