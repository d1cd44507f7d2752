"""Layers that move, select, make or convert values."""

from vocabulary import *

class ConcatenationLayer(
    Layer,
    cpp="IConcatenationLayer",
    impl="VConcatenationLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kCONCATENATION,
):
    """Joins tensors along one axis."""

    def setAxis(self, axis: int32) -> None: ...
    @python(high="rank - 1")
    @const
    def getAxis(self) -> int32:
        """Axis that grows; by default the third last, or 0 with fewer than three."""

class GatherLayer(
    Layer, cpp="IGatherLayer", impl="VGatherLayer", field="mImpl", offset=16, layer_type=LayerType.kGATHER
):
    """Picks values by index."""

    def setGatherAxis(self, axis: int32) -> None: ...
    @python("axis", high="rank - 1")
    @const
    def getGatherAxis(self) -> int32:
        """Axis of the data that is indexed; 0 by default, and without meaning in mode ND."""
    def setNbElementWiseDims(self, k: int32) -> None: ...
    @python(high="rank")
    @const
    def getNbElementWiseDims(self) -> int32:
        """Leading axes that data and indices share, position by position; 0 by default."""
    def setMode(self, mode: GatherMode) -> None: ...
    @const
    def getMode(self) -> GatherMode:
        """Whether indices select slices, elements, or coordinates."""

class ScatterLayer(
    Layer, cpp="IScatterLayer", impl="VScatterLayer", field="mImpl", offset=16, layer_type=LayerType.kSCATTER
):
    """Writes values into a copy of a tensor by index."""

    def setMode(self, mode: ScatterMode) -> None: ...
    @const
    def getMode(self) -> ScatterMode:
        """Whether indices name elements or coordinates."""
    def setAxis(self, axis: int32) -> None: ...
    @python(low=-8, high="rank - 1")
    @const
    def getAxis(self) -> int32:
        """Axis that element indices count along, from the end where negative; 0 by default."""

class PaddingLayer(
    Layer, cpp="IPaddingLayer", impl="VPaddingLayer", field="mImpl", offset=16, layer_type=LayerType.kPADDING
):
    """Pads with zeros, or crops where the padding is negative."""

    def setPrePaddingNd(self, padding: Dims) -> None: ...
    @const
    def getPrePaddingNd(self) -> Dims:
        """Elements added before the start of the last two axes; negative ones are cut off."""
    def setPostPaddingNd(self, padding: Dims) -> None: ...
    @const
    def getPostPaddingNd(self) -> Dims:
        """Elements added behind the end of the last two axes; negative ones are cut off."""

class ShuffleLayer(
    Layer, cpp="IShuffleLayer", impl="VShuffleLayer", field="mImpl", offset=16, layer_type=LayerType.kSHUFFLE
):
    """Transposes, reshapes and transposes again."""

    def setFirstTranspose(self, permutation: Permutation) -> None: ...
    @const
    def getFirstTranspose(self) -> Borrowed[Permutation]:
        """Order of the axes before the reshape; as they are by default."""
    def setReshapeDimensions(self, dimensions: Dims) -> None: ...
    @python("reshape_dims", unset=True)
    @const
    def getReshapeDimensions(self) -> Dims:
        """The new shape; -1, once, stands for what is left, and 0 for the size in the input."""
    def setSecondTranspose(self, permutation: Permutation) -> None: ...
    @const
    def getSecondTranspose(self) -> Borrowed[Permutation]:
        """Order of the axes after the reshape; as they are by default."""
    def setZeroIsPlaceholder(self, zeroIsPlaceholder: bool) -> None: ...
    @const
    def getZeroIsPlaceholder(self) -> bool:
        """Whether a 0 in the new shape copies the size in the input, as by default, or means zero."""

