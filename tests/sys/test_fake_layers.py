# SPDX-License-Identifier: Apache-2.0
"""What the fake library computes, with numpy as the judge: network, plan, engine and execution on host memory."""

from __future__ import annotations

from tests.helpers.fake import run_with_fake

#: Each case is checked by building a network of one layer, and running it.
PRELUDE = """
import math
rng = np.random.default_rng(7)

def one(build, *arrays, **options):
    model = Model()
    tensors = [model.input(f"x{i}", a.dtype, *a.shape) for i, a in enumerate(arrays)]
    model.mark(model.output(build(model, *tensors)), "y")
    got = model.run(**{f"x{i}": a for i, a in enumerate(arrays)})["y"]
    model.close()
    return got

def close(got, expected, tolerance=1e-6):
    expected = np.asarray(expected)
    assert got.shape == expected.shape, (got.shape, expected.shape)
    np.testing.assert_allclose(got.astype(np.float64), expected.astype(np.float64), rtol=tolerance, atol=tolerance)

def floats(*sizes):
    return rng.standard_normal(sizes).astype(np.float32)
"""


def run(code: str) -> None:
    run_with_fake(PRELUDE + code + "\nassert control.live() == 0, control.report()\nassert control.misuses() == 0\n")


def test_activation() -> None:
    run("""
x = floats(2, 3, 4) * 3
erf = np.vectorize(math.erf)
a, b = 0.6, 0.3
expected = {
    "RELU": np.maximum(x, 0), "SIGMOID": 1 / (1 + np.exp(-x)), "TANH": np.tanh(x),
    "LEAKY_RELU": np.where(x >= 0, x, a * x), "ELU": np.where(x >= 0, x, a * (np.exp(x) - 1)),
    "SELU": np.where(x > 0, b * x, b * (a * np.exp(x) - a)), "SOFTSIGN": x / (1 + abs(x)),
    "SOFTPLUS": a * np.log(np.exp(b * x) + 1), "CLIP": np.clip(x, -a, b),
    "HARD_SIGMOID": np.clip(a * x + b, 0, 1), "SCALED_TANH": a * np.tanh(b * x),
    "THRESHOLDED_RELU": np.where(x > a, x, 0), "GELU_ERF": 0.5 * x * (1 + erf(x / math.sqrt(2))),
    "GELU_TANH": 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (0.044715 * x**3 + x))),
}
names = [n for n in dir(lib) if n.startswith("TRTX_ACTIVATION_TYPE_")]
assert len(names) == len(expected)
for name, value in expected.items():
    def build(model, t):
        made = model.add("activation", t, getattr(lib, f"TRTX_ACTIVATION_TYPE_{name}"))
        call("activation_layer_set_alpha", made, -a if name == "CLIP" else a)
        call("activation_layer_set_beta", made, b)
        return made
    close(one(build, x), value)
""")


def test_elementwise_broadcast() -> None:
    run("""
x, y = abs(floats(2, 1, 4)) + 0.1, floats(1, 3, 4)
i, j = rng.integers(-9, 9, (2, 1, 4), np.int32), rng.choice([-3, -2, 2, 5], (1, 3, 4)).astype(np.int32)
p, q = rng.integers(0, 2, (2, 1), np.int8).astype(bool), rng.integers(0, 2, (1, 3), np.int8).astype(bool)
for name, f, args in [
    ("SUM", np.add, (x, y)), ("PROD", np.multiply, (x, y)), ("MAX", np.maximum, (x, y)), ("MIN", np.minimum, (x, y)),
    ("SUB", np.subtract, (x, y)), ("DIV", np.divide, (x, y)), ("POW", np.power, (x, y)),
    ("FLOOR_DIV", np.floor_divide, (x, y)), ("AND", np.logical_and, (p, q)), ("OR", np.logical_or, (p, q)),
    ("XOR", np.logical_xor, (p, q)), ("EQUAL", np.equal, (i, j)), ("GREATER", np.greater, (x, y)),
    ("LESS", np.less, (i, j)), ("SUM", np.add, (i, j)), ("FLOOR_DIV", np.floor_divide, (i, j)),
    ("DIV", lambda a, b: np.trunc(a / b), (i, j)),
]:
    op = getattr(lib, f"TRTX_ELEMENTWISE_OPERATION_{name}")
    close(one(lambda m, a, b: m.add("elementwise", a, b, op), *args), f(*args))
""")


