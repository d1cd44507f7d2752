"""Options that commands share. Those of a build stand in one table, beside the fields of `BuildOptions`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple, TypeVar

import click

from trtx_sys._enums_gen import (
    BuilderFlag,
    PreviewFeature,
    ProfilingVerbosity,
    RuntimePlatform,
    TilingOptimizationLevel,
)

from .._session.options import BuildOptions
from .types import Bytes, Member, ParamType, Pool, Sizes, Source, Targets

F = TypeVar("F", bound=Callable[..., Any])

#: Flags of a build that have options of their own.
_OWN_FLAGS = ("REFIT", "REFIT_IDENTICAL", "REFIT_INDIVIDUAL", "STRIP_PLAN", "WEIGHT_STREAMING", "TF32")


class BuildOption(NamedTuple):
    """An option of the command line that sets a field of `BuildOptions`."""

    #: The field; several options may share one.
    field: str
    #: The heading of the help that it is under.
    group: str
    #: What click is told: the option's spellings.
    names: tuple[str, ...]
    help: str
    #: What it takes; None for a switch.
    kind: ParamType | None = None
    many: bool = False
    metavar: str | None = None


SHAPES, WEIGHTS, EFFORT, MODEL = "Shapes", "Weights", "Effort and targets", "Reading the model"

BUILD_OPTIONS = (
    BuildOption(
        "shapes", SHAPES, ("--shapes",),
        "Fixed shapes of inputs with open sizes: x:1x3x224x224,mask:1x77.", Sizes(), many=True,
    ),
    BuildOption("shapes", SHAPES, ("--min",), "Least shapes; left out, they are as --opt.", Sizes(), many=True),
    BuildOption("shapes", SHAPES, ("--opt",), "Usual shapes; left out, they are as --max.", Sizes(), many=True),
    BuildOption(
        "shapes", SHAPES, ("--max",),
        "Largest shapes; left out, they are as --opt. The second --min, --opt and --max that name an input are for a "
        "second optimization profile, and so on.", Sizes(), many=True,
    ),
    BuildOption(
        "shape_values", SHAPES, ("--min-values",), "Least values of inputs that decide shapes: size:224x224.",
        Sizes(-(2**63)), many=True,
    ),
    BuildOption("shape_values", SHAPES, ("--opt-values",), "Usual values.", Sizes(-(2**63)), many=True),
    BuildOption("shape_values", SHAPES, ("--max-values",), "Largest values.", Sizes(-(2**63)), many=True),
    BuildOption("refit", WEIGHTS, ("--refit",), "Let all weights be replaced afterwards. Needs a GPU."),
    BuildOption(
        "refit_identical", WEIGHTS, ("--refit-identical",),
        "Let the very weights of the build be given back, and no others. Needs a GPU.",
    ),
    BuildOption(
        "refittable", WEIGHTS, ("--refittable",), "Let these weights be replaced afterwards, and no others.",
        click.STRING, many=True, metavar="NAME",
    ),
    BuildOption("strip", WEIGHTS, ("--strip",), "Leave out the weights that a refit gives back."),
    BuildOption(
        "weight_streaming", WEIGHTS, ("--weight-streaming",), "Let weights stay on the host and be streamed to the GPU."
    ),
    BuildOption(
        "compute_capabilities", EFFORT, ("--compute-capabilities", "--targets"),
        "GPUs that the engine is for: 7.5, 8.0, 8.6, 8.9, 12.0, 12.1, or current for the one of this machine. Left "
        "out: what TensorRT-RTX chooses.", Targets(),
    ),
    BuildOption(
        "optimization_level", EFFORT, ("-O", "--optimization-level"), "Effort of the build, 0 to 5.",
        click.IntRange(0, 5), metavar="0-5",
    ),
    BuildOption("tf32", EFFORT, ("--tf32/--no-tf32",), "Whether matrix products of FLOAT may round to TF32."),
    BuildOption(
        "memory_pools", EFFORT, ("--memory-pool",), "Limit of a memory pool, such as workspace=1GiB.", Pool(), many=True
    ),
    BuildOption(
        "profiling_verbosity", EFFORT, ("--profiling-verbosity",), "How much 'trtx inspect' can tell of the layers.",
        Member(ProfilingVerbosity),
    ),
    BuildOption(
        "build_route", EFFORT, ("--build-route",), "Settings that steer the whole build, as text. Needs a GPU.",
        click.STRING, metavar="TEXT",
    ),
    BuildOption(
        "max_aux_streams", EFFORT, ("--max-aux-streams",), "Most streams beside the main one.", click.IntRange(0),
        metavar="N",
    ),
    BuildOption(
        "max_num_tactics", EFFORT, ("--max-num-tactics",), "Most tactics that are timed for a layer.",
        click.IntRange(1), metavar="N",
    ),
    BuildOption(
        "avg_timing_iterations", EFFORT, ("--avg-timing-iterations",), "How often each tactic is timed.",
        click.IntRange(1), metavar="N",
    ),
    BuildOption(
        "tiling_optimization_level", EFFORT, ("--tiling-level",), "Effort of computing layers tile by tile.",
        Member(TilingOptimizationLevel),
    ),
    BuildOption(
        "l2_limit_for_tiling", EFFORT, ("--l2-limit-for-tiling",), "Bytes of the L2 cache that tiling counts on.",
        Bytes(), metavar="SIZE",
    ),
    BuildOption(
        "runtime_platform", EFFORT, ("--runtime-platform",), "Operating system that the engine is for.",
        Member(RuntimePlatform),
    ),
    BuildOption(
        "preview_features", EFFORT, ("--preview-feature",), "A feature to switch on before it is the usual.",
        Member(PreviewFeature), many=True,
    ),
    BuildOption(
        "flags", EFFORT, ("--flag",), "Another switch of the build, such as sparse-weights or strict-nans.",
        Member(BuilderFlag, leave_out=_OWN_FLAGS), many=True,
    ),
    BuildOption("max_threads", EFFORT, ("--max-threads",), "Threads of the build.", click.IntRange(1), metavar="N"),
    BuildOption("prepare", MODEL, ("--prepare",), "Rewrite the model first, so that TensorRT-RTX takes more of ONNX."),
    BuildOption(
        "isolated", MODEL, ("--isolated",), "Parse the model in a process of its own first: for models from strangers."
    ),
    BuildOption(
        "allow_outside_data", MODEL, ("--allow-outside-data",), "Let external data lie outside of the model's folder."
    ),
)  # fmt: skip


class Option(click.Option):
    """An option that stands under a heading of its command's help."""

    group: str = "Options"


