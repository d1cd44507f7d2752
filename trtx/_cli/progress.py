"""The phases of a build, live on a terminal."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import trtx

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console
    from typing_extensions import Self


class Phases(trtx.ProgressMonitor):
    """Shows the phases of a build while it is entered: a bar for each that is under way, below its parent.

    Parameters
    ----------
    console
        Where they are shown.
    title
        What stands above them.
    """

    def __init__(self, console: Console, title: str) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._title = title
        self._tasks: dict[str, tuple[Any, int]] = {}
        self._lock = threading.Lock()  # phases come from threads of the build

    def __enter__(self) -> Self:
        self._progress.start()
        self._top = self._progress.add_task(self._title, total=None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
        with self._lock:
            if parent_phase is None:
                self._progress.update(self._top, total=num_steps)
                self._tasks[phase_name] = self._top, 0
                return
            depth = self._tasks.get(parent_phase, (None, 0))[1] + 1
            name = "  " * depth + phase_name
            self._tasks[phase_name] = self._progress.add_task(name, total=num_steps), depth

    def step_complete(self, phase_name: str, step: int) -> bool:
        with self._lock:
            if phase_name in self._tasks:
                self._progress.update(self._tasks[phase_name][0], completed=step + 1)
        return True

    def phase_finish(self, phase_name: str) -> None:
        with self._lock:
            task, depth = self._tasks.pop(phase_name, (None, 0))
            if task is not None and depth:
                self._progress.remove_task(task)
