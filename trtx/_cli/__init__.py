"""The command `trtx`: build, run, time and look at engines without writing a program.

``click`` parses: it suggests what a misspelt option should have been, completes in bash, zsh and fish, and imports in a
few hundredths of a second, which ``typer`` (it imports ``rich`` and ``inspect`` at once) does not; argparse has no
completion. ``rich`` draws tables and progress where there is a terminal, and is imported only there.

`main` is the group of commands and the one place where errors become lines and exit codes, `screen` what a command says
to people and programs, `options` the options that commands share, `failures` what goes wrong and what to do then. Each
command has a module, which is imported when it is called.
"""
