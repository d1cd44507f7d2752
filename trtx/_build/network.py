"""`NetworkDefinition`: the network under construction."""

from __future__ import annotations

import itertools
import operator
import weakref
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, NoReturn, SupportsIndex

from trtx_sys._ffi import ffi, lib

from .._core import pending as _pending
from .._core.arrays import as_data_type
from .._core.calls import busy_error
from .._core.errors import BusyError, ClosedError, InvalidArgumentError, NetworkError, failure
from .._core.public import public
from .._core.shown import counted
from .._core.shut import shut_class
from .._core.values import (
    INT32_MAX,
    INT64_MAX,
    MAX_TEXT,
    Shape,
    check_index,
    check_shape,
    check_text,
    reject,
    show,
    to_dims,
)
from .layer import Layer
from .network_control import ControlParts
from .network_dense import DenseLayers
from .network_shape import ShapeLayers
from .network_table import table
from .network_transformer import TransformerLayers
from .tensor import Tensor
from .weights import Weights, as_weights, to_native

if TYPE_CHECKING:
    from .._core.types import AnyDType, Array
    from .builder import Builder

__all__ = ["NetworkDefinition"]

_removed = itertools.count(1)

#: Where the library has weights that can be named, by class and property of the layer.
_WEIGHTS = {
    ("ConstantLayer", "weights"): lib.trtx_constant_layer_get_weights,
    ("ConvolutionLayer", "kernel"): lib.trtx_convolution_layer_get_kernel_weights,
    ("ConvolutionLayer", "bias"): lib.trtx_convolution_layer_get_bias_weights,
    ("DeconvolutionLayer", "kernel"): lib.trtx_deconvolution_layer_get_kernel_weights,
    ("DeconvolutionLayer", "bias"): lib.trtx_deconvolution_layer_get_bias_weights,
    ("ScaleLayer", "shift"): lib.trtx_scale_layer_get_shift,
    ("ScaleLayer", "scale"): lib.trtx_scale_layer_get_scale,
    ("ScaleLayer", "power"): lib.trtx_scale_layer_get_power,
}

# Looked up once: these are called in loops.
_get_layer = lib.trtx_network_definition_get_layer
_get_input = lib.trtx_network_definition_get_input


