"""What the parser does not say: which operators and types TensorRT-RTX cannot run, and what its errors are about.

The tables were measured: every operator and every type of ONNX was given to the libraries of these versions.
"""

from __future__ import annotations

#: Operators that the parser says it knows, and that cannot be run: those that need a plugin, of which TensorRT-RTX has
#: none, and NonMaxSuppression, which is parsed and cannot be built. By the version from which on this holds.
_CANNOT_RUN = {
    (1, 5): frozenset({"CausalConvWithState", "LinearAttention", "NonMaxSuppression", "NonZero", "RoiAlign"}),
}
#: Types of ONNX that inputs, initializers and casts may have; DOUBLE becomes FLOAT. By version likewise.
_TYPES = {(1, 5): frozenset({1, 2, 3, 6, 7, 9, 10, 11, 16, 17, 22, 23})}
#: The newest versions of operators and of the format that are known to be read. By version likewise.
_NEWEST = {(1, 5): (28, 14)}

_TYPE_NAMES = {
    1: "FLOAT", 2: "UINT8", 3: "INT8", 4: "UINT16", 5: "INT16", 6: "INT32", 7: "INT64", 8: "STRING", 9: "BOOL",
    10: "FLOAT16", 11: "DOUBLE", 12: "UINT32", 13: "UINT64", 14: "COMPLEX64", 15: "COMPLEX128", 16: "BFLOAT16",
    17: "FLOAT8E4M3FN", 18: "FLOAT8E4M3FNUZ", 19: "FLOAT8E5M2", 20: "FLOAT8E5M2FNUZ", 21: "UINT4", 22: "INT4",
    23: "FLOAT4E2M1", 24: "FLOAT8E8M0", 25: "UINT2", 26: "INT2",
}  # fmt: skip

_Table = dict[tuple[int, int], frozenset[str]]