def test_unary() -> None:
    run("""
x = (floats(3, 5) * 0.4).clip(-0.9, 0.9)
positive = abs(x) + 1.1
erf = np.vectorize(math.erf)
for name, f, arg in [
    ("EXP", np.exp, x), ("LOG", np.log, positive), ("SQRT", np.sqrt, positive), ("RECIP", np.reciprocal, positive),
    ("ABS", np.abs, x), ("NEG", np.negative, x), ("SIN", np.sin, x), ("COS", np.cos, x), ("TAN", np.tan, x),
    ("SINH", np.sinh, x), ("COSH", np.cosh, x), ("ASIN", np.arcsin, x), ("ACOS", np.arccos, x), ("ATAN", np.arctan, x),
    ("ASINH", np.arcsinh, x), ("ACOSH", np.arccosh, positive), ("ATANH", np.arctanh, x), ("CEIL", np.ceil, x),
    ("FLOOR", np.floor, x), ("ERF", erf, x), ("NOT", np.logical_not, x > 0), ("SIGN", np.sign, x),
    ("ROUND", np.round, x * 5), ("ISINF", np.isinf, np.array([1, np.inf, np.nan], np.float32)),
    ("ISNAN", np.isnan, np.array([1, np.inf, np.nan], np.float32)),
]:
    op = getattr(lib, f"TRTX_UNARY_OPERATION_{name}")
    close(one(lambda m, t: m.add("unary", t, op), arg), f(arg))
""")


def test_matrix_multiply() -> None:
    run("""
N, T, V = (getattr(lib, f"TRTX_MATRIX_OPERATION_{n}") for n in ("NONE", "TRANSPOSE", "VECTOR"))
def matmul(x, op_x, y, op_y):
    return one(lambda m, a, b: m.add("matrix_multiply", a, op_x, b, op_y), x, y)
x, y = floats(2, 3, 4), floats(2, 4, 5)
close(matmul(x, N, y, N), x @ y, 1e-5)
close(matmul(x.swapaxes(1, 2).copy(), T, y, N), x @ y, 1e-5)
close(matmul(x, N, y.swapaxes(1, 2).copy(), T), x @ y, 1e-5)
close(matmul(floats(1, 3, 4) * 0 + x[:1], N, y, N), x[:1] @ y, 1e-5)
v = floats(2, 4)
close(matmul(x, N, v, V), np.einsum("bij,bj->bi", x, v), 1e-5)
close(matmul(v, V, y, N), np.einsum("bi,bij->bj", v, y), 1e-5)
close(matmul(v, V, v, V), (v * v).sum(1), 1e-5)
""")


CONVOLUTION = """
def convolve(x, k, bias, groups, stride, before, after, dilation):
    n, c, h, w = x.shape
    maps, per, kh, kw = k.shape
    x = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (before[0], after[0]), (before[1], after[1])))
    oh = (x.shape[2] - (kh - 1) * dilation[0] - 1) // stride[0] + 1
    ow = (x.shape[3] - (kw - 1) * dilation[1] - 1) // stride[1] + 1
    out = np.zeros((n, maps, oh, ow))
    for m in range(maps):
        g = m // (maps // groups)
        for i in range(oh):
            for j in range(ow):
                top, left = i * stride[0], j * stride[1]
                patch = x[:, g * per:(g + 1) * per, top:top + kh * dilation[0]:dilation[0],
                          left:left + kw * dilation[1]:dilation[1]][:, :, :kh, :kw]
                out[:, m, i, j] = (patch * k[m]).sum((1, 2, 3)) + bias[m]
    return out
"""


def test_convolution() -> None:
    run(
        CONVOLUTION
        + """
for groups, stride, before, after, dilation in [
    (1, (1, 1), (0, 0), (0, 0), (1, 1)), (1, (2, 1), (1, 2), (1, 2), (1, 1)), (2, (1, 2), (0, 1), (1, 0), (1, 1)),
    (1, (1, 1), (1, 1), (1, 1), (2, 1)), (4, (2, 2), (1, 1), (1, 1), (1, 1)),
]:
    x, k, bias = floats(2, 4, 7, 6), floats(8, 4 // groups, 3, 2), floats(8)
    def build(model, t):
        made = model.add("convolution_nd", t, 8, dims(3, 2), weights(k), weights(bias))
        call("convolution_layer_set_nb_groups", made, groups)
        call("convolution_layer_set_stride_nd", made, dims(*stride))
        call("convolution_layer_set_pre_padding", made, dims(*before))
        call("convolution_layer_set_post_padding", made, dims(*after))
        call("convolution_layer_set_dilation_nd", made, dims(*dilation))
        return made
    close(one(build, x), convolve(x, k, bias, groups, stride, before, after, dilation), 1e-5)
x, k, none = floats(1, 1, 5, 5), floats(1, 1, 2, 2), ffi.NULL
def same(model, t):
    made = model.add("convolution_nd", t, 1, dims(2, 2), weights(k), none)
    call("convolution_layer_set_padding_mode", made, lib.TRTX_PADDING_MODE_SAME_UPPER)
    return made
close(one(same, x), convolve(x, k, [0], 1, (1, 1), (0, 0), (1, 1), (1, 1)), 1e-5)
"""
    )


