"""Loops, conditionals and attentions of a network: how they are added, and how they become Python objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trtx_sys._enums_gen import AttentionNormalizationOp, CausalMaskKind
from trtx_sys._ffi import ffi, lib

from .._core.values import check_bool, check_enum
from .attention import Attention
from .control import IfConditional, Loop
from .network_base import L, N, NetworkBase
from .part import Part
from .tensor import Tensor
from .tensor_checks import FLOATS, check_rank, check_same_type, check_type

if TYPE_CHECKING:
    from .._core.types import Bool


class ControlParts(NetworkBase):
    """The ``add_*`` methods of parts that have several layers."""

    __slots__ = ("_conditionals", "_is_rewired", "_loops")

    #: Native loops and conditionals that were added here. A build sees whether they are complete: see `control_checks`.
    _loops: list[Any]
    _conditionals: list[Any]
    #: Whether an input of a layer was set, which may have closed a circle of layers.
    _is_rewired: bool

    def _prepare(self, pointer: Any) -> None:
        super()._prepare(pointer)
        self._loops, self._conditionals, self._is_rewired = [], [], False

    def add_loop(self) -> Loop:
        """Add a loop, which its own methods fill (``INetworkDefinition::addLoop``).

        Returns
        -------
        Loop
            It needs a trip limit; see `Loop.add_trip_limit`.
        """
        loop = self._add_part("add_loop", lib.trtx_network_definition_add_loop, Loop, "trtx_loop **")
        self._loops.append(loop._ptr)
        return loop

    def add_if_conditional(self) -> IfConditional:
        """Add a conditional, which its own methods fill (``INetworkDefinition::addIfConditional``).

        Returns
        -------
        IfConditional
            It needs a condition; see `IfConditional.set_condition`.
        """
        function = lib.trtx_network_definition_add_if_conditional
        conditional = self._add_part("add_if_conditional", function, IfConditional, "trtx_if_conditional **")
        self._conditionals.append(conditional._ptr)
        return conditional

    def add_attention_v2(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        norm_op: AttentionNormalizationOp,
        causal_kind: CausalMaskKind,
    ) -> Attention:
        """Add attention with a causal mask of a kind, or none (``INetworkDefinition::addAttentionV2``).

        Parameters
        ----------
        query : Tensor
            FLOAT, HALF or BF16, in the shape (batch, heads, length, head size); with `Attention.query_form` PACKED_NHD
            in the shape (all lengths together, heads, head size).
        key, value : Tensor
            Of the query's type and number of dimensions. They may have fewer heads, which must divide those of the
            query.
        norm_op : AttentionNormalizationOp
            SOFTMAX, or NONE.
        causal_kind : CausalMaskKind
            Whether later positions are hidden, and where the mask is aligned; NONE if `Attention.mask` is to be set.

        Returns
        -------
        Attention
            TensorRT-RTX has kernels for some types and sizes only; see there.

        Raises
        ------
        InvalidArgumentError
            If types or numbers of dimensions do not fit, or one is no tensor of this network.
        """
        operation = check_enum(AttentionNormalizationOp, norm_op, "norm_op")
        kind = check_enum(CausalMaskKind, causal_kind, "causal_kind")
        pointers = self._attended(query, key, value)
        function = lib.trtx_network_definition_add_attention_v2
        return self._add_part("add_attention_v2", function, Attention, "trtx_attention **", *pointers, operation, kind)

    def add_attention(
        self, query: Tensor, key: Tensor, value: Tensor, norm_op: AttentionNormalizationOp, causal: Bool
    ) -> Attention:
        """Add attention, causal or not (``INetworkDefinition::addAttention``).

        TensorRT-RTX has marked this one as deprecated, in favour of `add_attention_v2`.

        Parameters
        ----------
        query, key, value, norm_op
            As for `add_attention_v2`.
        causal : bool
            Whether later positions are hidden, with the mask aligned at the upper left.

        Raises
        ------
        InvalidArgumentError
            As for `add_attention_v2`.
        """
        operation = check_enum(AttentionNormalizationOp, norm_op, "norm_op")
        is_causal = check_bool(causal, "causal")
        pointers = self._attended(query, key, value)
        function = lib.trtx_network_definition_add_attention
        return self._add_part(
            "add_attention", function, Attention, "trtx_attention **", *pointers, operation, is_causal
        )

    def _attended(self, query: Tensor, key: Tensor, value: Tensor) -> list[Any]:
        """Pointers of the inputs of an attention."""
        tensors = {"query": query, "key": key, "value": value}
        pointers = [self._own(tensor, name) for name, tensor in tensors.items()]
        for name, tensor in tensors.items():
            check_type(tensor, name, FLOATS)
            check_same_type("query", query, name, tensor)
            check_rank(
                tensor, name, 3, 4, "(batch, heads, length, head size; without the batch for the form PACKED_NHD)"
            )
        return pointers

    # Objects

    def _add_part(self, what: str, function: Callable[..., int], kind: type[N], c_type: str, *arguments: Any) -> N:
        """Add a part that is no layer, and wrap it."""
        result = ffi.new(c_type)
        self._check(self._call(what, function, *arguments, result), what)
        return self._wrap(kind, result[0])

    def _add_to(self, part: Part, what: str, function: Callable[..., int], kind: type[L], *arguments: Any) -> L:
        """Add a layer by a call of a part, and wrap it."""
        result = ffi.new("trtx_layer **")
        self._check(self._call(what, function, *arguments, result, subject=part), what)
        return self._wrap(kind, result[0])

    def _loop(self, pointer: Any) -> Loop:
        """The one object of a native loop."""
        return self._known_or(Loop, pointer)

    def _conditional(self, pointer: Any) -> IfConditional:
        return self._known_or(IfConditional, pointer)

    def _attention(self, pointer: Any) -> Attention:
        return self._known_or(Attention, pointer)

    def _known_or(self, kind: type[N], pointer: Any) -> N:
        noted = self._wrappers.get(pointer)
        known: Any = None if noted is None else noted()
        return self._wrap(kind, pointer, noted) if known is None else known
