"""Short names of types, and sizes."""

from __future__ import annotations

import numpy as np
import pytest

import trtx


def test_short_names_are_the_types_that_numpy_knows_by_them() -> None:
    for name in ("float32", "float16", "int64", "int32", "int8", "uint8"):
        assert trtx.nptype(getattr(trtx, name)) is np.dtype(name).type


def test_types_of_ml_dtypes() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    for short, name in (("bfloat16", "bfloat16"), ("fp8", "float8_e4m3fn"), ("int4", "int4"), ("fp4", "float4_e2m1fn")):
        assert trtx.nptype(getattr(trtx, short)) is getattr(ml_dtypes, name)
    assert trtx.nptype(trtx.e8m0) is ml_dtypes.float8_e8m0fnu
    assert trtx.nptype(trtx.float32)(3) == 3


@pytest.mark.parametrize("shape", [(), (3,), [2, 3, 4], np.array([5, 6]), (7, 0)])
def test_sizes(shape: object) -> None:
    expected = np.empty(tuple(shape), np.float16)  # type: ignore[arg-type]
    assert trtx.volume(shape) == expected.size  # type: ignore[arg-type]
    assert trtx.nbytes(shape, trtx.float16) == expected.nbytes  # type: ignore[arg-type]


def test_types_of_four_bits_are_packed() -> None:
    assert [trtx.nbytes((count,), trtx.int4) for count in (0, 1, 2, 3)] == [0, 1, 1, 2]


def test_mistakes() -> None:
    for call, words in (
        (lambda: trtx.volume((2, -1)), r"^shape\[1\] is -1"),
        (lambda: trtx.volume(3), "^shape is 3"),  # type: ignore[arg-type]
        (lambda: trtx.nbytes((2,), "float32"), "^dtype is 'float32'"),  # type: ignore[arg-type]
        (lambda: trtx.nptype(np.float32), "^dtype is "),  # type: ignore[arg-type]
    ):
        with pytest.raises(trtx.InvalidArgumentError, match=words):
            call()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("ICudaEngine", "trtx.CudaEngine"),
        ("ILogger", "sink"),
        ("Dims3", "tuples"),
        ("bool", "BOOL"),
        ("IPluginV3", "plugins"),
    ],
)
def test_names_of_the_other_package_lead_on(name: str, hint: str) -> None:
    with pytest.raises(AttributeError, match=f"no attribute '{name}'.*{hint}"):
        getattr(trtx, name)


def test_members_of_enums_show_their_names() -> None:
    assert str(trtx.float32) == f"{trtx.float32}" == "DataType.FLOAT"
    assert f"{trtx.Severity.INFO:>15}" == "  Severity.INFO"
    both = trtx.EngineInvalidityDiagnostics.VERSION_MISMATCH | trtx.EngineInvalidityDiagnostics.CUDA_ERROR
    assert "VERSION_MISMATCH" in str(both)
    assert "CUDA_ERROR" in str(both)
    assert int(trtx.DataType.HALF) == 1
