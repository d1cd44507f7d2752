// SPDX-License-Identifier: Apache-2.0
#include "error.hpp"

#include <algorithm>
#include <deque>
#include <mutex>
#include <new>

#include "fork.hpp"

namespace trtx {
namespace {

/// Bounds on what one failing call can keep: a library that logs without end must not eat the memory. Of what is too
/// much, warnings go before errors.
constexpr std::size_t kMaxMessages = 64;
constexpr std::size_t kMaxMessageSize = 8192;

struct LastError {
    std::string function;
    std::string text;
    std::vector<Message> messages;
};

// Without destructors, so that they are there as long as their thread is: handlers of atexit() and the destructors of
// other thread-local objects come after ours, and may call this interface too.
thread_local trtx_status tStatus = TRTX_OK;
thread_local LastError *tLast = nullptr;
thread_local bool tEnding = false;
thread_local LogScope *tScope = nullptr;

/// Frees a thread's last error when the thread ends. What fails later makes a new one, which is left behind.
struct Janitor {
    ~Janitor()
    {
        tEnding = true;
        delete tLast;
        tLast = nullptr;
        tStatus = TRTX_OK;
    }
    void attend() noexcept {}
};

thread_local Janitor tJanitor;

LastError &last()
{
    if (!tLast) {
        tLast = new LastError;
        if (!tEnding) {
            tJanitor.attend();
        }
    }
    return *tLast;
}

/// Messages of threads that are in no call of ours: the library's workers.
struct Foreign {
    std::mutex mutex;
    std::deque<Message> messages;
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

/// Lines that come with other errors, or with none: without a CUDA driver the library adds a complaint about it (error
/// 35) to every error that it logs, and its builder's settings note that no log stream is set. They explain no failure.
bool is_noise(std::string const &text)
{
    return text.find("CUDA driver version is insufficient") != std::string::npos
        || text.find("(cudaError 35:") != std::string::npos
        || text.rfind("Thread context has not been set", 0) == 0;
}

template <class Predicate> std::string join(std::vector<Message> const &messages, Predicate &&is_wanted)
{
    std::string joined;
    for (Message const &message : messages) {
        if (is_wanted(message)) {
            joined += (joined.empty() ? "" : "; ") + message.text;
        }
    }
    return joined;
}

std::string join_errors(std::vector<Message> const &messages)
{
    const std::string reasons = join(messages, [](Message const &message) { return message.is_reason; });
    return !reasons.empty()
        ? reasons
        : join(messages, [](Message const &message) { return message.severity <= TRTX_SEVERITY_ERROR; });
}

/// For a failure of which nothing else tells.
std::string join_warnings(std::vector<Message> const &messages)
{
    return join(messages, [](Message const &message) { return !is_noise(message.text); });
}

void record_logged(const char *function, trtx_status status, LogScope &scope) noexcept
{
    std::vector<Message> messages;
    try {
        messages = scope.take();
    } catch (...) {
        // Out of memory: the status has to do.
    }
    record_failure(function, status, "", std::move(messages));
}

} // namespace

std::atomic<uint64_t> LogScope::sCount{0};

Message make_message(trtx_severity severity, const char *text)
{
    std::string line = one_line(text);
    const bool is_reason = severity <= TRTX_SEVERITY_ERROR && !is_noise(line);
    return {severity, std::move(line), is_reason, LogScope::sCount.fetch_add(1, std::memory_order_relaxed) + 1};
}

LogScope **LogScope::innermost() noexcept
{
    return &tScope;
}

void LogScope::add(trtx_severity severity, const char *text)
{
    Message message = make_message(severity, text);
    mHasError = mHasError || message.is_reason;
    if (!mMessages) {
        mMessages = new std::vector<Message>;
    }
    if (mMessages->size() == kMaxMessages) {
        // The first ones are kept, as what comes later often follows from them.
        const auto spare = std::find_if(mMessages->rbegin(), mMessages->rend(), [](auto &m) { return !m.is_reason; });
        if (!message.is_reason || spare == mMessages->rend()) {
            return;
        }
        mMessages->erase(std::next(spare).base());
    }
    mMessages->push_back(std::move(message));
}

void LogScope::drop() noexcept
{
    delete mMessages;
    mMessages = nullptr;
}

int LogScope::own_short_calls() noexcept
{
    int count = 0;
    for (LogScope const *scope = tScope; scope; scope = scope->mOuter) {
        count += scope->mIsShort ? 1 : 0;
    }
    return count;
}

bool LogScope::keep(Listener &listener, trtx_severity severity, const char *text) noexcept
{
    if (!tScope) {
        return KeptLines::keep_foreign(listener, severity, text);
    }
    if (tScope->mIsShort) {
        KeptLines::keep(tScope->mLines, listener, severity, text);
    }
    return tScope->mIsShort;
}

void LogScope::deliver() noexcept
{
    mForeignEnd = sCount.load(std::memory_order_relaxed); // what comes of the delivery is not of this call
    if (mOuter && mOuter->mIsShort) {
        // Called back by another short call's error recorder: the library has yet to return from that one.
        KeptLines::move(mLines, mOuter->mLines);
    } else {
        KeptLines::deliver(mLines);
    }
}

std::vector<Message> LogScope::take()
{
    std::vector<Message> taken;
    if (!mHasError) {
        const std::lock_guard<std::mutex> lock(foreign().mutex);
        for (Message const &message : foreign().messages) {
            if (message.number > mForeignStart && message.number <= mForeignEnd) {
                taken.push_back(message);
            }
        }
    }
    if (mMessages) {
        taken.insert(taken.end(), mMessages->begin(), mMessages->end());
        drop();
    }
    std::stable_sort(taken.begin(), taken.end(), [](auto &one, auto &other) { return one.number < other.number; });
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
        const std::lock_guard<std::mutex> lock(foreign().mutex);
        auto &messages = foreign().messages;
        messages.push_back(make_message(severity, text));
        if (messages.size() > kMaxMessages) {
            const auto spare = std::find_if(messages.begin(), messages.end(), [](auto &m) { return !m.is_reason; });
            messages.erase(spare == messages.end() ? messages.begin() : spare);
        }
    } catch (...) {
        // Out of memory while noting a message: the call that failed still reports its status.
    }
}

trtx_status record_failure(
    const char *function, trtx_status status, const char *text, std::vector<Message> messages) noexcept
{
    tStatus = status;
    try {
        LastError &error = last();
        std::string reason = text ? one_line(text) : std::string();
        const std::string logged = join_errors(messages);
        if (!logged.empty()) {
            reason += (reason.empty() ? "" : ": ") + logged;
        }
        if (reason.empty()) {
            reason = join_warnings(messages);
        }
        error.function = function;
        if (reason.empty()) {
            reason = status == TRTX_OK ? "answered no without a reason" : "failed without a message";
        }
        error.text = error.function + ": " + reason;
        error.messages = std::move(messages);
    } catch (...) {
        if (tLast) {
            tLast->text.clear();
            tLast->messages.clear();
        }
    }
    return status;
}

trtx_status record_current_exception(const char *function, LogScope &scope) noexcept
{
    std::vector<Message> messages;
    try {
        messages = scope.take();
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

void record_logged_error(const char *function, LogScope &scope) noexcept
{
    record_logged(function, TRTX_FAILED, scope);
}

void record_explanation(const char *function, LogScope &scope) noexcept
{
    record_logged(function, TRTX_OK, scope);
}

void lock_messages() noexcept
{
    foreign().mutex.lock();
}

void unlock_messages(bool) noexcept
{
    foreign().mutex.unlock();
}

} // namespace trtx

using trtx::tLast;
using trtx::tStatus;

const char *trtx_last_error(void)
{
    return tLast ? tLast->text.c_str() : "";
}

trtx_status trtx_last_status(void)
{
    return tStatus;
}

const char *trtx_last_function(void)
{
    return tLast ? tLast->function.c_str() : "";
}

size_t trtx_last_message_count(void)
{
    return tLast ? tLast->messages.size() : 0;
}

const char *trtx_last_message(size_t index, trtx_severity *severity)
{
    if (index >= trtx_last_message_count()) {
        return nullptr;
    }
    trtx::Message const &message = tLast->messages[index];
    if (severity) {
        *severity = message.severity;
    }
    return message.text.c_str();
}

void trtx_clear_last_error(void)
{
    tStatus = TRTX_OK;
    if (tLast) {
        *tLast = {};
    }
}
