// SPDX-License-Identifier: Apache-2.0
//! The C functions that TensorRT-RTX and its ONNX parser export, in one library.
#include "exports.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

#include "builder.hpp"
#include "parser.hpp"
#include "trtx_fake.h"

namespace trtx::fake {
namespace {

/// The version that the library says it has; TRTX_FAKE_VERSION=1.5 or =1.6.1.120 changes it.
std::array<int32_t, 4> version()
{
    std::array<int32_t, 4> parts{1, 7, 0, 0};
    if (const char *text = std::getenv("TRTX_FAKE_VERSION")) {
        parts.fill(0);
        (void)std::sscanf(text, "%d.%d.%d.%d", &parts[0], &parts[1], &parts[2], &parts[3]);
    }
    return parts;
}

int32_t version_number()
{
    const auto parts = version();
    return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

/// The parser's own number, which is not the library's.
[[maybe_unused]] int32_t parser_version_number()
{
    return version()[1] < 6 && version()[0] == 1 ? 100 : 200;
}

class PluginRegistry final : public IPluginRegistry {
public:
    void setErrorRecorder(IErrorRecorder *) override {}
    IErrorRecorder *getErrorRecorder() const override { return nullptr; }
    bool isParentSearchEnabled() const override { return false; }
    void setParentSearchEnabled(bool) override {}
    void *loadLibrary(const char *) override { return nullptr; }
    void deregisterLibrary(void *) override {}
    bool registerCreator(IPluginCreatorInterface *, const char *) override { return false; }
    void *getAllCreators(void *) const override { return nullptr; }
    IPluginCreatorInterface *getCreator(const char *, const char *, const char *) override { return nullptr; }
    bool deregisterCreator(IPluginCreatorInterface const *) override { return false; }
    IPluginResource *acquirePluginResource(const char *, IPluginResource *) override { return nullptr; }
    int32_t releasePluginResource(const char *) override { return 0; }
    void *getAllCreatorsRecursive(void *) override { return nullptr; }
};

/// A factory's body, under the same faults as any method.
template <class T, class Body> T *create(const char *factory, ILogger *logger, bool same_version, Body &&body)
{
    const Subject nobody;
    remember(logger);
    return faulted<T *>(nobody, factory, [&]() -> T * {
        require(logger != nullptr, "logger != nullptr");
        require(same_version, "the caller was built for this version of the library");
        return body();
    });
}

} // namespace

IPluginRegistry &plugin_registry()
{
    static auto *const registry = new PluginRegistry;
    return *registry;
}

} // namespace trtx::fake

using namespace trtx::fake;

extern "C" {

TRTX_FAKE_API int32_t getInferLibVersion()
{
    return version_number();
}

TRTX_FAKE_API int32_t getInferLibMajorVersion()
{
    return version()[0];
}

TRTX_FAKE_API int32_t getInferLibMinorVersion()
{
    return version()[1];
}

TRTX_FAKE_API int32_t getInferLibPatchVersion()
{
    return version()[2];
}

TRTX_FAKE_API int32_t getInferLibBuildVersion()
{
    return version()[3];
}

// Each factory can be left out of a build of the library: a loader must say which one it misses.

#ifndef TRTX_FAKE_WITHOUT_BUILDER
TRTX_FAKE_API void *createInferBuilder_INTERNAL(void *logger, int32_t version)
{
    auto *const given = static_cast<ILogger *>(logger);
    return create<IBuilder>("createInferBuilder_INTERNAL", given, version == version_number(), [&] { return make_builder(given); });
}
#endif

#ifndef TRTX_FAKE_WITHOUT_RUNTIME
TRTX_FAKE_API void *createInferRuntime_INTERNAL(void *logger, int32_t version)
{
    auto *const given = static_cast<ILogger *>(logger);
    return create<IRuntime>("createInferRuntime_INTERNAL", given, version == version_number(), [&] { return make_runtime(given); });
}
#endif

#ifndef TRTX_FAKE_WITHOUT_REFITTER
TRTX_FAKE_API void *createInferRefitter_INTERNAL(void *engine, void *logger, int32_t version)
{
    auto *const given = static_cast<ILogger *>(logger);
    return create<IRefitter>("createInferRefitter_INTERNAL", given, version == version_number(),
        [&] { return make_refitter(static_cast<ICudaEngine *>(engine), given); });
}
#endif

#ifndef TRTX_FAKE_WITHOUT_PARSER
TRTX_FAKE_API void *createNvOnnxParser_INTERNAL(void *network, void *logger, int32_t version)
{
    auto *const given = static_cast<ILogger *>(logger);
    return create<IParser>("createNvOnnxParser_INTERNAL", given, version == parser_version_number(),
        [&] { return make_parser(static_cast<INetworkDefinition *>(network), given); });
}

TRTX_FAKE_API void *createNvOnnxParserRefitter_INTERNAL(void *refitter, void *logger, int32_t version)
{
    auto *const given = static_cast<ILogger *>(logger);
    return create<IParserRefitter>("createNvOnnxParserRefitter_INTERNAL", given, version == parser_version_number(),
        [&] { return make_parser_refitter(static_cast<IRefitter *>(refitter), given); });
}

TRTX_FAKE_API int32_t getNvOnnxParserVersion()
{
    return parser_version_number();
}
#endif

TRTX_FAKE_API void *getLogger()
{
    return last_logger();
}

TRTX_FAKE_API void *getPluginRegistry()
{
    return &plugin_registry();
}

TRTX_FAKE_API void *getBuilderPluginRegistry(int32_t)
{
    return &plugin_registry();
}

TRTX_FAKE_API bool setInternalLibraryPath(const char *)
{
    return false;
}

} // extern "C"
