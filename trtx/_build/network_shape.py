"""Layers that move, select, make or convert values: their ``add_*`` methods."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, SupportsIndex

from trtx_sys._enums_gen import DataType, FillOperation, GatherMode, ScatterMode
from trtx_sys._ffi import ffi, lib

from .._core.arrays import as_data_type
from .._core.errors import InvalidArgumentError
from .._core.values import (
    INT32_MAX,
    INT64_MAX,
    MAX_DIMS,
    Shape,
    check_enum,
    check_int,
    check_sequence,
    check_shape,
    check_text,
    reject,
    to_dims,
)
from . import layers_gen as layers
from .network_base import NetworkBase
from .tensor import Tensor
from .tensor_checks import (
    INDICES,
    check_broadcast,
    check_rank,
    check_same_rank,
    check_same_type,
    check_type,
    shape_of,
)
from .weights import check_constant

if TYPE_CHECKING:
    from .._core.types import AnyDType, Array
    from .weights import Weights


class ShapeLayers(NetworkBase):
    """The ``add_*`` methods of layers that move, select, make or convert values."""

    __slots__ = ()

    def add_constant(self, shape: Shape, weights: Weights | Array) -> layers.ConstantLayer:
        """Add a tensor whose values are known (``INetworkDefinition::addConstant``).

        Parameters
        ----------
        shape : sequence of int
            Up to eight sizes.
        weights : array-like or Weights
            As many elements as the shape has; their type, which cannot be UINT8, is that of the output. Kept, and not
            copied where they lie in memory as TensorRT-RTX reads them: in C order, in the machine's byte order.

        Raises
        ------
        InvalidArgumentError
            If the number of elements does not fit the shape, or TensorRT-RTX has no such type.
        """
        sizes = check_shape(shape, "shape")
        native, held = self._weights(weights, "weights")
        if held is None:
            reject("weights", weights, "an array or trtx.Weights")
        check_constant(held, "weights")
        volume = math.prod(sizes)
        if held.count != volume:
            raise InvalidArgumentError(
                f"weights have {held.count} elements; allowed are {volume}, as many as shape {tuple(sizes)} has"
            )
        function = lib.trtx_network_definition_add_constant
        kind = layers.ConstantLayer
        return self._add("add_constant", function, kind, to_dims(sizes), native, keep={"weights": held})

    def add_identity(self, input: Tensor) -> layers.IdentityLayer:
        """Hand a tensor on unchanged (``INetworkDefinition::addIdentity``).

        Parameters
        ----------
        input : Tensor
            Of any type and rank; the output has the same.
        """
        return self._add(
            "add_identity", lib.trtx_network_definition_add_identity, layers.IdentityLayer, self._own(input, "input")
        )

    def add_cast(self, input: Tensor, to_type: AnyDType) -> layers.CastLayer:
        """Convert the elements to another type (``INetworkDefinition::addCast``).

        Parameters
        ----------
        input : Tensor
            Of any rank, and any type but FP8, INT4 and FP4 (see `add_dequantize`); the output has its shape.
        to_type : DataType
            Type of the output.

        Raises
        ------
        InvalidArgumentError
            If the type is no `DataType`.
        """
        kind = as_data_type(to_type, "to_type")
        return self._add(
            "add_cast", lib.trtx_network_definition_add_cast, layers.CastLayer, self._own(input, "input"), kind
        )

    def add_concatenation(self, inputs: Iterable[Tensor]) -> layers.ConcatenationLayer:
        """Join tensors along the layer's ``axis`` (``INetworkDefinition::addConcatenation``).

        Parameters
        ----------
        inputs : sequence of Tensor
            At least one; of one type, and of equal sizes but for the axis.

        Raises
        ------
        InvalidArgumentError
            If there is none, or one is no tensor of this network, or types or numbers of dimensions differ.
        """
        tensors = check_sequence(inputs, "inputs", "a sequence of trtx.Tensor")
        array, count = self._own_list(tensors, "inputs")
        for i, tensor in enumerate(tensors):
            check_rank(tensor, f"inputs[{i}]", 1)
            check_same_type("inputs[0]", tensors[0], f"inputs[{i}]", tensor)
            check_same_rank("inputs[0]", tensors[0], f"inputs[{i}]", tensor)
        return self._add(
            "add_concatenation", lib.trtx_network_definition_add_concatenation, layers.ConcatenationLayer, array, count
        )

    def add_shuffle(self, input: Tensor) -> layers.ShuffleLayer:
        """Transpose, reshape and transpose, as its properties say (``INetworkDefinition::addShuffle``).

        Parameters
        ----------
        input : Tensor
            Of any type but UINT8; it comes out as it is until properties are set. A shape that is known at run time
            only is set with ``set_input(1, tensor)``.
        """
        return self._add(
            "add_shuffle", lib.trtx_network_definition_add_shuffle, layers.ShuffleLayer, self._own(input, "input")
        )

    def add_slice(self, input: Tensor, start: Shape, shape: Shape, stride: Shape) -> layers.SliceLayer:
        """Take a strided window (``INetworkDefinition::addSlice``).

        Parameters
        ----------
        input : Tensor
        start, shape, stride : sequence of int
            First index, size and step in each dimension; the three have the rank of the input.

        Raises
        ------
        InvalidArgumentError
            If one of them has another rank.
        """
        first = check_shape(start, "start", low=-INT64_MAX)
        sizes = check_shape(shape, "shape", low=-1)
        steps = check_shape(stride, "stride", low=-INT64_MAX)
        pointer, known = self._own(input, "input"), input.shape
        if known is not None:
            for name, given in (("start", first), ("shape", sizes), ("stride", steps)):
                if len(given) != len(known):
                    reject(name, tuple(given), f"{len(known)} dimensions, the rank of {input.name!r}, not {len(given)}")
        elif not len(first) == len(sizes) == len(steps):
            raise InvalidArgumentError(
                f"start, shape and stride have {len(first)}, {len(sizes)} and {len(steps)} dimensions; allowed are "
                f"equal numbers, the rank of {input.name!r}"
            )
        return self._add(
            "add_slice",
            lib.trtx_network_definition_add_slice,
            layers.SliceLayer,
            pointer,
            to_dims(first),
            to_dims(sizes),
            to_dims(steps),
        )

    def add_gather(self, input: Tensor, indices: Tensor, axis: SupportsIndex) -> layers.GatherLayer:
        """Pick slices by index along an axis (``INetworkDefinition::addGather``).

        Parameters
        ----------
        input : Tensor
            At least one dimension.
        indices : Tensor
            INT32 or INT64, of any rank.
        axis : int
            Dimension of the input, counted from 0.

        Raises
        ------
        InvalidArgumentError
            If the input has no such dimension, or the indices are not INT32 or INT64.
        """
        pointer = self._own(input, "input")
        index = self._indices(indices, "indices")
        shape = check_rank(input, "input", 1)
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
        """Pick values by index in one of three ways (``INetworkDefinition::addGatherV2``).

        Parameters
        ----------
        input : Tensor
            At least one dimension; of any type but UINT8, FP8, INT4 and FP4.
        indices : Tensor
            INT32 or INT64. For ELEMENT it has the rank of the input; for ND its last dimension holds coordinates.
        mode : GatherMode
            DEFAULT takes slices along the layer's ``axis``, ELEMENT one value for each index, ND what coordinates point
            at.

        Raises
        ------
        InvalidArgumentError
            If a tensor is none of this network, or the indices are not INT32 or INT64.
        """
        kind = check_enum(GatherMode, mode, "mode")
        pointers = self._own(input, "input"), self._indices(indices, "indices")
        check_rank(input, "input", 1)
        if kind is GatherMode.ELEMENT:
            check_same_rank("input", input, "indices", indices)
        return self._add(
            "add_gather_v2", lib.trtx_network_definition_add_gather_v2, layers.GatherLayer, *pointers, kind
        )

    def add_scatter(self, data: Tensor, indices: Tensor, updates: Tensor, mode: ScatterMode) -> layers.ScatterLayer:
        """Write values into a copy of a tensor by index (``INetworkDefinition::addScatter``).

        Parameters
        ----------
        data : Tensor
            Values that are copied; the output has its shape and type.
        indices : Tensor
            INT32 or INT64. For ELEMENT it has the rank of the data; for ND its last dimension holds coordinates.
        updates : Tensor
            Values to write, of the data's type; for ELEMENT in the shape of the indices.
        mode : ScatterMode
            ELEMENT, along the layer's ``axis``, or ND.

        Raises
        ------
        InvalidArgumentError
            If a tensor is none of this network, or the indices are not INT32 or INT64.
        """
        kind = check_enum(ScatterMode, mode, "mode")
        pointers = self._own(data, "data"), self._indices(indices, "indices"), self._own(updates, "updates")
        check_same_type("data", data, "updates", updates)
        if kind is ScatterMode.ELEMENT:
            check_same_rank("data", data, "indices", indices)
            check_same_rank("data", data, "updates", updates)
        return self._add("add_scatter", lib.trtx_network_definition_add_scatter, layers.ScatterLayer, *pointers, kind)

    def add_resize(self, input: Tensor) -> layers.ResizeLayer:
        """Resample to the layer's ``shape`` or by its ``scales`` (``INetworkDefinition::addResize``).

        Parameters
        ----------
        input : Tensor
            The output has its type and rank. A shape that is known at run time only is set with
            ``set_input(1, tensor)``.
        """
        return self._add(
            "add_resize", lib.trtx_network_definition_add_resize, layers.ResizeLayer, self._own(input, "input")
        )

    def add_shape(self, input: Tensor) -> layers.ShapeLayer:
        """Give the shape of a tensor as a tensor of INT64 (``INetworkDefinition::addShape``).

        Parameters
        ----------
        input : Tensor
            Of any type; the output has one dimension, with an element for each of the input's.
        """
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
            Of one type; all three have as many dimensions, and sizes of 1 are broadcast.

        Raises
        ------
        InvalidArgumentError
            If the condition is not BOOL, the other two differ in type, or shapes do not fit.
        """
        pointer = self._own(condition, "condition")
        check_type(condition, "condition", (DataType.BOOL,))
        inputs = self._own(then_input, "then_input"), self._own(else_input, "else_input")
        check_same_type("then_input", then_input, "else_input", else_input)
        check_broadcast("then_input", then_input, "else_input", else_input)
        check_broadcast("then_input", then_input, "condition", condition)
        return self._add("add_select", lib.trtx_network_definition_add_select, layers.SelectLayer, pointer, *inputs)

    def add_padding_nd(self, input: Tensor, pre_padding: Shape, post_padding: Shape) -> layers.PaddingLayer:
        """Pad the last two dimensions with zeros, or crop them (``INetworkDefinition::addPaddingNd``).

        Parameters
        ----------
        input : Tensor
            At least four dimensions.
        pre_padding, post_padding : sequence of int
            Two numbers each: how many zeros come before and behind; how much is cut off where it is negative.

        Raises
        ------
        InvalidArgumentError
            If these are not two integers each, or the input has fewer dimensions.
        """
        before = check_shape(pre_padding, "pre_padding", low=-INT64_MAX, rank=2)
        after = check_shape(post_padding, "post_padding", low=-INT64_MAX, rank=2)
        pointer = self._own(input, "input")
        check_rank(input, "input", 4)
        return self._add(
            "add_padding_nd",
            lib.trtx_network_definition_add_padding_nd,
            layers.PaddingLayer,
            pointer,
            to_dims(before),
            to_dims(after),
        )

    def add_fill(self, shape: Shape, op: FillOperation, output_type: AnyDType = DataType.FLOAT) -> layers.FillLayer:
        """Make a tensor of evenly spaced or random values (``INetworkDefinition::addFill``).

        Parameters
        ----------
        shape : sequence of int
            May be empty where input 0 of the layer is set to a tensor that holds it.
        op : FillOperation
            Evenly spaced, or random in one of two distributions; ``alpha`` and ``beta`` of the layer say which values.
        output_type : DataType, default FLOAT
            Type of the output: FLOAT, INT32 or INT64 for evenly spaced values, FLOAT or HALF for random ones.
        """
        operation = check_enum(FillOperation, op, "op")
        kind = as_data_type(output_type, "output_type")
        dims = to_dims(check_shape(shape, "shape"))
        return self._add("add_fill", lib.trtx_network_definition_add_fill_v2, layers.FillLayer, dims, operation, kind)

    def add_one_hot(self, indices: Tensor, values: Tensor, depth: Tensor, axis: SupportsIndex) -> layers.OneHotLayer:
        """Expand indices into one-hot vectors (``INetworkDefinition::addOneHot``).

        Parameters
        ----------
        indices : Tensor
            INT32 or INT64, of any rank.
        values : Tensor
            Two elements: what is written elsewhere, and what at the index. Their type is that of the output.
        depth : Tensor
            Length of the vectors, as an integer of no dimensions.
        axis : int
            Dimension of the output that the vectors lie along, from the end where negative.

        Raises
        ------
        InvalidArgumentError
            If a tensor is none of this network, or the indices are not INT32 or INT64.
        """
        pointers = self._indices(indices, "indices"), self._own(values, "values"), self._own(depth, "depth")
        shape = shape_of(indices)
        highest = MAX_DIMS - 1 if shape is None else len(shape)
        number = check_int(axis, "axis", -highest - 1, highest)
        return self._add("add_one_hot", lib.trtx_network_definition_add_one_hot, layers.OneHotLayer, *pointers, number)

    def add_grid_sample(self, input: Tensor, grid: Tensor) -> layers.GridSampleLayer:
        """Sample a tensor at the points of a grid (``INetworkDefinition::addGridSample``).

        Parameters
        ----------
        input : Tensor
            Shape (N, C, H, W), or (N, C, D, H, W) with a grid of one dimension more.
        grid : Tensor
            Shape (N, H', W', 2): for each point of the output, where to look, from -1 to 1 in each dimension.

        Raises
        ------
        InvalidArgumentError
            If numbers of dimensions do not fit.
        """
        pointers = self._own(input, "input"), self._own(grid, "grid")
        check_rank(input, "input", 4, 5)
        check_same_rank("input", input, "grid", grid)
        return self._add(
            "add_grid_sample", lib.trtx_network_definition_add_grid_sample, layers.GridSampleLayer, *pointers
        )

    def add_reverse_sequence(self, input: Tensor, sequence_lens: Tensor) -> layers.ReverseSequenceLayer:
        """Reverse the first part of each sequence of a batch (``INetworkDefinition::addReverseSequence``).

        Parameters
        ----------
        input : Tensor
            At least two dimensions. The layer's ``sequence_axis`` and ``batch_axis`` say which are which: 0 and 1.
        sequence_lens : Tensor
            How much of each sequence is reversed: INT32 or INT64, one dimension, as many elements as the batch.

        Raises
        ------
        InvalidArgumentError
            If a tensor is none of this network, or the indices are not INT32 or INT64.
        """
        pointers = self._own(input, "input"), self._indices(sequence_lens, "sequence_lens")
        check_rank(input, "input", 2)
        check_rank(sequence_lens, "sequence_lens", 1, 1)
        function, kind = lib.trtx_network_definition_add_reverse_sequence, layers.ReverseSequenceLayer
        return self._add("add_reverse_sequence", function, kind, *pointers)

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
        """Insert dimensions of size 1 (``INetworkDefinition::addUnsqueeze``).

        Parameters
        ----------
        input : Tensor
            Of any type but UINT8, FP8, INT4 and FP4.
        axes : Tensor
            Where they are in the output, as a constant tensor of INT32 or INT64.

        Raises
        ------
        InvalidArgumentError
            If a tensor is none of this network, or the indices are not INT32 or INT64.
        """
        return self._add(
            "add_unsqueeze",
            lib.trtx_network_definition_add_unsqueeze,
            layers.UnsqueezeLayer,
            self._own(input, "input"),
            self._indices(axes, "axes"),
        )

    def add_assertion(self, condition: Tensor, message: str) -> layers.AssertionLayer:
        """Fail the build or the run when a condition is false (``INetworkDefinition::addAssertion``).

        Parameters
        ----------
        condition : Tensor
            BOOL, with one dimension or none: a shape tensor, which is known before the layers run.
        message : str
            What the error says.

        Raises
        ------
        InvalidArgumentError
            If the message cannot be one.
        """
        return self._add(
            "add_assertion",
            lib.trtx_network_definition_add_assertion,
            layers.AssertionLayer,
            self._own(condition, "condition"),
            check_text(message, "message"),
        )

    def add_quantize(self, input: Tensor, scale: Tensor, output_type: AnyDType) -> layers.QuantizeLayer:
        """Convert to a small type with a scale (``INetworkDefinition::addQuantize``).

        Parameters
        ----------
        input : Tensor
            FLOAT, HALF or BF16.
        scale : Tensor
            What the input is divided by: one value, or one for each slice along the layer's ``axis``, or for each
            block.
        output_type : DataType
            INT8, FP8, INT4 or FP4.
        """
        kind = as_data_type(output_type, "output_type")
        return self._add(
            "add_quantize",
            lib.trtx_network_definition_add_quantize_v2,
            layers.QuantizeLayer,
            self._own(input, "input"),
            self._own(scale, "scale"),
            kind,
        )

    def add_dequantize(self, input: Tensor, scale: Tensor, output_type: AnyDType) -> layers.DequantizeLayer:
        """Convert back from a small type with a scale (``INetworkDefinition::addDequantize``).

        Parameters
        ----------
        input : Tensor
            INT8, FP8, INT4 or FP4.
        scale : Tensor
            What the input is multiplied by: one value, or one for each slice along the layer's ``axis``, or for each
            block.
        output_type : DataType
            FLOAT, HALF or BF16.
        """
        kind = as_data_type(output_type, "output_type")
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
        check_type(tensor, name, INDICES)
        return pointer
