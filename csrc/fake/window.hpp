// SPDX-License-Identifier: Apache-2.0
//! The sliding windows of convolution and pooling: padding, stride, dilation, and the output's size.
#pragma once

#include <algorithm>

#include "fault.hpp"
#include "plan.hpp"

namespace trtx::fake {

struct Window {
    Sizes size;
    Sizes stride;
    Sizes dilation;
    Sizes before;
    Sizes after;
    Sizes output;
};

inline int64_t padded_output(int64_t input, int64_t window, int64_t stride, bool round_up)
{
    const int64_t room = input - window;
    if (room < 0) {
        throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "a window is larger than the padded input");
    }
    return (round_up ? (room + stride - 1) / stride : room / stride) + 1;
}

inline Window window_of(Node const &node, Sizes const &dims, const char *size_key)
{
    Window window;
    window.size = node.sizes(size_key);
    const std::size_t rank = window.size.size();
    if (dims.size() < rank + 2) {
        throw Refusal(TRTX_ERROR_CODE_INTERNAL_ERROR, "layer " + node.name + ": the input has too small a rank");
    }
    window.stride = node.sizes("StrideNd", Sizes(rank, 1));
    window.dilation = node.sizes("DilationNd", Sizes(rank, 1));
    window.before = node.sizes("PrePadding", Sizes(rank, 0));
    window.after = node.sizes("PostPadding", Sizes(rank, 0));
    const int64_t mode = node.integer("PaddingMode");
    const bool same = mode == TRTX_PADDING_MODE_SAME_UPPER || mode == TRTX_PADDING_MODE_SAME_LOWER;
    for (std::size_t i = 0; i < rank; ++i) {
        const int64_t input = dims[dims.size() - rank + i];
        const int64_t extent = (window.size[i] - 1) * window.dilation.at(i) + 1;
        const int64_t stride = window.stride.at(i);
        require(stride > 0 && extent > 0, "stride > 0 && kernel > 0");
        if (input < 0) {
            window.output.push_back(-1);
        } else if (same) {
            const int64_t output = (input + stride - 1) / stride;
            const int64_t padding = std::max<int64_t>(0, (output - 1) * stride + extent - input);
            const int64_t smaller = padding / 2;
            window.before[i] = mode == TRTX_PADDING_MODE_SAME_UPPER ? smaller : padding - smaller;
            window.after[i] = padding - window.before[i];
            window.output.push_back(output);
        } else {
            window.output.push_back(padded_output(input + window.before.at(i) + window.after.at(i), extent, stride,
                mode == TRTX_PADDING_MODE_EXPLICIT_ROUND_UP));
        }
    }
    return window;
}

} // namespace trtx::fake
