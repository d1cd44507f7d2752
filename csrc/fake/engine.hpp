// SPDX-License-Identifier: Apache-2.0
//! Engines, and what is made of them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine_gen.hpp"
#include "execute.hpp"
#include "runtime_gen.hpp"

namespace trtx::fake {

/// Memory that a context pretends to need.
constexpr int64_t kContextMemory = 1024;

/// What an engine shares with its contexts and refitters.
struct EngineState {
    Plan plan;
    /// The plan's weights may be replaced while contexts exist.
    std::mutex mutex;
    IGpuAllocator *allocator = nullptr;

    /// The tensor of a name, if it is an input or an output.
    PlanTensor const *find(const char *name) const;
    /// The same, or a refusal that names it.
    PlanTensor const &io(const char *name) const;
    bool is_input(std::string const &name) const;
    std::vector<std::string> io_names() const;
};

using EnginePtr = std::shared_ptr<EngineState>;

class EngineImpl final : public CudaEngineStub {
public:
    explicit EngineImpl(EnginePtr state) : state(std::move(state)) {}
    EnginePtr state;
    ICudaEngine *face = nullptr;

protected:
    int32_t do_getNbLayers() const override { return static_cast<int32_t>(state->plan.nodes.size()); }
    IHostMemory *do_serialize() const override;
    IExecutionContext *do_createExecutionContext(int32_t strategy) override;
    bool do_isRefittable() const override { return state->plan.refittable; }
    const char *do_getName() const override { return state->plan.name.c_str(); }
    int32_t do_getNbOptimizationProfiles() const override;
    int32_t do_getProfilingVerbosity() const override { return state->plan.verbosity; }
    IEngineInspector *do_createEngineInspector() const override;
    trtx_dims do_getTensorShape(const char *name) const override { return to_dims(state->io(name).dims); }
    int32_t do_getTensorDataType(const char *name) const override { return state->io(name).type; }
    int32_t do_getTensorLocation(const char *name) const override;
    bool do_isShapeInferenceIO(const char *name) const override;
    int32_t do_getTensorIOMode(const char *name) const override;
    int32_t do_getTensorBytesPerComponent(const char *name) const override;
    int32_t do_getTensorComponentsPerElement(const char *name) const override;
    int32_t do_getTensorFormat(const char *name) const override;
    const char *do_getTensorFormatDesc(const char *name) const override;
    int32_t do_getTensorVectorizedDim(const char *name) const override;
    int32_t do_getTensorBytesPerComponentV2(const char *name, int32_t) const override;
    int32_t do_getTensorComponentsPerElementV2(const char *name, int32_t) const override;
    int32_t do_getTensorFormatV2(const char *name, int32_t) const override;
    const char *do_getTensorFormatDescV2(const char *name, int32_t) const override;
    int32_t do_getTensorVectorizedDimV2(const char *name, int32_t) const override;
    trtx_dims do_getProfileShape(const char *name, int32_t profile, int32_t select) const override;
    const int64_t *do_getProfileTensorValuesV2(const char *name, int32_t profile, int32_t select) const override;
    int32_t do_getNbIOTensors() const override { return static_cast<int32_t>(state->io_names().size()); }
    const char *do_getIOTensorName(int32_t index) const override;
    ISerializationConfig *do_createSerializationConfig() override;
    IHostMemory *do_serializeWithConfig(ISerializationConfig *config) const override;
    IRefitter *do_createRefitter(ILogger *logger) override;
    int64_t do_getStreamableWeightsSize() const override { return 0; }
    bool do_isDebugTensor(const char *name) const override;
    int64_t do_getDeviceMemorySizeV2() const override { return kContextMemory; }
    int64_t do_getDeviceMemorySizeForProfileV2(int32_t profile) const override;
    IExecutionContext *do_createExecutionContextWithRuntimeConfig(IRuntimeConfig *config) override;
    IRuntimeConfig *do_createRuntimeConfig() override;
    int64_t do_getEngineStat(int32_t stat) const override;
    bool do_areWeightsLoaded() const override { return true; }
    bool do_loadWeights(const void *, int64_t) override { return true; }
    bool do_loadWeightsAsync(IStreamReaderV2 *reader, void *stream) override;

private:
    void check_profile(int32_t profile) const;
};

/// Says when a context takes its memory, and which cache it uses.
class RuntimeConfigImpl final : public RuntimeConfigStub {
public:
    IRuntimeCache *cache = nullptr;

protected:
    IRuntimeCache *do_createRuntimeCache() const override;
    bool do_setRuntimeCache(IRuntimeCache const *given) override;
    IRuntimeCache *do_getRuntimeCache() const override { return cache; }
};

ICudaEngine *make_engine(Plan plan, LifePtr const &runtime, IGpuAllocator *allocator);
IExecutionContext *make_context(
    EnginePtr const &state, ICudaEngine *engine, LifePtr const &parent, int32_t strategy, IRuntimeConfig *config);
IEngineInspector *make_inspector(EnginePtr const &state, LifePtr const &parent);
IRefitter *make_refitter(EnginePtr const &state, LifePtr const &parent, ILogger *logger);

} // namespace trtx::fake
