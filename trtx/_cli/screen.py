"""What commands say: results for people or as JSON on standard output, all else on standard error.

Without a terminal there is no progress and no colour. ``rich`` is imported when something is drawn.
"""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .failures import Code

if TYPE_CHECKING:
    from rich.console import Console

F = TypeVar("F", bound=Callable[..., Any])


@dataclass
class State:
    """What `main` must know of the command that runs, to report its errors."""

    debug: bool = False
    json: bool = False
    command: str = "trtx"


class Screen:
    """Where a command shows things; commands that are `common` get one.

    Parameters
    ----------
    as_json
        Whether the result is JSON.
    quiet
        Whether only the result is shown.
    """

    def __init__(self, as_json: bool = False, quiet: bool = False) -> None:
        self.as_json, self.quiet = as_json, quiet

    @functools.cached_property
    def console(self) -> Console:
        """Standard output, by rich."""
        return _console(stderr=False)

    @functools.cached_property
    def errors(self) -> Console:
        """Standard error, by rich: progress and notes."""
        return _console(stderr=True)

    @property
    def is_live(self) -> bool:
        """Whether progress is shown: standard error is a terminal, and nobody asked for silence."""
        return not self.as_json and not self.quiet and sys.stderr.isatty()

    def note(self, text: str) -> None:
        """A line on standard error that nobody needs to read, with --json or --quiet left out."""
        if not self.as_json and not self.quiet:
            click.echo(text, err=True)

    def result(self, data: Mapping[str, Any], show: Callable[[Console], None], code: int = Code.OK) -> None:
        """End the command with its result.

        Parameters
        ----------
        data
            The result as JSON can say it; what JSON cannot, as enums and paths, is written as text.
        show
            Draws the result for people.
        code
            The exit code.
        """
        if self.as_json:
            click.echo(json.dumps(data, indent=2, default=str, allow_nan=False))
        else:
            show(self.console)
        if code:
            raise click.exceptions.Exit(code)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    # Without a terminal nothing is cut or folded: programs read it.
    width = None if stream.isatty() else 200
    # Names of tensors and files are text, whatever brackets and colons they have.
    return Console(stderr=stderr, width=width, highlight=False, markup=False, emoji=False)


def common(function: F) -> F:
    """Give a command ``--json``, ``--quiet`` and ``--debug``, and a `Screen` as its first argument."""

    @click.option("--json", "as_json", is_flag=True, help="Give the result as JSON.")
    @click.option("-q", "--quiet", is_flag=True, help="Show the result alone: no progress, no notes.")
    @click.option("--debug", is_flag=True, help="Show the traceback of an error.")
    @functools.wraps(function)
    def wrapper(*args: Any, as_json: bool, quiet: bool, debug: bool, **kwargs: Any) -> Any:
        context = click.get_current_context()
        state = context.ensure_object(State)
        state.json, state.debug, state.command = as_json, state.debug or debug, context.command_path
        return function(Screen(as_json, quiet), *args, **kwargs)

    return wrapper  # type: ignore[return-value]
