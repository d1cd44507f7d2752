"""Enumerations: values as the library counts them."""

from vocabulary import *

class DataType(Enum, cpp="DataType", underlying=int32):
    """Element types of tensors and weights."""

    kFLOAT = 0
    kHALF = 1
    kINT8 = 2
    kINT32 = 3
    kBOOL = 4
    kUINT8 = 5
    kFP8 = 6
    kBF16 = 7
    kINT64 = 8
    kINT4 = 9
    kFP4 = 10
    kE8M0 = 11

class APILanguage(Enum, cpp="APILanguage", underlying=int32):
    """Language in which an interface is implemented."""

    kCPP = 0
    kPYTHON = 1

class ErrorCode(Enum, cpp="ErrorCode", underlying=int32):
    """Kinds of error, as an error recorder is told them."""

    kSUCCESS = 0
    kUNSPECIFIED_ERROR = 1
    kINTERNAL_ERROR = 2
    kINVALID_ARGUMENT = 3
    kINVALID_CONFIG = 4
    kFAILED_ALLOCATION = 5
    kFAILED_INITIALIZATION = 6
    kFAILED_EXECUTION = 7
    kFAILED_COMPUTATION = 8
    kINVALID_STATE = 9
    kUNSUPPORTED_STATE = 10

class TensorIOMode(Enum, cpp="TensorIOMode", underlying=int32):
    """Whether an engine tensor is an input or an output."""

    kNONE = 0
    kINPUT = 1
    kOUTPUT = 2

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
    kSAFETY = 1
    kDLA_STANDALONE = 2

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
    kHOST = 1

class SeekPosition(Enum, cpp="SeekPosition", underlying=int32):
    """What an offset in a stream counts from."""

    kSET = 0
    kCUR = 1
    kEND = 2

class WeightsRole(Enum, cpp="WeightsRole", underlying=int32):
    """What weights do in their layer."""

    kKERNEL = 0
    kBIAS = 1
    kSHIFT = 2
    kSCALE = 3
    kCONSTANT = 4
    kANY = 5

class DeviceType(Enum, cpp="DeviceType", underlying=int32):
    """The kind of device that runs a layer."""

    kGPU = 0
    kDLA = 1

class TempfileControlFlag(Enum, cpp="TempfileControlFlag", underlying=int32):
    """What files the runtime may make."""

    kALLOW_IN_MEMORY_FILES = 0
    kALLOW_TEMPORARY_FILES = 1

class TensorFormat(Enum, cpp="TensorFormat", underlying=int32):
    """Memory layouts of tensors."""

    kLINEAR = 0
    kCHW2 = 1
    kHWC8 = 2
    kCHW4 = 3
    kCHW16 = 4
    kCHW32 = 5
    kDHWC8 = 6
    kCDHW32 = 7
    kHWC = 8
    kDLA_LINEAR = 9
    kDLA_HWC4 = 10
    kHWC16 = 11
    kDHWC = 12

class AllocatorFlag(Enum, cpp="AllocatorFlag", underlying=int32):
    """Demands on device memory."""

    kRESIZABLE = 0

class Severity(Enum, cpp="ILogger::Severity", underlying=int32):
    """Importance of a message, most severe first."""

    kINTERNAL_ERROR = 0
    kERROR = 1
    kWARNING = 2
    kINFO = 3
    kVERBOSE = 4

class EngineValidity(Enum, cpp="EngineValidity", underlying=int32):
    """Whether an engine fits this machine."""

    kVALID = 0
    kSUBOPTIMAL = 1
    kINVALID = 2

@bits
class EngineInvalidityDiagnostics(Enum, cpp="EngineInvalidityDiagnostics", underlying=uint64):
    """Why an engine does not fit, one bit a reason."""

    kVERSION_MISMATCH = 1
    kUNSUPPORTED_CC = 2
    kOLD_CUDA_DRIVER = 4
    kOLD_CUDA_RUNTIME = 8
    kINSUFFICIENT_GPU_MEMORY = 16
    kMALFORMED_ENGINE = 32
    kCUDA_ERROR = 64

