// SPDX-License-Identifier: Apache-2.0
//! Execution contexts. Addresses are those of host memory, and an enqueue has finished when it returns.
#include <algorithm>
#include <set>

#include "engine.hpp"

namespace trtx::fake {
namespace {

class ContextImpl final : public ExecutionContextStub {
public:
    ContextImpl(EnginePtr state, ICudaEngine *engine, int32_t strategy, IRuntimeConfig *config)
        : mState(std::move(state)), mEngine(engine), mConfig(config), mStrategy(strategy)
    {
        mPersistentCacheLimit = 0;
        for (const int32_t index : mState->plan.inputs) {
            PlanTensor const &input = mState->plan.tensors[static_cast<std::size_t>(index)];
            if (known(input.dims)) {
                mShapes[input.name] = input.dims;
            }
        }
    }

    /// Takes the memory that a context needs, from the application's allocator if there is one.
    void allocate()
    {
        if (!mState->allocator || mStrategy == TRTX_EXECUTION_CONTEXT_ALLOCATION_STRATEGY_USER_MANAGED) {
            return;
        }
        mMemory = mState->allocator->allocate(static_cast<uint64_t>(kContextMemory), 256, 0);
        if (!mMemory) {
            throw Refusal(TRTX_ERROR_CODE_FAILED_ALLOCATION,
                "requested size was " + std::to_string(kContextMemory) + ", but the allocator gave none");
        }
    }
    void release()
    {
        if (mMemory) {
            (void)mState->allocator->deallocate(mMemory);
            mMemory = nullptr;
        }
    }

protected:
    ICudaEngine const *do_getEngine() const override { return mEngine; }
    IRuntimeConfig *do_getRuntimeConfig() const override { return mConfig; }
    int32_t do_getOptimizationProfile() const override { return mProfile; }
    bool do_setOptimizationProfileAsync(int32_t profile, void *) override
    {
        const auto count = std::max<std::size_t>(1, mState->plan.profiles.size());
        require(profile >= 0 && static_cast<std::size_t>(profile) < count, "profileIndex is in range");
        mProfile = profile;
        return true;
    }
    bool do_allInputDimensionsSpecified() const override { return missing().empty(); }
    bool do_setInputShape(const char *name, trtx_dims const &dims) override;
    trtx_dims do_getTensorShape(const char *name) const override;
    trtx_dims do_getTensorStrides(const char *name) const override;
    bool do_setTensorAddress(const char *name, void *data) override
    {
        mAddresses[mState->io(name).name] = data;
        return true;
    }
    void const *do_getTensorAddress(const char *name) const override { return address(mState->io(name).name); }
    bool do_setInputTensorAddress(const char *name, void const *data) override
    {
        require(mState->is_input(mState->io(name).name), "the tensor is an input");
        return do_setTensorAddress(name, const_cast<void *>(data));
    }
    bool do_setOutputTensorAddress(const char *name, void *data) override
    {
        require(!mState->is_input(mState->io(name).name), "the tensor is an output");
        return do_setTensorAddress(name, data);
    }
    void *do_getOutputTensorAddress(const char *name) const override { return address(mState->io(name).name); }
    int32_t do_inferShapes(int32_t count, const char **names) override;
    bool do_setCommunicator(void *communicator) override
    {
        require(communicator != nullptr, "communicator != nullptr");
        return true;
    }
    bool do_setOutputAllocator(const char *name, IOutputAllocator *allocator) override
    {
        require(!mState->is_input(mState->io(name).name), "the tensor is an output");
        remember(allocator);
        mOutputAllocators[name] = allocator;
        return true;
    }
    IOutputAllocator *do_getOutputAllocator(const char *name) override
    {
        const auto found = mOutputAllocators.find(mState->io(name).name);
        return found == mOutputAllocators.end() ? nullptr : found->second;
    }
    int64_t do_getMaxOutputSize(const char *name) const override;
    bool do_executeV2(void *const *bindings) override;
    bool do_enqueueV3(void *stream) override;
    bool do_reportToProfiler() const override
    {
        require(mProfiler != nullptr, "a profiler is set");
        report();
        return true;
    }
    bool do_setDebugListener(IDebugListener *listener) override
    {
        remember(listener);
        mListener = listener;
        return true;
    }
    IDebugListener *do_getDebugListener() override { return mListener; }
    bool do_setTensorDebugState(const char *name, bool flag) override
    {
        if (flag) {
            mDebugged.insert(name);
        } else {
            mDebugged.erase(name);
        }
        return true;
    }
    bool do_getDebugState(const char *name) const override { return mDebugged.count(name) != 0; }
    bool do_setAllTensorsDebugState(bool flag) override
    {
        for (PlanTensor const &tensor : mState->plan.tensors) {
            if (tensor.debug) {
                (void)do_setTensorDebugState(tensor.name.c_str(), flag);
            }
        }
        return true;
    }
    std::size_t do_updateDeviceMemorySizeForShapes() override { return static_cast<std::size_t>(kContextMemory); }
    void do_setDeviceMemoryV2(void *memory, int64_t size) override
    {
        require(memory != nullptr && size >= kContextMemory, "size >= getDeviceMemorySizeV2()");
    }
    bool do_isStreamCapturable(void *) const override { return true; }

private:
    static bool known(Sizes const &dims) { return std::find(dims.begin(), dims.end(), -1) == dims.end(); }
    std::vector<std::string> missing() const;
    std::map<std::string, Sizes> shapes() const;
    void *address(std::string const &name) const
    {
        const auto found = mAddresses.find(name);
        return found == mAddresses.end() ? nullptr : found->second;
    }
    std::map<std::string, Value> load_inputs() const;
    void deliver(std::string const &name, Value const &value, void *stream);
    void show(PlanTensor const &tensor, Value const &value, void *stream) const;
    void report() const;
    void run(void *stream);

