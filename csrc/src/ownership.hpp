// SPDX-License-Identifier: Apache-2.0
//! Which object needs which others, and how many need it: so that applications may destroy in any order.
//!
//! The library's objects point at each other without counting. Here each handle that was given out has an entry, and an
//! object ends when it has no owner left and nobody needs it: then what it needed is let go, and may end in its turn.
//! What has no entry (a borrowed object, somebody else's) is nobody's to count, and is passed over.
#pragma once

#include <initializer_list>

#include "hidden.hpp"
#include "trtx_c.h"

namespace trtx TRTX_HIDDEN {

/// How objects of one kind end.
struct Kind {
    /// What happens at once when the last owner gives it up, although others may still need it; may be null.
    void (*given_up)(void *object) noexcept;
    /// Destroys it, when nobody needs it any more.
    void (*end)(void *object) noexcept;
};

using Needed = std::initializer_list<const void *>;

/// Enters a new object, which has one owner. It needs the others, and what was set on them and is needed by them now, as
/// long as it lives. Where there is no memory for the entry, the object ends and the exception goes on.
void enter_object(void *object, Kind const &kind, Needed needed);
/// The same for an object that may outlive its maker, but not what that was made of.
void enter_sibling(void *object, Kind const &kind, const void *maker);
/// An object needs another one for good, beside what it needs already.
void need_object(const void *object, const void *other) noexcept;
/// An object needs another one, or none, instead of the one that was set by the same method under the same name.
void hold_object(const void *object, const char *method, const char *name, const void *held) noexcept;
/// An owner gives an object up; null is allowed. What is unknown is refused: the failure is recorded.
void destroy(const char *function, void *handle) noexcept;

} // namespace trtx
