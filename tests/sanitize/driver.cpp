// SPDX-License-Identifier: Apache-2.0
//! The shim on the fake library in one program of plain C++, for sanitizers and Valgrind.
//!
//!     driver FAKE_LIBRARY cycles COUNT     build, run and close, COUNT times; then count what is left
//!     driver FAKE_LIBRARY threads ROUNDS   many threads at once, in every part that threads may share
//!     driver FAKE_LIBRARY callbacks COUNT  callbacks that destroy bridges, their own and each other's
//!     driver FAKE_LIBRARY ending COUNT     failures while the process ends
//!
//! It ends with 0 and one line of figures, or aborts at the first surprise.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <functional>
#include <malloc.h>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "trtx_c.h"

extern "C" size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));

namespace {

void need(bool ok, const char *what)
{
    if (!ok) {
        std::fprintf(stderr, "failed: %s\n  %s\n", what, trtx_last_error());
        std::abort();
    }
}

#define OK(call) need((call) == TRTX_OK, #call)
#define NEED(condition) need((condition), #condition)

/// The remote control of the fake library.
struct Control {
    int64_t (*live_count)(const char *) = nullptr;
    size_t (*live_report)(char *, size_t) = nullptr;
    int64_t (*misuse_count)() = nullptr;
    const char *(*last_misuse)() = nullptr;
    int32_t (*set_fault)(const char *) = nullptr;
    void (*clear_faults)() = nullptr;
    int32_t (*call_late)() = nullptr;
    int64_t (*callback_count)() = nullptr;

    explicit Control(const char *path)
    {
        void *const library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);
        NEED(library);
        find(library, "live_count", live_count);
        find(library, "live_report", live_report);
        find(library, "misuse_count", misuse_count);
        find(library, "last_misuse", last_misuse);
        find(library, "set_fault", set_fault);
        find(library, "clear_faults", clear_faults);
        find(library, "call_late", call_late);
        find(library, "callback_count", callback_count);
    }

    void expect_clean() const
    {
        char report[4096];
        live_report(report, sizeof report);
        if (live_count(nullptr) != 0 || misuse_count() != 0) {
            std::fprintf(stderr, "left: %s\nmisuse: %s\n", report, last_misuse());
            std::abort();
        }
    }

private:
    template <class Function> static void find(void *library, const char *name, Function &result)
    {
        result = reinterpret_cast<Function>(dlsym(library, (std::string("trtx_fake_") + name).c_str()));
        need(result != nullptr, name);
    }
};

std::atomic<int64_t> gLogged{0};

void count_message(trtx_severity, const char *message, void *user_data)
{
    static_cast<std::atomic<int64_t> *>(user_data)->fetch_add(static_cast<int64_t>(std::strlen(message) > 0));
}

trtx_logger *make_logger()
{
    const trtx_logger_callbacks callbacks = {count_message};
    trtx_logger *logger = nullptr;
    OK(trtx_logger_create(&callbacks, &gLogged, &logger));
    return logger;
}

/// One bridge of every kind that a builder or a run-time object takes.
struct Bridges {
    trtx_error_recorder *recorder = nullptr;
    trtx_progress_monitor *monitor = nullptr;
    trtx_profiler *profiler = nullptr;
    trtx_gpu_allocator *allocator = nullptr;
    trtx_output_allocator *output_allocator = nullptr;
    trtx_debug_listener *listener = nullptr;
    std::atomic<int64_t> calls{0};
    alignas(64) float memory[16]{};

    Bridges()
    {
        trtx_error_recorder_callbacks errors{};
        errors.report_error = [](trtx_error_code, const char *, void *data) { return seen(data); };
        OK(trtx_error_recorder_create(&errors, this, &recorder));
        trtx_progress_monitor_callbacks progress{};
        progress.step_complete = [](const char *, int32_t, void *data) { return seen(data); };
        OK(trtx_progress_monitor_create(&progress, this, &monitor));
        trtx_profiler_callbacks times{};
        times.report_layer_time = [](const char *, float, void *data) { seen(data); };
        OK(trtx_profiler_create(&times, this, &profiler));
        trtx_gpu_allocator_callbacks memory{};
        memory.allocate = [](uint64_t, uint64_t, uint32_t, void *data) { return seen(data) ? memory_of(data) : 0; };
        memory.deallocate = [](trtx_address, void *data) { return seen(data); };
        OK(trtx_gpu_allocator_create(&memory, this, &allocator));
        trtx_output_allocator_callbacks outputs{};
        outputs.reallocate_output_async = [](const char *, trtx_address, uint64_t, uint64_t, trtx_stream, void *data) {
            return memory_of(data);
        };
        outputs.notify_shape = [](const char *, const trtx_dims *, void *data) { seen(data); };
        OK(trtx_output_allocator_create(&outputs, this, &output_allocator));
        OK(trtx_debug_listener_create(&kNoListener, this, &listener));
    }