class OptProfileSelector(Enum, cpp="OptProfileSelector", underlying=int32):
    """Which of a profile's shapes is meant."""

    kMIN = 0
    kOPT = 1
    kMAX = 2

class TacticSource(Enum, cpp="TacticSource", underlying=int32):
    """Sources of tactics."""

    kEDGE_MASK_CONVOLUTIONS = 0
    kJIT_CONVOLUTIONS = 1

class ProfilingVerbosity(Enum, cpp="ProfilingVerbosity", underlying=int32):
    """How much an engine tells about its layers."""

    kLAYER_NAMES_ONLY = 0
    kNONE = 1
    kDETAILED = 2

class SerializationFlag(Enum, cpp="SerializationFlag", underlying=int32):
    """What serialization leaves out or keeps."""

    kEXCLUDE_WEIGHTS = 0
    kEXCLUDE_LEAN_RUNTIME = 1
    kINCLUDE_REFIT = 2

class ExecutionContextAllocationStrategy(Enum, cpp="ExecutionContextAllocationStrategy", underlying=int32):
    """When a context gets its device memory."""

    kSTATIC = 0
    kON_PROFILE_CHANGE = 1
    kUSER_MANAGED = 2

class DynamicShapesKernelSpecializationStrategy(
    Enum, cpp="DynamicShapesKernelSpecializationStrategy", underlying=int32
):
    """When kernels are compiled for the shapes in use."""

    kLAZY = 0
    kEAGER = 1
    kNONE = 2

class CudaGraphStrategy(Enum, cpp="CudaGraphStrategy", underlying=int32):
    """Whether the runtime captures CUDA graphs by itself."""

    kDISABLED = 0
    kWHOLE_GRAPH_CAPTURE = 1

class EngineStat(Enum, cpp="EngineStat", underlying=int32):
    """Figures that an engine tells of itself."""

    kTOTAL_WEIGHTS_SIZE = 0
    kSTRIPPED_WEIGHTS_SIZE = 1

class LayerInformationFormat(Enum, cpp="LayerInformationFormat", underlying=int32):
    """Formats of an inspector's answer."""

    kONELINE = 0
    kJSON = 1

class LayerType(Enum, cpp="LayerType", underlying=int32):
    """The kind of a layer."""

    kCONVOLUTION = 0
    kCAST = 1
    kACTIVATION = 2
    kPOOLING = 3
    kLRN = 4
    kSCALE = 5
    kSOFTMAX = 6
    kDECONVOLUTION = 7
    kCONCATENATION = 8
    kELEMENTWISE = 9
    kPLUGIN = 10
    kUNARY = 11
    kPADDING = 12
    kSHUFFLE = 13
    kREDUCE = 14
    kTOPK = 15
    kGATHER = 16
    kMATRIX_MULTIPLY = 17
    kRAGGED_SOFTMAX = 18
    kCONSTANT = 19
    kIDENTITY = 20
    kPLUGIN_V2 = 21
    kSLICE = 22
    kSHAPE = 23
    kPARAMETRIC_RELU = 24
    kRESIZE = 25
    kTRIP_LIMIT = 26
    kRECURRENCE = 27
    kITERATOR = 28
    kLOOP_OUTPUT = 29
    kSELECT = 30
    kFILL = 31
    kQUANTIZE = 32
    kDEQUANTIZE = 33
    kCONDITION = 34
    kCONDITIONAL_INPUT = 35
    kCONDITIONAL_OUTPUT = 36
    kSCATTER = 37
    kEINSUM = 38
    kASSERTION = 39
    kONE_HOT = 40
    kNON_ZERO = 41
    kGRID_SAMPLE = 42
    kNMS = 43
    kREVERSE_SEQUENCE = 44
    kNORMALIZATION = 45
    kPLUGIN_V3 = 46
    kSQUEEZE = 47
    kUNSQUEEZE = 48
    kCUMULATIVE = 49
    kDYNAMIC_QUANTIZE = 50
    kATTENTION_INPUT = 51
    kATTENTION_OUTPUT = 52
    kROTARY_EMBEDDING = 53
    kKVCACHE_UPDATE = 54
    kMOE = 55
    kDIST_COLLECTIVE = 56

