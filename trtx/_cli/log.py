"""What TensorRT-RTX logs during a command: shown as it comes, but for lines that say nothing."""

from __future__ import annotations

from typing import Any

import click

import trtx

from .screen import Screen

#: Without a GPU, looking for one fails on the way of everything that works without.
_NOISE = ("catchCudaError", "Error reading CUDA GPU properties", "CUDA initialization failure")

_STYLES = {
    trtx.Severity.INTERNAL_ERROR: "red",
    trtx.Severity.ERROR: "red",
    trtx.Severity.WARNING: "yellow",
}


class Log:
    """A logger's sink, which keeps warnings and shows what is at least as severe as asked for.

    Parameters
    ----------
    screen
        Says whether lines are shown at all, and where.
    shown
        The least severe lines that are shown.
    """

    def __init__(self, screen: Screen, shown: trtx.Severity) -> None:
        self._screen, self._shown = screen, shown
        self.warnings: list[str] = []
        self.logger = trtx.Logger(max(shown, trtx.Severity.WARNING), sink=self._line)

    def _line(self, severity: trtx.Severity, text: str) -> None:
        text = text.strip()
        if not text or any(words in text for words in _NOISE):
            return
        if severity == trtx.Severity.WARNING:
            self.warnings.append(text)
        # Errors are part of the exception that follows.
        if severity <= self._shown and severity > trtx.Severity.ERROR and not self._screen.as_json:
            self._show(severity, text)

    def _show(self, severity: trtx.Severity, text: str) -> None:
        line = f"{severity.name.lower()}: {text}"
        if self._screen.is_live:
            from rich.text import Text

            self._screen.errors.print(Text(line, style=_STYLES.get(severity, "dim")))
        elif not self._screen.quiet:
            click.echo(line, err=True)


def verbosity(function: Any) -> Any:
    """Give a command ``-v`` and ``--verbosity``; it gets ``shown``, a `Severity`."""
    from .types import Member

    return click.option(
        "-v",
        "--verbosity",
        "shown",
        type=Member(trtx.Severity, leave_out=("INTERNAL_ERROR",)),
        default="warning",
        show_default=True,
        help="Least severe lines of TensorRT-RTX's log that are shown: error, warning, info or verbose.",
    )(function)
