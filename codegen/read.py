"""Reads ``csrc/registry/*.pyi`` with :mod:`ast`; nothing is imported or executed."""

from __future__ import annotations

import ast
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .model import (
    SCALARS,
    WORDS,
    WRAPPERS,
    Enum,
    Export,
    Family,
    Field,
    Interface,
    Method,
    Parameter,
    Python,
    Registry,
    RegistryError,
    Struct,
    Type,
    Where,
)

ROOT = Path(__file__).resolve().parent.parent
REGISTRY = ROOT / "csrc" / "registry"

#: Order of the families in every output; a file that is not named here is an error, so none is forgotten.
FAMILIES = (
    "callbacks",
    "builder",
    "network",
    "layers_dense",
    "layers_shape",
    "layers_control",
    "layers_transformer",
    "onnx_parser",
    "runtime",
    "engine",
    "plugins",
)
OTHERS = ("enums", "layer_enums", "structs", "exports", "vocabulary")
KINDS = {"Interface": "impl", "Direct": "direct", "Application": "application"}
ACCESS = ("protected", "private")
PYTHON = ("python", "by_hand")

#: What a class of each kind may say beside its base.
KEYWORDS = {
    "Enum": {"cpp", "underlying"},
    "Struct": {"cpp", "size"},
    "impl": {"cpp", "impl", "field", "offset", "layer_type"},
    "direct": {"cpp"},
    "application": {"cpp", "info"},
}
#: Decorators of each kind of thing.
MARKS = {
    "enum": {"since", "hidden", "bits"},
    "struct": {"since", "hidden", "deprecated"},
    "interface": {"since", "hidden", "deprecated", "owned", "standalone", "sibling", "callback"},
    "method": {"since", "hidden", "deprecated", "accessor", "const", "reads", "long", "default", *PYTHON, *ACCESS},
    "export": {"hidden", "bound", "library"},
}
#: Integer types that an enum may have, with the range of their values.
RANGES = {
    "int32": range(-(2**31), 2**31),
    "int64": range(-(2**63), 2**63),
    "uint8": range(2**8),
    "uint32": range(2**32),
    "uint64": range(2**64),
}


@dataclass
class _Marks:
    """What the decorators of a class or function say; the fields are the decorators' names."""

    since: tuple[int, int] = (1, 5)
    hidden: str = ""
    deprecated: bool = False
    accessor: bool = False
    const: bool = False
    reads: bool = False
    long: bool = False
    default: bool = False
    protected: bool = False
    private: bool = False
    owned: bool = False
    standalone: bool = False
    sibling: bool = False
    callback: bool = False
    bits: bool = False
    python: Python | None = None
    by_hand: str = ""
    bound: str = ""
    library: str = "core"

    @property
    def access(self) -> str:
        return next((word for word in ACCESS if getattr(self, word)), "public")


def read_registry(folder: Path = REGISTRY) -> Registry:
    """Read all files; a mistake of form raises `RegistryError` with its file and line."""
    registry = Registry([], {}, {}, [])
    kinds: dict[str, str] = {}
    known = set(FAMILIES) | set(OTHERS)
    for path in sorted(folder.glob("*.pyi")):
        if path.stem not in known:
            raise RegistryError(Where(path, 1), "this family is not listed in codegen/read.py")
    for stem in (*OTHERS[:-1], *FAMILIES):
        path = folder / f"{stem}.pyi"
        if not path.exists():
            continue
        try:
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        except SyntaxError as error:
            raise RegistryError(Where(path, error.lineno or 1), f"{error.msg}: this is no Python syntax") from error
        except ValueError as error:
            raise RegistryError(Where(path, 1), f"this is no text in UTF-8: {error}") from error
        family = Family(stem, ast.get_docstring(tree) or "")
        for node in tree.body:
            _Reader(path, registry, family, kinds).top_level(node)
        if family.interfaces:
            registry.families.append(family)
    return registry


