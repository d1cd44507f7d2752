// SPDX-License-Identifier: Apache-2.0
#include "builder.hpp"

#include <algorithm>

#include "execute.hpp"
#include "exports.hpp"

namespace trtx::fake {
namespace {

/// Thrown out of a build when the monitor says no: that is no error.
struct Cancelled {};

/// A phase of the build as the monitor sees it; finished however it is left.
class Phase {
public:
    Phase(IProgressMonitor *monitor, Life const *life, const char *name, const char *parent, int32_t steps)
        : mMonitor(monitor), mLife(life), mName(name)
    {
        if (mMonitor) {
            mMonitor->phaseStart(mName, parent, steps);
        }
    }
    ~Phase()
    {
        if (mMonitor) {
            mMonitor->phaseFinish(mName);
        }
    }
    Phase(Phase const &) = delete;
    Phase &operator=(Phase const &) = delete;

    void step()
    {
        // A place for faults: "Build::step=sleep:100" leaves time to cancel.
        (void)enter(mLife, "Build::step");
        if (mMonitor && !mMonitor->stepComplete(mName, mSteps++)) {
            throw Cancelled();
        }
    }

private:
    IProgressMonitor *mMonitor;
    Life const *mLife;
    const char *mName;
    int32_t mSteps = 0;
};

bool is_dynamic(PlanTensor const &tensor)
{
    return std::find(tensor.dims.begin(), tensor.dims.end(), -1) != tensor.dims.end();
}

/// Every dynamic input needs a range of shapes in every profile, and the range must fit it.
void check_profiles(Plan const &plan)
{
    for (const int32_t index : plan.inputs) {
        PlanTensor const &input = plan.tensors[static_cast<std::size_t>(index)];
        if (!is_dynamic(input)) {
            continue;
        }
        if (plan.profiles.empty()) {
            throw Refusal(TRTX_ERROR_CODE_INVALID_CONFIG,
                "Network has dynamic or shape inputs, but no optimization profile has been defined.");
        }
        for (PlanProfile const &profile : plan.profiles) {
            const auto found = profile.shapes.find(input.name);
            if (found == profile.shapes.end()) {
                throw Refusal(TRTX_ERROR_CODE_INVALID_CONFIG,
                    "Dynamic dimensions required for input " + input.name + ", but no shapes were provided.");
            }
            for (Sizes const &shape : found->second) {
                require(shape.size() == input.dims.size(), "the profile has the input's rank");
                for (std::size_t i = 0; i < shape.size(); ++i) {
                    require(input.dims[i] < 0 || input.dims[i] == shape[i], "the profile fits the input's dimensions");
                }
            }
        }
    }
}

class BuilderImpl final : public BuilderStub {
public:
    IBuilder *face = nullptr;
    std::vector<LifePtr> profiles;

protected:
    IBuilderConfig *do_createBuilderConfig() override
    {
        return publish<IBuilderConfig>("BuilderConfig", std::make_shared<ConfigImpl>(), shared_life());
    }
    INetworkDefinition *do_createNetworkV2(uint32_t flags) override
    {
        const std::shared_ptr<NetworkBase> network = make_network(face, flags);
        auto *made = publish<INetworkDefinition>("NetworkDefinition", network, shared_life());
        network->life()->end = [raw = network.get()] { raw->end(); };
        return made;
    }
    IOptimizationProfile *do_createOptimizationProfile() override
    {
        auto profile = std::make_shared<ProfileImpl>();
        auto *made = publish<IOptimizationProfile>("OptimizationProfile", profile, shared_life());
        profiles.push_back(profile->shared_life());
        return made;
    }
    IHostMemory *do_buildSerializedNetwork(INetworkDefinition *network, IBuilderConfig *config) override
    {
        std::string bytes;
        return build(network, config, bytes) ? make_host_memory(std::move(bytes), shared_life()) : nullptr;
    }
    bool do_buildSerializedNetworkToStream(
        INetworkDefinition *network, IBuilderConfig *config, IStreamWriter *writer) override
    {
        require(writer != nullptr, "writer != nullptr");
        remember(writer);
        std::string bytes;
        if (!build(network, config, bytes)) {
            return false;
        }
        // In two pieces, as a larger plan would come.
        const auto size = static_cast<int64_t>(bytes.size());
        const int64_t half = size / 2;
        if (writer->write(bytes.data(), half) != half || writer->write(bytes.data() + half, size - half) != size - half) {
            throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "the stream writer did not take all bytes");
        }
        return true;
    }
    bool do_isNetworkSupported(INetworkDefinition const *network, IBuilderConfig const *config) const override
    {
        (void)config;
        (void)network_of(network).plan();
        return true;
    }
    ILogger *do_getLogger() const override { return life()->logger; }
    void do_setGpuAllocator(IGpuAllocator *allocator) override { remember(allocator); }
    IPluginRegistry *do_getPluginRegistry() override { return &plugin_registry(); }
    bool do_setMaxThreads(int32_t threads) override
    {
        require(threads >= 1, "maxThreads >= 1");
        return BuilderStub::do_setMaxThreads(threads);
    }

private:
    template <class Impl, class Interface> static Impl &alive(Interface const *object, const char *name)
    {
        require(object != nullptr, "network != nullptr && config != nullptr");
        auto *impl = impl_of<Impl>(object);
        if (!impl || !impl->life()->alive) {
            record_misuse(std::string("a destroyed ") + name + " was used");
            refuse(std::string("the ") + name + " was destroyed");
        }
        return *impl;
    }
    static NetworkBase &network_of(INetworkDefinition const *network)
    {
        return alive<NetworkBase>(network, "NetworkDefinition");
    }

