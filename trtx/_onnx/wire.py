"""The wire format of protobuf, as far as ONNX uses it."""

from __future__ import annotations

from .shapes import OnnxStructureError

#: protobuf's own bound: it gives up beyond 100 nested messages.
_MAX_DEPTH = 100
#: Characters of a name that a message repeats.
_MAX_SHOWN = 120

VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

_Field = tuple[int, int, int]


def tags(*numbers: int, wire: int = _BYTES) -> tuple[int, ...]:
    """Tags, that is field number and wire type in one."""
    return tuple(number << 3 | wire for number in numbers)


class Wire:
    """Reads messages in place.

    Parameters
    ----------
    data
        The model.
    """

    def __init__(self, data: memoryview) -> None:
        self._bytes = data

    def _fields(self, pos: int, end: int, wanted: tuple[int, ...], depth: int) -> list[_Field]:
        """Fields that are wanted: tag, start (of a varint its value) and stop. Others are stepped over."""
        if depth > _MAX_DEPTH:
            raise OnnxStructureError(f"at byte {pos}: messages are nested deeper than {_MAX_DEPTH}")
        data = self._bytes
        found = []
        while pos < end:
            at = pos
            tag = data[pos]
            pos += 1
            if tag >= 0x80:
                tag, pos = self._varint(at, end)
            wire = tag & 7
            if wire == _BYTES:
                # Sizes of one byte are by far the most: they need no call.
                if pos < end and data[pos] < 0x80:
                    stop = pos + 1 + data[pos]
                    pos += 1
                else:
                    size, pos = self._varint(pos, end)
                    stop = pos + size
            elif wire == VARINT:
                if pos < end and data[pos] < 0x80:
                    value = data[pos]
                    pos += 1
                else:
                    value, pos = self._varint(pos, end)
                if tag in wanted:
                    found.append((tag, value, pos))
                stop = pos
            elif wire in (_FIXED32, _FIXED64):
                stop = pos + (4 if wire == _FIXED32 else 8)
            else:
                raise OnnxStructureError(f"at byte {at}: field {tag >> 3} has wire type {wire}, which ONNX never uses")
            if not 8 <= tag < 2**32:
                raise OnnxStructureError(f"at byte {at}: there is no field number {tag >> 3}")
            if stop > end:
                raise OnnxStructureError(
                    f"at byte {at}: field {tag >> 3} reaches to byte {stop}, but its message ends at byte {end}"
                )
            if wire != VARINT and tag in wanted:
                found.append((tag, pos, stop))
            pos = stop
        return found

    def _varint(self, pos: int, end: int) -> tuple[int, int]:
        at, value = pos, 0
        for shift in range(0, 70, 7):
            if pos >= end:
                raise OnnxStructureError(f"at byte {at}: a number reaches beyond its message, which ends at byte {end}")
            byte = self._bytes[pos]
            pos += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & (2**64 - 1), pos
        raise OnnxStructureError(f"at byte {at}: a number takes more than 10 bytes")

    def _name(self, start: int, stop: int) -> str:
        """All of a name, to tell it from others."""
        return str(self._bytes[start:stop], "utf-8", "surrogateescape")

    def _text(self, start: int, stop: int) -> str:
        """As much of a name as a message shows."""
        return short(str(self._bytes[start : min(stop, start + 4 * _MAX_SHOWN)], "utf-8", "surrogateescape"))


def short(text: str) -> str:
    """A name as messages show it."""
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."