class SliceLayer(Layer, cpp="ISliceLayer", impl="VSliceLayer", field="mImpl", offset=16, layer_type=LayerType.kSLICE):
    """Takes a strided window of a tensor."""

    def setStart(self, start: Dims) -> None: ...
    @python(unset=True, length="rank")
    @const
    def getStart(self) -> Dims:
        """First position on each axis; of unknown rank where the second input gives it."""
    def setSize(self, size: Dims) -> None: ...
    @python("shape", unset=True, length="rank")
    @const
    def getSize(self) -> Dims:
        """Shape of the result; of unknown rank where the third input gives it."""
    def setStride(self, stride: Dims) -> None: ...
    @python(unset=True, length="rank")
    @const
    def getStride(self) -> Dims:
        """Step on each axis; of unknown rank where the fourth input gives it."""
    def setMode(self, mode: SampleMode) -> None: ...
    @const
    def getMode(self) -> SampleMode:
        """What stands in for positions outside the input."""
    def setAxes(self, axes: Dims) -> None: ...
    @python(unset=True)
    @const
    def getAxes(self) -> Dims:
        """Axes that start, size and stride speak of; of unknown rank for all, or where the sixth input gives it."""

class ShapeLayer(Layer, cpp="IShapeLayer", impl="VShapeLayer", field="mImpl", offset=16, layer_type=LayerType.kSHAPE):
    """Gives the shape of a tensor as a tensor."""

class ResizeLayer(
    Layer, cpp="IResizeLayer", impl="VResizeLayer", field="mImpl", offset=16, layer_type=LayerType.kRESIZE
):
    """Resamples a tensor to another size."""

    def setOutputDimensions(self, dimensions: Dims) -> None: ...
    @python("shape", unset=True)
    @const
    def getOutputDimensions(self) -> Dims:
        """The shape asked for; scales or a second input may say it instead."""
    def setScales(self, scales: Array[float32], nbScales: int32) -> None: ...
    @const
    def getScales(self, size: int32, scales: OutArray[float32] | None) -> int32:
        """Copies the factors of the axes and returns their number; copies nothing if the size differs."""
    def setResizeMode(self, interpolationMode: InterpolationMode) -> None: ...
    @const
    def getResizeMode(self) -> InterpolationMode:
        """How values between the input's pixels are made; nearest by default."""
    def setCoordinateTransformation(self, coordTransform: ResizeCoordinateTransformation) -> None: ...
    @const
    def getCoordinateTransformation(self) -> ResizeCoordinateTransformation:
        """How a position in the output becomes one in the input; ASYMMETRIC by default."""
    def setSelectorForSinglePixel(self, selector: ResizeSelector) -> None: ...
    @const
    def getSelectorForSinglePixel(self) -> ResizeSelector:
        """Which pixel is taken where an axis shrinks to one; by the formula by default."""
    def setNearestRounding(self, value: ResizeRoundMode) -> None: ...
    @const
    def getNearestRounding(self) -> ResizeRoundMode:
        """Which way nearest interpolation rounds; down by default."""
    def setCubicCoeff(self, value: float32) -> None: ...
    @python(finite=True)
    @const
    def getCubicCoeff(self) -> float32:
        """Coefficient of cubic interpolation; -0.75 by default."""
    def setExcludeOutside(self, value: bool) -> None: ...
    @const
    def getExcludeOutside(self) -> bool:
        """Whether pixels outside the input get no weight, the others being scaled up; false by default."""

class GridSampleLayer(
    Layer, cpp="IGridSampleLayer", impl="VGridSampleLayer", field="mImpl", offset=16, layer_type=LayerType.kGRID_SAMPLE
):
    """Samples a tensor at the points of a grid."""

    def setInterpolationMode(self, mode: InterpolationMode) -> None: ...
    @const
    def getInterpolationMode(self) -> InterpolationMode:
        """How values between the input's pixels are made."""
    def setAlignCorners(self, alignCorners: bool) -> None: ...
    @const
    def getAlignCorners(self) -> bool:
        """Whether -1 and 1 mean the centres of the outer pixels, and not their edges."""
    def setSampleMode(self, mode: SampleMode) -> Ok: ...
    @const
    def getSampleMode(self) -> SampleMode:
        """What stands in for positions outside the input."""

class SelectLayer(
    Layer, cpp="ISelectLayer", impl="VSelectLayer", field="mImpl", offset=16, layer_type=LayerType.kSELECT
):
    """Chooses between two tensors, element by element."""

