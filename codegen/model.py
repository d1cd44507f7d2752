"""What the registry says, as plain data: the input of every emitter.

``read.py`` fills it from ``csrc/registry/*.pyi``; ``validate.py`` checks it as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

SCALARS = {
    "bool": "bool",
    "int32": "int32_t",
    "int64": "int64_t",
    "uint8": "uint8_t",
    "uint32": "uint32_t",
    "uint64": "uint64_t",
    "size_t": "size_t",
    "float32": "float",
    "float64": "double",
}

#: Types that stand for one machine word or pointer and carry no element type.
WORDS = {"Address", "ConstAddress", "HostAddress", "Bytes", "Stream", "Event"}

#: Types with one argument.
WRAPPERS = {
    "Array", "MutableArray", "OutArray", "Out", "View", "Flags", "Owned", "Borrowed", "Const", "Count", "Counted",
}  # fmt: skip


class RegistryError(Exception):
    """A mistake in the registry, with the file and line where it stands."""

    def __init__(self, where: Where, message: str) -> None:
        super().__init__(f"{where}: {message}")


@dataclass(frozen=True)
class Where:
    """A place in the registry."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file.name}:{self.line}"


@dataclass(frozen=True)
class Type:
    """A type of the vocabulary.

    ``kind`` is ``none``, ``ok``, ``verdict``, ``count``, ``str``, ``scalar``, ``name`` (an enum, struct or interface),
    ``fixed``, ``raw``, a word (``Address`` ...) or a wrapper (``Owned`` ...), both in lower case.
    """

    kind: str
    name: str = ""
    item: Type | None = None
    optional: bool = False
    length: int = 0

    @property
    def target(self) -> str:
        """Name at the core of nested wrappers: ``Tensor`` for ``Borrowed[Const[Tensor]]``."""
        return self.item.target if self.item else self.name

    @property
    def is_const(self) -> bool:
        return self.kind == "const" or (self.item is not None and self.item.is_const)


@dataclass(frozen=True)
class Parameter:
    name: str
    type: Type
    #: Whether the object needs what it is given here, from then on.
    held: bool = False


ARRAYS = {"array", "mutablearray", "outarray"}
#: Integer types that a size or length may have.
LENGTHS = {"int32", "int64", "uint32", "uint64", "size_t"}


def length_of(parameters: list[Parameter], index: int) -> Parameter | None:
    """The size of bytes, which stands behind them, or the length of an array.

    That stands behind the array, or else before it and the arrays that share it.
    """

    def is_length(parameter: Parameter) -> bool:
        return parameter.type.kind == "scalar" and parameter.type.name in LENGTHS

    behind = parameters[index + 1 : index + 2]
    if behind and is_length(behind[0]):
        return behind[0]
    if parameters[index].type.kind in ARRAYS:
        before = next((p for p in reversed(parameters[:index]) if p.type.kind not in ARRAYS), None)
        if before and is_length(before):
            return before
    return None


@dataclass(frozen=True)
class Python:
    """What the registry says of a Python accessor beyond the rules; the fields are explained in ``vocabulary.pyi``."""

    name: str = ""
    method: bool = False
    low: float | None = None
    high: float | str | None = None
    finite: bool = False
    length: str = ""
    limit: int = 0
    filled: bool = False
    unset: bool = False
    computes: bool = False
    read_back: str = ""
    more: str = ""


@dataclass
class Method:
    """A virtual method, in the place that its order gives it."""

    name: str
    parameters: list[Parameter]
    returns: Type
    where: Where
    doc: str = ""
    since: tuple[int, int] = (1, 5)
    const: bool = False
    reads: bool = False
    deprecated: bool = False
    hidden: str = ""
    accessor: bool = False
    long: bool = False
    default: bool = False
    access: str = "public"
    #: None where it does not say ``@python``.
    python: Python | None = None
    by_hand: str = ""

    @property
    def is_destructor(self) -> bool:
        return self.name == "__del__"

    @property
    def is_accessor(self) -> bool:
        """Whether it cannot fail and so returns its value directly: a plain getter, there in every version."""
        if self.since > (1, 5) or self.hidden:
            return False
        if self.accessor:
            return True
        plain = self.returns.kind in ("scalar", "str", "flags", "name", "borrowed", "address", "hostaddress")
        plain = plain or self.returns.kind in ("constaddress", "stream", "event")
        return self.const and not self.parameters and plain


@dataclass
class Interface:
    """A class of the library; ``kind`` is ``impl``, ``direct``, ``application`` or ``export``."""

    name: str
    kind: str
    cpp: str
    base: str
    where: Where
    doc: str
    methods: list[Method]
    impl: str = ""
    field: str = ""
    offset: int = 0
    layer_type: str = ""
    info: tuple[str, int, int] | None = None
    owned: bool = False
    standalone: bool = False
    sibling: bool = False
    callback: bool = False
    since: tuple[int, int] = (1, 5)
    deprecated: bool = False
    hidden: str = ""

    @property
    def bound_methods(self) -> list[Method]:
        if self.hidden:
            return []
        return [m for m in self.methods if not m.hidden and not m.is_destructor]


@dataclass
class Enum:
    name: str
    cpp: str
    underlying: str
    values: dict[str, int]
    where: Where
    doc: str
    since: tuple[int, int] = (1, 5)
    hidden: str = ""
    bits: bool = False
    places: dict[str, Where] = field(default_factory=dict)
    #: What each value means, in a line.
    docs: dict[str, str] = field(default_factory=dict)
    #: Other names of values, as NVIDIA's Python package has them.
    aliases: dict[str, str] = field(default_factory=dict)


@dataclass
class Field:
    name: str
    type: Type
    offset: int
    where: Where


@dataclass
class Struct:
    name: str
    cpp: str
    size: int
    fields: list[Field]
    where: Where
    doc: str
    since: tuple[int, int] = (1, 5)
    deprecated: bool = False
    hidden: str = ""


@dataclass
class Export:
    """A C function that a library exports."""

    name: str
    library: str
    parameters: list[Parameter]
    returns: Type
    where: Where
    doc: str
    bound: str = ""
    hidden: str = ""


@dataclass
class Family:
    """One file of the registry."""

    name: str
    doc: str
    interfaces: list[Interface] = field(default_factory=list)


@dataclass
class Registry:
    """All files together."""

    families: list[Family]
    enums: dict[str, Enum]
    structs: dict[str, Struct]
    exports: list[Export]

    @cached_property
    def interfaces(self) -> dict[str, Interface]:
        return {i.name: i for family in self.families for i in family.interfaces}

    def ancestors(self, interface: Interface) -> list[Interface]:
        """The interface and all it derives from, nearest first."""
        found = [interface]
        while found[-1].base in self.interfaces:
            found.append(self.interfaces[found[-1].base])
        return found

    def is_layer(self, name: str) -> bool:
        """Whether the interface is ``Layer`` or derives from it: all of them share one C handle type."""
        interface = self.interfaces.get(name)
        return interface is not None and any(a.name == "Layer" for a in self.ancestors(interface))

    def layer_types(self, interface: Interface) -> list[str]:
        """The layer types that an object of this interface may have."""
        return [
            i.layer_type
            for i in self.interfaces.values()
            if i.layer_type and interface in self.ancestors(i) and not i.hidden
        ]

    def overrides(self, interface: Interface, method: Method) -> bool:
        """Whether a base declares the method already, so that it takes no slot of its own."""
        signature = [p.type for p in method.parameters]
        return any(
            other.name == method.name and [p.type for p in other.parameters] == signature
            for ancestor in self.ancestors(interface)[1:]
            for other in ancestor.methods
        )
