"""Attention and the other layers of transformer networks."""

from vocabulary import *

class AttentionBoundaryLayer(
    Layer, cpp="IAttentionBoundaryLayer", impl="VAttentionBoundaryLayer", field="mBoundary", offset=16
):
    """What the layers at the border of an attention have in common."""

    @by_hand("a part of a network, made once")
    @const
    def getAttention(self) -> Borrowed[Attention]:
        """The attention that it belongs to."""

class AttentionInputLayer(
    AttentionBoundaryLayer,
    cpp="IAttentionInputLayer",
    impl="VAttentionInputLayer",
    field="mImpl",
    offset=24,
    layer_type=LayerType.kATTENTION_INPUT,
):
    """Brings a value into an attention."""

class AttentionOutputLayer(
    AttentionBoundaryLayer,
    cpp="IAttentionOutputLayer",
    impl="VAttentionOutputLayer",
    field="mImpl",
    offset=24,
    layer_type=LayerType.kATTENTION_OUTPUT,
):
    """Takes the result out of an attention."""

class Attention(Interface, cpp="IAttention", impl="VAttention", field="mImpl", offset=8):
    """Fused attention: query, key, value and how their products are normalized."""

    def setInput(self, index: int32, input: Tensor) -> Ok:
        """Replaces one of the inputs."""
    @const
    def getNbInputs(self) -> int32:
        """Number of inputs: query, key, value, and what is set beyond."""
    @by_hand("numbered")
    @const
    def getInput(self, index: int32) -> Borrowed[Tensor] | None:
        """One of the inputs; null beyond the last, and for one that is not set."""
    @const
    def getNbOutputs(self) -> int32:
        """Number of outputs."""
    @by_hand("numbered")
    @const
    def getOutput(self, index: int32) -> Borrowed[Tensor]:
        """One of the outputs."""
    def setName(self, name: str) -> Ok:
        """Names it in messages."""
    @python(limit=4095, filled=True)
    @const
    def getName(self) -> str | None:
        """Name in messages."""
    def setNormalizationOperation(self, op: AttentionNormalizationOp) -> Ok:
        """Sets how the scores are normalized."""
    @python("norm_op")
    @const
    def getNormalizationOperation(self) -> AttentionNormalizationOp:
        """How the scores are normalized: by a softmax, or not at all."""
    @deprecated
    def setCausal(self, isCausal: bool) -> Ok:
        """Sets whether later positions are hidden; a mask excludes it."""
    @deprecated
    @const
    def getCausal(self) -> bool:
        """Whether later positions are hidden, aligned at the upper left."""
    def setMask(self, mask: Tensor) -> Ok:
        """Sets a mask of the scores; a causal kind excludes it."""
    @const
    def getMask(self) -> Borrowed[Tensor] | None:
        """Mask of the scores: booleans that allow, or values that are added; none by default."""
    def setDecomposable(self, decomposable: bool) -> Ok:
        """Sets whether several kernels may do the work where no fused one fits."""
    @const
    def getDecomposable(self) -> bool:
        """Whether several kernels may do the work where no fused one fits; false by default."""
    def setNormalizationQuantizeScale(self, tensor: Tensor) -> Ok:
        """Sets the scale with which the normalized scores are quantized; the type must be set too."""
    @const
    def getNormalizationQuantizeScale(self) -> Borrowed[Tensor] | None:
        """Scale with which the normalized scores are quantized; none by default."""
    def setNormalizationQuantizeToType(self, type: DataType) -> Ok:
        """Sets the type that the normalized scores are quantized to: FP8 or INT8."""
    @const
    def getNormalizationQuantizeToType(self) -> DataType:
        """Type that the normalized scores are quantized to: FP8 or INT8."""
    def setMetadata(self, docString: str) -> Ok:
        """Sets free text of at most 4095 bytes that the engine inspector repeats."""
    @python(limit=4095)
    @const
    def getMetadata(self) -> str | None:
        """Free text that the engine inspector repeats."""
    def setNbRanks(self, nbRanks: int32) -> Ok:
        """Sets the number of devices that work together; at least 1."""
    @python(low=1)
    @const
    def getNbRanks(self) -> int32:
        """Number of devices that work together; 1 by default."""
    def setCausalKind(self, kind: CausalMaskKind) -> Ok:
        """Sets where the mask that hides later positions is aligned; a mask excludes it."""
    @const
    def getCausalKind(self) -> CausalMaskKind:
        """Where the mask that hides later positions is aligned, if there is one."""
    def setQueryForm(self, form: AttentionIOForm) -> Ok:
        """Sets the layout of the query; the packed one needs lengths."""
    @const
    def getQueryForm(self) -> AttentionIOForm:
        """Layout of the query: padded, as by default, or packed without padding."""
    def setKeyValueForm(self, form: AttentionIOForm) -> Ok:
        """Sets the layout of keys and values; the packed one needs lengths."""
    @const
    def getKeyValueForm(self) -> AttentionIOForm:
        """Layout of keys and values: padded, as by default, or packed without padding."""
    def setQueryLengths(self, lengths: Tensor | None) -> Ok:
        """Sets the running sums of the lengths of packed queries, from 0."""
    @const
    def getQueryLengths(self) -> Borrowed[Tensor] | None:
        """Running sums of the lengths of packed queries, from 0; none by default."""
    def setKeyValueLengths(self, lengths: Tensor | None) -> Ok:
        """Sets the lengths of padded keys and values, or running sums of packed ones."""
    @const
    def getKeyValueLengths(self) -> Borrowed[Tensor] | None:
        """Lengths of padded keys and values, or running sums of packed ones; none by default."""

