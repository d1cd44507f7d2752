"""`BuildOptions`: how an ONNX model becomes an engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import (
    BuilderFlag,
    ComputeCapability,
    MemoryPoolType,
    PreviewFeature,
    ProfilingVerbosity,
    RuntimePlatform,
    TilingOptimizationLevel,
)

from .._core.errors import InvalidArgumentError
from .._core.public import public
from .._core.values import Shape, check_bool, check_enum, check_int, check_shape, check_text, show
from .._version import __version__

if TYPE_CHECKING:
    from .._build.builder import Builder
    from .._build.config import BuilderConfig
    from .._build.network import NetworkDefinition

__all__ = ["BuildOptions"]

#: Shapes of one input: fixed, or least, usual and largest.
Range = "Shape | tuple[Shape, Shape, Shape]"

#: Options that are settings of a configuration: their names there, and their least and largest values or their enum.
_SETTINGS: dict[str, tuple[str, Any]] = {
    "optimization_level": ("builder_optimization_level", (0, 5)),
    "profiling_verbosity": ("profiling_verbosity", ProfilingVerbosity),
    "max_aux_streams": ("max_aux_streams", (0, 2**31 - 1)),
    "max_num_tactics": ("max_num_tactics", (1, 2**31 - 2)),
    "avg_timing_iterations": ("avg_timing_iterations", (1, 2**31 - 1)),
    "tiling_optimization_level": ("tiling_optimization_level", TilingOptimizationLevel),
    "l2_limit_for_tiling": ("l2_limit_for_tiling", (0, 2**63 - 1)),
    "runtime_platform": ("runtime_platform", RuntimePlatform),
}


@public
@dataclass(frozen=True, kw_only=True)
class BuildOptions:
    """How an ONNX model is built into an engine by `Session`.

    Parameters
    ----------
    shapes : mapping or sequence of mappings, optional
        Shapes of inputs with open sizes, by their names: one shape, or the least, usual and largest. Several mappings
        make several optimization profiles.
    shape_values : mapping of str to (least, usual, largest), optional
        Values of inputs that decide shapes, each as a sequence of int; the same in all profiles.
    optimization_level : int, optional
        Effort of the build, 0 to 5; without it, the library's usual one.
    compute_capabilities : sequence of ComputeCapability, optional
        GPUs that the engine is for; without it, the present one, or all supported ones where there is none.
    flags : sequence of BuilderFlag, optional
        Flags beside those that have options of their own.
    refit : bool, default False
        Whether weights can be replaced afterwards (``BuilderFlag.REFIT``).
    refit_identical : bool, default False
        Whether only the very weights of the build can be given back, which lets it optimize more
        (``BuilderFlag.REFIT_IDENTICAL``).
    refittable : sequence of str, optional
        Names of the weights that can be replaced afterwards, and no others (``BuilderFlag.REFIT_INDIVIDUAL``).
    strip : bool, default False
        Whether the engine is stored without weights that a refit gives back (``BuilderFlag.STRIP_PLAN``).
    weight_streaming : bool, default False
        Whether weights may stay on the host and be streamed (``BuilderFlag.WEIGHT_STREAMING``).
    tf32 : bool, optional
        Whether matrix products of FLOAT may round their inputs to TF32; without it, the library's usual.
    memory_pools : mapping of MemoryPoolType to int, optional
        Limits of memory pools in bytes.
    profiling_verbosity : ProfilingVerbosity, optional
        How much an inspector will be able to tell.
    build_route : str, optional
        Settings that steer the whole build, as text; one of ``BuilderConfig.all_build_routes``. Needs a GPU.
    max_aux_streams : int, optional
        Most streams beside the main one that the engine may use at run time.
    max_num_tactics, avg_timing_iterations : int, optional
        Most tactics that are timed for a layer, and how often each.
    tiling_optimization_level : TilingOptimizationLevel, optional
        Effort of finding layers that can be computed tile by tile.
    l2_limit_for_tiling : int, optional
        Bytes of the L2 cache that tiling may count on.
    runtime_platform : RuntimePlatform, optional
        Operating system that the engine is for.
    preview_features : sequence of PreviewFeature, optional
        Features that are switched on before they are the usual.
    max_threads : int, optional
        Threads of the build; without it, the library's usual number.
    isolated : bool, default False
        Whether a process of its own parses the model first, for models from strangers.
    prepare : bool, default False
        Whether `prepare_onnx` rewrites the model first, so that TensorRT-RTX takes more of ONNX. Types of inputs and
        outputs may change by that: ``Session.inputs`` tells. Needs ``onnx``, which reads the model in this process.
    allow_outside_data : bool, default False
        Whether external data of the model may lie outside of its folder.

    Raises
    ------
    InvalidArgumentError
        If an option is of a wrong kind.

    Notes
    -----
    Options cannot be changed; ``dataclasses.replace`` makes others of them. They refer to nothing native.

    Examples
    --------
    >>> trtx.BuildOptions(shapes={"x": ((1, 3, 224, 224), (8, 3, 224, 224), (32, 3, 224, 224))})  # doctest: +SKIP
    """

    shapes: Mapping[str, Any] | Sequence[Mapping[str, Any]] = field(default_factory=dict)
    shape_values: Mapping[str, Any] = field(default_factory=dict)
    optimization_level: int | None = None
    compute_capabilities: Sequence[ComputeCapability] = ()
    flags: Sequence[BuilderFlag] = ()
    refit: bool = False
    refit_identical: bool = False
    refittable: Sequence[str] = ()
    strip: bool = False
    weight_streaming: bool = False
    tf32: bool | None = None
    memory_pools: Mapping[MemoryPoolType, int] = field(default_factory=dict)
    profiling_verbosity: ProfilingVerbosity | None = None
    build_route: str | None = None
    max_aux_streams: int | None = None
    max_num_tactics: int | None = None
    avg_timing_iterations: int | None = None
    tiling_optimization_level: TilingOptimizationLevel | None = None
    l2_limit_for_tiling: int | None = None
    runtime_platform: RuntimePlatform | None = None
    preview_features: Sequence[PreviewFeature] = ()
    max_threads: int | None = None
    isolated: bool = False
    prepare: bool = False
    allow_outside_data: bool = False

    def __post_init__(self) -> None:
        for profile in self.profiles:
            for name, value in profile.items():
                _check_range(name, value)
        for name, (_, allowed) in _SETTINGS.items():
            value = getattr(self, name)
            if value is None:
                continue
            if isinstance(allowed, tuple):
                check_int(value, name, *allowed)
            else:
                check_enum(allowed, value, name)
        if self.max_threads is not None:
            check_int(self.max_threads, "max_threads", 1, 2**31 - 1)
        for flag in self.flags:
            check_enum(BuilderFlag, flag, "flags")
        for feature in self.preview_features:
            check_enum(PreviewFeature, feature, "preview_features")
        if isinstance(self.refittable, (str, bytes)):
            raise InvalidArgumentError("refittable is a str; allowed is a sequence of names")
        for weights in self.refittable:
            check_text(weights, "refittable", empty=False)
        if self.build_route is not None:
            check_text(self.build_route, "build_route", empty=False)
        for capability in self.compute_capabilities:
            check_enum(ComputeCapability, capability, "compute_capabilities")
        for pool, nbytes in self.memory_pools.items():
            check_enum(MemoryPoolType, pool, "memory_pools")
            check_int(nbytes, f"memory_pools[{pool!s}]", 0, 2**63 - 1)
        for name in (
            "refit",
            "refit_identical",
            "strip",
            "weight_streaming",
            "isolated",
            "prepare",
            "allow_outside_data",
        ):
            check_bool(getattr(self, name), name)
        if self.tf32 is not None:
            check_bool(self.tf32, "tf32")

    @property
    def profiles(self) -> tuple[Mapping[str, Any], ...]:
        """The mappings of ``shapes``, one for each profile.

        Raises
        ------
        InvalidArgumentError
            If ``shapes`` is neither a mapping nor a sequence.
        """
        if isinstance(self.shapes, Mapping):
            return (self.shapes,) if self.shapes or self.shape_values else ()
        if isinstance(self.shapes, (str, bytes)) or not isinstance(self.shapes, Sequence):
            raise InvalidArgumentError(
                f"shapes is {type(self.shapes).__name__}; allowed is a mapping of input names to shapes, or a sequence "
                "of such mappings"
            )
        return tuple(self.shapes)

    def apply(self, builder: Builder, network: NetworkDefinition, config: BuilderConfig) -> None:
        """Set the options on a configuration, and add the profiles for a network.

        Parameters
        ----------
        builder : Builder
            Makes the profiles, and gets ``max_threads``.
        network : NetworkDefinition
            The parsed model.
        config : BuilderConfig

        Raises
        ------
        InvalidArgumentError
            If a shape names an input that the network lacks, or does not fit it.
        BuilderError
            If TensorRT-RTX refuses a setting.
        """
        names = [tensor.name for tensor in network.inputs]
        for name in {name for profile in self.profiles for name in profile} | set(self.shape_values):
            if name not in names:
                raise InvalidArgumentError(f"shapes names the input {name!r}; the model has {', '.join(names)}")
        for shapes in self.profiles:
            profile = builder.create_optimization_profile()
            for name, value in shapes.items():
                profile.set_shape(name, *_check_range(name, value))
            for name, value in self.shape_values.items():
                profile.set_shape_input(name, *value)
            config.add_optimization_profile(profile)
        for weights in self.refittable:
            network.mark_weights_refittable(weights)
        self._set(builder, config)

    def _set(self, builder: Builder, config: BuilderConfig) -> None:
        for name, (setting, _) in _SETTINGS.items():
            value = getattr(self, name)
            if value is not None:
                setattr(config, setting, value)
        if self.build_route is not None:
            config.build_route = self.build_route
        for feature in self.preview_features:
            config.set_preview_feature(feature, True)
        if self.compute_capabilities:
            config.compute_capabilities = tuple(self.compute_capabilities)
        if self.max_threads is not None:
            builder.max_threads = self.max_threads
        chosen = {
            BuilderFlag.REFIT: self.refit,
            BuilderFlag.REFIT_IDENTICAL: self.refit_identical,
            BuilderFlag.REFIT_INDIVIDUAL: bool(self.refittable),
            BuilderFlag.STRIP_PLAN: self.strip,
            BuilderFlag.WEIGHT_STREAMING: self.weight_streaming,
        }
        for flag in (*self.flags, *(flag for flag, is_chosen in chosen.items() if is_chosen)):
            config.set_flag(flag)
        if self.tf32 is not None:
            (config.set_flag if self.tf32 else config.clear_flag)(BuilderFlag.TF32)
        for pool, nbytes in self.memory_pools.items():
            config.set_memory_pool_limit(pool, nbytes)

    def describe(self) -> str:
        """All options as text that is the same for equal ones: part of the key of a cache.

        Returns
        -------
        str
            JSON, sorted by the names of the options.
        """
        plain = {one.name: _plain(getattr(self, one.name)) for one in fields(self)}
        if self.prepare:
            plain["prepare"] = f"by trtx {__version__}"  # which may do it otherwise in its next version
        import json  # not needed to build

        return json.dumps(plain, sort_keys=True)


def _check_range(name: str, value: Any) -> tuple[Shape, Shape, Shape]:
    """Least, usual and largest shape of an input."""
    label = f"shapes[{name!r}]"
    try:
        values = tuple(value)
        nested = bool(values) and all(hasattr(one, "__iter__") for one in values)
    except TypeError:
        values, nested = (), False
    if not nested:
        one = tuple(check_shape(value, label))
        return one, one, one
    if len(values) != 3:
        raise InvalidArgumentError(
            f"{label} has {len(values)} shapes; allowed are one, or the least, usual and largest"
        )
    least, usual, most = (tuple(check_shape(one, label)) for one in values)
    if not len(least) == len(usual) == len(most) or any(
        not low <= mid <= high for low, mid, high in zip(least, usual, most, strict=True)
    ):
        raise InvalidArgumentError(
            f"{label} is {show(least)}, {show(usual)}, {show(most)}; each size must grow from the least shape to the "
            "largest"
        )
    return least, usual, most


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)) or (hasattr(value, "__iter__") and not isinstance(value, str)):
        return [_plain(one) for one in value]
    return value