def test_pooling() -> None:
    run("""
def pool(x, f, window, stride):
    oh, ow = (x.shape[2] - window[0]) // stride[0] + 1, (x.shape[3] - window[1]) // stride[1] + 1
    out = np.zeros((*x.shape[:2], oh, ow))
    for i in range(oh):
        for j in range(ow):
            top, left = i * stride[0], j * stride[1]
            out[:, :, i, j] = f(x[:, :, top:top + window[0], left:left + window[1]].astype(np.float64), (2, 3))
    return out
x = floats(2, 3, 6, 7)
padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=np.nan)
zeros = np.nan_to_num(padded)
for kind, f, source, exclusive in [
    ("MAX", np.nanmax, padded, True), ("AVERAGE", np.nanmean, padded, True), ("AVERAGE", np.mean, zeros, False),
]:
    def build(model, t):
        made = model.add("pooling_nd", t, getattr(lib, f"TRTX_POOLING_TYPE_{kind}"), dims(3, 2))
        call("pooling_layer_set_stride_nd", made, dims(2, 1))
        call("pooling_layer_set_padding_nd", made, dims(1, 1))
        call("pooling_layer_set_average_count_excludes_padding", made, exclusive)
        return made
    close(one(build, x), pool(source, f, (3, 2), (2, 1)))
""")


def test_softmax_and_reduce() -> None:
    run("""
x = floats(2, 3, 4, 5)
for axes in (1, 2, 8, 12):
    def build(model, t):
        made = model.add("softmax", t)
        call("softmax_layer_set_axes", made, axes)
        return made
    chosen = tuple(i for i in range(4) if axes >> i & 1)
    e = np.exp(x.astype(np.float64))
    close(one(build, x), e / e.sum(chosen, keepdims=True))
for name, f in (("SUM", np.sum), ("PROD", np.prod), ("MAX", np.max), ("MIN", np.min), ("AVG", np.mean)):
    for axes in (1, 6, 15):
        for keep in (False, True):
            op = getattr(lib, f"TRTX_REDUCE_OPERATION_{name}")
            chosen = tuple(i for i in range(4) if axes >> i & 1)
            got = one(lambda m, t: m.add("reduce", t, op, axes, keep), x)
            close(got, f(x.astype(np.float64), axis=chosen, keepdims=keep), 1e-5)
""")


def test_concatenation_shuffle_and_slice() -> None:
    run("""
x, y = floats(2, 3, 4), floats(2, 5, 4)
def concatenate(model, a, b):
    made = model.add("concatenation", ffi.new("trtx_tensor *[]", [a, b]), 2)
    call("concatenation_layer_set_axis", made, 1)
    return made
close(one(concatenate, x, y), np.concatenate([x, y], 1), 0)
def shuffle(model, t):
    made = model.add("shuffle", t)
    call("shuffle_layer_set_first_transpose", made, ffi.new("trtx_permutation *", {"order": [2, 0, 1, 3, 4, 5, 6, 7]}))
    call("shuffle_layer_set_reshape_dimensions", made, dims(0, -1))
    call("shuffle_layer_set_second_transpose", made, ffi.new("trtx_permutation *", {"order": [1, 0, 2, 3, 4, 5, 6, 7]}))
    return made
close(one(shuffle, x), x.transpose(2, 0, 1).reshape(4, 6).T, 0)
close(one(lambda m, t: m.add("slice", t, dims(0, 1, 3), dims(2, 2, 2), dims(1, 1, -2)), x), x[:, 1:3, 3::-2], 0)
for mode, how in (("CLAMP", "edge"), ("WRAP", "wrap"), ("REFLECT", "reflect"), ("FILL", "constant")):
    def build(model, t):
        made = model.add("slice", t, dims(0, -2, 0), dims(2, 6, 4), dims(1, 1, 1))
        call("slice_layer_set_mode", made, getattr(lib, f"TRTX_SAMPLE_MODE_{mode}"))
        return made
    close(one(build, x), np.pad(x, ((0, 0), (2, 1), (0, 0)), how), 0)
""")


