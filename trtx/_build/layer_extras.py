"""Settings of layers that are more than one value: mixed into the generated layer classes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Integral
from typing import TYPE_CHECKING, Any, NoReturn

from trtx_sys._enums_gen import MatrixOperation, MoEActType
from trtx_sys._ffi import ffi, lib

from .._core.arrays import as_data_type
from .._core.values import (
    MAX_DIMS,
    Shape,
    check_enum,
    check_float,
    check_float32,
    check_int,
    check_sequence,
    check_shape,
    reject,
    to_dims,
    to_float32,
)
from .layer import Layer

if TYPE_CHECKING:
    from .._core.types import AnyDType, Number
    from .attention import Attention
    from .control import IfConditional, Loop
    from .tensor import Tensor


class MatrixMultiplyLayerExtras(Layer):
    __slots__ = ()

    def _get_op(self, index: int) -> MatrixOperation:
        result, network = ffi.new("trtx_matrix_operation *"), self._network
        _ = network._ptr
        status = lib.trtx_matrix_multiply_layer_get_operation(self._ptr, index, result)
        network._check(status, f"MatrixMultiplyLayer.op{index}")
        return MatrixOperation(result[0])

    def _set_op(self, index: int, value: MatrixOperation) -> None:
        operation = check_enum(MatrixOperation, value, f"op{index}")
        self._network._change(
            f"MatrixMultiplyLayer.op{index}",
            lib.trtx_matrix_multiply_layer_set_operation,
            self,
            index,
            operation,
        )

    @property
    def op0(self) -> MatrixOperation:
        """What is done to the first matrix (``IMatrixMultiplyLayer::getOperation``)."""
        return self._get_op(0)

    @op0.setter
    def op0(self, value: MatrixOperation) -> None:
        self._set_op(0, value)

    @property
    def op1(self) -> MatrixOperation:
        """What is done to the second matrix (``IMatrixMultiplyLayer::getOperation``)."""
        return self._get_op(1)

    @op1.setter
    def op1(self, value: MatrixOperation) -> None:
        self._set_op(1, value)


class ResizeLayerExtras(Layer):
    __slots__ = ()

    @property
    def scales(self) -> tuple[float, ...]:
        """Factor of each dimension; empty where the output's shape was set instead (``IResizeLayer::getScales``)."""
        count = self._read_scales(0, ffi.NULL)
        if count <= 0:
            return ()
        # The library fills an array of exactly this size, and refuses any other.
        values = ffi.new("float[]", count)
        self._read_scales(count, values)
        return tuple(ffi.unpack(values, count))

    @scales.setter
    def scales(self, value: Iterable[Number]) -> None:
        items = check_sequence(value, "scales", f"one factor for each of 1 to {MAX_DIMS} dimensions", MAX_DIMS)
        factors = [to_float32(check_float32(factor, f"scales[{i}]")) for i, factor in enumerate(items)]
        if not factors or len(factors) > MAX_DIMS:
            reject("scales", tuple(factors), f"one factor for each of 1 to {MAX_DIMS} dimensions")
        source = self.get_input(0)
        shape = None if source is None else source.shape
        if shape is not None and len(factors) != len(shape):
            reject("scales", tuple(factors), f"one factor for each of the input's {len(shape)} dimensions")
        for i, factor in enumerate(factors):
            if not 0 < factor < math.inf:
                reject(f"scales[{i}]", items[i], "a finite number above 0, in 32 bits")
        self._network._change(
            "ResizeLayer.scales",
            lib.trtx_resize_layer_set_scales,
            self,
            ffi.new("float[]", factors),
            len(factors),
        )
        taken = self.scales
        if taken != tuple(factors):
            reject("scales", tuple(factors), f"what TensorRT-RTX takes; it has {taken} now")

    def _read_scales(self, size: int, values: Any) -> int:
        result, network = ffi.new("int32_t *"), self._network
        _ = network._ptr
        network._check(lib.trtx_resize_layer_get_scales(self._ptr, size, values, result), "ResizeLayer.scales")
        return int(result[0])


