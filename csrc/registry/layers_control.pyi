"""Loops and conditionals."""

from vocabulary import *

class LoopBoundaryLayer(Layer, cpp="ILoopBoundaryLayer", impl="VLoopBoundaryLayer", field="mBoundary", offset=16):
    """What the layers at the border of a loop have in common."""

    @by_hand("a part of a network, made once")
    @const
    def getLoop(self) -> Borrowed[Loop]:
        """The loop that it belongs to."""

class RecurrenceLayer(
    LoopBoundaryLayer,
    cpp="IRecurrenceLayer",
    impl="VRecurrenceLayer",
    field="mImpl",
    offset=24,
    layer_type=LayerType.kRECURRENCE,
):
    """A value that is carried from one iteration to the next."""

class LoopOutputLayer(
    LoopBoundaryLayer,
    cpp="ILoopOutputLayer",
    impl="VLoopOutputLayer",
    field="mImpl",
    offset=24,
    layer_type=LayerType.kLOOP_OUTPUT,
):
    """Takes a value out of a loop."""

    @python("kind")
    @const
    def getLoopOutput(self) -> LoopOutput:
        """Whether the output is the last value, or all values in order or in reverse."""
    def setAxis(self, axis: int32) -> None: ...
    @python(high="rank")
    @const
    def getAxis(self) -> int32:
        """Where the axis of the iterations stands in the output; 0 by default, unused for the last value."""

class TripLimitLayer(
    LoopBoundaryLayer,
    cpp="ITripLimitLayer",
    impl="VTripLimitLayer",
    field="mImpl",
    offset=24,
    layer_type=LayerType.kTRIP_LIMIT,
):
    """Says how often a loop runs."""

    @python("kind")
    @const
    def getTripLimit(self) -> TripLimit:
        """Whether the input is a number of iterations, or a condition to go on."""

class IteratorLayer(
    LoopBoundaryLayer,
    cpp="IIteratorLayer",
    impl="VIteratorLayer",
    field="mImpl",
    offset=24,
    layer_type=LayerType.kITERATOR,
):
    """Walks over one axis of a tensor, a slice an iteration."""

    def setAxis(self, axis: int32) -> None: ...
    @python(high="rank - 1")
    @const
    def getAxis(self) -> int32:
        """Axis that it walks along."""
    def setReverse(self, reverse: bool) -> None: ...
    @const
    def getReverse(self) -> bool:
        """Whether it starts at the end; false by default."""

class Loop(Interface, cpp="ILoop", impl="VLoop", field="mImpl", offset=8):
    """A loop: its recurrences, limits, iterators and outputs."""

    def addRecurrence(self, initialValue: Tensor) -> Borrowed[RecurrenceLayer]:
        """Adds a value that goes from one iteration to the next; its second input is the value of an iteration."""
    def addTripLimit(self, tensor: Tensor, limit: TripLimit) -> Borrowed[TripLimitLayer]:
        """Adds the limit of the loop: a number of iterations, or a condition to go on."""
    def addIterator(self, tensor: Tensor, axis: int32, reverse: bool) -> Borrowed[IteratorLayer]:
        """Adds a walk along an axis of a tensor, one position for each iteration."""
    def addLoopOutput(self, tensor: Tensor, outputKind: LoopOutput, axis: int32) -> Borrowed[LoopOutputLayer]:
        """Adds an output: the last value, or the values of all iterations along an axis."""
    def setName(self, name: str) -> None:
        """Names it in messages."""
    @python(limit=4095, filled=True)
    @const
    def getName(self) -> str | None:
        """Name in messages."""

class IfConditionalBoundaryLayer(
    Layer, cpp="IIfConditionalBoundaryLayer", impl="VConditionalBoundaryLayer", field="mBoundary", offset=16
):
    """What the layers at the border of a conditional have in common."""

    @by_hand("a part of a network, made once")
    @const
    def getConditional(self) -> Borrowed[IfConditional]:
        """The conditional that it belongs to."""

class ConditionLayer(
    IfConditionalBoundaryLayer,
    cpp="IConditionLayer",
    impl="VConditionLayer",
    field="mImpl",
    offset=24,
    layer_type=LayerType.kCONDITION,
):
    """Holds the condition of a conditional."""

class IfConditionalInputLayer(
    IfConditionalBoundaryLayer,
    cpp="IIfConditionalInputLayer",
    impl="VConditionalInputLayer",
    field="mImpl",
    offset=24,
    layer_type=LayerType.kCONDITIONAL_INPUT,
):
    """Brings a value into both branches."""

class IfConditionalOutputLayer(
    IfConditionalBoundaryLayer,
    cpp="IIfConditionalOutputLayer",
    impl="VConditionalOutputLayer",
    field="mImpl",
    offset=24,
    layer_type=LayerType.kCONDITIONAL_OUTPUT,
):
    """Chooses between the results of the two branches."""

class IfConditional(Interface, cpp="IIfConditional", impl="VIfConditional", field="mImpl", offset=8):
    """A conditional: a condition and two branches."""

    def setCondition(self, tensor: Tensor) -> Borrowed[ConditionLayer]:
        """Sets the condition, a single boolean."""
    def addInput(self, tensor: Tensor) -> Borrowed[IfConditionalInputLayer]:
        """Brings a tensor from outside into both branches."""
    def addOutput(self, trueTensor: Tensor, falseTensor: Tensor) -> Borrowed[IfConditionalOutputLayer]:
        """Adds an output, which takes one of two tensors of equal type and shape."""
    def setName(self, name: str) -> None:
        """Names it in messages."""
    @python(limit=4095, filled=True)
    @const
    def getName(self) -> str | None:
        """Name in messages."""
