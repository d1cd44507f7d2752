// SPDX-License-Identifier: Apache-2.0
//! What a call leaves behind when it fails: status, text, and the library's own messages.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "hidden.hpp"
#include "kept_lines.hpp"
#include "trtx_c.h"

namespace trtx TRTX_HIDDEN {

struct Message {
    trtx_severity severity;
    std::string text;
    /// An error that can be why a call failed: neither a warning nor what comes with every error.
    bool is_reason;
    /// Its place among the messages of all threads.
    uint64_t number;
};

/// Thrown inside the shim where a call cannot go on; guard() makes a status of it.
class Failure : public std::exception {
public:
    Failure(trtx_status status, std::string text) : mStatus(status), mText(std::move(text)) {}
    trtx_status status() const noexcept { return mStatus; }
    const char *what() const noexcept override { return mText.c_str(); }

private:
    trtx_status mStatus;
    std::string mText;
};

/// How long a call may take. TRTX_LONG in the header says the same.
enum class Span : bool { kShort, kLong };

/// Messages that the library logs between the start and the end of one call on this thread. Calls may nest: a callback
/// that calls the shim again opens a scope of its own, so its messages do not blame the outer call.
///
/// While a short call runs, the application's loggers are told nothing: their lines are kept, and delivered by settle().
class LogScope {
public:
    // Inline and lean: every getter has one.
    explicit LogScope(Span span) noexcept : mSlot(innermost()), mOuter(*mSlot), mIsShort(span == Span::kShort)
    {
        *mSlot = this;
        if (mIsShort) {
            KeptLines::begin_short();
        }
    }
    ~LogScope()
    {
        *mSlot = mOuter;
        if (mMessages) {
            drop();
        }
    }
    LogScope(LogScope const &) = delete;
    LogScope &operator=(LogScope const &) = delete;

    /// Whether this thread logged an error. Other threads' errors cannot be told from those of other calls.
    bool has_error() const noexcept { return mHasError; }
    /// This thread's messages, oldest first; if none of them is an error, those of other threads that are followed too.
    std::vector<Message> take();
    void add(trtx_severity severity, const char *text);

    /// The library has returned, and what it gave is noted: delivers the lines that were kept. To be called before a
    /// failure is recorded, as the application may call this interface when it is told of them.
    void settle() noexcept
    {
        if (mIsShort) {
            mIsShort = false;
            if (KeptLines::end_short() || mLines) {
                deliver();
            }
        }
    }

    /// Keeps a line of the library for later, if a short call is under way: on this thread, or on any where this thread
    /// is one of the library's own. False where the line is to be delivered now.
    static bool keep(Listener &listener, trtx_severity severity, const char *text) noexcept;

    /// Short calls of this thread that are under way.
    static int own_short_calls() noexcept;

    /// From now on errors of other threads count too, where this thread has none of its own.
    void follow_others() noexcept { mForeignStart = sCount.load(std::memory_order_relaxed); }

private:
    /// Where this thread keeps its innermost scope. Asked once for each call, as that is the dear part.
    static LogScope **innermost() noexcept;
    void drop() noexcept;
    void deliver() noexcept;

    /// Messages of all threads, so far.
    static std::atomic<uint64_t> sCount;
    friend Message make_message(trtx_severity severity, const char *text);
    LogScope **mSlot;
    LogScope *mOuter;
    uint64_t mForeignStart = UINT64_MAX;
    uint64_t mForeignEnd = UINT64_MAX;
    std::vector<Message> *mMessages = nullptr;
    KeptLines::List *mLines = nullptr;
    bool mHasError = false;
    bool mIsShort;
};

/// Called by every logger and error recorder bridge, on whatever thread the library speaks. Keeps warnings and worse.
void collect_message(trtx_severity severity, const char *text) noexcept;

/// Records the failure of a call for trtx_last_error() and its companions. Returns the status.
trtx_status record_failure(
    const char *function, trtx_status status, const char *text, std::vector<Message> messages = {}) noexcept;

/// The status and text of the exception that is being handled.
trtx_status record_current_exception(const char *function, LogScope &scope) noexcept;

/// A call that has no status to return has logged an error: that is its failure.
void record_logged_error(const char *function, LogScope &scope) noexcept;

/// What a predicate logged to explain its "no": kept like a failure's text and messages, with the status TRTX_OK.
void record_explanation(const char *function, LogScope &scope) noexcept;

} // namespace trtx
