"""What is known of an engine's bytes: enough to make one that another version seems to have built."""

from __future__ import annotations

#: Where the header has the version that built the engine: major, minor, patch and build.
VERSION = slice(24, 28)
#: Where the number of the format is: 94 in TensorRT-RTX 1.5, 98 in 1.6, 100 in 1.7.
FORMAT = 116


def of_another_version(engine: bytes) -> bytes:
    """Make an engine of TensorRT-RTX 1.3.0.1, as far as a runtime looks before it refuses it."""
    changed = bytearray(engine)
    changed[VERSION] = (1, 3, 0, 1)
    changed[FORMAT] = 90
    return bytes(changed)
