"""Loops and conditionals."""

from vocabulary import *


class LoopBoundaryLayer(Layer, cpp="ILoopBoundaryLayer", impl="VLoopBoundaryLayer", field="mBoundary", offset=16):
    """What the layers at the border of a loop have in common."""

    @const
    def getLoop(self) -> Borrowed[Loop]: ...


class RecurrenceLayer(LoopBoundaryLayer, cpp="IRecurrenceLayer", impl="VRecurrenceLayer", field="mImpl", offset=24, layer_type=LayerType.kRECURRENCE):
    """A value that is carried from one iteration to the next."""


class LoopOutputLayer(LoopBoundaryLayer, cpp="ILoopOutputLayer", impl="VLoopOutputLayer", field="mImpl", offset=24, layer_type=LayerType.kLOOP_OUTPUT):
    """Takes a value out of a loop."""

    @const
    def getLoopOutput(self) -> LoopOutput: ...
    def setAxis(self, axis: int32) -> None: ...
    @const
    def getAxis(self) -> int32: ...


class TripLimitLayer(LoopBoundaryLayer, cpp="ITripLimitLayer", impl="VTripLimitLayer", field="mImpl", offset=24, layer_type=LayerType.kTRIP_LIMIT):
    """Says how often a loop runs."""

    @const
    def getTripLimit(self) -> TripLimit: ...


class IteratorLayer(LoopBoundaryLayer, cpp="IIteratorLayer", impl="VIteratorLayer", field="mImpl", offset=24, layer_type=LayerType.kITERATOR):
    """Walks over one axis of a tensor, a slice an iteration."""

    def setAxis(self, axis: int32) -> None: ...
    @const
    def getAxis(self) -> int32: ...
    def setReverse(self, reverse: bool) -> None: ...
    @const
    def getReverse(self) -> bool: ...


class Loop(Interface, cpp="ILoop", impl="VLoop", field="mImpl", offset=8):
    """A loop: its recurrences, limits, iterators and outputs."""

    def addRecurrence(self, initialValue: Tensor) -> Borrowed[RecurrenceLayer]: ...
    def addTripLimit(self, tensor: Tensor, limit: TripLimit) -> Borrowed[TripLimitLayer]: ...
    def addIterator(self, tensor: Tensor, axis: int32, reverse: bool) -> Borrowed[IteratorLayer]: ...
    def addLoopOutput(self, tensor: Tensor, outputKind: LoopOutput, axis: int32) -> Borrowed[LoopOutputLayer]: ...
    def setName(self, name: str) -> None: ...
    @const
    def getName(self) -> str | None: ...


class IfConditionalBoundaryLayer(Layer, cpp="IIfConditionalBoundaryLayer", impl="VConditionalBoundaryLayer", field="mBoundary", offset=16):
    """What the layers at the border of a conditional have in common."""

    @const
    def getConditional(self) -> Borrowed[IfConditional]: ...


class ConditionLayer(IfConditionalBoundaryLayer, cpp="IConditionLayer", impl="VConditionLayer", field="mImpl", offset=24, layer_type=LayerType.kCONDITION):
    """Holds the condition of a conditional."""


class IfConditionalInputLayer(IfConditionalBoundaryLayer, cpp="IIfConditionalInputLayer", impl="VConditionalInputLayer", field="mImpl", offset=24, layer_type=LayerType.kCONDITIONAL_INPUT):
    """Brings a value into both branches."""


class IfConditionalOutputLayer(IfConditionalBoundaryLayer, cpp="IIfConditionalOutputLayer", impl="VConditionalOutputLayer", field="mImpl", offset=24, layer_type=LayerType.kCONDITIONAL_OUTPUT):
    """Chooses between the results of the two branches."""


class IfConditional(Interface, cpp="IIfConditional", impl="VIfConditional", field="mImpl", offset=8):
    """A conditional: a condition and two branches."""

    def setCondition(self, tensor: Tensor) -> Borrowed[ConditionLayer]: ...
    def addInput(self, tensor: Tensor) -> Borrowed[IfConditionalInputLayer]: ...
    def addOutput(self, trueTensor: Tensor, falseTensor: Tensor) -> Borrowed[IfConditionalOutputLayer]: ...
    def setName(self, name: str) -> None: ...
    @const
    def getName(self) -> str | None: ...
