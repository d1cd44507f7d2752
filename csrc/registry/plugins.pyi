"""Interfaces of the plugin mechanism. They are stated so that the layout is whole; TensorRT-RTX runs no plugins, so none is bound."""

from vocabulary import *

@hidden("TensorRT-RTX runs no plugins")
class PluginLayer(Interface, cpp="IPluginLayer", impl="VPluginLayer"):
    """A plugin of the first interface."""

    def getPlugin(self) -> Raw["IPlugin &"]: ...

@hidden("TensorRT-RTX runs no plugins")
class DimensionExpr(Interface, cpp="IDimensionExpr", impl="VDimensionExpr", field="mImpl", offset=8):
    """A symbolic dimension, as plugins see it."""

    @const
    def isConstant(self) -> bool: ...
    @const
    def getConstantValue(self) -> int64: ...
    @const
    def isSizeTensor(self) -> bool: ...

@hidden("TensorRT-RTX runs no plugins")
class ExprBuilder(Interface, cpp="IExprBuilder", impl="VExprBuilder", field="mImpl", offset=8):
    """Builds symbolic dimensions for plugins."""

    def constant(self, value: int64) -> Borrowed[Const[DimensionExpr]]: ...
    def operation(
        self, op: DimensionOperation, first: Const[DimensionExpr], second: Const[DimensionExpr]
    ) -> Borrowed[Const[DimensionExpr]]: ...
    def declareSizeTensor(
        self, outputIndex: int32, opt: Const[DimensionExpr], upper: Const[DimensionExpr]
    ) -> Borrowed[Const[DimensionExpr]]: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginV2Layer(
    Layer, cpp="IPluginV2Layer", impl="VPluginV2Layer", field="mImpl", offset=16, layer_type=LayerType.kPLUGIN_V2
):
    """A plugin of the second interface."""

    def getPlugin(self) -> Borrowed[PluginV2]: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginV3Layer(
    Layer, cpp="IPluginV3Layer", impl="VPluginV3Layer", field="mImpl", offset=16, layer_type=LayerType.kPLUGIN_V3
):
    """A plugin of the third interface."""

    def getPlugin(self) -> Borrowed[PluginV3]: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginResource(VersionedInterface, cpp="IPluginResource", info=("IPluginResource", 1, 0)):
    """A resource that plugins share."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def release(self) -> int32: ...
    def clone(self) -> Borrowed[PluginResource]: ...
    def __del__(self) -> None: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginCreatorInterface(VersionedInterface, cpp="IPluginCreatorInterface"):
    """What plugin creators have in common."""

    def __del__(self) -> None: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginV3(VersionedInterface, cpp="IPluginV3", info=("PLUGIN", 1, 0)):
    """A plugin of the third interface."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def getCapabilityInterface(self, type: PluginCapabilityType) -> Raw["IPluginCapability *"]: ...
    def clone(self) -> Borrowed[PluginV3]: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginV2(Application, cpp="IPluginV2"):
    """A plugin of the second interface."""

    @default
    @const
    def getTensorRTVersion(self) -> int32: ...
    @const
    def getPluginType(self) -> str: ...
    @const
    def getPluginVersion(self) -> str: ...
    @const
    def getNbOutputs(self) -> int32: ...
    def getOutputDimensions(self, index: int32, inputs: Raw["const Dims *"], nbInputDims: int32) -> Dims: ...
    @const
    def supportsFormat(self, type: DataType, format: Raw["PluginFormat"]) -> bool: ...
    def configureWithFormat(
        self,
        inputDims: Raw["const Dims *"],
        nbInputs: int32,
        outputDims: Raw["const Dims *"],
        nbOutputs: int32,
        type: DataType,
        format: Raw["PluginFormat"],
        maxBatchSize: int32,
    ) -> None: ...
    def initialize(self) -> int32: ...
    def terminate(self) -> None: ...
    @const
    def getWorkspaceSize(self, maxBatchSize: int32) -> size_t: ...
    def enqueue(
        self, batchSize: int32, inputs: Array[ConstAddress], outputs: Array[Address], workspace: Address, stream: Stream
    ) -> int32: ...
    @const
    def getSerializationSize(self) -> size_t: ...
    @const
    def serialize(self, buffer: Address) -> None: ...
    def destroy(self) -> None: ...
    @const
    def clone(self) -> Borrowed[PluginV2]: ...
    def setPluginNamespace(self, pluginNamespace: str) -> None: ...
    @const
    def getPluginNamespace(self) -> str: ...
    def __del__(self) -> None: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginV2Ext(PluginV2, cpp="IPluginV2Ext"):
    """A plugin of the second interface with type propagation."""

    @const
    def getOutputDataType(self, index: int32, inputTypes: Raw["const DataType *"], nbInputs: int32) -> DataType: ...
    def configurePlugin(
        self,
        inputDims: Raw["const Dims *"],
        nbInputs: int32,
        outputDims: Raw["const Dims *"],
        nbOutputs: int32,
        inputTypes: Raw["const DataType *"],
        outputTypes: Raw["const DataType *"],
        inputIsBroadcast: Raw["const bool *"],
        outputIsBroadcast: Raw["const bool *"],
        floatFormat: Raw["PluginFormat"],
        maxBatchSize: int32,
    ) -> None: ...
    def __del__(self) -> None: ...
    @default
    def attachToContext(
        self, arg0: Raw["cudnnContext *"], arg1: Raw["cublasContext *"], allocator: GpuAllocator | None
    ) -> None: ...
    @default
    def detachFromContext(self) -> None: ...
    @const
    def clone(self) -> Borrowed[PluginV2Ext]: ...
    @default
    @protected
    @const
    def getTensorRTVersion(self) -> int32: ...
    @default
    @protected
    def configureWithFormat(
        self,
        arg0: Raw["const Dims *"],
        arg1: int32,
        arg2: Raw["const Dims *"],
        arg3: int32,
        arg4: DataType,
        arg5: Raw["PluginFormat"],
        arg6: int32,
    ) -> None: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginV2IOExt(PluginV2Ext, cpp="IPluginV2IOExt"):
    """A plugin of the second interface with per-tensor formats."""

    def configurePlugin(
        self,
        in_: Raw["const PluginTensorDesc *"],
        nbInput: int32,
        out: Raw["const PluginTensorDesc *"],
        nbOutput: int32,
    ) -> None: ...
    @const
    def supportsFormatCombination(
        self, pos: int32, inOut: Raw["const PluginTensorDesc *"], nbInputs: int32, nbOutputs: int32
    ) -> bool: ...
    def __del__(self) -> None: ...
    @default
    @protected
    @const
    def getTensorRTVersion(self) -> int32: ...
    @default
    @private
    def configurePlugin(
        self,
        arg0: Raw["const Dims *"],
        arg1: int32,
        arg2: Raw["const Dims *"],
        arg3: int32,
        arg4: Raw["const DataType *"],
        arg5: Raw["const DataType *"],
        arg6: Raw["const bool *"],
        arg7: Raw["const bool *"],
        arg8: Raw["PluginFormat"],
        arg9: int32,
    ) -> None: ...
    @default
    @private
    @const
    def supportsFormat(self, arg0: DataType, arg1: Raw["PluginFormat"]) -> bool: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginCreator(PluginCreatorInterface, cpp="IPluginCreator"):
    """Makes plugins of the second interface."""

    @const
    def getPluginName(self) -> str: ...
    @const
    def getPluginVersion(self) -> str: ...
    def getFieldNames(self) -> Raw["const PluginFieldCollection *"]: ...
    def createPlugin(self, name: str, fc: Raw["const PluginFieldCollection *"]) -> Borrowed[PluginV2]: ...
    def deserializePlugin(self, name: str, serialData: ConstAddress, serialLength: size_t) -> Borrowed[PluginV2]: ...
    def setPluginNamespace(self, pluginNamespace: str) -> None: ...
    @const
    def getPluginNamespace(self) -> str: ...
    def __del__(self) -> None: ...
    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginRegistry(Application, cpp="IPluginRegistry"):
    """Knows the creators of plugins."""

    def __del__(self) -> None: ...
    def setErrorRecorder(self, recorder: ErrorRecorder | None) -> None: ...
    @const
    def getErrorRecorder(self) -> Borrowed[ErrorRecorder] | None: ...
    @const
    def isParentSearchEnabled(self) -> bool: ...
    def setParentSearchEnabled(self, enabled: bool) -> None: ...
    def loadLibrary(self, pluginPath: str) -> HostAddress: ...
    def deregisterLibrary(self, handle: HostAddress) -> None: ...
    def registerCreator(self, creator: PluginCreatorInterface, pluginNamespace: str) -> Ok: ...
    @const
    def getAllCreators(self, numCreators: Raw["int32_t *const"]) -> Raw["IPluginCreatorInterface *const *"]: ...
    def getCreator(
        self, pluginName: str, pluginVersion: str, pluginNamespace: str
    ) -> Borrowed[PluginCreatorInterface]: ...
    def deregisterCreator(self, creator: Const[PluginCreatorInterface]) -> Ok: ...
    def acquirePluginResource(self, key: str, resource: PluginResource | None) -> Borrowed[PluginResource]: ...
    def releasePluginResource(self, key: str) -> int32: ...
    def getAllCreatorsRecursive(
        self, numCreators: Raw["int32_t *const"]
    ) -> Raw["IPluginCreatorInterface *const *"]: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginV2DynamicExt(PluginV2Ext, cpp="IPluginV2DynamicExt"):
    """A plugin of the second interface with dynamic shapes."""

    @const
    def clone(self) -> Borrowed[PluginV2DynamicExt]: ...
    def getOutputDimensions(
        self, outputIndex: int32, inputs: Raw["const DimsExprs *"], nbInputs: int32, exprBuilder: ExprBuilder
    ) -> DimsExprs: ...
    def supportsFormatCombination(
        self, pos: int32, inOut: Raw["const PluginTensorDesc *"], nbInputs: int32, nbOutputs: int32
    ) -> Ok: ...
    def configurePlugin(
        self,
        in_: Raw["const DynamicPluginTensorDesc *"],
        nbInputs: int32,
        out: Raw["const DynamicPluginTensorDesc *"],
        nbOutputs: int32,
    ) -> None: ...
    @const
    def getWorkspaceSize(
        self,
        inputs: Raw["const PluginTensorDesc *"],
        nbInputs: int32,
        outputs: Raw["const PluginTensorDesc *"],
        nbOutputs: int32,
    ) -> size_t: ...
    def enqueue(
        self,
        inputDesc: Raw["const PluginTensorDesc *"],
        outputDesc: Raw["const PluginTensorDesc *"],
        inputs: Array[ConstAddress],
        outputs: Array[Address],
        workspace: Address,
        stream: Stream,
    ) -> int32: ...
    @default
    @protected
    @const
    def getTensorRTVersion(self) -> int32: ...
    def __del__(self) -> None: ...
    @default
    @private
    def configurePlugin(
        self,
        arg0: Raw["const Dims *"],
        arg1: int32,
        arg2: Raw["const Dims *"],
        arg3: int32,
        arg4: Raw["const DataType *"],
        arg5: Raw["const DataType *"],
        arg6: Raw["const bool *"],
        arg7: Raw["const bool *"],
        arg8: Raw["PluginFormat"],
        arg9: int32,
    ) -> None: ...
    @default
    @private
    @const
    def supportsFormat(self, arg0: DataType, arg1: Raw["PluginFormat"]) -> bool: ...
    @default
    @private
    def getOutputDimensions(self, arg0: int32, arg1: Raw["const Dims *"], arg2: int32) -> Dims: ...
    @default
    @private
    @const
    def getWorkspaceSize(self, arg0: int32) -> size_t: ...
    @default
    @private
    def enqueue(
        self, arg0: int32, arg1: Array[ConstAddress], arg2: Array[Address], arg3: Address, stream: Stream
    ) -> int32: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginResourceContext(Application, cpp="IPluginResourceContext"):
    """Gives a plugin an allocator and a recorder."""

    @const
    def getGpuAllocator(self) -> Borrowed[GpuAllocator]: ...
    @const
    def getErrorRecorder(self) -> Borrowed[ErrorRecorder] | None: ...
    def __del__(self) -> None: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginV3OneCore(VersionedInterface, cpp="IPluginV3OneCore", info=("PLUGIN_V3ONE_CORE", 1, 0)):
    """Identity of a plugin of the third interface."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    @const
    def getPluginName(self) -> str: ...
    @const
    def getPluginVersion(self) -> str: ...
    @const
    def getPluginNamespace(self) -> str: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginV3OneBuild(VersionedInterface, cpp="IPluginV3OneBuild", info=("PLUGIN_V3ONE_BUILD", 1, 0)):
    """Build capability of a plugin of the third interface."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def configurePlugin(
        self,
        in_: Raw["const DynamicPluginTensorDesc *"],
        nbInputs: int32,
        out: Raw["const DynamicPluginTensorDesc *"],
        nbOutputs: int32,
    ) -> int32: ...
    @const
    def getOutputDataTypes(
        self, outputTypes: Raw["DataType *"], nbOutputs: int32, inputTypes: Raw["const DataType *"], nbInputs: int32
    ) -> int32: ...
    def getOutputShapes(
        self,
        inputs: Raw["const DimsExprs *"],
        nbInputs: int32,
        shapeInputs: Raw["const DimsExprs *"],
        nbShapeInputs: int32,
        outputs: Raw["DimsExprs *"],
        nbOutputs: int32,
        exprBuilder: ExprBuilder,
    ) -> int32: ...
    def supportsFormatCombination(
        self, pos: int32, inOut: Raw["const DynamicPluginTensorDesc *"], nbInputs: int32, nbOutputs: int32
    ) -> Ok: ...
    @const
    def getNbOutputs(self) -> int32: ...
    @default
    @const
    def getWorkspaceSize(
        self,
        arg0: Raw["const DynamicPluginTensorDesc *"],
        arg1: int32,
        arg2: Raw["const DynamicPluginTensorDesc *"],
        arg3: int32,
    ) -> size_t: ...
    @default
    def getValidTactics(self, arg0: Raw["int32_t *"], arg1: int32) -> int32: ...
    @default
    def getNbTactics(self) -> int32: ...
    @default
    def getTimingCacheID(self) -> str: ...
    @default
    def getFormatCombinationLimit(self) -> int32: ...
    @default
    def getMetadataString(self) -> str: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginV3OneRuntime(VersionedInterface, cpp="IPluginV3OneRuntime", info=("PLUGIN_V3ONE_RUNTIME", 1, 0)):
    """Run-time capability of a plugin of the third interface."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    @default
    def setTactic(self, arg0: int32) -> int32: ...
    def onShapeChange(
        self,
        in_: Raw["const PluginTensorDesc *"],
        nbInputs: int32,
        out: Raw["const PluginTensorDesc *"],
        nbOutputs: int32,
    ) -> int32: ...
    def enqueue(
        self,
        inputDesc: Raw["const PluginTensorDesc *"],
        outputDesc: Raw["const PluginTensorDesc *"],
        inputs: Array[ConstAddress],
        outputs: Array[Address],
        workspace: Address,
        stream: Stream,
    ) -> int32: ...
    def attachToContext(self, context: PluginResourceContext | None) -> Borrowed[PluginV3]: ...
    def getFieldsToSerialize(self) -> Raw["const PluginFieldCollection *"]: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginV3OneBuildV2(PluginV3OneBuild, cpp="v_2_0::IPluginV3OneBuild", info=("PLUGIN_V3ONE_BUILD", 2, 0)):
    """Build capability with aliased inputs."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    @default
    def getAliasedInput(self, arg0: int32) -> int32: ...

@hidden("TensorRT-RTX runs no plugins")
class PluginCreatorV3One(PluginCreatorInterface, cpp="IPluginCreatorV3One"):
    """Makes plugins of the third interface."""

    @default
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def createPlugin(
        self, name: str, fc: Raw["const PluginFieldCollection *"], phase: TensorRTPhase
    ) -> Borrowed[PluginV3]: ...
    def getFieldNames(self) -> Raw["const PluginFieldCollection *"]: ...
    @const
    def getPluginName(self) -> str: ...
    @const
    def getPluginVersion(self) -> str: ...
    @const
    def getPluginNamespace(self) -> str: ...
    def __del__(self) -> None: ...