class Command(click.Command):
    """A command whose help has headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                groups.setdefault(getattr(parameter, "group", "Options"), []).append(record)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records)


def build_options(function: F) -> F:
    """Give a command the options of a build; it gets ``build``, `BuildOptions`, or None where none was given."""

    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        given = {one: kwargs.pop(_parameter(one)) for one in BUILD_OPTIONS}
        return function(*args, build=_options(given), **kwargs)

    decorated: Any = wrapper
    for one in reversed(BUILD_OPTIONS):
        keywords: dict[str, Any] = {"help": one.help, "cls": Option, "default": None}
        if one.kind is None:
            keywords["is_flag"] = True
        else:
            keywords |= {"type": one.kind, "metavar": one.metavar, "multiple": one.many}
            if one.many:
                del keywords["default"]
        decorated = click.option(*one.names, _parameter(one), **keywords)(decorated)
        decorated.__click_params__[-1].group = one.group
    return decorated  # type: ignore[no-any-return]


def source(what: str, name: str = "source") -> Callable[[F], F]:
    """An argument that names a file to be read, such as a model; the command gets its path as a str."""
    return click.argument(name, type=Source(what), metavar=what.upper().replace(" OR ", "|"))


def is_engine_file(path: str) -> bool:
    """Whether a file holds an engine, by how it begins; an ONNX model else."""
    from .._onnx.source import is_engine

    with open(path, "rb") as file:
        return is_engine(file.read(8))


def _parameter(one: BuildOption) -> str:
    long = next(name for name in reversed(one.names) if name.startswith("--"))
    return "build_" + long.split("/")[0].removeprefix("--").replace("-", "_")


def _options(given: Mapping[BuildOption, Any]) -> BuildOptions | None:
    by_name = {one.names[-1]: value for one, value in given.items()}
    values: dict[str, Any] = {}
    for one, value in given.items():
        if one.field not in ("shapes", "shape_values") and value not in (None, ()):
            values[one.field] = dict(value) if one.field == "memory_pools" else value
    profiles = _profiles(by_name["--shapes"], by_name["--min"], by_name["--opt"], by_name["--max"])
    if profiles:
        values["shapes"] = profiles
    ranges = _profiles((), by_name["--min-values"], by_name["--opt-values"], by_name["--max-values"])
    if len(ranges) > 1:
        raise click.UsageError("values that decide shapes are the same in all profiles; name each input once")
    if ranges:
        values["shape_values"] = ranges[0]
    return BuildOptions(**values) if values else None


def _profiles(
    fixed: Sequence[Mapping[str, Any]],
    least: Sequence[Mapping[str, Any]],
    usual: Sequence[Mapping[str, Any]],
    most: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    """A mapping of names to (least, usual, most) for each profile: the n-th shape of an input is of the n-th one."""
    lists = [_by_name(given) for given in (least, usual, most)]
    names = list(dict.fromkeys(name for found in lists for name in found))
    ranges: dict[str, list[Any]] = {}
    for name in names:
        low, mid, high = (found.get(name, []) for found in lists)
        mid = mid or high or low
        low, high = low or mid, high or mid
        if not len(low) == len(mid) == len(high):
            raise click.UsageError(
                f"{name!r} has {len(low)} least, {len(mid)} usual and {len(high)} largest shapes; each profile needs "
                "one of each kind"
            )
        ranges[name] = list(zip(low, mid, high, strict=True))
    for name, shapes in _by_name(fixed).items():
        if name in ranges:
            raise click.UsageError(f"{name!r} is in --shapes, and in --min, --opt or --max; give one of them")
        ranges[name] = [(shape, shape, shape) for shape in shapes]
    count = max(map(len, ranges.values()), default=0)
    for name, found in ranges.items():
        if len(found) not in (1, count):
            raise click.UsageError(
                f"{name!r} has shapes for {len(found)} profiles, another input for {count}; give them for all or "
                "for one"
            )
    return [{name: found[min(index, len(found) - 1)] for name, found in ranges.items()} for index in range(count)]


def _by_name(given: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for mapping in given:
        for name, shape in mapping.items():
            found.setdefault(name, []).append(shape)
    return found


def unlisted_fields() -> set[str]:
    """Fields of `BuildOptions` without an option: none, as a test says."""
    return {one.name for one in fields(BuildOptions)} - {one.field for one in BUILD_OPTIONS}
