"""Python programs in processes of their own: a process can load one native library, and may crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def hear_interrupts() -> None:
    """Let Ctrl-C raise `KeyboardInterrupt` in this process, as it does in a terminal.

    A process that was started under nohup, or in the background of a script, ignores it, and so do its children.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


def python_path() -> str:
    """PYTHONPATH of a process that imports the tests too."""
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))


def run_python(
    code: str, *, check: bool = True, timeout: float = 120, environment: dict[str, str | None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program; with ``check`` it must end with exit code 0.

    Variables whose value is None in ``environment`` are removed.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        code = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n" + textwrap.dedent(code)
    variables = dict(os.environ)
    for name, value in (environment or {}).items():
        if value is None:
            variables.pop(name, None)
        else:
            variables[name] = value
    result = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env=variables,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    if check:
        assert result.returncode == 0, f"exit code {result.returncode}\n{result.stdout}\n{result.stderr}"
    return result
