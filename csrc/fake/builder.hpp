// SPDX-License-Identifier: Apache-2.0
//! The builder, its configuration, optimization profiles, and blocks of host memory.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "builder_gen.hpp"
#include "network.hpp"
#include "plan.hpp"

namespace trtx::fake {

class HostMemoryImpl final : public HostMemoryStub {
public:
    explicit HostMemoryImpl(std::string bytes) : bytes(std::move(bytes)) {}
    std::string bytes;

protected:
    void *do_data() const override { return const_cast<char *>(bytes.data()); }
    std::size_t do_size() const override { return bytes.size(); }
    int32_t do_type() const override { return TRTX_DATA_TYPE_INT8; }
};

/// A block that the application will destroy.
IHostMemory *make_host_memory(std::string bytes, LifePtr const &parent);

class ProfileImpl final : public OptimizationProfileStub {
public:
    ProfileImpl() { mExtraMemoryTarget = 1; }
    PlanProfile profile;

protected:
    bool do_setDimensions(const char *name, int32_t select, trtx_dims const &dims) override;
    trtx_dims do_getDimensions(const char *name, int32_t select) const override;
    int32_t do_getNbShapeValues(const char *name) const override;
    bool do_setShapeValuesV2(const char *name, int32_t select, const int64_t *values, int32_t count) override;
    const int64_t *do_getShapeValuesV2(const char *name, int32_t select) const override;
    bool do_isValid() const override;
};

class ConfigImpl final : public BuilderConfigStub {
public:
    ConfigImpl() { do_reset(); }
    std::vector<ProfileImpl const *> profiles;

protected:
    void do_reset() override;
    int32_t do_addOptimizationProfile(IOptimizationProfile const *profile) override;
    int32_t do_getNbOptimizationProfiles() const override { return static_cast<int32_t>(profiles.size()); }
    ITimingCache *do_createTimingCache(const void *blob, std::size_t size) const override;
    bool do_setTimingCache(ITimingCache const *cache, bool ignoreMismatch) override;
    ITimingCache const *do_getTimingCache() const override { return mCache; }
    void do_setMemoryPoolLimit(int32_t pool, std::size_t size) override;
    std::size_t do_getMemoryPoolLimit(int32_t pool) const override;
    void do_setPreviewFeature(int32_t feature, bool enable) override;
    bool do_getPreviewFeature(int32_t feature) const override;
    void do_setBuilderOptimizationLevel(int32_t level) override;
    bool do_setNbComputeCapabilities(int32_t count) override;
    bool do_setComputeCapability(int32_t capability, int32_t index) override;
    int32_t do_getComputeCapability(int32_t index) const override;
    void do_setPluginsToSerialize(const char *const *paths, int32_t count) override;
    const char *do_getPluginToSerialize(int32_t index) const override;
    int32_t do_getNbPluginsToSerialize() const override { return static_cast<int32_t>(mPlugins.size()); }
    void do_setDeviceType(ILayer const *layer, int32_t type) override { mDevices[layer] = type; }
    int32_t do_getDeviceType(ILayer const *layer) const override;
    bool do_isDeviceTypeSet(ILayer const *layer) const override { return mDevices.count(layer) != 0; }
    void do_resetDeviceType(ILayer const *layer) override { mDevices.erase(layer); }
    const char *do_getAllBuildRoutes() const override { return ""; }

private:
    std::map<int32_t, std::size_t> mPools;
    std::map<int32_t, bool> mPreviews;
    std::map<ILayer const *, int32_t> mDevices;
    std::vector<std::string> mPlugins;
    std::vector<int32_t> mCapabilities;
    ITimingCache const *mCache = nullptr;
};

/// Makes a builder for the factory.
IBuilder *make_builder(ILogger *logger);

} // namespace trtx::fake
