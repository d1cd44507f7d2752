"""Enumerations: values as the library counts them."""

from vocabulary import *

class DataType(Enum, cpp="DataType", underlying=int32):
    """Element types of tensors and weights."""

    kFLOAT = 0
    """IEEE float of 32 bits."""
    kHALF = 1
    """IEEE float of 16 bits."""
    kINT8 = 2
    """Signed integer of 8 bits, of quantized values for the most part."""
    kINT32 = 3
    """Signed integer of 32 bits."""
    kBOOL = 4
    """Truth value in a byte: 0 or 1."""
    kUINT8 = 5
    """Unsigned integer of 8 bits, for inputs and outputs of networks: layers compute with what it is cast to."""
    kFP8 = 6
    """Float of 8 bits with 4 of exponent and 3 of mantissa (E4M3)."""
    kBF16 = 7
    """Float of 16 bits with the exponent of a 32-bit one (bfloat16)."""
    kINT64 = 8
    """Signed integer of 64 bits."""
    kINT4 = 9
    """Signed integer of 4 bits, two to a byte; for quantized weights."""
    kFP4 = 10
    """Float of 4 bits with 2 of exponent and 1 of mantissa (E2M1), two to a byte."""
    kE8M0 = 11
    """Power of two in 8 bits, all of them exponent; for the scales of quantized blocks."""

class APILanguage(Enum, cpp="APILanguage", underlying=int32):
    """Language in which an interface is implemented."""

    kCPP = 0
    """C++."""
    kPYTHON = 1
    """Python."""

class ErrorCode(Enum, cpp="ErrorCode", underlying=int32):
    """Kinds of error, as an error recorder is told them."""

    kSUCCESS = 0
    """No error."""
    kUNSPECIFIED_ERROR = 1
    """None of the other kinds."""
    kINTERNAL_ERROR = 2
    """The library contradicts itself."""
    kINVALID_ARGUMENT = 3
    """A call was given what it does not allow."""
    kINVALID_CONFIG = 4
    """The configuration of a build or a layer does not fit together."""
    kFAILED_ALLOCATION = 5
    """Memory was not to be had."""
    kFAILED_INITIALIZATION = 6
    """A component, such as CUDA, could not be started."""
    kFAILED_EXECUTION = 7
    """A run failed on the GPU."""
    kFAILED_COMPUTATION = 8
    """A value could not be computed, or was no number."""
    kINVALID_STATE = 9
    """A call came out of its order."""
    kUNSUPPORTED_STATE = 10
    """The hardware or the version cannot do what was asked for."""

class TensorIOMode(Enum, cpp="TensorIOMode", underlying=int32):
    """Whether an engine tensor is an input or an output."""

    kNONE = 0
    """Neither an input nor an output."""
    kINPUT = 1
    """The application provides it."""
    kOUTPUT = 2
    """The engine writes it."""

@hidden("TensorRT-RTX runs no plugins")
class PluginFieldType(Enum, cpp="PluginFieldType", underlying=int32):
    """Types of plugin attributes."""

    kFLOAT16 = 0
    kFLOAT32 = 1
    kFLOAT64 = 2
    kINT8 = 3
    kINT16 = 4
    kINT32 = 5
    kCHAR = 6
    kDIMS = 7
    kUNKNOWN = 8
    kBF16 = 9
    kINT64 = 10
    kFP8 = 11
    kINT4 = 12
    kFP4 = 13

@hidden("TensorRT-RTX runs no plugins")
class TensorRTPhase(Enum, cpp="TensorRTPhase", underlying=int32):
    """Build or run, as plugins are told."""

    kBUILD = 0
    kRUNTIME = 1

@hidden("TensorRT-RTX runs no plugins")
class PluginCapabilityType(Enum, cpp="PluginCapabilityType", underlying=int32):
    """Kinds of plugin capability."""

    kCORE = 0
    kBUILD = 1
    kRUNTIME = 2

@hidden("TensorRT-RTX runs no plugins")
class PluginVersion(Enum, cpp="PluginVersion", underlying=uint8):
    """Versions of plugin interfaces."""

    kV2 = 0
    kV2_EXT = 1
    kV2_IOEXT = 2
    kV2_DYNAMICEXT = 3
    kV2_DYNAMICEXT_PYTHON = 67