class FillLayerExtras(Layer):
    __slots__ = ()

    @property
    def alpha(self) -> int | float:
        """Start, minimum or mean; set an int or a float (``IFillLayer::getAlpha``)."""
        _ = self._network._ptr
        if lib.trtx_fill_layer_is_alpha_beta_int64(self._ptr):
            return lib.trtx_fill_layer_get_alpha_int64(self._ptr)
        return lib.trtx_fill_layer_get_alpha(self._ptr)

    @alpha.setter
    def alpha(self, value: Number) -> None:
        self._set("alpha", value)

    @property
    def beta(self) -> int | float:
        """Step, maximum or standard deviation; set an int or a float (``IFillLayer::getBeta``)."""
        _ = self._network._ptr
        if lib.trtx_fill_layer_is_alpha_beta_int64(self._ptr):
            return lib.trtx_fill_layer_get_beta_int64(self._ptr)
        return lib.trtx_fill_layer_get_beta(self._ptr)

    @beta.setter
    def beta(self, value: Number) -> None:
        self._set("beta", value)

    def is_alpha_beta_int64(self) -> bool:
        """Whether `alpha` and `beta` are integers (``IFillLayer::isAlphaBetaInt64``)."""
        _ = self._network._ptr
        return lib.trtx_fill_layer_is_alpha_beta_int64(self._ptr)

    def _set(self, name: str, value: Number) -> None:
        is_int = isinstance(value, Integral)
        number: int | float = check_int(value, name) if is_int else check_float(value, name)
        self._network._refuse_change(f"FillLayer.{name}")
        self._set_alike(name, number)

    def _set_alike(self, name: str, value: int | float) -> None:
        """Set one of the two, and see that both are integers or both are floats: there is one mark for the pair."""
        _ = self._network._ptr
        other, position = ("beta", 2) if name == "alpha" else ("alpha", 1)
        are_ints = lib.trtx_fill_layer_is_alpha_beta_int64(self._ptr)
        values = {name: value}
        if are_ints != isinstance(value, int) and not lib.trtx_layer_get_input(self._ptr, position):
            now = getattr(lib, f"trtx_fill_layer_get_{other}{'_int64' if are_ints else ''}")(self._ptr)
            if are_ints:
                values[other] = float(now)
            elif now.is_integer():
                values[other] = int(now)
            else:
                values[name] = check_float(value, name)
        # alpha last: the mark is its kind.
        for key in sorted(values, reverse=True):
            kind = "_int64" if isinstance(values[key], int) else ""
            function = getattr(lib, f"trtx_fill_layer_set_{key}{kind}")
            self._network._change(f"FillLayer.{name}", function, self, values[key])


