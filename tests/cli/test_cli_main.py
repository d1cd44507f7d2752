"""The group of commands: help that costs nothing, suggestions, exit codes, completion."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from tests.helpers.command import Ended, command, is_one_line, variables
from trtx._cli.main import COMMANDS, main, trtx


def test_help_lists_all_commands_and_exit_codes() -> None:
    ended = command("--help")
    assert ended.code == 0
    assert ended.err == ""
    for name, (_, text) in COMMANDS.items():
        assert f"  {name} " in ended.out
        assert text[:30] in ended.out
    for code in ("0  ", "1  ", "2  ", "3  ", "130"):
        assert f"\n    {code}" in ended.out


def test_help_imports_no_command_no_numpy_and_no_library() -> None:
    code = """
import sys
from trtx._cli.main import main
assert main(["--help"]) == 0
loaded = {name.split(".")[0] for name in sys.modules} & {"numpy", "rich", "trtx_sys", "cuda", "onnx"}
loaded |= {name for name in sys.modules if name.startswith("trtx.")}
print(sorted(loaded), file=sys.stderr)
"""
    result = subprocess.run([sys.executable, "-c", code], env=variables(), capture_output=True, text=True, check=True)
    mine = ["__main__", "failures", "main", "screen"]
    allowed = {"trtx._cli", "trtx._names_gen", "trtx._version", *(f"trtx._cli.{name}" for name in mine)}
    assert set(eval(result.stderr)) <= allowed


def test_help_is_fast() -> None:
    """Its own time on the processor, beside that of click alone: the machine of a test may be busy."""

    def best(code: str) -> float:
        measured = f"import time; {code}; print(time.process_time())"
        runs = []
        for _ in range(5):
            command = [sys.executable, "-c", measured]
            out = subprocess.run(command, env=variables(), capture_output=True, text=True, check=True).stdout
            runs.append(float(out.split()[-1]))
        return min(runs)

    alone = best("import click")
    assert best("from trtx._cli.main import main; main(['--help'])") < alone + 0.06


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_teaches(name: str) -> None:
    if trtx.get_command(click.Context(trtx), name) is None:
        pytest.skip(f"trtx {name} is not there yet")
    ended = command(name, "--help")
    assert ended.code == 0, ended
    assert f"trtx {name}" in ended.out
    context = click.Context(trtx)
    found = trtx.get_command(context, name)
    assert found is not None
    commands = list(found.commands.values()) if isinstance(found, click.Group) else [found]
    for one in commands:
        assert one.help
        for parameter in one.params:
            assert not isinstance(parameter, click.Option) or parameter.help, f"{one.name} {parameter.name}"
        if name != "completion":
            assert {"--json", "--quiet", "--debug"} <= {option for one_ in one.params for option in one_.opts}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bild"], ["no such command 'bild'", "did you mean 'build'?", "trtx --help"]),
        (["zzz"], ["no such command 'zzz'", "trtx --help"]),
        (["--debg"], ["no such option '--debg'"]),
        (["build", "--shape", "x:1"], ["trtx build: no such option '--shape'", "'--shapes'?", "trtx build --help"]),
        (["inspect", "--layer"], ["no such option '--layer'", "'--layers'?", "trtx inspect --help"]),
        (["check", "--nods"], ["no such option '--nods'", "'--nodes'?"]),
        (["refit", "--stripp"], ["no such option '--stripp'", "'--strip'?"]),
        (["doctor", "--jsn"], ["no such option '--jsn'", "'--json'?"]),
        (["cache", "show", "--foldr"], ["no such option '--foldr'", "'--folder'?", "trtx cache show --help"]),
        (["cache", "shw"], ["no such command 'shw'", "trtx cache --help"]),
        (["build"], ["missing argument 'MODEL'", "trtx build --help"]),
        (["refit", "a"], ["the engine 'a' is not there"]),
        (["completion", "tcsh"], ["'tcsh' is not one of"]),
    ],
)
def test_wrong_command_lines(arguments: list[str], words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code = main(arguments)
    captured = capsys.readouterr()
    is_one_line(Ended(code, captured.out, captured.err), 2, *words)


def test_a_wrong_command_line_with_json_is_json_too() -> None:
    ended = command("build", "nowhere.onnx", "--json")
    assert ended.code == 2
    assert ended.data["error"]["code"] == 2
    assert "nowhere.onnx" in ended.data["error"]["message"]
    assert ended.err.count("\n") == 1


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(b"hello")
    for arguments in (["--debug", "build", path], ["build", path, "--debug"]):
        ended = command(*arguments)
        assert ended.code == 1
        assert "Traceback" in ended.err
        assert ended.err.splitlines()[-1].startswith("trtx build: ")


def test_version() -> None:
    import trtx as package

    assert command("--version").out == f"trtx, version {package.__version__}\n"


@pytest.mark.parametrize(("shell", "words"), [("bash", "complete -o"), ("zsh", "compdef"), ("fish", "complete ")])
def test_completion_is_printed(shell: str, words: str) -> None:
    ended = command("completion", shell)
    assert ended.code == 0
    assert words in ended.out
    assert "_TRTX_COMPLETE" in ended.out


@pytest.mark.parametrize(
    ("line", "expected"),
    [("trtx ", "doctor"), ("trtx bu", "build"), ("trtx build --opt", "--opt-values"), ("trtx cache ", "clear")],
)
def test_a_shell_completes(line: str, expected: str) -> None:
    words = line.split(" ")
    ended = command(_TRTX_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
    assert any(one.split(",")[-1] == expected for one in ended.out.split()), ended
    assert ended.err == ""


def test_reader_that_goes_away_is_no_error() -> None:
    code = "import sys; from trtx._cli.main import main; sys.exit(main(['--help']))"
    process = subprocess.Popen(
        [sys.executable, "-c", code], env=variables(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert b"Traceback" not in process.stderr.read()
    process.wait(timeout=60)


def test_what_nobody_expected_is_one_line(
    monkeypatch: pytest.MonkeyPatch, call: Callable[..., Ended], models: Path
) -> None:
    from trtx._cli import build

    def fail(*_: object) -> None:
        raise ZeroDivisionError("two\nlines")

    monkeypatch.setattr(build._Work, "build", fail)
    is_one_line(call("build", models / "fixed.onnx"), 1, "ZeroDivisionError: two lines", "--debug")