@hidden("TensorRT-RTX runs no plugins")
class PluginCreatorVersion(Enum, cpp="PluginCreatorVersion", underlying=int32):
    """Versions of plugin creators."""

    kV1 = 0
    kV1_PYTHON = 64

class EngineCapability(Enum, cpp="EngineCapability", underlying=int32):
    """Restrictions that an engine is built for."""

    kSTANDARD = 0
    """No restriction."""
    kSAFETY = 1
    """What the safety runtime allows; not for TensorRT-RTX."""
    kDLA_STANDALONE = 2
    """A loadable of the DLA alone; not for TensorRT-RTX."""

@hidden("TensorRT-RTX runs no plugins")
class DimensionOperation(Enum, cpp="DimensionOperation", underlying=int32):
    """Operations on symbolic dimensions."""

    kSUM = 0
    kPROD = 1
    kMAX = 2
    kMIN = 3
    kSUB = 4
    kEQUAL = 5
    kLESS = 6
    kFLOOR_DIV = 7
    kCEIL_DIV = 8

class TensorLocation(Enum, cpp="TensorLocation", underlying=int32):
    """Where the values of a tensor or weight lie."""

    kDEVICE = 0
    """Memory of the GPU."""
    kHOST = 1
    """Memory of the CPU."""

class SeekPosition(Enum, cpp="SeekPosition", underlying=int32):
    """What an offset in a stream counts from."""

    kSET = 0
    """The start of the stream."""
    kCUR = 1
    """The present position."""
    kEND = 2
    """The end of the stream."""

class WeightsRole(Enum, cpp="WeightsRole", underlying=int32):
    """What weights do in their layer."""

    kKERNEL = 0
    """Kernel of a convolution or deconvolution."""
    kBIAS = 1
    """Bias of a convolution or deconvolution."""
    kSHIFT = 2
    """Shift of a scale."""
    kSCALE = 3
    """Factor of a scale."""
    kCONSTANT = 4
    """Values of a constant."""
    kANY = 5
    """Any of the others."""

class DeviceType(Enum, cpp="DeviceType", underlying=int32):
    """The kind of device that runs a layer."""

    kGPU = 0
    """The GPU."""
    kDLA = 1
    """A deep learning accelerator beside it, which TensorRT-RTX does not use."""

class TempfileControlFlag(Enum, cpp="TempfileControlFlag", underlying=int32):
    """What files the runtime may make."""

    kALLOW_IN_MEMORY_FILES = 0
    """Files that exist in memory alone."""
    kALLOW_TEMPORARY_FILES = 1
    """Named files in the folder for temporary ones."""

class TensorFormat(Enum, cpp="TensorFormat", underlying=int32):
    """Memory layouts of tensors."""

    kLINEAR = 0
    """Row-major, without padding: what numpy calls C order."""
    kCHW2 = 1
    """Two channels side by side."""
    kHWC8 = 2
    """Channels last, padded to a multiple of 8."""
    kCHW4 = 3
    """Four channels side by side."""
    kCHW16 = 4
    """Sixteen channels side by side."""
    kCHW32 = 5
    """Thirty-two channels side by side."""
    kDHWC8 = 6
    """Channels last in volumes, padded to a multiple of 8."""
    kCDHW32 = 7
    """Thirty-two channels side by side in volumes."""
    kHWC = 8
    """Channels last, without padding."""
    kDLA_LINEAR = 9
    """Planes of a DLA."""
    kDLA_HWC4 = 10
    """Images of a DLA, channels last."""
    kHWC16 = 11
    """Channels last, padded to a multiple of 16."""
    kDHWC = 12
    """Channels last in volumes, without padding."""

class AllocatorFlag(Enum, cpp="AllocatorFlag", underlying=int32):
    """Demands on device memory."""

    kRESIZABLE = 0
    """The block may be asked to grow or shrink later."""

class Severity(Enum, cpp="ILogger::Severity", underlying=int32):
    """Importance of a message, most severe first."""

    kINTERNAL_ERROR = 0
    """The library cannot go on: a fault of its own."""
    kERROR = 1
    """The application asked for what cannot be done."""
    kWARNING = 2
    """It goes on, but not as may have been meant."""
    kINFO = 3
    """What the library is doing."""
    kVERBOSE = 4
    """Details for debugging."""