class MoELayerExtras(Layer):
    __slots__ = ()

    def set_gated_weights(
        self, fc_gate_weights: Tensor, fc_up_weights: Tensor, fc_down_weights: Tensor, activation_type: MoEActType
    ) -> None:
        """Set the weights of gated experts (``IMoELayer::setGatedWeights``).

        Parameters
        ----------
        fc_gate_weights, fc_up_weights : Tensor
            Shape (experts, hidden size, inner size), and of the input's type.
        fc_down_weights : Tensor
            Shape (experts, inner size, hidden size).
        activation_type : MoEActType
            The function between the products.

        Raises
        ------
        InvalidArgumentError
            If one is no tensor of this network.
        """
        own = self._network._own
        self._network._change(
            "MoELayer.set_gated_weights",
            lib.trtx_moe_layer_set_gated_weights,
            self,
            own(fc_gate_weights, "fc_gate_weights"),
            own(fc_up_weights, "fc_up_weights"),
            own(fc_down_weights, "fc_down_weights"),
            check_enum(MoEActType, activation_type, "activation_type"),
        )

    def set_gated_biases(self, fc_gate_biases: Tensor, fc_up_biases: Tensor, fc_down_biases: Tensor) -> None:
        """Set the biases of gated experts (``IMoELayer::setGatedBiases``).

        Parameters
        ----------
        fc_gate_biases, fc_up_biases : Tensor
            Shape (experts, inner size), and of the input's type.
        fc_down_biases : Tensor
            Shape (experts, hidden size).

        Raises
        ------
        InvalidArgumentError
            If one is no tensor of this network.
        """
        own = self._network._own
        self._network._change(
            "MoELayer.set_gated_biases",
            lib.trtx_moe_layer_set_gated_biases,
            self,
            own(fc_gate_biases, "fc_gate_biases"),
            own(fc_up_biases, "fc_up_biases"),
            own(fc_down_biases, "fc_down_biases"),
        )

    def set_quantization_static(self, fc_down_activation_scale: Tensor, data_type: AnyDType) -> None:
        """Quantize the activations with a given scale (``IMoELayer::setQuantizationStatic``).

        Parameters
        ----------
        fc_down_activation_scale : Tensor
            One scale, or one for each expert: no dimensions, or one.
        data_type : DataType
            Type to quantize to, such as FP8.
        """
        self._network._change(
            "MoELayer.set_quantization_static",
            lib.trtx_moe_layer_set_quantization_static,
            self,
            self._network._own(fc_down_activation_scale, "fc_down_activation_scale"),
            as_data_type(data_type, "data_type"),
        )

    def set_quantization_dynamic_dbl_q(
        self,
        fc_down_activation_dbl_q_scale: Tensor,
        data_type: AnyDType,
        block_shape: Shape,
        dyn_q_output_scale_type: AnyDType,
    ) -> None:
        """Quantize the activations with scales from the data (``IMoELayer::setQuantizationDynamicDblQ``).

        Parameters
        ----------
        fc_down_activation_dbl_q_scale : Tensor
            Scale that the scales themselves are quantized with.
        data_type : DataType
            Type to quantize to, such as FP4.
        block_shape : sequence of int
            Elements that share a scale, on each axis; -1 for all of an axis.
        dyn_q_output_scale_type : DataType
            Type of the scales.
        """
        self._network._change(
            "MoELayer.set_quantization_dynamic_dbl_q",
            lib.trtx_moe_layer_set_quantization_dynamic_dbl_q,
            self,
            self._network._own(fc_down_activation_dbl_q_scale, "fc_down_activation_dbl_q_scale"),
            as_data_type(data_type, "data_type"),
            to_dims(check_shape(block_shape, "block_shape", low=-1)),
            as_data_type(dyn_q_output_scale_type, "dyn_q_output_scale_type"),
        )

    def set_swiglu_params(self, limit: Number, alpha: Number, beta: Number) -> None:
        """Set the parameters of SwiGLU (``IMoELayer::setSwigluParams``).

        Parameters
        ----------
        limit : float
            Bound of the values; infinite for none.
        alpha : float
            Factor in the sigmoid.
        beta : float
            What is added to the linear part.
        """
        self._network._change(
            "MoELayer.set_swiglu_params",
            lib.trtx_moe_layer_set_swiglu_params,
            self,
            check_float32(limit, "limit"),
            check_float32(alpha, "alpha"),
            check_float32(beta, "beta"),
        )


# Layers at the border of a part say which one; the network makes its object, as this module cannot know the classes.


class LoopBoundaryLayerExtras(Layer):
    __slots__ = ()

    @property
    def loop(self) -> Loop:
        """The loop that it belongs to (``ILoopBoundaryLayer::getLoop``)."""
        network = self._network
        _ = network._ptr
        pointer = lib.trtx_loop_boundary_layer_get_loop(self._ptr)
        return network._loop(pointer or _no_border(self, "loop"))


class IfConditionalBoundaryLayerExtras(Layer):
    __slots__ = ()

    @property
    def conditional(self) -> IfConditional:
        """The conditional that it belongs to (``IIfConditionalBoundaryLayer::getConditional``)."""
        network = self._network
        _ = network._ptr
        pointer = lib.trtx_if_conditional_boundary_layer_get_conditional(self._ptr)
        return network._conditional(pointer or _no_border(self, "conditional"))


class AttentionBoundaryLayerExtras(Layer):
    __slots__ = ()

    @property
    def attention(self) -> Attention:
        """The attention that it belongs to (``IAttentionBoundaryLayer::getAttention``)."""
        network = self._network
        _ = network._ptr
        pointer = lib.trtx_attention_boundary_layer_get_attention(self._ptr)
        return network._attention(pointer or _no_border(self, "attention"))


def _no_border(layer: Layer, name: str) -> NoReturn:
    raise TypeError(f"{type(layer).__name__} {layer.name!r} belongs to no {name}")
