"""The command `trtx`, in this process or in one of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.helpers.process import python_path

#: Lets a process started in the background hear Ctrl-C.
_HEAR = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
PROGRAM = [sys.executable, "-c", f"{_HEAR}from trtx.__main__ import main; sys.exit(main())"]


class Ended(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The JSON on standard output."""
        return json.loads(self.out)


def command(
    *arguments: str | os.PathLike[str],
    folder: Path | None = None,
    timeout: float = 120,
    before: Callable[[], None] | None = None,
    **environment: str | None,
) -> Ended:
    """Run the command in a process of its own, without a terminal; variables whose value is None are removed."""
    result = subprocess.run(
        [*PROGRAM, *map(os.fspath, arguments)],
        cwd=folder,
        env=variables(**environment),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        preexec_fn=before,
    )
    return Ended(result.returncode, result.stdout, result.stderr)


def variables(**changes: str | None) -> dict[str, str]:
    """The environment of a command."""
    made = {**os.environ, "PYTHONPATH": python_path()}
    for name, value in changes.items():
        made.pop(name, None)
        if value is not None:
            made[name] = value
    return made


def is_one_line(ended: Ended, code: int, *words: str) -> None:
    """Assert that a command failed as documented: one line that has the words, no traceback, nothing else."""
    assert ended.code == code, ended
    assert ended.err.count("\n") == 1, ended.err
    assert ended.err.startswith("trtx"), ended.err
    assert "Traceback" not in ended.err
    assert ended.out == "", ended.out
    for word in words:
        assert word in ended.err, ended.err


def in_process(capsys: Any, arguments: Sequence[str | os.PathLike[str]]) -> Ended:
    """Run the command in this process."""
    from trtx._cli.main import main

    capsys.readouterr()
    code = main([os.fspath(one) for one in arguments])
    captured = capsys.readouterr()
    return Ended(code, captured.out, captured.err)
