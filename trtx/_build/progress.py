"""`ProgressMonitor`: follows a build, and may cancel it."""

from __future__ import annotations

from typing import Any, ClassVar

from trtx_sys._ffi import ffi, lib

from .._core import pending as _pending
from .._core.callbacks import Callback, Target, trampoline
from .._core.errors import BuilderError, failure, text
from .._core.public import public

__all__ = ["ProgressMonitor"]


@public
class ProgressMonitor(Callback):
    """Follows a build; derive from it, and assign an object to `BuilderConfig.progress_monitor`.

    A build runs in phases, each of a known number of steps; phases nest. The methods here do nothing, so a class needs
    only those that it is interested in (``IProgressMonitor``).

    Notes
    -----
    One monitor may serve any number of configurations, and builds that run at the same time. The methods are called
    while `Builder.build_serialized_network` waits, but mostly on another thread than the one that called it. An
    exception from any of them cancels the build and comes out of it. A method of a derived class whose name is almost
    one of these is refused when the monitor is set, as nobody would call it.
    """

    __slots__ = ()

    _native: ClassVar[str] = "progress_monitor"
    _methods: ClassVar[tuple[str, ...]] = ("phase_start", "step_complete", "phase_finish")

    def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
        """A phase begins (``IProgressMonitor::phaseStart``).

        Parameters
        ----------
        phase_name : str
            Name of the phase; names of phases that run at the same time differ.
        parent_phase : str or None
            Name of the phase that this one is a part of; None for the outermost.
        num_steps : int
            Number of its steps, 1 or more; the last has the number ``num_steps - 1``.
        """

    def step_complete(self, phase_name: str, step: int) -> bool:
        """A step is over (``IProgressMonitor::stepComplete``).

        Parameters
        ----------
        phase_name : str
            Name that `phase_start` got.
        step : int
            Number of the step, from 0; they need not come in order.

        Returns
        -------
        bool
            True to go on, False to cancel the build: it then raises `BuilderError`. Anything but a bool or an integer
            cancels the build with a `TypeError`.
        """
        return True

    def phase_finish(self, phase_name: str) -> None:
        """A phase ends; not all of its steps need to have been made (``IProgressMonitor::phaseFinish``).

        Parameters
        ----------
        phase_name : str
            Name that `phase_start` got. Another phase may have it from now on.
        """


class BuildMonitor:
    """The native monitor of one build: passes events on to the user's, and stops the build when it is to be stopped.

    Parameters
    ----------
    monitor
        The user's, if any.
    *loggers
        Callback targets whose exceptions stop the build.
    """

    __slots__ = ("_handle", "_watch", "pointer", "target")

    def __init__(self, monitor: ProgressMonitor | None, *loggers: object) -> None:
        self._watch = _Watch(monitor, loggers)
        #: Owner of the exceptions that the user's monitor raises.
        self.target = Target(self._watch)
        #: The native monitor, while the build runs.
        self.pointer: Any = ffi.NULL

    def __enter__(self) -> BuildMonitor:
        callbacks = ffi.new("trtx_progress_monitor_callbacks *")
        callbacks.phase_start = lib.trtx_py_progress_monitor_phase_start
        callbacks.step_complete = lib.trtx_py_progress_monitor_step_complete
        callbacks.phase_finish = lib.trtx_py_progress_monitor_phase_finish
        self._handle = ffi.new_handle(self.target)
        result = ffi.new("trtx_progress_monitor **")
        if lib.trtx_progress_monitor_create(callbacks, self._handle, result):
            raise failure(BuilderError, "making the progress monitor of a build")
        self.pointer = result[0]
        return self

    def __exit__(self, *_: object) -> None:
        # Lets no further event through; those under way on other threads are waited for.
        pointer, self.pointer = self.pointer, ffi.NULL
        lib.trtx_progress_monitor_destroy(pointer)

    def stop(self) -> None:
        """Have the build stop at its next step; from any thread."""
        self._watch.stopped = True

    @property
    def refusal(self) -> str | None:
        """Where the user's monitor cancelled the build, if it did."""
        return self._watch.refusal


class _Watch:
    """What the trampolines see of a build."""

    __slots__ = ("_loggers", "_monitor", "refusal", "stopped")

    def __init__(self, monitor: ProgressMonitor | None, loggers: tuple[object, ...]) -> None:
        self._monitor = monitor
        self._loggers = loggers
        self.stopped = False
        self.refusal: str | None = None

    def phase_start(self, phase: str, parent: str | None, steps: int) -> None:
        if self._monitor is not None and not self.stopped:
            try:
                self._monitor.phase_start(phase, parent, steps)
            except BaseException:
                self.stopped = True
                raise

    def step_complete(self, phase: str, step: int) -> bool:
        if self.stopped or any(_pending.is_cancelled(logger) for logger in self._loggers):
            self.stopped = True
            return False
        if self._monitor is None:
            return True
        try:
            answer = self._monitor.step_complete(phase, step)
            if not isinstance(answer, int) and type(answer).__module__ != "numpy":
                # Most likely a forgotten return, which must not pass for a wish to cancel.
                raise TypeError(
                    f"{type(self._monitor).__name__}.step_complete must return True to go on or False to cancel, "
                    f"but returned {answer!r}"
                )
        except BaseException:
            self.stopped = True
            raise
        if not answer:
            self.stopped = True
            name = type(self._monitor).__name__
            self.refusal = f"{name}.step_complete returned False in phase {phase!r}, step {step}"
        return not self.stopped

    def phase_finish(self, phase: str) -> None:
        # Also after a stop: a monitor that opened something for a phase can close it.
        if self._monitor is not None:
            try:
                self._monitor.phase_finish(phase)
            except BaseException:
                self.stopped = True
                raise


@trampoline("trtx_py_progress_monitor_phase_start")
def _phase_start(watch: _Watch, phase: Any, parent: Any, steps: int) -> None:
    watch.phase_start(text(phase), text(parent) if parent else None, steps)


@trampoline("trtx_py_progress_monitor_step_complete", error=False)
def _step_complete(watch: _Watch, phase: Any, step: int) -> bool:
    return watch.step_complete(text(phase), step)


@trampoline("trtx_py_progress_monitor_phase_finish")
def _phase_finish(watch: _Watch, phase: Any) -> None:
    watch.phase_finish(text(phase))
