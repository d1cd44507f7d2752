// SPDX-License-Identifier: Apache-2.0
//! The error recorder's bridge. Errors come from any call, also from short ones, and on any thread; so they take the way of
//! a logger's lines: the application is told at once, or at the end of a short call.
#include "bridge.hpp"

namespace trtx {
namespace {

class ErrorRecorderBridge final : public Bridge<abi::IErrorRecorder, trtx_error_recorder_callbacks>, public Listener {
public:
    using Bridge::Bridge;

    abi::InterfaceInfo getInterfaceInfo() const noexcept override { return {"IErrorRecorder", 1, 0}; }
    int32_t getAPILanguage() const noexcept override { return TRTX_API_LANGUAGE_CPP; }

    bool reportError(int32_t code, const char *text) noexcept override
    {
        // With a recorder set, the library tells it of errors instead of the logger.
        collect_message(TRTX_SEVERITY_ERROR, text);
        mCount.fetch_add(1, std::memory_order_relaxed);
        if (!mCallbacks.report_error || !text || LogScope::keep(*this, code, text)) {
            return false;
        }
        return report(code, text);
    }

    void tell(trtx_severity code, const char *text) noexcept override { (void)report(code, text); }
    void await_line() noexcept override { count_line(1); }
    void forget_line() noexcept override { count_line(-1); }

    // What the library asks back. Where the application answers nothing, the number at least is known.
    int32_t getNbErrors() const noexcept override
    {
        return ask<int32_t>(mCallbacks.get_nb_errors, mCount.load(std::memory_order_relaxed));
    }
    int32_t getErrorCode(int32_t index) const noexcept override
    {
        return ask<int32_t>(mCallbacks.get_error_code, TRTX_ERROR_CODE_UNSPECIFIED_ERROR, index);
    }
    const char *getErrorDesc(int32_t index) const noexcept override
    {
        return ask<const char *>(mCallbacks.get_error_desc, "", index);
    }
    bool hasOverflowed() const noexcept override { return ask<bool>(mCallbacks.has_overflowed, false); }
    void clear() noexcept override
    {
        mCount.store(0, std::memory_order_relaxed);
        const Visit visit(*this);
        if (mCallbacks.clear && visit) {
            mCallbacks.clear(user_data());
        }
    }
    int32_t incRefCount() noexcept override { return ask<int32_t>(mCallbacks.inc_ref_count, 0); }
    int32_t decRefCount() noexcept override { return ask<int32_t>(mCallbacks.dec_ref_count, 0); }

private:
    bool report(int32_t code, const char *text) noexcept
    {
        const Visit visit(*this);
        return visit && mCallbacks.report_error(code, text, user_data());
    }

    /// The application's answer, or another one where it gives none.
    template <class T, class Function, class... Arguments>
    T ask(Function *function, T otherwise, Arguments... arguments) const noexcept
    {
        if (!function) {
            return otherwise;
        }
        const Visit visit(*this);
        return visit ? function(arguments..., user_data()) : otherwise;
    }

    /// Errors since the last clear().
    std::atomic<int32_t> mCount{0};
};

} // namespace
} // namespace trtx

using namespace trtx;

trtx_status trtx_error_recorder_create(
    const trtx_error_recorder_callbacks *callbacks, void *user_data, trtx_error_recorder **result)
{
    return guard({"trtx_error_recorder_create"}, Results(result), [&](Call &call) {
        call.need(result, "result");
        call.need(callbacks, "callbacks");
        *result = from_abi<trtx_error_recorder *>(make_bridge<ErrorRecorderBridge>(*callbacks, user_data));
    });
}

void trtx_error_recorder_destroy(trtx_error_recorder *self)
{
    destroy("trtx_error_recorder_destroy", self);
}
