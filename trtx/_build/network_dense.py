"""Layers that compute: the ``add_*`` methods for products, activations, reductions and their like."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, SupportsIndex

from trtx_sys._enums_gen import (
    ActivationType,
    CumulativeOperation,
    DataType,
    ElementWiseOperation,
    MatrixOperation,
    ReduceOperation,
    TopKOperation,
    UnaryOperation,
)
from trtx_sys._ffi import lib

from .._core.arrays import as_data_type
from .._core.keywords import also_named
from .._core.values import (
    INT32_MAX,
    Shape,
    check_axes_of,
    check_bool,
    check_enum,
    check_float32,
    check_int,
    check_sequence,
    check_text,
    reject,
)
from . import layers_gen as layers
from .network_convolution import ConvolutionLayers
from .tensor import Tensor
from .tensor_checks import check_broadcast, check_product, check_rank, check_same_rank, check_same_type, check_type

if TYPE_CHECKING:
    from .._core.types import AnyDType, Bool, Number

_add_activation = lib.trtx_network_definition_add_activation


class DenseLayers(ConvolutionLayers):
    """The ``add_*`` methods of layers that compute."""

    __slots__ = ()

    def add_activation(self, input: Tensor, type: ActivationType) -> layers.ActivationLayer:
        """Add an activation function (``INetworkDefinition::addActivation``).

        Parameters
        ----------
        input : Tensor
            Values of any type that the function works on; the output has its shape and type.
        type : ActivationType
            The function. Its parameters are the properties ``alpha`` and ``beta`` of the layer.
        """
        if type.__class__ is not ActivationType:
            check_enum(ActivationType, type, "type")
        own = input.__class__ is Tensor and input._network is self
        pointer = input._ptr if own else self._own(input, "input")
        return self._add("add_activation", _add_activation, layers.ActivationLayer, pointer, type)

    def add_unary(self, input: Tensor, op: UnaryOperation) -> layers.UnaryLayer:
        """Add a function of one argument (``INetworkDefinition::addUnary``).

        Parameters
        ----------
        input : Tensor
            The output has its shape and type.
        op : UnaryOperation
            The function; which types it takes depends on it.
        """
        operation = check_enum(UnaryOperation, op, "op")
        return self._add(
            "add_unary",
            lib.trtx_network_definition_add_unary,
            layers.UnaryLayer,
            self._own(input, "input"),
            operation,
        )

    def add_elementwise(self, input1: Tensor, input2: Tensor, op: ElementWiseOperation) -> layers.ElementWiseLayer:
        """Combine two tensors element by element (``INetworkDefinition::addElementWise``).

        Parameters
        ----------
        input1, input2 : Tensor
            Of the same type and rank; sizes are equal, or one of them is 1 and is broadcast.
        op : ElementWiseOperation
            What is done to each pair; which types it takes depends on it.

        Raises
        ------
        InvalidArgumentError
            If the types or the numbers of dimensions differ, or sizes that are known and not 1.
        """
        operation = check_enum(ElementWiseOperation, op, "op")
        first, second = self._own(input1, "input1"), self._own(input2, "input2")
        check_same_type("input1", input1, "input2", input2)
        check_broadcast("input1", input1, "input2", input2)
        return self._add(
            "add_elementwise",
            lib.trtx_network_definition_add_elementwise,
            layers.ElementWiseLayer,
            first,
            second,
            operation,
        )

    def add_matrix_multiply(
        self, input0: Tensor, op0: MatrixOperation, input1: Tensor, op1: MatrixOperation
    ) -> layers.MatrixMultiplyLayer:
        """Multiply matrices, in batches where there are leading dimensions (``INetworkDefinition::addMatrixMultiply``).

        Parameters
        ----------
        input0, input1 : Tensor
            FLOAT, HALF or BF16, both of one type; leading dimensions broadcast.
        op0, op1 : MatrixOperation
            What is done to each before: nothing, a transposition, or taking it as vectors.

        Raises
        ------
        InvalidArgumentError
            If the types differ, or the shapes, where they are known, do not fit.
        """
        first, second = check_enum(MatrixOperation, op0, "op0"), check_enum(MatrixOperation, op1, "op1")
        pointer0, pointer1 = self._own(input0, "input0"), self._own(input1, "input1")
        check_same_type("input0", input0, "input1", input1)
        check_product(input0, first, input1, second)
        return self._add(
            "add_matrix_multiply",
            lib.trtx_network_definition_add_matrix_multiply,
            layers.MatrixMultiplyLayer,
            pointer0,
            first,
            pointer1,
            second,
        )

    def add_softmax(self, input: Tensor) -> layers.SoftMaxLayer:
        """Add a SoftMax (``INetworkDefinition::addSoftMax``); its ``axes`` say over which dimensions.

        Parameters
        ----------
        input : Tensor
            Values of a floating-point type, with at least two dimensions.

        Raises
        ------
        InvalidArgumentError
            If it has fewer dimensions.
        """
        pointer = self._own(input, "input")
        check_rank(input, "input", 2)
        return self._add("add_softmax", lib.trtx_network_definition_add_softmax, layers.SoftMaxLayer, pointer)

    def add_reduce(
        self, input: Tensor, op: ReduceOperation, axes: SupportsIndex | Shape, keep_dims: Bool
    ) -> layers.ReduceLayer:
        """Reduce dimensions to one value each (``INetworkDefinition::addReduce``).

        Parameters
        ----------
        input : Tensor
            The output has its type.
        op : ReduceOperation
            Sum, product, maximum, minimum, average...
        axes : int, or sequence or set of int
            A bit mask of dimensions (bit 0 is dimension 0), or their numbers as a sequence.
        keep_dims : bool
            Whether reduced dimensions stay with size 1.

        Raises
        ------
        InvalidArgumentError
            If there is no axis, or one that the input does not have.
        """
        operation = check_enum(ReduceOperation, op, "op")
        return self._add(
            "add_reduce",
            lib.trtx_network_definition_add_reduce,
            layers.ReduceLayer,
            self._own(input, "input"),
            operation,
            check_axes_of(axes, "axes", input.shape),
            check_bool(keep_dims, "keep_dims"),
        )

    def add_topk(
        self,
        input: Tensor,
        op: TopKOperation,
        k: SupportsIndex,
        axes: SupportsIndex | Shape,
        indices_type: AnyDType = DataType.INT32,
    ) -> layers.TopKLayer:
        """Find the k largest or smallest values and their indices (``INetworkDefinition::addTopK``).

        Parameters
        ----------
        input : Tensor
            FLOAT, HALF, BF16, INT32, INT64 or INT8, with at least two dimensions. Output 0 has the values, output 1 the
            indices.
        op : TopKOperation
            Whether the largest or the smallest are looked for.
        k : int
            How many, from 1 to 3840.
        axes : int, or sequence or set of int
            The one dimension to search, as a bit mask or a sequence of one number.
        indices_type : DataType, default INT32
            INT32 or INT64.

        Raises
        ------
        InvalidArgumentError
            If the input has fewer dimensions or no such axis, if it is not one, or if an argument is out of its range.
        """
        operation = check_enum(TopKOperation, op, "op")
        kind = as_data_type(indices_type, "indices_type")
        if kind not in (DataType.INT32, DataType.INT64):
            reject("indices_type", indices_type, "DataType.INT32 or DataType.INT64")
        pointer, count = self._own(input, "input"), check_int(k, "k", 1, INT32_MAX)
        mask = check_axes_of(axes, "axes", check_rank(input, "input", 2))
        if mask.bit_count() != 1:
            reject("axes", axes, "one dimension")
        return self._add(
            "add_topk", lib.trtx_network_definition_add_topk_v2, layers.TopKLayer, pointer, operation, count, mask, kind
        )

    @also_named(axesMask="axes")
    def add_normalization(
        self, input: Tensor, scale: Tensor, bias: Tensor, axes: SupportsIndex | Shape
    ) -> layers.NormalizationLayer:
        """Normalize over dimensions, then scale and shift (``INetworkDefinition::addNormalizationV2``).

        Parameters
        ----------
        input : Tensor
            Values of a floating-point type; the output has its shape and type.
        scale, bias : Tensor
            Of the input's type and rank; sizes of 1 are broadcast.
        axes : int, or sequence or set of int
            Dimensions to normalize over, as a bit mask or their numbers.

        Raises
        ------
        InvalidArgumentError
            If there is no axis, or one that the input does not have, or if types or numbers of dimensions differ.
        """
        pointers = self._own(input, "input"), self._own(scale, "scale"), self._own(bias, "bias")
        mask = check_axes_of(axes, "axes", input.shape)
        for name, tensor in (("scale", scale), ("bias", bias)):
            check_same_type("input", input, name, tensor)
            check_same_rank("input", input, name, tensor)
        function, kind = lib.trtx_network_definition_add_normalization_v2, layers.NormalizationLayer
        return self._add("add_normalization", function, kind, *pointers, mask)

    #: The name in NVIDIA's package, whose add_normalization is an older method.
    add_normalization_v2 = add_normalization

    def add_lrn(self, input: Tensor, window: SupportsIndex, alpha: Number, beta: Number, k: Number) -> layers.LRNLayer:
        """Normalize each value by its neighbours in other channels (``INetworkDefinition::addLRN``).

        Parameters
        ----------
        input : Tensor
            At least four dimensions; the channels are the third from the end.
        window : int
            Odd number of channels, from 1 to 15.
        alpha, beta, k : float
            Factor of the sum of squares, exponent of what each value is divided by, and what is added to the sum.

        Raises
        ------
        InvalidArgumentError
            If the input has fewer dimensions, or a number is out of its range.
        """
        pointer = self._own(input, "input")
        check_rank(input, "input", 4)
        return self._add(
            "add_lrn",
            lib.trtx_network_definition_add_lrn,
            layers.LRNLayer,
            pointer,
            check_int(window, "window", 1, INT32_MAX),
            check_float32(alpha, "alpha"),
            check_float32(beta, "beta"),
            check_float32(k, "k"),
        )

    def add_parametric_relu(self, input: Tensor, slopes: Tensor) -> layers.ParametricReLULayer:
        """Add a leaky ReLU with a slope for each element (``INetworkDefinition::addParametricReLU``).

        Parameters
        ----------
        input : Tensor
            Values of a floating-point type.
        slopes : Tensor
            Factors of negative values, of the input's type and rank; sizes of 1 are broadcast.

        Raises
        ------
        InvalidArgumentError
            If types or shapes do not fit.
        """
        pointers = self._own(input, "input"), self._own(slopes, "slopes")
        check_same_type("input", input, "slopes", slopes)
        check_broadcast("input", input, "slopes", slopes)
        function, kind = lib.trtx_network_definition_add_parametric_relu, layers.ParametricReLULayer
        return self._add("add_parametric_relu", function, kind, *pointers)

    def add_ragged_softmax(self, input: Tensor, bounds: Tensor) -> layers.RaggedSoftMaxLayer:
        """Add a SoftMax over rows of different lengths (``INetworkDefinition::addRaggedSoftMax``).

        Parameters
        ----------
        input : Tensor
            Three dimensions; the last one is reduced.
        bounds : Tensor
            Length of each row: INT32, in the input's shape but for a last dimension of 1.

        Raises
        ------
        InvalidArgumentError
            If the bounds are not INT32, or one has not three dimensions.
        """
        function, kind = lib.trtx_network_definition_add_ragged_softmax, layers.RaggedSoftMaxLayer
        pointers = self._own(input, "input"), self._own(bounds, "bounds")
        check_type(bounds, "bounds", (DataType.INT32,))
        check_rank(input, "input", 3, 3)
        check_rank(bounds, "bounds", 3, 3)
        return self._add("add_ragged_softmax", function, kind, *pointers)

    def add_einsum(self, inputs: Iterable[Tensor], equation: str) -> layers.EinsumLayer:
        """Sum products over the indices of an Einstein equation (``INetworkDefinition::addEinsum``).

        Parameters
        ----------
        inputs : sequence of Tensor
            One for each operand of the equation, all FLOAT, all HALF or all BF16.
        equation : str
            Such as ``"ij,jk->ik"``.

        Raises
        ------
        InvalidArgumentError
            If there is no input, or one is no tensor of this network, or types differ.
        """
        tensors = check_sequence(inputs, "inputs", "a sequence of trtx.Tensor")
        array, count = self._own_list(tensors, "inputs")
        for i, tensor in enumerate(tensors):
            check_same_type("inputs[0]", tensors[0], f"inputs[{i}]", tensor)
        return self._add(
            f"add_einsum({equation!r})",
            lib.trtx_network_definition_add_einsum,
            layers.EinsumLayer,
            array,
            count,
            check_text(equation, "equation", empty=False),
        )

    def add_cumulative(
        self, input: Tensor, axis: Tensor, op: CumulativeOperation, exclusive: Bool, reverse: Bool
    ) -> layers.CumulativeLayer:
        """Add running sums along an axis (``INetworkDefinition::addCumulative``).

        Parameters
        ----------
        input : Tensor
            At least one dimension; the output has its shape and type.
        axis : Tensor
            The axis, as a constant of no dimensions.
        op : CumulativeOperation
            The sum, as of now.
        exclusive : bool
            Whether a sum leaves its own element out.
        reverse : bool
            Whether sums run backwards.
        """
        operation = check_enum(CumulativeOperation, op, "op")
        return self._add(
            "add_cumulative",
            lib.trtx_network_definition_add_cumulative,
            layers.CumulativeLayer,
            self._own(input, "input"),
            self._own(axis, "axis"),
            operation,
            check_bool(exclusive, "exclusive"),
            check_bool(reverse, "reverse"),
        )
