"""Measures how fast an engine runs: throughput, latency and its parts, and layer by layer."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import CudaGraphStrategy

from .._core.errors import Error, InvalidArgumentError
from .._core.library import library_version
from .._session.device import open_device
from .._session.ports import Port, read_ports
from .clock import clock_of
from .layers import LayerRow, profile_layers
from .slot import Slot
from .summary import Summary
from .target import Target
from .workers import FIELDS, Workers

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

#: How runs become CUDA graphs: captured here, as `trtx.Session` does; by TensorRT-RTX; not at all.
GRAPHS = ("capture", "library", "off")

#: What is measured of each run.
PARTS = ("latency", "enqueue", "h2d", "compute", "d2h")


@dataclass(frozen=True)
class Settings:
    """How is measured.

    Parameters
    ----------
    warm_up, duration : float
        Seconds; what starts in the first is not counted.
    iterations : int
        Runs that are measured at least, also when the duration is over.
    contexts : int
        Execution contexts, each of which has one run under way at a time.
    streams : int, optional
        CUDA streams that the contexts take turns on, each with a thread of the host; as many as contexts without it.
    transfers : bool
        Whether each run copies inputs from pinned memory to the GPU, and outputs back.
    graphs : str
        One of `GRAPHS`.
    profile : bool
        Whether layers are measured afterwards, in runs of their own without graphs.
    """

    warm_up: float = 0.2
    duration: float = 3.0
    iterations: int = 10
    contexts: int = 1
    streams: int | None = None
    transfers: bool = True
    graphs: str = "capture"
    profile: bool = False

    def __post_init__(self) -> None:
        for name in ("warm_up", "duration"):
            value = getattr(self, name)
            if not 0 <= value <= 1e6:
                raise InvalidArgumentError(f"{name} is {value}; allowed are 0 to 1000000 seconds")
        if self.iterations < 1:
            raise InvalidArgumentError(f"iterations is {self.iterations}; allowed is 1 and more")
        if not 1 <= self.contexts <= 1024:
            raise InvalidArgumentError(f"contexts is {self.contexts}; allowed are 1 to 1024")
        if self.streams is not None and not 1 <= self.streams <= self.contexts:
            raise InvalidArgumentError(
                f"streams is {self.streams}; allowed are 1 to {self.contexts}, the number of contexts"
            )
        if self.graphs not in GRAPHS:
            raise InvalidArgumentError(f"graphs is {self.graphs!r}; allowed are {', '.join(GRAPHS)}")


@dataclass
class Result:
    """What was measured.

    Attributes
    ----------
    runs : int
    seconds : float
        From the start of the first run to the end of the last.
    parts : dict of str to Summary
        Milliseconds: ``latency``, on the host from the first call of a run until its outputs are there; ``enqueue``,
        the host's call that launches the engine; ``h2d``, ``compute`` and ``d2h``, on the GPU.
    samples : structured numpy array
        Each run: ``start`` (ms since the first), the parts, ``gpu_start`` (ms since the first run's start on the GPU),
        ``stream`` and ``context``.
    load, contexts, first_run : float
        Seconds: to build or load the engine, to make the contexts, and for the first run, which compiles kernels.
    """

    settings: Settings
    device: str
    is_fake: bool
    library: str
    inputs: dict[str, tuple[str, tuple[int, ...]]]
    outputs: dict[str, tuple[str, tuple[int, ...]]]
    load: float
    contexts: float
    first_run: float
    graph_state: str
    memory: dict[str, int]
    runs: int
    seconds: float
    parts: dict[str, Summary]
    samples: npt.NDArray[np.void]
    layers: list[LayerRow] = field(default_factory=list)
    layer_runs: int = 0

    @property
    def throughput(self) -> float:
        """Runs a second."""
        return self.runs / self.seconds

    @property
    def notes(self) -> list[str]:
        """What a reader of the figures should know."""
        return list(_notes(self))


def measure(
    target: Target,
    choose: Callable[[tuple[Port, ...], Any], dict[str, npt.NDArray[Any]]],
    settings: Settings,
    watch: Callable[[str, float, int], object] | None = None,
) -> Result:
    """Measure a model.

    Parameters
    ----------
    target : Target
        What is run, and on which GPU.
    choose : callable
        Is given the inputs and the engine; gives an array for each input by name.
    settings : Settings
    watch : callable, optional
        Is told now and then what is done, how far it is (0 to 1), and the number of runs so far.

    Raises
    ------
    Error
        As the steps do that `trtx.Session` makes too.
    """
    tell = watch if watch is not None else _nobody
    with _ends() as ends:
        device = open_device(target.device)
        ends.enter_context(device.current())
        tell("loading", 0.0, 0)
        before = time.perf_counter()
        loaded, config = target.load(device, ends)
        load_seconds = time.perf_counter() - before
        inputs, outputs = read_ports(loaded.engine)
        arrays = choose(inputs, loaded.engine)
        if settings.graphs == "library":
            config.cuda_graph_strategy = CudaGraphStrategy.WHOLE_GRAPH_CAPTURE
        no_graphs = loaded.no_graphs if settings.graphs == "capture" else ""

        clock = clock_of(device)
        ends.callback(clock.close)
        before = time.perf_counter()
        groups = _make_slots(loaded, config, device, clock, inputs, outputs, arrays, settings, ends)
        context_seconds = time.perf_counter() - before
        slots = [slot for group in groups for slot in group]
        tell("compiling", 0.0, 0)
        first_run = slots[0].first_run()
        for slot in slots[1:]:
            slot.first_run()
        if settings.graphs == "capture" and not no_graphs:
            for slot in slots:
                no_graphs = no_graphs or slot.capture()
        target.save_kernels(loaded)

        origin = clock.mark()
        clock.set(origin, slots[0].handle)
        clock.wait(origin)
        workers = Workers(
            groups, device, origin, settings.warm_up, settings.duration, settings.iterations
        )  # fmt: skip
        with _without_collector():
            _watch(workers, settings, tell)
        samples = _samples(workers)
        results = slots[0].results()
        result = Result(
            settings,
            _device_name(device),
            not device.is_cuda,
            str(library_version()),
            {port.name: (port.info.dtype.name, tuple(arrays[port.name].shape)) for port in inputs},
            {port.name: (port.info.dtype.name, tuple(results[port.name].shape)) for port in outputs},
            load_seconds,
            context_seconds,
            first_run,
            _graph_state(settings, no_graphs),
            {
                "inputs_outputs": sum(slot.nbytes for slot in slots),
                "scratch": int(loaded.engine.device_memory_size_v2) * len(slots),
            },
            len(samples),
            float((samples["start"] + samples["latency"]).max() - samples["start"].min()) / 1e3,
            {name: Summary.of(samples[name]) for name in PARTS},
            samples,
        )
        if settings.profile:
            tell("layers", 0.0, 0)
            result.layers, result.layer_runs = profile_layers(slots[0], loaded.engine)
        return result


@contextmanager
def _ends() -> Iterator[ExitStack]:
    """What is to be closed at the end; where something has failed, that is told and not what follows from it.

    After an interrupt, for instance, a context may still be in use by the call that it came out of.
    """
    with ExitStack() as ends:
        try:
            yield ends
        except BaseException:
            with suppress(Error):
                ends.close()
            raise


def _make_slots(
    loaded: Any, config: Any, device: Any, clock: Any, inputs: Any, outputs: Any, arrays: Any, settings: Settings,
    ends: ExitStack,
) -> list[list[Slot]]:  # fmt: skip
    streams = [device.stream() for _ in range(settings.streams or settings.contexts)]
    groups: list[list[Slot]] = [[] for _ in streams]
    for number in range(settings.contexts):
        place = number % len(streams)
        context = loaded.engine.create_execution_context(config)
        ends.callback(context.close)
        slot = Slot(context, device, clock, streams[place], inputs, outputs, arrays, settings.transfers)
        ends.callback(slot.close)
        groups[place].append(slot)
    return groups


def _watch(workers: Workers, settings: Settings, tell: Callable[[str, float, int], object]) -> None:
    """Let the workers do their work, and stop them when the user interrupts it."""
    begin = time.monotonic()
    try:
        workers.start()
        while not workers.wait(0.1):
            passed = time.monotonic() - begin
            if passed < settings.warm_up:
                tell("warm-up", passed / settings.warm_up, 0)
                continue
            runs = workers.done
            by_time = (passed - settings.warm_up) / settings.duration if settings.duration else 1.0
            tell("measuring", min(by_time, runs / settings.iterations, 1.0), runs)
    except BaseException:
        workers.stop()
        raise


def _samples(workers: Workers) -> npt.NDArray[np.void]:
    """The runs of all threads in the order of their starts."""
    import numpy as np

    names = ["start", *PARTS, "gpu_start"]
    kinds = [(name, np.float64) for name in names] + [("stream", np.int32), ("context", np.int32)]
    parts = []
    for number, record in enumerate(workers.records):
        start, enqueue, end, gpu_start, h2d, compute, d2h, slot = (
            np.frombuffer(record, np.float64).reshape(-1, FIELDS).T if len(record) else np.empty((FIELDS, 0))
        )
        part = np.empty(len(start), kinds)
        part["start"], part["latency"], part["enqueue"] = start / 1e6, (end - start) / 1e6, enqueue / 1e6
        part["gpu_start"], part["h2d"], part["compute"], part["d2h"] = gpu_start, h2d, compute, d2h
        part["stream"], part["context"] = number, number + slot * len(workers.records)
        parts.append(part)
    samples = np.concatenate(parts)
    samples = samples[np.argsort(samples["start"], kind="stable")]
    for name in ("start", "gpu_start"):
        samples[name] -= samples[name].min()
    return samples


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep Python's collector from running in the middle."""
    was_enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _device_name(device: Any) -> str:
    return f"GPU {device.ordinal}: {device.description}" if device.is_cuda else "the fake library, on the host"


def _graph_state(settings: Settings, no_graphs: str) -> str:
    if settings.graphs == "off":
        return "off"
    if no_graphs:
        return f"none: {no_graphs}"
    return "captured" if settings.graphs == "capture" else "left to TensorRT-RTX"


def _nobody(what: str, part: float, runs: int) -> None:
    """Told of the progress where nobody watches."""


def _notes(result: Result) -> Iterator[str]:
    if result.is_fake:
        yield ("The fake library computed this on the host: times are of the host's clock and say nothing about a GPU.")
    parts = result.parts
    compute, enqueue = parts["compute"], parts["enqueue"]
    copies = parts["h2d"].mean + parts["d2h"].mean
    if result.graph_state.startswith("none"):
        reason = result.graph_state.removeprefix("none: ")
        yield f"There is no CUDA graph ({reason}): each run is launched call by call."
    if not result.is_fake and enqueue.mean > compute.mean:
        yield "Launching a run takes the host longer than computing it takes the GPU: the host limits the throughput."
    if not result.is_fake and copies > compute.mean:
        yield "Copies between host and GPU take longer than computing; --no-transfers measures without them."
    if not result.is_fake and result.runs >= 10 and compute.std > 0.1 * compute.mean:
        yield (
            f"Compute times vary by {compute.std / compute.mean:.0%} (standard deviation): other work on the machine, "
            "or clocks that change."
        )
