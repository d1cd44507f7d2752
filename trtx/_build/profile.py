"""`OptimizationProfile`: the range of shapes that an engine is built for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from trtx_sys._enums_gen import OptProfileSelector
from trtx_sys._ffi import ffi, lib

from .._core.accessors import changed
from .._core.errors import BuilderError, InvalidArgumentError
from .._core.public import public
from .._core.shown import listed
from .._core.values import (
    INT32_MAX,
    MAX_TEXT,
    Shape,
    check_int,
    check_sequence,
    check_shape,
    check_text,
    from_dims,
    reject,
    to_dims,
)
from .accessors_gen import OptimizationProfileAccessors

__all__ = ["OptimizationProfile"]

_SELECTORS = (OptProfileSelector.MIN, OptProfileSelector.OPT, OptProfileSelector.MAX)
_NAMES = ("min", "opt", "max")

#: Smallest, usual and largest.
Three = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]

#: More values than any shape tensor can have; more would only show a mistake late.
_MAX_VALUES = 1 << 16


@public
class OptimizationProfile(OptimizationProfileAccessors):
    """Smallest, usual and largest shapes of dynamic inputs, and values of shape inputs (``IOptimizationProfile``).

    `Builder.create_optimization_profile` makes it, and `BuilderConfig.add_optimization_profile` puts it to use.

    Notes
    -----
    It belongs to its builder and lives as long as that. It cannot be changed during a build. Threads may share it, but
    should not set shapes of the same input at the same time, as that is done in several steps.
    """

    __slots__ = ()

    _error = BuilderError

    def _how_to_make(self) -> str:
        return "Call Builder.create_optimization_profile()."

    def _details(self) -> str:
        names = [key[1].decode("utf-8", "surrogateescape") for key in [*self._keep] if key[0] == "shapes"]
        return listed((f"{name!r} {self._shown(name)}" for name in names), len(names), 4) or "without shapes"

    def _shown(self, name: str) -> str:
        least, usual, most = self.get_shape(name) or ((), (), ())
        return f"{least} to {most}, usually {usual}"

    def __bool__(self) -> bool:
        """Whether it is valid, as `is_valid` says."""
        return self.is_valid

    def set_shape(self, input: str, min: Shape, opt: Shape, max: Shape) -> None:
        """Set the shapes that an input may have (``IOptimizationProfile::setDimensions``).

        Parameters
        ----------
        input : str
            Name of the input; whether the network has it is known when it is built.
        min, opt, max : sequence of int
            Smallest, usual and largest shape; of one rank, and ``min <= opt <= max`` in every dimension.

        Raises
        ------
        InvalidArgumentError
            If one of the shapes cannot be right. The profile is as it was.
        BuilderError
            If TensorRT-RTX refuses them. The profile is as it was.
        BusyError
            If the profile is in use by another call, such as a build.
        """
        name = check_text(input, "input", empty=False, limit=MAX_TEXT)
        shapes = [
            check_shape(shape, which, high=INT32_MAX) for which, shape in zip(_NAMES, (min, opt, max), strict=True)
        ]
        self._check_order(f"the shapes of input {input!r}", "dimensions", shapes)
        before = self._read_shapes(name)
        try:
            self._write_shapes(name, input, shapes)
        except BaseException:
            if before is not None:
                self._write_shapes(name, input, before)
            raise
        self._keep["shapes", name] = True

    def _write_shapes(self, name: bytes, input: str, shapes: Sequence[Sequence[int]]) -> None:
        for selector, shape in zip(_SELECTORS, shapes, strict=True):
            what = f"set_shape({input!r}, {_NAMES[selector]}={tuple(shape)})"
            self._change(what, lib.trtx_optimization_profile_set_dimensions, name, selector, to_dims(shape))

    def _change(self, what: str, function: Callable[..., int], *arguments: Any) -> None:
        self._check(changed(self, what, self, function, *arguments), what)

    def get_shape(self, input: str) -> Three | None:
        """Get the shapes that an input may have (``IOptimizationProfile::getDimensions``).

        Parameters
        ----------
        input : str
            Name of the input.

        Returns
        -------
        tuple of three tuples of int, or None
            Smallest, usual and largest shape; None if none have been set.

        Raises
        ------
        InvalidArgumentError
            If the name is no str, empty or too long.
        """
        return self._read_shapes(check_text(input, "input", empty=False, limit=MAX_TEXT))

    def _read_shapes(self, name: bytes) -> Three | None:
        _ = self._ptr
        if ("shapes", name) not in self._keep:
            return None  # asking TensorRT-RTX would put an error into the log
        found = []
        dims = ffi.new("trtx_dims *")
        for selector in _SELECTORS:
            status = lib.trtx_optimization_profile_get_dimensions(self._ptr, name, selector, dims)
            self._check(status, "get_shape")
            found.append(from_dims(dims) or ())
        return found[0], found[1], found[2]

    def _input_names(self) -> list[str]:
        """Inputs that the profile has something for."""
        return [name.decode("utf-8", "surrogateescape") for _, name in list(self._keep)]

    def set_shape_input(self, input: str, min: Shape, opt: Shape, max: Shape) -> None:
        """Set the values that a shape input may have: an input whose values decide shapes of other tensors.

        (``IOptimizationProfile::setShapeValuesV2``)

        Parameters
        ----------
        input : str
            Name of the input.
        min, opt, max : sequence of int
            Smallest, usual and largest values, as many as the input has elements, in row-major order;
            ``min <= opt <= max`` for each. Their number cannot be changed in a profile.

        Raises
        ------
        InvalidArgumentError
            If some of the values cannot be right. The profile is as it was.
        BuilderError
            If TensorRT-RTX refuses them. The profile is as it was.
        BusyError
            If the profile is in use by another call, such as a build.
        """
        name = check_text(input, "input", empty=False, limit=MAX_TEXT)
        values = [_check_values(item, which) for which, item in zip(_NAMES, (min, opt, max), strict=True)]
        self._check_order(f"the values of shape input {input!r}", "values", values)
        before = self._read_values(name)
        if before is not None and len(before[0]) != len(values[0]):
            # Whoever gave a wrong number cannot correct it: TensorRT-RTX holds on to the first.
            raise InvalidArgumentError(
                f"shape input {input!r} gets {len(values[0])} values, but has {len(before[0])} set; their number "
                "cannot be changed in a profile, use another one"
            )
        try:
            self._write_values(name, input, values)
        except BaseException:
            if before is not None:
                self._write_values(name, input, before)
            raise
        self._keep["values", name] = True

    def _write_values(self, name: bytes, input: str, values: Sequence[Sequence[int]]) -> None:
        for selector, item in zip(_SELECTORS, values, strict=True):
            array = ffi.new("int64_t[]", list(item))
            what = f"set_shape_input({input!r}, {_NAMES[selector]}={tuple(item)})"
            self._change(what, lib.trtx_optimization_profile_set_shape_values_v2, name, selector, array, len(item))

    def get_shape_input(self, input: str) -> Three | None:
        """Get the values that a shape input may have (``IOptimizationProfile::getShapeValuesV2``).

        Parameters
        ----------
        input : str
            Name of the input.

        Returns
        -------
        tuple of three tuples of int, or None
            Smallest, usual and largest values; None if none have been set.

        Raises
        ------
        InvalidArgumentError
            If the name is no str, empty or too long.
        """
        return self._read_values(check_text(input, "input", empty=False, limit=MAX_TEXT))

    def _read_values(self, name: bytes) -> Three | None:
        _ = self._ptr
        if ("values", name) not in self._keep:
            return None
        count = ffi.new("int32_t *")
        status = lib.trtx_optimization_profile_get_nb_shape_values(self._ptr, name, count)
        self._check(status, "get_shape_input")
        found = []
        view = ffi.new("const int64_t **")
        for selector in _SELECTORS:
            status = lib.trtx_optimization_profile_get_shape_values_v2(self._ptr, name, selector, view)
            self._check(status, "get_shape_input")
            found.append(tuple(ffi.unpack(view[0], count[0])) if view[0] else ())
        return found[0], found[1], found[2]

    def _check_order(self, what: str, unit: str, three: Sequence[Sequence[int]]) -> None:
        least, usual, most = three
        counts = [len(item) for item in three]
        if len(set(counts)) > 1:
            raise InvalidArgumentError(
                f"{what} have min {tuple(least)}, opt {tuple(usual)} and max {tuple(most)}; allowed are equal numbers "
                f"of {unit}, not {counts[0]}, {counts[1]} and {counts[2]}"
            )
        for index, (low, middle, high) in enumerate(zip(least, usual, most, strict=True)):
            if not low <= middle <= high:
                raise InvalidArgumentError(
                    f"{what} have min {tuple(least)}, opt {tuple(usual)} and max {tuple(most)}; allowed is "
                    f"min <= opt <= max, unlike {low}, {middle}, {high} at index {index}"
                )


def _check_values(values: object, name: str) -> list[int]:
    items = check_sequence(values, name, "a sequence of integers", _MAX_VALUES)
    checked = [check_int(value, f"{name}[{i}]") for i, value in enumerate(items)]
    if not 1 <= len(checked) <= _MAX_VALUES:
        reject(name, tuple(checked), f"1 to {_MAX_VALUES} values, not {len(checked)}")
    return checked
