// SPDX-License-Identifier: Apache-2.0
#include "error.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <new>

namespace trtx {
namespace {

/// Bounds on what one failing call can keep: a library that logs without end must not eat the memory.
constexpr std::size_t kMaxMessages = 64;
constexpr std::size_t kMaxMessageSize = 8192;

struct LastError {
    trtx_status status = TRTX_OK;
    std::string function;
    std::string text;
    std::vector<Message> messages;
};

thread_local LastError tLast;
thread_local LogScope *tScope = nullptr;

/// Messages of threads that are in no call of ours: the library's workers.
struct Foreign {
    std::mutex mutex;
    std::deque<std::pair<uint64_t, Message>> messages;
    std::atomic<uint64_t> count{0};
};

/// Never destroyed: workers of the library may log while the process ends.
Foreign &foreign()
{
    static Foreign *const instance = new Foreign;
    return *instance;
}

std::string one_line(const char *text)
{
    std::string line;
    for (const char *c = text; *c && line.size() < kMaxMessageSize; ++c) {
        const bool blank = *c == '\n' || *c == '\r' || *c == '\t' || *c == ' ';
        if (!blank) {
            line += *c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    while (!line.empty() && line.back() == ' ') {
        line.pop_back();
    }
    return line;
}

/// Lines that come with other errors, or with none: without a CUDA driver the library adds a complaint about it to every
/// error that it logs, and its builder's settings note that no log stream is set. They explain no failure.
bool is_noise(std::string const &text)
{
    return text.find("CUDA driver version is insufficient") != std::string::npos
        || text.rfind("[checkMacros.cpp::catchCudaError", 0) == 0
        || text.rfind("Thread context has not been set", 0) == 0;
}

std::string join_errors(std::vector<Message> const &messages)
{
    std::string joined;
    for (const bool noise : {false, true}) {
        for (Message const &message : messages) {
            if (message.severity <= TRTX_SEVERITY_ERROR && is_noise(message.text) == noise) {
                joined += (joined.empty() ? "" : "; ") + message.text;
            }
        }
        if (!joined.empty()) {
            break;
        }
    }
    return joined;
}

} // namespace

LogScope::LogScope() noexcept : mOuter(tScope), mForeignStart(foreign().count.load(std::memory_order_relaxed))
{
    tScope = this;
}

LogScope::~LogScope()
{
    tScope = mOuter;
}

void LogScope::add(trtx_severity severity, const char *text)
{
    std::string line = one_line(text);
    if (severity <= TRTX_SEVERITY_ERROR && !is_noise(line)) {
        mHasError = true;
    }
    if (mMessages.size() < kMaxMessages) {
        mMessages.push_back({severity, std::move(line)});
    }
}

std::vector<Message> LogScope::take()
{
    std::vector<Message> taken;
    if (!mHasError) {
        const std::lock_guard<std::mutex> lock(foreign().mutex);
        for (auto const &[number, message] : foreign().messages) {
            if (number > mForeignStart) {
                taken.push_back(message);
            }
        }
    }
    taken.insert(taken.end(), mMessages.begin(), mMessages.end());
    mMessages.clear();
    return taken;
}

void collect_message(trtx_severity severity, const char *text) noexcept
{
    if (severity > TRTX_SEVERITY_WARNING || !text) {
        return;
    }
    try {
        if (tScope) {
            tScope->add(severity, text);
            return;
        }
        Message message{severity, one_line(text)};
        const std::lock_guard<std::mutex> lock(foreign().mutex);
        foreign().messages.emplace_back(foreign().count.fetch_add(1) + 1, std::move(message));
        if (foreign().messages.size() > kMaxMessages) {
            foreign().messages.pop_front();
        }
    } catch (...) {
        // Out of memory while noting a message: the call that failed still reports its status.
    }
}

trtx_status record_failure(
    const char *function, trtx_status status, const char *text, std::vector<Message> messages) noexcept
{
    tLast.status = status;
    try {
        std::string reason = text ? one_line(text) : std::string();
        const std::string logged = join_errors(messages);
        if (!logged.empty()) {
            reason += (reason.empty() ? "" : ": ") + logged;
        }
        tLast.function = function;
        tLast.text = tLast.function + ": " + (reason.empty() ? "failed without a message" : reason);
        tLast.messages = std::move(messages);
    } catch (...) {
        tLast.text.clear();
        tLast.messages.clear();
    }
    return status;
}

trtx_status record_current_exception(const char *function, LogScope *scope) noexcept
{
    std::vector<Message> messages;
    try {
        if (scope) {
            messages = scope->take();
        }
        throw;
    } catch (Failure const &failure) {
        return record_failure(function, failure.status(), failure.what(), std::move(messages));
    } catch (std::bad_alloc const &) {
        return record_failure(function, TRTX_OUT_OF_MEMORY, "out of memory", std::move(messages));
    } catch (std::exception const &exception) {
        return record_failure(function, TRTX_EXCEPTION, exception.what(), std::move(messages));
    } catch (...) {
        return record_failure(function, TRTX_EXCEPTION, "an exception of unknown type", std::move(messages));
    }
}

} // namespace trtx

using trtx::tLast;

const char *trtx_last_error(void)
{
    return tLast.text.c_str();
}

trtx_status trtx_last_status(void)
{
    return tLast.status;
}

const char *trtx_last_function(void)
{
    return tLast.function.c_str();
}

size_t trtx_last_message_count(void)
{
    return tLast.messages.size();
}

const char *trtx_last_message(size_t index, trtx_severity *severity)
{
    if (index >= tLast.messages.size()) {
        return nullptr;
    }
    if (severity) {
        *severity = tLast.messages[index].severity;
    }
    return tLast.messages[index].text.c_str();
}

void trtx_clear_last_error(void)
{
    tLast = {};
}
