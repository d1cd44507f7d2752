"""The enums as users get them: with hints at what has another name here, or is left out."""

from __future__ import annotations

from trtx_sys import _enums_gen
from trtx_sys._enums_gen import *  # noqa: F403

from .hints import give_hints

for _name in _enums_gen.__all__:
    give_hints(getattr(_enums_gen, _name))