class ActivationType(Enum, cpp="ActivationType", underlying=int32):
    """Activation functions."""

    kRELU = 0
    kSIGMOID = 1
    kTANH = 2
    kLEAKY_RELU = 3
    kELU = 4
    kSELU = 5
    kSOFTSIGN = 6
    kSOFTPLUS = 7
    kCLIP = 8
    kHARD_SIGMOID = 9
    kSCALED_TANH = 10
    kTHRESHOLDED_RELU = 11
    kGELU_ERF = 12
    kGELU_TANH = 13

class PaddingMode(Enum, cpp="PaddingMode", underlying=int32):
    """How the output size follows from padding and stride."""

    kEXPLICIT_ROUND_DOWN = 0
    kEXPLICIT_ROUND_UP = 1
    kSAME_UPPER = 2
    kSAME_LOWER = 3

class PoolingType(Enum, cpp="PoolingType", underlying=int32):
    """What a pooling window is reduced to."""

    kMAX = 0
    kAVERAGE = 1
    kMAX_AVERAGE_BLEND = 2

class ScaleMode(Enum, cpp="ScaleMode", underlying=int32):
    """What a scale's coefficients apply to."""

    kUNIFORM = 0
    kCHANNEL = 1
    kELEMENTWISE = 2

class ElementWiseOperation(Enum, cpp="ElementWiseOperation", underlying=int32):
    """Functions of two arguments."""

    kSUM = 0
    kPROD = 1
    kMAX = 2
    kMIN = 3
    kSUB = 4
    kDIV = 5
    kPOW = 6
    kFLOOR_DIV = 7
    kAND = 8
    kOR = 9
    kXOR = 10
    kEQUAL = 11
    kGREATER = 12
    kLESS = 13

class GatherMode(Enum, cpp="GatherMode", underlying=int32):
    """What the indices of a gather mean."""

    kDEFAULT = 0
    kELEMENT = 1
    kND = 2

class UnaryOperation(Enum, cpp="UnaryOperation", underlying=int32):
    """Functions of one argument."""

    kEXP = 0
    kLOG = 1
    kSQRT = 2
    kRECIP = 3
    kABS = 4
    kNEG = 5
    kSIN = 6
    kCOS = 7
    kTAN = 8
    kSINH = 9
    kCOSH = 10
    kASIN = 11
    kACOS = 12
    kATAN = 13
    kASINH = 14
    kACOSH = 15
    kATANH = 16
    kCEIL = 17
    kFLOOR = 18
    kERF = 19
    kNOT = 20
    kSIGN = 21
    kROUND = 22
    kISINF = 23
    kISNAN = 24

class ReduceOperation(Enum, cpp="ReduceOperation", underlying=int32):
    """Reductions."""

    kSUM = 0
    kPROD = 1
    kMAX = 2
    kMIN = 3
    kAVG = 4
    kNONE = 5

class CollectiveOperation(Enum, cpp="CollectiveOperation", underlying=int32):
    """Collective operations."""

    kALL_REDUCE = 0
    kALL_GATHER = 1
    kBROADCAST = 2
    kREDUCE = 3
    kREDUCE_SCATTER = 4
    kALL_TO_ALL = 5
    kGATHER = 6
    kSCATTER = 7

class SampleMode(Enum, cpp="SampleMode", underlying=int32):
    """What lies outside a tensor's bounds."""

    kSTRICT_BOUNDS = 0
    kWRAP = 1
    kCLAMP = 2
    kFILL = 3
    kREFLECT = 4

class TopKOperation(Enum, cpp="TopKOperation", underlying=int32):
    """Largest or smallest."""

    kMAX = 0
    kMIN = 1

class MatrixOperation(Enum, cpp="MatrixOperation", underlying=int32):
    """What is done to a matrix before it is multiplied."""

    kNONE = 0
    kTRANSPOSE = 1
    kVECTOR = 2

