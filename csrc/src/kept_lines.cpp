// SPDX-License-Identifier: Apache-2.0
#include "kept_lines.hpp"

#include <memory>
#include <mutex>
#include <string>

#include "error.hpp"
#include "fork.hpp"

namespace trtx {

struct KeptLines::Line {
    Line(Listener &to, trtx_severity how, const char *what, uint64_t place)
        : listener(&to), severity(how), text(what), number(place)
    {
        listener->await_line();
    }
    ~Line() { listener->forget_line(); }
    Line(Line const &) = delete;
    Line &operator=(Line const &) = delete;

    Listener *listener;
    trtx_severity severity;
    std::string text;
    /// Its place among the lines of all threads.
    uint64_t number;
};

namespace {

std::atomic<uint64_t> gCount{0};

/// Lines of threads that are in no call of ours: the library's workers.
struct Waiting {
    std::mutex mutex;
    KeptLines::List lines;
};

/// Never destroyed: workers of the library may log while the process ends.
Waiting &waiting()
{
    static Waiting *const instance = new Waiting;
    return *instance;
}

} // namespace

std::atomic<uint64_t> KeptLines::sState{0};

void KeptLines::keep(List *&lines, Listener &listener, trtx_severity severity, const char *text) noexcept
{
    try {
        if (!lines) {
            lines = new List;
        }
        lines->emplace_back(listener, severity, text, gCount.fetch_add(1, std::memory_order_relaxed));
    } catch (...) {
        // Out of memory. Telling it now might wait for a lock that the application holds during this call.
    }
}

bool KeptLines::keep_foreign(Listener &listener, trtx_severity severity, const char *text) noexcept
{
    if (!(sState.load(std::memory_order_acquire) & ~kWaiting)) {
        return false;
    }
    List *line = nullptr;
    keep(line, listener, severity, text);
    if (!line) {
        return true;
    }
    uint64_t before = 0;
    {
        const std::lock_guard<std::mutex> lock(waiting().mutex);
        waiting().lines.splice(waiting().lines.end(), *line);
        before = sState.fetch_or(kWaiting, std::memory_order_acq_rel);
    }
    delete line;
    if (!(before & ~kWaiting)) {
        List *none = nullptr;
        deliver(none); // the call has ended meanwhile
    }
    return true;
}

void KeptLines::deliver(List *&lines) noexcept
{
    List due;
    {
        const std::lock_guard<std::mutex> lock(waiting().mutex);
        due.swap(waiting().lines);
        sState.fetch_and(~kWaiting, std::memory_order_acq_rel);
    }
    if (lines) {
        const std::unique_ptr<List> own(lines);
        lines = nullptr;
        due.splice(due.end(), *own);
    }
    due.sort([](Line const &one, Line const &other) { return one.number < other.number; });
    for (Line const &line : due) {
        line.listener->tell(line.severity, line.text.c_str());
    }
}

void KeptLines::move(List *&source, List *&target) noexcept
{
    if (!source) {
        return;
    }
    if (target) {
        target->splice(target->end(), *source);
        delete source;
    } else {
        target = source;
    }
    source = nullptr;
}

void KeptLines::forget() noexcept
{
    waiting().lines.clear();
    sState.store(static_cast<uint64_t>(LogScope::own_short_calls()), std::memory_order_release);
}

void lock_lines() noexcept
{
    waiting().mutex.lock();
}

void unlock_lines(bool in_child) noexcept
{
    if (in_child) {
        KeptLines::forget();
    }
    waiting().mutex.unlock();
}

} // namespace trtx