def test_constant_identity_and_cast() -> None:
    run("""
for dtype in (np.float32, np.float16, np.int32, np.int64, np.bool_):
    x = (rng.standard_normal((2, 3)) * 5).astype(dtype)
    got = one(lambda m, t: m.add("identity", t), x)
    assert got.dtype == x.dtype and np.array_equal(got, x)
big = np.array([2**63 - 1, -(2**63), 2**53 + 1], np.int64)
assert np.array_equal(one(lambda m, t: m.add("identity", t), big), big)
x = np.concatenate([floats(40) * 3, np.array([65519, 65520, 1e-7, 6e-8, 5.9e-8, -0.0, np.inf], np.float32)])
got = one(lambda m, t: m.add("cast", t, lib.TRTX_DATA_TYPE_HALF), x)
with np.errstate(over="ignore"):
    assert np.array_equal(got, x.astype(np.float16)) and got.dtype == np.float16
finite = x[np.isfinite(x)]
for code, dtype in ((lib.TRTX_DATA_TYPE_INT32, np.int32), (lib.TRTX_DATA_TYPE_INT64, np.int64)):
    got = one(lambda m, t: m.add("cast", t, code), finite)
    assert got.dtype == dtype and np.array_equal(got, finite.astype(dtype))
got = one(lambda m, t: m.add("cast", t, lib.TRTX_DATA_TYPE_BOOL), np.array([0, 2, -1], np.int32))
assert got.tolist() == [False, True, True]
model = Model()
x = floats(1, 3)
c = floats(2, 3)
tensors = model.input("x", np.float32, 1, 3), model.constant(c)
total = model.add("elementwise", *tensors, lib.TRTX_ELEMENTWISE_OPERATION_SUM)
model.mark(model.output(total), "y")
close(model.run(x=x)["y"], x + c)
model.close()
""")


def test_dynamic_shapes() -> None:
    run("""
model = Model()
x = model.input("x", np.float32, -1, 4)
model.mark(model.output(model.add("activation", x, lib.TRTX_ACTIVATION_TYPE_RELU)), "y")
refused("builder_build_serialized_network", model.builder, model.network, model.config, ffi.new("trtx_host_memory **"),
        saying="no optimization profile has been defined")
profile = make("builder_create_optimization_profile", model.builder)
for select, size in enumerate((1, 2, 8)):
    call("optimization_profile_set_dimensions", profile, b"x", select, dims(size, 4))
make("builder_config_add_optimization_profile", model.config, profile)
for size in (1, 3, 8):
    a = floats(size, 4)
    close(model.run(x=a)["y"], np.maximum(a, 0), 0)
assert shape(make("cuda_engine_get_profile_shape", model.engine, b"x", 0, 2)) == (8, 4)
refused("execution_context_set_input_shape", model.context, b"x", dims(9, 4), saying="optimization profiles")
model.close()
""")


def test_normalization_over_channels_and_over_axes() -> None:
    run("""
x = floats(2, 6, 3, 4)
def lrn(x, size, alpha, beta, k):
    out = np.zeros_like(x, np.float64)
    for c in range(x.shape[1]):
        near = x[:, max(0, c - (size - 1) // 2):c + size // 2 + 1].astype(np.float64)
        out[:, c] = x[:, c] / (k + alpha / size * (near**2).sum(1)) ** beta
    return out
for size in (3, 5):
    close(one(lambda m, t: m.add("lrn", t, size, 0.5, 0.75, 1.5), x), lrn(x, size, 0.5, 0.75, 1.5))
scale, bias = floats(1, 1, 1, 4), floats(1, 1, 1, 4)
mean, deviation = x.mean((2, 3), keepdims=True), np.sqrt(x.var((2, 3), keepdims=True) + 1e-3)
def normalize(m, t, s, b):
    made = m.add("normalization_v2", t, s, b, 0b1100)
    call("normalization_layer_set_epsilon", made, 1e-3)
    return made
close(one(normalize, x, scale, bias), (x - mean) / deviation * scale + bias, 1e-5)
slope = floats(1, 6, 1, 1)
close(one(lambda m, t, s: m.add("parametric_relu", t, s), x, slope), np.where(x >= 0, x, x * slope))
""")


