"""The network under construction: tensors, the common part of layers, and the definition itself."""

from vocabulary import *

class Tensor(Interface, cpp="ITensor", impl="VTensor", field="mImpl", offset=8):
    """A value of the network under construction."""

    def setName(self, name: str) -> None:
        """Renames it; inputs and outputs are bound by their names."""
    @by_hand("a name that is not taken is an error of the network")
    @const
    def getName(self) -> str | None:
        """Its name; made up by the library until it is set."""
    def setDimensions(self, dimensions: Dims) -> None:
        """Changes the shape of a network input; -1 stands for a size that is known at run time."""
    @by_hand("set on inputs of the network alone")
    @const
    def getDimensions(self) -> Dims:
        """Its shape, -1 where a size is known at run time only."""
    @by_hand("the library may not know it")
    @const
    def getType(self) -> DataType:
        """Type of its elements."""
    @const
    def isNetworkInput(self) -> bool:
        """Whether it is an input of the network."""
    @const
    def isNetworkOutput(self) -> bool:
        """Whether it is an output of the network."""
    def setAllowedFormats(self, formats: Flags[TensorFormat]) -> None:
        """Restricts the memory layouts of an input or output."""
    @by_hand("set as members as well")
    @const
    def getAllowedFormats(self) -> Flags[TensorFormat]:
        """The memory layouts that an input or output may have, as bits; all by default."""
    @python(computes=True)
    @const
    def isShapeTensor(self) -> bool:
        """Whether its values are needed to compute shapes."""
    @python(computes=True)
    @const
    def isExecutionTensor(self) -> bool:
        """Whether its values are computed at run time; certain once the network is complete."""
    def setDimensionName(self, index: int32, name: str | None) -> None:
        """Names a size of an input: sizes of one name are equal at run time. Null takes the name away."""
    @const
    def getDimensionName(self, index: int32) -> str | None:
        """Name of a size; null where it has none."""

class Layer(Interface, cpp="ILayer", impl="VLayer", field="mLayer", offset=8):
    """What all layers have in common."""

    @python("layer_type")
    @const
    def getType(self) -> LayerType:
        """Kind of the layer."""
    def setName(self, name: str) -> None:
        """Renames it; the name stands in messages, profiles and the engine inspector."""
    @python(limit=4095, filled=True)
    @const
    def getName(self) -> str | None:
        """Name, as messages, profiles and the inspector show it; made up by the library until it is set."""
    @const
    def getNbInputs(self) -> int32:
        """Number of inputs."""
    @accessor
    @const
    def getInput(self, index: int32) -> Borrowed[Tensor] | None:
        """One of the inputs; null beyond the last, and for an optional one that is not set."""
    @const
    def getNbOutputs(self) -> int32:
        """Number of outputs."""
    @accessor
    @const
    def getOutput(self, index: int32) -> Borrowed[Tensor] | None:
        """One of the outputs; null beyond the last."""
    def setInput(self, index: int32, tensor: Tensor) -> None:
        """Replaces an input; what more a layer takes by this depends on its kind."""
    @const
    def getOutputType(self, index: int32) -> DataType:
        """Element type of one of the outputs."""
    def setMetadata(self, docString: str) -> None:
        """Sets free text of at most 4095 bytes that the engine inspector repeats."""
    @python(limit=4095)
    @const
    def getMetadata(self) -> str | None:
        """Free text that the inspector shows with the layer."""
    def setNbRanks(self, nbRanks: int32) -> Ok:
        """Sets the number of devices that work together; only collective layers take more than 1."""
    @python(low=1)
    @const
    def getNbRanks(self) -> int32:
        """Number of GPUs that take part in the layer; 1 by default."""

