"""What the generator makes of each thing that the registry can say, on a small registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from codegen import (
    emit_abi,
    emit_abi_check,
    emit_c_header,
    emit_callbacks,
    emit_layers,
    emit_report,
    emit_shim,
    emit_sys,
)
from codegen.ctypes_map import CTypes
from codegen.generate import outputs, write
from codegen.model import Registry, Type
from codegen.naming import c_constant, c_function, c_name, exported, imported, python_constant, python_name, snake
from codegen.read import ROOT

from . import tiny


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return tiny.load(tiny.write_tiny(tmp_path))


def squeeze(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("setName", "set_name"),
        ("CudaEngine", "cuda_engine"),
        ("getNbIOTensors", "get_nb_io_tensors"),
        ("addTopKV2", "add_topk_v2"),
        ("enqueueV3", "enqueue_v3"),
        ("addMoE", "add_moe"),
        ("addParametricReLU", "add_parametric_relu"),
        ("RaggedSoftMaxLayer", "ragged_softmax_layer"),
        ("addElementWise", "add_elementwise"),
        ("getTensorRTVersion", "get_tensorrt_version"),
        ("setCudaGraphStrategy", "set_cuda_graph_strategy"),
        ("addLRN", "add_lrn"),
        ("addNMSV2", "add_nms_v2"),
        ("setDLACore", "set_dla_core"),
        ("addGatherV2", "add_gather_v2"),
        ("serialized_onnx_model", "serialized_onnx_model"),
        ("KVCacheUpdateLayer", "kv_cache_update_layer"),
    ],
)
def test_snake(name: str, expected: str) -> None:
    assert snake(name) == expected


def test_names_of_each_layer() -> None:
    assert c_function("CudaEngine", "getNbIOTensors") == "trtx_cuda_engine_get_nb_io_tensors"
    assert c_constant("DataType", "kBF16") == "TRTX_DATA_TYPE_BF16"
    assert python_constant("kFLOAT") == "FLOAT"
    assert python_constant("kernel") == "kernel"
    assert python_name("getNbGroups") == "num_groups"
    assert python_name("isV2") == "is_v2"
    assert c_name("from") == "source"


def test_lists_of_names() -> None:
    assert exported(["b", "a"]) == ["__all__ = [", '    "a",', '    "b",', "]"]
    assert imported("m", ["b", "a"]) == ["from m import (", "    a,", "    b,", ")"]


@pytest.mark.parametrize(
    ("type_", "c", "abi"),
    [
        (Type("scalar", "int64"), "int64_t", "int64_t"),
        (Type("scalar", "float32"), "float", "float"),
        (Type("str"), "const char *", "const char *"),
        (Type("bytes"), "const void *", "const void *"),
        (Type("address"), "trtx_address", "void *"),
        (Type("stream"), "trtx_stream", "void *"),
        (Type("flags", item=Type("name", "Color")), "uint32_t", "uint32_t"),
        (Type("name", "Color"), "trtx_color", "int32_t"),
        (Type("name", "Dims"), "const trtx_dims *", "const trtx_dims &"),
        (Type("name", "Weights"), "const trtx_weights *", "trtx_weights"),
        (Type("name", "Engine"), "trtx_engine *", "IEngine *"),
        (Type("name", "ScaleLayer"), "trtx_layer *", "IScaleLayer *"),
        (Type("const", item=Type("name", "Engine")), "const trtx_engine *", "const IEngine *"),
        (Type("array", item=Type("scalar", "int32")), "const int32_t *", "const int32_t *"),
        (Type("array", item=Type("name", "Engine")), "trtx_engine *const *", "IEngine *const *"),
        (Type("out", item=Type("scalar", "int64")), "int64_t *", "int64_t *"),
        (Type("outarray", item=Type("str")), "const char **", "const char **"),
    ],
)
def test_types_of_parameters(registry: Registry, type_: Type, c: str, abi: str) -> None:
    types = CTypes(registry)
    assert (types.parameter(type_), types.abi_parameter(type_)) == (c, abi)


def test_c_header(registry: Registry) -> None:
    text = emit_c_header.emit(registry)
    plain = squeeze(text)
    assert "typedef struct trtx_engine trtx_engine;" in text
    assert "typedef struct trtx_layer trtx_layer;" in text
    assert "trtx_scale_layer;" not in text, "all layers share one handle type"
    assert "TRTX_COLOR_DARK_RED = 1" in text
    assert "int64_t d[8];" in text
    assert "const void *values;" in text
    assert "TRTX_API int32_t trtx_engine_get_nb_layers(const trtx_engine *self);" in text
    assert (
        "TRTX_API trtx_status trtx_engine_get_shape(const trtx_engine *self, const char *name, trtx_dims *result);"
        in text
    )
    assert "trtx_runtime_deserialize(trtx_runtime *self, const void *blob, size_t size, trtx_engine **result);" in text
    assert "/** A score. Since 1.6. Deprecated. */" in text
    assert "/** IOldWatcher: Watches, as it once did. Since 1.6. Deprecated. */" in text
    assert re.search(r"Since 1\.6\.[ *]+Deprecated\. \*/ TRTX_API trtx_status trtx_old_watcher_create\(", plain)
    assert "    /** True goes on. Deprecated. */\n    bool (*look_back)(" in text
    assert "    /** Newer. Since 1.7. */\n    bool (*look_up)(" in text
    assert "/** Values. Deprecated. */\ntypedef struct trtx_weights {" in text
    assert "trtx_engine_peek(const trtx_engine *self, int32_t index, int32_t *result);" in text
    assert "secret" not in text
    assert "bool (*look)(const char *name, trtx_address data, const trtx_dims *shape, void *user_data);" in plain
    assert "TRTX_LONG TRTX_API void trtx_watcher_destroy(trtx_watcher *self);" in text
    assert "TRTX_LONG TRTX_API void trtx_engine_destroy(trtx_engine *self);" in text
    assert "TRTX_LONG TRTX_API trtx_status trtx_engine_fits(" in text
    assert "\nTRTX_API trtx_status trtx_engine_set_name(" in text
    assert "trtx_layer_destroy" not in text, "the network owns its layers"
    assert "    /** True goes on. */\n    bool (*look)(" in text
    assert "/** Whether it fits. A no leaves its explanation in trtx_last_error(). */" in text
    assert "/** A color. A failure is seen in trtx_last_status() alone. */" in text
    assert "TRTX_API trtx_color trtx_engine_get_color(const trtx_engine *self, int32_t index);" in text
    assert "TRTX_API trtx_status trtx_engine_count_all(const trtx_engine *self, int64_t *result);" in text


def test_abi(registry: Registry) -> None:
    text = emit_abi.emit(registry)
    order = [text.index(f"{name}(") for name in ("getNbLayers", "setName", "setShape", "secret", "getScore")]
    assert order == sorted(order)
    assert "virtual int32_t getNbLayers() const = 0;" in text
    assert "virtual bool setShape(const char *name, const trtx_dims &shape) = 0;" in text
    assert "struct IScaleLayer : ILayer {\n    VScaleLayer *mImpl;\n};" in text
    assert "static_assert(sizeof(IScaleLayer) == 24);" in text
    assert "struct IVersionedInterface {" in text
    assert "    virtual ~IVersionedInterface() = default;" in text
    assert "    ~IWatcher() override = default;" in text
    assert text.index("struct ILayer : ") < text.index("struct IScaleLayer : ")


def test_shim(registry: Registry) -> None:
    family = next(f for f in registry.families if f.name == "runtime")
    text = emit_shim.emit(registry, family)
    assert 'access<int32_t>({"trtx_engine_get_nb_layers"}, self, [&]' in text
    assert 'guard({"trtx_engine_get_score", {1, 6}}, Results(result), [&]' in text
    assert "call.check(as<abi::IEngine>(self)->mImpl->setName(name));" in text
    assert 'call.need_dims(shape, "shape");' in text
    assert 'call.need(name, "name");' in text
    assert 'call.need_array(streams, nb_streams, "streams");' in text
    assert 'call.need(watcher, "watcher");' not in text, "it may be null"
    assert "call.check_pointer(from_abi<trtx_engine *>(" in text
    assert "call.check_count(" in text
    assert "*result = call.check_verdict(" in text
    assert "*result = call.check_counted(" in text
    assert "call.check_written_count(nb_names);" in text
    assert 'guard({"trtx_engine_get_names"}, Results(nb_names, result), [&]' in text
    assert 'call.need(nb_names, "nb_names");' in text
    assert 'destroy("trtx_engine_destroy", self);' in text
    assert re.search(r"\*result = own<abi::IEngine>\(call\.check_pointer\(.*deserialize\(.*, \{self\}\);", text)
    assert re.search(r"\*result = own<abi::IEngine>\(call\.check_pointer\(.*copy\(.*, \{self, engine\}\);", text)
    assert re.search(r"\*result = own<abi::IMemory>\(call\.check_pointer\(.*save\(.*, \{\}\);", text)
    assert re.search(r"\*result = own_sibling<abi::ICache>\(call\.check_pointer\(.*share\(.*, self\);", text)
    assert text.count("hold_object(") == 2
    assert 'call.check_log();\n        hold_object(self, "setWatcher", nullptr, watcher);' in text
    assert 'setCache(name, as<abi::ICache>(cache)));\n        hold_object(self, "setCache", name, cache);' in text
    assert 'guard(long_call("trtx_engine_fits"), Results(result), [&]' in text
    assert 'access<int64_t>(long_call("trtx_engine_get_space"), self, [&]' in text
    assert "return keep_text(as<abi::IEngine>(self)->mImpl->getTitle());" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    "result", ["None", "Ok", "int32", "Count", "Verdict", "Borrowed[Engine]", "Borrowed[Engine] | None"]
)
def test_shim_judges_a_written_count_beside_every_result(tmp_path: Path, result: str) -> None:
    method = f"    @long\n    def count(self, n: Out[Count] | None) -> {result}: ...\n"
    registry = tiny.load(tiny.write_tiny(tmp_path, runtime=tiny.RUNTIME + method))
    text = emit_shim.emit(registry, next(f for f in registry.families if f.name == "runtime"))
    body = text[text.index("trtx_runtime_count(") :]
    assert "call.check_written_count(n);" in body
    assert 'call.need(n, "n");' not in body, "the caller may leave it out"
    assert "Results(n)" in body or "Results(n, result)" in body


@pytest.mark.parametrize(
    ("parameters", "checks"),
    [
        ("x: Array[Engine], n: int32", ['call.need_each(x, n, "x");']),
        ("n: int64, x: OutArray[str]", ['call.need_array(x, n, "x");']),
        ("n: int32, x: OutArray[str] | None, y: OutArray[Color] | None", ['call.need_size(n, "n");']),
        ("n: int32, x: Array[int32], y: Array[int32]", ['call.need_array(x, n, "x");', 'call.need_array(y, n, "y");']),
        ("x: MutableArray[int64] | None, n: uint32", []),
        ("x: Bytes, n: int64", ['call.need(x, "x");', 'call.need_size(n, "n");']),
        ("x: Bytes | None, n: size_t", []),
    ],
)
def test_shim_checks_lengths(tmp_path: Path, parameters: str, checks: list[str]) -> None:
    method = f"    def take(self, {parameters}) -> Ok: ...\n"
    registry = tiny.load(tiny.write_tiny(tmp_path, runtime=tiny.RUNTIME + method))
    text = emit_shim.emit(registry, next(f for f in registry.families if f.name == "runtime"))
    body = text[text.index("trtx_runtime_take(") : text.index("void trtx_runtime_destroy(")]
    assert [line.strip() for line in body.splitlines() if "call.need" in line] == ['call.need(self, "self");', *checks]


def test_shim_of_layers_checks_the_kind(registry: Registry) -> None:
    family = next(f for f in registry.families if f.name == "network")
    text = emit_shim.emit(registry, family)
    assert 'access<int64_t>({"trtx_scale_layer_get_nb_groups"}, self, LayerSet{0}, [&]' in text
    assert "call.need_layer(self, LayerSet{0});" in text
    assert 'access<trtx_layer_type>({"trtx_layer_get_type"}, self, [&]' in text


def test_callbacks(registry: Registry) -> None:
    text = emit_callbacks.emit(registry)
    assert "class WatcherBridge final : public Bridge<abi::IWatcher, trtx_watcher_callbacks>" in text
    assert 'return {"IWatcher", 1, 0};' in text
    assert "mCallbacks.look(name, to_address(data), &shape, user_data())" in text
    assert 'destroy("trtx_watcher_destroy", self);' in text
    assert "bool look(const char *name, const void *data, const trtx_dims &shape) noexcept override" in text


def test_sys(tmp_path: Path) -> None:
    texts = outputs(tiny.write_tiny(tmp_path))
    cdef, stub, enums = texts[emit_sys.CDEF], texts[emit_sys.STUB], texts[emit_sys.ENUMS]
    assert "#" not in cdef
    assert "TRTX_API" not in cdef
    assert "TRTX_LONG" not in cdef
    assert "trtx_status trtx_load(const char *path);" in cdef
    assert 'extern "Python" bool trtx_py_watcher_look(' in cdef
    assert "def trtx_engine_set_name(lib, self: trtx_engine_p, name: bytes | CData, /) -> int: ..." in stub
    assert "def trtx_last_error(lib) -> str: ..." in stub
    assert "    TRTX_COLOR_RED: int" in stub
    compile(stub, "_ffi.pyi", "exec")
    names: dict[str, object] = {"__name__": "trtx_sys._enums", "__package__": "trtx_sys"}
    exec(compile(enums, "enums", "exec"), names)
    assert [member.name for member in names["Color"]] == ["RED", "DARK_RED"]  # type: ignore[attr-defined]


def test_long_calls(registry: Registry) -> None:
    header = (ROOT / "csrc" / "include" / "trtx_c.h").read_text(encoding="utf-8")
    names = emit_sys.emit_long_calls(registry, header).split()
    assert names == sorted(set(names))
    generated = {"engine_destroy", "engine_fits", "engine_get_space", "runtime_deserialize", "watcher_destroy"}
    by_hand = {
        "load",
        "release",
        "builder_create",
        "onnx_parser_refitter_create",
        "execution_context_run",
        "disable_callbacks",
    }
    assert {f'"trtx_{name}",' for name in generated | by_hand} <= set(names)
    for name in ("retain", "engine_set_name", "engine_get_nb_layers", "watcher_create", "last_error", "logger_log"):
        assert f'"trtx_{name}",' not in names


def test_layers(registry: Registry) -> None:
    text = emit_layers.emit(registry)
    plain = squeeze(text)
    assert "class ScaleLayer(Layer):" in text
    assert "def num_groups(self) -> int:" in text
    assert '"""Number of groups. (``IScaleLayer::getNbGroups``)"""' in text
    assert "taken = self.num_groups if taken != value: not_taken(self, " in plain
    assert "def color(self) -> Color:" in text
    assert "@color.setter" not in text
    assert "_COLOR = Members(Color)" in text
    assert "LayerType.SCALE.value: ScaleLayer," in text
    compile(text, "_layers_gen.py", "exec")


def test_report(registry: Registry) -> None:
    text = emit_report.emit(registry)
    assert "- not for anybody (1): `IEngine::secret`" in text
    assert "| IEngine | 15 | 1 |" in text
    assert "| IWatcher | 1 | 1 |" in text
    assert "the bridge answers (2): `IWatcher::getInterfaceInfo`, `IOldWatcher::getInterfaceInfo`" in text
    assert "- 1.6: 3" in text


def test_abi_check(registry: Registry) -> None:
    text = emit_abi_check.emit(registry)
    assert 'slot("VEngine::secret", &nvinfer1::apiv::VEngine::secret, &trtx::abi::VEngine::secret);' in text
    assert 'method("VEngine::setName", &nvinfer1::apiv::VEngine::setName, &trtx::abi::VEngine::setName);' in text
    assert '#if SDK_HAS(1, 6)\n    method("VEngine::getScore"' in text
    assert '#if SDK_HAS(1, 6)\n    slot_count<nvinfer1::apiv::VEngine>("VEngine", 18);\n#else\n' in text
    assert 'slot_count<nvinfer1::apiv::VEngine>("VEngine", 17);\n#endif' in text
    # Its base has two methods and a destructor of two places; of its own two, one is the base's.
    assert 'slot_count<nvinfer1::IWatcher>("IWatcher", 5);' in text


def test_writing_twice_writes_nothing(tmp_path: Path) -> None:
    root = tiny.write_tiny(tmp_path)
    assert set(write(root)) == set(outputs(root))
    assert write(root) == []