class RotaryEmbeddingLayer(
    Layer,
    cpp="IRotaryEmbeddingLayer",
    impl="VRotaryEmbeddingLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kROTARY_EMBEDDING,
):
    """Rotary position embedding."""

    def setInterleaved(self, interleaved: bool) -> None: ...
    @const
    def getInterleaved(self) -> bool:
        """Whether the pairs that are rotated are neighbours; false by default."""
    def setRotaryEmbeddingDim(self, rotaryEmbeddingDim: int32) -> Ok: ...
    @const
    def getRotaryEmbeddingDim(self) -> int32:
        """Hidden dimensions that are rotated, an even number; 0, the default, for all of them."""
    @hidden("no public class calls it; VLayer has setInput")
    def setInput(self, index: int32, input: Tensor) -> None: ...

class KVCacheUpdateLayer(
    Layer,
    cpp="IKVCacheUpdateLayer",
    impl="VKVCacheUpdateLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kKVCACHE_UPDATE,
):
    """Writes new keys or values into a cache in place."""

    def setCacheMode(self, cacheMode: KVCacheMode) -> Ok: ...
    @const
    def getCacheMode(self) -> KVCacheMode:
        """How the cache is filled."""
    def setUpdateForm(self, form: AttentionIOForm) -> Ok: ...
    @const
    def getUpdateForm(self) -> AttentionIOForm:
        """Layout of the update: padded, as by default, or packed without padding."""
    def setUpdateLengths(self, lengths: Tensor | None) -> Ok: ...
    @const
    def getUpdateLengths(self) -> Borrowed[Tensor] | None:
        """Running sums of the lengths of packed updates, from 0; none by default."""

class MoELayer(Layer, cpp="IMoELayer", impl="VMoELayer", field="mImpl", offset=16, layer_type=LayerType.kMOE):
    """A mixture of experts."""

    def setGatedWeights(
        self, fcGateWeights: Tensor, fcUpWeights: Tensor, fcDownWeights: Tensor, activationType: MoEActType
    ) -> None:
        """Sets gate, up and down weights of the experts, and the function between the products."""
    def setGatedBiases(self, fcGateBiases: Tensor, fcUpBiases: Tensor, fcDownBiases: Tensor) -> None: ...
    def setActivationType(self, activationType: MoEActType) -> None:
        """Sets the function between the two products of an expert."""
    @const
    def getActivationType(self) -> MoEActType:
        """The function between the two products of an expert."""
    def setQuantizationStatic(self, fcDownActivationScale: Tensor, dataType: DataType) -> None: ...
    def setQuantizationDynamicDblQ(
        self, fcDownActivationDblQScale: Tensor, dataType: DataType, blockShape: Dims, dynQOutputScaleType: DataType
    ) -> None: ...
    def setQuantizationToType(self, type: DataType) -> None: ...
    @const
    def getQuantizationToType(self) -> DataType:
        """Type that the product in an expert is quantized to: FP8 or FP4; FLOAT, the default, for none."""
    def setQuantizationBlockShape(self, blockShape: Dims) -> None: ...
    @python(unset=True)
    @const
    def getQuantizationBlockShape(self) -> Dims:
        """Elements that share a scale, on each of the four axes; -1 for all of an axis."""
    def setDynQOutputScaleType(self, type: DataType) -> None: ...
    @const
    def getDynQOutputScaleType(self) -> DataType:
        """Element type of the scales of dynamic quantization."""
    def setSwigluParams(self, limit: float32, alpha: float32, beta: float32) -> None: ...
    def setSwigluParamLimit(self, limit: float32) -> None: ...
    @const
    def getSwigluParamLimit(self) -> float32:
        """Bound of the values in SwiGLU; infinite by default."""
    def setSwigluParamAlpha(self, alpha: float32) -> None: ...
    @const
    def getSwigluParamAlpha(self) -> float32:
        """Factor in the sigmoid of SwiGLU; 1 by default."""
    def setSwigluParamBeta(self, beta: float32) -> None: ...
    @const
    def getSwigluParamBeta(self) -> float32:
        """What SwiGLU adds to the linear part; 0 by default."""
    def setInput(self, index: int32, tensor: Tensor) -> None: ...

class DistCollectiveLayer(
    Layer,
    cpp="IDistCollectiveLayer",
    impl="VDistCollectiveLayer",
    field="mImpl",
    offset=16,
    layer_type=LayerType.kDIST_COLLECTIVE,
):
    """A collective operation among the GPUs of a group."""
