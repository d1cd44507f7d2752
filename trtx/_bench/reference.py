"""The same model, run by ONNX Runtime on the CPU."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._core.errors import Error, InvalidArgumentError
from .packages import require

if TYPE_CHECKING:
    import numpy.typing as npt

#: Types of ONNX Runtime by numpy's names.
_TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(int8)": "int8",
    "tensor(uint8)": "uint8",
    "tensor(int16)": "int16",
    "tensor(uint16)": "uint16",
    "tensor(int32)": "int32",
    "tensor(uint32)": "uint32",
    "tensor(int64)": "int64",
    "tensor(uint64)": "uint64",
    "tensor(bool)": "bool",
}


def require_onnxruntime() -> Any:
    """ONNX Runtime, or an error that says how to install it."""
    return require("onnxruntime", "--against onnxruntime")


def run_onnxruntime(model: str, inputs: Mapping[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    """Outputs of an ONNX model, by its CPU provider.

    Where an input has another type in the model than in the engine, as after `trtx.prepare_onnx`, it is converted.

    Raises
    ------
    InvalidArgumentError
        If the model has other inputs.
    Error
        If ONNX Runtime cannot load or run the model.
    """
    import numpy as np

    onnxruntime = require_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors, which come as exceptions too
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise Error(f"ONNX Runtime cannot load {model!r}: {_words(error)}") from error
    types = {one.name: one.type for one in session.get_inputs()}
    if types.keys() != inputs.keys():
        raise InvalidArgumentError(
            f"the model that ONNX Runtime runs has the inputs {', '.join(map(repr, types))}; the engine has "
            f"{', '.join(map(repr, inputs))}"
        )
    given = {}
    for name, array in inputs.items():
        wanted = _TYPES.get(types[name])
        given[name] = array if wanted is None or array.dtype == wanted else array.astype(np.dtype(wanted))
    names = [one.name for one in session.get_outputs()]
    try:
        return dict(zip(names, session.run(names, given), strict=True))
    except Exception as error:
        raise Error(f"ONNX Runtime cannot run {model!r}: {_words(error)}") from error


def _words(error: Exception) -> str:
    """One line of an error that may have many."""
    return " ".join(str(error).split())[:500]