    bool build(INetworkDefinition *network, IBuilderConfig *config, std::string &bytes)
    {
        NetworkBase &definition = network_of(network);
        auto const &options = alive<ConfigImpl>(config, "BuilderConfig");
        try {
            bytes = build_steps(definition, options);
            return true;
        } catch (Cancelled const &) {
            log(life(), TRTX_SEVERITY_INFO, "The build was cancelled by the progress monitor.");
            return false;
        }
    }

    /// Says now which layers will be refused when they are run.
    void warn_of_layers(Plan const &plan) const
    {
        std::string found;
        for (Node const &node : plan.nodes) {
            if (!kernel_of(node.type)) {
                found += (found.empty() ? "" : ", ") + node.name + " (" + name_of_layer(node.type) + ")";
            }
        }
        if (!found.empty()) {
            log(life(), TRTX_SEVERITY_WARNING, "The fake library builds these layers, but cannot run them: " + found);
        }
    }

    std::string build_steps(NetworkBase &network, ConfigImpl const &config)
    {
        IProgressMonitor *const monitor = config.mProgressMonitor;
        Phase whole(monitor, life(), "Building Engine", nullptr, 3);
        Plan plan = network.plan();
        plan.verbosity = config.mProfilingVerbosity;
        const uint32_t refit = (1U << TRTX_BUILDER_FLAG_REFIT) | (1U << TRTX_BUILDER_FLAG_REFIT_IDENTICAL)
            | (1U << TRTX_BUILDER_FLAG_REFIT_INDIVIDUAL) | (1U << TRTX_BUILDER_FLAG_STRIP_PLAN);
        plan.refittable = (config.mFlags & refit) != 0;
        for (ProfileImpl const *profile : config.profiles) {
            plan.profiles.push_back(profile->profile);
        }
        whole.step();
        check_profiles(plan);
        {
            Phase layers(monitor, life(), "Building Layers", "Building Engine", static_cast<int32_t>(plan.nodes.size()));
            for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
                layers.step();
            }
        }
        warn_of_layers(plan);
        whole.step();
        std::string bytes = serialize(plan);
        whole.step();
        return bytes;
    }
};

} // namespace

IHostMemory *make_host_memory(std::string bytes, LifePtr const &parent)
{
    auto memory = std::make_shared<HostMemoryImpl>(std::move(bytes));
    auto *made = publish<IHostMemory>("HostMemory", memory, parent);
    // Freed in earnest, so that a sanitizer sees who still reads it.
    memory->life()->end = [raw = memory.get()] { std::string().swap(raw->bytes); };
    return made;
}

IBuilder *make_builder(ILogger *logger)
{
    auto builder = std::make_shared<BuilderImpl>();
    builder->mMaxThreads = 1;
    builder->face = publish<IBuilder>("Builder", builder, nullptr);
    builder->life()->logger = logger;
    builder->life()->end = [raw = builder.get()] {
        for (LifePtr const &profile : raw->profiles) {
            end_life(profile);
        }
    };
    return builder->face;
}

} // namespace trtx::fake
