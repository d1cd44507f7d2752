"""``docs/cli_comparison.md``: every command and option that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from trtx._cli.main import COMMANDS, trtx

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "cli_comparison.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`trtx ([a-z][^`]*)`", TEXT)))


def test_options_are_named() -> None:
    assert len(NAMED) > 50
    assert {name.split()[0] for name in NAMED} == set(COMMANDS)


@pytest.mark.parametrize("named", NAMED)
def test_they_exist(named: str) -> None:
    name, *words = named.split()
    found = trtx.get_command(click.Context(trtx), name)
    assert found is not None
    if isinstance(found, click.Group):
        for word in words:
            assert word in found.commands
        return
    options = {option for one in found.params for option in (*one.opts, *one.secondary_opts)}
    assert set(words) <= options


@pytest.mark.parametrize("name", ["build", "inspect", "check", "refit"])
def test_every_option_of_ours_is_compared(name: str) -> None:
    command = trtx.get_command(click.Context(trtx), name)
    assert command is not None
    named = {word for one in NAMED if one.split()[0] == name for word in one.split()[1:]}
    beside = {
        "debug",
        "quiet",
        "as_json",
        "allow_outside_data",
        "build_allow_outside_data",
        "isolated",
        "shown",
        "strip",
    }
    missing = [
        one.name
        for one in command.params
        if isinstance(one, click.Option) and one.name not in beside and not named & {*one.opts, *one.secondary_opts}
    ]
    assert missing == []
