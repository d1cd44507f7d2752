// SPDX-License-Identifier: Apache-2.0
#include "fork.hpp"

#ifndef _WIN32
#include <pthread.h>
#endif

namespace trtx {

#ifdef _WIN32

void watch_forks() noexcept {}

#else

namespace {

struct Part {
    void (*lock)() noexcept;
    void (*unlock)(bool in_child) noexcept;
};

/// No part locks another one's state while it holds its own, so any order will do that is always the same. The loader is
/// none of them: who loads libraries may fork meanwhile.
constexpr Part kParts[] = {
    {lock_objects, unlock_objects},
    {lock_bridges, unlock_bridges},
    {lock_messages, unlock_messages},
    {lock_lines, unlock_lines},
};

void before()
{
    for (Part const &part : kParts) {
        part.lock();
    }
}

void after(bool in_child)
{
    for (Part const &part : kParts) {
        part.unlock(in_child);
    }
}

} // namespace

void watch_forks() noexcept
{
    static const int watched = pthread_atfork(before, [] { after(false); }, [] { after(true); });
    (void)watched;
}

#endif

} // namespace trtx
