// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include "builder.hpp"
#include "exports.hpp"
#include "guests.hpp"

namespace trtx::fake {
namespace {

class SerializationConfigImpl final : public SerializationConfigStub {};

/// All weights of a plan in bytes.
int64_t weights_size(Plan const &plan)
{
    int64_t size = 0;
    for (Node const &node : plan.nodes) {
        for (auto const &[key, attribute] : node.attributes) {
            if (auto const *blob = std::get_if<Blob>(&attribute)) {
                size += static_cast<int64_t>(blob->bytes.size());
            }
        }
    }
    return size;
}

} // namespace

PlanTensor const *EngineState::find(const char *name) const
{
    for (auto const *indices : {&plan.inputs, &plan.outputs}) {
        for (const int32_t index : *indices) {
            PlanTensor const &tensor = plan.tensors[static_cast<std::size_t>(index)];
            if (name && tensor.name == name) {
                return &tensor;
            }
        }
    }
    return nullptr;
}

PlanTensor const &EngineState::io(const char *name) const
{
    PlanTensor const *const tensor = find(name);
    if (!tensor) {
        refuse(std::string("Given invalid tensor name: ") + text_or_empty(name)
            + ". Get valid tensor names with getIOTensorName()");
    }
    return *tensor;
}

bool EngineState::is_input(std::string const &name) const
{
    for (const int32_t index : plan.inputs) {
        if (plan.tensors[static_cast<std::size_t>(index)].name == name) {
            return true;
        }
    }
    return false;
}

std::vector<std::string> EngineState::io_names() const
{
    std::vector<std::string> names;
    for (auto const *indices : {&plan.inputs, &plan.outputs}) {
        for (const int32_t index : *indices) {
            names.push_back(plan.tensors[static_cast<std::size_t>(index)].name);
        }
    }
    return names;
}

IHostMemory *EngineImpl::do_serialize() const
{
    return make_host_memory(trtx::fake::serialize(state->plan), shared_life());
}

ISerializationConfig *EngineImpl::do_createSerializationConfig()
{
    return publish<ISerializationConfig>(
        "SerializationConfig", std::make_shared<SerializationConfigImpl>(), shared_life());
}

IHostMemory *EngineImpl::do_serializeWithConfig(ISerializationConfig *config) const
{
    auto const *impl = impl_of<SerializationConfigImpl>(config);
    require(impl && impl->life()->alive, "config is alive");
    return do_serialize();
}

int32_t EngineImpl::do_getNbOptimizationProfiles() const
{
    // An engine of fixed shapes has a profile too.
    return std::max<int32_t>(1, static_cast<int32_t>(state->plan.profiles.size()));
}

void EngineImpl::check_profile(int32_t profile) const
{
    require(profile >= 0 && profile < do_getNbOptimizationProfiles(), "profileIndex is in range");
}

IEngineInspector *EngineImpl::do_createEngineInspector() const
{
    return make_inspector(state, shared_life());
}

int32_t EngineImpl::do_getTensorLocation(const char *name) const
{
    (void)state->io(name);
    return TRTX_TENSOR_LOCATION_DEVICE;
}

bool EngineImpl::do_isShapeInferenceIO(const char *name) const
{
    (void)state->io(name);
    return false;
}

int32_t EngineImpl::do_getTensorIOMode(const char *name) const
{
    if (!state->find(name)) {
        return TRTX_TENSOR_IO_MODE_NONE;
    }
    return state->is_input(name) ? TRTX_TENSOR_IO_MODE_INPUT : TRTX_TENSOR_IO_MODE_OUTPUT;
}

int32_t EngineImpl::do_getTensorBytesPerComponent(const char *name) const
{
    return static_cast<int32_t>(size_of(state->io(name).type));
}

int32_t EngineImpl::do_getTensorComponentsPerElement(const char *name) const
{
    (void)state->io(name);
    return 1;
}

int32_t EngineImpl::do_getTensorFormat(const char *name) const
{
    (void)state->io(name);
    return TRTX_TENSOR_FORMAT_LINEAR;
}

const char *EngineImpl::do_getTensorFormatDesc(const char *name) const
{
    (void)state->io(name);
    return "Row major linear format";
}

int32_t EngineImpl::do_getTensorVectorizedDim(const char *name) const
{
    (void)state->io(name);
    return -1;
}

int32_t EngineImpl::do_getTensorBytesPerComponentV2(const char *name, int32_t profile) const
{
    check_profile(profile);
    return do_getTensorBytesPerComponent(name);
}

int32_t EngineImpl::do_getTensorComponentsPerElementV2(const char *name, int32_t profile) const
{
    check_profile(profile);
    return do_getTensorComponentsPerElement(name);
}

int32_t EngineImpl::do_getTensorFormatV2(const char *name, int32_t profile) const
{
    check_profile(profile);
    return do_getTensorFormat(name);
}

const char *EngineImpl::do_getTensorFormatDescV2(const char *name, int32_t profile) const
{
    check_profile(profile);
    return do_getTensorFormatDesc(name);
}

int32_t EngineImpl::do_getTensorVectorizedDimV2(const char *name, int32_t profile) const
{
    check_profile(profile);
    return do_getTensorVectorizedDim(name);
}

trtx_dims EngineImpl::do_getProfileShape(const char *name, int32_t profile, int32_t select) const
{
    check_profile(profile);
    require(select >= 0 && select <= TRTX_OPT_PROFILE_SELECTOR_MAX, "select is an OptProfileSelector");
    PlanTensor const &tensor = state->io(name);
    require(state->is_input(tensor.name), "the tensor is an input");
    auto const &shapes = state->plan.profile(profile).shapes;
    const auto found = shapes.find(tensor.name);
    return to_dims(found == shapes.end() ? tensor.dims : found->second[static_cast<std::size_t>(select)]);
}

const int64_t *EngineImpl::do_getProfileTensorValuesV2(const char *name, int32_t profile, int32_t select) const
{
    check_profile(profile);
    require(select >= 0 && select <= TRTX_OPT_PROFILE_SELECTOR_MAX, "select is an OptProfileSelector");
    (void)state->io(name);
    auto const &values = state->plan.profile(profile).values;
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second[static_cast<std::size_t>(select)].data();
}

const char *EngineImpl::do_getIOTensorName(int32_t index) const
{
    const std::vector<std::string> names = state->io_names();
    require(index >= 0 && index < static_cast<int32_t>(names.size()), "index >= 0 && index < getNbIOTensors()");
    return state->find(names[static_cast<std::size_t>(index)].c_str())->name.c_str();
}

bool EngineImpl::do_isDebugTensor(const char *name) const
{
    for (PlanTensor const &tensor : state->plan.tensors) {
        if (tensor.name == name) {
            return tensor.debug;
        }
    }
    return false;
}

int64_t EngineImpl::do_getDeviceMemorySizeForProfileV2(int32_t profile) const
{
    check_profile(profile);
    return kContextMemory;
}

/// Reads the beginning, which is all that it needs.
bool EngineImpl::do_loadWeightsAsync(IStreamReaderV2 *reader, void *stream)
{
    require(reader != nullptr, "streamReader != nullptr");
    remember(reader);
    char bytes[16];
    if (!reader->seek(0, TRTX_SEEK_POSITION_SET) || reader->read(bytes, sizeof bytes, stream) != sizeof bytes) {
        throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "the stream reader gave too few bytes for weights");
    }
    return true;
}

