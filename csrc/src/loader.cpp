// SPDX-License-Identifier: Apache-2.0
#include "loader.hpp"

#include <atomic>
#include <mutex>
#include <string>

#include "guard.hpp"
#include "shared_library.hpp"

namespace trtx {
namespace {

#ifdef _WIN32
/// The file names end in the version: tensorrt_rtx_1_6.dll.
constexpr const char *kCoreName = "tensorrt_rtx";
constexpr const char *kParserName = "tensorrt_onnxparser_rtx";
#else
constexpr const char *kCoreName = "libtensorrt_rtx.so.1";
constexpr const char *kParserName = "libtensorrt_onnxparser_rtx.so.1";
#endif

/// One of the two libraries. Written once under the mutex; readers see it whole through `ready`.
struct Slot {
    std::atomic<bool> ready{false};
    SharedLibrary library;
    std::string path;
    trtx_version version{};
    int32_t version_number = 0;
};

struct Slots {
    std::mutex mutex;
    Slot core;
    Slot parser;
};

/// Never destroyed: handlers of atexit() and the destructors of other objects may call this interface too, and keep the
/// paths that they were given.
Slots &slots()
{
    static Slots *const instance = new Slots;
    return *instance;
}

std::string text(trtx_version const &v)
{
    return std::to_string(v.major) + "." + std::to_string(v.minor) + "." + std::to_string(v.patch) + "."
        + std::to_string(v.build);
}

std::string text(Version const &v)
{
    return std::to_string(v.major) + "." + std::to_string(v.minor);
}

int32_t call_number(SharedLibrary const &library, const char *name, const char *purpose)
{
    auto *function = reinterpret_cast<int32_t (*)()>(library.symbol(name));
    if (!function) {
        throw Failure(TRTX_LOAD_FAILED,
            library.path() + " is no TensorRT-RTX " + purpose + ": it does not export " + name);
    }
    const std::string other = library.other_owner(reinterpret_cast<const void *>(function));
    if (!other.empty()) {
        throw Failure(TRTX_LOAD_FAILED,
            library.path() + " is no TensorRT-RTX " + purpose + ", it only links " + other + ": load that one");
    }
    return function();
}

trtx_version read_version(SharedLibrary const &library)
{
    return {call_number(library, "getInferLibMajorVersion", "library"),
        call_number(library, "getInferLibMinorVersion", "library"),
        call_number(library, "getInferLibPatchVersion", "library"),
        call_number(library, "getInferLibBuildVersion", "library")};
}

/// Whether a slot holds this library already; another one is an error.
bool already_loaded(Slot const &slot, SharedLibrary const &library)
{
    if (!slot.ready) {
        return false;
    }
    if (slot.library.same_as(library)) {
        return true;
    }
    throw Failure(TRTX_ALREADY_LOADED,
        "this process has loaded " + slot.path + " (" + text(slot.version) + ") already and cannot load "
            + library.path() + " too");
}

void publish(Slot &slot, SharedLibrary library, trtx_version version, int32_t number)
{
    slot.path = library.path();
    slot.library = std::move(library);
    slot.library.keep();
    slot.version = version;
    slot.version_number = number;
    slot.ready.store(true, std::memory_order_release);
}

#ifdef _WIN32

/// Opens the newest version that the system's loader finds, of those that may be there.
SharedLibrary open_by_name(const char *name)
{
    constexpr int32_t kSteps = 8; // minor versions beyond the newest that is known
    std::string reason;
    for (int32_t minor = kNewest.minor + kSteps; minor >= kOldest.minor; --minor) {
        const std::string file =
            std::string(name) + "_" + std::to_string(kOldest.major) + "_" + std::to_string(minor) + ".dll";
        try {
            return SharedLibrary::open(file.c_str());
        } catch (Failure const &failure) {
            reason = failure.what(); // the oldest's in the end; where none is there, all say the same
        }
    }
    throw Failure(TRTX_LOAD_FAILED, reason + "; nor is there a newer one");
}

#else

SharedLibrary open_by_name(const char *name)
{
    return SharedLibrary::open(name);
}

#endif

/// Opens the library at a path, or the one that the system's loader finds by the usual name.
SharedLibrary open(const char *path, const char *name)
{
    if (path && !*path) {
        // To the system's loader this is the program itself.
        throw Failure(TRTX_INVALID_ARGUMENT, std::string("path is empty; null asks the system's loader for ") + name);
    }
    return path ? SharedLibrary::open(path) : open_by_name(name);
}

void load_core(const char *path)
{
    SharedLibrary library = open(path, kCoreName);
    if (already_loaded(slots().core, library)) {
        return;
    }
    const int32_t number = call_number(library, "getInferLibVersion", "library");
    const trtx_version version = read_version(library);
    // The other TensorRT exports the same names, and counts its versions from another number.
    if (version.major != kOldest.major || Version{version.major, version.minor} < kOldest) {
        throw Failure(TRTX_VERSION_REFUSED,
            library.path() + " has version " + text(version) + ", whose interface is another one; TensorRT-RTX "
                + text(kOldest) + " or newer of major version " + std::to_string(kOldest.major) + " is needed");
    }
    for (const char *factory : {"createInferBuilder_INTERNAL", "createInferRuntime_INTERNAL"}) {
        if (!library.symbol(factory)) {
            throw Failure(TRTX_LOAD_FAILED,
                library.path() + " is not a complete TensorRT-RTX library: it does not export " + factory);
        }
    }
    publish(slots().core, std::move(library), version, number);
}

Slot const &loaded(Slot const &slot, const char *what, const char *how)
{
    if (!slot.ready.load(std::memory_order_acquire)) {
        throw Failure(TRTX_NOT_LOADED, std::string("no ") + what + " is loaded; call " + how + " first");
    }
    return slot;
}

Slot const &core()
{
    return loaded(slots().core, "TensorRT-RTX library", "trtx_load");
}

Slot const &parser()
{
    return loaded(slots().parser, "ONNX parser library", "trtx_load_onnx_parser");
}

/// The parser finds the loaded library by its name when it is opened. Its own version number is that of the ONNX
/// parser, the same in every TensorRT-RTX, so it cannot tell a parser of another version: the caller takes the one that
/// was delivered with the library.
void load_parser(const char *path)
{
    core();
    SharedLibrary library = open(path, kParserName);
    if (already_loaded(slots().parser, library)) {
        return;
    }
    const int32_t number = call_number(library, "getNvOnnxParserVersion", "ONNX parser");
    publish(slots().parser, std::move(library), core().version, number);
}

template <class Function> Function factory(Slot const &slot, const char *name)
{
    auto *symbol = reinterpret_cast<Function>(slot.library.symbol(name));
    if (!symbol) {
        throw Failure(TRTX_LOAD_FAILED, slot.path + " does not export " + name);
    }
    return symbol;
}

} // namespace

void require_version(Version since)
{
    if (!(kOldest < since)) {
        return;
    }
    trtx_version const &version = core().version;
    if (Version{version.major, version.minor} < since) {
        throw Failure(TRTX_NOT_SUPPORTED,
            "needs TensorRT-RTX " + text(since) + " or newer, but " + text(version) + " is loaded");
    }
}

namespace {

template <class Create> void *with_logger(trtx_logger *logger, Create &&create)
{
    add_logger_user(logger); // before the call, which logs
    void *made = nullptr;
    try {
        made = create();
    } catch (...) {
        remove_logger_user();
        throw;
    }
    if (!made) {
        remove_logger_user();
    }
    return made;
}

} // namespace

void *create_in_core(const char *name, trtx_logger *logger)
{
    auto *create = factory<void *(*)(void *, int32_t)>(core(), name);
    return with_logger(logger, [&] { return create(logger, core().version_number); });
}

void *create_in_core(const char *name, void *first, trtx_logger *logger)
{
    auto *create = factory<void *(*)(void *, void *, int32_t)>(core(), name);
    return with_logger(logger, [&] { return create(first, logger, core().version_number); });
}

void *create_in_parser(const char *name, void *first, trtx_logger *logger)
{
    auto *create = factory<void *(*)(void *, void *, int32_t)>(parser(), name);
    return create(first, logger, parser().version_number);
}

} // namespace trtx

