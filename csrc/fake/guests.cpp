// SPDX-License-Identifier: Apache-2.0
#include "guests.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "trtx_fake.h"

namespace trtx::fake {
namespace {

/// The last guest of each kind. The application may have destroyed it since: its bridge has to cope with that.
struct Guests {
    std::mutex mutex;
    ILogger *logger = nullptr;
    IErrorRecorder *recorder = nullptr;
    IProgressMonitor *monitor = nullptr;
    IProfiler *profiler = nullptr;
    IGpuAllocator *allocator = nullptr;
    IOutputAllocator *output_allocator = nullptr;
    IDebugListener *listener = nullptr;
    IStreamReaderV2 *reader = nullptr;
    IStreamWriter *writer = nullptr;
    IRefitterObserver *observer = nullptr;
    std::vector<Order> late;
    std::atomic<int64_t> calls{0};
};

Guests &guests()
{
    static Guests *const instance = new Guests;
    return *instance;
}

template <class T> void keep(T *Guests::*slot, T *guest)
{
    if (guest) {
        const std::lock_guard<std::mutex> lock(guests().mutex);
        guests().*slot = guest;
    }
}

template <class T> T *get(T *Guests::*slot)
{
    const std::lock_guard<std::mutex> lock(guests().mutex);
    return guests().*slot;
}

trtx_dims shape(int64_t size)
{
    trtx_dims dims{};
    dims.nb_dims = 1;
    dims.d[0] = size;
    return dims;
}

void counted(int64_t calls)
{
    guests().calls.fetch_add(calls);
}

void call_recorder(IErrorRecorder *recorder, Order order)
{
    if (order == Order::kDisorder) {
        recorder->clear();
        (void)recorder->getErrorDesc(-1);
        (void)recorder->getErrorCode(1000000);
        counted(3);
    }
    recorder->reportError(TRTX_ERROR_CODE_INTERNAL_ERROR, "reported by a fault");
    (void)recorder->getNbErrors();
    (void)recorder->hasOverflowed();
    counted(3);
}

void call_monitor(IProgressMonitor *monitor, Order order)
{
    if (order == Order::kDisorder) {
        monitor->phaseFinish("never started");
        (void)monitor->stepComplete("never started", -1);
        monitor->phaseStart("late phase", "no such parent", -1);
        monitor->phaseFinish("late phase");
        monitor->phaseFinish("late phase");
        counted(5);
        return;
    }
    monitor->phaseStart("phase of a fault", nullptr, 1);
    (void)monitor->stepComplete("phase of a fault", 0);
    monitor->phaseFinish("phase of a fault");
    counted(3);
}

void call_allocator(IGpuAllocator *allocator, Order order)
{
    if (order == Order::kDisorder) {
        (void)allocator->deallocate(nullptr);
        (void)allocator->reallocate(nullptr, 256, 64);
        (void)allocator->allocate(0, 256, 0);
        counted(3);
        return;
    }
    void *const memory = allocator->allocate(64, 256, 0);
    (void)allocator->deallocate(memory);
    void *const async = allocator->allocateAsync(64, 256, 0, nullptr);
    (void)allocator->deallocateAsync(async, nullptr);
    counted(4);
}

void call_output_allocator(IOutputAllocator *allocator, Order order)
{
    if (order == Order::kDisorder) {
        allocator->notifyShape("no such tensor", shape(-1));
        counted(1);
    }
    (void)allocator->reallocateOutputAsync("output of a fault", nullptr, 16, 256, nullptr);
    allocator->notifyShape("output of a fault", shape(4));
    counted(2);
}

void call_reader(IStreamReaderV2 *reader, Order order)
{
    unsigned char buffer[8] = {};
    if (order == Order::kDisorder) {
        (void)reader->seek(-1, TRTX_SEEK_POSITION_END);
        (void)reader->read(buffer, 0, nullptr);
        (void)reader->seek(1 << 30, TRTX_SEEK_POSITION_SET);
        counted(3);
    }
    (void)reader->read(buffer, sizeof buffer, nullptr);
    counted(1);
}

void call_writer(IStreamWriter *writer, Order order)
{
    if (order == Order::kDisorder) {
        (void)writer->write(nullptr, 0);
        counted(1);
    }
    (void)writer->write("fault", 5);
    counted(1);
}

} // namespace

void remember(ILogger *guest) { keep(&Guests::logger, guest); }
void remember(IErrorRecorder *guest) { keep(&Guests::recorder, guest); }
void remember(IProgressMonitor *guest) { keep(&Guests::monitor, guest); }
void remember(IProfiler *guest) { keep(&Guests::profiler, guest); }
void remember(IGpuAllocator *guest) { keep(&Guests::allocator, guest); }
void remember(IOutputAllocator *guest) { keep(&Guests::output_allocator, guest); }
void remember(IDebugListener *guest) { keep(&Guests::listener, guest); }
void remember(IStreamReaderV2 *guest) { keep(&Guests::reader, guest); }
void remember(IStreamWriter *guest) { keep(&Guests::writer, guest); }
void remember(IRefitterObserver *guest) { keep(&Guests::observer, guest); }

ILogger *last_logger()
{
    return get(&Guests::logger);
}

void call_guests(Order order)
{
    if (auto *logger = get(&Guests::logger)) {
        logger->log(TRTX_SEVERITY_INFO, "logged by a fault");
        counted(1);
    }
    if (auto *recorder = get(&Guests::recorder)) {
        call_recorder(recorder, order);
    }
    if (auto *monitor = get(&Guests::monitor)) {
        call_monitor(monitor, order);
    }
    if (auto *profiler = get(&Guests::profiler)) {
        profiler->reportLayerTime(order == Order::kProper ? "layer of a fault" : "", -1.0F);
        counted(1);
    }
    if (auto *allocator = get(&Guests::allocator)) {
        call_allocator(allocator, order);
    }
    if (auto *allocator = get(&Guests::output_allocator)) {
        call_output_allocator(allocator, order);
    }
    if (auto *listener = get(&Guests::listener)) {
        const float value = 1.0F;
        (void)listener->processDebugTensor(
            &value, TRTX_TENSOR_LOCATION_HOST, TRTX_DATA_TYPE_FLOAT, shape(1), "tensor of a fault", nullptr);
        counted(1);
    }
    if (auto *reader = get(&Guests::reader)) {
        call_reader(reader, order);
    }
    if (auto *writer = get(&Guests::writer)) {
        call_writer(writer, order);
    }
    if (auto *observer = get(&Guests::observer)) {
        trtx_refit_record record{};
        record.trt_name = "weight of a fault";
        observer->onRefittableWeight(record);
        counted(1);
    }
}

void call_guests_foreign(Order order)
{
    std::thread([order] { call_guests(order); }).join();
}

void call_guests_later(Order order)
{
    const std::lock_guard<std::mutex> lock(guests().mutex);
    guests().late.push_back(order);
}

} // namespace trtx::fake

using namespace trtx::fake;

int32_t trtx_fake_call_late(void)
{
    std::vector<Order> rounds;
    {
        const std::lock_guard<std::mutex> lock(guests().mutex);
        rounds.swap(guests().late);
    }
    for (const Order order : rounds) {
        call_guests_foreign(order);
    }
    return static_cast<int32_t>(rounds.size());
}

int64_t trtx_fake_callback_count(void)
{
    return guests().calls.load();
}
