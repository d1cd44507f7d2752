"""The group of commands, and the one place where errors become lines on standard error and exit codes."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import Any

import click

from .._version import __version__
from .failures import Code, explain, suggestion
from .screen import State

#: Name of a command: where it is, and what it does. The order is that of the help.
COMMANDS = {
    "build": ("build", "Build an engine from an ONNX model."),
    "run": ("run", "Run a model or an engine once, and compare what comes out."),
    "bench": ("bench", "Measure throughput and latency of a model or an engine."),
    "inspect": ("inspect", "Show what is in an engine or a model, and whether it can be used here."),
    "check": ("check", "Tell what of a model TensorRT-RTX would refuse, node by node."),
    "refit": ("refit", "Give an engine the weights of another model."),
    "cache": ("cache", "List or clear the cache of engines."),
    "doctor": ("doctor", "Look at this installation: library, driver, GPUs, packages, and what is wrong."),
    "completion": ("completion", "Print what makes a shell complete trtx commands."),
}

EPILOG = """\
\b
Exit codes:
  0    it worked
  1    it was tried and failed, or the answer is no (a model is refused, outputs differ)
  2    the command line is wrong, or names a file that cannot be read
  3    something is missing: the TensorRT-RTX library, a GPU, a Python package
  130  interrupted by Ctrl-C

\b
Results are on standard output, with --json as JSON; progress, notes and errors on standard error.
Completion: eval "$(trtx completion bash)" in ~/.bashrc, likewise zsh and fish.
"""


class Commands(click.Group):
    """A group whose commands are imported when they are called, not when they are listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = f"{__package__}.{COMMANDS[cmd_name][0]}"
        try:
            command = importlib.import_module(name).command
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            return None  # not written yet
        assert isinstance(command, click.Command)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            hint = suggestion(args[0], COMMANDS)
            ctx.fail(f"no such command {args[0]!r}{f', {hint}' if hint else ''}")
        if args and args[0] in COMMANDS:
            ctx.ensure_object(State).command = f"trtx {args[0]}"  # its own parsing may fail
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=Commands,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "-V", "--version", prog_name="trtx")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.pass_context
def trtx(ctx: click.Context, debug: bool) -> None:
    """Build, run, time and look at TensorRT-RTX engines.

    'trtx COMMAND --help' explains a command.
    """
    ctx.ensure_object(State).debug |= debug


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command.

    Parameters
    ----------
    arguments
        The command line without the program's name; that of this process by default.

    Returns
    -------
    int
        The exit code, a `Code`.
    """
    if "_TRTX_COMPLETE" in os.environ:  # a shell asks
        trtx.main(list(arguments) if arguments is not None else None, prog_name="trtx")
    state, given = State(), list(sys.argv[1:] if arguments is None else arguments)
    state.json, state.debug = "--json" in given, "--debug" in given  # also where parsing fails
    try:
        with _ending_by_signals(), trtx.make_context("trtx", given, obj=state) as context:
            trtx.invoke(context)
        sys.stdout.flush()
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except SystemExit as ending:
        return _report(state, "ended by a signal", int(ending.code or 0))
    except (KeyboardInterrupt, click.Abort):
        return _report(state, "interrupted", Code.INTERRUPTED)
    except BrokenPipeError:
        # Who read the output has gone, as `head` does. What is left in the buffer goes nowhere.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Code.FAILED
    except Exception as error:
        if isinstance(error, click.UsageError) and error.ctx is not None:
            state.command = error.ctx.command_path
        if state.debug:
            traceback.print_exc()
        failure = explain(error)
        return _report(state, failure.format_message(), failure.code, failure.details)
    return Code.OK


@contextlib.contextmanager
def _ending_by_signals() -> Iterator[None]:
    """Let a request to end be an exception, so that drafts of files are removed on the way out."""
    before = {}
    with contextlib.suppress(ValueError):  # not the main thread: a program called main()
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, _end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


def _report(state: State, line: str, code: int, details: Sequence[str] = ()) -> int:
    with contextlib.suppress(OSError):
        if state.json:
            error: dict[str, Any] = {"command": state.command, "message": line, "details": list(details), "code": code}
            click.echo(json.dumps({"error": error}, indent=2))
        click.echo(f"{state.command}: {line}", err=True)
        for detail in details:
            click.echo(f"  {detail}", err=True)
    return int(code)
