"""`Attention`: a part of a network that computes attention in one kernel, where there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, SupportsIndex

from trtx_sys._ffi import ffi, lib

from .._core.errors import NetworkError
from .._core.public import public
from .._core.shut import only_refuses
from .._core.values import check_index
from .accessors_gen import AttentionAccessors

if TYPE_CHECKING:
    from .tensor import Tensor

__all__ = ["Attention"]

#: What is an input by number; the library refuses to be asked for others so.
_INPUTS = 3
_BY_NUMBER = "inputs by number: query, key and value"


@public
class Attention(AttentionAccessors):
    """Attention of a network (``IAttention``): ``normalize(query @ key.T + mask) @ value``.

    Attentions come from `NetworkDefinition.add_attention_v2`. The network owns them, and shows two layers for each, of
    the classes `AttentionInputLayer` and `AttentionOutputLayer`. An attention keeps its network alive, and raises
    `ClosedError` once the network is closed. The same attention is always the same object.

    Notes
    -----
    There is no scale in it: multiply the query by ``1 / sqrt(head size)`` before, where that is wanted.

    TensorRT-RTX wants one kernel for all of it, and a build fails where it has none, for its types and sizes or for the
    GPU. With ``decomposable = True`` several kernels may do the work instead. An attention that the ONNX parser made is
    found by the ``attention`` of its layers.
    """

    __slots__ = ()

    @only_refuses
    def __init__(self) -> None:
        raise TypeError("Attention objects cannot be made directly. Use NetworkDefinition.add_attention_v2.")

    def _closed_text(self) -> str:
        return "this Attention is not part of a network: its network was closed, or it was never made"

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """Query, key and value."""
        return tuple(self.get_input(i) for i in range(_INPUTS))

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """The outputs."""
        return tuple(self.get_output(i) for i in range(self.num_outputs))

    def get_input(self, index: SupportsIndex) -> Tensor:
        """Get an input (``IAttention::getInput``).

        Parameters
        ----------
        index : int
            0 for the query, 1 for the key, 2 for the value. The library counts more inputs, which properties give.

        Raises
        ------
        InvalidArgumentError
            If there is no such input.
        """
        number = check_index(index, "index", _INPUTS, _BY_NUMBER)
        return self._item("Attention.get_input", lib.trtx_attention_get_input, number)

    def get_output(self, index: SupportsIndex) -> Tensor:
        """Get an output (``IAttention::getOutput``).

        Parameters
        ----------
        index : int
            0, as there is one output: in the shape of the query, but for the head size, which is that of the value.

        Raises
        ------
        InvalidArgumentError
            If there is no such output.
        """
        number = check_index(index, "index", self.num_outputs, "outputs of the attention")
        return self._item("Attention.get_output", lib.trtx_attention_get_output, number)

    def set_input(self, index: SupportsIndex, tensor: Tensor) -> None:
        """Replace an input (``IAttention::setInput``).

        Parameters
        ----------
        index : int
            0 for the query, 1 for the key, 2 for the value. What is beyond is set by the properties.
        tensor : Tensor
            A tensor of the same network.

        Raises
        ------
        InvalidArgumentError
            If there is no such input, or the tensor is of another network.
        NetworkError
            If TensorRT-RTX does not take it.
        """
        # The library answers yes to numbers that no input has.
        number = check_index(index, "index", _INPUTS, _BY_NUMBER)
        pointer, network = self._network._own(tensor, "tensor"), self._network
        network._change("Attention.set_input", lib.trtx_attention_set_input, self, number, pointer)
        network._is_rewired = True

    def _item(self, what: str, getter: Callable[..., int], index: int) -> Tensor:
        network, result = self._network, ffi.new("trtx_tensor **")
        while True:
            removals = network._removals
            _ = network._ptr
            network._check(getter(self._ptr, index, result), what)
            if not result[0]:
                raise NetworkError(f"{what}({index}): TensorRT-RTX has no such tensor")
            tensor = network._tensor(result[0])
            if removals == network._removals:  # it may have been removed before it had an object
                return tensor

    def _details(self) -> str:
        return repr(self.name)
