// SPDX-License-Identifier: Apache-2.0
//! The application's objects that the fake was given, for faults that call them when nobody expects it.
#pragma once

#include <cstdint>

#include "abi_gen.hpp"

namespace trtx::fake {

using namespace abi;

void remember(ILogger *guest);
void remember(IErrorRecorder *guest);
void remember(IProgressMonitor *guest);
void remember(IProfiler *guest);
void remember(IGpuAllocator *guest);
void remember(IOutputAllocator *guest);
void remember(IDebugListener *guest);
void remember(IStreamReaderV2 *guest);
void remember(IStreamWriter *guest);
void remember(IRefitterObserver *guest);
/// Pointers to anything else are no guests.
inline void remember(const void *) {}

/// The last logger that was given to a factory.
ILogger *last_logger();

enum class Order { kProper, kDisorder };

/// Calls every guest: as the library would, or in an order that it never would.
void call_guests(Order order);
void call_guests_foreign(Order order);
/// Puts a round of calls off until trtx_fake_call_late().
void call_guests_later(Order order);

} // namespace trtx::fake