    ~Bridges()
    {
        trtx_debug_listener_destroy(listener);
        trtx_output_allocator_destroy(output_allocator);
        trtx_gpu_allocator_destroy(allocator);
        trtx_profiler_destroy(profiler);
        trtx_progress_monitor_destroy(monitor);
        trtx_error_recorder_destroy(recorder);
    }

    Bridges(Bridges const &) = delete;
    Bridges &operator=(Bridges const &) = delete;

private:
    static bool seen(void *data)
    {
        static_cast<Bridges *>(data)->calls.fetch_add(1);
        return true;
    }

    static trtx_address memory_of(void *data)
    {
        return reinterpret_cast<trtx_address>(static_cast<Bridges *>(data)->memory);
    }

    static constexpr trtx_debug_listener_callbacks kNoListener{};
};

constexpr float kKernel[4] = {1, 2, 3, 4};
constexpr trtx_dims kShape = {2, {2, 2}};

trtx_tensor *output(trtx_layer *layer)
{
    return trtx_layer_get_output(layer, 0);
}

/// y = relu(x * kernel), refittable by the name of its weights.
void define(trtx_network_definition *network)
{
    const trtx_weights weights = {TRTX_DATA_TYPE_FLOAT, kKernel, 4};
    trtx_tensor *x = nullptr;
    trtx_layer *constant = nullptr, *product = nullptr, *relu = nullptr;
    OK(trtx_network_definition_add_input(network, "x", TRTX_DATA_TYPE_FLOAT, &kShape, &x));
    OK(trtx_network_definition_add_constant(network, &kShape, &weights, &constant));
    OK(trtx_network_definition_add_matrix_multiply(
        network, x, TRTX_MATRIX_OPERATION_NONE, output(constant), TRTX_MATRIX_OPERATION_NONE, &product));
    OK(trtx_network_definition_add_activation(network, output(product), TRTX_ACTIVATION_TYPE_RELU, &relu));
    OK(trtx_tensor_set_name(output(relu), "y"));
    OK(trtx_network_definition_mark_output(network, output(relu)));
}

/// Failures leave their text with the thread, and nothing else.
void fail(trtx_builder *builder, trtx_network_definition *network, trtx_runtime *runtime)
{
    trtx_host_memory *memory = nullptr;
    NEED(trtx_builder_build_serialized_network(builder, network, nullptr, &memory) == TRTX_INVALID_ARGUMENT);
    NEED(std::strstr(trtx_last_error(), "config is null"));
    trtx_cuda_engine *engine = nullptr;
    NEED(trtx_runtime_deserialize_cuda_engine(runtime, "junk", 4, &engine) != TRTX_OK && !engine);
    NEED(std::strcmp(trtx_last_function(), "trtx_runtime_deserialize_cuda_engine") == 0);
    trtx_severity severity = 0;
    for (size_t i = 0; i < trtx_last_message_count(); ++i) {
        NEED(trtx_last_message(i, &severity));
    }
}

void parse(trtx_builder *builder, trtx_logger *logger)
{
    trtx_network_definition *network = nullptr;
    trtx_onnx_parser *parser = nullptr;
    OK(trtx_builder_create_network_v2(builder, 0, &network));
    OK(trtx_onnx_parser_create(network, logger, &parser));
    NEED(trtx_onnx_parser_parse(parser, "junk", 4, nullptr) != TRTX_OK);
    const trtx_onnx_parser_error *error = nullptr;
    NEED(trtx_onnx_parser_get_nb_errors(parser) > 0);
    OK(trtx_onnx_parser_get_error(parser, 0, &error));
    NEED(trtx_onnx_parser_error_desc(error));
    OK(trtx_onnx_parser_parse(parser, "TRTXONNX", 8, nullptr));
    trtx_onnx_parser_destroy(parser);
    trtx_network_definition_destroy(network);
}

