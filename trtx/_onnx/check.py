"""Checks the outer structure of an ONNX model before NVIDIA's parser sees it.

That parser crashes on a node without outputs and on some attributes and shapes, takes text and empty models for good
ones, and reads past the end of external data. This module walks the protobuf wire format by itself: it needs no other
package, copies nothing but names, and steps over tensors without reading them, so that its time grows with the number
of nodes and not with the number of bytes. It is no ONNX checker: types, shapes and operators remain the native parser's
business, but for the few that crash it (`_onnx_shapes`).

Like protobuf, it takes a field of an unexpected wire type for an unknown one, and steps over those.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

from .shapes import TENSOR_FIELDS, Content, OnnxStructureError, Shapes
from .wire import VARINT, Wire, short, tags

#: protobuf takes sizes as an int.
_MAX_SIZE = 2**31 - 1

_NUMBER = re.compile(r"[ \t\n\v\f\r]*([+-]?)([0-9]*)[ \t\n\v\f\r]*")

# Tags, that is field number and wire type in one, of the fields that are looked at.
_MODEL_GRAPH, _MODEL_FUNCTION = _MODEL = tags(7, 25)
_GRAPH_NODE, _GRAPH_INITIALIZER, _GRAPH_INPUT, _GRAPH_SPARSE = _GRAPH = tags(1, 5, 11, 15)
_FUNCTION_NAME, _FUNCTION_NODE, _FUNCTION_ATTRIBUTE = _FUNCTION = tags(1, 7, 11)
_NODE_INPUT, _NODE_OUTPUT, _NODE_NAME, _NODE_OPERATOR, _NODE_ATTRIBUTE = _NODE = tags(1, 2, 3, 4, 5)
_ATTRIBUTE_NAME, _TENSOR_VALUE, _GRAPH_VALUE, _TENSORS, _GRAPHS, _SPARSE_VALUE, _SPARSES = _ATTRIBUTE = tags(
    1, 5, 6, 10, 11, 22, 23
)
_SPARSE = tags(1, 2)
_TENSOR_NAME, _TENSOR_EXTERNAL, _TENSOR_LOCATION = _TENSOR = (*tags(8, 13), *tags(14, wire=VARINT))
_TENSOR_ALL = (*_TENSOR, *TENSOR_FIELDS)
_ENTRY_KEY, _ENTRY_VALUE = _ENTRY = tags(1, 2)

#: protobuf merges what comes twice in these, so that two halves, each harmless, could make a whole that is not.
_ONCE = frozenset({_TENSOR_VALUE, _GRAPH_VALUE, _SPARSE_VALUE})


class Initializer(NamedTuple):
    """What the main graph says of one of its initializers."""

    #: numpy's name of its type, or a description of one that numpy does not have.
    dtype: str
    #: Why its external data cannot be read, if that is so.
    fault: OnnxStructureError | None


def check_model(
    model: memoryview,
    folder: str | os.PathLike[str] | None = None,
    initializers: dict[str, Initializer] | None = None,
    *,
    allow_outside: bool = False,
    real_folder: str | os.PathLike[str] | None = None,
) -> list[int]:
    """Raise unless the bytes are an ONNX model of sound structure.

    Parameters
    ----------
    model
        The serialized ModelProto as bytes (format ``B``, one dimension); it is read in place.
    folder
        The model's folder, in which external data must lie. None for a model that came as bytes without a path, which
        cannot have any.
    initializers
        Where given, gets the main graph's initializers by their names. Faults in their external data are noted there
        and not raised: for models whose initializers the caller is going to supply.
    allow_outside
        Whether external data may lie outside the folder.
    real_folder
        Where the model really lies, if its file is a link: external data may be links to there too, as in the cache of
        Hugging Face.

    Returns
    -------
    list of int
        Places of bytes to be set to 0 before the parser reads the model: those that say of tensors without elements
        that their data is in a file, which the parser refuses.

    Raises
    ------
    OnnxStructureError
        If the model is empty or no sound protobuf message, if it has no graph, a node without outputs or operator, or
        external data that does not lie where the model says.
    """
    if not model.nbytes:
        raise OnnxStructureError("the model is empty")
    if model.nbytes > _MAX_SIZE:
        raise OnnxStructureError(
            f"the model has {model.nbytes} bytes; protobuf allows {_MAX_SIZE}, so larger models keep their tensors in "
            "external data"
        )
    walk = _Walk(model, folder, initializers, allow_outside, real_folder)
    walk.model()
    return walk.empty


def external_files(
    model: memoryview,
    folder: str | os.PathLike[str] | None,
    *,
    allow_outside: bool = False,
    real_folder: str | os.PathLike[str] | None = None,
) -> tuple[str, ...]:
    """Where the external data of a model is: paths as the model writes them, relative to its folder.

    Parameters and errors are those of `check_model`.
    """
    walk = _Walk(model, folder, None, allow_outside, real_folder)
    walk.model()
    return tuple(sorted(walk._sizes))


class _Walk(Wire):
    """One walk over one model, which raises `OnnxStructureError` at the first fault."""

    def __init__(
        self,
        model: memoryview,
        folder: str | os.PathLike[str] | None,
        initializers: dict[str, Initializer] | None,
        allow_outside: bool,
        real_folder: str | os.PathLike[str] | None = None,
    ) -> None:
        super().__init__(model)
        self._real_folder = None if real_folder is None else Path(real_folder)
        self._folder = None if folder is None else Path(folder)
        self._initializers = initializers
        self._allow_outside = allow_outside
        self._sizes: dict[str, int] = {}
        #: The bytes that say of tensors without elements that their data is in a file.
        self.empty: list[int] = []

    # Messages

    def model(self) -> None:
        try:
            fields = self._fields(0, len(self._bytes), _MODEL, 0)
        except OnnxStructureError as error:
            raise error.within("this is no ONNX model, or a truncated one") from None
        graphs = sum(tag == _MODEL_GRAPH for tag, _, _ in fields)
        if not graphs:
            raise OnnxStructureError("this is no ONNX model: it has no graph")
        if graphs > 1:
            # protobuf merges them, and each is checked without the other's inputs and initializers.
            raise OnnxStructureError(f"the model has {graphs} graphs; one is allowed")
        for tag, start, stop in fields:
            if tag == _MODEL_GRAPH:
                self._graph(start, stop, 1, main=True)
            else:
                self._function(start, stop)

    def _graph(self, pos: int, end: int, depth: int, *, main: bool = False) -> None:
        # A graph without nodes is a valid one: its outputs may be inputs or initializers.
        nodes = tensors = sparse = 0
        fields = self._fields(pos, end, _GRAPH, depth)
        shapes = Shapes(self._fields, self._bytes)
        # An initializer may be an input as well, as its default: then the parser takes it for the value.
        for wanted, add in ((_GRAPH_INPUT, shapes.add_input), (_GRAPH_INITIALIZER, shapes.add_initializer)):
            for tag, start, stop in fields:
                if tag == wanted and (main or wanted == _GRAPH_INITIALIZER):
                    add(start, stop, depth + 1)
        for tag, start, stop in fields:
            if tag == _GRAPH_NODE:
                self._node(start, stop, depth + 1, nodes, shapes)
                nodes += 1
            elif tag == _GRAPH_INITIALIZER:
                self._tensor(start, stop, depth + 1, f"initializer {tensors}", main=main)
                tensors += 1
            elif tag == _GRAPH_SPARSE:
                self._sparse(start, stop, depth + 1, f"sparse initializer {sparse}")
                sparse += 1

    def _function(self, pos: int, end: int) -> None:
        nodes = 0
        name = ""
        try:
            for tag, start, stop in self._fields(pos, end, _FUNCTION, 1):
                if tag == _FUNCTION_NAME:
                    name = self._text(start, stop)
                elif tag == _FUNCTION_NODE:
                    self._node(start, stop, 2, nodes)
                    nodes += 1
                else:
                    self._attribute(start, stop, 2)
        except OnnxStructureError as error:
            raise error.within(f"function {name!r}") from None

    def _node(self, pos: int, end: int, depth: int, index: int, shapes: Shapes | None = None) -> None:
        has_output = False
        operator = name = (pos, pos)
        attributes, inputs = [], []
        for tag, start, stop in self._fields(pos, end, _NODE, depth):
            if tag == _NODE_INPUT:
                inputs.append((start, stop))
            elif tag == _NODE_OUTPUT:
                has_output = True
            elif tag == _NODE_ATTRIBUTE:
                attributes.append((start, stop))
            elif tag == _NODE_OPERATOR:
                operator = (start, stop)
            else:
                name = (start, stop)
        try:
            if operator[0] == operator[1]:
                raise OnnxStructureError(f"the node, at byte {pos}, has no op_type; every node must name its operator")
            if not has_output:
                raise OnnxStructureError(f"the node, at byte {pos}, has no outputs; every node must have at least one")
            seen = {}
            for start, stop in attributes:
                attribute = self._attribute(start, stop, depth + 1)
                if attribute in seen:
                    raise OnnxStructureError(f"attribute {short(attribute)!r} comes a second time, at byte {start}")
                seen[attribute] = (start, stop)
            if shapes is not None:
                shapes.check(self._text(*operator), inputs, seen, depth + 1)
        except OnnxStructureError as error:
            raise error.at_node(index, self._text(*name), self._text(*operator)) from None

    def _attribute(self, pos: int, end: int, depth: int) -> str:
        name = ""
        fields = self._fields(pos, end, _ATTRIBUTE, depth)
        if len(fields) < 2 and (not fields or fields[0][0] == _ATTRIBUTE_NAME):
            # Numbers or strings, as most attributes hold.
            return self._name(*fields[0][1:]) if fields else ""
        seen: set[int] = set()
        try:
            for tag, start, stop in fields:
                if tag in _ONCE and tag in seen:
                    raise OnnxStructureError(f"field {tag >> 3} comes a second time, at byte {start}; once is allowed")
                seen.add(tag)
                if tag == _ATTRIBUTE_NAME:
                    name = self._name(start, stop)
                elif tag in (_GRAPH_VALUE, _GRAPHS):
                    self._graph(start, stop, depth + 1)
                elif tag in (_TENSOR_VALUE, _TENSORS):
                    self._tensor(start, stop, depth + 1, "tensor")
                else:
                    self._sparse(start, stop, depth + 1, "sparse tensor")
        except OnnxStructureError as error:
            raise error.within(f"attribute {short(name)!r}") from None
        return name

    def _sparse(self, pos: int, end: int, depth: int, what: str) -> None:
        fields = self._fields(pos, end, _SPARSE, depth)
        if len({tag for tag, _, _ in fields}) < len(fields):
            raise OnnxStructureError(f"{what}, at byte {pos}: its values or indices come twice; once is allowed")
        for _, start, stop in fields:
            self._tensor(start, stop, depth + 1, what)

    def _tensor(self, pos: int, end: int, depth: int, what: str, *, main: bool = False) -> None:
        is_external = False
        place = 0
        name = ""
        entries: list[tuple[str, str]] = []
        content = Content(self._bytes)
        fault: OnnxStructureError | None = None
        try:
            for tag, start, stop in self._fields(pos, end, _TENSOR_ALL, depth):
                if tag == _TENSOR_EXTERNAL:
                    entries.append(self._entry(start, stop, depth + 1))
                elif tag == _TENSOR_LOCATION:
                    # protobuf cuts an enum to 32 bits, and leaves the field as it was for a value it does not know.
                    value = start & 0xFFFFFFFF
                    is_external = value == 1 or (is_external and value != 0)
                    place = stop - 1
                elif tag == _TENSOR_NAME:
                    name = self._name(start, stop)
                else:
                    content.add(tag, start, stop)
            if is_external and content.is_empty and self._bytes[place] == 1:
                self.empty.append(place)
            elif is_external:
                self._external(entries, content)
            else:
                content.check()
        except OnnxStructureError as error:
            fault = error.within(f"{what} ({short(name)!r})")
            if not main or self._initializers is None or not is_external:
                raise fault from None
        if main and self._initializers is not None:
            self._initializers[name] = Initializer(content.dtype, fault)

    # External data

    def _entry(self, pos: int, end: int, depth: int) -> tuple[str, str]:
        key = value = ""
        for tag, start, stop in self._fields(pos, end, _ENTRY, depth):
            if tag == _ENTRY_KEY:
                key = self._name(start, stop)
            else:
                value = self._name(start, stop)
        return key, value

    def _external(self, entries: list[tuple[str, str]], content: Content) -> None:
        if self._folder is None:
            raise OnnxStructureError(
                "its data is in a file beside the model, but the model came as bytes; pass the model's path too"
            )
        # The parser takes the last of several. Another version might take another one, so none may lead outside.
        found = dict(entries)
        for key, value in entries:
            if key == "location":
                self._check_inside(value, self._folder)
        location = found.get("location", "")
        size = self._sizes.get(location)
        if size is None:
            size = self._sizes[location] = self._file_size(location, self._folder)
        offset = self._number(found, "offset")
        length = self._number(found, "length") or max(size - offset, 0)
        if offset + length > size:
            raise OnnxStructureError(
                f"its data (offset {offset}, length {length}) runs past the end of {short(location)!r}, which has "
                f"{size} bytes"
            )
        content.check_size(length)

    def _check_inside(self, location: str, folder: Path) -> None:
        """Raise for a location that is a way out of the folder by its name."""
        # Both kinds of path on every system: what one takes for a name is a way out on another.
        for path in () if self._allow_outside else (PurePosixPath(location), PureWindowsPath(location)):
            if path.anchor:
                raise OnnxStructureError(f"{_external(location)} is absolute; {_inside(folder)}")
            if ".." in path.parts:
                raise OnnxStructureError(f"{_external(location)} contains '..'; {_inside(folder)}")

    def _file_size(self, location: str, folder: Path) -> int:
        what = _external(location)
        if not location or "\0" in location:
            raise OnnxStructureError(f"{what} is no path; a relative one is needed")
        try:
            real = (folder / location).resolve()
            homes = [folder.resolve(), *([] if self._real_folder is None else [self._real_folder.resolve()])]
            if not self._allow_outside and not any(real.is_relative_to(home) for home in homes):
                raise OnnxStructureError(f"{what} is a link to {str(real)!r}; {_inside(folder)}")
            status = real.stat()
        except (OSError, RuntimeError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            cause = error if isinstance(error, OSError) else None
            raise OnnxStructureError(f"{what} cannot be read in folder {str(folder)!r}: {reason}", cause) from None
        if not stat.S_ISREG(status.st_mode):
            raise OnnxStructureError(f"{what} is not a regular file in folder {str(folder)!r}")
        return status.st_size

    @staticmethod
    def _number(entries: dict[str, str], key: str) -> int:
        """A number as the parser reads it, 0 for none (C's ``strtoll``).

        Of what is no number the parser takes what stands in front, and reads other bytes than were meant: refused.
        """
        text = entries.get(key, "")
        match = _NUMBER.fullmatch(text)
        digits = match[2].lstrip("0") if match else ""
        if not match or (digits and (match[1] == "-" or len(digits) > 18)):
            raise OnnxStructureError(
                f"the {key} of its external data is {short(text)!r}; allowed is a decimal integer, not negative"
            )
        return int(digits or "0")


def _external(location: str) -> str:
    return f"its external data location {short(location)!r}"


def _inside(folder: Path) -> str:
    return f"allowed are files inside the model's folder {str(folder)!r} (unless allow_outside_data is set)"
