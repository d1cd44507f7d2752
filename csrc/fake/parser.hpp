// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "object.hpp"

namespace trtx::fake {

IParser *make_parser(INetworkDefinition *network, ILogger *logger);
IParserRefitter *make_parser_refitter(IRefitter *refitter, ILogger *logger);

} // namespace trtx::fake
