"""``trtx/_build/layers_gen.py``: the layer classes, whose settings are accessors."""

from __future__ import annotations

from .emit_accessors import PART, Class, constants, imports
from .model import Interface, Registry
from .naming import exported

PATH = "trtx/_build/layers_gen.py"

#: Layers with members that ``trtx/_build/layer_extras.py`` has by hand.
EXTRAS = (
    "AttentionBoundaryLayer", "FillLayer", "IfConditionalBoundaryLayer", "LoopBoundaryLayer", "MatrixMultiplyLayer",
    "MoELayer", "ResizeLayer",
)  # fmt: skip


def emit(registry: Registry) -> str:
    layers = [i for i in registry.interfaces.values() if registry.is_layer(i.name) and i.name != "Layer"]
    layers = [i for i in layers if not i.hidden]
    body = [line for layer in layers for line in _class(registry, layer)]
    bases = {".layer": ["Layer"], ".._core.public": ["public"]}
    extras = [f"{name}Extras" for name in EXTRAS if registry.interfaces.get(name)]
    by_type = [f"    LayerType.{i.layer_type[1:]}.value: {i.name}," for i in layers if i.layer_type]
    names = constants(registry, body)
    by_type = ["LAYER_CLASSES: dict[int, type[Layer]] = {", *by_type, "}"]
    return "\n".join(
        [
            '"""The layer classes: one for each kind of layer, with a property for each of its settings."""',
            "",
            "from __future__ import annotations",
            "",
            *imports(registry, [*names, *body, *by_type], {**bases, ".layer_extras": extras}),
            *exported(layer.name for layer in layers),
            "",
            *names,
            *body,
            "",
            "#: The class of each layer type, by its number, for layers that the library hands back.",
            *by_type,
            "",
        ]
    )


def _class(registry: Registry, layer: Interface) -> list[str]:
    base = f"{layer.name}Extras" if layer.name in EXTRAS else layer.base
    lines = ["", "@public", f"class {layer.name}({base}):", f'    """{layer.doc} (``{layer.cpp}``)"""']
    return [*lines, "", "    __slots__ = ()", *Class(registry, layer, PART).members(), ""]
