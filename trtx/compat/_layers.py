"""Layers as a network hands them out: plain ones in NVIDIA's package, until a script assigns their class.

Whoever wants a class of NVIDIA's asks this module for it, so that networks and layers have what
stands here.
"""

from __future__ import annotations

import functools
from typing import Any

import trtx
from trtx._build.layers_gen import LAYER_CLASSES

from ._classes import class_named, derived_class
from ._extras import EXTRAS
from ._failures import answer_or_raise

__all__ = ["class_named"]

_set_class = object.__dict__["__class__"].__set__


def _class_of(layer: Any) -> type[Any]:
    return type(layer)


def _assign_class(layer: Any, kind: type[Any]) -> None:
    right = derived_class(LAYER_CLASSES[layer.layer_type])
    if kind not in (right, derived_class(trtx.Layer)):
        raise TypeError(f"layer {layer.name!r} is a {right.__name__} and cannot become a {kind.__name__}")
    _set_class(layer, kind)


def _plain_layer(layer: trtx.Layer) -> Any:
    """The layer as a plain ``ILayer``, of which a script may change the class; the other object keeps its own."""
    made: Any = object.__new__(derived_class(trtx.Layer))
    made._ptr, made._network = layer._ptr, layer._network
    return made


@functools.wraps(trtx.NetworkDefinition.get_layer)
def _get_layer(self: Any, index: Any) -> Any:
    """A layer, as a plain one (see `trtx.NetworkDefinition.get_layer`)."""
    try:
        return _plain_layer(trtx.NetworkDefinition.get_layer(self, index))
    except trtx.Error as error:
        return answer_or_raise(self, error, None)


def _network_item(self: Any, index: Any) -> Any:
    """A layer, as a plain one; a list of them for a slice."""
    found: Any = trtx.NetworkDefinition.__getitem__(self, index)
    return _plain_layer(found) if isinstance(found, trtx.Layer) else [_plain_layer(layer) for layer in found]


def _network_iter(self: Any) -> Any:
    return (_get_layer(self, index) for index in range(len(self)))


EXTRAS["ILayer"] = {"__class__": property(_class_of, _assign_class)}
EXTRAS["INetworkDefinition"] = {"__getitem__": _network_item, "__iter__": _network_iter, "get_layer": _get_layer}
