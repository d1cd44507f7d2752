"""The ONNX parser library: abstract classes without implementation pointer. `__del__` marks the place of the virtual destructor."""

from vocabulary import *

class OnnxParserError(Direct, cpp="nvonnxparser::IParserError"):
    """One error of the parser: what, in which node, and where in the parser."""

    @const
    def code(self) -> OnnxErrorCode:
        """The kind of error."""
    @const
    def desc(self) -> str:
        """What is wrong."""
    @const
    def file(self) -> str | None:
        """Source file of the parser where it was found."""
    @const
    def line(self) -> int32:
        """Line of that file."""
    @const
    def func(self) -> str | None:
        """Function of that file."""
    @const
    def node(self) -> int32:
        """Index of the node of the model; -1 for none."""
    @const
    def nodeName(self) -> str | None:
        """Name of the node."""
    @const
    def nodeOperator(self) -> str | None:
        """Operator of the node."""
    @const
    def localFunctionStack(self) -> View[str] | None:
        """The model's functions around the node, innermost last."""
    @const
    def localFunctionStackSize(self) -> int32:
        """Number of these functions."""
    def __del__(self) -> None: ...

@owned
class OnnxParser(Direct, cpp="nvonnxparser::IParser"):
    """Turns an ONNX model into layers of a network."""

    @long
    def parse(self, serialized_onnx_model: Bytes, serialized_onnx_model_size: size_t, model_path: str | None) -> Ok:
        """Adds the layers of a serialized model to the network; the path serves to find external weights."""
    @long
    def parseFromFile(self, onnxModelFile: str, verbosity: int32) -> Ok:
        """Adds the layers of a model file to the network; the verbosity is a severity."""
    @long
    @const
    def supportsOperator(self, op_name: str) -> bool:
        """Whether the parser knows an operator; some uses of it may still fail."""
    @const
    def getNbErrors(self) -> int32:
        """Number of errors since the parser was made, or since they were cleared."""
    @const
    def getError(self, index: int32) -> Borrowed[Const[OnnxParserError]]:
        """One of the errors; it lives until they are cleared."""
    def clearErrors(self) -> None:
        """Forgets the errors."""
    def __del__(self) -> None: ...
    @const
    def getUsedVCPluginLibraries(self, nbPluginLibs: Out[Count[int64]]) -> View[str] | None: ...
    def setFlags(self, onnxParserFlags: Flags[OnnxParserFlag]) -> None:
        """Sets all options at once, as bits."""
    @const
    def getFlags(self) -> Flags[OnnxParserFlag]:
        """All flags as a bit mask."""
    @python(method=True)
    def clearFlag(self, onnxParserFlag: OnnxParserFlag) -> None:
        """Clears a flag."""
    @python(method=True)
    def setFlag(self, onnxParserFlag: OnnxParserFlag) -> None:
        """Sets a flag."""
    @python(method=True)
    @accessor
    @const
    def getFlag(self, onnxParserFlag: OnnxParserFlag) -> bool:
        """Whether a flag is set."""
    def getLayerOutputTensor(self, name: str, i: int64) -> Borrowed[Const[Tensor]] | None:
        """An output of the first layer of a name; null where there is none."""
    @long
    def supportsModelV2(
        self, serializedOnnxModel: Bytes, serializedOnnxModelSize: size_t, modelPath: str | None
    ) -> Verdict:
        """Whether all of a serialized model can be parsed; subgraphs tell which part can."""
    def getNbSubgraphs(self) -> int64:
        """Number of parts that the last check cut the model into."""
    def isSubgraphSupported(self, index: int64) -> bool:
        """Whether a part can be parsed."""
    def getSubgraphNodes(self, index: int64, subgraphLength: Out[int64]) -> View[int64] | None:
        """Indices of the nodes of a part."""
    @long
    def loadModelProto(self, serializedOnnxModel: Bytes, serializedOnnxModelSize: size_t, modelPath: str | None) -> Ok:
        """Takes a serialized model in, to be parsed once its initializers are there."""
    @long
    def loadInitializer(self, name: str, data: Bytes, size: size_t) -> Ok:
        """Gives the values of an initializer, which must stay until parser and network are destroyed."""
    @long
    def parseModelProto(self) -> Ok:
        """Adds the layers of the model taken in to the network."""
    @long
    def setBuilderConfig(self, builderConfig: Held[Const[BuilderConfig]]) -> Ok:
        """Sets the settings of the build that the network is meant for."""

@since(1, 6)
@callback
class RefitterObserver(Application, cpp="nvonnxparser::IRefitterObserver"):
    """Is told which ONNX initializer feeds which weight of the engine."""

    def __del__(self) -> None: ...
    @since(1, 6)
    def onRefittableWeight(self, record: RefitRecord) -> None: ...

@owned
class OnnxParserRefitter(Direct, cpp="nvonnxparser::IParserRefitter"):
    """Refits an engine from the initializers of an ONNX model."""

    @long
    def refitFromBytes(self, serializedOnnxModel: Bytes, serializedOnnxModelSize: size_t, modelPath: str | None) -> Ok:
        """Refits the engine with the weights of a serialized model."""
    @long
    def refitFromFile(self, onnxModelFile: str) -> Ok:
        """Refits the engine with the weights of a model file."""
    @const
    def getNbErrors(self) -> int32:
        """Number of errors since they were cleared."""
    @const
    def getError(self, index: int32) -> Borrowed[Const[OnnxParserError]]:
        """One of the errors; it lives until they are cleared."""
    def clearErrors(self) -> None:
        """Forgets the errors."""
    def __del__(self) -> None: ...
    @long
    def loadModelProto(self, serializedOnnxModel: Bytes, serializedOnnxModelSize: size_t, modelPath: str | None) -> Ok:
        """Takes a serialized model in, to refit from once its initializers are there."""
    @long
    def loadInitializer(self, name: str, data: Bytes, size: size_t) -> Ok:
        """Gives the values of an initializer, which must stay until the refitter is destroyed."""
    @long
    def refitModelProto(self) -> Ok:
        """Refits the engine with the weights of the model taken in."""
    @since(1, 6)
    def setRefitObserver(self, observer: Held[RefitterObserver] | None) -> None:
        """Sets who is told of each weight that is refitted; null for nobody."""
