"""Write the pages of the reference from the public names of `trtx`, so that none is missing.

They are made at each build, into ``reference/api`` (which is not committed): a page for each class, and one each for
the classes of layers, the enums, the exceptions, and the functions.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any

from sphinx.application import Sphinx
from trtx_pages import write_pages

import trtx
from trtx._core.callbacks import Callback
from trtx._names_gen import NAMES
from trtx_sys._enum_base import Missing

#: Title of a page, its file, and the room of the package whose classes it lists.
TOPICS = {
    "Running a model": ("running", "trtx._session"),
    "Building": ("building", "trtx._build"),
    "ONNX": ("onnx", "trtx._onnx"),
    "Running an engine": ("engines", "trtx._run"),
    "Callbacks": ("callbacks", ""),
    "The library, loggers and memory": ("library", ""),
}
MODULES = ("cuda", "diagnostics", "onnx_backend")
#: What is shown beside public names.
SPECIAL = ("__call__", "__getitem__")


def places() -> dict[str, str]:
    """The modules inside the package that the public names come from."""
    return {name: module for module, names in NAMES.items() for name in names}


def is_class(value: Any) -> bool:
    return inspect.isclass(value)


def is_enum(value: Any) -> bool:
    return is_class(value) and issubclass(value, Enum)


def is_error(value: Any) -> bool:
    return is_class(value) and issubclass(value, trtx.Error)


def is_layer(value: Any) -> bool:
    return is_class(value) and issubclass(value, trtx.Layer) and value is not trtx.Layer


def topic_of(name: str, value: Any, module: str) -> str | None:
    """The page that lists a class; None where it stands on one that is for all of its kind."""
    if not is_class(value) or is_enum(value) or is_error(value) or is_layer(value):
        return None
    if issubclass(value, Callback) or name == "Logger":
        return "callbacks"
    return next((file for file, room in TOPICS.values() if room and module.startswith(room)), "library")


def heading(title: str, mark: str = "=") -> list[str]:
    return [title, mark * len(title), "", *([".. py:currentmodule:: trtx", ""] if mark == "=" else [])]


def first_line(value: Any) -> str:
    return (inspect.getdoc(value) or "").split("\n\n", 1)[0].replace("\n", " ")


def entry(kind: str, name: str, *options: str) -> list[str]:
    return [f".. {kind}:: {name}", *(f"   {option}" for option in options), ""]


def own_members(kind: type) -> list[str]:
    """What the page of a class shows: all public names but those that a public base shows on a page of its own.

    Names that an ``Attributes`` section explains are left to that section.
    """
    public_bases = [one for one in kind.__mro__[1:] if one.__module__ == "trtx"]
    explained = re.findall(r"^(\w+) : ", (inspect.getdoc(kind) or "").partition("Attributes\n----")[2], re.MULTILINE)
    explained += getattr(kind, "__dataclass_fields__", ())
    found = []
    for name in dir(kind):
        if name.startswith("_") and name not in SPECIAL:
            continue
        owner = next((one for one in kind.__mro__ if name in vars(one)), None)
        if owner is None or not owner.__module__.startswith("trtx") or name in explained:
            continue
        value = inspect.getattr_static(kind, name)
        if is_class(value) or isinstance(value, Missing) or any(issubclass(base, owner) for base in public_bases):
            continue
        found.append(name)
    return found


def class_entry(name: str, value: Any) -> list[str]:
    members = own_members(value)
    based = [":show-inheritance:"] if any(one.__module__ in ("trtx", "builtins") for one in value.__mro__[1:-1]) else []
    return entry("autoclass", name, *based, *([f":members: {', '.join(members)}"] if members else []))


def class_page(name: str) -> list[str]:
    return [*heading(name), *class_entry(name, getattr(trtx, name))]


def enum_entry(name: str, kind: Any) -> list[str]:
    """An enum with its members; autodoc would not find what they mean."""
    lines = [f".. py:class:: {name}", "   :final:", "", f"   {first_line(kind)}", ""]
    for member, value in kind.__members__.items():
        lines += [f"   .. py:attribute:: {member}", f"      :value: {int(value)}", "      :no-contents-entry:", ""]
        meaning = (inspect.getdoc(value) or "") if value.__doc__ != kind.__doc__ else ""
        meaning = meaning.replace("|", "\\|")  # an absolute value, no substitution
        lines += [f"      {line}".rstrip() for line in meaning.splitlines()] + [""]
    for attribute, value in vars(kind).items():
        if isinstance(value, property) and not attribute.startswith("_"):
            lines += [f"   .. py:property:: {attribute}", "", f"      {first_line(value)}", ""]
        elif inspect.isfunction(value) and not attribute.startswith("_"):
            lines += [f"   .. py:method:: {attribute}{inspect.signature(value)}", "", f"      {first_line(value)}", ""]
    return lines


def pages() -> Iterator[tuple[str, list[str]]]:
    """Name and lines of each page."""
    where = places()
    values = {name: getattr(trtx, name) for name in sorted(where, key=str.lower)}
    topics: dict[str, list[str]] = {file: [] for file, _ in TOPICS.values()}
    for name, value in values.items():
        topic = topic_of(name, value, where[name])
        if topic:
            topics[topic].append(name)
            yield name, class_page(name)
    functions = [name for name, value in values.items() if inspect.isfunction(value)]
    for title, (file, room) in TOPICS.items():
        own = [
            name
            for name in functions
            if (room and where[name].startswith(room)) or (file == "library" and where[name].startswith("trtx._core"))
        ]
        yield file, [*heading(title), *listing(topics[file]), *(line for name in own for line in function(name))]
    yield "layers", all_of("Layers", LAYERS, [name for name, value in values.items() if is_layer(value)], class_of)
    yield "errors", all_of("Exceptions", ERRORS, [name for name, value in values.items() if is_error(value)], class_of)
    enums = [name for name, value in values.items() if is_enum(value)]
    yield "enums", all_of("Enums", ENUMS, enums, lambda name: enum_entry(name, values[name]))
    constants = [name for name, value in values.items() if isinstance(value, trtx.DataType)]
    rest = [name for name in ("nbytes", "nptype", "volume") if name in functions]
    yield (
        "types",
        [
            *heading("Short names of types"),
            *(line for name in constants for line in constant(name, values[name])),
            *entry("py:data", "__version__", ":type: str"),
            "   Version of this package. That of TensorRT-RTX is `library_version`.",
            "",
            f"`{'`, `'.join(rest)}` are on the page of :doc:`the library <library>`.",
        ],
    )
    for module in MODULES:
        yield module, module_page(module)


LAYERS = (
    "Made by the ``add_*`` methods of a `NetworkDefinition`. Each has, beside what stands here, what a `Layer` has: "
    "its name, inputs and outputs."
)
ERRORS = "All derive from `Error`. Where a file is the cause, the error is an `OSError` of the fitting kind as well."
ENUMS = "Members equal their integers, which are those of TensorRT-RTX, and no member of another enum."


def listing(names: list[str]) -> list[str]:
    """A table of classes, and their place in the tree of pages."""
    table = [".. list-table::", "   :widths: 30 70", ""]
    for name in names:
        table += [f"   * - :py:class:`~trtx.{name}`", f"     - {first_line(getattr(trtx, name))}"]
    return [*table, "", ".. toctree::", "   :hidden:", "", *(f"   {name}" for name in names), ""]


def all_of(title: str, text: str, names: list[str], write: Callable[[str], list[str]]) -> list[str]:
    lines = [*heading(title), text, ""]
    for name in names:
        lines += [*heading(name, "-"), *write(name)]
    return lines


def class_of(name: str) -> list[str]:
    return class_entry(name, getattr(trtx, name))


def function(name: str) -> list[str]:
    return entry("autofunction", name)


def constant(name: str, value: Any) -> list[str]:
    return [*entry("py:data", name), f"   The same as `DataType.{value.name}`.", ""]


def module_page(name: str) -> list[str]:
    module = getattr(trtx, name)
    lines = [*heading(f"trtx.{name}")[:-2], *entry("py:module", f"trtx.{name}"), inspect.getdoc(module) or "", ""]
    for one in module.__all__:
        value = getattr(module, one)
        lines += class_entry(one, value) if is_class(value) else function(one)
    for one in getattr(module, "CORE_NAMES", ()):
        lines += [*entry("py:data", one), f"   ``cuda.core.{one}``, imported on first use.", ""]
    return lines


def write(app: Sphinx) -> None:
    write_pages(app, "api", {f"{name}.rst": "\n".join(lines).rstrip() + "\n" for name, lines in pages()})


def show_public_bases(app: Sphinx, name: str, obj: Any, options: Any, bases: list[Any]) -> None:
    """Name those bases alone that a user can find: for mixins inside the package, the public class behind them."""
    bases[:] = [one for one in obj.__mro__[1:] if one.__module__ in ("trtx", "builtins") and one is not object][:1]
    if not bases:
        bases[:] = [object]


def setup(app: Sphinx) -> dict[str, Any]:
    app.connect("builder-inited", write)
    app.connect("autodoc-process-bases", show_public_bases)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
