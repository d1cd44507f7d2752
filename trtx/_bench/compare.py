"""How far arrays are apart."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .._core.errors import InvalidArgumentError
from .._core.values import show
from .inputs import as_type

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Difference:
    """An output beside what was expected.

    Attributes
    ----------
    agrees : bool
        Whether no element is further away than ``atol + rtol * abs(expected)``.
    problem : str
        What keeps the arrays from being compared, such as other shapes; empty where they were.
    elements, differing : int
        How many there are, and how many are too far away.
    max_abs, mean_abs : float
        The largest and the mean absolute error, of elements that are finite in both.
    max_rel : float
        The largest relative error, where the expected value is not 0.
    non_finite : int
        Elements that are infinite or not a number in one array, and not the same in the other.
    worst : tuple of int
        Index of the element that is furthest beyond what is allowed.
    got, expected : float
        Its values.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    agrees: bool
    problem: str = ""
    elements: int = 0
    differing: int = 0
    max_abs: float = 0.0
    mean_abs: float = 0.0
    max_rel: float = 0.0
    non_finite: int = 0
    worst: tuple[int, ...] | None = None
    got: float | None = None
    expected: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it, where a number that is none is null."""
        found = asdict(self)
        for name in ("got", "expected"):
            value = found[name]
            if value is not None and (value != value or value in (float("inf"), float("-inf"))):
                found[name] = None
        return found


def compare(
    results: Mapping[str, npt.NDArray[Any]],
    expected: Mapping[str, npt.NDArray[Any]],
    rtol: float,
    atol: float,
    what: str,
) -> list[Difference]:
    """Compare the outputs of a run with arrays of the same names.

    Raises
    ------
    InvalidArgumentError
        If a name is missing on one side.
    """
    missing = [name for name in results if name not in expected]
    more = [name for name in expected if name not in results]
    if missing or more:
        close = difflib.get_close_matches(more[0], missing or list(results), 1, 0.5) if more else []
        meant = f" (did you mean {close[0]!r}?)" if close else ""
        parts = [f"names {', '.join(map(repr, more))}{meant}"] if more else []
        parts += [f"lacks {', '.join(map(repr, missing))}"] if missing else []
        raise InvalidArgumentError(
            f"{what} {' and '.join(parts)}; the outputs of the model are {', '.join(map(repr, results))}"
        )
    return [_compare(name, array, expected[name], rtol, atol) for name, array in results.items()]


def _compare(name: str, got: npt.NDArray[Any], wanted: npt.NDArray[Any], rtol: float, atol: float) -> Difference:
    import numpy as np

    about = name, tuple(map(int, got.shape)), str(got.dtype)
    wanted = as_type(wanted, got.dtype)
    if got.shape != wanted.shape:
        return Difference(*about, False, f"its shape is {show(got.shape)}, expected is {show(wanted.shape)}")
    if wanted.dtype.kind not in "biuf" and got.dtype != wanted.dtype:  # complex numbers, dates, text
        return Difference(*about, False, f"its values are {got.dtype}, expected are {wanted.dtype}")
    try:
        left, right = got.astype(np.float64), wanted.astype(np.float64)
    except (TypeError, ValueError):
        return Difference(*about, False, f"its values are {got.dtype}, expected are {wanted.dtype}")
    is_finite = np.isfinite(left) & np.isfinite(right)
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    error = np.zeros(left.shape)
    np.subtract(left, right, out=error, where=is_finite)
    np.abs(error, out=error)
    if got.dtype.kind in "iu" and wanted.dtype.kind in "iu":
        # Whole numbers beyond 2**53 are not exact as floating point.
        same &= got == wanted
        error[(got != wanted) & (error == 0)] = 1.0
    allowed = atol + rtol * np.where(is_finite, np.abs(right), 0)
    beyond = np.where(is_finite, error - allowed, np.where(same, -1.0, np.inf))
    differs = (beyond > 0) & ~same
    count = int(differs.sum())
    relative = np.zeros(left.shape)
    np.divide(error, np.abs(right), out=relative, where=is_finite & (right != 0))
    place = np.unravel_index(int(np.argmax(beyond)), left.shape) if count else None
    compared = error[is_finite]
    return Difference(
        *about,
        count == 0,
        "",
        int(left.size),
        count,
        float(error.max(initial=0.0)),
        float(compared.mean()) if compared.size else 0.0,
        float(relative.max(initial=0.0)),
        int((~is_finite & ~same).sum()),
        tuple(map(int, place)) if place is not None else None,
        float(left[place]) if place is not None else None,
        float(right[place]) if place is not None else None,
    )
