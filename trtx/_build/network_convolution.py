"""Layers that slide a window over their input, or scale it: the ``add_*`` methods for convolutions and their like."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, SupportsIndex

from trtx_sys._enums_gen import PoolingType, ScaleMode
from trtx_sys._ffi import lib

from .._core.values import (
    INT32_MAX,
    INT64_MAX,
    Shape,
    check_enum,
    check_int,
    check_shape,
    reject,
    to_dims,
)
from . import layers_gen as layers
from .network_base import L, NetworkBase
from .tensor import Tensor
from .tensor_checks import check_rank
from .weights import Weights, check_bias, check_coefficients, check_kernel, to_native

if TYPE_CHECKING:
    from .types import Values


class ConvolutionLayers(NetworkBase):
    """The ``add_*`` methods of layers with a window or with coefficients."""

    __slots__ = ()

    def add_convolution_nd(
        self, input: Tensor, num_output_maps: SupportsIndex, kernel_shape: Shape, kernel: Values, bias: Values = None
    ) -> layers.ConvolutionLayer:
        """Add a convolution over two or three spatial dimensions (``INetworkDefinition::addConvolutionNd``).

        Parameters
        ----------
        input : Tensor
            Shape (N, C, H, W) or (N, C, D, H, W).
        num_output_maps : int
            Number of output channels, K.
        kernel_shape : sequence of int
            (R, S) or (T, R, S).
        kernel : array-like or Weights or None
            K * C / groups * R * S elements of the input's type, in the order K, C / groups, R, S, and in this shape or
            flat. None if the kernel comes from a tensor, set with ``set_input(1, tensor)``.
        bias : array-like or Weights, optional
            K elements of the input's type.

        Raises
        ------
        InvalidArgumentError
            If the number, the shape or the type of the weights does not fit.

        Notes
        -----
        Stride, padding, dilation and groups are properties of the layer. The arrays are kept; see `add_constant`.
        """
        function = lib.trtx_network_definition_add_convolution_nd
        return self._add_convolution(
            layers.ConvolutionLayer, function, input, num_output_maps, kernel_shape, kernel, bias
        )

    def add_deconvolution_nd(
        self, input: Tensor, num_output_maps: SupportsIndex, kernel_shape: Shape, kernel: Values, bias: Values = None
    ) -> layers.DeconvolutionLayer:
        """Add a transposed convolution (``INetworkDefinition::addDeconvolutionNd``).

        Parameters
        ----------
        input : Tensor
            Shape (N, C, H, W) or (N, C, D, H, W).
        num_output_maps : int
            Number of output channels, K.
        kernel_shape : sequence of int
            (R, S) or (T, R, S).
        kernel : array-like or Weights or None
            C * K / groups * R * S elements of the input's type, in the order C, K / groups, R, S, and in this shape or
            flat. None if the kernel comes from a tensor, set with ``set_input(1, tensor)``.
        bias : array-like or Weights, optional
            K elements of the input's type.

        Raises
        ------
        InvalidArgumentError
            If the number, the shape or the type of the weights does not fit.
        """
        function = lib.trtx_network_definition_add_deconvolution_nd
        return self._add_convolution(
            layers.DeconvolutionLayer, function, input, num_output_maps, kernel_shape, kernel, bias
        )

    def _add_convolution(
        self,
        kind: type[L],
        function: Callable[..., int],
        input: Tensor,
        num_output_maps: SupportsIndex,
        kernel_shape: Shape,
        kernel: Values,
        bias: Values,
    ) -> L:
        pointer = self._own(input, "input")
        maps = check_int(num_output_maps, "num_output_maps", 1, INT64_MAX)
        sizes = check_shape(kernel_shape, "kernel_shape", low=1)
        if len(sizes) not in (2, 3):
            reject("kernel_shape", tuple(sizes), "two or three sizes, one for each spatial dimension")
        check_rank(input, "input", len(sizes) + 2, what=f"for kernel_shape {tuple(sizes)}")
        native_kernel, held_kernel = self._weights(kernel, "kernel", input)
        native_bias, held_bias = self._weights(bias, "bias", input)
        if held_kernel is not None:
            check_kernel(held_kernel, input.shape, maps, sizes, transposed=kind is layers.DeconvolutionLayer)
        if held_bias is not None:
            check_bias(held_bias, maps)
        what = "add_convolution_nd" if kind is layers.ConvolutionLayer else "add_deconvolution_nd"
        keep = {"kernel": held_kernel, "bias": held_bias}
        return self._add(what, function, kind, pointer, maps, to_dims(sizes), native_kernel, native_bias, keep=keep)

    def add_pooling_nd(self, input: Tensor, type: PoolingType, window_size: Shape) -> layers.PoolingLayer:
        """Reduce a sliding window to its maximum or average (``INetworkDefinition::addPoolingNd``).

        Parameters
        ----------
        input : Tensor
            Shape (N, C, H, W) or (N, C, D, H, W).
        type : PoolingType
            Maximum, average, or a blend of both.
        window_size : sequence of int
            Two or three sizes.

        Raises
        ------
        InvalidArgumentError
            If there are not two or three sizes above 0, or too many for the input.
        """
        kind = check_enum(PoolingType, type, "type")
        sizes = check_shape(window_size, "window_size", low=1)
        if len(sizes) not in (2, 3):
            reject("window_size", tuple(sizes), "two or three sizes, one for each spatial dimension")
        pointer = self._own(input, "input")
        check_rank(input, "input", len(sizes) + 2, what=f"for window_size {tuple(sizes)}")
        return self._add(
            "add_pooling_nd",
            lib.trtx_network_definition_add_pooling_nd,
            layers.PoolingLayer,
            pointer,
            kind,
            to_dims(sizes),
        )

    def add_scale(
        self, input: Tensor, mode: ScaleMode, shift: Values = None, scale: Values = None, power: Values = None
    ) -> layers.ScaleLayer:
        """Compute ``(input * scale + shift) ** power``; channels are dimension 1 (``INetworkDefinition::addScale``).

        Parameters
        ----------
        input : Tensor
            Values of a floating-point type, with at least two dimensions.
        mode : ScaleMode
            Whether there is one coefficient, one for each channel, or one for each element.
        shift, scale, power : array-like or Weights, optional
            Coefficients of the input's type; 0, 1 and 1 where they are not given.

        Raises
        ------
        InvalidArgumentError
            If the number or the type of the coefficients does not fit.
        """
        return self._add_scale("add_scale", input, mode, shift, scale, power, None)

    def add_scale_nd(
        self,
        input: Tensor,
        mode: ScaleMode,
        shift: Values = None,
        scale: Values = None,
        power: Values = None,
        channel_axis: SupportsIndex = 1,
    ) -> layers.ScaleLayer:
        """Compute ``(input * scale + shift) ** power`` with channels anywhere (``INetworkDefinition::addScaleNd``).

        Parameters
        ----------
        input : Tensor
            Values of a floating-point type.
        mode : ScaleMode
            Whether there is one coefficient, one for each channel, or one for each element.
        shift, scale, power : array-like or Weights, optional
            Coefficients of the input's type; 0, 1 and 1 where they are not given.
        channel_axis : int, default 1
            Dimension of the channels.

        Raises
        ------
        InvalidArgumentError
            If the number or the type of the coefficients does not fit.
        """
        axis = check_int(channel_axis, "channel_axis", 0, INT32_MAX)
        return self._add_scale("add_scale_nd", input, mode, shift, scale, power, axis)

    def _add_scale(
        self, what: str, input: Tensor, mode: ScaleMode, shift: Values, scale: Values, power: Values, axis: int | None
    ) -> layers.ScaleLayer:
        pointer, kind = self._own(input, "input"), check_enum(ScaleMode, mode, "mode")
        # TensorRT-RTX compares the types of all three, also of those that are not given.
        none = to_native(Weights(input.dtype))
        structs = []
        keep: dict[str, Weights | None] = {}
        for name, values in {"shift": shift, "scale": scale, "power": power}.items():
            native, held = self._weights(values, name, input)
            if held is not None:
                check_coefficients(held, name, input.shape, kind, 1 if axis is None else axis)
            structs.append(native if held is not None and held.count else none)
            keep[name] = held
        common = [pointer, kind, *structs]
        if axis is None:
            return self._add(what, lib.trtx_network_definition_add_scale, layers.ScaleLayer, *common, keep=keep)
        return self._add(what, lib.trtx_network_definition_add_scale_nd, layers.ScaleLayer, *common, axis, keep=keep)
