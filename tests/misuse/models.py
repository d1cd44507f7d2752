"""ONNX models, sound and broken, written by hand: the battery needs no package that makes them."""

from __future__ import annotations


def _varint(number: int) -> bytes:
    result = b""
    while True:
        number, low = number >> 7, number & 127
        if not number:
            return result + bytes([low])
        result += bytes([low | 128])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes | str) -> bytes:
    data = value.encode() if isinstance(value, str) else value
    return _varint(field << 3 | 2) + _varint(len(data)) + data


def node(operator: str, inputs: list[str], outputs: list[str], name: str = "node") -> bytes:
    parts = [_bytes(1, item) for item in inputs] + [_bytes(2, item) for item in outputs]
    return _bytes(1, b"".join([*parts, _bytes(3, name), _bytes(4, operator)]))


def value(field: int, name: str, shape: tuple[int, ...] | None = (2, 2)) -> bytes:
    """An input (field 11) or output (12) of floats."""
    kind = _number(1, 1)
    if shape is not None:
        kind += _bytes(2, b"".join(_bytes(1, _number(1, size)) for size in shape))
    return _bytes(field, _bytes(1, name) + _bytes(2, _bytes(1, kind)))


def initializer(name: str, shape: tuple[int, ...], data: bytes | None, **external: str) -> bytes:
    """Floats of the model, or of a file beside it."""
    body = b"".join(_number(1, size) for size in shape) + _number(2, 1) + _bytes(8, name)
    if data is not None:
        body += _bytes(9, data)
    for key, text in external.items():
        body += _bytes(13, _bytes(1, key) + _bytes(2, text))
    return _bytes(5, body + (_number(14, 1) if external else b""))


def model(*parts: bytes) -> bytes:
    graph = b"".join(parts) + _bytes(2, "graph")
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _bytes(1, "") + _number(2, 17))


def relu() -> bytes:
    return model(node("Relu", ["x"], ["y"]), value(11, "x"), value(12, "y"))


def unsupported() -> bytes:
    return model(node("Frobnicate", ["x"], ["y"]), value(11, "x"), value(12, "y"))


def no_outputs() -> bytes:
    return model(node("Relu", ["x"], []), value(11, "x"), value(12, "y"))


def missing_input() -> bytes:
    return model(node("Relu", ["nowhere"], ["y"]), value(11, "x"), value(12, "y"))


def cycle() -> bytes:
    return model(node("Relu", ["b"], ["a"]), node("Relu", ["a"], ["b"]), value(11, "x"), value(12, "b"))


def missing_shape() -> bytes:
    return model(node("Relu", ["x"], ["y"]), value(11, "x", None), value(12, "y"))


def short_initializer() -> bytes:
    return model(node("Add", ["x", "w"], ["y"]), value(11, "x"), value(12, "y"), initializer("w", (2, 2), b"\0" * 7))


def with_weights() -> bytes:
    return model(node("Add", ["x", "w"], ["y"]), value(11, "x"), value(12, "y"), initializer("w", (2, 2), b"\0" * 16))


def external(location: str, **more: str) -> bytes:
    return model(
        node("Add", ["x", "w"], ["y"]),
        value(11, "x"),
        value(12, "y"),
        initializer("w", (2, 2), None, location=location, **more),
    )
