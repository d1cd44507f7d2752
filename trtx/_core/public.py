"""Names as users know them."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar

from .hints import give_hints

if TYPE_CHECKING:
    from inspect import Signature

T = TypeVar("T", bound="type | object")

#: What must stay where it is: it is found by where it stands, or is no method.
_STAYS = {"__init__", "__new__", "__init_subclass__", "__class_getitem__"}


def public(thing: T) -> T:
    """Let a class or function say that it is of `trtx`, where users find it, and not of a module inside."""
    thing.__module__ = "trtx"
    if isinstance(thing, type):
        _take_over(thing)
    return give_hints(thing)


def _take_over(kind: type) -> None:
    """Let a public class have the methods of its private bases as its own.

    Else messages, `help` and tracebacks would speak of classes that users do not know:
    ``DenseLayers.add_activation() missing 1 required positional argument``.
    """
    known = {base for base in kind.__mro__[1:] if base.__module__ == "trtx" for base in base.__mro__}
    seen = {*vars(kind)}
    for base in kind.__mro__[1:]:
        if base not in known and base.__module__.startswith("trtx."):
            for name, value in vars(base).items():
                is_private = name[0] == "_" and name[-2:] != "__"
                if not is_private and name not in seen and name not in _STAYS:
                    own = _renamed(value, kind)
                    if own is not value:
                        setattr(kind, name, own)
        seen.update(vars(base))


def _renamed(value: Any, kind: type) -> Any:
    """A method or property that is like another, and says that it is of a class."""
    if isinstance(value, FunctionType):
        own = FunctionType(value.__code__, value.__globals__, value.__name__, value.__defaults__, value.__closure__)
        own.__kwdefaults__, own.__doc__, own.__module__ = value.__kwdefaults__, value.__doc__, value.__module__
        own.__annotations__ = value.__annotations__
        own.__dict__.update(value.__dict__)
        own.__qualname__ = f"{kind.__qualname__}.{value.__name__}"
        inside = getattr(value, "__wrapped__", None)  # a decorated one; it is what complains of wrong arguments
        if inside is not None:
            inside.__qualname__ = own.__qualname__
        return own
    if isinstance(value, (classmethod, staticmethod)):
        return type(value)(_renamed(value.__func__, kind))
    if type(value) is property:
        own_property = property(*(_renamed(part, kind) for part in (value.fget, value.fset, value.fdel)))
        own_property.__doc__ = value.__doc__
        return own_property
    return value


class InitSignature:
    """What `inspect` says of making an object of a class whose ``__new__`` takes everything."""

    def __get__(self, instance: object, owner: type) -> Signature:
        if instance is not None:
            raise AttributeError("__signature__")
        import inspect

        whole = inspect.signature(owner.__init__)  # type: ignore[misc]
        kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        own = list(whole.parameters.values())[1:]
        if [parameter.kind for parameter in own] == [*kinds]:  # it is not made by users, or takes nothing
            own = []
        return whole.replace(parameters=own, return_annotation=inspect.Signature.empty)
