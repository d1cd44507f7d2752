"""``accessors_gen.py`` in the rooms of `trtx`: mixins with the accessors of each class.

The code is straight and knows its types: a getter is one native call, a setter checks its value, looks whether a long
call is using the object, and makes its call. Between that look and the call Python must not switch threads: it does so
at calls and, before 3.11, at jumps that are taken, so the branch with the call is the one without a jump.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass

from .accessors import CLASSES, INTEGERS, PARTS, RANKS, Call, Property, Value, calls, properties
from .ctypes_map import CTypes
from .model import Interface, Method, Registry
from .naming import c_function, imported, snake

WIDTH = 120


@dataclass(frozen=True)
class Owner:
    """How the classes of a kind reach their native object, and what may be using it.

    ``subject`` is what has the notes: the object itself, or the network of a part; ``busy`` is true where there are.
    """

    base: str
    subject: str = "self"
    busy: str = "self._notes"
    #: How a call is made that found notes, and what it is told before the name of the call and behind that.
    again: tuple[str, str, str] = ("changed", "self", "self")


HANDLE = Owner("Handle")
CONTEXT = Owner("ContextBase", "self", "self._notes or self._bindings.running[0]", ("self._changed", "", ""))
PART = Owner("Part", "network", "network._notes", ("changed", "network", "self"))


#: What is not reached as a handle.
OWNERS = {**dict.fromkeys(("Tensor", "Layer", *PARTS), PART), "ExecutionContext": CONTEXT}
#: The files, and what they are about.
ROOMS = {
    "_build": "What has settings when an engine is built: their accessors.",
    "_run": "What has settings when an engine is run: their accessors.",
    "_onnx": "What has settings when a model is parsed: their accessors.",
}
#: Where the base classes come from.
BASES = {".._core.handle": ["Handle"], ".part": ["Part"], ".context_base": ["ContextBase"]}

#: Where the names come from that accessors may use.
NAMES = {
    "typing": ("Literal", "SupportsIndex"),
    ".._core.accessors": ("Members", "changed", "no_effect"),
    ".._core.arrays": ("as_data_type",),
    ".._core.errors": ("text",),
    ".._core.pending": ("pending",),
    ".._core.values": (
        "check_axes_of", "check_bool", "check_enum", "check_float", "check_int", "check_mask", "check_text", "reject",
        "to_float32",
    ),
    ".layer_values": (
        "check_dimension", "check_kind", "check_number", "check_setting", "input_shape", "not_taken", "read_dims",
        "read_permutation", "read_tensor", "read_unset_dims", "read_weights", "write_dims", "write_permutation",
        "write_tensor", "write_weights",
    ),
}  # fmt: skip
#: Those that stand in annotations alone.
TYPES = {
    ".._core.types": ("AnyDType", "Bool", "Number"),
    ".types": ("Values",),
    ".._core.values": ("Shape",),
    ".tensor": ("Tensor",),
    ".weights": ("Weights",),
}


def emit(registry: Registry) -> dict[str, str]:
    return {f"trtx/{room}/accessors_gen.py": text for room in ROOMS if (text := _room(registry, room))}


def _room(registry: Registry, room: str) -> str:
    body: list[str] = []
    for name in CLASSES[room]:
        owner, interface = OWNERS.get(name, HANDLE), registry.interfaces.get(name)
        members = Class(registry, interface, owner).members() if interface else []
        if members:
            body += ["", f"class {mixin(name)}({owner.base}):"]
            body += [f'    """Accessors of `{name}`."""', "", "    __slots__ = ()", *members, ""]
    if not body:
        return ""
    names = constants(registry, body)
    head = [f'"""{ROOMS[room]}"""', "", "from __future__ import annotations", ""]
    return "\n".join([*head, *imports(registry, [*names, *body], BASES), *names, *body])


def imports(registry: Registry, body: list[str], more: dict[str, list[str]]) -> list[str]:
    """Import what the lines use."""
    text = "\n".join(body)
    quoted = re.sub(r'"""(?s:.*?)"""', "", text)
    notes = "\n".join(line for line in quoted.splitlines() if line.lstrip().startswith(("def ", "value: ")))
    used, noted = set(re.findall(r"\w+", quoted)), set(re.findall(r"\w+", notes))
    found = {module: [name for name in names if name in used] for module, names in NAMES.items()}
    types = {module: [name for name in names if name in noted] for module, names in TYPES.items()}
    if any(types.values()):
        found["typing"] = ["TYPE_CHECKING", *found["typing"]]
    enums = sorted(name for name, enum in registry.enums.items() if name in used and not enum.hidden)
    local = [(module, names) for module, names in found.items() if names and module != "typing"]
    local += [(m, chosen) for m, names in more.items() if (chosen := [name for name in names if name in used])]
    lines = [*_import("typing", found["typing"]), ""] if found["typing"] else []
    lines += _import("trtx_sys._enums_gen", enums) if enums else []
    lines += [f"from trtx_sys._ffi import {'ffi, ' if 'ffi.new' in text else ''}lib", ""]
    for module, names in sorted(local, key=_depth):
        lines += _import(module, sorted(names))
    if any(types.values()):
        lines += ["", "if TYPE_CHECKING:"]
        for module, names in sorted(((m, n) for m, n in types.items() if n), key=_depth):
            lines += [f"    {line}" for line in _import(module, names)]
    return [*lines, ""]


def _depth(item: tuple[str, list[str]]) -> tuple[int, str]:
    """The order of relative imports: from far to near."""
    return -len(item[0]) + len(item[0].lstrip(".")), item[0]


def _import(module: str, names: list[str]) -> list[str]:
    line = f"from {module} import {', '.join(names)}"
    return [line] if len(line) <= WIDTH else imported(module, names)


def constants(registry: Registry, body: list[str]) -> list[str]:
    """The C functions and the members of enums that the lines use, looked up once."""
    used = dict.fromkeys(re.findall(r"(?<!\w)_\w+", "\n".join(body)))
    functions = {f"_{name}": f"lib.trtx_{name}" for name in _functions(registry)}
    members = {members_of(name): f"Members({name})" for name in registry.enums}
    lines: list[str] = []
    for name in used:
        if name in functions:
            line = f"{name} = {functions[name]}"
            lines += [line] if len(line) <= WIDTH else [f"{name} = (", f"    {functions[name]}", ")"]
    return [*lines, *(f"{name} = {members[name]}" for name in used if name in members), ""]


def _functions(registry: Registry) -> list[str]:
    methods = ((i, m) for i in registry.interfaces.values() if not i.callback for m in i.bound_methods)
    return [c_function(interface.name, method.name).removeprefix("trtx_") for interface, method in methods]


def mixin(interface: str) -> str:
    return f"{interface.removesuffix('Definition')}Accessors"


def members_of(enum: str) -> str:
    return f"_{snake(enum).upper()}"


class Class:
    """The accessors of one class."""

    def __init__(self, registry: Registry, interface: Interface, owner: Owner) -> None:
        self.registry, self.interface, self.owner = registry, interface, owner
        self.types = CTypes(registry)
        #: A layer of one kind, whose C functions take no other; all layers have one type in C.
        self.is_kind = registry.is_layer(interface.name) and interface.name != "Layer"
        #: The class that has the accessors.
        self.holder = interface.name if self.is_kind else mixin(interface.name)

    def members(self) -> list[str]:
        lines: list[str] = []
        for property_ in properties(self.registry, self.interface):
            lines += ["", "    @property", *self._getter(property_)]
            if property_.setter:
                lines += ["", f"    @{property_.name}.setter", *self._setter(property_, property_.setter)]
        for call in calls(self.registry, self.interface):
            lines += ["", *self._call(call)]
        return lines

    # Properties

    def _getter(self, property_: Property) -> list[str]:
        lines = [f"    def {property_.name}(self) -> {property_.read_type}:", *self._doc(property_)]
        kind, what = property_.value.kind, self._label(property_.name)
        function = _c(self.interface, property_.getter)
        if kind in ("dims", "permutation", "weights", "tensor"):
            unset = "unset_" if property_.python.unset else ""
            arguments = ["self", self.holder, f'"{property_.name}"', function]
            return lines + fit(8, f"return read_{unset}{kind}(", arguments, ")")
        if self.owner is PART:
            computes = property_.python.computes
            lines += ["        network = self._network", "        _ = network._ptr"] if computes else []
            lines += [] if computes else ["        _ = self._network._ptr"]
        if property_.python.computes:
            lines += self._guarded("value", function, [], what)
            return [*lines, *self._answer(property_.value, "value")]
        if not property_.getter.is_accessor:
            lines += self._ask(property_.value, property_.getter, [], f'"{what}"')
            return lines
        call = f'self._long("{what}", {function})' if property_.getter.long else f"{function}(self._ptr)"
        call += ' or ""' if property_.getter.returns.optional else ""
        if not self.is_kind:
            return [*lines, *self._answer(property_.value, call)]
        lines += [f"        value = {call}", "        if not value:"]
        lines += [f'            check_kind(self, {self.interface.name}, "{property_.name}")']
        return [*lines, *self._answer(property_.value, "value")]

    def _answer(self, value: Value, native: str) -> list[str]:
        """Return a native value."""
        if value.kind == "enum":
            return fit(8, f"return {members_of(value.enum)}[", [native], "]")
        return [f"        return {native}"]

    def _ask(self, value: Value, method: Method, arguments: list[str], what: str) -> list[str]:
        """Make a call that writes its value, and return that."""
        lines = [f'        result = ffi.new("{self.types.result(method.returns)}")']
        lines += fit(8, f"status = {_c(self.interface, method)}(", ["self._ptr", *arguments, "result"], ")")
        lines += self._raise(what)
        if value.kind in ("enum", "text"):
            return [*lines, *self._answer(value, "result[0]" if value.kind == "enum" else "text(result[0])")]
        return [*lines, f"        value: {value.read_type} = result[0]", "        return value"]

    def _setter(self, property_: Property, setter: Method) -> list[str]:
        name, value = property_.name, property_.value
        kind, getter = value.kind, _c(self.interface, property_.getter)
        lines = [f"    def {name}(self, value: {property_.set_type}) -> None:"]
        if kind in ("dims", "permutation", "weights", "tensor"):
            length = property_.python.length
            more = [{"rank": "is_window=True", "spatial": "is_spatial=True"}[length]] if length else []
            more += ["is_optional=True"] if property_.can_be_unset else []
            arguments = ["self", self.holder, f'"{name}"', getter, _c(self.interface, setter), "value", *more]
            return lines + fit(8, f"write_{kind}(", arguments, ")")
        checked, native = self._checks(property_)
        lines += checked
        lines += ["        network = self._network"] if self.owner is PART else []
        label = f'"{self._label(name)}"' if self.owner is PART else f'f"{name} = {{{native}{_shown(value)}}}"'
        if kind == "text":
            label = label.replace("{encoded", "{value")
        lines += self._change(self._label(name), setter, [native])
        if self.is_kind:
            lines += ["        if status or pending:"]
            lines += [f'            check_setting(self, {self.interface.name}, "{name}", status)']
            return [*lines, *_read_back(property_, native)]
        lines += self._raise(label)
        if property_.python.read_back:
            lines += [f"        if {getter}(self._ptr) != {native}:"]
            lines += fit(12, "no_effect(", ["self", f'"{name}"', native, _quoted(property_.python.read_back)], ")")
        return lines

    def _checks(self, property_: Property) -> tuple[list[str], str]:
        """Check a value; gives the name of its native form as well."""
        name, value, given = property_.name, property_.value, property_.python
        if value.kind == "int" and given.high in RANKS:
            beyond = RANKS[str(given.high)]
            low = "" if given.low is None else f", {given.low}"
            return [f'        value = check_dimension(self, value, "{name}", {beyond}{low})'], "value"
        if value.kind == "float":
            check = "check_number" if self.is_kind else "check_float"
            lines = [f'        number = {check}(value, "{name}"{", is_finite=True" if given.finite else ""})']
            if given.low is not None:
                lines += [f"        if not {given.low} <= number <= {given.high}:"]
                lines += [f'            reject("{name}", value, "a number from {given.low} to {given.high}")']
            return lines, "number"
        if value.kind == "text":
            limit = ", empty=False" if given.filled else ""
            limit += f", limit={given.limit}" if given.limit else ""
            return [f'        encoded = check_text(value, "{name}"{limit})'], "encoded"
        if value.kind == "axes":
            return [f'        mask = check_axes_of(value, "{name}", input_shape(self))'], "mask"
        return self._check_plain("value", name, value, property_.range if value.kind == "int" else None), "value"

    def _check_plain(self, variable: str, name: str, value: Value, range_: tuple[str, str] | None) -> list[str]:
        """Check what is right as it is, as a rule; only what is not costs a call."""
        more: list[str] = []
        if value.kind == "enum":
            unusual, check, first = f"type({variable}) is not {value.enum}", "check_enum", [value.enum]
            if value.enum == "DataType":  # other packages have names of their own for these
                check, first = "as_data_type", []
        elif value.kind == "bool":
            unusual, check, first = f"type({variable}) is not bool", "check_bool", []
        elif value.kind == "mask":
            known = sum(1 << number for number in self.registry.enums[value.enum].values.values())
            unusual = f"type({variable}) is not int or {variable} & ~0x{known:X}"
            check, first = "check_mask", [value.enum]
        else:
            low, high = range_ or INTEGERS[value.integer]
            unusual = f"type({variable}) is not int or not {low} <= {variable} <= {high}"
            check, first, more = "check_int", [], [low, high] if (low, high) != INTEGERS["int64"] else []
        call = fit(12, f"{variable} = {check}(", [*first, variable, f'"{name}"', *more], ")")
        return [f"        if {unusual}:", *call]

    # Methods

    def _call(self, call: Call) -> list[str]:
        method, names = call.method, [name for name, _ in call.parameters]
        signature = ["self", *(f"{name}: {value.set_type}" for name, value in call.parameters)]
        returns = call.value.read_type if call.value else "Literal[True]" if method.returns.kind == "ok" else "None"
        lines = [*fit(4, f"def {call.name}(", signature, f") -> {returns}:"), *self._doc(call)]
        for name, value in call.parameters:
            lines += self._check_plain(name, name, value, call.range_of(value))
        function = _c(self.interface, method)
        what = f"{call.name}({', '.join(f'{{{name}}}' for name in names)})"
        label = f'{"f" if names else ""}"{what}"'
        if call.value is None:
            lines += [*self._change(call.name, method, names), *self._raise(label)]
            return lines + ["        return True"] * (method.returns.kind == "ok")
        if not method.is_accessor:
            return lines + self._ask(call.value, method, names, label)
        native = f"self._long({', '.join([label, function, *names])})" if method.long else ""
        return lines + self._answer(call.value, native or f"{function}({', '.join(['self._ptr', *names])})")

    # Native calls

    def _change(self, what: str, method: Method, arguments: list[str]) -> list[str]:
        """Make a call that changes the object; its status is left in a variable."""
        function = _c(self.interface, method)
        if method.long:
            return fit(8, "status = self._long(", [f'"{what}"', function, *arguments], ")")
        first = [f"        _ = {self.owner.subject}._ptr"] if self.owner is PART else []
        return first + self._guarded("status", function, arguments, what)

    def _guarded(self, result: str, function: str, arguments: list[str], what: str) -> list[str]:
        """Make a call that must not meet a long one."""
        busy = f"not ({self.owner.busy})" if " or " in self.owner.busy else f"not {self.owner.busy}"
        again, *told = self.owner.again
        first = [told[0], f'"{what}"', told[1], function]
        slow = fit(12, f"{result} = {again}(", [*(argument for argument in first if argument), *arguments], ")")
        lines = fit(12, f"{result} = {function}(", ["self._ptr", *arguments], ")")
        return [f"        if {busy}:", *lines, "        else:", *slow]

    def _raise(self, what: str) -> list[str]:
        check = fit(12, f"{self.owner.subject}._check(", ["status", what], ")")
        return ["        if status or pending:", *check]

    def _label(self, name: str) -> str:
        return f"{self.interface.name}.{name}" if self.owner is PART else name

    # Docstrings

    def _doc(self, member: Property | Call) -> list[str]:
        method = member.getter if isinstance(member, Property) else member.method
        cpp = self.interface.cpp.split("::")[-1]
        text, more = method.doc or f"{snake(method.name).replace('_', ' ').capitalize()}.", []
        value = member.value
        if value and value.kind == "mask":
            more.append(f"Bit ``1 << {value.enum}.X`` stands for each.")
        if value and value.kind == "axes" and isinstance(member, Property) and member.setter:
            more.append("Their numbers can be set as well.")
        if method.since > (1, 5):
            more.append(f"Needs TensorRT-RTX {method.since[0]}.{method.since[1]}.")
        if method.python and method.python.more:
            more.append(method.python.more)
        described = _parameters(member) if isinstance(member, Call) else []
        return docstring(f"{text} (``{cpp}::{method.name}``)", " ".join(more), described)


def _parameters(call: Call) -> list[str]:
    """The part of a docstring that describes parameters."""
    lines = ["Parameters", "----------"] if call.parameters else []
    for name, value in call.parameters:
        lines.append(f"{name} : {value.enum if value.kind == 'enum' else value.read_type}")
        lines += [f"    Bit mask, such as ``1 << {value.enum}.X``."] if value.kind == "mask" else []
    return lines


def docstring(text: str, more: str, parameters: list[str]) -> list[str]:
    """A docstring in lines: one, if that will do."""
    line = f'        """{text}"""'
    if not more and not parameters and len(line) <= WIDTH:
        return [line]
    summary, reference = text.rsplit(" (``", 1)
    reference = f"(``{reference}"
    if more and len(f'        """{text}') <= WIDTH:
        summary, paragraph = text, more
    else:
        paragraph = f"{reference} {more}".rstrip()
    lines = textwrap.wrap(f'"""{summary}', WIDTH - 8, break_long_words=False, break_on_hyphens=False)
    if paragraph:
        lines += ["", *textwrap.wrap(paragraph, WIDTH - 8, break_long_words=False, break_on_hyphens=False)]
    if parameters:
        lines += ["", *parameters]
    return [f"        {line}".rstrip() for line in [*lines, '"""']]


def _c(interface: Interface, method: Method) -> str:
    """Name that a C function has in the module."""
    return "_" + c_function(interface.name, method.name).removeprefix("trtx_")


def _shown(value: Value) -> str:
    return "!r" if value.kind == "text" else ""


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _read_back(property_: Property, native: str) -> list[str]:
    """See that the library has taken the setting of a layer: it ignores some without a word."""
    name, kind = property_.name, property_.value.kind
    wanted = "value" if kind == "text" else native
    differs = f"taken != {wanted}" + (" and taken != to_float32(number)" if kind == "float" else "")
    call = f'            not_taken(self, "{name}", value, taken)'
    return [f"        taken = self.{name}", f"        if {differs}:", call]


def fit(indent: int, start: str, arguments: list[str], end: str) -> list[str]:
    """A call in one line; or with its arguments in a line of their own; or each in one."""
    line = " " * indent + start + ", ".join(arguments) + end
    if len(line) <= WIDTH:
        return [line]
    inner = " " * (indent + 4) + ", ".join(arguments)
    between = [inner] if len(inner) <= WIDTH else [" " * (indent + 4) + f"{argument}," for argument in arguments]
    return [" " * indent + start, *between, " " * indent + end]
