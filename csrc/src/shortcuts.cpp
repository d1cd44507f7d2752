// SPDX-License-Identifier: Apache-2.0
//! Several calls in one: what a program does for every inference takes one trip across the language border.
#include <string>

#include "guard.hpp"

using namespace trtx;

namespace {

void tell_addresses(Call &call, abi::VExecutionContext &context, trtx_bindings &bindings)
{
    call.need_array(bindings.names, bindings.count, "bindings->names");
    call.need_array(bindings.addresses, bindings.count, "bindings->addresses");
    call.need_array(bindings.told, bindings.count, "bindings->told");
    for (int32_t i = 0; i < bindings.count; ++i) {
        const trtx_address address = bindings.addresses[i];
        if (address == bindings.told[i]) {
            continue;
        }
        call.need(bindings.names[i], "a name in bindings->names");
        if (!context.setTensorAddress(bindings.names[i], to_pointer(address))) {
            throw Failure(TRTX_FAILED, "the address of '" + std::string(bindings.names[i]) + "' was refused");
        }
        bindings.told[i] = address;
    }
}

} // namespace

trtx_status trtx_execution_context_set_tensor_addresses(trtx_execution_context *self, trtx_bindings *bindings)
{
    return guard({"trtx_execution_context_set_tensor_addresses"}, [&](Call &call) {
        call.need(self, "self");
        call.need(bindings, "bindings");
        tell_addresses(call, *as<abi::IExecutionContext>(self)->mImpl, *bindings);
    });
}

trtx_status trtx_execution_context_run(trtx_execution_context *self, trtx_bindings *bindings, trtx_stream stream)
{
    return guard(long_call("trtx_execution_context_run"), [&](Call &call) {
        call.need(self, "self");
        call.need(bindings, "bindings");
        auto &context = *as<abi::IExecutionContext>(self)->mImpl;
        tell_addresses(call, context, *bindings);
        call.check(context.enqueueV3(to_pointer(stream)));
    });
}
