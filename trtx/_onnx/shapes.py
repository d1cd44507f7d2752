"""Shapes and attributes that crash NVIDIA's parser, or let it read past the end of a tensor, and their check.

Of operators, only what the model says in so many words is known here: shapes of a graph's inputs and initializers. What
other nodes compute may still be wrong, so this makes crashes rarer and no more than that.
"""

from __future__ import annotations

from collections.abc import Callable

#: Most dimensions of a tensor, ``Dims::MAX_DIMS``.
_MAX_DIMS = 8
#: More elements than any tensor has.
_MANY = 1 << 64
_NAME = 1 << 3 | 2
_TYPE = 2 << 3 | 2
#: Fields of a tensor: its dimensions, packed and one by one, and its name.
_DIMS, _DIM, _TENSOR_NAME = 1 << 3 | 2, 1 << 3, 8 << 3 | 2
_TENSOR_TYPE = 2 << 3
_RAW = 9 << 3 | 2
#: Fields of values, packed, and how many bytes one takes there; 0 where that depends on the value.
_VALUES = {4 << 3 | 2: 4, 5 << 3 | 2: 0, 7 << 3 | 2: 0, 10 << 3 | 2: 8, 11 << 3 | 2: 0}
#: The same fields with values one by one, which protobuf reads too: FLOAT, INT32, INT64, DOUBLE, UINT64.
_SINGLE = {4 << 3 | 5, 5 << 3, 7 << 3, 10 << 3 | 1, 11 << 3}
#: What `Content` wants to see of a tensor.
TENSOR_FIELDS = (_DIMS, _DIM, _TENSOR_TYPE, _RAW, *_VALUES, *_SINGLE)
#: Bits of an element by its type, TensorProto.DataType; strings have none.
_BITS = {
    1: 32, 2: 8, 3: 8, 4: 16, 5: 16, 6: 32, 7: 64, 9: 8, 10: 16, 11: 64, 12: 32, 13: 64, 14: 64, 15: 128, 16: 16,
    17: 8, 18: 8, 19: 8, 20: 8, 21: 4, 22: 4, 23: 4, 24: 8, 25: 2, 26: 2,
}  # fmt: skip
#: numpy's names of these types, with those of ml_dtypes.
_NAMES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64", 9: "bool", 10: "float16",
    11: "float64", 12: "uint32", 13: "uint64", 14: "complex64", 15: "complex128", 16: "bfloat16", 17: "float8_e4m3fn",
    18: "float8_e4m3fnuz", 19: "float8_e5m2", 20: "float8_e5m2fnuz", 21: "uint4", 22: "int4", 23: "float4_e2m1fn",
    24: "float8_e8m0fnu", 25: "uint2", 26: "int2",
}  # fmt: skip
#: The last bytes of numbers of variable length are those below 0x80: deleting the others counts the numbers.
_CONTINUED = bytes(range(0x80, 0x100))
_INTEGER = 3 << 3
#: The integers of an attribute, packed and one by one.
_INTEGERS = (8 << 3 | 2, 8 << 3)
#: Inputs that Clip has at most.
_MOST_OF_CLIP = 3
#: Operators that have no output padding.
_NO_OUTPUT_PADDING = frozenset({"Conv", "MaxPool", "AveragePool", "LpPool"})

_Fields = Callable[[int, int, tuple[int, ...], int], list[tuple[int, int, int]]]


class OnnxStructureError(Exception):
    """The model is broken. The message says where: a byte of the model, or a node or initializer by its name.

    Attributes
    ----------
    node, node_name, node_operator
        The node of the main graph where that is, if it is in one: its index, name and operator.
    cause
        What the operating system said of a file.
    """

    def __init__(self, text: str, cause: OSError | None = None) -> None:
        super().__init__(text)
        self.cause = cause
        self.node, self.node_name, self.node_operator = -1, "", ""

    def within(self, place: str) -> OnnxStructureError:
        """The same error, seen from outside."""
        seen = OnnxStructureError(f"{place}: {self}", self.cause)
        seen.node, seen.node_name, seen.node_operator = self.node, self.node_name, self.node_operator
        return seen

    def at_node(self, index: int, name: str, operator: str) -> OnnxStructureError:
        """The same error, seen from outside of a node."""
        seen = self.within(f"node {index} ({name!r}, operator {operator!r})")
        seen.node, seen.node_name, seen.node_operator = index, name, operator
        return seen


