"""The sentences of the registry: they become the comments of the C header and the docs of Python properties."""

from __future__ import annotations

from codegen.model import Interface, Method
from codegen.read import read_registry

REGISTRY = read_registry()


def bound() -> list[tuple[Interface, Method]]:
    return [(i, m) for i in REGISTRY.interfaces.values() if not i.callback for m in i.bound_methods]


def test_every_setting_of_a_layer_is_described() -> None:
    missing = [
        f"{interface.name}.{method.name}"
        for interface, method in bound()
        if REGISTRY.is_layer(interface.name) and method.name.startswith(("get", "is")) and not method.doc
    ]
    assert missing == []


def test_every_method_of_what_is_no_layer_is_described() -> None:
    missing = [
        f"{interface.name}.{method.name}"
        for interface, method in bound()
        if not REGISTRY.is_layer(interface.name) and not method.doc
    ]
    # Plugins, which TensorRT-RTX does not run: these remain for the sake of complete bindings.
    assert [name for name in missing if "Plugin" not in name] == []


def test_sentences_are_one_line_and_end() -> None:
    wrong = [
        f"{interface.name}.{method.name}"
        for interface, method in bound()
        if method.doc and ("\n" in method.doc or not method.doc.endswith(".") or "*/" in method.doc)
    ]
    assert wrong == []
