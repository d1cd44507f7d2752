// SPDX-License-Identifier: Apache-2.0
#include "bridge.hpp"

#include <chrono>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace trtx {
namespace {

/// Retired bridges whose memory is kept, so that a late call finds an object and not freed memory.
constexpr std::size_t kKept = 1024;

struct Bridges {
    std::mutex mutex;
    std::unordered_map<void *, std::unique_ptr<BridgeBase>> live;
    std::deque<std::pair<void *, std::unique_ptr<BridgeBase>>> retired;
};

/// Never destroyed: the library's threads may call a bridge while the process ends.
Bridges &bridges()
{
    static Bridges *const instance = new Bridges;
    return *instance;
}

std::atomic<bool> gDisabled{false};
std::atomic<int> gVisits{0};
std::atomic<uint64_t> gDropped{0};

/// The visits of this thread, innermost first.
thread_local const void *tVisits = nullptr;

template <class Condition> void wait_until(Condition &&done, std::chrono::milliseconds limit)
{
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!done() && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
}

} // namespace

BridgeBase::Visit::Visit(BridgeBase const &bridge) noexcept : mBridge(bridge)
{
    // Counted before the flags are read: who retires the bridge either sees this visit or is seen by it.
    bridge.mVisits.fetch_add(1);
    gVisits.fetch_add(1);
    mEntered = !bridge.mRetired.load() && !gDisabled.load();
    if (!mEntered) {
        gDropped.fetch_add(1);
    }
    mOuter = static_cast<Visit const *>(tVisits);
    tVisits = this;
}

BridgeBase::Visit::~Visit()
{
    tVisits = mOuter;
    gVisits.fetch_sub(1);
    mBridge.mVisits.fetch_sub(1);
}

void BridgeBase::retire() noexcept
{
    mRetired.store(true);
    const int own = own_visits(this);
    wait_until([&] { return mVisits.load() <= own; }, std::chrono::minutes(1));
}

int BridgeBase::own_visits(BridgeBase const *bridge) noexcept
{
    int count = 0;
    for (auto const *visit = static_cast<Visit const *>(tVisits); visit; visit = visit->mOuter) {
        count += !bridge || &visit->mBridge == bridge ? 1 : 0;
    }
    return count;
}

void adopt_bridge(void *handle, std::unique_ptr<BridgeBase> bridge)
{
    const std::lock_guard<std::mutex> lock(bridges().mutex);
    bridges().live[handle] = std::move(bridge);
}

void retire_bridge(void *handle) noexcept
{
    std::unique_ptr<BridgeBase> bridge;
    try {
        {
            const std::lock_guard<std::mutex> lock(bridges().mutex);
            const auto found = bridges().live.find(handle);
            if (found == bridges().live.end()) {
                return;
            }
            bridge = std::move(found->second);
            bridges().live.erase(found);
        }
        bridge->retire();
        std::pair<void *, std::unique_ptr<BridgeBase>> oldest;
        const std::lock_guard<std::mutex> lock(bridges().mutex);
        bridges().retired.emplace_back(handle, std::move(bridge));
        if (bridges().retired.size() > kKept) {
            oldest = std::move(bridges().retired.front());
            bridges().retired.pop_front();
            if (oldest.first == registered_logger()) {
                // The library may call this one at any time: it goes on to wait.
                bridges().retired.push_back(std::move(oldest));
            }
        }
    } catch (...) {
        // Without memory to keep it properly, keep it for good: a leak is better than a dangling pointer.
        (void)bridge.release();
    }
}

} // namespace trtx

using namespace trtx;

void trtx_disable_callbacks(int32_t wait_milliseconds)
{
    gDisabled.store(true);
    const int own = BridgeBase::own_visits(nullptr);
    wait_until([&] { return gVisits.load() <= own; }, std::chrono::milliseconds(wait_milliseconds));
}

uint64_t trtx_dropped_callback_count(void)
{
    return gDropped.load();
}