class Shapes:
    """What one graph says of the shapes of its inputs and initializers.

    Parameters
    ----------
    fields
        Reads the wanted fields of a message: `check._Walk._fields`.
    data
        The model.
    """

    def __init__(self, fields: _Fields, data: memoryview) -> None:
        self._fields = fields
        self._bytes = data
        #: Number of dimensions and the first one, by name; -1 for a dimension that is not fixed.
        self._known: dict[bytes, tuple[int, int]] = {}
        #: Initializers without elements.
        self._empty: set[bytes] = set()

    def add_input(self, pos: int, end: int, depth: int) -> None:
        """Note a ValueInfoProto of the main graph. Where it leaves the shape open, the parser makes a scalar of it.

        Inputs of the bodies of loops and conditions are what the node outside gives them: the parser does not look at
        what they say.
        """
        name = b""
        for tag, start, stop in self._fields(pos, end, (_NAME, _TYPE), depth):
            if tag == _NAME:
                name = bytes(self._bytes[start:stop])
                continue
            # TypeProto: field 1 is the type of a tensor, of which field 2 is the shape, of which field 1 are the dims.
            for _, tensor, tensor_end in self._fields(start, stop, (_NAME,), depth + 1):
                self._known[name] = (0, -1)
                for _, shape, shape_end in self._fields(tensor, tensor_end, (_TYPE,), depth + 2):
                    dims = self._fields(shape, shape_end, (_NAME,), depth + 3)
                    self._known[name] = (len(dims), self._dimension(dims[0], depth + 4) if dims else -1)

    def _dimension(self, dim: tuple[int, int, int], depth: int) -> int:
        values = self._fields(dim[1], dim[2], (_DIM,), depth)
        return values[-1][1] if values else -1

    def add_initializer(self, pos: int, end: int, depth: int) -> None:
        """Note a TensorProto. Its shape counts, also where an input of the same name tells of another."""
        name = b""
        dims: list[int] = []
        for tag, start, stop in self._fields(pos, end, (_DIMS, _DIM, _TENSOR_NAME), depth):
            if tag == _TENSOR_NAME:
                name = bytes(self._bytes[start:stop])
            elif tag == _DIM:
                dims.append(start)
            else:
                dims += _packed(self._bytes[start:stop])
        self._known[name] = (len(dims), dims[0] if dims else -1)
        if 0 in dims:
            self._empty.add(name)

    def check(
        self, operator: str, inputs: list[tuple[int, int]], attributes: dict[str, tuple[int, int]], depth: int
    ) -> None:
        """Raise for a node that is known to crash the parser."""
        if operator in _NO_OUTPUT_PADDING:
            if "output_padding" in attributes:
                raise OnnxStructureError(
                    f"{operator} has no attribute 'output_padding'; allowed is that in ConvTranspose"
                )
        elif operator == "Expand" and len(inputs) > 1:
            rank, size = self._shape_of(inputs[1])
            if rank == 1 and size > _MAX_DIMS:
                raise OnnxStructureError(f"its shape has {size} dimensions; allowed are {_MAX_DIMS}")
        elif operator == "Split" and inputs:
            rank, _ = self._shape_of(inputs[0])
            axis = self._integer(attributes.get("axis"), depth)
            if rank >= 0 and not -rank <= axis < rank:
                raise OnnxStructureError(f"its axis is {axis}, and its input has {rank} dimensions")
            sizes = attributes.get("split")
            # A packed field may be there and empty; one integer by itself is never empty.
            if sizes is not None and not any(
                tag == _INTEGERS[1] or stop > start for tag, start, stop in self._fields(*sizes, _INTEGERS, depth)
            ):
                raise OnnxStructureError("its attribute 'split' has no integers; allowed is one for each output")
        elif operator == "Clip":
            if len(inputs) > _MOST_OF_CLIP:
                raise OnnxStructureError(f"it has {len(inputs)} inputs; allowed are {_MOST_OF_CLIP}")
            for bound in inputs[1:]:
                if self._name_of(bound) in self._empty:
                    raise OnnxStructureError(f"its bound {str(self._name_of(bound), 'utf-8', 'replace')!r} is empty")

    def _shape_of(self, name: tuple[int, int]) -> tuple[int, int]:
        return self._known.get(self._name_of(name), (-1, -1))

    def _name_of(self, place: tuple[int, int]) -> bytes:
        return bytes(self._bytes[place[0] : place[1]])

    def _integer(self, attribute: tuple[int, int] | None, depth: int) -> int:
        """The value of an attribute; 0 where there is none."""
        values = self._fields(*attribute, (_INTEGER,), depth) if attribute else []
        value = values[-1][1] if values else 0
        return value - (1 << 64) if value >> 63 else value


