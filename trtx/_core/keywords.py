"""Keywords of NVIDIA's package, where a parameter has another name here.

Most parameters simply have NVIDIA's names. These two are for the others; a test looks for both.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from types import FunctionType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])


def also_named(**names: str) -> Callable[[F], F]:
    """Let a function take keywords of NVIDIA's for its parameters: ``@also_named(theirs="ours")``.

    It puts a call around the function: for those alone that are not called often.
    """

    def decorate(function: F) -> F:
        @wraps(function)
        def call(*args: Any, **keywords: Any) -> Any:
            for theirs, ours in names.items():
                if theirs in keywords:
                    if ours in keywords:
                        raise TypeError(f"{function.__name__}() got both {ours!r} and {theirs!r}, which mean the same")
                    keywords[ours] = keywords.pop(theirs)
            return function(*args, **keywords)

        call._also_named = names  # type: ignore[attr-defined]
        return call  # type: ignore[return-value]

    return decorate


def under_name(function: FunctionType, name: str, **names: str) -> Any:
    """The same function under NVIDIA's name, with NVIDIA's keywords: ``under_name(f, "g", ours="theirs")``.

    The code is the same but for these names, so a call costs what the other one does.
    """
    code = function.__code__
    code = code.replace(co_name=name, co_varnames=tuple(names.get(known, known) for known in code.co_varnames))
    qualified = function.__qualname__.removesuffix(function.__name__) + name
    if sys.version_info >= (3, 11):
        code = code.replace(co_qualname=qualified)
    made = FunctionType(code, function.__globals__, name, function.__defaults__, function.__closure__)
    made.__qualname__, made.__module__, made.__kwdefaults__ = qualified, function.__module__, function.__kwdefaults__
    made.__annotations__ = {names.get(known, known): value for known, value in function.__annotations__.items()}
    made.__doc__ = function.__doc__
    for ours, theirs in names.items():
        made.__doc__ = (made.__doc__ or "").replace(f"\n        {ours}\n", f"\n        {theirs}\n")
        made.__doc__ = made.__doc__.replace(f"``{ours}``", f"``{theirs}``")
    return made