void run(trtx_cuda_engine *engine, trtx_runtime_config *config, Bridges &bridges)
{
    trtx_runtime_cache *cache = nullptr;
    trtx_host_memory *saved = nullptr;
    OK(trtx_runtime_config_create_runtime_cache(config, &cache));
    OK(trtx_runtime_config_set_runtime_cache(config, cache));
    trtx_execution_context *context = nullptr;
    OK(trtx_cuda_engine_create_execution_context_with_runtime_config(engine, config, &context));
    OK(trtx_execution_context_set_profiler(context, bridges.profiler));
    OK(trtx_execution_context_set_debug_listener(context, bridges.listener));
    OK(trtx_execution_context_set_output_allocator(context, "y", bridges.output_allocator));
    const float x[4] = {1, 0, 0, -1};
    const float *const y = bridges.memory;
    OK(trtx_execution_context_set_input_shape(context, "x", &kShape));
    OK(trtx_execution_context_set_tensor_address(context, "x", reinterpret_cast<trtx_address>(x)));
    OK(trtx_execution_context_enqueue_v3(context, 0));
    NEED(y[0] == 1 && y[1] == 2 && y[2] == 0 && y[3] == 0);
    NEED(trtx_execution_context_set_tensor_address(context, "z", 0) != TRTX_OK);
    OK(trtx_runtime_cache_serialize(cache, &saved));
    trtx_host_memory_destroy(saved);
    trtx_execution_context_destroy(context);
    trtx_runtime_cache_destroy(cache);
}

void refit(trtx_cuda_engine *engine, trtx_logger *logger)
{
    trtx_refitter *refitter = nullptr;
    OK(trtx_refitter_create(engine, logger, &refitter));
    int32_t count = 0;
    OK(trtx_refitter_get_all_weights(refitter, 0, nullptr, &count));
    trtx_refitter_destroy(refitter);
}

/// Everything from a logger to a run, and back to nothing.
void cycle()
{
    trtx_logger *const logger = make_logger();
    Bridges bridges;
    trtx_builder *builder = nullptr;
    trtx_network_definition *network = nullptr;
    trtx_builder_config *config = nullptr;
    trtx_timing_cache *timings = nullptr;
    trtx_host_memory *plan = nullptr;
    OK(trtx_builder_create(logger, &builder));
    OK(trtx_builder_set_error_recorder(builder, bridges.recorder));
    OK(trtx_builder_create_network_v2(builder, 0, &network));
    define(network);
    OK(trtx_builder_create_builder_config(builder, &config));
    OK(trtx_builder_config_create_timing_cache(config, nullptr, 0, &timings));
    OK(trtx_builder_config_set_timing_cache(config, timings, false));
    OK(trtx_builder_config_set_progress_monitor(config, bridges.monitor));
    OK(trtx_builder_config_set_flag(config, TRTX_BUILDER_FLAG_REFIT));
    OK(trtx_builder_build_serialized_network(builder, network, config, &plan));

    trtx_runtime *runtime = nullptr;
    trtx_cuda_engine *engine = nullptr;
    trtx_engine_inspector *inspector = nullptr;
    trtx_runtime_config *settings = nullptr;
    OK(trtx_runtime_create(logger, &runtime));
    OK(trtx_runtime_set_gpu_allocator(runtime, bridges.allocator));
    OK(trtx_runtime_deserialize_cuda_engine(
        runtime, trtx_host_memory_data(plan), trtx_host_memory_size(plan), &engine));
    trtx_host_memory_destroy(plan);
    OK(trtx_cuda_engine_create_engine_inspector(engine, &inspector));
    OK(trtx_cuda_engine_create_runtime_config(engine, &settings));
    run(engine, settings, bridges);
    refit(engine, logger);
    parse(builder, logger);
    fail(builder, network, runtime);

    trtx_runtime_config_destroy(settings);
    trtx_engine_inspector_destroy(inspector);
    trtx_cuda_engine_destroy(engine);
    trtx_runtime_destroy(runtime);
    trtx_timing_cache_destroy(timings);
    trtx_builder_config_destroy(config);
    trtx_network_definition_destroy(network);
    trtx_builder_destroy(builder);
    trtx_logger_destroy(logger);
}

void in_threads(int count, std::function<void(int)> const &work)
{
    std::vector<std::thread> threads;
    for (int i = 0; i < count; ++i) {
        threads.emplace_back(work, i);
    }
    for (std::thread &thread : threads) {
        thread.join();
    }
}

/// Each thread finds its own failure, whatever the others do.
void failures_of_threads(int rounds)
{
    in_threads(6, [&](int number) {
        for (int i = 0; i < rounds; ++i) {
            if (number % 2 == 0) {
                NEED(trtx_runtime_create(nullptr, nullptr) != TRTX_OK);
                NEED(std::strcmp(trtx_last_function(), "trtx_runtime_create") == 0);
            } else {
                trtx_builder *builder = nullptr;
                NEED(trtx_builder_create(nullptr, &builder) != TRTX_OK);
                NEED(std::strstr(trtx_last_error(), "trtx_builder_create: logger is null"));
            }
        }
    });
}

