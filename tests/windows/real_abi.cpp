// SPDX-License-Identifier: Apache-2.0
//! Calls NVIDIA's own Windows library through the shim's declarations, compiled for Microsoft's binary interface: every
//! kind of call that the shim makes, without its C++ library, which that target does not have here. real_main.c is the
//! program around it.
#include "abi_gen.hpp"

using namespace trtx::abi;

extern "C" int printf(const char *, ...);
extern "C" void free(void *);

// What Microsoft's compiler takes from its own library.
extern "C" int _fltused = 1;
extern "C" int _purecall()
{
    return 0;
}
void operator delete(void *memory) noexcept
{
    free(memory);
}
void operator delete(void *memory, size_t) noexcept
{
    free(memory);
}

namespace {

int lines = 0;
int steps = 0;

struct Log final : ILogger {
    bool is_quiet = false;
    int32_t getAPILanguage() const override { return 0; }
    InterfaceInfo getInterfaceInfo() const override { return {"ILogger", 1, 0}; }
    void log(int32_t severity, const char *text) override
    {
        ++lines;
        if (severity <= 1 && !is_quiet) {
            printf("error: %s\n", text);
        }
    }
};

struct Monitor final : IProgressMonitor {
    int32_t getAPILanguage() const override { return 0; }
    InterfaceInfo getInterfaceInfo() const override { return {"IProgressMonitor", 1, 0}; }
    void phaseStart(const char *, const char *, int32_t) override {}
    bool stepComplete(const char *, int32_t) override
    {
        ++steps;
        return true;
    }
    void phaseFinish(const char *) override {}
};

struct Writer final : IStreamWriter {
    int64_t written = 0;
    int32_t getAPILanguage() const override { return 0; }
    InterfaceInfo getInterfaceInfo() const override { return {"IStreamWriter", 1, 0}; }
    int64_t write(const void *, int64_t size) override
    {
        written += size;
        return size;
    }
};

Log logger;
Monitor monitor;
Writer writer;

#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            printf("wrong: line %d: %s\n", __LINE__, #condition);                                                      \
            return 1;                                                                                                  \
        }                                                                                                              \
    } while (false)

} // namespace

extern "C" int use_core(void *create, int32_t version, void *create_parser, int32_t parser_version, const void *model,
    size_t size)
{
    auto *builder = static_cast<IBuilder *>(reinterpret_cast<void *(*)(void *, int32_t)>(create)(&logger, version));
    EXPECT(builder != nullptr);
    EXPECT(builder->mImpl->getLogger() == &logger);
    EXPECT(builder->mImpl->setMaxThreads(2));
    EXPECT(builder->mImpl->getMaxThreads() == 2);
    INetworkDefinition *network = builder->mImpl->createNetworkV2(0);
    EXPECT(network != nullptr);

    // Structs by value and by reference, both ways; floats; the last slots of the tables.
    const float weights[3] = {1, 2, 3};
    ITensor *x = network->mImpl->addInput("x", TRTX_DATA_TYPE_FLOAT, trtx_dims{2, {4, 3}});
    EXPECT(x != nullptr);
    IConstantLayer *constant =
        network->mImpl->addConstant(trtx_dims{2, {1, 3}}, trtx_weights{TRTX_DATA_TYPE_FLOAT, weights, 3});
    EXPECT(constant != nullptr);
    const trtx_weights got = constant->mImpl->getWeights();
    EXPECT(got.count == 3 && got.type == TRTX_DATA_TYPE_FLOAT);
    EXPECT(static_cast<const float *>(got.values)[2] == 3);
    const trtx_dims shape = constant->mImpl->getDimensions();
    EXPECT(shape.nb_dims == 2 && shape.d[0] == 1 && shape.d[1] == 3);
    ITensor *c = static_cast<ILayer *>(constant)->mLayer->getOutput(0);
    IElementWiseLayer *sum = network->mImpl->addElementWise(x, c, TRTX_ELEMENTWISE_OPERATION_SUM);
    IActivationLayer *relu =
        network->mImpl->addActivation(static_cast<ILayer *>(sum)->mLayer->getOutput(0), TRTX_ACTIVATION_TYPE_LEAKY_RELU);
    relu->mImpl->setAlpha(0.25F);
    EXPECT(relu->mImpl->getAlpha() == 0.25F);
    ITensor *y = static_cast<ILayer *>(relu)->mLayer->getOutput(0);
    y->mImpl->setName("y");
    const trtx_dims out = y->mImpl->getDimensions();
    EXPECT(out.nb_dims == 2 && out.d[0] == 4 && out.d[1] == 3);
    network->mImpl->markOutput(y);
    EXPECT(network->mImpl->getNbLayers() == 3 && network->mImpl->getNbOutputs() == 1);

    IBuilderConfig *config = builder->mImpl->createBuilderConfig();
    EXPECT(config != nullptr);
    config->mImpl->setProgressMonitor(&monitor);
    EXPECT(config->mImpl->getProgressMonitor() == &monitor);
    config->mImpl->setBuilderOptimizationLevel(2);
    EXPECT(config->mImpl->getBuilderOptimizationLevel() == 2);
    IHostMemory *plan = builder->mImpl->buildSerializedNetwork(network, config);
    EXPECT(plan != nullptr && plan->mImpl->size() > 10000);
    EXPECT(builder->mImpl->buildSerializedNetworkToStream(network, config, &writer));
    EXPECT(writer.written > 10000);
    printf("engine of %llu bytes, %d lines logged, %d steps of progress\n",
        static_cast<unsigned long long>(plan->mImpl->size()), lines, steps);
    EXPECT(lines > 0 && steps > 0);

    auto *const make_parser = reinterpret_cast<void *(*)(void *, void *, int32_t)>(create_parser);
    INetworkDefinition *parsed = builder->mImpl->createNetworkV2(0);
    auto *parser = static_cast<IParser *>(make_parser(parsed, &logger, parser_version));
    EXPECT(parser != nullptr);
    parser->setFlag(0); // behind the destructor, so in another place than on Linux
    EXPECT(parser->getFlags() == 1 && parser->getFlag(0));
    parser->setFlags(0);
    EXPECT(parser->parse(model, size, nullptr));
    IHostMemory *other = builder->mImpl->buildSerializedNetwork(parsed, config);
    EXPECT(other != nullptr);
    printf("ONNX: %d layers, engine of %llu bytes\n", parsed->mImpl->getNbLayers(),
        static_cast<unsigned long long>(other->mImpl->size()));

    // A failure comes through the logger, and as an answer. The network outlives its parser.
    logger.is_quiet = true;
    INetworkDefinition *spoilt = builder->mImpl->createNetworkV2(0);
    auto *failing = static_cast<IParser *>(make_parser(spoilt, &logger, parser_version));
    EXPECT(!failing->parse("no model", 8, nullptr));
    EXPECT(failing->getNbErrors() == 1);
    printf("a bad model is refused: %s\n", failing->getError(0)->desc());
    failing->clearErrors();
    EXPECT(failing->getNbErrors() == 0);
    delete failing;
    delete spoilt;

    // The destructor has one place in the table, and it must be the right one.
    delete other;
    delete parser;
    delete parsed;
    delete plan;
    delete config;
    delete network;
    delete builder;
    return 0;
}
