"""`Loop` and `IfConditional`: parts of a network that say how often layers run, and which of them.

What is inside follows from the flow of values: it comes in and goes out by the layers that the methods here add.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, SupportsIndex

from trtx_sys._enums_gen import DataType, LoopOutput, TripLimit
from trtx_sys._ffi import lib

from .._core.public import public
from .._core.shut import only_refuses
from .._core.values import MAX_DIMS, check_bool, check_enum, check_int, reject
from . import layers_gen as layers
from .accessors_gen import IfConditionalAccessors, LoopAccessors
from .tensor_checks import INDICES, check_rank, check_same_rank, check_same_type, check_type, shape_of

if TYPE_CHECKING:
    from .._core.types import Bool
    from .tensor import Tensor

__all__ = ["IfConditional", "Loop"]


@public
class Loop(LoopAccessors):
    """A loop of a network (``ILoop``): its limits, what it carries from one iteration to the next, and its outputs.

    Loops come from `NetworkDefinition.add_loop`. The network owns them: a loop keeps its network alive, and raises
    `ClosedError` once the network is closed. The same loop is always the same object.

    Notes
    -----
    Layers that use what an iterator or a recurrence gives run once in each iteration; what they need from outside needs
    no layer at the border. A value leaves the loop by `add_loop_output` alone. A loop needs a trip limit, and each
    recurrence its second input, or it is refused when it is built.

    Examples
    --------
    The sum of the rows of ``x``::

        loop = network.add_loop()
        loop.add_trip_limit(count, trtx.TripLimit.COUNT)
        row = loop.add_iterator(x).get_output(0)
        total = loop.add_recurrence(zeros)
        added = network.add_elementwise(total.get_output(0), row, trtx.ElementWiseOperation.SUM)
        total.set_input(1, added.get_output(0))
        result = loop.add_loop_output(total.get_output(0), trtx.LoopOutput.LAST_VALUE).get_output(0)
    """

    __slots__ = ()

    @only_refuses
    def __init__(self) -> None:
        raise TypeError("Loop objects cannot be made directly. Use NetworkDefinition.add_loop.")

    def _closed_text(self) -> str:
        return "this Loop is not part of a network: its network was closed, or it was never made"

    def add_recurrence(self, initial_value: Tensor) -> layers.RecurrenceLayer:
        """Carry a value from one iteration to the next (``ILoop::addRecurrence``).

        Parameters
        ----------
        initial_value : Tensor
            Its value in the first iteration, from outside of the loop.

        Returns
        -------
        RecurrenceLayer
            Its output is the value of the iteration. What the next one gets, of the same type and shape, comes from
            inside of the loop: set it with ``set_input(1, tensor)``.

        Raises
        ------
        InvalidArgumentError
            If it is no tensor of this network.
        """
        network = self._network
        value = network._own(initial_value, "initial_value")
        function = lib.trtx_loop_add_recurrence
        return network._add_to(self, "Loop.add_recurrence", function, layers.RecurrenceLayer, value)

    def add_trip_limit(self, tensor: Tensor, kind: TripLimit) -> layers.TripLimitLayer:
        """Say how often the loop runs (``ILoop::addTripLimit``).

        Parameters
        ----------
        tensor : Tensor
            No dimensions. For COUNT the number of iterations, INT32 or INT64, from outside of the loop; it is a shape
            tensor, known before the layers run. For WHILE a BOOL from inside of the loop, computed from recurrences
            and iterators: as long as it is true, the iteration is run.
        kind : TripLimit
            A loop has one limit of each kind at most; the first one to be reached ends it.

        Raises
        ------
        InvalidArgumentError
            If the tensor has dimensions, a wrong type, or is of another network.
        """
        network, limit = self._network, check_enum(TripLimit, kind, "kind")
        pointer = network._own(tensor, "tensor")
        what = f"for TripLimit.{limit.name}"
        check_rank(tensor, "tensor", 0, 0, what)
        check_type(tensor, "tensor", (DataType.BOOL,) if limit is TripLimit.WHILE else INDICES, what)
        function = lib.trtx_loop_add_trip_limit
        return network._add_to(self, "Loop.add_trip_limit", function, layers.TripLimitLayer, pointer, limit)

    def add_iterator(self, tensor: Tensor, axis: SupportsIndex = 0, reverse: Bool = False) -> layers.IteratorLayer:
        """Walk along an axis of a tensor, one position an iteration (``ILoop::addIterator``).

        Parameters
        ----------
        tensor : Tensor
            At least one dimension, from outside of the loop. The loop must not run more often than the axis is long.
        axis : int, default 0
            Dimension to walk along; the output has the others.
        reverse : bool, default False
            Whether to begin at the end.

        Raises
        ------
        InvalidArgumentError
            If the tensor has no such axis, or is of another network.
        """
        network, backwards = self._network, check_bool(reverse, "reverse")
        pointer, shape = network._own(tensor, "tensor"), check_rank(tensor, "tensor", 1)
        number = check_int(axis, "axis", 0, (MAX_DIMS if shape is None else len(shape)) - 1)
        function = lib.trtx_loop_add_iterator
        return network._add_to(self, "Loop.add_iterator", function, layers.IteratorLayer, pointer, number, backwards)

    def add_loop_output(self, tensor: Tensor, kind: LoopOutput, axis: SupportsIndex = 0) -> layers.LoopOutputLayer:
        """Take a value out of the loop (``ILoop::addLoopOutput``).

        Parameters
        ----------
        tensor : Tensor
            For LAST_VALUE the output of a recurrence of this loop, as it is when the loop ends; otherwise any value of
            an iteration.
        kind : LoopOutput
            The last value, or those of all iterations, first to last or last to first.
        axis : int, default 0
            Where the new dimension stands that counts the iterations, from 0 to the number of dimensions of the value.
            Without meaning for LAST_VALUE.

        Returns
        -------
        LoopOutputLayer
            For CONCATENATE and REVERSE it needs the length of the new dimension: an integer of no dimensions, from
            outside of the loop, as a shape tensor; set it with ``set_input(1, tensor)``. Iterations beyond are dropped.

        Raises
        ------
        InvalidArgumentError
            If there can be no such axis, if the last value is asked of something else than a recurrence, or if the
            tensor is of another network.
        """
        network, which = self._network, check_enum(LoopOutput, kind, "kind")
        pointer, shape = network._own(tensor, "tensor"), shape_of(tensor)
        highest = MAX_DIMS - 1 if shape is None or which is LoopOutput.LAST_VALUE else min(len(shape), MAX_DIMS - 1)
        number = check_int(axis, "axis", 0, highest)
        if which is not LoopOutput.LAST_VALUE and shape is not None and len(shape) == MAX_DIMS:
            reject("kind", kind, f"LoopOutput.LAST_VALUE for a tensor of {MAX_DIMS} dimensions, which takes no more")
        function = lib.trtx_loop_add_loop_output
        return network._add_to(self, "Loop.add_loop_output", function, layers.LoopOutputLayer, pointer, which, number)

    def _details(self) -> str:
        return repr(self.name)


@public
class IfConditional(IfConditionalAccessors):
    """A conditional of a network (``IIfConditional``): a condition, two branches, and what comes out of them.

    Conditionals come from `NetworkDefinition.add_if_conditional`. The network owns them: a conditional keeps its
    network alive, and raises `ClosedError` once the network is closed. The same conditional is always the same object.

    Notes
    -----
    Layers belong to a branch that use an output of `add_input` and lead to one argument of `add_output`; only those of
    the branch that is taken run. A conditional needs a condition, or it is refused when it is built. Conditionals and
    loops can stand in one another.
    """

    __slots__ = ()

    @only_refuses
    def __init__(self) -> None:
        raise TypeError("IfConditional objects cannot be made directly. Use NetworkDefinition.add_if_conditional.")

    def _closed_text(self) -> str:
        return "this IfConditional is not part of a network: its network was closed, or it was never made"

    def set_condition(self, condition: Tensor) -> layers.ConditionLayer:
        """Set what decides between the branches; another one replaces it (``IIfConditional::setCondition``).

        Parameters
        ----------
        condition : Tensor
            A BOOL of no dimensions.

        Raises
        ------
        InvalidArgumentError
            If it has dimensions, another type, or is of another network.
        """
        network = self._network
        pointer = network._own(condition, "condition")
        check_rank(condition, "condition", 0, 0)
        check_type(condition, "condition", (DataType.BOOL,))
        function = lib.trtx_if_conditional_set_condition
        return network._add_to(self, "IfConditional.set_condition", function, layers.ConditionLayer, pointer)

    def add_input(self, input: Tensor) -> layers.IfConditionalInputLayer:
        """Bring a value into both branches (``IIfConditional::addInput``).

        Parameters
        ----------
        input : Tensor
            A value from outside of the conditional; the output is the same value inside.

        Raises
        ------
        InvalidArgumentError
            If it is no tensor of this network.
        """
        network = self._network
        pointer = network._own(input, "input")
        function = lib.trtx_if_conditional_add_input
        return network._add_to(self, "IfConditional.add_input", function, layers.IfConditionalInputLayer, pointer)

    def add_output(
        self, true_subgraph_output: Tensor, false_subgraph_output: Tensor
    ) -> layers.IfConditionalOutputLayer:
        """Take a value out of the conditional (``IIfConditional::addOutput``).

        Parameters
        ----------
        true_subgraph_output, false_subgraph_output : Tensor
            Its value where the condition is true, and where it is not: of one type and one number of dimensions. Sizes
            may differ.

        Raises
        ------
        InvalidArgumentError
            If the two differ in type or number of dimensions, or one is of another network.
        """
        network = self._network
        first = network._own(true_subgraph_output, "true_subgraph_output")
        second = network._own(false_subgraph_output, "false_subgraph_output")
        pair = "true_subgraph_output", true_subgraph_output, "false_subgraph_output", false_subgraph_output
        check_same_type(*pair)
        check_same_rank(*pair)
        function, kind = lib.trtx_if_conditional_add_output, layers.IfConditionalOutputLayer
        return network._add_to(self, "IfConditional.add_output", function, kind, first, second)

    def _details(self) -> str:
        return repr(self.name)
