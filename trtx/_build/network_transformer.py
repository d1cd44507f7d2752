"""Layers of transformers, quantization by what comes, selections, collectives: their ``add_*`` methods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, SupportsIndex

from trtx_sys._enums_gen import CollectiveOperation, DataType, KVCacheMode, ReduceOperation
from trtx_sys._ffi import ffi, lib

from .._core.arrays import as_data_type
from .._core.errors import InvalidArgumentError
from .._core.values import (
    INT32_MAX,
    INT64_MAX,
    MAX_DIMS,
    Shape,
    check_bool,
    check_enum,
    check_int,
    check_sequence,
    check_shape,
    reject,
    to_dims,
)
from . import layers_gen as layers
from .network_base import NetworkBase
from .tensor import Tensor
from .tensor_checks import FLOATS, INDICES, check_rank, check_same_type, check_type

if TYPE_CHECKING:
    from .._core.types import AnyDType, Bool

_QUANTIZED = (DataType.FP8, DataType.FP4)
_REDUCING = (CollectiveOperation.ALL_REDUCE, CollectiveOperation.REDUCE, CollectiveOperation.REDUCE_SCATTER)
_ROOTED = (
    CollectiveOperation.REDUCE,
    CollectiveOperation.BROADCAST,
    CollectiveOperation.GATHER,
    CollectiveOperation.SCATTER,
)


class TransformerLayers(NetworkBase):
    """The ``add_*`` methods of layers of transformers, and of those that are rarely needed."""

    __slots__ = ()

    def add_rotary_embedding(
        self,
        input: Tensor,
        cos_cache: Tensor,
        sin_cache: Tensor,
        interleaved: Bool,
        rotary_embedding_dim: SupportsIndex,
    ) -> layers.RotaryEmbeddingLayer:
        """Rotate pairs of hidden dimensions by the position (``INetworkDefinition::addRotaryEmbedding``).

        Parameters
        ----------
        input : Tensor
            FLOAT, HALF or BF16, in the shape (batch, heads, length, head size).
        cos_cache, sin_cache : Tensor
            Cosines and sines, of the input's type and half as many as dimensions are rotated: in the shape (positions,
            half) where position ids are set with ``set_input(3, ids)``, INT64 of shape (batch, length); otherwise in
            the shape (batch, length, half).
        interleaved : bool
            Whether pairs are neighbours, or else come from the two halves.
        rotary_embedding_dim : int
            How many dimensions are rotated, an even number; 0 for the whole head.

        Raises
        ------
        InvalidArgumentError
            If types, numbers of dimensions or the dimension do not fit, or one is no tensor of this network.
        """
        pointers = [self._own(input, "input"), self._own(cos_cache, "cos_cache"), self._own(sin_cache, "sin_cache")]
        check_type(input, "input", FLOATS)
        shape = check_rank(input, "input", 4, 4)
        for name, cache in (("cos_cache", cos_cache), ("sin_cache", sin_cache)):
            check_same_type("input", input, name, cache)
            check_rank(cache, name, 2, 3)
        head = INT32_MAX if shape is None or shape[3] < 0 else shape[3]
        rotated = check_int(rotary_embedding_dim, "rotary_embedding_dim", 0, head)
        if rotated % 2:
            reject("rotary_embedding_dim", rotary_embedding_dim, "an even number")
        return self._add(
            "add_rotary_embedding",
            lib.trtx_network_definition_add_rotary_embedding,
            layers.RotaryEmbeddingLayer,
            *pointers,
            check_bool(interleaved, "interleaved"),
            rotated,
        )

    def add_kv_cache_update(
        self, cache: Tensor, update: Tensor, write_indices: Tensor, cache_mode: KVCacheMode
    ) -> layers.KVCacheUpdateLayer:
        """Write new keys or values into a cache, in place (``INetworkDefinition::addKVCacheUpdate``).

        Parameters
        ----------
        cache : Tensor
            An input of the network, FLOAT, HALF or BF16, in the shape (batch, heads, capacity, head size). The output
            of the layer has its type and shape; when the engine runs, the two must have the same memory.
        update : Tensor
            Of the cache's type, in the shape (batch, heads, length, head size); with the layer's ``update_form``
            PACKED_NHD in the shape (all lengths together, heads, head size).
        write_indices : Tensor
            Where the update begins in each sequence: INT32, one dimension, as many elements as the batch.
        cache_mode : KVCacheMode
            LINEAR, as of now.

        Raises
        ------
        InvalidArgumentError
            If the cache is no input of the network, if types or numbers of dimensions do not fit, or if one is no
            tensor of this network.
        """
        mode = check_enum(KVCacheMode, cache_mode, "cache_mode")
        pointers = [self._own(cache, "cache"), self._own(update, "update"), self._own(write_indices, "write_indices")]
        if not cache.is_network_input:
            raise InvalidArgumentError(f"cache is {cache.name!r}; allowed is an input of the network")
        check_type(cache, "cache", FLOATS)
        check_rank(cache, "cache", 4, 4)
        check_same_type("cache", cache, "update", update)
        check_rank(update, "update", 3, 4)
        check_type(write_indices, "write_indices", (DataType.INT32,))
        check_rank(write_indices, "write_indices", 1, 1)
        function, kind = lib.trtx_network_definition_add_kv_cache_update, layers.KVCacheUpdateLayer
        return self._add("add_kv_cache_update", function, kind, *pointers, mode)

    def add_moe(
        self, hidden_states: Tensor, selected_experts_for_tokens: Tensor, scores_for_selected_experts: Tensor
    ) -> layers.MoELayer:
        """Add a mixture of experts, whose weights are set on the layer (``INetworkDefinition::addMoE``).

        Parameters
        ----------
        hidden_states : Tensor
            FLOAT, HALF or BF16, in the shape (batch, length, hidden size).
        selected_experts_for_tokens : Tensor
            Numbers of experts, INT32 or INT64, in the shape (batch, length, k).
        scores_for_selected_experts : Tensor
            What the results of these experts are multiplied by, in the same shape.

        Returns
        -------
        MoELayer
            It needs `MoELayer.set_gated_weights`.

        Raises
        ------
        InvalidArgumentError
            If types or numbers of dimensions do not fit, or one is no tensor of this network.

        Notes
        -----
        TensorRT-RTX 1.6 lets it be defined, and has no kernels for it: the build of an engine fails with "Cannot
        decompose operation", for all types and compute capabilities that it knows.
        """
        experts, scores = selected_experts_for_tokens, scores_for_selected_experts
        pointers = [
            self._own(hidden_states, "hidden_states"),
            self._own(experts, "selected_experts_for_tokens"),
            self._own(scores, "scores_for_selected_experts"),
        ]
        check_type(hidden_states, "hidden_states", FLOATS)
        check_type(experts, "selected_experts_for_tokens", INDICES)
        check_type(scores, "scores_for_selected_experts", FLOATS)
        check_rank(hidden_states, "hidden_states", 3, 3)
        check_rank(experts, "selected_experts_for_tokens", 3, 3)
        check_rank(scores, "scores_for_selected_experts", 3, 3)
        return self._add("add_moe", lib.trtx_network_definition_add_moe, layers.MoELayer, *pointers)

    def add_dynamic_quantize(
        self,
        input: Tensor,
        axis: SupportsIndex,
        block_size: SupportsIndex,
        output_type: AnyDType,
        scale_type: AnyDType,
    ) -> layers.DynamicQuantizeLayer:
        """Quantize blocks along an axis with scales that the layer finds (``INetworkDefinition::addDynamicQuantize``).

        TensorRT-RTX has marked this one as deprecated, in favour of `add_dynamic_quantize_v2`; the scales of FP4 can be
        quantized themselves by this one alone.

        Parameters
        ----------
        input : Tensor
            FLOAT, HALF or BF16, of two or three dimensions.
        axis : int
            Dimension that is cut into blocks: the last or the one before; from the end where negative.
        block_size : int
            Elements of a block: 16 for FP4, 32 for FP8.
        output_type : DataType
            FP4 or FP8.
        scale_type : DataType
            FP8 for FP4, and E8M0 for FP8.

        Returns
        -------
        DynamicQuantizeLayer
            Output 0 has the values, output 1 the scales. Scales of FP8 need a scale themselves: a FLOAT of no
            dimensions, set with ``set_input(1, tensor)``.

        Raises
        ------
        InvalidArgumentError
            If there is no such axis, if a type does not fit, or if it is no tensor of this network.
        """
        kinds = self._quantized(input, output_type, scale_type)
        shape = check_rank(input, "input", 1)
        rank = MAX_DIMS if shape is None else len(shape)
        return self._add(
            "add_dynamic_quantize",
            lib.trtx_network_definition_add_dynamic_quantize,
            layers.DynamicQuantizeLayer,
            self._own(input, "input"),
            check_int(axis, "axis", -rank, rank - 1),
            check_int(block_size, "block_size", 1, INT32_MAX),
            *kinds,
        )

    def add_dynamic_quantize_v2(
        self, input: Tensor, block_shape: Shape, output_type: AnyDType, scale_type: AnyDType
    ) -> layers.DynamicQuantizeLayer:
        """Quantize blocks of any shape with scales that the layer finds (``INetworkDefinition::addDynamicQuantizeV2``).

        Parameters
        ----------
        input : Tensor
            FLOAT, HALF or BF16.
        block_shape : sequence of int
            Size of a block in each dimension of the input; -1 for all of it.
        output_type : DataType
            FP8 or FP4.
        scale_type : DataType
            E8M0 or FLOAT for FP8. Scales of FP8 need a scale themselves, as in `add_dynamic_quantize`, with which
            TensorRT-RTX 1.6 builds blocks along one axis alone, those of that method.

        Returns
        -------
        DynamicQuantizeLayer
            Output 0 has the values, output 1 the scales, one for each block.

        Raises
        ------
        InvalidArgumentError
            If the block has not as many dimensions as the input, if a type does not fit, or if it is no tensor of this
            network.
        """
        kinds = self._quantized(input, output_type, scale_type)
        shape = check_rank(input, "input", 1)
        sizes = check_shape(block_shape, "block_shape", low=-1, rank=None if shape is None else len(shape))
        function, kind = lib.trtx_network_definition_add_dynamic_quantize_v2, layers.DynamicQuantizeLayer
        return self._add("add_dynamic_quantize_v2", function, kind, self._own(input, "input"), to_dims(sizes), *kinds)

    def _quantized(self, input: Tensor, output_type: AnyDType, scale_type: AnyDType) -> tuple[DataType, DataType]:
        """Types of the values and of the scales."""
        self._own(input, "input")
        kind = as_data_type(output_type, "output_type")
        if kind not in _QUANTIZED:
            reject("output_type", output_type, "DataType.FP8 or DataType.FP4")
        check_type(input, "input", FLOATS)
        return kind, as_data_type(scale_type, "scale_type")

    def add_non_zero(self, input: Tensor, indices_type: AnyDType = DataType.INT32) -> layers.NonZeroLayer:
        """Find the coordinates of what is not zero (``INetworkDefinition::addNonZero``).

        Parameters
        ----------
        input : Tensor
            At least one dimension. The output has a row for each of these and a column for each element found; how many
            there are is known at run time only.
        indices_type : DataType, default INT32
            INT32 or INT64.

        Raises
        ------
        InvalidArgumentError
            If it has no dimensions, if the type is another one, or if it is no tensor of this network.

        Notes
        -----
        TensorRT-RTX 1.6 lets it be defined and has no kernel for it: the build of an engine fails with "has no runners
        that implement it".
        """
        pointer, kind = self._own(input, "input"), _index_type(indices_type)
        check_rank(input, "input", 1)
        return self._add(
            "add_non_zero", lib.trtx_network_definition_add_non_zero_v2, layers.NonZeroLayer, pointer, kind
        )

    def add_nms(
        self,
        boxes: Tensor,
        scores: Tensor,
        max_output_boxes_per_class: Tensor,
        indices_type: AnyDType = DataType.INT32,
    ) -> layers.NMSLayer:
        """Select boxes that overlap little (``INetworkDefinition::addNMS``).

        Parameters
        ----------
        boxes : Tensor
            FLOAT or HALF, in the shape (batch, boxes, 4) or (batch, boxes, classes, 4).
        scores : Tensor
            Of the boxes' type, in the shape (batch, boxes, classes).
        max_output_boxes_per_class : Tensor
            INT32 or INT64 of no dimensions, as a shape tensor.
        indices_type : DataType, default INT32
            INT32 or INT64.

        Returns
        -------
        NMSLayer
            Output 0 has a row (batch, class, box) for each selected box, output 1 their number. Thresholds, as FLOAT of
            no dimensions, are set with ``set_input(3, iou)`` and ``set_input(4, score)``.

        Raises
        ------
        InvalidArgumentError
            If types or numbers of dimensions do not fit, or one is no tensor of this network.

        Notes
        -----
        TensorRT-RTX 1.6 lets it be defined and has no kernel for it: the build of an engine fails with "has no runners
        that implement it".
        """
        limit = max_output_boxes_per_class
        pointers = [
            self._own(boxes, "boxes"),
            self._own(scores, "scores"),
            self._own(limit, "max_output_boxes_per_class"),
        ]
        kind = _index_type(indices_type)
        check_same_type("boxes", boxes, "scores", scores)
        check_rank(boxes, "boxes", 3, 4)
        check_rank(scores, "scores", 3, 3)
        check_type(limit, "max_output_boxes_per_class", INDICES)
        check_rank(limit, "max_output_boxes_per_class", 0, 0)
        return self._add("add_nms", lib.trtx_network_definition_add_nms_v2, layers.NMSLayer, *pointers, kind)

    def add_dist_collective(
        self,
        input: Tensor,
        dist_collective_op: CollectiveOperation,
        reduce_op: ReduceOperation | None = None,
        root: SupportsIndex | None = None,
        groups: Shape | None = None,
    ) -> layers.DistCollectiveLayer:
        """Exchange values among GPUs (``INetworkDefinition::addDistCollective``).

        Parameters
        ----------
        input : Tensor
            What this GPU gives.
        dist_collective_op : CollectiveOperation
            Who gets what.
        reduce_op : ReduceOperation, optional
            How values are combined, for ALL_REDUCE, REDUCE and REDUCE_SCATTER, and for no other operation.
        root : int, optional
            The GPU that gives or gets all, from 0, for REDUCE, BROADCAST, GATHER and SCATTER, and for no other
            operation.
        groups : sequence of int, optional
            Those that take part, each once; all of them without it.

        Returns
        -------
        DistCollectiveLayer
            Set its ``num_ranks`` to the number of GPUs. The engine needs a communicator when it runs.

        Raises
        ------
        InvalidArgumentError
            If a reduction or a root is missing or makes no sense, or if it is no tensor of this network.
        """
        pointer = self._own(input, "input")
        operation = check_enum(CollectiveOperation, dist_collective_op, "dist_collective_op")
        reduction = ReduceOperation.NONE if reduce_op is None else check_enum(ReduceOperation, reduce_op, "reduce_op")
        if (operation in _REDUCING) != (reduction is not ReduceOperation.NONE):
            allowed = "a reduction" if operation in _REDUCING else "None"
            reject("reduce_op", reduce_op, f"{allowed} for CollectiveOperation.{operation.name}")
        if operation in _ROOTED:
            if root is None:
                reject("root", root, f"the number of a GPU for CollectiveOperation.{operation.name}")
            main = check_int(root, "root", 0, INT64_MAX)
        elif root is None or check_int(root, "root") == -1:  # the library's own word for none
            main = -1
        else:
            reject("root", root, f"None for CollectiveOperation.{operation.name}")
        members, count = _group(groups)
        function, kind = lib.trtx_network_definition_add_dist_collective, layers.DistCollectiveLayer
        arguments = pointer, operation, reduction, main, members, count
        return self._add("add_dist_collective", function, kind, *arguments, keep={"groups": members})


def _index_type(indices_type: AnyDType) -> DataType:
    kind = as_data_type(indices_type, "indices_type")
    if kind not in INDICES:
        reject("indices_type", indices_type, "DataType.INT32 or DataType.INT64")
    return kind


def _group(groups: Shape | None) -> tuple[Any, int]:
    """Numbers of GPUs as an array, and how many they are."""
    if groups is None:
        return ffi.NULL, 0
    items = check_sequence(groups, "groups", "a sequence of different numbers of GPUs")
    members = [check_int(member, f"groups[{i}]", 0, INT64_MAX) for i, member in enumerate(items)]
    if not members or len(set(members)) < len(members):
        reject("groups", tuple(members), "None, or at least one number, and each once")
    return ffi.new("int64_t[]", members), len(members)
