"""C functions that make several calls in one, under faults and wrong arguments, on the fake library."""

from __future__ import annotations

from tests.helpers.fake import run_with_fake

SETUP = """
SET, RUN = "VExecutionContext::setTensorAddress", "VExecutionContext::enqueueV3"
model = Model()
made = model.add("activation", model.input("x", np.float32, 4), lib.TRTX_ACTIVATION_TYPE_RELU)
model.mark(model.output(made), "y")
model.load(model.build())
x, y = np.array([-1, 2, -3, 4], np.float32), np.zeros(4, np.float32)
names = [ffi.new("char[]", name) for name in (b"x", b"y")]
addresses = ffi.new("trtx_address[]", [x.ctypes.data, y.ctypes.data])
told = ffi.new("trtx_address[]", 2)
fields = {"count": 2, "names": ffi.new("const char *[]", names), "addresses": addresses, "told": told}
bindings = ffi.new("trtx_bindings *", fields)
"""


def run(code: str) -> None:
    run_with_fake(SETUP + code + "model.close()\nassert control.report() == {}\n")


def test_a_run_tells_what_is_new() -> None:
    run("""
for again in range(3):
    y[:] = 0
    call("execution_context_run", model.context, bindings, 0)
    np.testing.assert_array_equal(y, np.maximum(x, 0))
    assert control.calls(SET) == 2
z = np.zeros(4, np.float32)
addresses[1] = z.ctypes.data
call("execution_context_set_tensor_addresses", model.context, bindings)
assert control.calls(SET) == 3 and list(told) == list(addresses)
assert make("execution_context_get_tensor_address", model.context, b"y") == z.ctypes.data
call("execution_context_run", model.context, bindings, 0)
np.testing.assert_array_equal(z, np.maximum(x, 0))
assert control.calls(SET) == 3 and control.calls(RUN) == 4
""")


def test_what_fails_is_told_and_stays_to_be_done() -> None:
    run("""
for fault in ("false@2", "throw:bad_alloc@2", "throw:runtime_error@2", "throw:int@2"):
    for function in ("execution_context_run", "execution_context_set_tensor_addresses"):
        told[0] = told[1] = 0
        control.fault(f"{SET}={fault}")
        arguments = (0,) if function.endswith("run") else ()
        said = refused(function, model.context, bindings, *arguments)
        assert "'y'" in said or "throw" in fault, said
        assert told[0] == addresses[0] and told[1] == 0 and control.calls(RUN) == 0
        control.clear()
call("execution_context_run", model.context, bindings, 0)
for fault in ("false", "throw:bad_alloc", "throw:runtime_error", "throw:int"):
    control.fault(f"{RUN}={fault}")
    refused("execution_context_run", model.context, bindings, 0)
    control.clear()
call("execution_context_run", model.context, bindings, 0)
""")


def test_wrong_arguments() -> None:
    run("""
functions = (("execution_context_run", (0,)), ("execution_context_set_tensor_addresses", ()))
for function, more in functions:
    refused(function, ffi.NULL, bindings, *more, saying="self is null")
    refused(function, model.context, ffi.NULL, *more, saying="bindings is null")
    for field in ("names", "addresses", "told"):
        wrong = ffi.new("trtx_bindings *", {**fields, field: ffi.NULL})
        refused(function, model.context, wrong, *more, saying=f"bindings->{field} is null")
    negative = ffi.new("trtx_bindings *", {**fields, "count": -1})
    refused(function, model.context, negative, *more, saying="negative count")
    nameless = ffi.new("const char *[]", [names[0], ffi.NULL])
    refused(function, model.context, ffi.new("trtx_bindings *", {**fields, "names": nameless}), *more, saying="names")
    nobody = ffi.new("char[]", b"z")
    unknown = ffi.new("const char *[]", [names[0], nobody])
    refused(function, model.context, ffi.new("trtx_bindings *", {**fields, "names": unknown}), *more, saying="'z'")
    told[0] = told[1] = 0
call("execution_context_set_tensor_addresses", model.context, ffi.new("trtx_bindings *"))  # none is not too few
assert control.calls(RUN) == 0
""")