class InterpolationMode(Enum, cpp="InterpolationMode", underlying=int32):
    """Interpolation of a resize."""

    kNEAREST = 0
    kLINEAR = 1
    kCUBIC = 2

class ResizeCoordinateTransformation(Enum, cpp="ResizeCoordinateTransformation", underlying=int32):
    """How output coordinates map to input coordinates."""

    kALIGN_CORNERS = 0
    kASYMMETRIC = 1
    kHALF_PIXEL = 2

class ResizeSelector(Enum, cpp="ResizeSelector", underlying=int32):
    """What a resize to a single pixel takes."""

    kFORMULA = 0
    kUPPER = 1

class ResizeRoundMode(Enum, cpp="ResizeRoundMode", underlying=int32):
    """Rounding of nearest-neighbour coordinates."""

    kHALF_UP = 0
    kHALF_DOWN = 1
    kFLOOR = 2
    kCEIL = 3

class LoopOutput(Enum, cpp="LoopOutput", underlying=int32):
    """How a loop's values become an output."""

    kLAST_VALUE = 0
    kCONCATENATE = 1
    kREVERSE = 2

class TripLimit(Enum, cpp="TripLimit", underlying=int32):
    """What limits a loop."""

    kCOUNT = 0
    kWHILE = 1

class FillOperation(Enum, cpp="FillOperation", underlying=int32):
    """How a fill makes its values."""

    kLINSPACE = 0
    kRANDOM_UNIFORM = 1
    kRANDOM_NORMAL = 2

class ScatterMode(Enum, cpp="ScatterMode", underlying=int32):
    """What the indices of a scatter mean."""

    kELEMENT = 0
    kND = 1

class BoundingBoxFormat(Enum, cpp="BoundingBoxFormat", underlying=int32):
    """How boxes are written."""

    kCORNER_PAIRS = 0
    kCENTER_SIZES = 1

class CumulativeOperation(Enum, cpp="CumulativeOperation", underlying=int32):
    """Cumulative operations."""

    kSUM = 0

class AttentionNormalizationOp(Enum, cpp="AttentionNormalizationOp", underlying=int32):
    """Normalization of attention scores."""

    kNONE = 0
    kSOFTMAX = 1

class CausalMaskKind(Enum, cpp="CausalMaskKind", underlying=int32):
    """Corner to which a causal mask is aligned."""

    kNONE = 0
    kUPPER_LEFT = 1
    kLOWER_RIGHT = 2

class AttentionIOForm(Enum, cpp="AttentionIOForm", underlying=int32):
    """Layout of an attention's inputs."""

    kPADDED_BHND = 0
    kPACKED_NHD = 1

class KVCacheMode(Enum, cpp="KVCacheMode", underlying=int32):
    """How a key-value cache is addressed."""

    kLINEAR = 0

class MoEActType(Enum, cpp="MoEActType", underlying=int32):
    """Activation of a mixture of experts."""

    kNONE = 0
    kSILU = 1

class RuntimePlatform(Enum, cpp="RuntimePlatform", underlying=int32):
    """Platform that an engine will run on."""

    kSAME_AS_BUILD = 0
    kWINDOWS_AMD64 = 1

class BuilderFlag(Enum, cpp="BuilderFlag", underlying=int32):
    """Switches of a build."""

    kDEBUG = 2
    kGPU_FALLBACK = 3
    kREFIT = 4
    kDISABLE_TIMING_CACHE = 5
    kTF32 = 6
    kSPARSE_WEIGHTS = 7
    kSAFETY_SCOPE = 8
    kDIRECT_IO = 11
    kVERSION_COMPATIBLE = 12
    kEXCLUDE_LEAN_RUNTIME = 13
    kERROR_ON_TIMING_CACHE_MISS = 15
    kDISABLE_COMPILATION_CACHE = 17
    kSTRIP_PLAN = 18
    kREFIT_IDENTICAL = 19
    kWEIGHT_STREAMING = 20
    kREFIT_INDIVIDUAL = 22
    kSTRICT_NANS = 23
    kMONITOR_MEMORY = 24
    kEDITABLE_TIMING_CACHE = 26
    kDISTRIBUTIVE_INDEPENDENCE = 27
    kREQUIRE_USER_ALLOCATION = 28

