"""What the first bytes of an engine file tell, without the library and without a GPU.

NVIDIA does not document them; they were found by building with TensorRT-RTX 1.5, 1.6 and 1.7 for each target, and a
test builds again. What does not look as they do is not guessed at.
"""

from __future__ import annotations

import os
from typing import NamedTuple

import trtx

_MAGIC, _SECOND_MAGIC = b"vtrt", b"vtrt"
_FAKE = b"TRTXFAKE"

#: Bits of the set of targets.
_TARGETS = ("SM75", "SM80", "SM86", "SM89", "SM120", "SM121")
_OTHERS = 6


class Header(NamedTuple):
    """What an engine says of itself."""

    #: Bytes that the whole file should have.
    nbytes: int
    #: Version of TensorRT-RTX that built it; of the last number only the lowest byte is there.
    version: tuple[int, int, int, int]
    #: GPUs that it is for.
    targets: tuple[trtx.ComputeCapability, ...]
    #: Whether it is for further kinds of GPUs that the library can compile for.
    for_others: bool
    #: Version of CUDA that built it, such as (13, 2); None where it does not say.
    cuda: tuple[int, int] | None


def read_header(data: bytes) -> Header | None:
    """Read the header of an engine.

    Parameters
    ----------
    data
        At least the first 64 bytes of the file.

    Returns
    -------
    Header or None
        None for what is no engine of TensorRT-RTX 1.5 or newer.
    """
    if len(data) < 64 or data[:4] != _MAGIC or data[28:32] != _SECOND_MAGIC:
        return None
    bits = int.from_bytes(data[32:36], "little")
    cuda = int.from_bytes(data[48:52], "little")
    major, minor, patch, build = data[24:28]
    return Header(
        int.from_bytes(data[16:24], "little"),
        (major, minor, patch, build),
        tuple(trtx.ComputeCapability[name] for bit, name in enumerate(_TARGETS) if bits >> bit & 1),
        bool(bits >> _OTHERS & 1),
        (cuda // 1000, cuda % 1000 // 10) if 10000 <= cuda < 100000 else None,
    )


def is_fake(data: bytes) -> bool:
    """Whether the bytes are an engine of the fake library, for tests."""
    return data.startswith(_FAKE)


def is_fake_library() -> bool:
    """Whether the library that is loaded is that of the tests, which needs no GPU."""
    return "trtx_fake" in os.path.basename(trtx.library_path())