@public
class NetworkDefinition(DenseLayers, ShapeLayers, TransformerLayers, ControlParts):
    """A network under construction (``INetworkDefinition``): its inputs, layers and outputs.

    Networks come from `Builder.create_network`. They are strongly typed: every tensor has the type that its layer gives
    it, and nothing is converted unless a cast says so. Indexing and iterating give the layers.

    Notes
    -----
    A network keeps its builder alive, and owns its tensors and layers. Weights are not copied: the network keeps the
    arrays alive, and they must not change before the engine is built. Any number of threads may share a network. While
    a model is parsed into it, all others get `BusyError`; during its build it can be read, but for shapes and types,
    which TensorRT-RTX computes when they are asked for. Methods whose twin in NVIDIA's package
    answers False on failure raise here, and answer True otherwise.
    """

    __slots__ = ()

    def _how_to_make(self) -> str:
        return "Use Builder.create_network."

    # What it is

    @property
    def builder(self) -> Builder:
        """The builder that made it."""
        _ = self._ptr
        return self._builder

    @property
    def layers(self) -> tuple[Layer, ...]:
        """All layers, in the order in which they were added."""
        return tuple(self)

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """All inputs, in the order in which they were added."""
        return tuple(self.get_input(i) for i in range(self.num_inputs))

    @property
    def outputs(self) -> tuple[Tensor, ...]:
        """All outputs, in the order in which they were marked."""
        return tuple(self.get_output(i) for i in range(self.num_outputs))

    def get_layer(self, index: SupportsIndex) -> Layer:
        """A layer, as an object of its own class (``INetworkDefinition::getLayer``).

        Parameters
        ----------
        index : int
            From 0 to ``num_layers - 1``. Indexing the network itself counts from the end as well, as in a list.

        Raises
        ------
        InvalidArgumentError
            If there is no such layer.
        """
        if type(index) is not int or not 0 <= index <= INT32_MAX:
            index = check_index(index, "index", self.num_layers, "layers")
        pointer = _get_layer(self._ptr, index)
        return self._layer(pointer) if pointer else self._reject_index("get_layer", index, self.num_layers, "layers")

    def get_input(self, index: SupportsIndex) -> Tensor:
        """An input (``INetworkDefinition::getInput``).

        Parameters
        ----------
        index : int
            From 0 to ``num_inputs - 1``.

        Raises
        ------
        InvalidArgumentError
            If there is no such input.
        """
        if type(index) is not int or not 0 <= index <= INT32_MAX:
            index = check_index(index, "index", self.num_inputs, "inputs")
        removals = self._removals
        pointer = _get_input(self._ptr, index)
        found = self._tensor(pointer) if pointer else None
        if removals != self._removals:  # it may have been removed before it had an object
            found = self._tensor_of(self, _get_input, index)
        return self._reject_index("get_input", index, self.num_inputs, "inputs") if found is None else found

    def get_output(self, index: SupportsIndex) -> Tensor:
        """An output (``INetworkDefinition::getOutput``).

        Parameters
        ----------
        index : int
            From 0 to ``num_outputs - 1``.

        Raises
        ------
        InvalidArgumentError
            If there is no such output.
        """
        number = check_index(index, "index", self.num_outputs, "outputs")
        found = self._tensor_of(self, lib.trtx_network_definition_get_output, number)
        return self._reject_index("get_output", number, self.num_outputs, "outputs") if found is None else found

    def _reject_index(self, what: str, index: int, count: int, items: str) -> NoReturn:
        check_index(index, "index", count, items)
        raise NetworkError(f"{self._label()}.{what}({index}): TensorRT-RTX has no such object")

    def __len__(self) -> int:
        return self.num_layers

    def __bool__(self) -> bool:
        # An empty network is still a network: `if network:` must not depend on its length.
        return True

    def __getitem__(self, index: SupportsIndex) -> Layer:
        count = self.num_layers
        try:
            number = operator.index(index)
        except TypeError:
            reject("index", index, f"an integer from {-count} to {count - 1} ({count} layers; slice network.layers)")
        if not -count <= number < count:
            raise IndexError(f"index is {number}, but the network has {count} layers")
        return self.get_layer(number if number >= 0 else number + count)

    def __iter__(self) -> Iterator[Layer]:
        index = 0
        while index < self.num_layers:
            yield self.get_layer(index)
            index += 1

    # Inputs and outputs

    def add_input(self, name: str, dtype: AnyDType, shape: Shape) -> Tensor:
        """Add an input (``INetworkDefinition::addInput``).

        Parameters
        ----------
        name : str
            Name of the input, unique among the inputs.
        dtype : DataType
            Type of its elements; a dtype of numpy, ml_dtypes or torch will do.
        shape : sequence of int
            Up to eight sizes; -1 for one that is given at run time, within an `OptimizationProfile`.

        Raises
        ------
        InvalidArgumentError
            If an argument cannot be right.
        NetworkError
            If TensorRT-RTX refuses it, say because the name is taken.
        """
        encoded = check_text(name, "name", empty=False, limit=MAX_TEXT)
        kind = as_data_type(dtype, "dtype")
        sizes = check_shape(shape, "shape", low=-1)
        _check_volume(sizes, "shape")
        return self._add_tensor(
            f"add_input({name!r})", lib.trtx_network_definition_add_input, encoded, kind, to_dims(sizes)
        )

    def mark_output(self, tensor: Tensor) -> None:
        """Make a tensor an output (``INetworkDefinition::markOutput``).

        Parameters
        ----------
        tensor : Tensor
            A tensor of this network; nothing is done where it is an output already. Give it a name, by which the engine
            will know it.

        Raises
        ------
        InvalidArgumentError
            If it is no tensor of this network.
        """
        pointer = self._own(tensor, "tensor")
        if tensor.is_network_output:  # the library would refuse
            return
        self._change(f"mark_output({tensor.name!r})", lib.trtx_network_definition_mark_output, self, pointer)

    def unmark_output(self, tensor: Tensor) -> None:
        """Make an output an ordinary tensor again (``INetworkDefinition::unmarkOutput``).

        Parameters
        ----------
        tensor : Tensor
            An output of this network.

        Raises
        ------
        InvalidArgumentError
            If it is no output.
        """
        pointer = self._own(tensor, "tensor")
        if not tensor.is_network_output:
            raise InvalidArgumentError(f"tensor is {tensor.name!r}, which is not an output")
        self._change(f"unmark_output({tensor.name!r})", lib.trtx_network_definition_unmark_output, self, pointer)

    def mark_output_for_shapes(self, tensor: Tensor) -> Literal[True]:
        """Make a tensor an output in host memory, for shapes (``INetworkDefinition::markOutputForShapes``).

        Parameters
        ----------
        tensor : Tensor
            A shape tensor of this network: of few integers, with one dimension or none.

        Raises
        ------
        NetworkError
            If TensorRT-RTX refuses it, say because it is one already.
        """
        self._change(
            "mark_output_for_shapes",
            lib.trtx_network_definition_mark_output_for_shapes,
            self,
            self._own(tensor, "tensor"),
        )
        return True

    def unmark_output_for_shapes(self, tensor: Tensor) -> Literal[True]:
        """Undo `mark_output_for_shapes` (``INetworkDefinition::unmarkOutputForShapes``).

        Parameters
        ----------
        tensor : Tensor
            A tensor that is marked so.

        Raises
        ------
        NetworkError
            If it is not.
        """
        self._change(
            "unmark_output_for_shapes",
            lib.trtx_network_definition_unmark_output_for_shapes,
            self,
            self._own(tensor, "tensor"),
        )
        return True

    def remove_tensor(self, tensor: Tensor) -> None:
        """Remove a tensor that no layer uses (``INetworkDefinition::removeTensor``); it is closed afterwards.

        Parameters
        ----------
        tensor : Tensor
            A tensor of this network, such as an input that is not needed any more.

        Raises
        ------
        InvalidArgumentError
            If it is the input or output of a layer.
        """
        self._own(tensor, "tensor")
        name, shut = tensor.name, shut_class(type(tensor))
        what = f"remove_tensor({name!r})"
        # One thread gets the pointer, as there is no call before it is shut, and others cannot use it from then on: see
        # network_base.
        pointer = tensor._ptr
        tensor.__class__ = shut
        self._removals += 1
        try:
            for layer in self:
                if any(used is tensor for used in (*layer.inputs, *layer.outputs)):
                    raise InvalidArgumentError(f"tensor is {name!r}, which layer {layer.name!r} uses")
            # TensorRT-RTX holds on to the name of a removed tensor: it would refuse new tensors of that name, and crash
            # over others. So it is given one that nobody else uses.
            unused = b"removed tensor %d" % next(_removed)
            self._check(self._call(what, lib.trtx_tensor_set_name, unused, subject=_Shut(pointer)), what)
        except BaseException:
            tensor.__class__ = tensor._open_class
            raise
        function, wrappers = lib.trtx_network_definition_remove_tensor, self._wrappers
        status = lib.TRTX_BUSY
        if not self._notes:
            # One step for all other threads, as there is no call before that of C: nobody makes another object of it.
            self._removals += 1
            del wrappers[pointer]
            status = function(self._ptr, pointer)
        if status:
            is_busy = status == lib.TRTX_BUSY
            error = busy_error(self, what, []) if is_busy else failure(NetworkError, f"{self._label()}.{what}")
            tensor.__class__ = tensor._open_class
            self._wrappers[pointer] = weakref.ref(tensor)
            with suppress(NetworkError, ClosedError, BusyError):  # the first error is the one that tells
                self._change(what, lib.trtx_tensor_set_name, tensor, name.encode("utf-8", "surrogateescape"))
            _pending.raise_pending(error, *self._targets)
        self._check(0, what)

    # Debug tensors and refitting

    def mark_debug(self, tensor: Tensor) -> Literal[True]:
        """Make a tensor one that a debug listener can be shown (``INetworkDefinition::markDebug``).

        Parameters
        ----------
        tensor : Tensor
            A tensor of this network.

        Notes
        -----
        TensorRT-RTX 1.6 takes the mark, but shows listeners only what `mark_unfused_tensors_as_debug_tensors` asks for.
        """
        self._change("mark_debug", lib.trtx_network_definition_mark_debug, self, self._own(tensor, "tensor"))
        return True

    def unmark_debug(self, tensor: Tensor) -> Literal[True]:
        """Undo `mark_debug` (``INetworkDefinition::unmarkDebug``).

        Parameters
        ----------
        tensor : Tensor
            A tensor of this network.
        """
        self._change("unmark_debug", lib.trtx_network_definition_unmark_debug, self, self._own(tensor, "tensor"))
        return True

    def is_debug_tensor(self, tensor: Tensor) -> bool:
        """Whether a tensor is marked for debugging (``INetworkDefinition::isDebugTensor``).

        Parameters
        ----------
        tensor : Tensor
            A tensor of this network.
        """
        result = ffi.new("bool *")
        pointer = self._own(tensor, "tensor")
        status = self._call("is_debug_tensor", lib.trtx_network_definition_is_debug_tensor, pointer, result)
        self._check(status, "is_debug_tensor")
        return bool(result[0])

    def mark_unfused_tensors_as_debug_tensors(self) -> Literal[True]:
        """Mark every tensor that fusion leaves (``INetworkDefinition::markUnfusedTensorsAsDebugTensors``)."""
        self._change(
            "mark_unfused_tensors_as_debug_tensors",
            lib.trtx_network_definition_mark_unfused_tensors_as_debug_tensors,
            self,
        )
        return True

    def unmark_unfused_tensors_as_debug_tensors(self) -> Literal[True]:
        """Undo the former (``INetworkDefinition::unmarkUnfusedTensorsAsDebugTensors``)."""
        self._change(
            "unmark_unfused_tensors_as_debug_tensors",
            lib.trtx_network_definition_unmark_unfused_tensors_as_debug_tensors,
            self,
        )
        return True

    def set_weights_name(self, weights: Layer | Weights | Array, name: str, which: str = "weights") -> Literal[True]:
        """Name weights, so that they can be refitted by this name (``INetworkDefinition::setWeightsName``).

        Parameters
        ----------
        weights : Layer or Weights or array-like
            The layer that holds the weights; or the very weights or array that a layer was made with.
        name : str
            Unique among the weights of the network.
        which : str, default "weights"
            Of a layer, the property that they are: ``"weights"`` of a constant, ``"kernel"`` or ``"bias"`` of a
            convolution, ``"shift"``, ``"scale"`` or ``"power"`` of a scale.

        Raises
        ------
        InvalidArgumentError
            If the layer is none of this network, or has no such weights.
        NetworkError
            If no layer has these weights, or TensorRT-RTX refuses the name, say because others have it.
        """
        encoded = check_text(name, "name", empty=False, limit=MAX_TEXT)
        check_text(which, "which", empty=False)
        if isinstance(weights, Layer):
            native = self._weights_of(weights, which)
        else:
            native = to_native(as_weights(weights, "weights"))  # the library knows them by their memory
        self._change(f"set_weights_name({name!r})", lib.trtx_network_definition_set_weights_name, self, native, encoded)
        return True

    def _weights_of(self, layer: Layer, which: str) -> Any:
        if layer._network is not self:
            reject("weights", layer, "a layer of this network, or weights or an array that one was made with")
        getter = _WEIGHTS.get((type(layer).__name__, which))
        if getter is None:
            raise InvalidArgumentError(f"which is {show(which)}, but a {type(layer).__name__} has no such weights")
        native = ffi.new("trtx_weights *")
        self._check(getter(layer._ptr, native), "set_weights_name")
        return native

    def mark_weights_refittable(self, name: str) -> Literal[True]:
        """Let named weights be refitted one by one (``INetworkDefinition::markWeightsRefittable``).

        Parameters
        ----------
        name : str
            Name of weights, from `set_weights_name` or from an ONNX model. The build needs the flag REFIT_INDIVIDUAL.

        Raises
        ------
        NetworkError
            If no weights have this name.
        """
        encoded = check_text(name, "name", empty=False)
        self._change(
            f"mark_weights_refittable({name!r})",
            lib.trtx_network_definition_mark_weights_refittable,
            self,
            encoded,
        )
        return True

    def unmark_weights_refittable(self, name: str) -> Literal[True]:
        """Undo `mark_weights_refittable` (``INetworkDefinition::unmarkWeightsRefittable``).

        Parameters
        ----------
        name : str
            Name of the weights.
        """
        encoded = check_text(name, "name", empty=False)
        self._change(
            f"unmark_weights_refittable({name!r})",
            lib.trtx_network_definition_unmark_weights_refittable,
            self,
            encoded,
        )
        return True

    def are_weights_marked_refittable(self, name: str) -> bool:
        """Whether named weights are marked (``INetworkDefinition::areWeightsMarkedRefittable``).

        Parameters
        ----------
        name : str
            Name of the weights.
        """
        result = ffi.new("bool *")
        encoded = check_text(name, "name", empty=False)
        function = lib.trtx_network_definition_are_weights_marked_refittable
        self._check(function(self._ptr, encoded, result), "are_weights_marked_refittable")
        return bool(result[0])

    def _details(self) -> str:
        counts = ((self.num_inputs, "input"), (self.num_layers, "layer"), (self.num_outputs, "output"))
        return ", ".join([repr(self.name), *(counted(count, what) for count, what in counts)])

    def __str__(self) -> str:
        """A table of the inputs, layers and outputs; the middle is left out where there are many."""
        if self._is_shut:
            return repr(self)
        try:
            return table(self)
        except Exception:  # another thread may close or change it meanwhile
            return repr(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        # What IPython and notebooks show.
        printer.text(repr(self) if cycle else str(self))


class _Shut:
    """Stands for a tensor that is shut, in a call that is made on it all the same."""

    __slots__ = ("_ptr",)

    def __init__(self, pointer: Any) -> None:
        self._ptr = pointer


def _check_volume(sizes: list[int], name: str) -> None:
    """The number of elements must fit the library's integers; unknown sizes count as one."""
    volume = 1
    for size in sizes:
        volume *= max(size, 1)
    if volume > INT64_MAX:
        raise InvalidArgumentError(f"{name} is {tuple(sizes)}, whose {volume} elements are more than {INT64_MAX}")