def _packed(data: memoryview) -> list[int]:
    """Numbers of a packed field; a last one without an end is left out."""
    found = []
    value = shift = 0
    for byte in data:
        if shift < 70:  # protobuf takes no longer ones, and the number must not grow with the field
            value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            found.append(value & (2**64 - 1))
            value = shift = 0
    return found


class Content:
    """What one tensor says of its size, and what it has: the parser takes the former for true.

    Parameters
    ----------
    data
        The model.
    """

    __slots__ = ("_bytes", "_count", "_dims", "_raw", "_type")

    def __init__(self, data: memoryview) -> None:
        self._bytes = data
        self._dims: list[int] = []
        self._type = 0
        self._raw: int | None = None
        self._count: int | None = None

    def add(self, tag: int, start: int, stop: int) -> None:
        """Note one of `TENSOR_FIELDS`."""
        if tag == _RAW:
            self._raw = stop - start
        elif tag == _DIM:
            self._dims.append(start)
        elif tag == _DIMS:
            self._dims += _packed(self._bytes[start:stop])
        elif tag == _TENSOR_TYPE:
            self._type = start & 0xFFFFFFFF  # as protobuf cuts it
        else:
            size = _VALUES.get(tag)
            if size is None:
                more = 1
            elif size:
                more = (stop - start) // size
            else:
                more = len(bytes(self._bytes[start:stop]).translate(None, _CONTINUED))
            self._count = (self._count or 0) + more

    @property
    def dtype(self) -> str:
        """Name of the type."""
        return _NAMES.get(self._type, f"ONNX type {self._type}")

    @property
    def is_empty(self) -> bool:
        """Whether the tensor has no elements."""
        return 0 in self._dims

    def check(self) -> None:
        """Raise where there is less than the dimensions tell of; a tensor without any data is the parser's business."""
        # The parser looks at the numbers where there are raw bytes, but none.
        if self._raw is not None and (self._raw or self._count is None):
            self.check_size(self._raw)
        elif self._count is not None and self._type in _BITS:
            need = self._elements()
            if _BITS[self._type] < 8:
                need = -(-need * _BITS[self._type] // 8)
            if self._count < need:
                raise OnnxStructureError(f"its dimensions tell of {need} values, and it has {self._count}")

    def excess(self) -> str:
        """What is wrong where there is more than the dimensions tell of, or nothing at all; else empty."""
        try:
            elements = self._elements()
        except OnnxStructureError as error:
            return str(error)
        bits = _BITS.get(self._type, 0)
        if self._raw:
            need = -(-elements * bits // 8)
            return f"its dimensions and type tell of {need} bytes, and it has {self._raw}" if self._raw != need else ""
        need = -(-elements * bits // 8) if bits < 8 else elements
        has = self._count or 0
        return f"its dimensions tell of {need} values, and it has {has}" if has != need else ""

    def check_size(self, size: int) -> None:
        """Raise where the data, of so many bytes, is too short."""
        need = -(-self._elements() * _BITS.get(self._type, 0) // 8)
        if size < need:
            raise OnnxStructureError(f"its dimensions and type tell of {need} bytes, and it has {size}")

    def _elements(self) -> int:
        count = 1
        for size in self._dims:
            if size >> 63:
                raise OnnxStructureError(f"one of its dimensions is {size - (1 << 64)}; allowed are 0 and more")
            count = min(count * size, _MANY)  # many dimensions must not make a number of any length
        return 0 if 0 in self._dims else count