/// Threads log through one bridge; its threshold changes, and in the end it is retired under them.
void loggers_of_threads(int rounds)
{
    std::atomic<bool> stop{false};
    trtx_logger *const logger = make_logger();
    std::thread changing([&] {
        for (trtx_severity severity = 0; !stop; severity = (severity + 1) % 5) {
            trtx_logger_set_threshold(logger, severity);
        }
    });
    in_threads(4, [&](int number) {
        for (int i = 0; i < rounds; ++i) {
            OK(trtx_logger_log(logger, (number + i) % 5, "said by a thread"));
        }
    });
    stop = true;
    changing.join();
    trtx_logger_destroy(logger);
}

/// The library calls bridges from threads of its own while, and after, the application retires them.
void bridges_under_fire(Control const &control, int rounds)
{
    for (int i = 0; i < rounds; ++i) {
        control.set_fault("VBuilder::reset=callbacks:late+foreign;VBuilder::reset=callbacks:late+disorder");
        trtx_logger *const logger = make_logger();
        auto bridges = std::make_unique<Bridges>();
        trtx_builder *builder = nullptr;
        trtx_builder_config *config = nullptr;
        OK(trtx_builder_create(logger, &builder));
        OK(trtx_builder_set_error_recorder(builder, bridges->recorder));
        OK(trtx_builder_set_gpu_allocator(builder, bridges->allocator));
        OK(trtx_builder_create_builder_config(builder, &config));
        OK(trtx_builder_config_set_progress_monitor(config, bridges->monitor));
        for (int k = 0; k < 4; ++k) {
            (void)trtx_builder_reset(builder);
        }
        std::thread library([&] { control.call_late(); });
        trtx_builder_config_destroy(config);
        trtx_builder_destroy(builder);
        bridges.reset();
        trtx_logger_destroy(logger);
        library.join();
        control.clear_faults();
    }
}

void threads(Control const &control, int rounds)
{
    in_threads(4, [&](int) {
        for (int i = 0; i < rounds; ++i) {
            cycle();
        }
    });
    control.expect_clean();
    failures_of_threads(50 * rounds);
    loggers_of_threads(50 * rounds);
    bridges_under_fire(control, rounds);
    control.set_fault("VBuilder::*=logforeign:warning:said by a worker");
    in_threads(3, [&](int) { cycle(); });
    control.clear_faults();
    control.expect_clean();
    // The end of a program: no more callbacks, whoever is still talking.
    trtx_logger *const logger = make_logger();
    std::thread talking([&] {
        for (int i = 0; i < 50 * rounds; ++i) {
            OK(trtx_logger_log(logger, TRTX_SEVERITY_INFO, "said too late"));
        }
    });
    trtx_disable_callbacks(1000);
    const int64_t logged = gLogged;
    talking.join();
    NEED(gLogged == logged);
    trtx_logger_destroy(logger);
}

/// Called from a callback, it ends the bridge that is under a visit, and then more others than the shim keeps.
void end_many(const char *, const char *, int32_t, void *data)
{
    auto *&monitor = *static_cast<trtx_progress_monitor **>(data);
    trtx_progress_monitor_destroy(std::exchange(monitor, nullptr));
    const trtx_progress_monitor_callbacks none{};
    for (int i = 0; i < 1100; ++i) {
        trtx_progress_monitor *other = nullptr;
        OK(trtx_progress_monitor_create(&none, nullptr, &other));
        trtx_progress_monitor_destroy(other);
    }
}

void bridge_that_ends_itself(Control const &control)
{
    trtx_progress_monitor *monitor = nullptr;
    trtx_progress_monitor_callbacks callbacks{};
    callbacks.phase_start = end_many;
    OK(trtx_progress_monitor_create(&callbacks, &monitor, &monitor));
    trtx_logger *const logger = make_logger();
    trtx_builder *builder = nullptr;
    trtx_builder_config *config = nullptr;
    OK(trtx_builder_create(logger, &builder));
    OK(trtx_builder_create_builder_config(builder, &config));
    OK(trtx_builder_config_set_progress_monitor(config, monitor));
    control.set_fault("VBuilder::reset=callbacks:");
    OK(trtx_builder_reset(builder));
    control.clear_faults();
    NEED(!monitor);
    trtx_builder_config_destroy(config);
    trtx_builder_destroy(builder);
    trtx_logger_destroy(logger);
}

/// Loggers in a ring, each with a callback that ends the next one's bridge while all callbacks are under way.
struct Ring {
    std::vector<trtx_logger *> loggers;
    std::atomic<int> inside{0};
    std::atomic<int> left{0};
    bool closed;

