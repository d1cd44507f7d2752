"""How each type of the vocabulary is spelled in the C interface and in the declarations of the binary interface."""

from __future__ import annotations

from .model import SCALARS, Method, Parameter, Registry, Type
from .naming import c_name, c_type

WORD_TYPES = {
    "address": "trtx_address",
    "constaddress": "trtx_address",
    "hostaddress": "void *",
    "bytes": "const void *",
    "stream": "trtx_stream",
    "event": "trtx_event",
}
ABI_WORDS = {
    "address": "void *",
    "constaddress": "const void *",
    "hostaddress": "void *",
    "bytes": "const void *",
    "stream": "void *",
    "event": "void *",
}
ABI_PLAIN = {"none": "void", "ok": "bool", "verdict": "bool", "str": "const char *", "flags": "uint32_t"}


class CTypes:
    """Spells types, given the registry that tells enums, structs and interfaces apart."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    # The C interface

    def handle(self, name: str) -> str:
        """Opaque C type of an interface. All layers share one, so that no caller needs a cast."""
        return "trtx_layer" if self.registry.is_layer(name) else c_type(name)

    def value(self, type_: Type) -> str:
        """Type of a value that is held or returned."""
        if type_.kind == "scalar":
            return SCALARS[type_.name]
        if type_.kind in WORD_TYPES:
            return WORD_TYPES[type_.kind]
        if type_.kind == "str":
            return "const char *"
        if type_.kind == "count":
            return count(type_)
        if type_.kind == "verdict":
            return "bool"
        if type_.kind == "flags":
            return "uint32_t"
        if type_.kind == "view":
            assert type_.item
            return pointer(f"const {self.value(type_.item)}" if type_.item.kind != "str" else "const char *const")
        if self.is_struct(type_):
            return c_type(type_.target)
        if type_.kind in ("owned", "borrowed", "const"):
            const = "const " if type_.is_const else ""
            return f"{const}{self.handle(type_.target)} *"
        if type_.kind == "name":
            if type_.name in self.registry.interfaces:
                return f"{self.handle(type_.name)} *"
            return c_type(type_.name)
        raise AssertionError(f"no C value type for {type_}")

    def is_struct(self, type_: Type) -> bool:
        return type_.kind in ("name", "borrowed", "counted") and type_.target in self.registry.structs

    def is_handle(self, type_: Type) -> bool:
        return type_.target in self.registry.interfaces and type_.kind in ("name", "const", "owned", "borrowed")

    def parameter(self, type_: Type) -> str:
        """Type of an input parameter."""
        if self.is_struct(type_):
            return f"const {c_type(type_.name)} *"
        if type_.kind == "array":
            assert type_.item
            item = self.value(type_.item)
            return pointer(f"{item}const" if item.endswith("*") else f"const {item}")
        if type_.kind in ("mutablearray", "out", "outarray"):
            assert type_.item
            return pointer(self.value(type_.item))
        return self.value(type_)

    def result(self, type_: Type) -> str:
        """Type of the result parameter, or nothing where the status says all."""
        return "" if type_.kind in ("none", "ok") else pointer(self.value(type_))

    def declare(self, parameter: Parameter) -> str:
        return join(self.parameter(parameter.type), c_name(parameter.name))

    # The binary interface

    def abi(self, type_: Type) -> str:
        """Type as the library's own headers pass it; enums are integers of their width."""
        registry = self.registry
        if type_.kind == "raw":
            return "void *" if "*" in type_.name or "&" in type_.name else "int32_t"
        if type_.kind == "count":
            return count(type_)
        if type_.kind in ABI_PLAIN:
            return ABI_PLAIN[type_.kind]
        if type_.kind == "scalar":
            return SCALARS[type_.name]
        if type_.kind in ABI_WORDS:
            return ABI_WORDS[type_.kind]
        if type_.kind == "borrowed" and self.is_struct(type_):
            return f"const {c_type(type_.target)} &"
        if type_.kind in ("owned", "borrowed"):
            const = "const " if type_.is_const else ""
            return f"{const}{cpp_name(registry, type_.target)} *"
        if type_.kind == "view":
            assert type_.item
            return pointer(f"const {self.abi(type_.item)}" if type_.item.kind != "str" else "const char *const")
        if type_.kind == "array":
            assert type_.item
            item = self.abi_value(type_.item)
            return pointer(f"{item}const" if item.endswith("*") else f"const {item}")
        if type_.kind in ("mutablearray", "out", "outarray"):
            assert type_.item
            return pointer(self.abi_value(type_.item))
        if type_.kind == "counted":
            assert type_.item
            return self.abi_value(type_.item)
        if type_.kind == "const":
            return f"const {cpp_name(registry, type_.target)} *"
        if type_.name in registry.interfaces:
            return f"{cpp_name(registry, type_.name)} *"
        return self.abi_value(type_)

    def abi_value(self, type_: Type) -> str:
        if type_.kind == "name" and type_.name in self.registry.enums:
            return SCALARS[self.registry.enums[type_.name].underlying]
        if type_.kind == "name" and type_.name in self.registry.structs:
            return c_type(type_.name) if not self.registry.structs[type_.name].hidden else type_.name
        return self.abi(type_)

    def abi_parameter(self, type_: Type) -> str:
        """Like `abi`, but structs other than weights go by reference, which is a pointer to the machine."""
        if self.is_struct(type_) and type_.name != "Weights":
            return f"const {self.abi_value(type_)} &"
        return self.abi(type_)


def count(type_: Type) -> str:
    return SCALARS[type_.item.name if type_.item else "int32"]


def pointer(base: str) -> str:
    return f"{base}*" if base.endswith("*") else f"{base} *"


def join(type_: str, name: str) -> str:
    return f"{type_}{name}" if type_.endswith(("*", "&")) else f"{type_} {name}"


def cpp_name(registry: Registry, name: str) -> str:
    """Unqualified C++ name of an interface: ``nvonnxparser::IParser`` -> ``IParser``."""
    cpp = registry.interfaces[name].cpp if name in registry.interfaces else name
    return "IPluginV3OneBuildV2" if name == "PluginV3OneBuildV2" else cpp.split("::")[-1]


def self_const(method: Method) -> str:
    return "const " if method.const else ""
