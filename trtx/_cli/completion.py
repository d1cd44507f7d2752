"""``trtx completion SHELL``: what makes a shell complete commands and options."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print what makes a SHELL complete trtx commands.

    \b
    bash: eval "$(trtx completion bash)"            in ~/.bashrc
    zsh:  eval "$(trtx completion zsh)"             in ~/.zshrc
    fish: trtx completion fish > ~/.config/fish/completions/trtx.fish
    """
    from click.shell_completion import get_completion_class

    from .main import trtx

    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(trtx, {}, "trtx", "_TRTX_COMPLETE").source())