class EngineValidity(Enum, cpp="EngineValidity", underlying=int32):
    """Whether an engine fits this machine."""

    kVALID = 0
    """The engine runs here."""
    kSUBOPTIMAL = 1
    """It runs here, though one that is built for this machine would be faster."""
    kINVALID = 2
    """It does not run here."""

@bits
class EngineInvalidityDiagnostics(Enum, cpp="EngineInvalidityDiagnostics", underlying=uint64):
    """Why an engine does not fit, one bit a reason."""

    kVERSION_MISMATCH = 1
    """Another version of TensorRT-RTX built it."""
    kUNSUPPORTED_CC = 2
    """It was not built for this compute capability."""
    kOLD_CUDA_DRIVER = 4
    """The driver is too old."""
    kOLD_CUDA_RUNTIME = 8
    """The CUDA runtime is too old."""
    kINSUFFICIENT_GPU_MEMORY = 16
    """The GPU has too little memory."""
    kMALFORMED_ENGINE = 32
    """The bytes are no engine, or a damaged one."""
    kCUDA_ERROR = 64
    """CUDA failed when it was asked about this machine."""

class OptProfileSelector(Enum, cpp="OptProfileSelector", underlying=int32):
    """Which of a profile's shapes is meant."""

    kMIN = 0
    """The smallest shape that is allowed."""
    kOPT = 1
    """The shape that kernels are chosen for."""
    kMAX = 2
    """The largest shape that is allowed."""

class TacticSource(Enum, cpp="TacticSource", underlying=int32):
    """Sources of tactics."""

    kEDGE_MASK_CONVOLUTIONS = 0
    """Convolutions by tables of masks for the edges."""
    kJIT_CONVOLUTIONS = 1
    """Convolutions whose source is compiled when they are needed."""

class ProfilingVerbosity(Enum, cpp="ProfilingVerbosity", underlying=int32):
    """How much an engine tells about its layers."""

    kLAYER_NAMES_ONLY = 0
    """Names of layers."""
    kNONE = 1
    """Nothing."""
    kDETAILED = 2
    """All of the layers: names, shapes, formats, parameters."""

class SerializationFlag(Enum, cpp="SerializationFlag", underlying=int32):
    """What serialization leaves out or keeps."""

    kEXCLUDE_WEIGHTS = 0
    """Weights that can be refitted are left out."""
    kEXCLUDE_LEAN_RUNTIME = 1
    """The lean runtime is left out."""
    kINCLUDE_REFIT = 2
    """The engine can be refitted again after it was loaded."""

class ExecutionContextAllocationStrategy(Enum, cpp="ExecutionContextAllocationStrategy", underlying=int32):
    """When a context gets its device memory."""

    kSTATIC = 0
    """Memory for the largest shapes of all profiles, when the context is made."""
    kON_PROFILE_CHANGE = 1
    """Memory for the largest shapes of the profile in use, whenever that changes."""
    kUSER_MANAGED = 2
    """Memory that the application gives."""

class DynamicShapesKernelSpecializationStrategy(
    Enum, cpp="DynamicShapesKernelSpecializationStrategy", underlying=int32
):
    """When kernels are compiled for the shapes in use."""

    kLAZY = 0
    """General kernels run at once; special ones are compiled beside them and take over."""
    kEAGER = 1
    """The run waits until the special kernels are compiled."""
    kNONE = 2
    """General kernels alone."""

class CudaGraphStrategy(Enum, cpp="CudaGraphStrategy", underlying=int32):
    """Whether the runtime captures CUDA graphs by itself."""

    kDISABLED = 0
    """Every run starts its kernels one by one."""
    kWHOLE_GRAPH_CAPTURE = 1
    """The run is captured once for its shapes, and played back afterwards."""

class EngineStat(Enum, cpp="EngineStat", underlying=int32):
    """Figures that an engine tells of itself."""

    kTOTAL_WEIGHTS_SIZE = 0
    """Bytes of all weights."""
    kSTRIPPED_WEIGHTS_SIZE = 1
    """Bytes of the weights that were left out."""

class LayerInformationFormat(Enum, cpp="LayerInformationFormat", underlying=int32):
    """Formats of an inspector's answer."""

    kONELINE = 0
    """A line of text for each layer."""
    kJSON = 1
    """A JSON document."""

