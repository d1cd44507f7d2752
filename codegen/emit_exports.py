"""``trtx/_exports_gen.py``: the names of enums and layer classes, which `trtx` offers without importing them first."""

from __future__ import annotations

from .model import Registry

PATH = "trtx/_exports_gen.py"


def emit(registry: Registry) -> str:
    enums = sorted(e.name for e in registry.enums.values() if not e.hidden)
    layers = sorted(
        i.name for i in registry.interfaces.values() if registry.is_layer(i.name) and i.name != "Layer" and not i.hidden
    )
    return "\n".join(
        [
            '"""Names that trtx offers from generated modules."""',
            "",
            *_names("ENUMS", enums),
            *_names("LAYERS", layers),
        ]
    )


def _names(title: str, names: list[str]) -> list[str]:
    return [f"{title} = (", *(f'    "{name}",' for name in names), ")"]
