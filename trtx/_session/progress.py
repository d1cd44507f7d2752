"""A progress bar for builds, by rich, where there is a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .._build.progress import ProgressMonitor

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self


def is_wanted(progress: bool | None) -> bool:
    """Whether a build shows its progress: as asked for, or where standard error is a terminal and rich is there."""
    if progress is not None:
        return bool(progress)
    if not (sys.stderr is not None and sys.stderr.isatty()):
        return False
    try:
        import rich  # noqa: F401
    except ImportError:
        return False
    return True


class ProgressBar:
    """Shows the phases of a build while it is entered."""

    def __init__(self, name: str) -> None:
        from rich.console import Console
        from rich.progress import Progress

        self._progress = Progress(console=Console(stderr=True), transient=True)
        self._name = name
        self.monitor = _Monitor(self._progress)

    def __enter__(self) -> Self:
        self._progress.start()
        self._progress.add_task(f"building {self._name}", total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()


class _Monitor(ProgressMonitor):
    def __init__(self, progress: Any) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}

    def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
        self._tasks[phase_name] = self._progress.add_task(phase_name, total=num_steps)

    def step_complete(self, phase_name: str, step: int) -> bool:
        task = self._tasks.get(phase_name)
        if task is not None:
            self._progress.advance(task)
        return True

    def phase_finish(self, phase_name: str) -> None:
        task = self._tasks.pop(phase_name, None)
        if task is not None:
            self._progress.remove_task(task)