class RuntimePlatform(Enum, cpp="RuntimePlatform", underlying=int32):
    """Platform that an engine will run on."""

    kSAME_AS_BUILD = 0
    """The system that builds it."""
    kWINDOWS_AMD64 = 1
    """Windows on x86-64."""

class BuilderFlag(Enum, cpp="BuilderFlag", underlying=int32):
    """Switches of a build."""

    kDEBUG = 2
    """Waits after every layer, to find the one that fails."""
    kGPU_FALLBACK = 3
    """Layers that a DLA cannot run go to the GPU."""
    kREFIT = 4
    """Weights can be replaced in the finished engine."""
    kDISABLE_TIMING_CACHE = 5
    """No timings are taken from, or kept for, other builds; no effect with TensorRT-RTX."""
    kTF32 = 6
    """Multiplications of 32-bit floats may round to TF32, which has 10 bits of mantissa. On by default."""
    kSPARSE_WEIGHTS = 7
    """Weights with two zeros in four may run on kernels made for them."""
    kSAFETY_SCOPE = 8
    """Only what the safety runtime can do."""
    kDIRECT_IO = 11
    """No conversion at inputs and outputs: the build fails where one were needed."""
    kVERSION_COMPATIBLE = 12
    """An engine for other versions too; not for TensorRT-RTX."""
    kEXCLUDE_LEAN_RUNTIME = 13
    """A compatible engine without its lean runtime."""
    kERROR_ON_TIMING_CACHE_MISS = 15
    """The build fails where the timing cache lacks an answer."""
    kDISABLE_COMPILATION_CACHE = 17
    """Kernels that were compiled during the build are not kept in the timing cache."""
    kSTRIP_PLAN = 18
    """Weights that can be refitted are left out of the engine."""
    kREFIT_IDENTICAL = 19
    """The engine is refitted with the very weights of the build alone."""
    kWEIGHT_STREAMING = 20
    """Weights may stay in host memory and be streamed to the GPU."""
    kREFIT_INDIVIDUAL = 22
    """Only weights that are marked can be refitted."""
    kSTRICT_NANS = 23
    """Not-a-number is carried through as IEEE 754 says, at some cost."""
    kMONITOR_MEMORY = 24
    """Memory is watched during the build and logged."""
    kEDITABLE_TIMING_CACHE = 26
    """The timing cache can be read and changed."""
    kDISTRIBUTIVE_INDEPENDENCE = 27
    """An output element depends on no other element along the axes that are not summed over."""
    kREQUIRE_USER_ALLOCATION = 28
    """All device memory comes from the application."""

class MemoryPoolType(Enum, cpp="MemoryPoolType", underlying=int32):
    """Memory pools whose size can be limited."""

    kWORKSPACE = 0
    """Scratch memory of layers."""
    kDLA_MANAGED_SRAM = 1
    """Fast memory of a DLA."""
    kDLA_LOCAL_DRAM = 2
    """Host memory of a DLA for values on their way."""
    kDLA_GLOBAL_DRAM = 3
    """Host memory of a DLA for weights."""
    kTACTIC_DRAM = 4
    """Device memory that trying a tactic may take."""
    kTACTIC_SHARED_MEMORY = 5
    """Shared memory of a block that a tactic may take."""

class PreviewFeature(Enum, cpp="PreviewFeature", underlying=int32):
    """Features in trial."""

    kALIASED_PLUGIN_IO_10_03 = 0
    """Plugins may write into their inputs."""
    kRUNTIME_ACTIVATION_RESIZE_10_10 = 1
    """The memory of a context may change with its shapes."""

class HardwareCompatibilityLevel(Enum, cpp="HardwareCompatibilityLevel", underlying=int32):
    """How far an engine is portable between GPUs."""

    kNONE = 0
    """The GPU generation of the build."""
    kAMPERE_PLUS = 1
    """Ampere and what came after it."""
    kSAME_COMPUTE_CAPABILITY = 2
    """GPUs of the compute capability of the build."""

