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


@dataclass
class _Marks:
    """What the decorators of a class or function say; the fields are the decorators' names."""

    since: tuple[int, int] = (1, 5)
    hidden: str = ""
    deprecated: bool = False
    accessor: bool = False
    const: bool = False
    default: bool = False
    protected: bool = False
    private: bool = False
    owned: bool = False
    callback: bool = False
    bits: bool = False
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
        elif not isinstance(node, (ast.ImportFrom, ast.Expr)):
            raise self.fail(node, f"unexpected {type(node).__name__} at top level")

    # Classes

    def class_(self, node: ast.ClassDef) -> None:
        if not node.bases or not isinstance(node.bases[0], ast.Name):
            raise self.fail(node, f"class {node.name} names no kind (Enum, Struct, Interface, Direct, Application)")
        base = node.bases[0].id
        args = {k.arg: k.value for k in node.keywords if k.arg}
        if node.name in self.kinds:
            raise self.fail(node, f"duplicate name {node.name!r}")
        doc = ast.get_docstring(node)
        if not doc:
            raise self.fail(node, f"class {node.name} has no docstring")
        if base == "Enum":
            self.kinds[node.name] = "enum"
            self.registry.enums[node.name] = self.enum(node, args, doc)
        elif base == "Struct":
            self.kinds[node.name] = "struct"
            self.registry.structs[node.name] = self.struct(node, args, doc)
        else:
            kind = KINDS.get(base) or self.kinds.get(base)
            if kind is None:
                raise self.fail(node, f"unknown base {base!r} of class {node.name}")
            self.kinds[node.name] = kind
            self.family.interfaces.append(self.interface(node, kind, base, args, doc))

    def enum(self, node: ast.ClassDef, args: dict[str, ast.expr], doc: str) -> Enum:
        marks = self.decorators(node)
        values: dict[str, int] = {}
        for name, value in self.assignments(node):
            if name in values:
                raise self.fail(node, f"duplicate name {name!r} in enum {node.name}")
            values[name] = value
        underlying = args.get("underlying")
        if not isinstance(underlying, ast.Name) or underlying.id not in SCALARS:
            raise self.fail(node, f"enum {node.name} needs underlying=<integer type>")
        return Enum(
            node.name, self.text(node, args, "cpp"), underlying.id, values, self.where(node), doc,
            marks.since, marks.hidden, marks.bits,
        )  # fmt: skip

    def assignments(self, node: ast.ClassDef) -> list[tuple[str, int]]:
        found = []
        for item in node.body[1:]:
            if not (isinstance(item, ast.Assign) and isinstance(item.targets[0], ast.Name)):
                raise self.fail(item, f"enum {node.name} takes NAME = value only")
            found.append((item.targets[0].id, self.literal(item.value)))
        return found

    def struct(self, node: ast.ClassDef, args: dict[str, ast.expr], doc: str) -> Struct:
        marks = self.decorators(node)
        members = []
        for item in node.body[1:]:
            if not (isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name) and item.value):
                raise self.fail(item, f"struct {node.name} takes NAME: type = offset only")
            members.append(Field(item.target.id, self.type(item.annotation), self.literal(item.value)))
        size = self.literal(args["size"]) if "size" in args else 0
        return Struct(
            node.name, self.text(node, args, "cpp"), size, members, self.where(node), doc, marks.since, marks.hidden,
        )  # fmt: skip

    def interface(self, node: ast.ClassDef, kind: str, base: str, args: dict[str, ast.expr], doc: str) -> Interface:
        marks = self.decorators(node)
        methods = []
        for item in node.body[1:]:
            if isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant) and item.value.value is ...:
                continue
            if not isinstance(item, ast.FunctionDef):
                raise self.fail(item, f"interface {node.name} takes methods only")
            methods.append(self.method(item))
        layer_type = args.get("layer_type")
        info = args.get("info")
        return Interface(
            node.name, kind, self.text(node, args, "cpp"), base, self.where(node), doc, methods,
            impl=self.text(node, args, "impl") if "impl" in args else "",
            field=self.text(node, args, "field") if "field" in args else "",
            offset=self.literal(args["offset"]) if "offset" in args else 0,
            layer_type=layer_type.attr if isinstance(layer_type, ast.Attribute) else "",
            info=self.literal(info) if info else None,
            owned=marks.owned, callback=marks.callback, since=marks.since, hidden=marks.hidden,
        )  # fmt: skip

    # Functions

    def method(self, node: ast.FunctionDef) -> Method:
        marks = self.decorators(node)
        parameters, returns = self.signature(node)
        return Method(
            node.name, parameters[1:], returns, self.where(node), ast.get_docstring(node) or "",
            since=marks.since, const=marks.const, deprecated=marks.deprecated, hidden=marks.hidden,
            accessor=marks.accessor, default=marks.default, access=marks.access,
        )  # fmt: skip

    def export(self, node: ast.FunctionDef) -> None:
        marks = self.decorators(node)
        parameters, returns = self.signature(node)
        self.registry.exports.append(
            Export(
                node.name, marks.library, parameters, returns, self.where(node),
                ast.get_docstring(node) or "", marks.bound, marks.hidden,
            )
        )  # fmt: skip

    def signature(self, node: ast.FunctionDef) -> tuple[list[Parameter], Type]:
        parameters = []
        for argument in node.args.args:
            if argument.arg == "self":
                parameters.append(Parameter("self", Type("none")))
            elif argument.annotation is None:
                raise self.fail(node, f"parameter {argument.arg!r} of {node.name} has no type")
            else:
                parameters.append(Parameter(argument.arg.rstrip("_"), self.type(argument.annotation)))
        if node.returns is None:
            raise self.fail(node, f"{node.name} has no result type")
        return parameters, self.type(node.returns)

    def decorators(self, node: ast.ClassDef | ast.FunctionDef) -> _Marks:
        marks = _Marks()
        types = {f.name: type(f.default) for f in fields(_Marks)}
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            name = call.func if call else decorator
            if not isinstance(name, ast.Name) or name.id not in types:
                raise self.fail(decorator, f"unknown decorator {ast.unparse(decorator)!r}")
            values = tuple(self.literal(a) for a in call.args) if call else ()
            wanted = {tuple: (int, int), str: (str,), bool: ()}[types[name.id]]
            if tuple(map(type, values)) != wanted or "" in values:
                raise self.fail(decorator, f"decorator {ast.unparse(decorator)!r} does not take these arguments")
            setattr(marks, name.id, values if name.id == "since" else values[0] if values else True)
        return marks

    def text(self, node: ast.ClassDef, args: dict[str, ast.expr], key: str) -> str:
        if key not in args:
            raise self.fail(node, f"class {node.name} needs {key}=")
        return str(self.literal(args[key]))

    def literal(self, node: ast.expr) -> Any:
        try:
            return ast.literal_eval(node)
        except ValueError as error:
            raise self.fail(node, f"{ast.unparse(node)!r} is not a plain value") from error

    # Types

    def type(self, node: ast.expr) -> Type:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            inner = self.type(node.left)
            return Type(inner.kind, inner.name, inner.item, True, inner.length)
        if isinstance(node, ast.Constant) and node.value is None:
            return Type("none")
        if isinstance(node, ast.Name):
            return self.plain(node)
        if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
            wrapper = node.value.id
            if wrapper == "Raw":
                return Type("raw", str(self.literal(node.slice)))
            if wrapper == "Fixed" and isinstance(node.slice, ast.Tuple):
                item, length = node.slice.elts
                return Type("fixed", item=self.type(item), length=self.literal(length))
            if wrapper in WRAPPERS:
                return Type(wrapper.lower(), item=self.type(node.slice))
        raise self.fail(node, f"unknown type {ast.unparse(node)!r}")

    def plain(self, node: ast.Name) -> Type:
        if node.id in ("Ok", "Count", "str"):
            return Type(node.id.lower())
        if node.id in SCALARS:
            return Type("scalar", node.id)
        if node.id in WORDS:
            return Type(node.id.lower())
        return Type("name", node.id)
