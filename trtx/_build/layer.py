"""`Layer`: what all layers have in common."""

from __future__ import annotations

from typing import Any, NoReturn, SupportsIndex

from trtx_sys._enums_gen import DataType
from trtx_sys._ffi import ffi, lib

from .._core.accessors import changed
from .._core.errors import NetworkError
from .._core.public import public
from .._core.shown import listed
from .._core.shut import only_refuses
from .._core.values import INT32_MAX, check_index, check_int
from .accessors_gen import LayerAccessors
from .tensor import Tensor

__all__ = ["Layer"]

_get_input = lib.trtx_layer_get_input
_get_output = lib.trtx_layer_get_output


@public
class Layer(LayerAccessors):
    """A layer of a network (``ILayer``). Each kind of layer has a class of its own with its settings as properties.

    Layers come from the ``add_*`` methods of `NetworkDefinition`, or from `NetworkDefinition.get_layer`. The network
    owns them: a layer keeps its network alive, and raises `ClosedError` once the network is closed. The same layer is
    always the same object.
    """

    __slots__ = ()

    @only_refuses
    def __init__(self) -> None:
        raise TypeError(f"{type(self).__name__} objects cannot be made directly. Use the add_* methods of a network.")

    def _closed_text(self) -> str:
        return f"this {type(self).__name__} is not part of a network: its network was closed, or it was never made"

    # NVIDIA's layers get their class by assignment, right or wrong; the library would take one kind for another.
    @property
    def __class__(self) -> type[Any]:
        return type(self)

    @__class__.setter
    def __class__(self, kind: type[Any]) -> None:
        if kind is not type(self):
            raise TypeError(
                f"layer {self.name!r} is of the class {type(self).__name__} and cannot become a {kind.__name__}; "
                "layers have the class of their kind by themselves"
            )

    @property
    def type(self) -> Any:
        """Kind of the layer.

        The `type` of activations and poolings is an `ActivationType` or a `PoolingType`, as in NVIDIA's package, and
        equals ``LayerType.ACTIVATION`` or ``LayerType.POOLING`` as well; `layer_type` is the plain one of any layer.
        """
        return self.layer_type

    @property
    def inputs(self) -> tuple[Tensor | None, ...]:
        """All inputs; None where an optional one is not set."""
        return tuple(self.get_input(i) for i in range(self.num_inputs))

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """All outputs."""
        return tuple(self.get_output(i) for i in range(self.num_outputs))

    def get_input(self, index: SupportsIndex) -> Tensor | None:
        """An input (``ILayer::getInput``).

        Parameters
        ----------
        index : int
            From 0 to ``num_inputs - 1``.

        Returns
        -------
        Tensor or None
            None where an optional input is not set.

        Raises
        ------
        InvalidArgumentError
            If there is no such input.
        """
        number = check_index(index, "index", self.num_inputs, "inputs of the layer")
        return self._network._tensor_of(self, _get_input, number)

    def get_output(self, index: SupportsIndex) -> Tensor:
        """An output (``ILayer::getOutput``).

        Parameters
        ----------
        index : int
            From 0 to ``num_outputs - 1``.

        Raises
        ------
        InvalidArgumentError
            If there is no such output.
        """
        if type(index) is not int or not 0 <= index <= INT32_MAX:
            index = self._check_output(index)
        network = self._network
        _ = network._ptr
        pointer = _get_output(self._ptr, index)
        # As outputs of layers cannot be removed, it is still there.
        return network._tensor(pointer) if pointer else self._reject_output(index)

    def _check_output(self, index: object) -> int:
        return check_index(index, "index", self.num_outputs, f"outputs of layer {self.name!r}")

    def _reject_output(self, index: int) -> NoReturn:
        self._check_output(index)
        raise NetworkError(f"Layer.get_output({index}): layer {self.name!r} has no such output")

    def set_input(self, index: SupportsIndex, tensor: Tensor) -> None:
        """Replace an input, or set an optional one (``ILayer::setInput``).

        Parameters
        ----------
        index : int
            Place of the input; which places there are depends on the kind of layer.
        tensor : Tensor
            A tensor of the same network.

        Raises
        ------
        NetworkError
            If the layer has no such input.
        """
        number = check_int(index, "index", 0, INT32_MAX)
        pointer = self._network._own(tensor, "tensor")
        self._network._change("Layer.set_input", lib.trtx_layer_set_input, self, number, pointer)
        self._network._is_rewired = True

    def get_output_type(self, index: SupportsIndex) -> DataType:
        """Type of an output (``ILayer::getOutputType``).

        Parameters
        ----------
        index : int
            From 0 to ``num_outputs - 1``.

        Raises
        ------
        InvalidArgumentError
            If there is no such output.
        """
        number = self._check_output(index)
        result = ffi.new("trtx_data_type *")
        network, what, function = self._network, "Layer.get_output_type", lib.trtx_layer_get_output_type
        _ = network._ptr
        if not network._notes:
            status = function(self._ptr, number, result)
        else:
            status = changed(network, what, self, function, number, result)
        network._check(status, what)
        # It is not computed for the asking: -1 until something else has asked for a shape.
        return DataType(result[0]) if result[0] >= 0 else self.get_output(number).dtype

    def _outputs_shown(self) -> str:
        """Types and shapes of the outputs."""
        count = self.num_outputs
        return listed((self.get_output(index)._shown() for index in range(count)), count, 4)

    def _details(self) -> str:
        return f"{self.name!r} -> {self._outputs_shown() or 'nothing'}"
