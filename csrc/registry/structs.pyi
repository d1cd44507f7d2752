"""Plain structures that cross the border, each field with its byte offset."""

from vocabulary import *

class Dims(Struct, cpp="Dims64", size=72):
    """Up to eight dimensions; -1 stands for a size that is not known yet."""

    nbDims: int32 = 0
    d: Fixed[int64, 8] = 8

@hidden("only callback bridges report it")
class InterfaceInfo(Struct, cpp="InterfaceInfo", size=16):
    """Kind and version of an interface."""

    kind: str = 0
    major: int32 = 8
    minor: int32 = 12

@hidden("TensorRT-RTX runs no plugins")
class PluginField(Struct, cpp="PluginField", size=24):
    """One attribute of a plugin."""

    name: str = 0
    data: ConstAddress = 8
    type: PluginFieldType = 16
    length: int32 = 20

@hidden("TensorRT-RTX runs no plugins")
class PluginFieldCollection(Struct, cpp="PluginFieldCollection", size=16):
    """Attributes of a plugin."""

    nbFields: int32 = 0
    fields: Raw["const PluginField *"] = 8

@hidden("TensorRT-RTX runs no plugins")
class PluginTensorDesc(Struct, cpp="PluginTensorDesc", size=88):
    """A tensor as a plugin sees it."""

    dims: Dims = 0
    type: DataType = 72
    format: TensorFormat = 76
    scale: float32 = 80

class Weights(Struct, cpp="Weights", size=24):
    """Values of a layer: their type, address and number."""

    type: DataType = 0
    values: ConstAddress = 8
    count: int64 = 16

@hidden("TensorRT-RTX runs no plugins")
class DimsExprs(Struct, cpp="DimsExprs", size=72):
    """Symbolic dimensions."""

    nbDims: int32 = 0
    d: Fixed[Raw["const IDimensionExpr *"], 8] = 8

@hidden("TensorRT-RTX runs no plugins")
class DynamicPluginTensorDesc(Struct, cpp="DynamicPluginTensorDesc", size=304):
    """A tensor of dynamic shape as a plugin sees it."""

    desc: PluginTensorDesc = 0
    min: Dims = 88
    max: Dims = 160
    opt: Dims = 232

class Permutation(Struct, cpp="Permutation", size=32):
    """The order of axes after a transposition."""

    order: Fixed[int32, 8] = 0

@deprecated
class TimingCacheKey(Struct, cpp="TimingCacheKey", size=16):
    """Key of a timing cache entry."""

    data: Fixed[uint8, 16] = 0

@deprecated
class TimingCacheValue(Struct, cpp="TimingCacheValue", size=16):
    """Value of a timing cache entry."""

    tacticHash: uint64 = 0
    timingMSec: float32 = 8

@hidden("TensorRT-RTX runs no plugins")
class PriorBoxParameters(Struct, cpp="plugin::PriorBoxParameters", size=80):
    """Parameters of a plugin."""

    minSize: Raw["float *"] = 0
    maxSize: Raw["float *"] = 8
    aspectRatios: Raw["float *"] = 16
    numMinSize: int32 = 24
    numMaxSize: int32 = 28
    numAspectRatios: int32 = 32
    flip: bool = 36
    clip: bool = 37
    variance: Fixed[float32, 4] = 40
    imgH: int32 = 56
    imgW: int32 = 60
    stepH: float32 = 64
    stepW: float32 = 68
    offset: float32 = 72

@hidden("TensorRT-RTX runs no plugins")
class RPROIParams(Struct, cpp="plugin::RPROIParams", size=40):
    """Parameters of a plugin."""

    poolingH: int32 = 0
    poolingW: int32 = 4
    featureStride: int32 = 8
    preNmsTop: int32 = 12
    nmsMaxOut: int32 = 16
    anchorsRatioCount: int32 = 20
    anchorsScaleCount: int32 = 24
    iouThreshold: float32 = 28
    minBoxSize: float32 = 32
    spatialScale: float32 = 36

@hidden("TensorRT-RTX runs no plugins")
class GridAnchorParameters(Struct, cpp="plugin::GridAnchorParameters", size=48):
    """Parameters of a plugin."""

    minSize: float32 = 0
    maxSize: float32 = 4
    aspectRatios: Raw["float *"] = 8
    numAspectRatios: int32 = 16
    H: int32 = 20
    W: int32 = 24
    variance: Fixed[float32, 4] = 28

@hidden("TensorRT-RTX runs no plugins")
class softmaxTree(Struct, cpp="plugin::softmaxTree", size=72):
    """Parameters of a plugin."""

    leaf: Raw["int32_t *"] = 0
    n: int32 = 8
    parent: Raw["int32_t *"] = 16
    child: Raw["int32_t *"] = 24
    group: Raw["int32_t *"] = 32
    name: Raw["char **"] = 40
    groups: int32 = 48
    groupSize: Raw["int32_t *"] = 56
    groupOffset: Raw["int32_t *"] = 64

@hidden("TensorRT-RTX runs no plugins")
class RegionParameters(Struct, cpp="plugin::RegionParameters", size=24):
    """Parameters of a plugin."""

    num: int32 = 0
    coords: int32 = 4
    classes: int32 = 8
    smTree: Raw["softmaxTree *"] = 16

@since(1, 6)
class RefitRecord(Struct, cpp="nvonnxparser::RefitRecord", size=72):
    """Which initializers feed a weight, and through which transformation. Its pointers are valid during the call only."""

    trtName: str = 0
    kind: RefitTransformKind = 8
    onnxDtype: int32 = 12
    trtDtype: DataType = 16
    count: int64 = 24
    nbSources: int32 = 32
    sourceOnnxNames: Array[str] = 40
    epsilon: float32 = 48
    fixedData: ConstAddress = 56
    fixedDataSize: size_t = 64
