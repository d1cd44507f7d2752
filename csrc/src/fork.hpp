// SPDX-License-Identifier: Apache-2.0
//! What becomes of the shim in the child of a fork: the objects are its parent's, so it forgets them.
#pragma once

#include "hidden.hpp"

namespace trtx TRTX_HIDDEN {

/// To be called before anything is there to be forgotten.
void watch_forks() noexcept;

// Each part locks its state before a fork, so that the child finds it whole, and unlocks it in the parent and in the child.

void lock_objects() noexcept;
void unlock_objects(bool in_child) noexcept;
void lock_bridges() noexcept;
void unlock_bridges(bool in_child) noexcept;
void lock_messages() noexcept;
void unlock_messages(bool in_child) noexcept;
void lock_lines() noexcept;
void unlock_lines(bool in_child) noexcept;

} // namespace trtx
