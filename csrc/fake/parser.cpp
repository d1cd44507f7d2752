// SPDX-License-Identifier: Apache-2.0
//! A parser that knows one model: bytes that start with "TRTXONNX" are an identity. Real models are the business of
//! NVIDIA's parser, which works with the fake's networks.
#include "parser.hpp"

#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "network.hpp"
#include "onnx_parser_gen.hpp"
#include "runtime_gen.hpp"

namespace trtx::fake {
namespace {

constexpr char kMagic[] = "TRTXONNX";

class ParserError final : public OnnxParserErrorStub {
public:
    ParserError(int32_t code, std::string text) : mCode(code), mText(std::move(text)) {}

protected:
    int32_t do_code() const override { return mCode; }
    const char *do_desc() const override { return mText.c_str(); }
    const char *do_file() const override { return "parser.cpp"; }
    int32_t do_line() const override { return 1; }
    const char *do_func() const override { return "parse"; }
    int32_t do_node() const override { return -1; }

private:
    int32_t mCode;
    std::string mText;
};

/// Errors, and the one model, of a parser and of a parser's refitter.
class Model {
public:
    bool read(const void *bytes, std::size_t size)
    {
        if (bytes && size >= 8 && std::memcmp(bytes, kMagic, 8) == 0) {
            return true;
        }
        fail(TRTX_ONNX_ERROR_CODE_MODEL_DESERIALIZE_FAILED,
            "Failed to parse the ONNX model. The fake library's own parser knows one model only: NVIDIA's parser, of the pip "
            "package tensorrt-rtx-cu13-libs, reads all of them into the fake library too.");
        return false;
    }
    bool read_file(const char *path)
    {
        std::ifstream file(path, std::ios::binary);
        if (!file) {
            fail(TRTX_ONNX_ERROR_CODE_MODEL_DESERIALIZE_FAILED, std::string("Failed to open file: ") + path);
            return false;
        }
        const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
        return read(bytes.data(), bytes.size());
    }
    void fail(int32_t code, std::string text) { errors.push_back(std::make_unique<ParserError>(code, std::move(text))); }
    IParserError const *error(int32_t index) const
    {
        require(index >= 0 && index < static_cast<int32_t>(errors.size()), "index < getNbErrors()");
        return errors[static_cast<std::size_t>(index)].get();
    }
    /// False, and the last error told to the logger too.
    bool told(Life const *life, bool ok) const
    {
        if (!ok && !errors.empty()) {
            log(life, TRTX_SEVERITY_ERROR, std::string("ModelImporter: ") + errors.back()->desc());
        }
        return ok;
    }

