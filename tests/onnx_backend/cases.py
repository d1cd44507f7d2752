"""The models of ``onnx.backend.test`` with their data, by name."""

from __future__ import annotations

import functools
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx.backend.test.loader import load_model_tests

KINDS = ("node", "simple", "pytorch-converted", "pytorch-operator")


class Case(NamedTuple):
    """A model, and sets of inputs with the outputs that they give."""

    model: onnx.ModelProto
    data_sets: list[tuple[list[Any], list[Any]]]
    rtol: float
    atol: float


@functools.cache
def _tests() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some cases compute infinities
        found = {f"{kind}/{test.name}": test for kind in KINDS for test in load_model_tests(kind=kind)}
    return dict(sorted(found.items()))


def names() -> list[str]:
    """``kind/test_name`` of every case."""
    return list(_tests())


def load(name: str) -> Case:
    """A case by its name."""
    test = _tests()[name]
    if test.model is not None:
        sets = [([_array(v) for v in inputs], [_array(v) for v in outputs]) for inputs, outputs in test.data_sets or []]
        return Case(test.model, sets, test.rtol, test.atol)
    folder = Path(test.model_dir)
    model = onnx.load(folder / "model.onnx")
    sets = []
    for data in sorted(folder.glob("test_data_set_*")):
        sets.append((_read(data, "input", model.graph.input), _read(data, "output", model.graph.output)))
    return Case(model, sets, test.rtol, test.atol)


def _array(value: Any) -> Any:
    """Values of types that numpy lacks come as tensors of ONNX."""
    return onnx.numpy_helper.to_array(value) if isinstance(value, onnx.TensorProto) else value


def _read(folder: Path, which: str, infos: Any) -> list[Any]:
    found = []
    for index in range(len(list(folder.glob(f"{which}_*.pb")))):
        raw = (folder / f"{which}_{index}.pb").read_bytes()
        kind = infos[index].type.WhichOneof("value")
        if kind == "sequence_type":
            found.append(onnx.numpy_helper.to_list(onnx.SequenceProto.FromString(raw)))
        elif kind == "optional_type":
            found.append(onnx.numpy_helper.to_optional(onnx.OptionalProto.FromString(raw)))
        else:
            found.append(onnx.numpy_helper.to_array(onnx.TensorProto.FromString(raw)))
    return found


def difference(expected: Any, given: Any, rtol: float, atol: float) -> str:
    """What is wrong with a result; empty where nothing is."""
    if isinstance(expected, (list, tuple)):
        if len(expected) != len(given):
            return f"{len(given)} values instead of {len(expected)}"
        return next(filter(None, (difference(a, b, rtol, atol) for a, b in zip(expected, given, strict=True))), "")
    expected, given = np.asarray(expected), np.asarray(given)
    if expected.shape != given.shape:
        return f"shape {given.shape} instead of {expected.shape}"
    if expected.dtype.kind in "OSU":
        return "" if np.array_equal(expected.astype(str), given.astype(str)) else "other strings"
    if expected.dtype != given.dtype:
        return f"type {given.dtype} instead of {expected.dtype}"
    if expected.dtype.kind == "c":
        return "" if np.allclose(expected, given, rtol, atol, equal_nan=True) else "other values"
    with np.errstate(all="ignore"):
        wide = np.float64 if expected.dtype.kind not in "iub" else expected.dtype
        left, right = expected.astype(wide), given.astype(wide)
        if expected.dtype.itemsize <= 2 and expected.dtype.kind not in "iub":
            rtol, atol = max(rtol, 1e-2), max(atol, 1e-3)
        close = left == right if expected.dtype.kind in "iub" else np.isclose(right, left, rtol, atol, equal_nan=True)
        if np.all(close):
            return ""
        worst = np.max(np.abs(np.subtract(left, right, dtype=np.float64, casting="unsafe"))[~close])
    return f"{np.count_nonzero(~close)} of {close.size} values differ, by up to {worst:.3g}"
