"""What programs of the tests of ``trtx run`` and ``trtx bench`` start with, on the fake library."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import trtx
from tests.helpers.session_program import QUIET, plan
from trtx._cli.main import main

__all__ = ["Path", "answer", "cli", "engine", "failed", "here", "json", "np", "plan", "trtx", "typed_plan"]

#: An empty folder.
here = Path(tempfile.mkdtemp(prefix="trtx-bench-test-"))


class Done(NamedTuple):
    """A command that has ended."""

    code: int
    out: str
    err: str


def cli(*arguments: object) -> Done:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(one) for one in arguments])
    return Done(int(code), out.getvalue(), err.getvalue())


def answer(*arguments: object, code: int = 0) -> Any:
    """The JSON of a command, which must end with a code."""
    done = cli(*arguments, "--json")
    assert done.code == code, done
    return json.loads(done.out)


def failed(code: int, words: list[str], *arguments: object) -> None:
    """Run a command that must fail: with a code, and with one line on standard error that has words, and no result."""
    done = cli(*arguments)
    lines = [line for line in done.err.splitlines() if not line.startswith("note: ")]
    assert done.code == code, done
    assert len(lines) == 1, done
    assert lines[0].startswith(f"trtx {arguments[0]}: "), done
    missing = [word for word in words if word not in lines[0]]
    assert not missing, f"{missing} not in {lines[0]!r}"
    assert not done.out, done
    # Programs get the same as JSON.
    told = json.loads(cli(*arguments, "--json").out)["error"]
    assert told["code"] == code, told
    assert all(word in told["message"] for word in words), told


def engine(name: str = "sum.engine", **options: Any) -> Path:
    """The file of an engine: ``y = a + b``, of 1 to 8 rows of four."""
    path = here / name
    if not path.exists():
        plan(**options).save(path)
    return path


def typed_plan(kind: trtx.DataType, shape: tuple[int, ...] = (2, 64)) -> Path:
    """The file of an engine that gives its one input back, of a type."""
    path = here / f"{kind.name}.engine"
    if not path.exists():
        builder = trtx.Builder(QUIET)
        network = builder.create_network()
        y = network.add_identity(network.add_input("x", kind, shape)).get_output(0)
        y.name = "y"
        network.mark_output(y)
        builder.build_serialized_network(network, builder.create_config()).save(path)
    return path
