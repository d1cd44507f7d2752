// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "builder.hpp"

namespace trtx::fake {
namespace {

/// Kept for compatibility: there is nothing in it but the fact that it is one.
class TimingCacheImpl final : public TimingCacheStub {
protected:
    IHostMemory *do_serialize() const override { return make_host_memory("TRTXTIME", shared_life()); }
    bool do_combine(ITimingCache const *other, bool) override
    {
        require(impl_of<TimingCacheImpl>(other) != nullptr, "inputCache != nullptr");
        return true;
    }
    bool do_reset() override { return true; }
    int64_t do_queryKeys(trtx_timing_cache_key *, int64_t) const override { return 0; }
    bool do_update(trtx_timing_cache_key const &, trtx_timing_cache_value const &) override { return true; }
};

std::size_t checked(int32_t select)
{
    require(select >= 0 && select <= TRTX_OPT_PROFILE_SELECTOR_MAX, "select is an OptProfileSelector");
    return static_cast<std::size_t>(select);
}

} // namespace

// Profiles

bool ProfileImpl::do_setDimensions(const char *name, int32_t select, trtx_dims const &dims)
{
    const Sizes sizes = to_sizes(dims);
    for (const int64_t size : sizes) {
        require(size >= 0, "all dimensions >= 0");
    }
    auto &shapes = profile.shapes[text_or_empty(name)];
    shapes.resize(3);
    shapes[checked(select)] = sizes;
    return true;
}

trtx_dims ProfileImpl::do_getDimensions(const char *name, int32_t select) const
{
    const auto found = profile.shapes.find(text_or_empty(name));
    trtx_dims unknown{};
    unknown.nb_dims = -1;
    return found == profile.shapes.end() ? unknown : to_dims(found->second[checked(select)]);
}

int32_t ProfileImpl::do_getNbShapeValues(const char *name) const
{
    const auto found = profile.values.find(text_or_empty(name));
    return found == profile.values.end() ? -1 : static_cast<int32_t>(found->second[0].size());
}

bool ProfileImpl::do_setShapeValuesV2(const char *name, int32_t select, const int64_t *values, int32_t count)
{
    require(values != nullptr && count > 0, "values != nullptr && nbValues > 0");
    auto &kept = profile.values[text_or_empty(name)];
    kept.resize(3);
    kept[checked(select)].assign(values, values + count);
    return true;
}

const int64_t *ProfileImpl::do_getShapeValuesV2(const char *name, int32_t select) const
{
    const auto found = profile.values.find(text_or_empty(name));
    return found == profile.values.end() ? nullptr : found->second[checked(select)].data();
}

bool ProfileImpl::do_isValid() const
{
    for (auto const &[name, shapes] : profile.shapes) {
        for (std::size_t i = 0; i < shapes[0].size(); ++i) {
            if (shapes[1].size() != shapes[0].size() || shapes[2].size() != shapes[0].size()
                || shapes[0][i] > shapes[1][i] || shapes[1][i] > shapes[2][i]) {
                return false;
            }
        }
    }
    return true;
}

// Configuration

void ConfigImpl::do_reset()
{
    mFlags = 1U << TRTX_BUILDER_FLAG_TF32;
    mAvgTimingIterations = 1;
    mBuilderOptimizationLevel = 3;
    mMaxAuxStreams = -1;
    mMaxNbTactics = -1;
    mDLACore = -1;
    mL2LimitForTiling = 0;
    mTacticSources = (1U << TRTX_TACTIC_SOURCE_EDGE_MASK_CONVOLUTIONS) | (1U << TRTX_TACTIC_SOURCE_JIT_CONVOLUTIONS);
    mProfileStream = nullptr;
    mProgressMonitor = nullptr;
    mProfilingVerbosity = TRTX_PROFILING_VERBOSITY_LAYER_NAMES_ONLY;
    mNbComputeCapabilities = 0;
    profiles.clear();
    mPools.clear();
    mPreviews.clear();
    mCapabilities.clear();
    mDevices.clear();
    mCache = nullptr;
}

int32_t ConfigImpl::do_addOptimizationProfile(IOptimizationProfile const *profile)
{
    auto const *impl = impl_of<ProfileImpl>(profile);
    if (!impl || !impl->life()->alive) {
        record_misuse("a destroyed OptimizationProfile was used");
        refuse("the profile was destroyed");
    }
    if (std::find(profiles.begin(), profiles.end(), impl) == profiles.end()) {
        profiles.push_back(impl);
    }
    return static_cast<int32_t>(profiles.size()) - 1;
}

ITimingCache *ConfigImpl::do_createTimingCache(const void *, std::size_t) const
{
    return publish<ITimingCache>("TimingCache", std::make_shared<TimingCacheImpl>(), shared_life());
}

bool ConfigImpl::do_setTimingCache(ITimingCache const *cache, bool)
{
    mCache = cache;
    return true;
}

void ConfigImpl::do_setMemoryPoolLimit(int32_t pool, std::size_t size)
{
    require(pool >= 0 && pool <= TRTX_MEMORY_POOL_TYPE_TACTIC_SHARED_MEMORY, "pool is a MemoryPoolType");
    mPools[pool] = size;
}

std::size_t ConfigImpl::do_getMemoryPoolLimit(int32_t pool) const
{
    require(pool >= 0 && pool <= TRTX_MEMORY_POOL_TYPE_TACTIC_SHARED_MEMORY, "pool is a MemoryPoolType");
    const auto found = mPools.find(pool);
    // The real limit is the memory of the GPU, of which there is none.
    return found == mPools.end() ? 0 : found->second;
}

void ConfigImpl::do_setPreviewFeature(int32_t feature, bool enable)
{
    mPreviews[feature] = enable;
}

bool ConfigImpl::do_getPreviewFeature(int32_t feature) const
{
    require(feature >= 0 && feature <= TRTX_PREVIEW_FEATURE_RUNTIME_ACTIVATION_RESIZE_10_10, "feature is a PreviewFeature");
    const auto found = mPreviews.find(feature);
    return found != mPreviews.end() && found->second;
}

void ConfigImpl::do_setBuilderOptimizationLevel(int32_t level)
{
    require(level >= 0 && level <= 5, "level >= 0 && level <= 5");
    BuilderConfigStub::do_setBuilderOptimizationLevel(level);
}

bool ConfigImpl::do_setNbComputeCapabilities(int32_t count)
{
    require(count >= 0 && count <= 64, "maxNbComputeCapabilities is in range");
    mCapabilities.resize(static_cast<std::size_t>(count), TRTX_COMPUTE_CAPABILITY_NONE);
    return BuilderConfigStub::do_setNbComputeCapabilities(count);
}

bool ConfigImpl::do_setComputeCapability(int32_t capability, int32_t index)
{
    require(index >= 0 && index < static_cast<int32_t>(mCapabilities.size()), "index < getNbComputeCapabilities()");
    mCapabilities[static_cast<std::size_t>(index)] = capability;
    return true;
}

int32_t ConfigImpl::do_getComputeCapability(int32_t index) const
{
    require(index >= 0 && index < static_cast<int32_t>(mCapabilities.size()), "index < getNbComputeCapabilities()");
    return mCapabilities[static_cast<std::size_t>(index)];
}

void ConfigImpl::do_setPluginsToSerialize(const char *const *paths, int32_t count)
{
    require(paths != nullptr || count == 0, "paths != nullptr");
    mPlugins.assign(paths, paths + count);
}

const char *ConfigImpl::do_getPluginToSerialize(int32_t index) const
{
    require(index >= 0 && index < do_getNbPluginsToSerialize(), "index < getNbPluginsToSerialize()");
    return mPlugins[static_cast<std::size_t>(index)].c_str();
}

int32_t ConfigImpl::do_getDeviceType(ILayer const *layer) const
{
    const auto found = mDevices.find(layer);
    return found == mDevices.end() ? mDefaultDeviceType : found->second;
}

} // namespace trtx::fake
