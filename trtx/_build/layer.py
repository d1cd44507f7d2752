"""`Layer`: what all layers have in common."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn, SupportsIndex

from trtx_sys._enums_gen import DataType, LayerType
from trtx_sys._ffi import ffi, lib

from .._core.errors import NetworkError
from .._core.native import only_refuses
from .part import Part
from .tensor import Tensor
from .._core.values import INT32_MAX, MAX_TEXT, check_index, check_int, check_text

if TYPE_CHECKING:
    from .._core.native import Native
    from .._core.turns import Token

__all__ = ["Layer"]

_make: Callable[[type[Any]], Any] = object.__new__
_reference = weakref.ref
_get_output = lib.trtx_layer_get_output


class Layer(Part):
    """A layer of a network (``ILayer``). Each kind of layer has a class of its own with its settings as properties.

    Layers come from the ``add_*`` methods of `NetworkDefinition`, or from `NetworkDefinition.get_layer`. The network
    owns them: a layer keeps its network alive, and raises `ClosedError` once the network is closed. The same layer is
    always the same object.
    """

    __slots__ = ("_output",)
    _guarded = ("_ptr", "_network", "_output")

    #: The first output, where the call that added the layer gave it as well.
    _output: Tensor | None

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
    def layer_type(self) -> LayerType:
        """Kind of the layer (``ILayer::getType``)."""
        return LayerType(self._network._read("Layer.layer_type", lib.trtx_layer_get_type, self._ptr))

    @property
    def type(self) -> Any:
        """Kind of the layer. Activations and poolings have their own `type` here: use `layer_type` for any layer."""
        return self.layer_type

    @property
    def name(self) -> str:
        """Name, as messages and the inspector show it (``ILayer::getName``)."""
        return self._network._read_text("Layer.name", lib.trtx_layer_get_name, self._ptr)

    @name.setter
    def name(self, value: str) -> None:
        encoded = check_text(value, "name", limit=MAX_TEXT)
        self._network._change("Layer.name", lib.trtx_layer_set_name, self._ptr, encoded)

    @property
    def metadata(self) -> str:
        """Free text that the inspector shows with the layer (``ILayer::getMetadata``)."""
        return self._network._read_text("Layer.metadata", lib.trtx_layer_get_metadata, self._ptr)

    @metadata.setter
    def metadata(self, value: str) -> None:
        encoded = check_text(value, "metadata", limit=MAX_TEXT)
        self._network._change("Layer.metadata", lib.trtx_layer_set_metadata, self._ptr, encoded)

    @property
    def num_inputs(self) -> int:
        """Number of inputs (``ILayer::getNbInputs``)."""
        return self._network._read("Layer.num_inputs", lib.trtx_layer_get_nb_inputs, self._ptr)

    @property
    def num_outputs(self) -> int:
        """Number of outputs (``ILayer::getNbOutputs``)."""
        return self._network._read("Layer.num_outputs", lib.trtx_layer_get_nb_outputs, self._ptr)

    @property
    def num_ranks(self) -> int:
        """Number of GPUs that take part in the layer (``ILayer::getNbRanks``)."""
        return self._network._read("Layer.num_ranks", lib.trtx_layer_get_nb_ranks, self._ptr)

    @num_ranks.setter
    def num_ranks(self, value: SupportsIndex) -> None:
        number = check_int(value, "num_ranks", 1, INT32_MAX)
        self._network._change("Layer.num_ranks", lib.trtx_layer_set_nb_ranks, self._ptr, number)

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
        number = check_index(index, "index", self.num_inputs, f"inputs of layer {self.name!r}")
        network = self._network
        return network._read("Layer.get_input", network._tensor_of, lib.trtx_layer_get_input, self._ptr, number)

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
        # Written out, not through the network's helpers: building a large network is mostly this call and add_*.
        if index.__class__ is not int or index < 0:
            index = self._check_output(index)
        if not index:
            output = self._output
            if output is not None:
                return output
        network = self._network
        try:
            token: Token | None = network._turn.pop()
        except IndexError:
            token = network._await_read("Layer.get_output")
        try:
            pointer = _get_output(self._ptr, index)
            if pointer:
                # As a rule it is asked for once, so its object is made before that is known.
                tensor: Tensor = _make(Tensor)
                tensor._ptr = pointer
                tensor._network = network
                reference: weakref.ref[Native] = _reference(tensor)
                noted = network._wrappers.setdefault(pointer, reference)
                return tensor if noted is reference else network._tensor(pointer)
        except OverflowError:
            pass
        finally:
            if token is None:
                network._beside.pop()
            else:
                network._turn.append(token)
        return self._reject_output(index)

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
        self._network._change(
            "Layer.set_input", lib.trtx_layer_set_input, self._ptr, number, self._network._own(tensor, "tensor")
        )

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
        network._alone(what, network._checked, what, function, self._ptr, number, result)
        # It is not computed for the asking: -1 until something else has asked for a shape.
        return DataType(result[0]) if result[0] >= 0 else self.get_output(number).dtype

    def _details(self) -> str:
        return repr(self.name)
