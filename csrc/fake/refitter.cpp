// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

namespace trtx::fake {
namespace {

/// Which weights of a node play which role.
int32_t role_of(std::string const &key)
{
    static const std::map<std::string, int32_t> roles = {{"KernelWeights", TRTX_WEIGHTS_ROLE_KERNEL},
        {"BiasWeights", TRTX_WEIGHTS_ROLE_BIAS}, {"Shift", TRTX_WEIGHTS_ROLE_SHIFT}, {"Scale", TRTX_WEIGHTS_ROLE_SCALE},
        {"Power", TRTX_WEIGHTS_ROLE_ANY}, {"Weights", TRTX_WEIGHTS_ROLE_CONSTANT}};
    const auto found = roles.find(key);
    return found == roles.end() ? static_cast<int32_t>(TRTX_WEIGHTS_ROLE_ANY) : found->second;
}

/// Weights that can be replaced.
struct Slot {
    std::string layer;
    int32_t role;
    std::string name;
    Blob *blob;
};

class RefitterImpl final : public RefitterStub {
public:
    explicit RefitterImpl(EnginePtr state) : mState(std::move(state))
    {
        mMaxThreads = 1;
        mWeightsValidation = true;
        for (Node &node : mState->plan.nodes) {
            for (auto &[key, attribute] : node.attributes) {
                auto *blob = std::get_if<Blob>(&attribute);
                if (blob && blob->count > 0) {
                    const std::string name_key = key + ".name";
                    std::string name = node.has(name_key.c_str()) ? std::get<std::string>(node.attributes.at(name_key)) : "";
                    mSlots.push_back({node.name, role_of(key), std::move(name), blob});
                }
            }
        }
    }

protected:
    bool do_setWeights(const char *layer, int32_t role, trtx_weights weights) override
    {
        for (Slot const &slot : mSlots) {
            if (slot.layer == layer && slot.role == role) {
                return stage(slot, weights);
            }
        }
        refuse(std::string("no refittable weights of this role in layer ") + layer);
    }
    bool do_setNamedWeights(const char *name, trtx_weights weights) override { return stage(named(name), weights); }
    bool do_setNamedWeightsWithLocation(const char *name, trtx_weights weights, int32_t location) override
    {
        require(location == TRTX_TENSOR_LOCATION_HOST, "the fake library refits from host memory");
        return stage(named(name), weights);
    }
    bool do_unsetNamedWeights(const char *name) override { return mStaged.erase(named(name).blob) != 0; }
    trtx_weights do_getNamedWeights(const char *name) const override
    {
        const auto found = mStaged.find(named(name).blob);
        if (found == mStaged.end()) {
            refuse(std::string("weights were never set: ") + name);
        }
        return found->second;
    }
    trtx_weights do_getWeightsPrototype(const char *name) const override
    {
        Slot const &slot = named(name);
        return {slot.blob->type, nullptr, slot.blob->count};
    }
    int32_t do_getWeightsLocation(const char *name) const override
    {
        if (mStaged.find(named(name).blob) == mStaged.end()) {
            refuse(std::string("weights were never set: ") + name);
        }
        return TRTX_TENSOR_LOCATION_HOST;
    }
    int32_t do_getMissing(int32_t, const char **, int32_t *) override { return 0; }
    int32_t do_getMissingWeights(int32_t, const char **) override { return 0; }
    int32_t do_getAll(int32_t size, const char **layers, int32_t *roles) override
    {
        for (std::size_t i = 0; i < mSlots.size() && static_cast<int32_t>(i) < size; ++i) {
            if (layers) {
                layers[i] = mSlots[i].layer.c_str();
            }
            if (roles) {
                roles[i] = mSlots[i].role;
            }
        }
        return static_cast<int32_t>(mSlots.size());
    }
    int32_t do_getAllWeights(int32_t size, const char **names) override
    {
        int32_t count = 0;
        for (Slot const &slot : mSlots) {
            if (!slot.name.empty()) {
                if (names && count < size) {
                    names[count] = slot.name.c_str();
                }
                ++count;
            }
        }
        return count;
    }
    bool do_refitCudaEngine() override
    {
        const std::lock_guard<std::mutex> lock(mState->mutex);
        for (auto const &[blob, weights] : mStaged) {
            blob->bytes.assign(static_cast<const char *>(weights.values), blob->bytes.size());
        }
        mStaged.clear();
        return true;
    }
    bool do_refitCudaEngineAsync(void *) override { return do_refitCudaEngine(); }
    bool do_releaseRefitResources() override { return true; }
    ILogger *do_getLogger() const override { return life()->logger; }

private:
    Slot const &named(const char *name) const
    {
        for (Slot const &slot : mSlots) {
            if (!slot.name.empty() && slot.name == name) {
                return slot;
            }
        }
        refuse(std::string("no refittable weights have the name ") + text_or_empty(name));
    }
    bool stage(Slot const &slot, trtx_weights weights)
    {
        require(weights.values != nullptr, "weights.values != nullptr");
        if (weights.type != slot.blob->type || weights.count != slot.blob->count) {
            refuse("weights of layer " + slot.layer + ": " + std::to_string(slot.blob->count) + " of type "
                + name_of_type(slot.blob->type) + " are needed, but " + std::to_string(weights.count) + " of type "
                + name_of_type(weights.type) + " were given");
        }
        // As in the library, only the address is kept until the refit.
        mStaged[slot.blob] = weights;
        return true;
    }

    EnginePtr mState;
    std::vector<Slot> mSlots;
    std::map<Blob *, trtx_weights> mStaged;
};

} // namespace

IRefitter *make_refitter(EnginePtr const &state, LifePtr const &parent, ILogger *logger)
{
    if (!state->plan.refittable) {
        refuse("the engine is not refittable: build it with BuilderFlag::kREFIT");
    }
    auto refitter = std::make_shared<RefitterImpl>(state);
    auto *made = publish<IRefitter>("Refitter", refitter, parent);
    if (logger) {
        refitter->life()->logger = logger;
        remember(logger);
    }
    return made;
}

} // namespace trtx::fake
