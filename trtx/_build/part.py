"""`Part`: what tensors and layers have in common as parts of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from .._core.errors import ClosedError
from .._core.native import Native, has_pointer

if TYPE_CHECKING:
    from .network import NetworkDefinition


class Part(Native):
    """A tensor or layer, which its network owns.

    The network empties its parts when it is closed. Those that are collected together with it are found no more by
    then: finalizers can still see them, so whoever asks a part asks its network too.
    """

    __slots__ = ("_network",)
    _guarded: ClassVar[tuple[str, ...]] = ("_ptr", "_network")

    _network: NetworkDefinition

    @property
    def network(self) -> NetworkDefinition:
        """The network that it belongs to."""
        _ = self._ptr
        return self._network

    @property
    def is_closed(self) -> bool:
        """Whether the native object is gone."""
        try:
            return not (has_pointer(self._network) and has_pointer(self))
        except ClosedError:
            return True

    def _details(self) -> str:
        raise NotImplementedError

    def __repr__(self) -> str:
        name = type(self).__name__
        try:
            return f"<trtx.{name} {self._details()}>"
        except ClosedError:
            return f"<trtx.{name} (closed)>"
        except Exception as error:  # a repr must not raise
            return f"<trtx.{name}: unreadable: {error}>"
