"""Checks of arguments: what they take, and what they say of the rest."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import trtx
from trtx._core.values import check_axes, check_float, check_float32, check_index, check_int, check_shape, reject

RELU = trtx.ActivationType.RELU


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError("no repr")


def refused(check: Callable[..., object], *arguments: Any) -> str:
    """Message of the error of a check, which names the argument."""
    with pytest.raises(trtx.InvalidArgumentError, match=r"^argument\b") as caught:
        check(*arguments)
    return str(caught.value)


@pytest.mark.parametrize("value", [3, np.int64(3), np.uint8(3), np.array(3)])
def test_integers(value: object) -> None:
    assert check_int(value, "argument", 0, 5) == 3
    assert check_index(value, "argument", 4, "things") == 3


@pytest.mark.parametrize("value", [3.0, True, np.True_, RELU, "3", None, np.array([1, 2]), Fraction(3)], ids=repr)
def test_what_is_no_integer(value: object) -> None:
    assert refused(check_int, value, "argument").endswith("; allowed is an integer")
    assert refused(check_int, value, "argument", 0, 5).endswith("; allowed is an integer from 0 to 5")
    assert refused(check_index, value, "argument", 5, "layers").endswith("; allowed is 0 to 4 (5 layers)")


def test_bounds_of_integers_are_told_where_they_matter() -> None:
    assert "from -9223372036854775808 to" in refused(check_int, 2**63, "argument")
    assert "as there are none (0 layers)" in refused(check_index, 0, "argument", 0, "layers")


def test_an_error_of_repr_does_not_replace_the_message() -> None:
    message = refused(reject, "argument", Unprintable(), "something else")
    assert message == "argument is <Unprintable whose repr fails>; allowed is something else"
    for check in (check_int, check_float, check_shape, check_axes):
        assert "whose repr fails" in refused(check, Unprintable(), "argument")


@pytest.mark.parametrize("value", [2, 2.0, np.float32(2), np.int8(2), np.array(2.0), Fraction(2), Decimal(2)], ids=repr)
def test_numbers(value: object) -> None:
    for check in (check_float, check_float32):
        number = check(value, "argument")
        assert type(number) is float
        assert number == 2


def test_infinite_and_undefined_numbers_stay() -> None:
    for check in (check_float, check_float32):
        assert check(-math.inf, "argument") == -math.inf
        assert check(Decimal("inf"), "argument") == math.inf
        assert math.isnan(check(math.nan, "argument"))


@pytest.mark.filterwarnings("error")  # numpy only warns of a lost imaginary part
@pytest.mark.parametrize(
    "value",
    [
        *(True, np.True_, RELU, None, "2", b"2", np.str_("2"), np.array("2"), 2j, np.complex64(2), np.array(2j)),
        *(np.array([2.0]), np.array([2.0, 3.0]), np.array(2, object), Decimal("sNaN"), Decimal("1e400"), 10**400),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_what_is_no_number(value: object) -> None:
    assert "; allowed is a number" in refused(check_float, value, "argument")


@pytest.mark.parametrize("value", [1e39, -1e300, 2**128])
def test_numbers_beyond_32_bits(value: float) -> None:
    assert check_float(value, "argument") == value
    assert "a float of 32 bits" in refused(check_float32, value, "argument")


def test_the_largest_float_of_32_bits_is_one() -> None:
    largest = float(np.finfo(np.float32).max)
    assert check_float32(largest, "argument") == largest


@pytest.mark.parametrize("make", [list, tuple, iter, np.array, lambda sizes: (size for size in sizes)])
def test_shapes(make: Callable[[list[int]], object]) -> None:
    assert check_shape(make([2, 3]), "argument") == [2, 3]
    assert check_axes(make([2, 3]), "argument") == 0b1100


@pytest.mark.parametrize(
    "value",
    [
        *(None, 2.0, "23", b"23", bytearray(b"23"), {2: 3}, io.BytesIO(b"2"), io.StringIO("2"), np.array(2.0)),
        *([2.0], [True], ["2"], [RELU], [None], range(9), [3, -1]),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_shape_and_no_set_of_axes(value: object) -> None:
    for check in (check_shape, check_axes):
        assert "; allowed is " in refused(check, value, "argument")


def test_the_order_of_axes_means_nothing_but_that_of_a_shape_does() -> None:
    for value in ({2, 3}, frozenset((2, 3))):
        assert check_axes(value, "argument") == 0b1100
        assert "a sequence of up to 8 integers" in refused(check_shape, value, "argument")
    assert "a sequence of up to 8 integers" in refused(check_shape, np.array(3), "argument")
    assert check_axes(np.array(3), "argument") == 3  # a mask


def test_what_has_no_end_is_not_read_to_it() -> None:
    assert "at most 8 dimensions" in refused(check_shape, itertools.count(), "argument")
    assert "at most 8 axes" in refused(check_axes, itertools.repeat(1), "argument")
