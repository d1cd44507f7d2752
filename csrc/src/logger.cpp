// SPDX-License-Identifier: Apache-2.0
//! The logger's bridge: collects what calls report as their errors, filters by severity, then calls out: at once, or at the
//! end of a short call.
#include "bridge.hpp"

namespace trtx {
namespace {

class LoggerBridge final : public Bridge<abi::ILogger, trtx_logger_callbacks>, public Listener {
public:
    using Bridge::Bridge;

    abi::InterfaceInfo getInterfaceInfo() const noexcept override { return {"ILogger", 1, 0}; }
    int32_t getAPILanguage() const noexcept override { return TRTX_API_LANGUAGE_CPP; }

    void log(int32_t severity, const char *msg) noexcept override
    {
        // Collected even when nobody listens: a call that fails says why, whatever the threshold.
        collect_message(severity, msg);
        if (severity > mThreshold.load(std::memory_order_relaxed) || !mCallbacks.log || !msg) {
            return;
        }
        if (!LogScope::keep(*this, severity, msg)) {
            tell(severity, msg);
        }
    }

    void tell(trtx_severity severity, const char *text) noexcept override
    {
        const Visit visit(*this);
        if (visit) {
            mCallbacks.log(severity, text, user_data());
        }
    }

    void await_line() noexcept override { count_line(1); }
    void forget_line() noexcept override { count_line(-1); }

    void set_threshold(trtx_severity threshold) noexcept { mThreshold.store(threshold, std::memory_order_relaxed); }

private:
    std::atomic<trtx_severity> mThreshold{TRTX_SEVERITY_VERBOSE};
};

} // namespace
} // namespace trtx

using namespace trtx;

trtx_status trtx_logger_create(const trtx_logger_callbacks *callbacks, void *user_data, trtx_logger **result)
{
    return guard({"trtx_logger_create"}, Results(result), [&](Call &call) {
        call.need(result, "result");
        call.need(callbacks, "callbacks");
        *result = from_abi<trtx_logger *>(make_bridge<LoggerBridge>(*callbacks, user_data));
    });
}

void trtx_logger_destroy(trtx_logger *self)
{
    destroy("trtx_logger_destroy", self);
}

void trtx_logger_set_threshold(trtx_logger *self, trtx_severity threshold)
{
    if (self) {
        // Only this file makes loggers that a caller can hold and set; those of the library are never handed out.
        static_cast<LoggerBridge *>(as<abi::ILogger>(self))->set_threshold(threshold);
    }
}

trtx_status trtx_logger_log(trtx_logger *self, trtx_severity severity, const char *message)
{
    return guard({"trtx_logger_log"}, [&](Call &call) {
        call.need(self, "self");
        call.need(message, "message");
        as<abi::ILogger>(self)->log(severity, message);
    });
}
