"""`OptimizationProfile`: shapes and values go in and out, and wrong ones leave it as it was."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import trtx

SHAPES = ((1, 8), (2, 8), (4, 8))


@pytest.fixture
def profile(builder: trtx.Builder) -> trtx.OptimizationProfile:
    return builder.create_optimization_profile()


def test_shapes_come_back(profile: trtx.OptimizationProfile) -> None:
    assert profile.get_shape("x") is None
    profile.set_shape("x", *SHAPES)
    assert profile.get_shape("x") == SHAPES
    assert profile.get_shape("y") is None
    profile.set_shape("x", [3], np.array([3]), (5,))
    assert profile.get_shape("x") == ((3,), (3,), (5,))
    profile.set_shape("scalar", (), (), ())
    assert profile.get_shape("scalar") == ((), (), ())
    assert profile.is_valid


def test_reading_what_is_not_set_logs_no_error(native_library: str) -> None:
    lines: list[str] = []
    with trtx.Logger(trtx.Severity.ERROR, lambda severity, message: lines.append(message)) as logger:
        profile = trtx.Builder(logger).create_optimization_profile()
        assert profile.get_shape("x") is None
        assert profile.get_shape_input("x") is None
    assert lines == []


def test_values_come_back(profile: trtx.OptimizationProfile) -> None:
    assert profile.get_shape_input("size") is None
    profile.set_shape_input("size", (1, -1), (2, 5), (3, 2**40))
    assert profile.get_shape_input("size") == ((1, -1), (2, 5), (3, 2**40))
    profile.set_shape_input("size", (0, 0), (0, 0), (0, 0))
    assert profile.get_shape_input("size") == ((0, 0), (0, 0), (0, 0))
    assert profile.get_shape("size") is None


@pytest.mark.parametrize(
    ("shapes", "culprit"),
    [
        (((2, 8), (1, 8), (4, 8)), r"min <= opt <= max, unlike 2, 1, 4 at index 0"),
        (((1, 8), (2, 8), (2, 7)), r"min <= opt <= max, unlike 8, 8, 7 at index 1"),
        (((1, 8), (2, 8), (4, 8, 1)), r"equal numbers of dimensions, not 2, 2 and 3"),
        (((1, -1), (2, 8), (4, 8)), r"^min\[1\] is -1"),
        (((1, 8), (2, 2**31), (4, 8)), r"^opt\[1\] is 2147483648"),
        (((1, 8), (2, 8), "48"), r"^max is '48'"),
        (((1,) * 9, (1,) * 9, (1,) * 9), r"^min is .*at most 8 dimensions, not 9"),
        (((1, 8.0), (2, 8), (4, 8)), r"^min\[1\] is 8.0"),
        ((None, (2, 8), (4, 8)), r"^min is None"),
    ],
)
def test_wrong_shapes_change_nothing(profile: trtx.OptimizationProfile, shapes: tuple, culprit: str) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=culprit):
        profile.set_shape("x", *shapes)
    assert profile.get_shape("x") is None
    profile.set_shape("x", *SHAPES)
    with pytest.raises(trtx.InvalidArgumentError, match=culprit):
        profile.set_shape("x", *shapes)
    assert profile.get_shape("x") == SHAPES
    assert profile.is_valid


@pytest.mark.parametrize(
    ("values", "culprit"),
    [
        (((2,), (1,), (3,)), r"the values of shape input 'size' .* unlike 2, 1, 3 at index 0"),
        (((1,), (2,), (3, 4)), r"equal numbers of values, not 1, 1 and 2"),
        (((), (), ()), r"^min is \(\); allowed is 1 to"),
        (((1.5,), (2,), (3,)), r"^min\[0\] is 1.5"),
        (((1,), (2,), (2**63,)), r"^max\[0\] is 9223372036854775808"),
        ((1, 2, 3), r"^min is 1; allowed is a sequence"),
        ((np.array(1), (2,), (3,)), r"^min is array\(1\); allowed is a sequence"),
        (({1}, {2}, {3}), r"^min is \{1\}; allowed is a sequence"),
        ((itertools.count(), (2,), (3,)), r"^min is .*; allowed is 1 to 65536 values"),
    ],
)
def test_wrong_values_change_nothing(profile: trtx.OptimizationProfile, values: tuple, culprit: str) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=culprit):
        profile.set_shape_input("size", *values)
    assert profile.get_shape_input("size") is None


def test_the_number_of_values_stays(profile: trtx.OptimizationProfile) -> None:
    profile.set_shape_input("size", (1,), (2,), (3,))
    with pytest.raises(trtx.InvalidArgumentError, match=r"shape input 'size' gets 2 values, but has 1 set"):
        profile.set_shape_input("size", (1, 1), (2, 2), (3, 3))
    assert profile.get_shape_input("size") == ((1,), (2,), (3,))


@pytest.mark.parametrize("name", ["", "a\0b", 3, None, "x" * 4096, "\ud800"])
def test_wrong_names(profile: trtx.OptimizationProfile, name: object) -> None:
    for call in (profile.get_shape, profile.get_shape_input):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^input "):
            call(name)  # type: ignore[arg-type]
    with pytest.raises(trtx.InvalidArgumentError, match=r"^input "):
        profile.set_shape(name, *SHAPES)  # type: ignore[arg-type]


def test_extra_memory_target(profile: trtx.OptimizationProfile) -> None:
    assert profile.extra_memory_target == 1
    profile.extra_memory_target = 0.25
    assert profile.extra_memory_target == 0.25
    for wrong in (-0.1, 1.1, float("nan"), "1", None):
        with pytest.raises(trtx.InvalidArgumentError, match=r"^extra_memory_target is "):
            profile.extra_memory_target = wrong  # type: ignore[assignment]
    assert profile.extra_memory_target == 0.25


def test_closing_the_builder_closes_its_profiles(profile: trtx.OptimizationProfile, builder: trtx.Builder) -> None:
    builder.close()
    assert profile.is_closed
    for use in (
        lambda: profile.set_shape("x", *SHAPES),
        lambda: profile.get_shape("x"),
        lambda: profile.get_shape_input("x"),
        lambda: profile.is_valid,
        lambda: profile.extra_memory_target,
    ):
        with pytest.raises(trtx.ClosedError, match="OptimizationProfile is closed"):
            use()


def test_a_profile_keeps_its_builder(native_library: str) -> None:
    profile = trtx.Builder(trtx.Logger(trtx.Severity.ERROR)).create_optimization_profile()
    profile.set_shape("x", *SHAPES)
    assert profile.get_shape("x") == SHAPES


def test_cannot_be_made_directly() -> None:
    with pytest.raises(TypeError, match=r"Builder.create_optimization_profile\(\)"):
        trtx.OptimizationProfile()
