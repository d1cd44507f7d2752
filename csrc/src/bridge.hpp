// SPDX-License-Identifier: Apache-2.0
//! Bridges: objects that the library calls, and that call functions of the application.
//!
//! The library may keep a pointer to a bridge longer than it should, and may call it from any thread. So a bridge is
//! retired, not deleted: it answers further calls by itself, they are counted, and its memory stays for a while.
#pragma once

#include <atomic>
#include <memory>

#include "guard.hpp"
#include "hidden.hpp"

namespace trtx TRTX_HIDDEN {

class BridgeBase {
public:
    explicit BridgeBase(void *user_data) noexcept : mUserData(user_data) {}
    virtual ~BridgeBase() = default;
    BridgeBase(BridgeBase const &) = delete;
    BridgeBase &operator=(BridgeBase const &) = delete;

    /// Lets no further call through, and waits for those of other threads that are under way. Not waited for are calls
    /// of this very thread, which retires its own bridge then, and calls that wait for this thread themselves.
    void retire() noexcept;
    /// Whether a call is under way, or a line waits to be delivered: the memory is needed then.
    bool is_in_use() const noexcept { return mVisits.load() > 0 || mLines.load() > 0; }

    /// Visits under way on this thread, of one bridge or of all: a callback that ends its bridge must not wait for itself.
    static int own_visits(BridgeBase const *bridge) noexcept;
    /// In the child of a fork, where no other thread waits.
    static void forget_waits() noexcept;

protected:
    void *user_data() const noexcept { return mUserData; }
    /// Counts the lines that wait, for who is told them later.
    void count_line(int by) noexcept { mLines.fetch_add(by); }

    /// One call from the library through a bridge; false where it must not go through.
    class Visit {
    public:
        explicit Visit(BridgeBase const &bridge) noexcept;
        ~Visit();
        Visit(Visit const &) = delete;
        Visit &operator=(Visit const &) = delete;
        explicit operator bool() const noexcept { return mEntered; }

    private:
        friend class BridgeBase;
        static bool is_in(Visit const *innermost, BridgeBase const *bridge) noexcept;
        BridgeBase const &mBridge;
        Visit const *mOuter = nullptr;
        bool mEntered;
    };

private:
    class Wait;

    void *mUserData;
    std::atomic<bool> mRetired{false};
    mutable std::atomic<int> mVisits{0};
    std::atomic<int> mLines{0};
};

/// An interface of the library, answered by a table of functions.
template <class Abi, class Callbacks> class Bridge : public Abi, public BridgeBase {
public:
    Bridge(Callbacks const &callbacks, void *user_data) : BridgeBase(user_data), mCallbacks(callbacks) {}

protected:
    Callbacks mCallbacks;
};

/// Enters a bridge among the objects. It is retired as soon as it is destroyed; its memory stays while others need it.
void adopt_bridge(void *handle, std::unique_ptr<BridgeBase> bridge);

template <class T, class Callbacks> T *make_bridge(Callbacks const &callbacks, void *user_data)
{
    auto bridge = std::make_unique<T>(callbacks, user_data);
    T *const raw = bridge.get();
    adopt_bridge(raw, std::move(bridge));
    return raw;
}

} // namespace trtx