@owned
class NetworkDefinition(Interface, cpp="INetworkDefinition", impl="VNetworkDefinition", field="mImpl", offset=8):
    """The network under construction: its layers, inputs and outputs."""

    def addInput(self, name: str, type: DataType, dimensions: Dims) -> Borrowed[Tensor]:
        """Adds an input; its name must be new, and -1 stands for a size that is known at run time."""
    def markOutput(self, tensor: Tensor) -> None:
        """Makes a tensor an output of the network."""
    def addActivation(self, input: Tensor, type: ActivationType) -> Borrowed[ActivationLayer]:
        """Adds a function of one argument, such as RELU."""
    def addLRN(self, input: Tensor, window: int64, alpha: float32, beta: float32, k: float32) -> Borrowed[LRNLayer]:
        """Adds a normalization across neighbouring channels."""
    def addScale(
        self, input: Tensor, mode: ScaleMode, shift: Weights, scale: Weights, power: Weights
    ) -> Borrowed[ScaleLayer]:
        """Adds (input * scale + shift) ** power; the channel axis is the third last."""
    def addSoftMax(self, input: Tensor) -> Borrowed[SoftMaxLayer]:
        """Adds a softmax; its axis is a setting of the layer."""
    def addConcatenation(self, inputs: Array[Tensor], nbInputs: int32) -> Borrowed[ConcatenationLayer]:
        """Joins tensors; the axis is a setting of the layer."""
    def addElementWise(self, input1: Tensor, input2: Tensor, op: ElementWiseOperation) -> Borrowed[ElementWiseLayer]:
        """Combines two tensors of equal rank; sizes of 1 are broadcast."""
    def addUnary(self, input: Tensor, operation: UnaryOperation) -> Borrowed[UnaryLayer]:
        """Adds a function of one argument, such as EXP."""
    def addShuffle(self, input: Tensor) -> Borrowed[ShuffleLayer]:
        """Adds a transposition, a reshape and another transposition, each of them optional."""
    @const
    def getNbLayers(self) -> int32:
        """Number of layers."""
    @accessor
    @const
    def getLayer(self, index: int32) -> Borrowed[Layer] | None:
        """A layer, in the order in which they were added."""
    @const
    def getNbInputs(self) -> int32:
        """Number of inputs."""
    @accessor
    @const
    def getInput(self, index: int32) -> Borrowed[Tensor] | None:
        """An input, in the order in which they were added."""
    @const
    def getNbOutputs(self) -> int32:
        """Number of outputs, those for shapes among them."""
    @accessor
    @const
    def getOutput(self, index: int32) -> Borrowed[Tensor] | None:
        """An output, in the order in which they were marked."""
    def addReduce(
        self, input: Tensor, operation: ReduceOperation, reduceAxes: uint32, keepDimensions: bool
    ) -> Borrowed[ReduceLayer]:
        """Reduces axes, given as bits, to one value each."""
    @deprecated
    def addTopK(self, input: Tensor, op: TopKOperation, k: int32, reduceAxes: uint32) -> Borrowed[TopKLayer]:
        """Finds the k largest or smallest values along an axis, given as a bit, and their INT32 indices."""
    def addGather(self, data: Tensor, indices: Tensor, axis: int32) -> Borrowed[GatherLayer]:
        """Selects slices of an axis by index."""
    def addRaggedSoftMax(self, input: Tensor, bounds: Tensor) -> Borrowed[RaggedSoftMaxLayer]:
        """Adds a softmax over sequences, each with its own length."""
    def addMatrixMultiply(
        self, input0: Tensor, op0: MatrixOperation, input1: Tensor, op1: MatrixOperation
    ) -> Borrowed[MatrixMultiplyLayer]:
        """Multiplies matrices, the axes before the last two being a batch that broadcasts."""
    def addConstant(self, dimensions: Dims, weights: Weights) -> Borrowed[ConstantLayer]:
        """Adds fixed values; their memory must stay until the network is built."""
    def addIdentity(self, input: Tensor) -> Borrowed[IdentityLayer]:
        """Copies a tensor."""
    def removeTensor(self, tensor: Tensor) -> None:
        """Takes a tensor out of the network; nothing may use it any more."""
    def unmarkOutput(self, tensor: Tensor) -> None:
        """Makes an output an ordinary tensor again."""
    def addSlice(self, input: Tensor, start: Dims, size: Dims, stride: Dims) -> Borrowed[SliceLayer]:
        """Cuts a part out of a tensor, with a step on each axis."""
    def setName(self, name: str) -> None:
        """Names the network; the engine gets the name."""
    @python(limit=4095)
    @const
    def getName(self) -> str | None:
        """Name, which the engine takes over; empty until it is set."""
    def addShape(self, input: Tensor) -> Borrowed[ShapeLayer]:
        """Gives the shape of a tensor as a tensor of INT64."""
    @hidden("no public class calls it; implicit batch is gone")
    @const
    def hasImplicitBatchDimension(self) -> bool: ...
    def markOutputForShapes(self, tensor: Tensor) -> Ok:
        """Makes a shape tensor an output that the host can read."""
    def unmarkOutputForShapes(self, tensor: Tensor) -> Ok:
        """Takes that back."""
    def addParametricReLU(self, input: Tensor, slope: Tensor) -> Borrowed[ParametricReLULayer]:
        """Adds a ReLU whose slope below zero is a tensor."""
    def addConvolutionNd(
        self, input: Tensor, nbOutputMaps: int64, kernelSize: Dims, kernelWeights: Weights, biasWeights: Weights
    ) -> Borrowed[ConvolutionLayer]:
        """Adds a convolution over two or three spatial dimensions."""
    def addPoolingNd(self, input: Tensor, type: PoolingType, windowSize: Dims) -> Borrowed[PoolingLayer]:
        """Adds a pooling over two or three spatial dimensions."""
    def addDeconvolutionNd(
        self, input: Tensor, nbOutputMaps: int64, kernelSize: Dims, kernelWeights: Weights, biasWeights: Weights
    ) -> Borrowed[DeconvolutionLayer]:
        """Adds a transposed convolution over two or three spatial dimensions."""
    def addScaleNd(
        self, input: Tensor, mode: ScaleMode, shift: Weights, scale: Weights, power: Weights, channelAxis: int32
    ) -> Borrowed[ScaleLayer]:
        """Adds (input * scale + shift) ** power."""
    def addResize(self, input: Tensor) -> Borrowed[ResizeLayer]:
        """Adds an interpolation; the new size is a setting of the layer."""
    def addLoop(self) -> Borrowed[Loop]:
        """Adds a loop, to which its inputs, outputs and limits are added then."""
    def addSelect(self, condition: Tensor, thenInput: Tensor, elseInput: Tensor) -> Borrowed[SelectLayer]:
        """Takes each element from one tensor or the other, as a condition says."""
    def addPaddingNd(self, input: Tensor, prePadding: Dims, postPadding: Dims) -> Borrowed[PaddingLayer]:
        """Adds or cuts off elements at the edges of the last two axes."""
    def setWeightsName(self, weights: Weights, name: str | None) -> Ok:
        """Names weights of a layer, so that a refitter finds them. Null takes the name away."""
    @long
    def setErrorRecorder(self, recorder: Held[ErrorRecorder] | None) -> None:
        """Sets who is told of errors; null for nobody."""
    @by_hand("an object of Python")
    @const
    def getErrorRecorder(self) -> Borrowed[ErrorRecorder] | None:
        """Who is told of errors; null for nobody."""
    def addGatherV2(self, data: Tensor, indices: Tensor, mode: GatherMode) -> Borrowed[GatherLayer]:
        """Selects slices, elements or coordinates by index."""
    def addIfConditional(self) -> Borrowed[IfConditional]:
        """Adds a conditional, to which its condition, inputs and outputs are added then."""
    def addScatter(self, data: Tensor, indices: Tensor, updates: Tensor, mode: ScatterMode) -> Borrowed[ScatterLayer]:
        """Writes updates into a copy of the data, at elements or coordinates."""
    def addEinsum(self, inputs: Array[Tensor], nbInputs: int32, equation: str) -> Borrowed[EinsumLayer]:
        """Sums products of the inputs as an equation says."""
    def addAssertion(self, condition: Tensor, message: str) -> Borrowed[AssertionLayer]:
        """Fails with a message where a condition is false."""
    def addOneHot(self, indices: Tensor, values: Tensor, depth: Tensor, axis: int32) -> Borrowed[OneHotLayer]:
        """Turns indices into vectors with one value of their own."""
    @deprecated
    def addNonZero(self, input: Tensor) -> Borrowed[NonZeroLayer]:
        """Finds the coordinates of what is not zero, as INT32."""
    def addGridSample(self, input: Tensor, grid: Tensor) -> Borrowed[GridSampleLayer]:
        """Samples the input at the positions of a grid."""
    @deprecated
    def addNMS(self, boxes: Tensor, scores: Tensor, maxOutputBoxesPerClass: Tensor) -> Borrowed[NMSLayer]:
        """Selects boxes that overlap little, with INT32 indices."""
    def addReverseSequence(self, input: Tensor, sequenceLens: Tensor) -> Borrowed[ReverseSequenceLayer]:
        """Reverses sequences, each with its own length."""
    @deprecated
    def addNormalization(
        self, input: Tensor, scale: Tensor, bias: Tensor, axesMask: uint32
    ) -> Borrowed[NormalizationLayer]:
        """Adds an instance, group or layer normalization; with groups, one scale and bias for each group."""
    def addCast(self, input: Tensor, toType: DataType) -> Borrowed[CastLayer]:
        """Changes the element type."""
    @by_hand("an object of Python")
    @const
    def getBuilder(self) -> Borrowed[Builder]:
        """The builder that it comes from."""
    @const
    def getFlags(self) -> Flags[NetworkDefinitionCreationFlag]:
        """The flags that it was created with, as a bit mask."""
    @python(method=True)
    @accessor
    @const
    def getFlag(self, networkDefinitionCreationFlag: NetworkDefinitionCreationFlag) -> bool:
        """Whether it was created with a flag."""
    def addQuantizeV2(self, input: Tensor, scale: Tensor, outputType: DataType) -> Borrowed[QuantizeLayer]:
        """Quantizes with given scales."""
    def addDequantizeV2(self, input: Tensor, scale: Tensor, outputType: DataType) -> Borrowed[DequantizeLayer]:
        """Turns quantized values back with given scales."""
    def addFillV2(self, dimensions: Dims, op: FillOperation, outputType: DataType) -> Borrowed[FillLayer]:
        """Adds counted or random values of a type."""
    def markDebug(self, tensor: Tensor) -> Ok:
        """Has the values of a tensor reported to the debug listener."""
    def unmarkDebug(self, tensor: Tensor) -> Ok:
        """Takes that back."""
    @const
    def isDebugTensor(self, tensor: Const[Tensor]) -> bool:
        """Whether the values of a tensor are reported; those marked as unfused are not known here."""
    def markWeightsRefittable(self, name: str) -> Ok:
        """Lets named weights be refitted, where not all may be."""
    def unmarkWeightsRefittable(self, name: str) -> Ok:
        """Takes that back."""
    @const
    def areWeightsMarkedRefittable(self, name: str) -> bool:
        """Whether named weights are marked to be refitted."""
    def addSqueeze(self, input: Tensor, axes: Tensor) -> Borrowed[SqueezeLayer]:
        """Drops axes of size 1, which a shape tensor names."""
    def addUnsqueeze(self, input: Tensor, axes: Tensor) -> Borrowed[UnsqueezeLayer]:
        """Inserts axes of size 1, which a shape tensor names."""
    @deprecated
    def addDynamicQuantize(
        self, input: Tensor, axis: int32, blockSize: int32, toType: DataType, scaleType: DataType
    ) -> Borrowed[DynamicQuantizeLayer]:
        """Quantizes blocks along an axis with scales that it computes."""
    def addCumulative(
        self, input: Tensor, axis: Tensor, operation: CumulativeOperation, exclusive: bool, reverse: bool
    ) -> Borrowed[CumulativeLayer]:
        """Accumulates along an axis."""
    def markUnfusedTensorsAsDebugTensors(self) -> Ok:
        """Has all tensors reported that no fusion swallows."""
    def unmarkUnfusedTensorsAsDebugTensors(self) -> Ok:
        """Takes that back."""
    def addTopKV2(
        self, input: Tensor, op: TopKOperation, k: int32, reduceAxes: uint32, indicesType: DataType
    ) -> Borrowed[TopKLayer]:
        """Finds the k largest or smallest values along an axis, given as a bit, and their indices."""
    def addNonZeroV2(self, input: Tensor, indicesType: DataType) -> Borrowed[NonZeroLayer]:
        """Finds the coordinates of what is not zero."""
    def addNMSV2(
        self, boxes: Tensor, scores: Tensor, maxOutputBoxesPerClass: Tensor, indicesType: DataType
    ) -> Borrowed[NMSLayer]:
        """Selects boxes that overlap little."""
    @deprecated
    def addAttention(
        self, query: Tensor, key: Tensor, value: Tensor, normOp: AttentionNormalizationOp, isCausal: bool
    ) -> Borrowed[Attention]:
        """Adds attention of a query to keys and values, causal or not."""
    def addRotaryEmbedding(
        self, input: Tensor, cosCache: Tensor, sinCache: Tensor, interleaved: bool, rotaryEmbeddingDim: int32
    ) -> Borrowed[RotaryEmbeddingLayer]:
        """Rotates pairs of hidden dimensions by position."""
    def addDynamicQuantizeV2(
        self, input: Tensor, blockShape: Dims, toType: DataType, scaleType: DataType
    ) -> Borrowed[DynamicQuantizeLayer]:
        """Quantizes blocks of any shape with scales that it computes."""
    def addKVCacheUpdate(
        self, cache: Tensor, update: Tensor, writeIndices: Tensor, cacheMode: KVCacheMode
    ) -> Borrowed[KVCacheUpdateLayer]:
        """Writes new keys or values into a cache, in place."""
    def addNormalizationV2(
        self, input: Tensor, scale: Tensor, bias: Tensor, axesMask: uint32
    ) -> Borrowed[NormalizationLayer]:
        """Adds an instance, group, layer or RMS normalization; one scale and bias for each channel."""
    def addMoE(
        self, hiddenStates: Tensor, selectedExpertsForTokens: Tensor, scoresForSelectedExperts: Tensor
    ) -> Borrowed[MoELayer]:
        """Adds a mixture of experts; their weights are set on the layer."""
    def addDistCollective(
        self,
        input: Tensor,
        distCollectiveOp: CollectiveOperation,
        reduceOp: ReduceOperation,
        root: int64,
        groups: MutableArray[int64],
        groupSize: int64,
    ) -> Borrowed[DistCollectiveLayer]:
        """Adds an operation between the devices of a group."""
    def addAttentionV2(
        self, query: Tensor, key: Tensor, value: Tensor, normOp: AttentionNormalizationOp, causalKind: CausalMaskKind
    ) -> Borrowed[Attention]:
        """Adds attention of a query to keys and values, with a causal mask of a kind."""
    @since(1, 7)
    def addSqueezeV2(self, input: Tensor, axes: Tensor | None) -> Borrowed[SqueezeLayer]:
        """Remove the given dimensions, or without axes every dimension of size one."""
