// SPDX-License-Identifier: Apache-2.0
#include "fault.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#include "trtx_fake.h"

namespace trtx::fake {
namespace {

/// One entry of a specification: PATTERN=ACTION@N.
struct Fault {
    std::string pattern;
    std::string action;
    std::string argument;
    /// The call that it strikes, counted from 1; 0 for every call.
    int64_t nth = 0;
};

struct Faults {
    std::mutex mutex;
    std::vector<Fault> orders;
    std::map<std::string, int64_t, std::less<>> calls;
};

int32_t add_faults(Faults &all, const char *specification);

/// Never destroyed, like all that a late call may need. The environment is read once, at the first call.
Faults &faults()
{
    static Faults *const instance = [] {
        auto *made = new Faults;
        if (add_faults(*made, std::getenv("TRTX_FAKE_FAULTS")) != 0) {
            std::fprintf(stderr, "trtx fake library: cannot read TRTX_FAKE_FAULTS\n");
        }
        return made;
    }();
    return *instance;
}

/// Whether a text fits a pattern in which '*' stands for anything.
bool fits(const char *pattern, const char *text)
{
    if (*pattern == '*') {
        return fits(pattern + 1, text) || (*text && fits(pattern, text + 1));
    }
    return *pattern == *text && (*pattern == '\0' || fits(pattern + 1, text + 1));
}

template <class Number> bool read_number(std::string const &text, Number &number)
{
    const char *const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end && number >= 0;
}

constexpr const char *kSeverities[] = {"internal_error", "error", "warning", "info", "verbose"};

/// Place of a name among others; their number where it is none of them.
template <std::size_t N> std::size_t find(const char *const (&names)[N], std::string const &name)
{
    return static_cast<std::size_t>(std::find(names, names + N, name) - names);
}

bool is_way_to_call(std::string const &how)
{
    std::string rest = how;
    for (const char *word : {"foreign", "disorder", "late"}) {
        const std::size_t at = rest.find(word);
        if (at != std::string::npos) {
            rest.erase(at, std::string(word).size());
        }
    }
    return rest.find_first_not_of('+') == std::string::npos;
}

/// Whether an entry can be carried out: one that is misspelled must not pass for another.
bool is_known(Fault const &fault)
{
    if (fault.action == "throw") {
        return fault.argument == "bad_alloc" || fault.argument == "runtime_error" || fault.argument == "int";
    }
    if (fault.action == "sleep") {
        int32_t milliseconds = 0;
        return read_number(fault.argument, milliseconds);
    }
    if (fault.action == "log" || fault.action == "logforeign") {
        return find(kSeverities, fault.argument.substr(0, fault.argument.find(':'))) < std::size(kSeverities);
    }
    if (fault.action == "callbacks") {
        return is_way_to_call(fault.argument);
    }
    const char *const others[] = {"null", "false", "negative", "abort"};
    return find(others, fault.action) < std::size(others) && fault.argument.empty();
}

bool read_fault(std::string const &entry, Fault &fault)
{
    const std::size_t equals = entry.find('=');
    if (equals == 0 || equals == std::string::npos) {
        return false;
    }
    fault.pattern = entry.substr(0, equals);
    std::string rest = entry.substr(equals + 1);
    const std::size_t at = rest.rfind('@');
    // Only digits to the end make it a number; an '@' in a text to log is none.
    if (at != std::string::npos && at + 1 < rest.size()
        && rest.find_first_not_of("0123456789", at + 1) == std::string::npos) {
        if (!read_number(rest.substr(at + 1), fault.nth)) {
            return false;
        }
        rest.resize(at);
    }
    const std::size_t colon = rest.find(':');
    fault.action = rest.substr(0, colon);
    fault.argument = colon == std::string::npos ? "" : rest.substr(colon + 1);
    return is_known(fault);
}

int32_t add_faults(Faults &all, const char *specification)
{
    std::string text = specification ? specification : "";
    std::vector<Fault> found;
    for (std::size_t start = 0; start < text.size();) {
        const std::size_t end = std::min(text.find(';', start), text.size());
        if (end > start) {
            Fault fault;
            if (!read_fault(text.substr(start, end - start), fault)) {
                return -1;
            }
            found.push_back(std::move(fault));
        }
        start = end + 1;
    }
    const std::lock_guard<std::mutex> lock(all.mutex);
    all.orders.insert(all.orders.end(), found.begin(), found.end());
    return 0;
}

/// The faults for this call, which it counts.
std::vector<Fault> due(const char *method)
{
    Faults &all = faults();
    const std::lock_guard<std::mutex> lock(all.mutex);
    const int64_t count = ++all.calls[method];
    std::vector<Fault> found;
    for (Fault const &fault : all.orders) {
        if ((fault.nth == 0 || fault.nth == count) && fits(fault.pattern.c_str(), method)) {
            found.push_back(fault);
        }
    }
    return found;
}

/// Text to log: some are easier named than written into an environment variable.
std::string expand(std::string const &text)
{
    if (text == "<not-utf8>") {
        return "not UTF-8: \xff\xfe\xc3(\x80";
    }
    if (text == "<1mb>") {
        return std::string(1 << 20, 'x');
    }
    return text;
}

void log_order(Life const *life, Fault const &fault)
{
    const std::size_t colon = fault.argument.find(':');
    const int32_t severity = static_cast<int32_t>(find(kSeverities, fault.argument.substr(0, colon)));
    const std::string text = colon == std::string::npos ? "logged by a fault" : expand(fault.argument.substr(colon + 1));
    if (fault.action == "logforeign") {
        std::thread([&] { log(life, severity, text); }).join();
    } else {
        log(life, severity, text);
    }
}

[[noreturn]] void throw_order(std::string const &what)
{
    if (what == "bad_alloc") {
        throw std::bad_alloc();
    }
    if (what == "int") {
        throw 42;
    }
    throw std::runtime_error("thrown by a fault");
}

void callback_order(std::string const &how)
{
    const Order order = how.find("disorder") != std::string::npos ? Order::kDisorder : Order::kProper;
    if (how.find("late") != std::string::npos) {
        call_guests_later(order);
    } else if (how.find("foreign") != std::string::npos) {
        call_guests_foreign(order);
    } else {
        call_guests(order);
    }
}

/// IBuilder::reset for VBuilder::reset: errors name the class that the application knows.
std::string public_name(const char *method)
{
    std::string name = method;
    if (name[0] == 'V') {
        name[0] = 'I';
    }
    return name;
}

/// Tensors and layers report to whom their network reports.
IErrorRecorder *recorder_of(Life const *life)
{
    const bool is_part = life && life->parent && (life->class_name == "Tensor" || life->class_name == "Layer");
    Life const *const owner = is_part ? life->parent.get() : life;
    return owner ? owner->recorder : nullptr;
}

} // namespace

std::atomic<uint64_t> &mutations() noexcept
{
    static std::atomic<uint64_t> count{0};
    return count;
}

void refuse(std::string const &text)
{
    throw Refusal(TRTX_ERROR_CODE_INVALID_ARGUMENT, text);
}

Verdict enter(Life const *life, const char *method)
{
    for (Fault const &fault : due(method)) {
        if (fault.action == "abort") {
            std::abort();
        } else if (fault.action == "sleep") {
            std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(fault.argument)));
        } else if (fault.action == "callbacks") {
            callback_order(fault.argument);
        } else if (fault.action == "throw") {
            throw_order(fault.argument);
        } else if (fault.action == "null" || fault.action == "false") {
            return Verdict::kNothing;
        } else if (fault.action == "negative") {
            return Verdict::kNegative;
        } else {
            log_order(life, fault);
        }
    }
    if (life && !life->alive) {
        record_misuse(std::string(method) + " called on a destroyed " + life->class_name);
        return Verdict::kNothing;
    }
    return Verdict::kProceed;
}

