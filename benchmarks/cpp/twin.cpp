// SPDX-License-Identifier: Apache-2.0
//! The C++ twin of the benchmarks: the same calls through the library's own virtual tables, without any binding.
//! Usage: twin LIBRARY [ENGINE]    prints one line "name nanoseconds" for each measurement.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "abi_gen.hpp"

using namespace trtx::abi;

namespace {

class Silent : public ILogger {
public:
    InterfaceInfo getInterfaceInfo() const override { return {"ILogger", 1, 0}; }
    int32_t getAPILanguage() const override { return 0; }
    void log(int32_t, const char *) override {}
};

Silent gLogger;

/// Best mean of several rounds, in nanoseconds a call.
template <class Body> void measure(const char *name, int count, Body &&body)
{
    double best = 1e300;
    for (int round = 0; round < 7; ++round) {
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < count; ++i) {
            body();
        }
        const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
        best = spent.count() / count < best ? spent.count() / count : best;
    }
    std::printf("%s %.1f\n", name, best);
}

template <class Function> Function symbol(void *library, const char *name)
{
    return reinterpret_cast<Function>(dlsym(library, name));
}

void build_side(void *library, int32_t version)
{
    auto *builder = static_cast<IBuilder *>(
        symbol<void *(*)(void *, int32_t)>(library, "createInferBuilder_INTERNAL")(&gLogger, version));
    VBuilder *const b = builder->mImpl;
    INetworkDefinition *network = b->createNetworkV2(0);
    IBuilderConfig *config = b->createBuilderConfig();
    const trtx_dims dims{4, {1, 3, 224, 224}};
    ITensor *input = network->mImpl->addInput("x", 0, dims);
    network->mImpl->addActivation(input, 0);
    volatile int64_t sink = 0;
    measure("max_threads", 100000, [&] { sink = sink + b->getMaxThreads(); });
    measure("get_flag", 100000, [&] { sink = sink + config->mImpl->getFlag(TRTX_BUILDER_FLAG_TF32); });
    measure("optimization_level", 100000, [&] { sink = sink + config->mImpl->getBuilderOptimizationLevel(); });
    measure("set_optimization_level", 100000, [&] { config->mImpl->setBuilderOptimizationLevel(3); });
    measure("num_layers", 100000, [&] { sink = sink + network->mImpl->getNbLayers(); });
    measure("get_layer", 100000, [&] { sink = sink + reinterpret_cast<intptr_t>(network->mImpl->getLayer(0)); });
    measure("get_input", 100000, [&] { sink = sink + reinterpret_cast<intptr_t>(network->mImpl->getInput(0)); });
    measure("tensor_name", 100000, [&] { sink = sink + input->mImpl->getName()[0]; });
    measure("tensor_dtype", 100000, [&] { sink = sink + input->mImpl->getType(); });
    measure("tensor_shape", 100000, [&] { sink = sink + input->mImpl->getDimensions().d[1]; });
    for (int round = 0; round < 3; ++round) {
        INetworkDefinition *chain = b->createNetworkV2(0);
        ITensor *tensor = chain->mImpl->addInput("x", 0, dims);
        const auto start = std::chrono::steady_clock::now();
        for (int i = 0; i < 5000; ++i) {
            tensor = chain->mImpl->addActivation(tensor, 0)->mLayer->getOutput(0);
        }
        const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
        if (round == 2) {
            std::printf("5,000 activations %.1f\n", spent.count());
        }
        delete chain;
    }
    delete config;
    delete network;
    delete builder;
}

int run_side(void *library, int32_t version, const char *path)
{
    void *cudart = dlopen("libcudart.so.13", RTLD_NOW | RTLD_GLOBAL);
    cudart = cudart ? cudart : dlopen("libcudart.so", RTLD_NOW | RTLD_GLOBAL);
    if (!cudart) {
        std::fprintf(stderr, "twin: libcudart is missing: %s\n", dlerror());
        return 1;
    }
    const auto allocate = symbol<int (*)(void **, size_t)>(cudart, "cudaMalloc");
    const auto create_stream = symbol<int (*)(void **, unsigned)>(cudart, "cudaStreamCreateWithFlags");
    const auto synchronize = symbol<int (*)(void *)>(cudart, "cudaStreamSynchronize");
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> plan{std::istreambuf_iterator<char>(file), {}};
    auto *runtime = static_cast<IRuntime *>(
        symbol<void *(*)(void *, int32_t)>(library, "createInferRuntime_INTERNAL")(&gLogger, version));
    ICudaEngine *engine = runtime->mImpl->deserializeCudaEngine(plan.data(), plan.size());
    if (!engine) {
        std::fprintf(stderr, "twin: %s cannot be deserialized\n", path);
        return 1;
    }
    IExecutionContext *context = engine->mImpl->createExecutionContext(0);
    void *stream = nullptr;
    create_stream(&stream, 1);
    std::vector<std::string> names;
    std::vector<std::vector<void *>> addresses(2);
    for (int32_t i = 0; i < engine->mImpl->getNbIOTensors(); ++i) {
        names.emplace_back(engine->mImpl->getIOTensorName(i));
        for (auto &side : addresses) {
            side.push_back(nullptr);
            allocate(&side.back(), 64 << 20);
        }
    }
    const auto bind = [&](int round) {
        for (size_t i = 0; i < names.size(); ++i) {
            context->mImpl->setTensorAddress(names[i].c_str(), addresses[round % 2][i]);
        }
    };
    const auto enqueue = [&](int) { context->mImpl->enqueueV3(stream); };
    bind(0);
    for (int i = 0; i < 20; ++i) {
        enqueue(i);
    }
    synchronize(stream);
    measure("set_tensor_address", 100000,
        [&] { context->mImpl->setTensorAddress(names[0].c_str(), addresses[0][0]); });
    const auto launches = [&](const char *name, const auto &function) {
        double best = 1e300;
        for (int round = 0; round < 300; ++round) {
            const auto start = std::chrono::steady_clock::now();
            for (int i = 0; i < 100; ++i) {
                function(i);
            }
            const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - start;
            synchronize(stream);
            best = spent.count() / 100 < best ? spent.count() / 100 : best;
        }
        std::printf("%s %.1f\n", name, best);
    };
    launches("enqueue", enqueue);
    launches("addresses and enqueue", [&](int i) {
        bind(i);
        enqueue(i);
    });
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : nullptr;
    if (!library) {
        std::fprintf(stderr, "twin: cannot load %s\n", argc > 1 ? dlerror() : "nothing: name the library");
        return 1;
    }
    const int32_t version = symbol<int32_t (*)()>(library, "getInferLibVersion")();
    build_side(library, version);
    return argc > 2 ? run_side(library, version, argv[2]) : 0;
}
