// SPDX-License-Identifier: Apache-2.0
//! The runtime, its caches, and the inspector.
#include "builder.hpp"
#include "engine.hpp"
#include "exports.hpp"

namespace trtx::fake {
namespace {

constexpr char kCacheMagic[] = "TRTXCACH";

class RuntimeCacheImpl final : public RuntimeCacheStub {
protected:
    IHostMemory *do_serialize() const override { return make_host_memory(kCacheMagic, shared_life()); }
    bool do_deserialize(const void *blob, std::size_t size) override
    {
        if (!blob || size < 8 || std::memcmp(blob, kCacheMagic, 8) != 0) {
            throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "the blob is no runtime cache");
        }
        return true;
    }
    bool do_reset() override { return true; }
};

/// Reads a plan from a stream: first how long it is, then the rest.
std::string read_plan(IStreamReaderV2 &reader)
{
    std::string bytes(kHeaderSize, '\0');
    if (reader.read(bytes.data(), static_cast<int64_t>(bytes.size()), nullptr) != static_cast<int64_t>(bytes.size())) {
        throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "the stream reader gave too few bytes for a header");
    }
    const std::size_t size = plan_size(bytes.data(), bytes.size());
    if (size == 0) {
        throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "the magic tag does not match: this is no plan");
    }
    bytes.resize(size);
    for (std::size_t done = kHeaderSize; done < size;) {
        const int64_t got = reader.read(bytes.data() + done, static_cast<int64_t>(size - done), nullptr);
        if (got <= 0 || got > static_cast<int64_t>(size - done)) {
            throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "the stream ended before the plan");
        }
        done += static_cast<std::size_t>(got);
    }
    return bytes;
}

class RuntimeImpl final : public RuntimeStub {
public:
    IGpuAllocator *allocator = nullptr;

protected:
    ICudaEngine *do_deserializeCudaEngine(const void *blob, std::size_t size) override
    {
        require(blob != nullptr && size > 0, "blob != nullptr && size > 0");
        return make_engine(deserialize(blob, size), shared_life(), allocator);
    }
    ICudaEngine *do_deserializeCudaEngineV2(IStreamReaderV2 *reader) override
    {
        require(reader != nullptr, "streamReader != nullptr");
        remember(reader);
        const std::string bytes = read_plan(*reader);
        return make_engine(deserialize(bytes.data(), bytes.size()), shared_life(), allocator);
    }
    void do_setGpuAllocator(IGpuAllocator *given) override
    {
        remember(given);
        allocator = given;
    }
    ILogger *do_getLogger() const override { return life()->logger; }
    IPluginRegistry *do_getPluginRegistry() override { return &plugin_registry(); }
    bool do_setMaxThreads(int32_t threads) override
    {
        require(threads >= 1, "maxThreads >= 1");
        return RuntimeStub::do_setMaxThreads(threads);
    }
    IRuntime *do_loadRuntime(const char *path) override
    {
        refuse(std::string("there is no runtime at ") + text_or_empty(path));
    }
    int64_t do_getEngineHeaderSize() const override { return kHeaderSize; }
    int32_t do_getEngineValidity(const void *blob, int64_t size, uint64_t *diagnostics) const override
    {
        require(blob != nullptr && size >= static_cast<int64_t>(kHeaderSize), "blobSize >= getEngineHeaderSize()");
        const bool valid = plan_size(blob, static_cast<std::size_t>(size)) != 0;
        if (diagnostics) {
            *diagnostics = valid ? 0 : static_cast<uint64_t>(TRTX_ENGINE_INVALIDITY_DIAGNOSTICS_MALFORMED_ENGINE);
        }
        return valid ? TRTX_ENGINE_VALIDITY_VALID : TRTX_ENGINE_VALIDITY_INVALID;
    }
};

std::string quoted(std::string const &text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
        }
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + "\"";
}

class InspectorImpl final : public EngineInspectorStub {
public:
    explicit InspectorImpl(EnginePtr state) : mState(std::move(state)) {}

protected:
    bool do_setExecutionContext(IExecutionContext const *context) override
    {
        mExecutionContext = context;
        return true;
    }
    const char *do_getLayerInformation(int32_t index, int32_t format) const override
    {
        auto const &nodes = mState->plan.nodes;
        require(index >= 0 && index < static_cast<int32_t>(nodes.size()), "layerIndex < getNbLayers()");
        mText = layer(nodes[static_cast<std::size_t>(index)], format);
        return mText.c_str();
    }
    const char *do_getEngineInformation(int32_t format) const override
    {
        const bool json = format == TRTX_LAYER_INFORMATION_FORMAT_JSON;
        std::string text = json ? "{\"Layers\": [" : "Layers:\n";
        const char *separator = "";
        for (Node const &node : mState->plan.nodes) {
            text += separator + layer(node, format);
            separator = json ? ", " : "\n";
        }
        text += json ? "], \"Bindings\": [" : "\nBindings:\n";
        separator = "";
        for (std::string const &name : mState->io_names()) {
            text += separator + (json ? quoted(name) : name);
            separator = json ? ", " : "\n";
        }
        mText = text + (json ? "]}" : "\n");
        return mText.c_str();
    }

private:
    std::string layer(Node const &node, int32_t format) const
    {
        if (format != TRTX_LAYER_INFORMATION_FORMAT_JSON) {
            return node.name;
        }
        if (mState->plan.verbosity != TRTX_PROFILING_VERBOSITY_DETAILED) {
            return quoted(node.name);
        }
        return "{\"Name\": " + quoted(node.name) + ", \"LayerType\": " + std::to_string(node.type) + ", \"Inputs\": ["
            + tensors(node.inputs) + "], \"Outputs\": [" + tensors(node.outputs) + "]}";
    }
    std::string tensors(std::vector<int32_t> const &indices) const
    {
        std::string text;
        for (const int32_t index : indices) {
            if (index >= 0) {
                PlanTensor const &tensor = mState->plan.tensors[static_cast<std::size_t>(index)];
                text += (text.empty() ? "" : ", ") + ("{\"Name\": " + quoted(tensor.name)) + ", \"Dimensions\": "
                    + to_text(tensor.dims) + ", \"Format/Datatype\": " + quoted(name_of_type(tensor.type)) + "}";
            }
        }
        return text;
    }

    EnginePtr mState;
    mutable std::string mText;
};

} // namespace

IRuntimeCache *RuntimeConfigImpl::do_createRuntimeCache() const
{
    return publish<IRuntimeCache>("RuntimeCache", std::make_shared<RuntimeCacheImpl>(), shared_life());
}

bool RuntimeConfigImpl::do_setRuntimeCache(IRuntimeCache const *given)
{
    auto const *impl = impl_of<RuntimeCacheImpl>(given);
    if (!impl || !impl->life()->alive) {
        record_misuse("a destroyed RuntimeCache was used");
        refuse("the cache was destroyed");
    }
    cache = const_cast<IRuntimeCache *>(given);
    return true;
}

IRuntime *make_runtime(ILogger *logger)
{
    auto runtime = std::make_shared<RuntimeImpl>();
    runtime->mMaxThreads = 1;
    runtime->mDLACore = -1;
    runtime->mTempfileControlFlags = 3;
    auto *made = publish<IRuntime>("Runtime", runtime, nullptr);
    runtime->life()->logger = logger;
    return made;
}

IEngineInspector *make_inspector(EnginePtr const &state, LifePtr const &parent)
{
    return publish<IEngineInspector>("EngineInspector", std::make_shared<InspectorImpl>(state), parent);
}

} // namespace trtx::fake