class FillLayer(Layer, cpp="IFillLayer", impl="VFillLayer", field="mImpl", offset=16, layer_type=LayerType.kFILL):
    """Makes a tensor of evenly spaced or random values."""

    def setDimensions(self, dimensions: Dims) -> None: ...
    @python("shape", unset=True)
    @const
    def getDimensions(self) -> Dims:
        """Shape of the result; of unknown rank where the first input gives it."""
    def setOperation(self, op: FillOperation) -> None: ...
    @const
    def getOperation(self) -> FillOperation:
        """Whether it counts up, or draws uniform or normal random numbers."""
    def setAlpha(self, alpha: float64) -> None: ...
    @by_hand("an int or a float: one mark says which of both")
    @const
    def getAlpha(self) -> float64:
        """Start, minimum or mean, as the operation has it; 0 by default."""
    def setBeta(self, beta: float64) -> None: ...
    @by_hand("an int or a float: one mark says which of both")
    @const
    def getBeta(self) -> float64:
        """Step, maximum or standard deviation, as the operation has it; 1 by default."""
    def setAlphaInt64(self, alpha: int64) -> None: ...
    @by_hand("an int or a float: one mark says which of both")
    @const
    def getAlphaInt64(self) -> int64:
        """The start or minimum where it was set as an integer."""
    def setBetaInt64(self, beta: int64) -> None: ...
    @by_hand("an int or a float: one mark says which of both")
    @const
    def getBetaInt64(self) -> int64:
        """The step or maximum where it was set as an integer."""
    @by_hand("a method, as in NVIDIA's package")
    @const
    def isAlphaBetaInt64(self) -> bool:
        """Whether the two parameters are integers."""
    @const
    def getToType(self) -> DataType:
        """Element type of the output: FLOAT, HALF, INT32 or INT64."""
    def setToType(self, toType: DataType) -> None: ...

class ConstantLayer(
    Layer, cpp="IConstantLayer", impl="VConstantLayer", field="mImpl", offset=16, layer_type=LayerType.kCONSTANT
):
    """A tensor whose values are known when the network is built."""

    def setWeights(self, weights: Weights) -> None: ...
    @const
    def getWeights(self) -> Weights:
        """The values."""
    def setDimensions(self, dimensions: Dims) -> None: ...
    @python("shape")
    @const
    def getDimensions(self) -> Dims:
        """Shape of the output; it has as many elements as there are values."""

class IdentityLayer(
    Layer, cpp="IIdentityLayer", impl="VIdentityLayer", field="mImpl", offset=16, layer_type=LayerType.kIDENTITY
):
    """Hands its input on unchanged."""

class CastLayer(Layer, cpp="ICastLayer", impl="VCastLayer", field="mImpl", offset=16, layer_type=LayerType.kCAST):
    """Converts elements to another type."""

    def setToType(self, toType: DataType) -> None: ...
    @const
    def getToType(self) -> DataType:
        """Element type of the output."""

class OneHotLayer(
    Layer, cpp="IOneHotLayer", impl="VOneHotLayer", field="mImpl", offset=16, layer_type=LayerType.kONE_HOT
):
    """Expands indices into one-hot vectors."""

    @python(low=-8, high="rank")
    @const
    def getAxis(self) -> int32:
        """Where the new axis stands in the output, from the end where negative."""
    def setAxis(self, axis: int32) -> None: ...

class NonZeroLayer(
    Layer, cpp="INonZeroLayer", impl="VNonZeroLayer", field="mImpl", offset=16, layer_type=LayerType.kNON_ZERO
):
    """Gives the indices of the elements that are not zero."""

    def setIndicesType(self, type: DataType) -> Ok: ...
    @const
    def getIndicesType(self) -> DataType:
        """Element type of the indices: INT32 or INT64."""

class NMSLayer(Layer, cpp="INMSLayer", impl="VNMSLayer", field="mImpl", offset=16, layer_type=LayerType.kNMS):
    """Drops boxes that overlap a better box."""

    def setBoundingBoxFormat(self, fmt: BoundingBoxFormat) -> None: ...
    @const
    def getBoundingBoxFormat(self) -> BoundingBoxFormat:
        """Whether boxes are two corners, as by default, or a centre and sizes."""
    def setTopKBoxLimit(self, limit: int32) -> None: ...
    @const
    def getTopKBoxLimit(self) -> int32:
        """Boxes considered for each batch item, the best first; 5000 by default and at most."""
    def setIndicesType(self, type: DataType) -> Ok: ...
    @const
    def getIndicesType(self) -> DataType:
        """Element type of the indices: INT32 or INT64."""

