"""What may be using an `ExecutionContext`: beside long calls a run, which leaves no note but a flag in C."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._core.calls import Note
from .._core.handle import Handle

if TYPE_CHECKING:
    from .bindings import Bindings


class ContextBase(Handle):
    """How short calls keep off the runs of a context."""

    __slots__ = ()

    #: The addresses that the next run uses, and whether one is under way.
    _bindings: Bindings

    def _long_calls(self) -> list[Note]:
        notes = super()._long_calls()
        return [*notes, Note("enqueue_v3", ())] if self._bindings.running[0] else notes

    def _changed(self, what: str, function: Callable[..., int], *arguments: Any) -> int:
        """Make a short call that changes the context, which may be in use; gives its status."""
        # The branch with the call is the one without a jump, at which Python may switch threads.
        while True:
            if not (self._notes or self._bindings.running[0]):
                return function(self._ptr, *arguments)
            self._refuse_change(what)
