"""`Builder`: makes networks and configurations, and builds engines of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, Literal, Protocol, SupportsIndex

from trtx_sys._enums_gen import DataType, NetworkDefinitionCreationFlag
from trtx_sys._ffi import ffi, lib

from .._core import interruptible as _interruptible
from .._core.accessors import changed
from .._core.callbacks import Bridge
from .._core.calls import new_place
from .._core.error_recorder import RecordsErrors
from .._core.errors import BuilderError, InvalidArgumentError
from .._core.gpu_allocator import AllocatesOnGpu
from .._core.host_memory import HostMemory
from .._core.logger import Logger, MadeWithLogger
from .._core.public import public
from .._core.values import check_mask, reject
from .accessors_gen import BuilderAccessors
from .config import BuilderConfig
from .profile import OptimizationProfile
from .progress import BuildMonitor
from .stream_writer import StreamWriter

if TYPE_CHECKING:
    from .network import NetworkDefinition

__all__ = ["Builder"]

#: Types of tensors whose values can decide shapes.
_SHAPE_TYPES = (DataType.INT32, DataType.INT64, DataType.BOOL)


class _Writes(Protocol):
    def write(self, data: bytes, /) -> int: ...


#: What `Builder.build_serialized_network_to_stream` writes to.
Writer = StreamWriter | BinaryIO | _Writes | Callable[[bytes], int]


@public
class Builder(BuilderAccessors, RecordsErrors, AllocatesOnGpu, MadeWithLogger):
    """Makes networks and configurations, and builds engines of them (``IBuilder``).

    No GPU is needed, but for engines that are to be refitted or built without their weights (`BuilderFlag.REFIT`,
    `BuilderFlag.STRIP_PLAN`), which are compiled for the GPU at hand.

    Parameters
    ----------
    logger : Logger
        Gets the messages of the builder and of everything made with it.

    Raises
    ------
    LibraryError
        If the TensorRT-RTX library cannot be loaded.
    InvalidArgumentError
        If the logger is none.

    Notes
    -----
    It keeps its logger alive, and what it makes keeps the builder alive. It builds one engine at a time; to build
    several at once, use one builder in each thread. While a call is running, others raise `BusyError`.

    Methods whose twin in NVIDIA's package answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ()

    _error = BuilderError
    _set_error_recorder: ClassVar[Any] = lib.trtx_builder_set_error_recorder
    _get_error_recorder: ClassVar[Any] = lib.trtx_builder_get_error_recorder
    _set_gpu_allocator: ClassVar[Any] = lib.trtx_builder_set_gpu_allocator

    def __init__(self, logger: Logger) -> None:
        self._create(logger, "trtx_builder", lib.trtx_builder_create)

    def create_network(self, flags: SupportsIndex = 0) -> NetworkDefinition:
        """Make an empty network (``IBuilder::createNetworkV2``).

        Parameters
        ----------
        flags : int
            Bit mask of `NetworkDefinitionCreationFlag`. Networks are strongly typed with and without
            ``1 << NetworkDefinitionCreationFlag.STRONGLY_TYPED``.

        Returns
        -------
        NetworkDefinition
            It keeps the builder alive; closing the builder closes it first.

        Raises
        ------
        InvalidArgumentError
            If ``flags`` is no such mask.
        BuilderError
            If TensorRT-RTX cannot make it.
        BusyError
            If the builder is in use by another call.
        """
        from .network import NetworkDefinition

        mask = check_mask(NetworkDefinitionCreationFlag, flags, "flags")
        place = new_place("trtx_network_definition")
        self._check(
            changed(self, "create_network", self, lib.trtx_builder_create_network_v2, mask, place), "create_network"
        )
        return NetworkDefinition._adopt(place, self)

    def create_config(self) -> BuilderConfig:
        """Make a configuration with default settings (``IBuilder::createBuilderConfig``).

        Returns
        -------
        BuilderConfig
            It keeps the builder alive; closing the builder closes it first.

        Raises
        ------
        BuilderError
            If TensorRT-RTX cannot make it.
        BusyError
            If the builder is in use by another call.
        """
        place = new_place("trtx_builder_config")
        self._check(
            changed(self, "create_config", self, lib.trtx_builder_create_builder_config, place), "create_config"
        )
        return BuilderConfig._adopt(place, self)

    #: The spelling of NVIDIA's package.
    create_builder_config = create_config

    def create_optimization_profile(self) -> OptimizationProfile:
        """Make an empty range of shapes (``IBuilder::createOptimizationProfile``).

        Returns
        -------
        OptimizationProfile
            It belongs to the builder; put it to use with `BuilderConfig.add_optimization_profile`.

        Raises
        ------
        BuilderError
            If TensorRT-RTX cannot make it.
        BusyError
            If the builder is in use by another call.
        """
        what, place = "create_optimization_profile", new_place("trtx_optimization_profile")
        self._check(changed(self, what, self, lib.trtx_builder_create_optimization_profile, place), what)
        return OptimizationProfile._adopt(place, self)

    def build_serialized_network(self, network: NetworkDefinition, config: BuilderConfig) -> HostMemory:
        """Build an engine (``IBuilder::buildSerializedNetwork``).

        Parameters
        ----------
        network : NetworkDefinition
            A network of this builder, with outputs.
        config : BuilderConfig
            A configuration of this builder, with an optimization profile if an input of the network is dynamic.

        Returns
        -------
        HostMemory
            The serialized engine; it depends on none of the three.

        Raises
        ------
        InvalidArgumentError
            If network or configuration cannot be built; known before the build begins.
        BuilderError
            If TensorRT-RTX fails, in its words, or if the progress monitor cancels the build.
        BusyError
            If one of the three is in use by another call.

        Notes
        -----
        Other Python threads run meanwhile. Until it returns, builder and configuration cannot be used, the network
        cannot be changed, and its shapes and types, which TensorRT-RTX computes when asked, cannot be read.

        An exception in a progress monitor or in the logger cancels the build and comes out of it; so does Ctrl-C, as
        `KeyboardInterrupt`, within a second. TensorRT-RTX itself may take longer to stop: then it does so in the
        background, and the three objects stay in use until it has.
        """
        self._check_parts(network, config)
        monitor = self._monitor(network, config)

        def build() -> HostMemory:
            with self._building("build_serialized_network", network, config, monitor):
                place = new_place("trtx_host_memory")
                status = lib.trtx_builder_build_serialized_network(self._ptr, network._ptr, config._ptr, place)
                self._check_build(status, "build_serialized_network", monitor, *network._targets)
                return HostMemory._adopt(place)

        return _interruptible.run(build, monitor.stop, "build_serialized_network")

    def build_serialized_network_to_stream(
        self, network: NetworkDefinition, config: BuilderConfig, writer: Writer
    ) -> Literal[True]:
        """Build an engine and hand it to a writer in the pieces in which TensorRT-RTX serializes it.

        (``IBuilder::buildSerializedNetworkToStream``)

        Parameters
        ----------
        network, config
            As for `build_serialized_network`.
        writer : StreamWriter, binary file, other object with ``write(bytes) -> int``, or function ``(bytes) -> int``
            Gets the engine in pieces, in order. What it raises comes out of this call. It is not needed afterwards, and
            is not closed.

        Raises
        ------
        InvalidArgumentError, BusyError
            As for `build_serialized_network`.
        BuilderError
            If TensorRT-RTX fails, if the progress monitor cancels the build, or if ``write`` takes less than it was
            given. What had been written by then is no engine.
        TypeError
            If ``write`` answers with anything but an int.
        """
        self._check_parts(network, config)
        StreamWriter._implementation(writer, "writer")
        what = "build_serialized_network_to_stream"
        monitor = self._monitor(network, config)

        def build() -> None:
            with self._building(what, network, config, monitor), Bridge(StreamWriter, writer, "writer") as bridge:
                status = lib.trtx_builder_build_serialized_network_to_stream(
                    self._ptr, network._ptr, config._ptr, bridge.pointer
                )
                self._check_build(status, what, monitor, bridge.target, *network._targets)

        _interruptible.run(build, monitor.stop, what)
        return True

    def is_network_supported(self, network: NetworkDefinition, config: BuilderConfig) -> bool:
        """Get whether the network stays within the limits of the configuration (``IBuilder::isNetworkSupported``).

        Parameters
        ----------
        network : NetworkDefinition
        config : BuilderConfig

        Raises
        ------
        InvalidArgumentError, BusyError
            As for `build_serialized_network`.
        BuilderError
            If TensorRT-RTX reports an error, beside its answer.
        """
        self._check_parts(network, config)
        result = ffi.new("bool *")
        what = "is_network_supported"

        def ask() -> bool:
            function = lib.trtx_builder_is_network_supported
            self._check(
                self._long(what, function, network, config, result, also=config._used_by_builds()),
                what,
                *network._targets,
            )
            return bool(result[0])

        return _interruptible.run(ask, lambda: None, what)

    def reset(self) -> None:
        """Set the builder back to its defaults (``IBuilder::reset``). Recorder and allocator stay.

        Raises
        ------
        BuilderError
            If TensorRT-RTX cannot do so.
        BusyError
            If the builder is in use by another call.
        """
        self._check(changed(self, "reset", self, lib.trtx_builder_reset), "reset")

    # The build

    def _check_parts(self, network: NetworkDefinition, config: BuilderConfig) -> None:
        """Refuse what cannot be built, while the reason is plain to see."""
        from .control_checks import check_complete
        from .network import NetworkDefinition

        _ = self._ptr
        if not isinstance(network, NetworkDefinition):
            reject("network", network, "a trtx.NetworkDefinition")
        if not isinstance(config, BuilderConfig):
            reject("config", config, "a trtx.BuilderConfig")
        _ = network._ptr, config._ptr
        for name, part in (("network", network), ("config", config)):
            if self not in part._parents:
                reject(name, part, f"one that this builder made: a builder uses no {type(part).__name__} of another")
        if not network.num_outputs:
            raise InvalidArgumentError(
                f"network {network.name!r} has no outputs; mark those tensors that the engine is to return with "
                "network.mark_output(tensor)"
            )
        check_complete(network)
        self._check_profiles(network, config)

    def _check_profiles(self, network: NetworkDefinition, config: BuilderConfig) -> None:
        inputs = {tensor.name for tensor in network.inputs}
        for index, profile in enumerate(config._profiles):
            for name in profile._input_names():
                if name not in inputs:
                    raise InvalidArgumentError(
                        f"optimization profile {index} of config has shapes or values for {name!r}, which is no input "
                        f"of the network; its inputs are {', '.join(map(repr, sorted(inputs)))}"
                    )
        for name, shape in _dynamic_inputs(network):
            if not config._profiles:
                raise InvalidArgumentError(
                    f"network input {name!r} has the dynamic shape {shape}, so config needs an optimization profile: "
                    f"profile = builder.create_optimization_profile(); profile.set_shape({name!r}, min, opt, max); "
                    "config.add_optimization_profile(profile)"
                )
            for index, profile in enumerate(config._profiles):
                if profile.is_closed:
                    raise InvalidArgumentError(
                        f"optimization profile {index} of config is closed; allowed are open ones: a build reads them"
                    )
                allowed = profile.get_shape(name)
                if allowed is None:
                    raise InvalidArgumentError(
                        f"network input {name!r} has the dynamic shape {shape}, but optimization profile {index} of "
                        f"config does not know it: call profile.set_shape({name!r}, min, opt, max)"
                    )
                for which, sizes in zip(("min", "opt", "max"), allowed, strict=True):
                    if len(sizes) != len(shape) or any(a not in (b, -1) for a, b in zip(shape, sizes)):  # noqa: B905
                        raise InvalidArgumentError(
                            f"network input {name!r} has the shape {shape}, but optimization profile {index} of config "
                            f"has {which} {sizes} for it; the dimensions must agree but for those that are -1"
                        )
        self._check_shape_inputs(network, config)

    def _check_shape_inputs(self, network: NetworkDefinition, config: BuilderConfig) -> None:
        """Refuse inputs whose values decide shapes, and for which a profile has no values."""
        for tensor in network.inputs:
            # The library works shapes out to answer, so it is asked of those alone that can be.
            shape = tensor.shape
            if tensor.dtype not in _SHAPE_TYPES or shape is None or len(shape) > 1 or not tensor.is_shape_tensor:
                continue
            what = f"network input {tensor.name!r} decides shapes by its values, so"
            call = f"profile.set_shape_input({tensor.name!r}, min, opt, max)"
            if not config._profiles:
                raise InvalidArgumentError(
                    f"{what} config needs an optimization profile: profile = builder.create_optimization_profile(); "
                    f"{call}; config.add_optimization_profile(profile)"
                )
            for index, profile in enumerate(config._profiles):
                if not profile.is_closed and profile.get_shape_input(tensor.name) is None:
                    raise InvalidArgumentError(
                        f"{what} each profile needs those that it may have, and optimization profile {index} of config "
                        f"has none: call {call}"
                    )

    def _monitor(self, network: NetworkDefinition, config: BuilderConfig) -> BuildMonitor:
        return BuildMonitor(config._monitor, *self._targets, *network._targets)

    @contextmanager
    def _building(
        self, what: str, network: NetworkDefinition, config: BuilderConfig, monitor: BuildMonitor
    ) -> Iterator[None]:
        """Keep the three objects for one build, and watch it."""
        with self._using(what, network, config, *config._used_by_builds()), monitor:
            pointer = config._ptr
            self._check(lib.trtx_builder_config_set_progress_monitor(pointer, monitor.pointer), what)
            try:
                yield
            finally:
                lib.trtx_builder_config_set_progress_monitor(pointer, ffi.NULL)

    def _check_build(self, status: int, what: str, monitor: BuildMonitor, *targets: object) -> None:
        if monitor.refusal is not None:
            self._check(0, what, monitor.target, *targets)  # an exception says more
            raise BuilderError(f"{self._label()}.{what} was cancelled: {monitor.refusal}", status=status)
        self._check(status, what, monitor.target, *targets)


def _dynamic_inputs(network: NetworkDefinition) -> Iterator[tuple[str, tuple[int, ...]]]:
    for tensor in network.inputs:
        shape = tensor.shape
        if shape is not None and -1 in shape:
            yield tensor.name, shape