class ComputeCapability(Enum, cpp="ComputeCapability", underlying=int32):
    """GPU generations that an engine is built for."""

    kNONE = 0
    """Not set."""
    kCURRENT = 1
    """That of this machine's GPU; only alone."""
    kSM75 = 75
    """7.5, Turing."""
    kSM80 = 80
    """8.0, Ampere A100."""
    kSM86 = 86
    """8.6, Ampere."""
    kSM89 = 89
    """8.9, Ada."""
    kSM120 = 120
    """12.0, Blackwell."""
    kSM121 = 121
    """12.1, Blackwell."""

class TilingOptimizationLevel(Enum, cpp="TilingOptimizationLevel", underlying=int32):
    """Effort spent on tiling."""

    kNONE = 0
    """No search for tilings."""
    kFAST = 1
    """A quick search."""
    kMODERATE = 2
    """A longer one."""
    kFULL = 3
    """The whole search, which takes long."""

class NetworkDefinitionCreationFlag(Enum, cpp="NetworkDefinitionCreationFlag", underlying=int32):
    """Switches of a network."""

    kSTRONGLY_TYPED = 0
    """Types follow from those of the inputs and casts. All networks of TensorRT-RTX are like that."""

class OnnxErrorCode(Enum, cpp="nvonnxparser::ErrorCode", underlying=int32):
    """Kinds of parser error."""

    kSUCCESS = 0
    """No error."""
    kINTERNAL_ERROR = 1
    """The parser contradicts itself."""
    kMEM_ALLOC_FAILED = 2
    """Memory was not to be had."""
    kMODEL_DESERIALIZE_FAILED = 3
    """The bytes are no model."""
    kINVALID_VALUE = 4
    """A value is out of its range."""
    kINVALID_GRAPH = 5
    """The graph is malformed."""
    kINVALID_NODE = 6
    """A node is malformed."""
    kUNSUPPORTED_GRAPH = 7
    """The graph uses what the parser does not know."""
    kUNSUPPORTED_NODE = 8
    """The operator is not supported."""
    kUNSUPPORTED_NODE_ATTR = 9
    """An attribute of the node is not supported."""
    kUNSUPPORTED_NODE_INPUT = 10
    """An input of the node is not supported."""
    kUNSUPPORTED_NODE_DATATYPE = 11
    """An element type of the node is not supported."""
    kUNSUPPORTED_NODE_DYNAMIC = 12
    """The node is not supported with open dimensions or values."""
    kUNSUPPORTED_NODE_SHAPE = 13
    """The shapes of the node are not supported."""
    kREFIT_FAILED = 14
    """Weights could not be refitted from the model."""

class OnnxParserFlag(Enum, cpp="nvonnxparser::OnnxParserFlag", underlying=int32):
    """Switches of the parser."""

    kNATIVE_INSTANCENORM = 0
    """InstanceNormalization becomes TensorRT-RTX's own layer."""
    kENABLE_UINT8_AND_ASYMMETRIC_QUANTIZATION_DLA = 1
    """Zero points and UINT8 in quantization, for a DLA."""
    kREPORT_CAPABILITY_DLA = 2
    """Questions about support are answered for a DLA."""
    kENABLE_PLUGIN_OVERRIDE = 3
    """Plugins come before operators of the same name."""
    kADJUST_FOR_DLA = 4
    """The network is adjusted to what a DLA can do."""

@since(1, 6)
class RefitTransformKind(Enum, cpp="nvonnxparser::RefitTransformKind", underlying=int32):
    """How an ONNX initializer becomes a weight."""

    kIDENTITY = 0
    """The values as they are."""
    kDOUBLE_TO_FLOAT = 1
    """Doubles, cast to 32-bit floats."""
    kBATCH_NORM_FOLD_SCALE = 2
    """The factor that a batch normalization's four initializers amount to."""
    kBATCH_NORM_FOLD_BIAS = 3
    """The shift that a batch normalization's four initializers amount to."""
    kCONSTANT_NODE = 4
    """The value of a Constant node."""
    kCONSTANT_OF_SHAPE = 5
    """One value in all elements, of a ConstantOfShape node."""

@since(1, 7)
class DLAWorkspaceAllocationStrategy(Enum, cpp="DLAWorkspaceAllocationStrategy", underlying=int32):
    """How workspace on a DLA is allocated."""

    kDEFAULT = 0
    """Every context has its own."""
    kSHARED_STATIC = 1
    """Contexts share one that is allocated once."""
