"""Packages that an option needs, and others do not."""

from __future__ import annotations

import importlib
from typing import Any

from .._core.errors import UnsupportedError


def require(module: str, option: str) -> Any:
    """Import a module of an optional package.

    Raises
    ------
    UnsupportedError
        If the package is missing; the message names the option and says how to install it.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise UnsupportedError(
            f"{option} needs the package {package} ({error}); install it with: pip install {package}"
        ) from error
