"""Where PyInstaller finds the hooks of `trtx` and `trtx_sys`: the entry point ``pyinstaller40`` names this."""

from __future__ import annotations

import os


def get_hook_dirs() -> list[str]:
    """Folders with hooks."""
    return [os.path.join(os.path.dirname(os.path.abspath(__file__)), "hooks")]
