"""NVIDIA's Python package ``tensorrt_rtx``, over `trtx`: scripts written for the one run on the other.

``import trtx.compat as trt`` gives NVIDIA's names (``trt.IBuilderConfig``, ``trt.float32``, ``trt.Dims``) and its
conventions: what fails answers None or False, and says why in the log. The objects are those of `trtx`, of derived
classes: ``isinstance(config, trtx.BuilderConfig)`` is true, and all that `trtx` can do they can.

- `install` lets ``import tensorrt_rtx`` in this process find this module: ``python -m trtx.compat SCRIPT`` runs a
  script so.
- ``trtx.compat.raise_errors = True`` turns the failures into the exceptions of `trtx`.

What differs from NVIDIA's package, and why, stands in ``docs/compat.md``.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

from . import _names

__all__ = ["install", "raise_errors"]

#: Whether failures raise the exceptions of `trtx`, instead of answering None or False.
raise_errors: bool = False


def install(*, tensorrt: bool = False) -> None:
    """Let ``import tensorrt_rtx`` find this module, in this process and from now on.

    Parameters
    ----------
    tensorrt : bool, default False
        Whether ``import tensorrt`` finds it, too: for scripts that were written for TensorRT.

    Notes
    -----
    Modules that have imported NVIDIA's package before keep it. Its native library and that of `trtx` may be the same
    file, but objects of one are none of the other.
    """
    for name in ("tensorrt_rtx", *(("tensorrt",) if tensorrt else ())):
        sys.modules[name] = sys.modules[__name__]


def __getattr__(name: str) -> Any:
    value = _find(name)
    globals()[name] = value  # found without this function from now on
    return value


def _find(name: str) -> Any:
    import trtx

    if name == "__version__":
        version = trtx.library_version()
        return ".".join(map(str, version))
    if name in _names.SAME:
        return getattr(trtx, name)
    if name in _names.RENAMED:
        return getattr(trtx, _names.RENAMED[name])
    if name == "bool":
        return trtx.DataType.BOOL
    if name == "get_nv_onnx_parser_version":
        return _parser_version
    if name in _names.OWN:
        return getattr(importlib.import_module(f"{__name__}.{_names.OWN[name]}"), name)
    if name in _names.DERIVED:
        from ._layers import class_named

        return class_named(name)
    from trtx._core.hints import NAMES

    hint = f"; {NAMES[name]}" if name in NAMES else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}", name=name)


def _parser_version() -> int:
    """Version of the ONNX parser, as its library says it."""
    import ctypes

    import trtx_sys

    return int(ctypes.CDLL(trtx_sys.find_onnx_parser().path).getNvOnnxParserVersion())


def __dir__() -> list[str]:
    own = {"install", "raise_errors", "__version__", "bool", "get_nv_onnx_parser_version"}
    return sorted({*own, *_names.SAME, *_names.RENAMED, *_names.OWN, *_names.DERIVED})
