"""What runs in the process of its own that `check_onnx_model` starts."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from trtx_sys._enums_gen import Severity

from .._build.builder import Builder
from .._core.errors import Error, LibraryError
from .._core.library import load_library
from .._core.logger import Logger
from .child import LONGEST_ANSWER, MOST_ERRORS, Request
from .parser import OnnxParser


def main() -> None:
    """Parse what comes on standard input, and answer on standard output."""
    _forbid_core_dumps()
    # The library may print; what it prints is no answer.
    answer = os.dup(1)
    os.dup2(2, 1)
    request = Request(**json.loads(sys.argv[-1]))
    try:
        _parse(sys.stdin.buffer.read(), request)
        said: dict[str, Any] = {}
    except Error as error:
        said = {"kind": type(error).__name__, "text": str(error)[: LONGEST_ANSWER // 8]}
        said["errors"] = [list(info) for info in getattr(error, "errors", ())][:MOST_ERRORS]
    with os.fdopen(answer, "w", encoding="utf-8") as file:
        json.dump(said, file)
        file.flush()
        # Without an end in good order: the answer is given, and a broken heap must not take it back.
        os._exit(0)


def _parse(model: bytes, request: Request) -> None:
    try:
        load_library(request.library)
    except LibraryError as error:
        raise LibraryError(f"the process that checks the model: {error}") from None
    logger = Logger(Severity.ERROR, sink=lambda severity, message: None)
    builder = Builder(logger)
    network = builder.create_network(*([] if request.network_flags is None else [request.network_flags & 1]))
    parser = OnnxParser(network)
    if request.flags is not None:
        parser.flags = request.flags
    parser.parse(model, request.path, allow_outside_data=request.allow_outside_data)


def _forbid_core_dumps() -> None:
    """A crash is expected here, and a model may be secret."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