    EnginePtr mState;
    ICudaEngine *mEngine;
    IRuntimeConfig *mConfig;
    int32_t mStrategy;
    int32_t mProfile = 0;
    void *mMemory = nullptr;
    IDebugListener *mListener = nullptr;
    std::map<std::string, Sizes> mShapes;
    std::map<std::string, void *> mAddresses;
    std::map<std::string, IOutputAllocator *> mOutputAllocators;
    std::set<std::string> mDebugged;
    std::vector<std::string> mRan;
};

bool ContextImpl::do_setInputShape(const char *name, trtx_dims const &dims)
{
    PlanTensor const &tensor = mState->io(name);
    require(mState->is_input(tensor.name), "the tensor is an input");
    const Sizes sizes = to_sizes(dims);
    require(sizes.size() == tensor.dims.size(), "engineDims.nbDims == dims.nbDims");
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        if (tensor.dims[i] >= 0 && tensor.dims[i] != sizes[i]) {
            refuse("Static dimension mismatch while setting input shape for " + tensor.name + ". Set dimensions are "
                + to_text(sizes) + ". Expected dimensions are " + to_text(tensor.dims) + ".");
        }
    }
    auto const &ranges = mState->plan.profile(mProfile).shapes;
    const auto range = ranges.find(tensor.name);
    for (std::size_t i = 0; range != ranges.end() && i < sizes.size(); ++i) {
        if (sizes[i] < range->second[0].at(i) || sizes[i] > range->second[2].at(i)) {
            refuse("Set dimension " + to_text(sizes) + " for tensor " + tensor.name + " does not satisfy any "
                "optimization profiles. Valid range for profile " + std::to_string(mProfile) + ": "
                + to_text(range->second[0]) + ".." + to_text(range->second[2]) + ".");
        }
    }
    mShapes[tensor.name] = sizes;
    return true;
}

trtx_dims ContextImpl::do_getTensorShape(const char *name) const
{
    PlanTensor const &tensor = mState->io(name);
    const std::vector<Known> all = infer_all(mState->plan, shapes());
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (&mState->plan.tensors[i] == &tensor) {
            return to_dims(all[i].dims);
        }
    }
    return to_dims(tensor.dims);
}

trtx_dims ContextImpl::do_getTensorStrides(const char *name) const
{
    trtx_dims dims = do_getTensorShape(name);
    int64_t stride = 1;
    for (int32_t i = dims.nb_dims; i-- > 0;) {
        const int64_t size = dims.d[i];
        dims.d[i] = stride;
        stride = size < 0 || stride < 0 ? -1 : stride * size;
    }
    return dims;
}

/// Shapes of inputs as far as they are known: of some the profile allows but one. (inferShapes wants those set anyway.)
std::map<std::string, Sizes> ContextImpl::shapes() const
{
    std::map<std::string, Sizes> all = mShapes;
    for (auto const &[input, range] : mState->plan.profile(mProfile).shapes) {
        if (range[0] == range[2]) {
            all.emplace(input, range[0]);
        }
    }
    return all;
}

std::vector<std::string> ContextImpl::missing() const
{
    std::vector<std::string> names;
    for (const int32_t index : mState->plan.inputs) {
        std::string const &name = mState->plan.tensors[static_cast<std::size_t>(index)].name;
        if (!mShapes.count(name)) {
            names.push_back(name);
        }
    }
    return names;
}

int32_t ContextImpl::do_inferShapes(int32_t count, const char **names)
{
    const std::vector<std::string> all = missing();
    for (std::size_t i = 0; names && i < all.size() && static_cast<int32_t>(i) < count; ++i) {
        // The engine's own text: it lives as long as the engine.
        names[i] = mState->find(all[i].c_str())->name.c_str();
    }
    return static_cast<int32_t>(all.size());
}

int64_t ContextImpl::do_getMaxOutputSize(const char *name) const
{
    PlanTensor const &tensor = mState->io(name);
    std::map<std::string, Sizes> largest = mShapes;
    for (auto const &[input, range] : mState->plan.profile(mProfile).shapes) {
        largest[input] = range[2];
    }
    const std::vector<Known> all = infer_all(mState->plan, largest);
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (&mState->plan.tensors[i] == &tensor) {
            return known(all[i].dims) ? volume(all[i].dims) * size_of(tensor.type) : -1;
        }
    }
    return -1;
}

