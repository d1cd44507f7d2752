// SPDX-License-Identifier: Apache-2.0
//! What the exported functions hand out.
#pragma once

#include "object.hpp"

namespace trtx::fake {

IRuntime *make_runtime(ILogger *logger);
IRefitter *make_refitter(ICudaEngine *engine, ILogger *logger);
/// TensorRT-RTX runs no plugins, but the ONNX parser asks for the registry all the same.
IPluginRegistry &plugin_registry();

} // namespace trtx::fake
