"""What ``run`` and ``bench`` share: a model or an engine, the shapes that it is run with, and arrays for its inputs."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .._bench.files import Raw, give_name, read_inputs
from .._bench.inputs import choose_shapes, fit_arrays, random_arrays, unknown
from .._bench.onnx_inputs import onnx_inputs
from .._core.errors import InvalidArgumentError, UnsupportedError
from .._session.options import BuildOptions
from .failures import Code, Failure
from .log import verbosity
from .options import Option, build_options, is_engine_file
from .types import Bytes, ParamType, Sizes

if TYPE_CHECKING:
    import numpy.typing as npt

    from .._run.engine import CudaEngine
    from .._session.ports import Port

F = TypeVar("F", bound=Callable[..., Any])

Shapes = Mapping[str, tuple[int, ...]]


class Range(ParamType):
    """``LOW,HIGH`` or ``NAME:LOW,HIGH``; becomes a tuple of name, empty for all inputs, and two numbers."""

    name = "range"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "[NAME:]LOW,HIGH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float, float]:
        if isinstance(value, tuple):
            return value
        name, _, numbers = value.rpartition(":")
        try:
            low, high = map(float, numbers.split(","))
        except ValueError:
            self.fail(f"{value!r} is not of the form [NAME:]LOW,HIGH, such as 0,255", param, ctx)
        if not -math.inf < low <= high < math.inf:
            self.fail(f"{value!r} is no range: the first number is the smaller one", param, ctx)
        return name, low, high


class Budget(ParamType):
    """A number of bytes, ``50%`` or ``auto``; becomes an int, a float from 0 to 1, or a str."""

    name = "budget"

    def get_metavar(self, param: click.Parameter, ctx: click.Context | None = None) -> str:
        return "SIZE|N%|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | float | str:
        if not isinstance(value, str) or value == "auto":
            return value  # type: ignore[no-any-return]
        if not value.endswith("%"):
            return Bytes().convert(value, param, ctx)
        try:
            part = float(value[:-1]) / 100
        except ValueError:
            part = -1.0
        if not 0 <= part <= 1:
            self.fail(f"{value!r} is no part; allowed are 0% to 100%", param, ctx)
        return part


def grouped(group: str, *names: str, **settings: Any) -> Callable[[F], F]:
    """An option that stands under a heading of the help."""

    def decorate(function: F) -> F:
        decorated: Any = click.option(*names, cls=Option, **settings)(function)
        decorated.__click_params__[-1].group = group
        return decorated  # type: ignore[no-any-return]

    return decorate


def run_options(function: F) -> F:
    """Give a command the options about inputs, the GPU, the cache and the build."""
    decorated: Any = verbosity(build_options(function))
    for option in (
        grouped(
            "Engine", "--cache", metavar="FOLDER",
            help="Keep engines and compiled kernels here, for the next time; 'auto' is the user's cache folder.",
        ),
        grouped("Engine", "--device", type=click.IntRange(0), metavar="N", default=0, help="Number of the GPU; 0."),
        grouped("Inputs", "--cast", is_flag=True, help="Convert arrays of other types to those of the inputs."),
        grouped(
            "Inputs", "--run-shapes", type=Sizes(), multiple=True,
            help="Shapes to run with, where they are not the usual ones of the engine.",
        ),
        grouped("Inputs", "--seed", type=click.IntRange(0), metavar="N", default=0, help="Seed of random values; 0."),
        grouped(
            "Inputs", "--range", "ranges", type=Range(), multiple=True,
            help="Random values between two, of all inputs or of one: 0,255 or ids:0,30521. Otherwise they are 0 to 1, "
            "and of the whole range for 8 bit integers.",
        ),
        grouped(
            "Inputs", "--random", "fill", is_flag=True,
            help="Fill inputs that no file is given for with random values. Without any --input all are random.",
        ),
        grouped(
            "Inputs", "-i", "--input", "files", multiple=True, metavar="[NAME=]FILE",
            help="NAME=FILE of a .npy file or of raw bytes, or a .npz file or folder of .npy files for several inputs.",
        ),
    ):  # fmt: skip
        decorated = option(decorated)
    return decorated  # type: ignore[no-any-return]


@contextmanager
def as_usage() -> Iterator[None]:
    """Let a wrong argument, or a file that cannot be read, end with the exit code of a wrong command line."""
    try:
        yield
    except InvalidArgumentError as error:
        raise Failure(" ".join(str(error).split()), code=Code.USAGE) from error
    except OSError as error:
        what = error.strerror or str(error)
        raise Failure(f"{error.filename}: {what}" if error.filename else what, code=Code.USAGE) from error


@contextmanager
def as_missing() -> Iterator[None]:
    """Let a package that is not installed end with the exit code of what is missing."""
    try:
        yield
    except UnsupportedError as error:
        raise Failure(str(error), code=Code.MISSING) from error


@dataclass
class Plan:
    """How a source is run."""

    source: str
    is_engine: bool
    build: BuildOptions | None
    #: Shapes that were asked for.
    shapes: dict[str, tuple[int, ...]]
    #: What files gave, by the names of inputs.
    given: dict[str, Any]
    fill: bool
    seed: int
    cast: bool
    #: Least and largest random value by the name of an input; "" is for all others.
    ranges: dict[str, tuple[float, float]]
    #: Inputs that got random values.
    randomly: tuple[str, ...] = ()

    def arrays(self, inputs: tuple[Port, ...], engine: CudaEngine) -> dict[str, npt.NDArray[Any]]:
        """An array for each input of the engine."""
        with as_usage():
            names = [port.name for port in inputs]
            given = give_name(self.given, names)
            for name in self.ranges:
                if name and name not in names:
                    unknown("--range", name, names, "inputs")
            shapes = {name: value.shape for name, value in given.items() if not isinstance(value, Raw)}
            found = fit_arrays(inputs, given, self.shapes, cast=self.cast)
            missing = [name for name in names if name not in given]
            if missing and given and not self.fill:
                raise InvalidArgumentError(
                    f"no file is given for {', '.join(map(repr, missing))}: add --input {missing[0]}=FILE, or --random"
                )
            self.randomly = tuple(missing)
            wanted = choose_shapes(inputs, {**shapes, **self.shapes})
            others = tuple(port for port in inputs if port.name in missing)
            return {**random_arrays(others, wanted, self.seed, engine, self.ranges), **found}


def make_plan(
    source: str, build: BuildOptions | None, run_shapes: Sequence[Shapes], files: Sequence[str], fill: bool, seed: int,
    cast: bool, ranges: Sequence[tuple[str, float, float]],
) -> Plan:  # fmt: skip
    """Read the inputs, and find out what can be wrong before anything is built."""
    with as_usage():
        shapes: dict[str, tuple[int, ...]] = {}
        for one in run_shapes:
            shapes.update(one)
        given = read_inputs(files)
        is_engine = is_engine_file(source)
        plan = Plan(
            source, is_engine, build, shapes, given, fill, seed, cast, {name: (low, high) for name, low, high in ranges}
        )
        if is_engine:
            _for_engine(plan)
        else:
            _for_model(plan)
        return plan


def _for_engine(plan: Plan) -> None:
    """Of the options of a build, an engine takes fixed shapes: those to run with."""
    build = plan.build
    if build is None:
        return
    ranges = [dict(profile) for profile in build.profiles]
    others = replace(build, shapes={}, shape_values={}) != BuildOptions() or build.shape_values
    if others or len(ranges) != 1 or any(len(set(one)) != 1 for one in ranges[0].values()):
        raise InvalidArgumentError(
            f"{plan.source!r} is an engine, which is built already: options of a build are for ONNX models; to say "
            "with which shapes it is run, use --shapes or --run-shapes"
        )
    plan.shapes = {**{name: tuple(one[1]) for name, one in ranges[0].items()}, **plan.shapes}
    plan.build = None


def _for_model(plan: Plan) -> None:
    """Check names, and let shapes that are asked for, or that files have, be those of the build if it has none."""
    known = onnx_inputs(plan.source)
    build = plan.build if plan.build is not None else BuildOptions()
    if not known:
        return
    plan.given = give_name(plan.given, known)
    profiles = [name for profile in build.profiles for name in profile]
    for what, names in (("--input", plan.given), ("--run-shapes", plan.shapes), ("--shapes", profiles)):
        for name in names:
            if name not in known:
                unknown(what, name, known, "inputs")
    if build.profiles:
        return
    wanted = {}
    for name, shape in known.items():
        if shape is None or -1 not in shape:
            continue
        value = plan.given.get(name)
        if name in plan.shapes:
            wanted[name] = plan.shapes[name]
        elif value is not None and not isinstance(value, Raw):
            wanted[name] = value.shape
        else:
            one = "x".join("1" if size == -1 else str(size) for size in shape) or "scalar"
            raise InvalidArgumentError(
                f"the shape of input {name!r} is open, {shape}: say it, such as --shapes {name}:{one}, or a range with "
                "--min, --opt and --max"
            )
    if wanted:
        plan.build = replace(build, shapes={name: (shape,) * 3 for name, shape in wanted.items()})


def cache_folder(cache: str | None) -> Any:
    """What `trtx.Session` takes as ``cache``."""
    return True if cache == "auto" else cache


def name_of(path: str) -> str:
    """How results call a source."""
    return os.path.basename(path)