class _Reader:
    def __init__(self, path: Path, registry: Registry, family: Family, kinds: dict[str, str]) -> None:
        self.path, self.registry, self.family, self.kinds = path, registry, family, kinds

    def fail(self, node: ast.AST, message: str) -> RegistryError:
        return RegistryError(self.where(node), message)

    def where(self, node: ast.AST) -> Where:
        return Where(self.path, getattr(node, "lineno", 1))

    def top_level(self, node: ast.stmt) -> None:
        if isinstance(node, ast.ClassDef):
            self.class_(node)
        elif isinstance(node, ast.FunctionDef):
            self.export(node)
        elif not isinstance(node, ast.ImportFrom) and not is_text(node):
            raise self.fail(node, f"unexpected {type(node).__name__} at top level")

    # Classes

    def class_(self, node: ast.ClassDef) -> None:
        if not node.bases or not isinstance(node.bases[0], ast.Name):
            raise self.fail(node, f"class {node.name} names no kind (Enum, Struct, Interface, Direct, Application)")
        if len(node.bases) > 1:
            raise self.fail(node, f"class {node.name} has {len(node.bases)} bases; one is possible")
        base = node.bases[0].id
        if node.name in self.kinds:
            raise self.fail(node, f"duplicate name {node.name!r}")
        doc = self.doc(node)
        if not doc:
            raise self.fail(node, f"class {node.name} has no docstring")
        kind = base if base in ("Enum", "Struct") else KINDS.get(base) or self.kinds.get(base, "")
        args = {k.arg or "**": k.value for k in node.keywords}
        for unknown in args.keys() - KEYWORDS.get(kind, args.keys()):
            raise self.fail(node, f"class {node.name} takes no {unknown}=")
        if base == "Enum":
            self.kinds[node.name] = "enum"
            self.registry.enums[node.name] = self.enum(node, args, doc)
        elif base == "Struct":
            self.kinds[node.name] = "struct"
            self.registry.structs[node.name] = self.struct(node, args, doc)
        else:
            if kind not in KINDS.values():
                raise self.fail(node, f"unknown base {base!r} of class {node.name}")
            self.kinds[node.name] = kind
            self.family.interfaces.append(self.interface(node, kind, base, args, doc))

    def enum(self, node: ast.ClassDef, args: dict[str, ast.expr], doc: str) -> Enum:
        marks = self.decorators(node, "enum")
        underlying = args.get("underlying")
        if not isinstance(underlying, ast.Name) or underlying.id not in RANGES:
            raise self.fail(node, f"enum {node.name} needs underlying=<integer type>")
        values: dict[str, int] = {}
        places: dict[str, Where] = {}
        docs: dict[str, str] = {}
        aliases: dict[str, str] = {}
        for item in node.body[1:]:
            if isinstance(item, ast.Expr) and values and next(reversed(values)) not in docs:
                docs[next(reversed(values))] = self.line(item)
                continue
            name, value = self.assignment(node, item)
            if name in aliases:
                raise self.fail(item, f"duplicate name {name!r} in enum {node.name}")
            if isinstance(value, str):
                if value not in values or name in values:
                    raise self.fail(item, f"{name} is to be another name of {value}, a value above it")
                aliases[name] = value
                continue
            if name in values:
                raise self.fail(item, f"duplicate name {name!r} in enum {node.name}")
            if value in values.values():
                raise self.fail(item, f"duplicate value {value} in enum {node.name}")
            if value not in RANGES[underlying.id]:
                raise self.fail(item, f"{value} is no {underlying.id}, which is the type of enum {node.name}")
            values[name], places[name] = value, self.where(item)
        if not values:
            raise self.fail(node, f"enum {node.name} has no values")
        return Enum(
            node.name, self.text(node, args, "cpp"), underlying.id, values, self.where(node), doc,
            marks.since, marks.hidden, marks.bits, places, docs, aliases,
        )  # fmt: skip

    def assignment(self, node: ast.ClassDef, item: ast.stmt) -> tuple[str, int | str]:
        """Name and value, or another name and that of the value."""
        if isinstance(item, ast.Assign) and len(item.targets) == 1 and isinstance(item.targets[0], ast.Name):
            value = item.value
            return item.targets[0].id, value.id if isinstance(value, ast.Name) else self.integer(value)
        raise self.fail(item, f"enum {node.name} takes NAME = value only, and a line that explains it")

    def line(self, item: ast.Expr) -> str:
        """What stands below a value of an enum: one line, for a docstring."""
        text = item.value.value if isinstance(item.value, ast.Constant) else None
        if not isinstance(text, str) or not text.strip() or "\n" in text or "\\" in text or text.endswith('"'):
            raise self.fail(item, f"{ast.unparse(item)} is no line of text that explains a value")
        return text

    def struct(self, node: ast.ClassDef, args: dict[str, ast.expr], doc: str) -> Struct:
        marks = self.decorators(node, "struct")
        members = []
        for item in node.body[1:]:
            if not (isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.value):
                raise self.fail(item, f"struct {node.name} takes NAME: type = offset only")
            members.append(
                Field(item.target.id, self.type(item.annotation), self.integer(item.value), self.where(item))
            )
        size = self.integer(self.given(node, args, "size"))
        return Struct(
            node.name, self.text(node, args, "cpp"), size, members, self.where(node), doc,
            marks.since, marks.deprecated, marks.hidden,
        )  # fmt: skip

    def interface(self, node: ast.ClassDef, kind: str, base: str, args: dict[str, ast.expr], doc: str) -> Interface:
        marks = self.decorators(node, "interface")
        methods = []
        for item in node.body[1:]:
            if is_nothing(item):
                continue
            if not isinstance(item, ast.FunctionDef):
                raise self.fail(item, f"interface {node.name} takes methods only")
            methods.append(self.method(item))
        # An object that the application never holds has an implementation only.
        has_object = kind == "impl" and not (marks.hidden and "field" not in args)
        return Interface(
            node.name, kind, self.text(node, args, "cpp"), base, self.where(node), doc, methods,
            impl=self.text(node, args, "impl") if kind == "impl" else "",
            field=self.text(node, args, "field") if has_object else "",
            offset=self.integer(self.given(node, args, "offset")) if has_object else 0,
            layer_type=self.layer_type(args["layer_type"]) if "layer_type" in args else "",
            info=self.info(args["info"]) if "info" in args else None,
            owned=marks.owned, standalone=marks.standalone, sibling=marks.sibling, callback=marks.callback,
            since=marks.since, deprecated=marks.deprecated,
            hidden=marks.hidden,
        )  # fmt: skip

    def layer_type(self, node: ast.expr) -> str:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "LayerType":
            return node.attr
        raise self.fail(node, f"{ast.unparse(node)!r} is no value of LayerType")

    def info(self, node: ast.expr) -> tuple[str, int, int]:
        value = self.literal(node)
        if not isinstance(value, tuple) or tuple(map(type, value)) != (str, int, int):
            raise self.fail(node, f"{ast.unparse(node)!r} is not (kind, major, minor)")
        return value

    # Functions

    def method(self, node: ast.FunctionDef) -> Method:
        marks = self.decorators(node, "method")
        arguments = node.args.args
        if not arguments or arguments[0].arg != "self" or arguments[0].annotation:
            raise self.fail(node, f"the first parameter of {node.name} is not self")
        parameters, returns = self.signature(node, arguments[1:])
        return Method(
            node.name, parameters, returns, self.where(node), self.doc(node),
            since=marks.since, const=marks.const, reads=marks.reads, deprecated=marks.deprecated, hidden=marks.hidden,
            accessor=marks.accessor, long=marks.long, default=marks.default, access=marks.access,
            python=marks.python, by_hand=marks.by_hand,
        )  # fmt: skip

    def export(self, node: ast.FunctionDef) -> None:
        marks = self.decorators(node, "export")
        parameters, returns = self.signature(node, node.args.args)
        self.registry.exports.append(
            Export(
                node.name, marks.library, parameters, returns, self.where(node),
                self.doc(node), marks.bound, marks.hidden,
            )
        )  # fmt: skip

    def signature(self, node: ast.FunctionDef, arguments: list[ast.arg]) -> tuple[list[Parameter], Type]:
        given = node.args
        if given.posonlyargs or given.vararg or given.kwonlyargs or given.kwarg or given.defaults:
            raise self.fail(node, f"{node.name} takes plain parameters only: no '*', no '/', no defaults")
        for item in node.body:
            if not is_nothing(item) and not is_text(item):
                raise self.fail(item, f"{node.name} has a body; a docstring or '...' is all that may stand there")
        parameters = []
        for argument in arguments:
            if argument.annotation is None:
                raise self.fail(node, f"parameter {argument.arg!r} of {node.name} has no type")
            annotation, held = self.held(argument.annotation)
            parameters.append(Parameter(argument.arg.rstrip("_"), self.type(annotation), held))
        if node.returns is None:
            raise self.fail(node, f"{node.name} has no result type")
        return parameters, self.type(node.returns)

    def held(self, node: ast.expr) -> tuple[ast.expr, bool]:
        """The type of a parameter without ``Held[...]``, and whether that stood around it."""
        if isinstance(node, ast.BinOp):
            left, held = self.held(node.left)
            return ast.copy_location(ast.BinOp(left, node.op, node.right), node), held
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "Held":
            return node.slice, True
        return node, False

    def doc(self, node: ast.ClassDef | ast.FunctionDef) -> str:
        """The docstring, which becomes a comment in C."""
        doc = ast.get_docstring(node) or ""
        if "*/" in doc or "/*" in doc or "\\" in doc:
            raise self.fail(
                node, f"the docstring of {node.name} holds '*/', '/*' or a backslash, which no C comment can"
            )
        if doc.endswith('"') or '"""' in doc:
            raise self.fail(node, f"the docstring of {node.name} ends in a quote, which no docstring in Python can")
        return doc

    def decorators(self, node: ast.ClassDef | ast.FunctionDef, kind: str) -> _Marks:
        marks = _Marks()
        seen: set[str] = set()
        types = {f.name: type(f.default) for f in fields(_Marks)}
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            name = call.func if call else decorator
            if not isinstance(name, ast.Name) or name.id not in types:
                raise self.fail(decorator, f"unknown decorator {ast.unparse(decorator)!r}")
            if name.id not in MARKS[kind]:
                raise self.fail(decorator, f"decorator {name.id!r} does not belong here ({kind})")
            if name.id in seen:
                raise self.fail(decorator, f"duplicate decorator {name.id!r}")
            seen.add(name.id)
            if name.id == "python":
                marks.python = self.python(decorator)
                continue
            values = tuple(self.literal(a) for a in call.args) if call else ()
            wanted = {tuple: (int, int), str: (str,), bool: ()}[types[name.id]]
            is_bare = wanted == () and call is not None
            is_empty = any(isinstance(value, str) and not value.strip() for value in values)
            if tuple(map(type, values)) != wanted or is_empty or is_bare or (call and call.keywords):
                raise self.fail(decorator, f"decorator {ast.unparse(decorator)!r} does not take these arguments")
            setattr(marks, name.id, values if name.id == "since" else values[0] if values else True)
        return marks

    def python(self, node: ast.expr) -> Python:
        """What ``@python`` says: a name, and keywords that are fields of `Python` with values of their types."""
        values: dict[str, Any] = {}
        if isinstance(node, ast.Call) and len(node.args) <= 1:
            given = [("name", argument) for argument in node.args]
            given += [(keyword.arg or "", keyword.value) for keyword in node.keywords]
            values = {name: self.literal(value) for name, value in given}
        types: dict[str, tuple[type, ...]] = {"low": (int, float), "high": (int, float, str)}
        types |= {f.name: (type(f.default),) for f in fields(Python) if f.name not in types}
        if not values or any(type(value) not in types.get(name, ()) or value == "" for name, value in values.items()):
            raise self.fail(node, f"decorator {ast.unparse(node)!r} does not take these arguments")
        return Python(**values)

    def given(self, node: ast.ClassDef, args: dict[str, ast.expr], key: str) -> ast.expr:
        if key not in args:
            raise self.fail(node, f"class {node.name} needs {key}=")
        return args[key]

    def text(self, node: ast.ClassDef, args: dict[str, ast.expr], key: str) -> str:
        value = self.literal(self.given(node, args, key))
        if not isinstance(value, str) or not value:
            raise self.fail(node, f"{key}= of class {node.name} is no text")
        return value

    def integer(self, node: ast.expr) -> int:
        value = self.literal(node)
        if type(value) is not int:
            raise self.fail(node, f"{ast.unparse(node)!r} is not an integer")
        return value

    def literal(self, node: ast.expr) -> Any:
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
            raise self.fail(node, f"{ast.unparse(node)!r} is not a plain value") from error

    # Types

    def type(self, node: ast.expr) -> Type:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            if not (isinstance(node.right, ast.Constant) and node.right.value is None):
                raise self.fail(node, f"{ast.unparse(node)!r}: only None may stand behind '|'")
            inner = self.type(node.left)
            return Type(inner.kind, inner.name, inner.item, True, inner.length)
        if isinstance(node, ast.Constant) and node.value is None:
            return Type("none")
        if isinstance(node, ast.Name):
            return self.plain(node)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            wrapper = node.value.id
            if wrapper == "Raw" and isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
                return Type("raw", node.slice.value)
            if wrapper == "Fixed" and isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
                item, length = node.slice.elts
                return Type("fixed", item=self.type(item), length=self.integer(length))
            if wrapper in WRAPPERS:
                return Type(wrapper.lower(), item=self.type(node.slice))
        raise self.fail(node, f"unknown type {ast.unparse(node)!r}")

    def plain(self, node: ast.Name) -> Type:
        if node.id in ("Ok", "Verdict", "Count", "str"):
            return Type(node.id.lower())
        if node.id in SCALARS:
            return Type("scalar", node.id)
        if node.id in WORDS:
            return Type(node.id.lower())
        return Type("name", node.id)


def is_text(node: ast.stmt) -> bool:
    """A docstring, or a comment in the form of one."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def is_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and node.value.value is ...