class ReverseSequenceLayer(
    Layer,
    cpp="IReverseSequenceLayer",
    impl="VReverseSequenceLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kREVERSE_SEQUENCE,
):
    """Reverses the first part of each sequence of a batch."""

    def setBatchAxis(self, batchAxis: int32) -> None: ...
    @python(high="rank - 1")
    @const
    def getBatchAxis(self) -> int32:
        """Axis of the batch; 1 by default."""
    def setSequenceAxis(self, sequenceAxis: int32) -> None: ...
    @python(high="rank - 1")
    @const
    def getSequenceAxis(self) -> int32:
        """Axis that is reversed; 0 by default."""

class SqueezeLayer(
    Layer, cpp="ISqueezeLayer", impl="VSqueezeLayer", field="mImpl", offset=16, layer_type=LayerType.kSQUEEZE
):
    """Removes dimensions of size one."""

class UnsqueezeLayer(
    Layer, cpp="IUnsqueezeLayer", impl="VUnsqueezeLayer", field="mImpl", offset=16, layer_type=LayerType.kUNSQUEEZE
):
    """Inserts dimensions of size one."""

class AssertionLayer(
    Layer, cpp="IAssertionLayer", impl="VAssertionLayer", field="mImpl", offset=16, layer_type=LayerType.kASSERTION
):
    """Fails the build or the run when its condition is false."""

    def setMessage(self, message: str) -> None: ...
    @const
    def getMessage(self) -> str:
        """What the error says when the condition is false."""

class QuantizeLayer(
    Layer, cpp="IQuantizeLayer", impl="VQuantizeLayer", field="mImpl", offset=16, layer_type=LayerType.kQUANTIZE
):
    """Converts to a small type with a scale."""

    @python(low=-1, high="rank - 1")
    @const
    def getAxis(self) -> int32:
        """Channel axis of the scales; -1, the default, for one scale for the whole tensor."""
    def setAxis(self, axis: int32) -> None: ...
    @const
    def getToType(self) -> DataType:
        """Element type of the output: INT8, FP8, INT4 or FP4."""
    def setToType(self, toType: DataType) -> None: ...
    @python(unset=True)
    @const
    def getBlockShape(self) -> Dims:
        """Elements that share a scale, on each axis; -1 for all of an axis, no axes for no blocks."""
    def setBlockShape(self, blockShape: Dims) -> Ok: ...

class DequantizeLayer(
    Layer, cpp="IDequantizeLayer", impl="VDequantizeLayer", field="mImpl", offset=16, layer_type=LayerType.kDEQUANTIZE
):
    """Converts back from a small type with a scale."""

    @python(low=-1, high="rank - 1")
    @const
    def getAxis(self) -> int32:
        """Channel axis of the scales; -1, the default, for one scale for the whole tensor."""
    def setAxis(self, axis: int32) -> None: ...
    @const
    def getToType(self) -> DataType:
        """Element type of the output: FLOAT, HALF or BF16."""
    def setToType(self, toType: DataType) -> None: ...
    @python(unset=True)
    @const
    def getBlockShape(self) -> Dims:
        """Elements that share a scale, on each axis; -1 for all of an axis, no axes for no blocks."""
    def setBlockShape(self, blockShape: Dims) -> Ok: ...

class DynamicQuantizeLayer(
    Layer,
    cpp="IDynamicQuantizeLayer",
    impl="VDynamicQuantizeLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kDYNAMIC_QUANTIZE,
):
    """Quantizes with scales that are computed from the data."""

    @deprecated
    @const
    def getAxis(self) -> int32:
        """Axis that is cut into blocks: the last or the one before."""
    @deprecated
    def setAxis(self, axis: int32) -> None: ...
    @deprecated
    @const
    def getBlockSize(self) -> int32:
        """Elements that share a scale: 16 for NVFP4, 32 for MXFP8."""
    @deprecated
    def setBlockSize(self, axis: int32) -> None: ...
    @const
    def getScaleType(self) -> DataType:
        """Element type of the scales, the second output."""
    def setScaleType(self, axis: DataType) -> None: ...
    @const
    def getToType(self) -> DataType:
        """Element type of the quantized values, the first output."""
    def setToType(self, toType: DataType) -> None: ...
    @python(unset=True)
    @const
    def getBlockShape(self) -> Dims:
        """Elements that share a scale, on each axis; no axes where axis and block size say it."""
    def setBlockShape(self, blockShape: Dims) -> None: ...