using namespace trtx;

trtx_status trtx_load(const char *path)
{
    return guard(long_call("trtx_load"), [&](Call &) {
        const std::lock_guard<std::mutex> lock(slots().mutex);
        load_core(path);
    });
}

trtx_status trtx_load_onnx_parser(const char *path)
{
    return guard(long_call("trtx_load_onnx_parser"), [&](Call &) {
        const std::lock_guard<std::mutex> lock(slots().mutex);
        load_parser(path);
    });
}

trtx_status trtx_library_version(trtx_version *result)
{
    return guard({"trtx_library_version"}, Results(result), [&](Call &call) {
        call.need(result, "result");
        *result = core().version;
    });
}

trtx_status trtx_library_path(const char **result)
{
    return guard({"trtx_library_path"}, Results(result), [&](Call &call) {
        call.need(result, "result");
        *result = core().path.c_str();
    });
}

trtx_status trtx_onnx_parser_library_path(const char **result)
{
    return guard({"trtx_onnx_parser_library_path"}, Results(result), [&](Call &call) {
        call.need(result, "result");
        *result = parser().path.c_str();
    });
}

trtx_version trtx_newest_known_version(void)
{
    return {kNewest.major, kNewest.minor, 0, 0};
}

trtx_status trtx_builder_create(trtx_logger *logger, trtx_builder **result)
{
    return guard(long_call("trtx_builder_create"), Results(result), [&](Call &call) {
        call.need(result, "result");
        call.need(logger, "logger");
        auto *made = static_cast<trtx_builder *>(create_in_core("createInferBuilder_INTERNAL", logger));
        *result = own<abi::IBuilder>(call.check_pointer(made), {logger});
    });
}

