"""`Part`: what tensors and layers have in common as parts of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from .._core.errors import ClosedError
from .._core.shut import Native

if TYPE_CHECKING:
    from .network import NetworkDefinition


class Part(Native):
    """A tensor or layer, which its network owns.

    Closing the network need not find its parts: whoever uses one reads the pointer of the network before its own, and a
    closed network raises there.
    """

    __slots__ = ("_network",)
    _guarded: ClassVar[tuple[str, ...]] = ("_ptr", "_network")

    _network: NetworkDefinition

    @property
    def network(self) -> NetworkDefinition:
        """The network that it belongs to."""
        _ = self._network._ptr
        return self._network

    @property
    def handle(self) -> Any:
        """The native object for functions of `trtx_sys`: a ``trtx_tensor *``, or a ``trtx_layer *`` for all layers.

        Raises
        ------
        ClosedError
            If the network is closed, or if this is no part of it any more.
        BusyError
            If a call has the network for itself.

        Notes
        -----
        The pointer is borrowed: it is valid while the network is open and this is a part of it, and keeps nothing
        alive. It must not be destroyed. Nobody here hears of what is done to it this way.
        """
        _ = self._network._ptr
        return self._ptr

    @property
    def is_closed(self) -> bool:
        """Whether the native object is gone."""
        return self._is_shut or self._network._is_shut

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
