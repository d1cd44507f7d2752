"""What a model is run on: shapes for its open sizes, and arrays from files or from a seed."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

from trtx_sys._enums_gen import DataType

from .._core.errors import Error, InvalidArgumentError
from .._core.values import show
from .._session.ports import Port, check_shape
from .files import Raw

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from .._run.engine import CudaEngine

Shapes = Mapping[str, tuple[int, ...]]


def unknown(what: str, name: str, names: Iterable[str], kind: str) -> NoReturn:
    """Refuse a name: what was meant, if that can be guessed, and what there is."""
    known = list(names)
    close = difflib.get_close_matches(name, known, 1, 0.5)
    meant = f" (did you mean {close[0]!r}?)" if close else ""
    listed = ", ".join(map(repr, known)) if known else f"no {kind}"
    raise InvalidArgumentError(f"{what} names {name!r}{meant}; the model has {listed}")


def choose_shapes(inputs: tuple[Port, ...], wanted: Shapes, what: str = "--shapes") -> dict[str, tuple[int, ...]]:
    """A shape for each input: as wanted, or its own; for one with open sizes the usual one of the first profile.

    Raises
    ------
    InvalidArgumentError
        If a name is unknown, or a shape is none that the input can have.
    """
    names = [port.name for port in inputs]
    for name in wanted:
        if name not in names:
            unknown(what, name, names, "inputs")
    found = {}
    for port in inputs:
        if port.name in wanted:
            found[port.name] = check_shape(port, tuple(wanted[port.name]))
        else:
            found[port.name] = port.shape if port.is_fixed else port.info.profiles[0][1]
    return found


def random_arrays(
    inputs: tuple[Port, ...],
    shapes: Shapes,
    seed: int,
    engine: CudaEngine | None = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """Arrays of random values, the same for the same seed.

    Floating-point values are from 0 to 1, which roots and logarithms take too; 32 and 64 bit integers are 0 or 1, which
    are valid as indices, tokens and masks; 8 bit integers are of their whole range. Inputs whose values decide shapes
    get the usual values of the engine's first profile. ``ranges`` says other bounds, by name; ``""`` is for all.
    """
    import numpy as np

    bounds, found = ranges or {}, {}
    for port in inputs:
        if port.on_host and engine is not None:
            found[port.name] = _decided(port, engine)
            continue
        # A generator for each input: its values do not depend on the others.
        generator = np.random.default_rng([seed, port.index])
        found[port.name] = random_array(port, shapes[port.name], generator, bounds.get(port.name, bounds.get("")))
    return found


def random_array(
    port: Port, shape: tuple[int, ...], generator: np.random.Generator, bounds: tuple[float, float] | None = None
) -> npt.NDArray[Any]:
    """Random values that suit the type of an input, or lie between two; of integers both may be among them."""
    import numpy as np

    kind = port.info.dtype
    if bounds is not None and kind is not DataType.BOOL:
        return _between(port, shape, generator, *bounds)
    if kind is DataType.BOOL:
        return generator.integers(0, 2, shape).astype(np.bool_)
    if kind in (DataType.INT32, DataType.INT64):
        return generator.integers(0, 2, shape, port.np_dtype)
    if kind is DataType.INT8:
        return generator.integers(-128, 128, shape, port.np_dtype)
    if kind is DataType.UINT8:
        return generator.integers(0, 256, shape, port.np_dtype)
    values = generator.random(shape, np.float32)
    if kind is DataType.E8M0:  # powers of two, and no zero
        values += np.float32(0.5)
    return values.astype(port.np_dtype, copy=False)


def _between(
    port: Port, shape: tuple[int, ...], generator: np.random.Generator, low: float, high: float
) -> npt.NDArray[Any]:
    import numpy as np

    if port.np_dtype.kind not in "iu":
        return generator.uniform(low, high, shape).astype(port.np_dtype)
    least, most = math.ceil(low), math.floor(high)
    about = np.iinfo(port.np_dtype)
    if not about.min <= least <= most <= about.max:
        raise InvalidArgumentError(
            f"--range is {low:g},{high:g} for input {port.name!r}, which is {port.np_dtype}; allowed are whole numbers "
            f"from {about.min} to {about.max}"
        )
    return generator.integers(least, most, shape, port.np_dtype, endpoint=True)


def _decided(port: Port, engine: CudaEngine) -> npt.NDArray[Any]:
    """Usual values of an input that decides shapes."""
    import numpy as np

    shape = port.shape if port.is_fixed else port.info.profiles[0][1]
    try:
        values = engine.get_tensor_profile_values(port.name, 0)[1]
        return np.array(values, port.np_dtype).reshape(shape)
    except (Error, ValueError) as error:
        raise InvalidArgumentError(
            f"the values of input {port.name!r} decide shapes, and the engine says none that are usual: give it a file"
        ) from error


def fit_arrays(
    inputs: tuple[Port, ...], given: Mapping[str, Any], shapes: Shapes, *, cast: bool = False, what: str = "--input"
) -> dict[str, npt.NDArray[Any]]:
    """Arrays of files as inputs: raw bytes get shape and type, and everything is checked.

    Raises
    ------
    InvalidArgumentError
        If a name is unknown, or if an array has another type or shape than the input.
    """
    import numpy as np

    ports = {port.name: port for port in inputs}
    found: dict[str, npt.NDArray[Any]] = {}
    for name, value in given.items():
        if name not in ports:
            unknown(what, name, ports, "inputs")
        port = ports[name]
        if isinstance(value, Raw):
            array = _from_raw(port, value, shapes.get(name))
        else:
            array = as_type(value, port.np_dtype)
            if array.dtype != port.np_dtype:
                if not cast:
                    raise InvalidArgumentError(
                        f"input {name!r} of the file is {array.dtype}; allowed is {port.info} (--cast converts it)"
                    )
                array = array.astype(port.np_dtype)
        if name in shapes and array.shape != tuple(shapes[name]):
            raise InvalidArgumentError(
                f"input {name!r} of the file has the shape {show(array.shape)}; --shapes says {show(shapes[name])}"
            )
        check_shape(port, array.shape)
        found[name] = np.ascontiguousarray(array).reshape(array.shape)
    return found


def as_type(array: npt.NDArray[Any], dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """An array whose type a file could not name, such as bfloat16, which numpy stores as raw bytes."""
    if array.dtype.kind == "V" and array.dtype.fields is None and array.dtype.itemsize == dtype.itemsize:
        return array.view(dtype)
    return array


def _from_raw(port: Port, raw: Raw, wanted: tuple[int, ...] | None) -> npt.NDArray[Any]:
    import numpy as np

    shape = tuple(wanted) if wanted is not None else port.shape
    itemsize = int(port.np_dtype.itemsize)
    if shape.count(-1) == 1:  # the size of the file tells the one that is open
        known = math.prod(size for size in shape if size != -1) * itemsize
        if known and len(raw.data) % known == 0:
            shape = tuple(len(raw.data) // known if size == -1 else size for size in shape)
    if -1 in shape:
        raise InvalidArgumentError(
            f"the shape of input {port.name!r} is open, {show(shape)}, and {raw.path!r} has {len(raw.data)} bytes of "
            f"{port.np_dtype}, which does not tell it: say it with --shapes {port.name}:..."
        )
    needed = math.prod(shape) * itemsize
    if len(raw.data) != needed:
        raise InvalidArgumentError(
            f"{raw.path!r} has {len(raw.data)} bytes; input {port.name!r}, {port.np_dtype} of shape {show(shape)}, "
            f"takes {needed}"
        )
    return np.frombuffer(raw.data, port.np_dtype).reshape(shape)