void log(Life const *life, int32_t severity, std::string const &text) noexcept
{
    ILogger *const logger = life && life->logger ? life->logger : last_logger();
    if (logger) {
        logger->log(severity, text.c_str());
    }
}

void report_error(Life const *life, const char *method, std::exception const &error) noexcept
{
    static const char *const kinds[] = {"Success", "Unspecified Error", "Internal Error", "API Usage Error",
        "Invalid Config", "Failed Allocation", "Failed Initialization", "Execution Failure", "Failed Computation",
        "Invalid State", "Unsupported State"};
    auto const *refusal = dynamic_cast<Refusal const *>(&error);
    const int32_t code = refusal ? refusal->code() : TRTX_ERROR_CODE_INTERNAL_ERROR;
    const std::string text = public_name(method) + ": Error Code " + std::to_string(code) + ": " + kinds[code] + " ("
        + error.what() + ")";
    if (IErrorRecorder *const recorder = recorder_of(life)) {
        recorder->reportError(code, text.c_str());
    } else {
        log(life, TRTX_SEVERITY_ERROR, text);
    }
}

} // namespace trtx::fake

using namespace trtx::fake;

int32_t trtx_fake_set_fault(const char *specification)
{
    try {
        return add_faults(faults(), specification);
    } catch (std::exception const &) {
        return -1; // out of memory
    }
}

void trtx_fake_clear_faults(void)
{
    const std::lock_guard<std::mutex> lock(faults().mutex);
    faults().orders.clear();
    faults().calls.clear();
}

int64_t trtx_fake_call_count(const char *method)
{
    const std::lock_guard<std::mutex> lock(faults().mutex);
    const auto found = faults().calls.find(std::string_view(method ? method : ""));
    return found == faults().calls.end() ? 0 : found->second;
}
