"""Bytes that are no engine, and engines that are not for here. There need not be a GPU, so none can be made to work."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from tests.helpers.engine_bytes import of_another_version

from .adapters import Api, answer
from .case import case

Steps = Generator[None, None, None]


def _built(api: Api) -> bytes:
    builder = api.builder()
    return bytes(api.build(builder, api.simple(builder)))


def _flip(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]


ENGINES: dict[str, tuple[Callable[[bytes], Any]]] = {
    "empty": (lambda data: b"",),
    "one byte": (lambda data: b"x",),
    "text": (lambda data: b"this is no engine, but a text" * 40,),
    "random": (lambda data: random.Random(1).randbytes(4096),),
    "zeros": (lambda data: bytes(4096),),
    "half": (lambda data: data[: len(data) // 2],),
    "header only": (lambda data: data[:64],),
    "one byte short": (lambda data: data[:-1],),
    "a byte too many": (lambda data: data + b"x",),
    "first byte flipped": (lambda data: _flip(data, 0),),
    "byte 20 flipped": (lambda data: _flip(data, 20),),
    "other version": (of_another_version,),
    "None": (lambda data: None,),
    "a number": (lambda data: 7,),
    "a list": (lambda data: [1, 2, 3],),
    "no such file": (lambda data: "/no/such/engine.file",),
    "not contiguous": (lambda data: memoryview(data)[::2],),
}


WORDS = ("engine", "driver", "buffer", "source", "bytes-like", "contiguous", "path")


@case("deserializing what is no engine", *WORDS, variants=ENGINES)
def deserialize(api: Api, make: Callable[[bytes], Any]) -> Steps:
    runtime, data = api.runtime(), make(_built(api))
    yield
    answer(runtime.deserialize_cuda_engine(data))


@case("asking for the validity of what is no engine", *WORDS, variants=ENGINES, kind="either")
def validity(api: Api, make: Callable[[bytes], Any]) -> Steps:
    runtime, data = api.runtime(), make(_built(api))
    yield
    answer(runtime.get_engine_validity(data))


@case("an engine file that is none", "engine", "file", "directory", only="trtx", variants=("folder", "empty", "fifo"))
def engine_file(api: Api, how: str) -> Steps:
    runtime = api.runtime()
    path = Path(tempfile.mkdtemp(), "engine")
    if how == "folder":
        path.mkdir()
    elif how == "empty":
        path.touch()
    else:
        os.mkfifo(path)
    yield
    runtime.deserialize_cuda_engine(path)


@case("an engine is saved where it cannot be", "nowhere", only="trtx", variants=("nowhere/engine", "nowhere\0", ""))
def save(api: Api, path: str) -> Steps:
    builder = api.builder()
    memory = api.build(builder, api.simple(builder))
    yield
    try:
        memory.save(path)
    except Exception as error:
        if not path and "path" in str(error):
            raise RuntimeError("nowhere: the path is empty") from error
        raise


@case("an engine's bytes are written to", "read-only", "readonly", "modify", "not writable")
def write_to_engine(api: Api) -> Steps:
    builder = api.builder()
    memory = api.build(builder, api.simple(builder))
    view = memoryview(memory.view() if hasattr(memory, "view") else memory)
    yield
    view[0] = 0