    struct Place {
        Ring *ring;
        size_t index;
    };
    std::vector<Place> places;

    Ring(size_t count, bool is_closed) : loggers(count), closed(is_closed)
    {
        places.reserve(count);
        const trtx_logger_callbacks callbacks = {visit};
        for (size_t i = 0; i < count; ++i) {
            places.push_back({this, i});
            OK(trtx_logger_create(&callbacks, &places[i], &loggers[i]));
        }
        const std::vector<trtx_logger *> all = loggers;
        in_threads(static_cast<int>(count), [&](int i) { OK(trtx_logger_log(all[static_cast<size_t>(i)], 3, "around")); });
        for (trtx_logger *logger : loggers) {
            trtx_logger_destroy(logger); // the first one of an open ring; null for all others
        }
    }

    static void visit(trtx_severity, const char *, void *data)
    {
        auto const &[ring, index] = *static_cast<Place *>(data);
        const size_t count = ring->loggers.size();
        ++ring->inside;
        while (static_cast<size_t>(ring->inside) < count) {
            std::this_thread::yield();
        }
        if (ring->closed || index + 1 < count) {
            trtx_logger_destroy(std::exchange(ring->loggers[(index + 1) % count], nullptr));
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        // Where nobody waits for himself, everybody waits for those behind him.
        const int before = ring->left++;
        NEED(ring->closed || static_cast<size_t>(before) == count - 1 - index);
    }
};

void callbacks(Control const &control, int count)
{
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < count; ++i) {
        for (const size_t threads : {2U, 3U}) {
            Ring(threads, true);
            Ring(threads, false);
        }
    }
    bridge_that_ends_itself(control);
    NEED(std::chrono::steady_clock::now() - begun < std::chrono::seconds(30));
}

/// Runs after the destructors of thread-local objects, as the handlers of other libraries do.
void fail_at_exit()
{
    NEED(std::strlen(trtx_last_error()) == 0 && trtx_last_status() == TRTX_OK);
    trtx_builder *builder = nullptr;
    NEED(trtx_builder_create(nullptr, &builder) == TRTX_INVALID_ARGUMENT);
    NEED(std::strstr(trtx_last_error(), "trtx_builder_create: logger is null"));
    NEED(trtx_last_status() == TRTX_INVALID_ARGUMENT && trtx_last_message_count() == 0);
    trtx_clear_last_error();
    NEED(std::strlen(trtx_last_error()) == 0);
}

size_t bytes_in_use()
{
    // Under a sanitizer the allocator is the sanitizer's.
    return __sanitizer_get_current_allocated_bytes ? __sanitizer_get_current_allocated_bytes() : mallinfo2().uordblks;
}

/// The fake keeps its last 20000 dead objects and the shim its last 1024 bridges, so first fill those.
void cycles(Control const &control, int count)
{
    const int warm = std::getenv("TRTX_DRIVER_COLD") ? 0 : 2500;
    for (int i = 0; i < warm; ++i) {
        cycle();
    }
    const size_t before = bytes_in_use();
    for (int i = 0; i < count; ++i) {
        cycle();
    }
    const size_t after = bytes_in_use();
    control.expect_clean();
    if (warm) {
        const double growth = static_cast<double>(after) - static_cast<double>(before);
        std::printf("%.2f bytes of heap per cycle, ", growth / count);
    }
    std::printf("%d cycles, ", count);
}

} // namespace

int main(int argc, char **argv)
{
    if (argc != 4) {
        std::fprintf(stderr, "usage: driver FAKE_LIBRARY cycles|threads|callbacks|ending COUNT\n");
        return 2;
    }
    const char *const path = argv[1];
    // Everybody loads; one does it, and all see the same library.
    in_threads(8, [&](int) {
        OK(trtx_load(path));
        OK(trtx_load_onnx_parser(path));
        const char *loaded = nullptr;
        OK(trtx_library_path(&loaded));
        NEED(std::strlen(loaded) > 0);
    });
    const Control control(path);
    const int count = std::atoi(argv[3]);
    if (std::strcmp(argv[2], "threads") == 0) {
        threads(control, count);
    } else if (std::strcmp(argv[2], "callbacks") == 0) {
        callbacks(control, count);
    } else if (std::strcmp(argv[2], "ending") == 0) {
        OK(std::atexit(fail_at_exit));
        NEED(trtx_runtime_create(nullptr, nullptr) != TRTX_OK);
    } else {
        cycles(control, count);
    }
    std::printf("%lld messages, %llu callbacks dropped\n", static_cast<long long>(gLogged),
        static_cast<unsigned long long>(trtx_dropped_callback_count()));
    return 0;
}
