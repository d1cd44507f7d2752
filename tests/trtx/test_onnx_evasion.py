"""Ways around the structure check that protobuf's own rules open: what it reads is what must be checked."""

from __future__ import annotations

import time

import pytest

from trtx._onnx.check import OnnxStructureError, check_model


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def field(number: int, payload: bytes | int) -> bytes:
    if isinstance(payload, int):
        return varint(number << 3) + varint(payload)
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def model(initializer: bytes) -> memoryview:
    node = field(1, b"w") + field(2, b"y") + field(4, b"Identity")
    return memoryview(field(1, 8) + field(7, field(1, node) + field(5, initializer)))


@pytest.mark.parametrize("location", [field(14, 2**32 + 1), field(14, 1) + field(14, 2)])
def test_external_data_cannot_hide_behind_the_enum(location: bytes) -> None:
    entry = field(1, b"location") + field(2, b"../../../etc/passwd")
    tensor = field(1, 4) + field(2, 1) + field(8, b"w") + field(13, entry) + location
    with pytest.raises(OnnxStructureError):
        check_model(model(tensor))


def test_many_large_dimensions_are_refused_at_once() -> None:
    tensor = field(1, 2**62) * 5000 + field(2, 1) + field(8, b"w") + field(9, b"1234")
    start = time.monotonic()
    with pytest.raises(OnnxStructureError):
        check_model(model(tensor))
    assert time.monotonic() - start < 5
