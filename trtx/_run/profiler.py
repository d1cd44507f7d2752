"""`Profiler`: is told how long the layers of a run took; `ProfileCollector` adds that up."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from trtx_sys._ffi import ffi

from .._core.callbacks import Callback, trampoline
from .._core.public import public

if TYPE_CHECKING:
    from typing_extensions import Self

_string = ffi.string

__all__ = ["LayerTime", "ProfileCollector", "Profiler"]


@public
class Profiler(Callback):
    """Is told the time of each layer (``IProfiler``); assign an object to `ExecutionContext.profiler`.

    Derive from it. In its place a function is taken that is called as ``function(layer_name, ms)``. `ProfileCollector`
    is a ready one.

    Notes
    -----
    Times are reported when a run is over: by the run itself where `ExecutionContext.enqueue_emits_profile` is on, which
    then waits for the GPU, or by `ExecutionContext.report_to_profiler`. Layers of a run come in the order in which they
    ran. What the method raises comes out of the call that reports.
    """

    __slots__ = ()

    _native: ClassVar[str] = "profiler"
    _methods: ClassVar[tuple[str, ...]] = ("report_layer_time",)
    _needed: ClassVar[tuple[tuple[str, ...], ...]] = (("report_layer_time",),)
    _function: ClassVar[str | None] = "report_layer_time"

    def report_layer_time(self, layer_name: str, ms: float) -> None:
        """Take the time of a layer in one run (``IProfiler::reportLayerTime``).

        Parameters
        ----------
        layer_name : str
            The layer as the engine has it, which may stand for several of the network.
        ms : float
            Milliseconds on the GPU.
        """
        raise NotImplementedError


#: What may be assigned to `ExecutionContext.profiler`.
Reporter = Profiler | Callable[[str, float], object]


@public
class LayerTime(NamedTuple):
    """What a `ProfileCollector` knows of a layer.

    Attributes
    ----------
    runs : int
        How often its time was reported.
    total, least, most : float
        Milliseconds: all reports together, the shortest, the longest.
    """

    runs: int
    total: float
    least: float
    most: float

    @property
    def mean(self) -> float:
        """Milliseconds of a report, on average."""
        return self.total / self.runs


@public
class ProfileCollector(Profiler):
    """Adds up how long each layer took.

    Notes
    -----
    One collector may serve several contexts; layers of the same name are then added up.

    Examples
    --------
    >>> context.profiler = profile = trtx.ProfileCollector()
    >>> context.enqueue_v3(stream)
    >>> for name, time in profile.layers.items():
    ...     print(f"{name}: {time.mean:.3f} ms")
    """

    __slots__ = ()

    _times: dict[str, LayerTime]

    def __new__(cls, *_: object, **__: object) -> Self:
        profiler = super().__new__(cls)
        profiler._times = {}
        return profiler

    def report_layer_time(self, layer_name: str, ms: float) -> None:
        """Add the time of a layer to the others."""
        former = self._times.get(layer_name)
        if former is None:
            self._times[layer_name] = LayerTime(1, ms, ms, ms)
        else:
            runs, total, least, most = former
            self._times[layer_name] = LayerTime(runs + 1, total + ms, min(least, ms), max(most, ms))

    @property
    def layers(self) -> dict[str, LayerTime]:
        """The layers by their names, in the order in which they were reported first."""
        return dict(self._times)

    @property
    def runs(self) -> int:
        """How many runs were reported: how often the layer that was reported most."""
        return max((time.runs for time in self._times.values()), default=0)

    @property
    def total(self) -> float:
        """Milliseconds of all layers in all runs."""
        return sum(time.total for time in self._times.values())

    @property
    def mean(self) -> float:
        """Milliseconds of all layers in one run, on average; 0 where no run was reported."""
        return self.total / self.runs if self._times else 0.0

    def __repr__(self) -> str:
        kind = f"{type(self).__module__}.{type(self).__name__}"
        return f"<{kind} {len(self._times)} layers, {self.runs} runs, {self.mean:.3f} ms each>"

    def reset(self) -> None:
        """Forget all times."""
        self._times = {}


@trampoline("trtx_py_profiler_report_layer_time")
def _report_layer_time(profiler: Profiler, layer_name: Any, ms: float) -> None:
    # As `text` does it; there are many of these calls in a run.
    profiler.report_layer_time(_string(layer_name).decode("utf-8", "surrogateescape") if layer_name else "", ms)
