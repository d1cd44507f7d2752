// SPDX-License-Identifier: Apache-2.0
//! Texts that a function hands out: copies that belong to the calling thread.
#pragma once

#include "hidden.hpp"

namespace trtx TRTX_HIDDEN {

/// A copy of a text of the library, which stays until this thread has had many more. So nobody reads what another thread
/// renames or destroys. Null stays null.
const char *keep_text(const char *text);

} // namespace trtx
