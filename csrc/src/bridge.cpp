// SPDX-License-Identifier: Apache-2.0
#include "bridge.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "fork.hpp"

namespace trtx {
namespace {

/// Bridges that nobody is known to need and whose memory is kept, so that a late call finds an object and not freed memory.
constexpr std::size_t kKept = 1024;

struct Bridges {
    std::mutex mutex;
    std::unordered_map<void *, std::unique_ptr<BridgeBase>> needed;
    std::deque<std::pair<void *, std::unique_ptr<BridgeBase>>> retired;
    /// Builders, runtimes and refitters that there are, and the logger that the first of them was made with.
    int64_t logger_users = 0;
    void *first_logger = nullptr;
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

/// Guards the list of waits.
std::mutex gWaitMutex;

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

bool BridgeBase::Visit::is_in(Visit const *innermost, BridgeBase const *bridge) noexcept
{
    for (Visit const *visit = innermost; visit; visit = visit->mOuter) {
        if (&visit->mBridge == bridge) {
            return true;
        }
    }
    return false;
}

/// A thread that waits for the visits of a bridge to end. It keeps up its own visits meanwhile, so two threads that wait
/// for each other's would never go on: who comes second finds that out before it waits.
class BridgeBase::Wait {
public:
    explicit Wait(BridgeBase const &awaited) noexcept
        : mAwaited(awaited), mVisits(static_cast<Visit const *>(tVisits)), mLock(gWaitMutex), mNext(sWaits)
    {
        mIsMutual = mVisits && leads_here(awaited);
        sWaits = this;
        mLock.unlock();
    }

    ~Wait()
    {
        mLock.lock();
        Wait **link = &sWaits;
        while (*link != this) {
            link = &(*link)->mNext;
        }
        *link = mNext;
    }

    Wait(Wait const &) = delete;
    Wait &operator=(Wait const &) = delete;

    bool is_mutual() const noexcept { return mIsMutual; }

private:
    /// Whether visits of a bridge, or what these wait for, and so on, end with a visit of this thread. There are no rings
    /// among the waits in the list, so this ends.
    bool leads_here(BridgeBase const &bridge) const noexcept
    {
        for (Wait const *other = sWaits; other; other = other->mNext) {
            if (!other->mIsMutual && Visit::is_in(other->mVisits, &bridge)
                && (Visit::is_in(mVisits, &other->mAwaited) || leads_here(other->mAwaited))) {
                return true;
            }
        }
        return false;
    }

    friend class BridgeBase;
    static Wait *sWaits;
    BridgeBase const &mAwaited;
    Visit const *mVisits;
    std::unique_lock<std::mutex> mLock;
    Wait *mNext;
    bool mIsMutual = false;
};

BridgeBase::Wait *BridgeBase::Wait::sWaits = nullptr;

void BridgeBase::retire() noexcept
{
    mRetired.store(true);
    const int own = own_visits(this);
    const Wait wait(*this);
    if (!wait.is_mutual()) {
        wait_until([&] { return mVisits.load() <= own; }, std::chrono::minutes(1));
    }
}

void BridgeBase::forget_waits() noexcept
{
    Wait::sWaits = nullptr;
}

int BridgeBase::own_visits(BridgeBase const *bridge) noexcept
{
    int count = 0;
    for (auto const *visit = static_cast<Visit const *>(tVisits); visit; visit = visit->mOuter) {
        count += !bridge || &visit->mBridge == bridge ? 1 : 0;
    }
    return count;
}

namespace {

/// The bridge of a handle, which stays among those that objects may need.
void retire_bridge(void *handle) noexcept
{
    BridgeBase *bridge = nullptr;
    {
        const std::lock_guard<std::mutex> lock(bridges().mutex);
        const auto found = bridges().needed.find(handle);
        bridge = found == bridges().needed.end() ? nullptr : found->second.get();
    }
    if (bridge) {
        bridge->retire();
    }
}

/// Nobody needs the bridge any more, as far as is known; it is kept for a while all the same.
void end_bridge(void *handle) noexcept
{
    std::unique_ptr<BridgeBase> bridge, oldest;
    try {
        const std::lock_guard<std::mutex> lock(bridges().mutex);
        const auto found = bridges().needed.find(handle);
        if (found == bridges().needed.end()) {
            return;
        }
        bridge = std::move(found->second);
        bridges().needed.erase(found);
        // The library must not be called under this lock, nor asked for its logger at all: it holds a lock of its own while
        // it calls a bridge, whose function may come here.
        auto &retired = bridges().retired;
        retired.emplace_back(handle, std::move(bridge));
        if (retired.size() > kKept) {
            const void *const logger = bridges().first_logger;
            const auto spare = std::find_if(retired.begin(), retired.end(),
                [&](auto const &kept) { return kept.first != logger && !kept.second->is_in_use(); });
            if (spare != retired.end()) {
                oldest = std::move(spare->second);
                retired.erase(spare);
            }
        }
    } catch (...) {
        // Without memory to keep it properly, keep it for good: a leak is better than a dangling pointer.
        (void)bridge.release();
    }
}

constexpr Kind kBridge = {retire_bridge, end_bridge};

} // namespace

void adopt_bridge(void *handle, std::unique_ptr<BridgeBase> bridge)
{
    {
        const std::lock_guard<std::mutex> lock(bridges().mutex);
        bridges().needed[handle] = std::move(bridge);
    }
    enter_object(handle, kBridge, {});
}

void add_logger_user(trtx_logger *logger) noexcept
{
    const std::lock_guard<std::mutex> lock(bridges().mutex);
    if (bridges().logger_users++ == 0) {
        bridges().first_logger = logger;
    }
}

void remove_logger_user() noexcept
{
    const std::lock_guard<std::mutex> lock(bridges().mutex);
    if (--bridges().logger_users == 0) {
        bridges().first_logger = nullptr;
    }
}

void lock_bridges() noexcept
{
    gWaitMutex.lock();
    bridges().mutex.lock();
}

void unlock_bridges(bool in_child) noexcept
{
    if (in_child) {
        // The library of the child may call them still. Their other threads' calls, which never end, are no matter.
        for (auto &[handle, bridge] : bridges().needed) {
            (void)bridge.release();
        }
        for (auto &[handle, bridge] : bridges().retired) {
            (void)bridge.release();
        }
        bridges().needed.clear();
        bridges().retired.clear();
        bridges().logger_users = 0;
        bridges().first_logger = nullptr;
        gVisits.store(BridgeBase::own_visits(nullptr));
        BridgeBase::forget_waits();
    }
    bridges().mutex.unlock();
    gWaitMutex.unlock();
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
