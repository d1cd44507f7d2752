"""A small registry in a folder of its own, for tests that say what the generator makes of each thing."""

from __future__ import annotations

from pathlib import Path

from codegen.model import Registry
from codegen.read import ROOT, read_registry
from codegen.validate import validate

ENUMS = '''"""Enumerations."""

from vocabulary import *

class LayerType(Enum, cpp="LayerType", underlying=int32):
    """Kinds of layers."""

    kSCALE = 0

class Color(Enum, cpp="Color", underlying=int32):
    """Colors."""

    kRED = 0
    kDARK_RED = 1
'''

STRUCTS = '''"""Structures."""

from vocabulary import *

class Dims(Struct, cpp="Dims64", size=72):
    """A shape."""

    nbDims: int32 = 0
    d: Fixed[int64, 8] = 8

@hidden("only bridges report it")
class InterfaceInfo(Struct, cpp="InterfaceInfo", size=16):
    """Kind and version of an interface."""

    kind: str = 0
    major: int32 = 8
    minor: int32 = 12

@deprecated
class Weights(Struct, cpp="Weights", size=24):
    """Values."""

    type: Color = 0
    values: ConstAddress = 8
    count: int64 = 16
'''

CALLBACKS = '''"""Callbacks."""

from vocabulary import *

@hidden("base of other interfaces")
class VersionedInterface(Application, cpp="IVersionedInterface"):
    """Base of callbacks."""

    @const
    def getAPILanguage(self) -> int32: ...
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def __del__(self) -> None: ...

@callback
class Watcher(VersionedInterface, cpp="IWatcher", info=("IWatcher", 1, 0)):
    """Watches."""

    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def __del__(self) -> None: ...
    def look(self, name: str, data: ConstAddress, shape: Dims) -> bool:
        """True goes on."""

@since(1, 6)
@deprecated
@callback
class OldWatcher(VersionedInterface, cpp="IOldWatcher", info=("IOldWatcher", 1, 0)):
    """Watches, as it once did."""

    @since(1, 6)
    @const
    def getInterfaceInfo(self) -> InterfaceInfo: ...
    def __del__(self) -> None: ...
    @since(1, 6)
    @deprecated
    def lookBack(self) -> bool:
        """True goes on."""
    @since(1, 7)
    def lookUp(self) -> bool:
        """Newer."""
'''

NETWORK = '''"""Layers."""

from vocabulary import *

class Layer(Interface, cpp="ILayer", impl="VLayer", field="mLayer", offset=8):
    """Common part."""

    @const
    def getType(self) -> LayerType: ...

class ScaleLayer(
    Layer, cpp="IScaleLayer", impl="VScaleLayer", field="mImpl", offset=16, layer_type=LayerType.kSCALE
):
    """Scales."""

    def setNbGroups(self, nbGroups: int64) -> None: ...
    @const
    def getNbGroups(self) -> int64:
        """Number of groups."""
    @const
    def getColor(self) -> Color: ...
'''

RUNTIME = '''"""Owners."""

from vocabulary import *

@owned
class Engine(Interface, cpp="IEngine", impl="VEngine", field="mImpl", offset=8):
    """An engine."""

    @const
    def getNbLayers(self) -> int32: ...
    def setName(self, name: str | None) -> Ok: ...
    def setShape(self, name: str, shape: Dims) -> Ok: ...
    def setWatcher(self, watcher: Held[Watcher] | None) -> None: ...
    def setStreams(self, streams: Array[Stream], nbStreams: int32) -> None: ...
    @const
    def getShape(self, name: str) -> Dims: ...
    @accessor
    @const
    def getColor(self, index: int32) -> Color:
        """A color."""
    @long
    @const
    def fits(self, other: Const[Engine]) -> Verdict:
        """Whether it fits."""
    @const
    def countAll(self) -> Count[int64]: ...
    @long
    @const
    def getSpace(self) -> int64: ...
    @const
    def getTitle(self) -> str | None: ...
    @const
    def getWeights(self, name: str) -> Counted[Weights]: ...
    @const
    def getNames(self, nbNames: Out[Count[int64]]) -> View[str] | None: ...
    @hidden("not for anybody")
    def secret(self) -> None: ...
    @reads
    def peek(self, index: int32) -> int32: ...
    @since(1, 6)
    @deprecated
    def getScore(self) -> Count:
        """A score."""

@owned
@standalone
class Memory(Interface, cpp="IMemory", impl="VMemory", field="mImpl", offset=8):
    """Bytes."""

@owned
@sibling
class Cache(Interface, cpp="ICache", impl="VCache", field="mImpl", offset=8):
    """Results."""

@owned
class Runtime(Interface, cpp="IRuntime", impl="VRuntime", field="mImpl", offset=8):
    """Makes engines."""

    @long
    def deserialize(self, blob: Bytes, size: size_t) -> Owned[Engine]: ...
    @long
    def copy(self, engine: Held[Const[Engine]], watcher: Watcher | None) -> Owned[Engine]: ...
    def save(self) -> Owned[Memory]: ...
    def share(self) -> Owned[Cache]: ...
    @long
    def setCache(self, name: str, cache: Held[Cache] | None) -> Ok: ...
'''

FILES = {
    "enums": ENUMS,
    "structs": STRUCTS,
    "callbacks": CALLBACKS,
    "network": NETWORK,
    "runtime": RUNTIME,
}


def write_tiny(root: Path, **changes: str) -> Path:
    """Write the registry, with some files as given, under a project root; return the root."""
    folder = root / "csrc" / "registry"
    folder.mkdir(parents=True)
    for name, text in {**FILES, **changes}.items():
        (folder / f"{name}.pyi").write_text(text, encoding="utf-8")
    include = root / "csrc" / "include"
    include.mkdir()
    (include / "trtx_c.h").write_bytes((ROOT / "csrc" / "include" / "trtx_c.h").read_bytes())
    return root


def load(root: Path) -> Registry:
    registry = read_registry(root / "csrc" / "registry")
    validate(registry)
    return registry