int64_t EngineImpl::do_getEngineStat(int32_t stat) const
{
    return stat == TRTX_ENGINE_STAT_TOTAL_WEIGHTS_SIZE ? weights_size(state->plan) : 0;
}

IRefitter *EngineImpl::do_createRefitter(ILogger *logger)
{
    return make_refitter(state, shared_life(), logger);
}

IExecutionContext *EngineImpl::do_createExecutionContext(int32_t strategy)
{
    return make_context(state, face, shared_life(), strategy, nullptr);
}

IExecutionContext *EngineImpl::do_createExecutionContextWithRuntimeConfig(IRuntimeConfig *config)
{
    auto const *impl = impl_of<RuntimeConfigImpl>(config);
    if (!impl || !impl->life()->alive) {
        record_misuse("a destroyed RuntimeConfig was used");
        refuse("the runtime configuration was destroyed");
    }
    return make_context(
        state, face, shared_life(), impl->mExecutionContextAllocationStrategy, config);
}

IRuntimeConfig *EngineImpl::do_createRuntimeConfig()
{
    return publish<IRuntimeConfig>("RuntimeConfig", std::make_shared<RuntimeConfigImpl>(), shared_life());
}

ICudaEngine *make_engine(Plan plan, LifePtr const &runtime, IGpuAllocator *allocator)
{
    auto state = std::make_shared<EngineState>();
    state->plan = std::move(plan);
    state->allocator = allocator;
    auto engine = std::make_shared<EngineImpl>(state);
    engine->face = publish<ICudaEngine>("CudaEngine", engine, runtime);
    return engine->face;
}

IRefitter *make_refitter(ICudaEngine *engine, ILogger *logger)
{
    auto *impl = impl_of<EngineImpl>(engine);
    if (!impl || !impl->life()->alive) {
        record_misuse("a destroyed CudaEngine was used");
        return nullptr;
    }
    return make_refitter(impl->state, impl->shared_life(), logger);
}

} // namespace trtx::fake
