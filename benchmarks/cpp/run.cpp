// SPDX-License-Identifier: Apache-2.0
//! The C++ twin of benchmarks/inference.py: one engine, from memory of the host to memory of the host, by pinned copies
//! and the library's own CUDA graphs. Usage: run LIBRARY ENGINE [COUNT]    prints the median microseconds of each round.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "abi_gen.hpp"

using namespace trtx::abi;

namespace {

class Errors : public ILogger {
public:
    InterfaceInfo getInterfaceInfo() const override { return {"ILogger", 1, 0}; }
    int32_t getAPILanguage() const override { return 0; }
    void log(int32_t severity, const char *text) override
    {
        if (severity <= TRTX_SEVERITY_ERROR) {
            std::fprintf(stderr, "run: %s\n", text);
        }
    }
};

Errors gLogger;

[[noreturn]] void fail(const char *what, const char *more = "")
{
    std::fprintf(stderr, "run: %s %s\n", what, more);
    std::exit(1);
}

template <class Function> Function symbol(void *library, const char *name)
{
    void *const found = dlsym(library, name);
    if (!found) {
        fail("missing symbol", name);
    }
    return reinterpret_cast<Function>(found);
}

/// The calls of the CUDA driver that are needed.
struct Driver {
    void *library = dlopen("libcuda.so.1", RTLD_NOW);
    template <class... Arguments> void call(const char *name, Arguments... arguments) const
    {
        const int status = symbol<int (*)(Arguments...)>(library, name)(arguments...);
        if (status) {
            fail(name, std::to_string(status).c_str());
        }
    }
};

using Address = unsigned long long;

struct Tensor {
    std::string name;
    bool is_input;
    size_t nbytes;
    void *pinned;
    Address device;
    std::vector<char> user;
};

} // namespace

int main(int argc, char **argv)
{
    void *library = argc > 2 ? dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL) : nullptr;
    if (!library) {
        fail("cannot load the library:", argc > 2 ? dlerror() : "usage: run LIBRARY ENGINE [COUNT]");
    }
    const int count = argc > 3 ? std::atoi(argv[3]) : 200;
    const Driver driver;
    if (!driver.library) {
        fail("there is no CUDA driver:", dlerror());
    }
    int device = 0;
    void *cuda_context = nullptr, *stream = nullptr;
    driver.call("cuInit", 0U);
    driver.call("cuDeviceGet", &device, 0);
    driver.call("cuDevicePrimaryCtxRetain", &cuda_context, device);
    driver.call("cuCtxSetCurrent", cuda_context);
    driver.call("cuStreamCreate", &stream, 1U);

    std::ifstream file(argv[2], std::ios::binary);
    const std::vector<char> plan{std::istreambuf_iterator<char>(file), {}};
    const int32_t version = symbol<int32_t (*)()>(library, "getInferLibVersion")();
    auto *runtime = static_cast<IRuntime *>(
        symbol<void *(*)(void *, int32_t)>(library, "createInferRuntime_INTERNAL")(&gLogger, version));
    ICudaEngine *engine = runtime ? runtime->mImpl->deserializeCudaEngine(plan.data(), plan.size()) : nullptr;
    if (!engine) {
        fail("this cannot be deserialized:", argv[2]);
    }
    IRuntimeConfig *config = engine->mImpl->createRuntimeConfig();
    config->mImpl->setCudaGraphStrategy(TRTX_CUDA_GRAPH_STRATEGY_WHOLE_GRAPH_CAPTURE);
    IExecutionContext *context = engine->mImpl->createExecutionContextWithRuntimeConfig(config);
    if (!context) {
        fail("there is no execution context");
    }

    std::vector<Tensor> tensors;
    for (int32_t i = 0; i < engine->mImpl->getNbIOTensors(); ++i) {
        const char *name = engine->mImpl->getIOTensorName(i);
        const trtx_dims dims = engine->mImpl->getTensorShape(name);
        size_t nbytes = sizeof(float);
        for (int32_t axis = 0; axis < dims.nb_dims; ++axis) {
            if (dims.d[axis] < 0) {
                fail("the shape is open of", name);
            }
            nbytes *= static_cast<size_t>(dims.d[axis]);
        }
        if (engine->mImpl->getTensorDataType(name) != TRTX_DATA_TYPE_FLOAT) {
            fail("the type is not FLOAT of", name);
        }
        Tensor tensor{name, engine->mImpl->getTensorIOMode(name) == TRTX_TENSOR_IO_MODE_INPUT, nbytes, nullptr, 0, {}};
        tensor.user.resize(nbytes);
        driver.call("cuMemHostAlloc", &tensor.pinned, nbytes, 0U);
        driver.call("cuMemAlloc_v2", &tensor.device, nbytes);
        context->mImpl->setTensorAddress(name, reinterpret_cast<void *>(tensor.device));
        tensors.push_back(std::move(tensor));
    }

    const auto copy_in = symbol<int (*)(Address, const void *, size_t, void *)>(driver.library, "cuMemcpyHtoDAsync_v2");
    const auto copy_out = symbol<int (*)(void *, Address, size_t, void *)>(driver.library, "cuMemcpyDtoHAsync_v2");
    const auto synchronize = symbol<int (*)(void *)>(driver.library, "cuStreamSynchronize");
    const auto run = [&] {
        for (Tensor &tensor : tensors) {
            if (tensor.is_input) {
                std::memcpy(tensor.pinned, tensor.user.data(), tensor.nbytes);
                copy_in(tensor.device, tensor.pinned, tensor.nbytes, stream);
            }
        }
        if (!context->mImpl->enqueueV3(stream)) {
            fail("enqueueV3 failed");
        }
        for (Tensor &tensor : tensors) {
            if (!tensor.is_input) {
                copy_out(tensor.pinned, tensor.device, tensor.nbytes, stream);
            }
        }
        if (synchronize(stream)) {
            fail("the run failed on the GPU");
        }
        for (Tensor &tensor : tensors) {
            if (!tensor.is_input) {
                // As in Python, where each run returns arrays of its own.
                std::vector<char> result(static_cast<char *>(tensor.pinned), static_cast<char *>(tensor.pinned) + tensor.nbytes);
                tensor.user.swap(result);
            }
        }
    };
    for (int round = 0; round < 5; ++round) {
        for (int i = 0; i < 20; ++i) {
            run();
        }
        std::vector<double> times;
        for (int i = 0; i < count; ++i) {
            const auto start = std::chrono::steady_clock::now();
            run();
            const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - start;
            times.push_back(spent.count());
        }
        std::nth_element(times.begin(), times.begin() + count / 2, times.end());
        std::printf("%.2f\n", times[static_cast<size_t>(count) / 2]);
    }
    std::fflush(stdout);
    std::_Exit(0); // the driver ends with the process; the order of that is not what is measured
}
