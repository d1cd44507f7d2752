"""What a comparison cannot find out by itself: other names, other ways, and reasons.

What is left out needs no line here: it has a hint in ``trtx._core.hints``, which is its reason.
"""

from __future__ import annotations

#: Classes of NVIDIA's with another name here; most only lose their ``I``.
CLASSES = {
    "ErrorCode": "OnnxErrorCode",
    "ErrorCodeTRT": "ErrorCode",
    "ILogger.Severity": "Severity",
    "IStreamReaderV2": "StreamReader",
    "Logger.Severity": "Severity",
    "ParserError": "ParserErrorInfo",
}

#: What the import of NVIDIA's package leaves behind in its module, and nobody calls.
NO_API = {"attr", "common_enter", "common_exit", "value"}

#: Methods of NVIDIA's that are attributes here, and the other way round: class and name, with the reason.
OTHER_KINDS = {
    **dict.fromkeys(
        (f"ParserError.{name}" for name in ("code", "file", "line", "node", "node_name", "node_operator")),
        "an attribute: the error is a tuple, which outlives the parser",
    ),
    "ParserError.local_function_stack": "an attribute: a tuple of all names",
}

#: Keywords that do not stand where NVIDIA's do, or that are taken without being in the signature.
POSITIONS: dict[str, dict[str, str]] = {
    "ICudaEngine.create_execution_context": {"runtime_config": "strategy"},
    "Weights.__init__": {"type": "dtype", "ptr": "values", "a": "dtype"},
}

#: Calls of NVIDIA's that are not taken as they are: class and method, with the reason.
KEYWORDS: dict[str, str] = {
    "ICudaEngine.get_engine_stat": "which figure must be said: there is no default",
    "IStreamWriter.write": "is called with the bytes alone, as NVIDIA's package does it too",
    "IRuntimeConfig.set_runtime_cache": "the cache must be given: there is no default",
}

#: What is going to be here, and is not yet.
NOT_YET: set[str] = set()
