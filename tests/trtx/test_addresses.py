"""Addresses are noted by `set_tensor_address`, and handed over by the next call that uses them."""

from __future__ import annotations

from tests.lifetime.running import on_fake

SETUP = """
import numpy as np
METHOD = "VExecutionContext::setTensorAddress"
def raises(words, function, *arguments):
    try:
        function(*arguments)
    except trtx.ExecutionError as error:
        assert all(word in str(error) for word in words), error
    else:
        raise AssertionError(words)
context = Run(quiet).context
x, y = np.full((2, 3), 1, np.float32), np.zeros((2, 3), np.float32)
"""


def test_every_run_uses_the_last_addresses() -> None:
    on_fake(
        SETUP
        + """
for n in range(1, 7):
    x, y = np.full((2, 3), n, np.float32), np.zeros((2, 3), np.float32)
    context.set_tensor_address("x", 16)  # never used
    context.set_tensor_address("x", x.ctypes.data)
    context.set_tensor_address("y", y.ctypes.data)
    before = control.calls(METHOD)
    context.enqueue_v3(0)
    assert control.calls(METHOD) == before + 2
    np.testing.assert_array_equal(y, x)
    context.enqueue_v3(0)
    assert control.calls(METHOD) == before + 2  # nothing new
"""
    )


def test_what_was_set_is_what_the_context_tells() -> None:
    on_fake(
        SETUP
        + """
for address in (48, x.ctypes.data, 0):
    context.set_tensor_address("y", address)
    assert context.get_tensor_address("y") == address
raises(["no address for 'y'"], context.enqueue_v3, 0)
context.set_tensor_address("y", 48)
context.execute_v2([x.ctypes.data, y.ctypes.data])
np.testing.assert_array_equal(y, x)
"""
    )


def test_a_refused_address_is_told_by_the_call_that_hands_it_over() -> None:
    on_fake(
        SETUP
        + """
for call in (lambda: context.enqueue_v3(0), context.infer_shapes, lambda: context.get_tensor_shape("x")):
    for name, array in (("x", x), ("y", y)):
        context.set_tensor_address(name, array.ctypes.data + 4)
    control.fault(f"{METHOD}=false@{control.calls(METHOD) + 2}")
    raises(["failed: the address of 'y' was refused"], call)
    control.clear()
    y[:] = 0
    for name, array in (("x", x), ("y", y)):
        context.set_tensor_address(name, array.ctypes.data)
    context.enqueue_v3(0)
    np.testing.assert_array_equal(y, x)
"""
    )


def test_addresses_are_told_again_after_calls_that_may_change_them() -> None:
    on_fake(
        SETUP
        + """
z = np.zeros((2, 3), np.float32)
context.set_tensor_address("x", x.ctypes.data)
context.set_tensor_address("y", y.ctypes.data)
for call in (
    lambda: context.execute_v2([x.ctypes.data, z.ctypes.data]), lambda: context.set_optimization_profile_async(0, 0)
):
    context.enqueue_v3(0)
    y[:] = 0
    call()
    before = control.calls(METHOD)
    context.enqueue_v3(0)
    assert control.calls(METHOD) == before + 2
    np.testing.assert_array_equal(y, x)
"""
    )