class MemoryPoolType(Enum, cpp="MemoryPoolType", underlying=int32):
    """Memory pools whose size can be limited."""

    kWORKSPACE = 0
    kDLA_MANAGED_SRAM = 1
    kDLA_LOCAL_DRAM = 2
    kDLA_GLOBAL_DRAM = 3
    kTACTIC_DRAM = 4
    kTACTIC_SHARED_MEMORY = 5

class PreviewFeature(Enum, cpp="PreviewFeature", underlying=int32):
    """Features in trial."""

    kALIASED_PLUGIN_IO_10_03 = 0
    kRUNTIME_ACTIVATION_RESIZE_10_10 = 1

class HardwareCompatibilityLevel(Enum, cpp="HardwareCompatibilityLevel", underlying=int32):
    """How far an engine is portable between GPUs."""

    kNONE = 0
    kAMPERE_PLUS = 1
    kSAME_COMPUTE_CAPABILITY = 2

class ComputeCapability(Enum, cpp="ComputeCapability", underlying=int32):
    """GPU generations that an engine is built for."""

    kNONE = 0
    kCURRENT = 1
    kSM75 = 75
    kSM80 = 80
    kSM86 = 86
    kSM89 = 89
    kSM120 = 120
    kSM121 = 121

class TilingOptimizationLevel(Enum, cpp="TilingOptimizationLevel", underlying=int32):
    """Effort spent on tiling."""

    kNONE = 0
    kFAST = 1
    kMODERATE = 2
    kFULL = 3

class NetworkDefinitionCreationFlag(Enum, cpp="NetworkDefinitionCreationFlag", underlying=int32):
    """Switches of a network."""

    kSTRONGLY_TYPED = 0

class OnnxErrorCode(Enum, cpp="nvonnxparser::ErrorCode", underlying=int32):
    """Kinds of parser error."""

    kSUCCESS = 0
    kINTERNAL_ERROR = 1
    kMEM_ALLOC_FAILED = 2
    kMODEL_DESERIALIZE_FAILED = 3
    kINVALID_VALUE = 4
    kINVALID_GRAPH = 5
    kINVALID_NODE = 6
    kUNSUPPORTED_GRAPH = 7
    kUNSUPPORTED_NODE = 8
    kUNSUPPORTED_NODE_ATTR = 9
    kUNSUPPORTED_NODE_INPUT = 10
    kUNSUPPORTED_NODE_DATATYPE = 11
    kUNSUPPORTED_NODE_DYNAMIC = 12
    kUNSUPPORTED_NODE_SHAPE = 13
    kREFIT_FAILED = 14

class OnnxParserFlag(Enum, cpp="nvonnxparser::OnnxParserFlag", underlying=int32):
    """Switches of the parser."""

    kNATIVE_INSTANCENORM = 0
    kENABLE_UINT8_AND_ASYMMETRIC_QUANTIZATION_DLA = 1
    kREPORT_CAPABILITY_DLA = 2
    kENABLE_PLUGIN_OVERRIDE = 3
    kADJUST_FOR_DLA = 4

@since(1, 6)
class RefitTransformKind(Enum, cpp="nvonnxparser::RefitTransformKind", underlying=int32):
    """How an ONNX initializer becomes a weight."""

    kIDENTITY = 0
    kDOUBLE_TO_FLOAT = 1
    kBATCH_NORM_FOLD_SCALE = 2
    kBATCH_NORM_FOLD_BIAS = 3
    kCONSTANT_NODE = 4
    kCONSTANT_OF_SHAPE = 5

@since(1, 7)
class DLAWorkspaceAllocationStrategy(Enum, cpp="DLAWorkspaceAllocationStrategy", underlying=int32):
    """How workspace on a DLA is allocated."""

    kDEFAULT = 0
    kSHARED_STATIC = 1