std::map<std::string, Value> ContextImpl::load_inputs() const
{
    std::map<std::string, Value> inputs;
    const std::map<std::string, Sizes> all = shapes();
    for (const int32_t index : mState->plan.inputs) {
        PlanTensor const &tensor = mState->plan.tensors[static_cast<std::size_t>(index)];
        const auto shape = all.find(tensor.name);
        if (shape == all.end()) {
            refuse("input shape is not set for tensor " + tensor.name + ". Call setInputShape before enqueue/execute.");
        }
        const void *const memory = address(tensor.name);
        if (!memory && volume(shape->second) > 0) {
            refuse("Address is not set for tensor " + tensor.name
                + ". Call setInputTensorAddress or setTensorAddress before enqueue/execute.");
        }
        inputs[tensor.name] = load(tensor.type, shape->second, memory);
    }
    return inputs;
}

void ContextImpl::deliver(std::string const &name, Value const &value, void *stream)
{
    void *memory = address(name);
    const auto size = static_cast<uint64_t>(volume(value.dims) * size_of(value.type));
    const auto found = mOutputAllocators.find(name);
    if (found != mOutputAllocators.end() && found->second) {
        memory = found->second->reallocateOutputAsync(name.c_str(), memory, size, 256, stream);
        found->second->notifyShape(name.c_str(), to_dims(value.dims));
        if (!memory && size > 0) {
            throw Refusal(TRTX_ERROR_CODE_FAILED_ALLOCATION, "the output allocator gave no memory for " + name);
        }
    }
    if (!memory && size > 0) {
        refuse("Address is not set for tensor " + name
            + ". Call setOutputTensorAddress, setTensorAddress or setOutputAllocator before enqueue/execute.");
    }
    store(value, memory);
}

void ContextImpl::show(PlanTensor const &tensor, Value const &value, void *stream) const
{
    if (!mListener || !mDebugged.count(tensor.name)) {
        return;
    }
    std::string bytes(static_cast<std::size_t>(volume(value.dims) * size_of(value.type)), '\0');
    store(value, bytes.data());
    const trtx_dims dims = to_dims(value.dims);
    if (!mListener->processDebugTensor(
            bytes.data(), TRTX_TENSOR_LOCATION_HOST, value.type, dims, tensor.name.c_str(), stream)) {
        throw Refusal(TRTX_ERROR_CODE_FAILED_EXECUTION, "the debug listener refused tensor " + tensor.name);
    }
}

void ContextImpl::report() const
{
    for (std::string const &layer : mRan) {
        mProfiler->reportLayerTime(layer.c_str(), 0.001F);
    }
}

/// Scratch memory from the application for one run; given back however the run ends.
class Scratch {
public:
    Scratch(IGpuAllocator *allocator, void *stream) : mAllocator(allocator), mStream(stream)
    {
        mMemory = mAllocator ? mAllocator->allocateAsync(256, 256, 0, mStream) : nullptr;
    }
    ~Scratch()
    {
        if (mMemory) {
            (void)mAllocator->deallocateAsync(mMemory, mStream);
        }
    }
    Scratch(Scratch const &) = delete;
    Scratch &operator=(Scratch const &) = delete;

private:
    IGpuAllocator *mAllocator;
    void *mStream;
    void *mMemory;
};

void ContextImpl::run(void *stream)
{
    const Scratch scratch(mTemporaryStorageAllocator, stream);
    mRan.clear();
    const std::lock_guard<std::mutex> lock(mState->mutex);
    const auto results = execute(mState->plan, load_inputs(),
        {[this](Node const &node) { mRan.push_back(node.name); },
            [this, stream](PlanTensor const &tensor, Value const &value) { show(tensor, value, stream); }});
    for (auto const &[name, value] : results) {
        deliver(name, value, stream);
    }
}

bool ContextImpl::do_enqueueV3(void *stream)
{
    run(stream);
    if (mProfiler && mEnqueueEmitsProfile) {
        report();
    }
    return true;
}

bool ContextImpl::do_executeV2(void *const *bindings)
{
    require(bindings != nullptr, "bindings != nullptr");
    std::size_t index = 0;
    for (std::string const &name : mState->io_names()) {
        mAddresses[name] = bindings[index++];
    }
    run(nullptr);
    if (mProfiler) {
        report();
    }
    return true;
}

} // namespace

IExecutionContext *make_context(
    EnginePtr const &state, ICudaEngine *engine, LifePtr const &parent, int32_t strategy, IRuntimeConfig *config)
{
    auto context = std::make_shared<ContextImpl>(state, engine, strategy, config);
    context->allocate();
    auto *made = publish<IExecutionContext>("ExecutionContext", context, parent);
    context->mEnqueueEmitsProfile = true;
    context->life()->end = [raw = context.get()] { raw->release(); };
    return made;
}

} // namespace trtx::fake
