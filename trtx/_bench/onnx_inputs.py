"""The inputs of an ONNX model, read without building it: mistakes in a command line are told at once."""

from __future__ import annotations

from .._core.errors import ParserError
from .._onnx.shapes import OnnxStructureError
from .._onnx.source import map_file
from .._onnx.wire import VARINT, Wire, tags

(_GRAPH,) = tags(7)
_INITIALIZER, _INPUT = tags(5, 11)
(_TENSOR_NAME,) = tags(8)
_NAME, _TYPE = tags(1, 2)
(_TENSOR_TYPE,) = tags(1)
(_SHAPE,) = tags(2)
(_DIMENSION,) = tags(1)
(_SIZE,) = tags(1, wire=VARINT)


def onnx_inputs(path: str) -> dict[str, tuple[int, ...] | None]:
    """Shapes of the inputs by name; -1 for a size that is open, None where a shape is not known.

    Empty where the file is no model that can be read so: who builds it says what is wrong.

    Raises
    ------
    OSError
        If the file cannot be read.
    """
    with map_file("trtx", path, ParserError) as view:
        try:
            return _Reader(view).inputs()
        except (OnnxStructureError, UnicodeError):
            return {}


class _Reader(Wire):
    def inputs(self) -> dict[str, tuple[int, ...] | None]:
        found: dict[str, tuple[int, ...] | None] = {}
        weights: set[str] = set()
        for _, begin, end in self._fields(0, len(self._bytes), (_GRAPH,), 0):
            for tag, start, stop in self._fields(begin, end, (_INITIALIZER, _INPUT), 1):
                if tag == _INITIALIZER:
                    weights |= {self._name(at, upto) for _, at, upto in self._fields(start, stop, (_TENSOR_NAME,), 2)}
                else:
                    name, shape = self._input(start, stop)
                    found[name] = shape
        # Weights were inputs too in old versions of ONNX.
        return {name: shape for name, shape in found.items() if name not in weights}

    def _input(self, pos: int, end: int) -> tuple[str, tuple[int, ...] | None]:
        name, shape = "", None
        for tag, start, stop in self._fields(pos, end, (_NAME, _TYPE), 2):
            if tag == _NAME:
                name = self._name(start, stop)
                continue
            for _, begin, tensor_end in self._fields(start, stop, (_TENSOR_TYPE,), 3):
                for _, at, upto in self._fields(begin, tensor_end, (_SHAPE,), 4):
                    shape = self._shape(at, upto)
        return name, shape

    def _shape(self, pos: int, end: int) -> tuple[int, ...]:
        sizes = []
        for _, start, stop in self._fields(pos, end, (_DIMENSION,), 5):
            values = self._fields(start, stop, (_SIZE,), 6)
            # A size of 0 or less stands for an open one in models of old exporters.
            sizes.append(values[-1][1] if values and 0 < values[-1][1] < 2**63 else -1)
        return tuple(sizes)