    std::vector<std::unique_ptr<ParserError>> errors;
};

/// Objects without a second half: what is left of one is a stub in its memory, which answers every late call.
template <class Object, class Stub> class Mortal : public Stub {
public:
    static void *operator new(std::size_t size) { return ::operator new(size); }
    static void *operator new(std::size_t, void *memory) noexcept { return memory; }
    static void operator delete(void *memory) noexcept { bury(memory); }
    static void operator delete(void *, void *) noexcept {}

    void begin(const char *class_name, LifePtr parent, ILogger *logger)
    {
        auto life = std::make_shared<Life>();
        life->class_name = class_name;
        life->parent = std::move(parent);
        life->logger = logger;
        life->face = static_cast<Object *>(this);
        // The life belongs to the books; the remains only look at it.
        life->revive = [weak = std::weak_ptr<Life>(life)](void *memory) {
            static_assert(sizeof(Remains) <= sizeof(Object));
            (new (memory) Remains)->bind(weak.lock());
        };
        life->forget = [](void *memory) { static_cast<Remains *>(memory)->Remains::~Remains(); };
        this->bind(life);
        begin_life(life);
    }

private:
    class Remains final : public Stub {
    public:
        static void *operator new(std::size_t, void *memory) noexcept { return memory; }
        static void operator delete(void *memory) noexcept { bury(memory); }
        static void operator delete(void *, void *) noexcept {}
    };
};

class ParserImpl final : public Mortal<ParserImpl, OnnxParserStub> {
public:
    explicit ParserImpl(INetworkDefinition *network) : mNetwork(network) {}

protected:
    bool do_parse(const void *bytes, std::size_t size, const char *) override { return build(mModel.read(bytes, size)); }
    bool do_parseFromFile(const char *path, int32_t) override { return build(mModel.read_file(path)); }
    bool do_supportsOperator(const char *name) const override { return name && std::strcmp(name, "Identity") == 0; }
    int32_t do_getNbErrors() const override { return static_cast<int32_t>(mModel.errors.size()); }
    IParserError const *do_getError(int32_t index) const override { return mModel.error(index); }
    void do_clearErrors() override { mModel.errors.clear(); }
    ITensor const *do_getLayerOutputTensor(const char *name, int64_t index) override
    {
        return mOutput && name && std::strcmp(name, "identity") == 0 && index == 0 ? mOutput : nullptr;
    }
    bool do_supportsModelV2(const void *bytes, std::size_t size, const char *) override
    {
        mSupported = mModel.read(bytes, size);
        return mSupported;
    }
    int64_t do_getNbSubgraphs() override { return mSupported ? 1 : 0; }
    bool do_isSubgraphSupported(int64_t index) override { return mSupported && index == 0; }
    const int64_t *do_getSubgraphNodes(int64_t index, int64_t *length) override
    {
        static const int64_t nodes[] = {0};
        const bool there = mSupported && index == 0;
        *length = there ? 1 : 0;
        return there ? nodes : nullptr;
    }
    bool do_loadModelProto(const void *bytes, std::size_t size, const char *) override
    {
        mLoaded = mModel.read(bytes, size);
        return mModel.told(life(), mLoaded);
    }
    bool do_loadInitializer(const char *, const void *data, std::size_t) override { return mLoaded && data; }
    bool do_parseModelProto() override
    {
        if (!mLoaded) {
            mModel.fail(TRTX_ONNX_ERROR_CODE_INVALID_VALUE, "No model is loaded.");
        }
        return build(mLoaded);
    }
    bool do_setBuilderConfig(IBuilderConfig const *config) override { return config != nullptr; }

private:
    /// y = Identity(x) for x of shape [1, 4].
    bool build(bool read)
    {
        if (!read) {
            return mModel.told(life(), false);
        }
        ITensor *const input = mNetwork->mImpl->addInput("x", TRTX_DATA_TYPE_FLOAT, to_dims({1, 4}));
        ILayer *const layer = input ? mNetwork->mImpl->addIdentity(input) : nullptr;
        if (!layer) {
            mModel.fail(TRTX_ONNX_ERROR_CODE_INVALID_GRAPH, "The network did not take the layer.");
            return mModel.told(life(), false);
        }
        layer->mLayer->setName("identity");
        ITensor *const output = layer->mLayer->getOutput(0);
        output->mImpl->setName("y");
        mNetwork->mImpl->markOutput(output);
        mOutput = output;
        return true;
    }

    INetworkDefinition *mNetwork;
    ITensor *mOutput = nullptr;
    Model mModel;
    bool mSupported = false;
    bool mLoaded = false;
};

class ParserRefitterImpl final : public Mortal<ParserRefitterImpl, OnnxParserRefitterStub> {
protected:
    bool do_refitFromBytes(const void *bytes, std::size_t size, const char *) override
    {
        return refit(mModel.read(bytes, size));
    }
    bool do_refitFromFile(const char *path) override { return refit(mModel.read_file(path)); }
    int32_t do_getNbErrors() const override { return static_cast<int32_t>(mModel.errors.size()); }
    IParserError const *do_getError(int32_t index) const override { return mModel.error(index); }
    void do_clearErrors() override { mModel.errors.clear(); }
    bool do_loadModelProto(const void *bytes, std::size_t size, const char *) override
    {
        mLoaded = mModel.read(bytes, size);
        return mModel.told(life(), mLoaded);
    }
    bool do_loadInitializer(const char *, const void *data, std::size_t) override { return mLoaded && data; }
    bool do_refitModelProto() override { return refit(mLoaded); }
    void do_setRefitObserver(IRefitterObserver *observer) override
    {
        remember(observer);
        mObserver = observer;
    }

private:
    bool refit(bool read)
    {
        if (read && mObserver) {
            const char *const sources[] = {"initializer"};
            trtx_refit_record record{};
            record.trt_name = "weights";
            record.nb_sources = 1;
            record.source_onnx_names = sources;
            mObserver->onRefittableWeight(record);
        }
        return mModel.told(life(), read);
    }

    Model mModel;
    IRefitterObserver *mObserver = nullptr;
    bool mLoaded = false;
};

} // namespace

IParser *make_parser(INetworkDefinition *network, ILogger *logger)
{
    auto *parser = new ParserImpl(network);
    auto *impl = impl_of<NetworkBase>(network);
    parser->begin("OnnxParser", impl ? impl->shared_life() : nullptr, logger);
    return parser;
}

IParserRefitter *make_parser_refitter(IRefitter *refitter, ILogger *logger)
{
    auto *made = new ParserRefitterImpl;
    auto *impl = impl_of<RefitterStub>(refitter);
    made->begin("OnnxParserRefitter", impl ? impl->shared_life() : nullptr, logger);
    return made;
}

} // namespace trtx::fake
