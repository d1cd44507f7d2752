// SPDX-License-Identifier: Apache-2.0
//! Lines for loggers that wait until the library has returned from a short call.
//!
//! So nothing of the application runs inside a short call, on whatever thread the library speaks. Python keeps its lock
//! during short calls: a thread of the library that waited for it would never go on.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>

#include "hidden.hpp"
#include "trtx_c.h"

namespace trtx TRTX_HIDDEN {

/// Who is told a line later on. Its memory stays while one waits for it.
class Listener {
public:
    virtual void tell(trtx_severity severity, const char *text) noexcept = 0;
    virtual void await_line() noexcept = 0;
    virtual void forget_line() noexcept = 0;

protected:
    ~Listener() = default;
};

class KeptLines {
public:
    struct Line;
    /// Lists, as they grow and merge without a way to fail half-way.
    using List = std::list<Line>;

    static void begin_short() noexcept { sState.fetch_add(1, std::memory_order_acq_rel); }
    /// Whether lines of the library's own threads wait.
    static bool end_short() noexcept { return (sState.fetch_sub(1, std::memory_order_acq_rel) & kWaiting) != 0; }

    /// Keeps a line of the calling thread. Without memory for it, it is lost.
    static void keep(List *&lines, Listener &listener, trtx_severity severity, const char *text) noexcept;
    /// Keeps a line of one of the library's own threads if a short call is under way, and says whether it is.
    static bool keep_foreign(Listener &listener, trtx_severity severity, const char *text) noexcept;
    /// Delivers these lines, and those of the library's own threads, in the order in which they came.
    static void deliver(List *&lines) noexcept;
    /// Adds lines to others, which may be none yet.
    static void move(List *&source, List *&target) noexcept;
    /// In the child of a fork, where other threads' calls never end, and whose lines the parent delivers.
    static void forget() noexcept;

private:
    static constexpr uint64_t kWaiting = uint64_t{1} << 63;
    /// Short calls under way, and whether lines of the library's own threads wait. One number, so that either the last
    /// call to end sees a line, or who kept the line sees that no call is left to deliver it.
    static std::atomic<uint64_t> sState;
};

} // namespace trtx
