"""Layers that move, select, make or convert values: their ``add_*`` methods."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from trtx_sys._enums_gen import DataType, FillOperation, GatherMode, ScatterMode
from trtx_sys._ffi import ffi, lib

from . import _layers_gen as layers
from ._errors import InvalidArgumentError
from ._network_base import NetworkBase
from ._tensor import Tensor
from ._values import (
    INT32_MAX,
    INT64_MAX,
    check_enum,
    check_int,
    check_shape,
    check_text,
    reject,
    to_dims,
)

_INDEX_TYPES = (DataType.INT32, DataType.INT64)


class ShapeLayers(NetworkBase):
    """The ``add_*`` methods of layers that move, select, make or convert values."""

    __slots__ = ()

    def add_constant(self, shape: Sequence[int], weights: Any) -> layers.ConstantLayer:
        """Add a tensor whose values are known (``INetworkDefinition::addConstant``).

        Parameters
        ----------
        shape : sequence of int
            Up to eight sizes.
        weights : array-like or Weights
            As many elements as the shape has; their type is that of the output. Kept, not copied.

        Raises
        ------
        InvalidArgumentError
            If the number of elements does not fit the shape.
        """
        sizes = check_shape(shape, "shape")
        native, held = self._weights(weights, "weights")
        if held is None:
            reject("weights", weights, "an array or trtx.Weights")
        volume = math.prod(sizes)
        if held.count != volume:
            raise InvalidArgumentError(
                f"weights have {held.count} elements; allowed are {volume}, as many as shape {tuple(sizes)} has"
            )
        layer = self._add(
            "add_constant", lib.trtx_network_definition_add_constant, layers.ConstantLayer, to_dims(sizes), native
        )
        self._keep_weights(layer, weights=held)
        return layer

    def add_identity(self, input: Tensor) -> layers.IdentityLayer:
        """Hand a tensor on unchanged (``INetworkDefinition::addIdentity``)."""
        return self._add(
            "add_identity", lib.trtx_network_definition_add_identity, layers.IdentityLayer, self._own(input, "input")
        )

    def add_cast(self, input: Tensor, to_type: DataType) -> layers.CastLayer:
        """Convert the elements to another type (``INetworkDefinition::addCast``)."""
        kind = check_enum(DataType, to_type, "to_type")
        return self._add(
            "add_cast", lib.trtx_network_definition_add_cast, layers.CastLayer, self._own(input, "input"), kind
        )

    def add_concatenation(self, inputs: Sequence[Tensor]) -> layers.ConcatenationLayer:
        """Join tensors along the layer's ``axis`` (``INetworkDefinition::addConcatenation``).

        Parameters
        ----------
        inputs : sequence of Tensor
            Of one type, and of equal sizes but for the axis.
        """
        array, count = self._own_list(inputs, "inputs")
        return self._add(
            "add_concatenation", lib.trtx_network_definition_add_concatenation, layers.ConcatenationLayer, array, count
        )

    def add_shuffle(self, input: Tensor) -> layers.ShuffleLayer:
        """Transpose, reshape and transpose, as its properties say (``INetworkDefinition::addShuffle``)."""
        return self._add(
            "add_shuffle", lib.trtx_network_definition_add_shuffle, layers.ShuffleLayer, self._own(input, "input")
        )

    def add_slice(
        self, input: Tensor, start: Sequence[int], shape: Sequence[int], stride: Sequence[int]
    ) -> layers.SliceLayer:
        """Take a strided window (``INetworkDefinition::addSlice``).

        Parameters
        ----------
        input : Tensor
        start, shape, stride : sequence of int
            First index, size and step in each dimension; the three have the rank of the input.
        """
        first = check_shape(start, "start", low=-INT64_MAX)
        sizes = check_shape(shape, "shape", low=-1, rank=len(first))
        steps = check_shape(stride, "stride", low=-INT64_MAX, rank=len(first))
        pointer = self._own(input, "input")
        rank = input.shape
        if rank is not None and len(rank) != len(first):
            reject("start", tuple(first), f"{len(rank)} dimensions, the rank of {input.name!r}")
        return self._add(
            "add_slice",
            lib.trtx_network_definition_add_slice,
            layers.SliceLayer,
            pointer,
            to_dims(first),
            to_dims(sizes),
            to_dims(steps),
        )

    def add_gather(self, input: Tensor, indices: Tensor, axis: int) -> layers.GatherLayer:
        """Pick slices by index along an axis (``INetworkDefinition::addGather``).

        Parameters
        ----------
        input : Tensor
        indices : Tensor
            INT32 or INT64.
        axis : int
        """
        pointer = self._own(input, "input")
        index = self._indices(indices, "indices")
        shape = input.shape
        highest = INT32_MAX if shape is None else len(shape) - 1
        return self._add(
            "add_gather",
            lib.trtx_network_definition_add_gather,
            layers.GatherLayer,
            pointer,
            index,
            check_int(axis, "axis", 0, highest),
        )

    def add_gather_v2(self, input: Tensor, indices: Tensor, mode: GatherMode) -> layers.GatherLayer:
        """Pick values by index in one of three ways (``INetworkDefinition::addGatherV2``)."""
        kind = check_enum(GatherMode, mode, "mode")
        return self._add(
            "add_gather_v2",
            lib.trtx_network_definition_add_gather_v2,
            layers.GatherLayer,
            self._own(input, "input"),
            self._indices(indices, "indices"),
            kind,
        )

    def add_scatter(self, data: Tensor, indices: Tensor, updates: Tensor, mode: ScatterMode) -> layers.ScatterLayer:
        """Write values into a copy of a tensor by index (``INetworkDefinition::addScatter``)."""
        kind = check_enum(ScatterMode, mode, "mode")
        return self._add(
            "add_scatter",
            lib.trtx_network_definition_add_scatter,
            layers.ScatterLayer,
            self._own(data, "data"),
            self._indices(indices, "indices"),
            self._own(updates, "updates"),
            kind,
        )

    def add_resize(self, input: Tensor) -> layers.ResizeLayer:
        """Resample to the layer's ``shape`` or by its ``scales`` (``INetworkDefinition::addResize``)."""
        return self._add(
            "add_resize", lib.trtx_network_definition_add_resize, layers.ResizeLayer, self._own(input, "input")
        )

    def add_shape(self, input: Tensor) -> layers.ShapeLayer:
        """Give the shape of a tensor as a tensor of INT64 (``INetworkDefinition::addShape``)."""
        return self._add(
            "add_shape", lib.trtx_network_definition_add_shape, layers.ShapeLayer, self._own(input, "input")
        )

    def add_select(self, condition: Tensor, then_input: Tensor, else_input: Tensor) -> layers.SelectLayer:
        """Choose between two tensors, element by element (``INetworkDefinition::addSelect``).

        Parameters
        ----------
        condition : Tensor
            BOOL.
        then_input, else_input : Tensor
            Of one type; all three broadcast.
        """
        pointer = self._own(condition, "condition")
        if condition.dtype is not DataType.BOOL:
            raise InvalidArgumentError(f"condition ({condition.name!r}) is {condition.dtype.name}; allowed is BOOL")
        return self._add(
            "add_select",
            lib.trtx_network_definition_add_select,
            layers.SelectLayer,
            pointer,
            self._own(then_input, "then_input"),
            self._own(else_input, "else_input"),
        )

    def add_padding_nd(
        self, input: Tensor, pre_padding: Sequence[int], post_padding: Sequence[int]
    ) -> layers.PaddingLayer:
        """Pad the last two dimensions with zeros, or crop them (``INetworkDefinition::addPaddingNd``)."""
        before = check_shape(pre_padding, "pre_padding", low=-INT64_MAX, rank=2)
        after = check_shape(post_padding, "post_padding", low=-INT64_MAX, rank=2)
        return self._add(
            "add_padding_nd",
            lib.trtx_network_definition_add_padding_nd,
            layers.PaddingLayer,
            self._own(input, "input"),
            to_dims(before),
            to_dims(after),
        )

    def add_fill(
        self, shape: Sequence[int], op: FillOperation, output_type: DataType = DataType.FLOAT
    ) -> layers.FillLayer:
        """Make a tensor of evenly spaced or random values (``INetworkDefinition::addFill``).

        Parameters
        ----------
        shape : sequence of int
            May be empty where input 0 of the layer is set to a tensor that holds it.
        op : FillOperation
        output_type : DataType, default FLOAT
        """
        operation = check_enum(FillOperation, op, "op")
        kind = check_enum(DataType, output_type, "output_type")
        dims = to_dims(check_shape(shape, "shape"))
        return self._add("add_fill", lib.trtx_network_definition_add_fill_v2, layers.FillLayer, dims, operation, kind)

    def add_one_hot(self, indices: Tensor, values: Tensor, depth: Tensor, axis: int) -> layers.OneHotLayer:
        """Expand indices into one-hot vectors (``INetworkDefinition::addOneHot``)."""
        return self._add(
            "add_one_hot",
            lib.trtx_network_definition_add_one_hot,
            layers.OneHotLayer,
            self._indices(indices, "indices"),
            self._own(values, "values"),
            self._own(depth, "depth"),
            check_int(axis, "axis", -1, INT32_MAX),
        )

    def add_grid_sample(self, input: Tensor, grid: Tensor) -> layers.GridSampleLayer:
        """Sample a tensor at the points of a grid (``INetworkDefinition::addGridSample``)."""
        return self._add(
            "add_grid_sample",
            lib.trtx_network_definition_add_grid_sample,
            layers.GridSampleLayer,
            self._own(input, "input"),
            self._own(grid, "grid"),
        )

    def add_reverse_sequence(self, input: Tensor, sequence_lens: Tensor) -> layers.ReverseSequenceLayer:
        """Reverse the first part of each sequence of a batch (``INetworkDefinition::addReverseSequence``)."""
        return self._add(
            "add_reverse_sequence",
            lib.trtx_network_definition_add_reverse_sequence,
            layers.ReverseSequenceLayer,
            self._own(input, "input"),
            self._indices(sequence_lens, "sequence_lens"),
        )

    def add_squeeze(self, input: Tensor, axes: Tensor | None = None) -> layers.SqueezeLayer:
        """Remove dimensions of size 1 (``INetworkDefinition::addSqueeze``).

        Parameters
        ----------
        input : Tensor
        axes : Tensor, optional
            The dimensions, as a constant tensor of INT32 or INT64. Without it every dimension of size 1 goes, which
            needs TensorRT-RTX 1.7.

        Raises
        ------
        UnsupportedError
            If ``axes`` is missing and the library is older than 1.7.
        """
        pointer = self._own(input, "input")
        if axes is None:
            function, argument = lib.trtx_network_definition_add_squeeze_v2, ffi.NULL
        else:
            function, argument = lib.trtx_network_definition_add_squeeze, self._indices(axes, "axes")
        return self._add("add_squeeze", function, layers.SqueezeLayer, pointer, argument)

    def add_unsqueeze(self, input: Tensor, axes: Tensor) -> layers.UnsqueezeLayer:
        """Insert dimensions of size 1 (``INetworkDefinition::addUnsqueeze``); the axes are a constant tensor."""
        return self._add(
            "add_unsqueeze",
            lib.trtx_network_definition_add_unsqueeze,
            layers.UnsqueezeLayer,
            self._own(input, "input"),
            self._indices(axes, "axes"),
        )

    def add_assertion(self, condition: Tensor, message: str) -> layers.AssertionLayer:
        """Fail the build or the run when a condition is false (``INetworkDefinition::addAssertion``)."""
        return self._add(
            "add_assertion",
            lib.trtx_network_definition_add_assertion,
            layers.AssertionLayer,
            self._own(condition, "condition"),
            check_text(message, "message"),
        )

    def add_quantize(self, input: Tensor, scale: Tensor, output_type: DataType) -> layers.QuantizeLayer:
        """Convert to a small type with a scale (``INetworkDefinition::addQuantize``)."""
        kind = check_enum(DataType, output_type, "output_type")
        return self._add(
            "add_quantize",
            lib.trtx_network_definition_add_quantize_v2,
            layers.QuantizeLayer,
            self._own(input, "input"),
            self._own(scale, "scale"),
            kind,
        )

    def add_dequantize(self, input: Tensor, scale: Tensor, output_type: DataType) -> layers.DequantizeLayer:
        """Convert back from a small type with a scale (``INetworkDefinition::addDequantize``)."""
        kind = check_enum(DataType, output_type, "output_type")
        return self._add(
            "add_dequantize",
            lib.trtx_network_definition_add_dequantize_v2,
            layers.DequantizeLayer,
            self._own(input, "input"),
            self._own(scale, "scale"),
            kind,
        )

    def _indices(self, tensor: Tensor, name: str) -> Any:
        pointer = self._own(tensor, name)
        if tensor.dtype not in _INDEX_TYPES:
            raise InvalidArgumentError(f"{name} ({tensor.name!r}) is {tensor.dtype.name}; allowed are INT32 and INT64")
        return pointer
