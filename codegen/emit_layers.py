"""``trtx/_build/layers_gen.py``: the layer classes, which are nothing but properties."""

from __future__ import annotations

import textwrap

from .ctypes_map import CTypes
from .model import Interface, Method, Registry, Type
from .naming import PYTHON_NAMES, c_function, exported, imported, python_name, snake

PATH = "trtx/_build/layers_gen.py"
WIDTH = 109  # 120 less indentation, quotes and comma

#: Getters that take more than a property can: the mixins of ``trtx/_build/layer_extras.py`` have them by hand.
EXTRAS = {
    "MatrixMultiplyLayer": {"getOperation"},
    "ResizeLayer": {"getScales"},
    "FillLayer": {"getAlpha", "getBeta", "getAlphaInt64", "getBetaInt64", "isAlphaBetaInt64"},
    "MoELayer": set(),
    "LoopBoundaryLayer": {"getLoop"},
    "IfConditionalBoundaryLayer": {"getConditional"},
    "AttentionBoundaryLayer": {"getAttention"},
}

#: Layers that have all their dimensions from the start; others may have none, as long as they are not set, or where an
#: input gives them.
SIZED = {"ConstantLayer", "ConvolutionLayer", "DeconvolutionLayer", "PaddingLayer", "PoolingLayer"}

#: What getters give that have no setter, for type checkers.
READ_TYPES = {
    "AxesProperty": "int",
    "BoolProperty": "bool",
    "FloatProperty": "float",
    "IntProperty": "int",
    "TextProperty": "str",
}

#: Enums that `Layer` has too, for all kinds of layers: without a type of their own, type checkers give them that one.
INHERITED = {"type"}


def emit(registry: Registry) -> str:
    types = CTypes(registry)
    layers = [i for i in registry.interfaces.values() if registry.is_layer(i.name) and i.name != "Layer"]
    layers = [i for i in layers if not i.hidden]
    body: list[str] = []
    for layer in layers:
        body += _class(types, layer)
    used = {line.split(" = ")[1].split("(")[0] for line in body if "Property(" in line and " = " in line}
    used |= {"ReadOnly" for line in body if ": ReadOnly[" in line}
    by_type = [f"    LayerType.{i.layer_type[1:]}.value: {i.name}," for i in layers if i.layer_type]
    return "\n".join(
        [
            '"""The layer classes: one for each kind of layer, with a property for each of its settings."""',
            "",
            "from trtx_sys import _enums_gen as enums",
            "from trtx_sys._enums_gen import LayerType",
            "from trtx_sys._ffi import lib",
            "",
            "from .layer import Layer",
            *imported(".layer_extras", (f"{name}Extras" for name in EXTRAS)),
            *imported(".properties", used),
            "",
            *exported(layer.name for layer in layers),
            "",
            *body,
            "",
            "#: The class of each layer type, by its number, for layers that the library hands back.",
            "LAYER_CLASSES: dict[int, type[Layer]] = {",
            *by_type,
            "}",
            "",
        ]
    )


def _class(types: CTypes, layer: Interface) -> list[str]:
    bases = [f"{layer.name}Extras"] if layer.name in EXTRAS else []
    bases.append("Layer" if layer.base == "Layer" else layer.base)
    if layer.name in EXTRAS:
        bases = bases[:1]
    lines = ["", f"class {layer.name}({', '.join(bases)}):", f'    """{layer.doc} (``{layer.cpp}``)"""']
    lines += ["", "    __slots__ = ()"]
    setters = {m.name: m for m in layer.methods}
    for method in layer.bound_methods:
        if not method.name.startswith(("get", "is")) or method.parameters or method.name in EXTRAS.get(layer.name, ()):
            continue
        lines += _property(types, layer, method, setters.get("set" + method.name.removeprefix("get")))
    return [*lines, ""]


def _property(types: CTypes, layer: Interface, getter: Method, setter: Method | None) -> list[str]:
    name = PYTHON_NAMES.get((layer.name, getter.name)) or python_name(getter.name)
    kind, item = _kind(types, getter.returns)
    arguments = [f"lib.{c_function(layer.name, getter.name)}"]
    arguments.append(f"lib.{c_function(layer.name, setter.name)}" if setter else "None")
    if item:
        arguments.append(item)
    doc = getter.doc or f"{name.replace('_', ' ').capitalize()}."
    if kind == "AxesProperty":
        doc += " Their numbers can be set as well."
    arguments.append(_literal(f"{doc} (``{layer.cpp}::{getter.name}``)"))
    if kind == "DimsProperty" and layer.name not in SIZED:
        kind = "OptionalDimsProperty"
    read = item or READ_TYPES.get(kind)
    annotation = f": ReadOnly[{read}]" if read and not setter else ""
    if name in INHERITED:
        annotation = f": {kind}[{item}]"
    lines = [f"    {name}{annotation} = {kind}("]
    lines += [f"        {argument}," for argument in arguments]
    return [*lines, "    )"]


def _literal(text: str) -> str:
    """A string of Python in lines of at most 120 characters, laid out as formatters want it."""
    if len(text) <= WIDTH:
        return _quoted(text)
    parts = textwrap.wrap(text, WIDTH, drop_whitespace=False, break_on_hyphens=False)
    return "\n        ".join(_quoted(part) for part in parts)


def _quoted(text: str) -> str:
    quote = "'" if '"' in text else '"'
    return f"{quote}{text}{quote}"


def _kind(types: CTypes, type_: Type) -> tuple[str, str]:
    """Class of the property, and the argument that it takes beyond its two functions."""
    registry = types.registry
    if type_.kind == "scalar" and type_.name != "float64":  # FloatProperty rounds to 32 bits
        # Layers have unsigned numbers for sets of axes, and only for these.
        plain = {"bool": "Bool", "float32": "Float", "uint32": "Axes"}.get(type_.name, "Int")
        return f"{plain}Property", ""
    if type_.kind == "str":
        return "TextProperty", ""
    if type_.kind == "name" and type_.name in registry.enums:
        return "EnumProperty", f"enums.{type_.name}"
    if types.is_struct(type_):
        return {"Dims": "DimsProperty", "Weights": "WeightsProperty", "Permutation": "PermutationProperty"}[
            type_.target
        ], ""
    if type_.target == "Tensor":
        return "TensorProperty", ""
    raise AssertionError(f"no property for {snake(type_.kind)} {type_.target}")
