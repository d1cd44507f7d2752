"""Names: from the library's spelling to C's and to Python's. Each emitter takes its case rules from here."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: Words that the case rule would tear apart.
_WORDS = {
    "MoE": "Moe",
    "ReLU": "Relu",
    "SoftMax": "Softmax",
    "TopK": "Topk",
    "ElementWise": "Elementwise",
    "IOTensors": "IoTensors",
    "TensorRT": "Tensorrt",
    "CUDA": "Cuda",
}


def snake(name: str) -> str:
    """``setNbIOTensors`` -> ``set_nb_io_tensors``, ``addTopKV2`` -> ``add_topk_v2``."""
    for word, replacement in _WORDS.items():
        name = name.replace(word, replacement)
    name = re.sub(r"V(\d+)$", r"_V\1", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return name.lower().lstrip("_").replace("__", "_")


def c_type(name: str) -> str:
    """C name of an interface, enum or struct."""
    return f"trtx_{snake(name)}"


def c_function(interface: str, method: str) -> str:
    return f"trtx_{snake(interface)}_{snake(method)}"


def c_constant(enum: str, value: str) -> str:
    return f"TRTX_{snake(enum)}_{python_constant(value)}".upper()


def python_constant(value: str) -> str:
    """``kFLOAT`` -> ``FLOAT``."""
    return value[1:] if re.match(r"k[A-Z0-9]", value) else value


def c_name(name: str) -> str:
    """Name of a parameter or field."""
    return {"from": "source", "in": "input", "def": "definition"}.get(name, snake(name))


def python_name(method: str) -> str:
    """Name of the property that stands for a getter: ``getNbGroups`` -> ``num_groups``, ``isValid`` -> ``is_valid``."""
    name = re.sub(r"^get(?=[A-Z])", "", method)
    return re.sub(r"(^|_)nb_", r"\1num_", snake(name))


def exported(names: Iterable[str]) -> list[str]:
    """The lines of an ``__all__``, a name each."""
    return ["__all__ = [", *(f'    "{name}",' for name in sorted(names)), "]"]


def imported(module: str, names: Iterable[str]) -> list[str]:
    """The lines of a ``from`` import, a name each."""
    return [f"from {module} import (", *(f"    {name}," for name in sorted(names)), ")"]