trtx_status trtx_runtime_create(trtx_logger *logger, trtx_runtime **result)
{
    return guard(long_call("trtx_runtime_create"), Results(result), [&](Call &call) {
        call.need(result, "result");
        call.need(logger, "logger");
        auto *made = static_cast<trtx_runtime *>(create_in_core("createInferRuntime_INTERNAL", logger));
        *result = own<abi::IRuntime>(call.check_pointer(made), {logger});
    });
}

trtx_status trtx_refitter_create(trtx_cuda_engine *engine, trtx_logger *logger, trtx_refitter **result)
{
    return guard(long_call("trtx_refitter_create"), Results(result), [&](Call &call) {
        call.need(result, "result");
        call.need(engine, "engine");
        call.need(logger, "logger");
        auto *made = static_cast<trtx_refitter *>(create_in_core("createInferRefitter_INTERNAL", engine, logger));
        *result = own<abi::IRefitter>(call.check_pointer(made), {engine, logger});
    });
}

trtx_status trtx_onnx_parser_create(trtx_network_definition *network, trtx_logger *logger, trtx_onnx_parser **result)
{
    return guard(long_call("trtx_onnx_parser_create"), Results(result), [&](Call &call) {
        call.need(result, "result");
        call.need(network, "network");
        call.need(logger, "logger");
        // The parser puts an error recorder of its own on the network, and at its end restores the one that it found there:
        // on a network that has gone by then. So it must find none.
        abi::VNetworkDefinition &parsed = *as<abi::INetworkDefinition>(network)->mImpl;
        abi::IErrorRecorder *const found = parsed.getErrorRecorder();
        if (found) {
            parsed.setErrorRecorder(nullptr);
        }
        try {
            auto *made = static_cast<trtx_onnx_parser *>(create_in_parser("createNvOnnxParser_INTERNAL", network, logger));
            *result = own<abi::IParser>(call.check_pointer(made), {logger});
        } catch (...) {
            if (found) {
                parsed.setErrorRecorder(found);
            }
            throw;
        }
        hold_object(network, "setErrorRecorder", nullptr, nullptr);
        // The weights of parsed layers are the parser's.
        need_object(network, *result);
    });
}

trtx_status trtx_onnx_parser_refitter_create(
    trtx_refitter *refitter, trtx_logger *logger, trtx_onnx_parser_refitter **result)
{
    return guard(long_call("trtx_onnx_parser_refitter_create"), Results(result), [&](Call &call) {
        call.need(result, "result");
        call.need(refitter, "refitter");
        call.need(logger, "logger");
        auto *made = static_cast<trtx_onnx_parser_refitter *>(
            create_in_parser("createNvOnnxParserRefitter_INTERNAL", refitter, logger));
        *result = own<abi::IParserRefitter>(call.check_pointer(made), {refitter, logger});
    });
}