def test_topk() -> None:
    run("""
x = rng.permutation(60).reshape(3, 5, 4).astype(np.float32)
for name, sign in (("MAX", -1), ("MIN", 1)):
    for axis in range(3):
        model = Model()
        made = model.add("topk", model.input("x", np.float32, 3, 5, 4), getattr(lib, f"TRTX_TOPK_OPERATION_{name}"), 2,
                         1 << axis)
        model.mark(model.output(made), "values")
        model.mark(model.output(made, 1), "indices")
        got = model.run(x=x)
        order = np.argsort(sign * x, axis).take([0, 1], axis)
        assert got["indices"].dtype == np.int32
        np.testing.assert_array_equal(got["indices"], order)
        np.testing.assert_array_equal(got["values"], np.take_along_axis(x, order, axis))
        model.close()
model = Model()
model.mark(model.output(model.add("topk", model.input("x", np.float32, 4), 0, 5, 1)), "y")
refused("builder_build_serialized_network", model.builder, model.network, model.config, ffi.new("trtx_host_memory **"),
        saying="k is 5, the axis has 4")
model.close()
""")


def test_non_zero() -> None:
    """Its size shows in the run only."""
    run("""
x = (rng.random((3, 4)) < 0.5).astype(np.float32)
model = Model()
model.mark(model.output(model.add("non_zero", model.input("x", np.float32, 3, 4))), "y")
model.load(model.build())
assert shape(make("execution_context_get_tensor_shape", model.context, b"y")) == (2, -1)
memory = np.zeros(24, np.int32)
call("execution_context_set_tensor_address", model.context, b"x", x.ctypes.data)
call("execution_context_set_tensor_address", model.context, b"y", memory.ctypes.data)
call("execution_context_enqueue_v3", model.context, 0)
expected = np.array(np.nonzero(x))
np.testing.assert_array_equal(memory[:expected.size].reshape(expected.shape), expected)
model.close()
""")


def test_squeeze_and_unsqueeze() -> None:
    run("""
def axes(model, *values):
    return model.constant(np.array(values, np.int64))
x = floats(1, 3, 1, 4)
close(one(lambda m, t: m.add("unsqueeze", t, axes(m, 0, -1)), x), x[None, ..., None], 0)
close(one(lambda m, t: m.add("unsqueeze", t, axes(m, 2)), x), x[:, :, None], 0)
close(one(lambda m, t: m.add("squeeze", t, axes(m, 0, -2)), x), x[0, :, 0], 0)
close(one(lambda m, t: m.add("squeeze", t, axes(m, 2)), x), x[:, :, 0], 0)
""")


def test_shapes_are_computed_before_the_network_runs() -> None:
    """As exporters write the flattening of an open batch: its size is read, and joined with what is known."""
    run("""
model = Model()
x = model.input("x", np.float32, -1, 3, 4)
batch = model.add("gather", model.output(model.add("shape", x)), model.constant(np.array([0], np.int64)), 0)
parts = ffi.new("trtx_tensor *[]", [model.output(batch), model.constant(np.array([12], np.int64))])
shaped = model.output(model.add("concatenation", parts, 2))
flat = model.add("shuffle", x)
call("layer_set_input", flat, 1, shaped)
model.mark(model.output(flat), "y")
profile = make("builder_create_optimization_profile", model.builder)
for select, size in enumerate((1, 2, 8)):
    call("optimization_profile_set_dimensions", profile, b"x", select, dims(size, 3, 4))
make("builder_config_add_optimization_profile", model.config, profile)
model.load(model.build())
assert shape(make("cuda_engine_get_tensor_shape", model.engine, b"y")) == (-1, 12)
for size in (1, 5):
    a = floats(size, 3, 4)
    close(model.run(x=a)["y"], a.reshape(size, 12), 0)
model.close()
""")


def test_layers_that_are_not_computed_say_so() -> None:
    run("""
model = Model()
made = model.add("resize", model.input("x", np.float32, 2, 8))
call("layer_set_name", made, b"twice as large")
model.mark(model.output(made), "y")
model.load(model.build())
assert any(b"twice as large (RESIZE)" in line for _, line, _ in logged), logged
x, y = floats(2, 8), floats(2, 8)
call("execution_context_set_tensor_address", model.context, b"x", x.ctypes.data)
call("execution_context_set_tensor_address", model.context, b"y", y.ctypes.data)
refused("execution_context_enqueue_v3", model.context, 0,
        saying="twice as large: the fake library does not compute RESIZE")
model.close()
""")
