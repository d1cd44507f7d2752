// SPDX-License-Identifier: Apache-2.0
//! What a call leaves behind when it fails: status, text, and the library's own messages.
#pragma once

#include <cstdint>
#include <exception>
#include <string>
#include <vector>

#include "trtx_c.h"

namespace trtx {

struct Message {
    trtx_severity severity;
    std::string text;
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

/// Messages that the library logs between the start and the end of one call on this thread. Calls may nest: a callback
/// that calls the shim again opens a scope of its own, so its messages do not blame the outer call.
class LogScope {
public:
    LogScope() noexcept;
    ~LogScope();
    LogScope(LogScope const &) = delete;
    LogScope &operator=(LogScope const &) = delete;

    /// Whether this thread logged an error. Other threads' errors cannot be told from those of other calls.
    bool has_error() const noexcept { return mHasError; }
    /// This thread's messages; if none of them is an error, those of other threads since the start of the call too.
    std::vector<Message> take();
    void add(trtx_severity severity, const char *text);

private:
    LogScope *mOuter;
    uint64_t mForeignStart;
    bool mHasError = false;
    std::vector<Message> mMessages;
};

/// Called by every logger bridge, on whatever thread the library logs. Keeps warnings and worse.
void collect_message(trtx_severity severity, const char *text) noexcept;

/// Records the failure of a call for trtx_last_error() and its companions. Returns the status.
trtx_status record_failure(
    const char *function, trtx_status status, const char *text, std::vector<Message> messages = {}) noexcept;

/// The status and text of the exception that is being handled.
trtx_status record_current_exception(const char *function, LogScope *scope) noexcept;

} // namespace trtx
