"""Layers that compute: convolutions, matrix products, activations, reductions."""

from vocabulary import *

class ConvolutionLayer(
    Layer,
    cpp="IConvolutionLayer",
    impl="VConvolutionLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kCONVOLUTION,
):
    """Convolution over two or three spatial dimensions."""

    def setNbOutputMaps(self, nbOutputMaps: int64) -> None: ...
    @python(low=1)
    @const
    def getNbOutputMaps(self) -> int64:
        """Number of feature maps that it produces."""
    def setNbGroups(self, nbGroups: int64) -> None: ...
    @const
    def getNbGroups(self) -> int64:
        """Groups that the channels are divided into, each with kernels of its own; 1 by default."""
    def setKernelWeights(self, weights: Weights) -> None: ...
    @python("kernel")
    @const
    def getKernelWeights(self) -> Weights:
        """Kernel values; empty where they come as the second input."""
    def setBiasWeights(self, weights: Weights) -> None: ...
    @python("bias")
    @const
    def getBiasWeights(self) -> Weights:
        """One value for each output map; empty for none, or where they come as the third input."""
    def setPrePadding(self, padding: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getPrePadding(self) -> Dims:
        """Zeros put before the start of each spatial dimension; none by default."""
    def setPostPadding(self, padding: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getPostPadding(self) -> Dims:
        """Zeros put behind the end of each spatial dimension; none by default."""
    def setPaddingMode(self, paddingMode: PaddingMode) -> None: ...
    @const
    def getPaddingMode(self) -> PaddingMode:
        """How padding and output size are found; a mode that is not explicit overrides the paddings."""
    def setKernelSizeNd(self, kernelSize: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getKernelSizeNd(self) -> Dims:
        """Extent of the kernel in each spatial dimension."""
    def setStrideNd(self, stride: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getStrideNd(self) -> Dims:
        """Step of the kernel in each spatial dimension; 1 by default."""
    def setPaddingNd(self, padding: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getPaddingNd(self) -> Dims:
        """Padding on both sides of each spatial dimension; the two must be equal when it is asked."""
    def setDilationNd(self, dilation: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getDilationNd(self) -> Dims:
        """Distance between neighbouring kernel elements in each spatial dimension; 1 by default."""

class DeconvolutionLayer(
    Layer,
    cpp="IDeconvolutionLayer",
    impl="VDeconvolutionLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kDECONVOLUTION,
):
    """Transposed convolution over two or three spatial dimensions."""

    def setNbOutputMaps(self, nbOutputMaps: int64) -> None: ...
    @python(low=1)
    @const
    def getNbOutputMaps(self) -> int64:
        """Number of feature maps that it produces."""
    def setNbGroups(self, nbGroups: int64) -> None: ...
    @const
    def getNbGroups(self) -> int64:
        """Groups that the channels are divided into, each with kernels of its own; 1 by default."""
    def setKernelWeights(self, weights: Weights) -> None: ...
    @python("kernel")
    @const
    def getKernelWeights(self) -> Weights:
        """Kernel values; empty where they come as the second input."""
    def setBiasWeights(self, weights: Weights) -> None: ...
    @python("bias")
    @const
    def getBiasWeights(self) -> Weights:
        """One value for each output map; empty for none, or where they come as the third input."""
    def setPrePadding(self, padding: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getPrePadding(self) -> Dims:
        """Elements cut off the start of each spatial dimension of the output; none by default."""
    def setPostPadding(self, padding: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getPostPadding(self) -> Dims:
        """Elements cut off the end of each spatial dimension of the output; none by default."""
    def setPaddingMode(self, paddingMode: PaddingMode) -> None: ...
    @const
    def getPaddingMode(self) -> PaddingMode:
        """How padding and output size are found; a mode that is not explicit overrides the paddings."""
    def setKernelSizeNd(self, kernelSize: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getKernelSizeNd(self) -> Dims:
        """Extent of the kernel in each spatial dimension."""
    def setStrideNd(self, stride: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getStrideNd(self) -> Dims:
        """Step of the kernel in each spatial dimension; 1 by default."""
    def setPaddingNd(self, padding: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getPaddingNd(self) -> Dims:
        """Elements cut off both sides of each spatial dimension; the two must be equal when it is asked."""
    def setDilationNd(self, dilation: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getDilationNd(self) -> Dims:
        """Distance between neighbouring kernel elements in each spatial dimension; 1 by default."""

class PoolingLayer(
    Layer, cpp="IPoolingLayer", impl="VPoolingLayer", field="mImpl", offset=16, layer_type=LayerType.kPOOLING
):
    """Takes the maximum or the average of a sliding window."""

    def setPoolingType(self, type: PoolingType) -> None: ...
    @python("type")
    @const
    def getPoolingType(self) -> PoolingType:
        """Whether windows give their maximum, their average or a blend of both."""
    def setBlendFactor(self, blendFactor: float32) -> None: ...
    @const
    def getBlendFactor(self) -> float32:
        """Share of the average in a blend, from 0 (the default: maximum only) to 1."""
    def setAverageCountExcludesPadding(self, exclusive: bool) -> None: ...
    @const
    def getAverageCountExcludesPadding(self) -> bool:
        """Whether averages count the elements of the input alone, without padding; true by default."""
    def setPrePadding(self, padding: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getPrePadding(self) -> Dims:
        """Padding before the start of each spatial dimension; none by default."""
    def setPostPadding(self, padding: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getPostPadding(self) -> Dims:
        """Padding behind the end of each spatial dimension; none by default."""
    def setPaddingMode(self, paddingMode: PaddingMode) -> None: ...
    @const
    def getPaddingMode(self) -> PaddingMode:
        """How padding and output size are found; a mode that is not explicit overrides the paddings."""
    def setWindowSizeNd(self, windowSize: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getWindowSizeNd(self) -> Dims:
        """Extent of the window in each spatial dimension."""
    def setStrideNd(self, stride: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getStrideNd(self) -> Dims:
        """Step of the window in each spatial dimension; 1 by default."""
    def setPaddingNd(self, padding: Dims) -> None: ...
    @python(length="spatial")
    @const
    def getPaddingNd(self) -> Dims:
        """Padding on both sides of each spatial dimension; the two must be equal when it is asked."""

class MatrixMultiplyLayer(
    Layer,
    cpp="IMatrixMultiplyLayer",
    impl="VMatrixMultiplyLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kMATRIX_MULTIPLY,
):
    """Multiplies matrices, in batches when there are leading dimensions."""

    def setOperation(self, index: int32, op: MatrixOperation) -> None: ...
    @const
    def getOperation(self, index: int32) -> MatrixOperation:
        """How an operand is read: as it is, transposed, or as vectors. Index 0 or 1."""

class ActivationLayer(
    Layer, cpp="IActivationLayer", impl="VActivationLayer", field="mImpl", offset=16, layer_type=LayerType.kACTIVATION
):
    """Applies an activation function to each element."""

    def setActivationType(self, type: ActivationType) -> None: ...
    @python("type")
    @const
    def getActivationType(self) -> ActivationType:
        """The function applied."""
    def setAlpha(self, alpha: float32) -> None: ...
    def setBeta(self, beta: float32) -> None: ...
    @const
    def getAlpha(self) -> float32:
        """First parameter of the functions that have one, such as the slope of LEAKY_RELU or the minimum of CLIP."""
    @const
    def getBeta(self) -> float32:
        """Second parameter of the functions that have two, such as the upper bound of CLIP."""

class ParametricReLULayer(
    Layer,
    cpp="IParametricReLULayer",
    impl="VParametricReLULayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kPARAMETRIC_RELU,
):
    """Leaky ReLU with a slope for each element."""

class ScaleLayer(Layer, cpp="IScaleLayer", impl="VScaleLayer", field="mImpl", offset=16, layer_type=LayerType.kSCALE):
    """Computes (x * scale + shift) ** power, per tensor, channel or element."""

    def setMode(self, mode: ScaleMode) -> None: ...
    @const
    def getMode(self) -> ScaleMode:
        """Whether there is one set of values for the whole tensor, for each channel, or for each element."""
    def setShift(self, shift: Weights) -> None: ...
    @const
    def getShift(self) -> Weights:
        """What is added after scaling; empty for nothing."""
    def setScale(self, scale: Weights) -> None: ...
    @const
    def getScale(self) -> Weights:
        """What the input is multiplied with; empty for 1."""
    def setPower(self, power: Weights) -> None: ...
    @const
    def getPower(self) -> Weights:
        """Exponent applied last; empty for 1."""
    @const
    def getChannelAxis(self) -> int32:
        """Axis of the channels, for the mode that has values for each of them."""
    def setChannelAxis(self, channelAxis: int32) -> None: ...

class LRNLayer(Layer, cpp="ILRNLayer", impl="VLRNLayer", field="mImpl", offset=16, layer_type=LayerType.kLRN):
    """Local response normalization across channels."""

    def setWindowSize(self, windowSize: int64) -> None: ...
    @const
    def getWindowSize(self) -> int64:
        """Number of neighbouring channels that normalize each other; odd."""
    def setAlpha(self, alpha: float32) -> None: ...
    @const
    def getAlpha(self) -> float32:
        """Factor of the sum of squares."""
    def setBeta(self, beta: float32) -> None: ...
    @const
    def getBeta(self) -> float32:
        """Exponent of the denominator."""
    def setK(self, k: float32) -> None: ...
    @const
    def getK(self) -> float32:
        """Constant in the denominator, which keeps it away from zero."""

class SoftMaxLayer(
    Layer, cpp="ISoftMaxLayer", impl="VSoftMaxLayer", field="mImpl", offset=16, layer_type=LayerType.kSOFTMAX
):
    """SoftMax over the chosen axes."""

    def setAxes(self, axes: uint32) -> None: ...
    @const
    def getAxes(self) -> uint32:
        """The axis that sums to one, as one bit: bit i is axis i. By default the third last, or 0."""

class RaggedSoftMaxLayer(
    Layer,
    cpp="IRaggedSoftMaxLayer",
    impl="VRaggedSoftMaxLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kRAGGED_SOFTMAX,
):
    """SoftMax over rows of different lengths."""

class NormalizationLayer(
    Layer,
    cpp="INormalizationLayer",
    impl="VNormalizationLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kNORMALIZATION,
):
    """Instance, group, layer or RMS normalization."""

    def setEpsilon(self, eps: float32) -> None: ...
    @const
    def getEpsilon(self) -> float32:
        """Added to the variance so that nothing is divided by zero; 1e-5 by default."""
    def setAxes(self, axesMask: uint32) -> None: ...
    @const
    def getAxes(self) -> uint32:
        """Axes that mean and variance are taken over, as bits: bit i is axis i."""
    def setNbGroups(self, nbGroups: int64) -> None: ...
    @const
    def getNbGroups(self) -> int64:
        """Groups that the channels (axis 1) are divided into; 1 by default."""
    @python("is_v2")
    @const
    def isV2(self) -> bool:
        """Whether addNormalizationV2 added it."""

class ElementWiseLayer(
    Layer,
    cpp="IElementWiseLayer",
    impl="VElementWiseLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kELEMENTWISE,
):
    """Combines two tensors element by element, with broadcasting."""

    def setOperation(self, op: ElementWiseOperation) -> None: ...
    @python("op")
    @const
    def getOperation(self) -> ElementWiseOperation:
        """The operation between the two inputs."""

class UnaryLayer(Layer, cpp="IUnaryLayer", impl="VUnaryLayer", field="mImpl", offset=16, layer_type=LayerType.kUNARY):
    """Applies a function of one argument to each element."""

    def setOperation(self, op: UnaryOperation) -> None: ...
    @python("op")
    @const
    def getOperation(self) -> UnaryOperation:
        """The function applied to each element."""

class ReduceLayer(
    Layer, cpp="IReduceLayer", impl="VReduceLayer", field="mImpl", offset=16, layer_type=LayerType.kREDUCE
):
    """Reduces the chosen axes to one value each."""

    def setOperation(self, op: ReduceOperation) -> None: ...
    @python("op")
    @const
    def getOperation(self) -> ReduceOperation:
        """How the values become one: their sum, product, maximum, minimum, average..."""
    def setReduceAxes(self, reduceAxes: uint32) -> None: ...
    @python("axes")
    @const
    def getReduceAxes(self) -> uint32:
        """Axes to reduce, as bits: bit i is axis i."""
    def setKeepDimensions(self, keepDimensions: bool) -> None: ...
    @python("keep_dims")
    @const
    def getKeepDimensions(self) -> bool:
        """Whether reduced axes stay, with size 1."""

class TopKLayer(Layer, cpp="ITopKLayer", impl="VTopKLayer", field="mImpl", offset=16, layer_type=LayerType.kTOPK):
    """Finds the k largest or smallest values and their indices."""

    def setOperation(self, op: TopKOperation) -> None: ...
    @python("op")
    @const
    def getOperation(self) -> TopKOperation:
        """Whether the largest or the smallest values are looked for."""
    def setK(self, k: int32) -> None: ...
    @python(low=1)
    @const
    def getK(self) -> int32:
        """How many values are looked for, at most 3840; a second input says it at run time instead."""
    def setReduceAxes(self, reduceAxes: uint32) -> None: ...
    @python("axes")
    @const
    def getReduceAxes(self) -> uint32:
        """The axis to search, as a set with one bit: bit i is axis i."""
    def setIndicesType(self, type: DataType) -> Ok: ...
    @const
    def getIndicesType(self) -> DataType:
        """Element type of the indices: INT32 or INT64."""

class EinsumLayer(
    Layer, cpp="IEinsumLayer", impl="VEinsumLayer", field="mImpl", offset=16, layer_type=LayerType.kEINSUM
):
    """Sums products over the indices of an Einstein equation."""

    def setEquation(self, equation: str) -> Ok: ...
    @const
    def getEquation(self) -> str:
        """The equation, such as "ij,jk->ik"."""

class CumulativeLayer(
    Layer, cpp="ICumulativeLayer", impl="VCumulativeLayer", field="mImpl", offset=16, layer_type=LayerType.kCUMULATIVE
):
    """Running sums along an axis."""

    def setOperation(self, op: CumulativeOperation) -> Ok: ...
    @python("op")
    @const
    def getOperation(self) -> CumulativeOperation:
        """How values accumulate."""
    def setExclusive(self, exclusive: bool) -> None: ...
    @const
    def getExclusive(self) -> bool:
        """Whether an element is left out of its own sum."""
    def setReverse(self, reverse: bool) -> None: ...
    @const
    def getReverse(self) -> bool:
        """Whether it runs from the end of the axis to its start."""
