"""Create and release: every public class, every way to let go, and both sides count to zero again."""

from __future__ import annotations

import pytest

from tests.lifetime.running import on_fake

#: How n objects of a class are let go; each must also let go of what came with them.
WAYS = {
    "close": "for thing in made: thing.close()",
    "close twice": "for thing in made: thing.close(); thing.close()",
    "close backwards": "for thing in reversed(made): thing.close()",
    "with": """
for thing in made:
    with thing as same:
        assert same is thing
    assert thing.is_closed""",
    "failing with": """
for thing in made:
    try:
        with thing, thing:
            raise ZeroDivisionError
    except ZeroDivisionError:
        assert thing.is_closed""",
    "del": "",
    "close the roots": """
for thing in made:
    roots, seen = [thing], []
    while roots:
        one = roots.pop()
        seen.append(one)
        roots += one._parents
    seen[-1].close()
    assert thing.is_closed and seen[-1].is_closed
    del seen, one""",
    "cycle": "made.append(made)",
    "cycle through a callback object": """
class Holder:
    pass
holder = Holder()
holder.sink = trtx.Logger(sink=lambda severity, message: holder)
holder.made = made
made.append(holder)
del holder""",
    "another thread": """
def close_all():
    for thing in made:
        thing.close()
thread = threading.Thread(target=close_all)
thread.start()
thread.join()
del thread, close_all""",
    "another thread drops": """
box = [made]
del made
thread = threading.Thread(target=box.clear)
thread.start()
thread.join()
del box, thread
made = None""",
}

PROGRAM = """
gc.disable()
missing = [kind.__name__ for kind in handle_classes() if kind not in FACTORIES]
assert not missing, f"FACTORIES in tests/lifetime/world.py lacks {missing}"
plan()
all_closed("before")


def release(made):
    thing = same = None
{way}


for kind, factory in FACTORIES.items():
    made = [factory() for _ in range(3)]
    assert all(type(thing) is kind for thing in made)
    assert diagnostics.live_objects()[kind.__name__] == 3
    native = NATIVE_NAMES.get(kind.__name__, kind.__name__)
    assert native is None or control.live(native) == 3, control.report()
    one = made[0]
    assert repr(one) and not one.is_closed
    box = [made]
    del made, one
    release(box.pop())
    gc.collect()
    all_closed(kind)
print(len(FACTORIES), "classes")
"""


@pytest.mark.parametrize("way", WAYS)
def test_both_sides_count_to_zero(way: str) -> None:
    body = "\n".join("    " + line for line in (WAYS[way] or "pass").splitlines())
    printed = on_fake(PROGRAM.replace("{way}", body))
    assert int(printed.split()[0]) >= 14


def test_closed_objects_say_so() -> None:
    on_fake("""
        for kind, factory in FACTORIES.items():
            thing = factory()
            names = [name for name in dir(kind) if name[0] != "_"]
            properties = [name for name in names if isinstance(getattr(kind, name, None), property)]
            thing.close()
            assert thing.is_closed and "(closed)" in repr(thing), kind
            for name in properties:
                if name == "is_closed":
                    continue
                try:
                    getattr(thing, name)
                except trtx.ClosedError as error:
                    assert kind.__name__ in str(error), (name, error)
                else:
                    raise AssertionError(f"{kind.__name__}.{name} of a closed object")
            with_failed = False
            try:
                with thing:
                    pass
            except trtx.ClosedError:
                with_failed = True
            assert with_failed, kind
        del thing
        all_closed()
    """)


def test_objects_whose_init_did_not_run() -> None:
    on_fake("""
        for kind in native_classes():
            thing = kind.__new__(kind)
            assert thing.is_closed, kind
            if kind in FACTORIES:
                assert "(closed)" in repr(thing), kind
                thing.close()
            del thing
            try:
                kind(*[object()] * 3)
            except (TypeError, trtx.InvalidArgumentError):
                pass
            else:
                raise AssertionError(kind)
        all_closed()
    """)


def test_live_objects_counts_what_is_open() -> None:
    on_fake("""
        assert trtx.diagnostics is diagnostics
        assert diagnostics.live_objects() == {}
        build, run = build_side(), run_side()
        assert diagnostics.live_objects() == {
            "Builder": 1, "BuilderConfig": 1, "CudaEngine": 1, "EngineInspector": 1, "ExecutionContext": 1, "Logger": 2,
            "NetworkDefinition": 1, "OnnxParser": 1, "OptimizationProfile": 1, "Runtime": 1, "RuntimeCache": 1,
            "RuntimeConfig": 1,
        }
        assert list(diagnostics.live_objects()) == sorted(diagnostics.live_objects())
        build["network"].close()
        run["engine"].close()
        assert diagnostics.live_objects() == {
            "Builder": 1, "BuilderConfig": 1, "Logger": 2, "OptimizationProfile": 1, "Runtime": 1,
        }
        build.clear(), run.clear()
        all_closed()
    """)


def test_failed_constructions_leave_nothing() -> None:
    on_fake("""
        run = Run()
        starts = ("create", "deserialize", "serialize", "build", "cache_ser")
        makers = [name for name in CALLS if name.startswith(starts)]
        before = control.report(), diagnostics.live_objects()
        for name in makers:
            method, call = CALLS[name]
            for action in ("null", "throw:bad_alloc", "throw:runtime_error", "throw:int"):
                control.fault(f"{method}={action}")
                try:
                    call(run)
                except trtx.Error as error:
                    assert error.status, (name, action)
                else:
                    raise AssertionError((name, action))
                control.clear()
                assert (control.report(), diagnostics.live_objects()) == before, (name, action)
        del run
        all_closed()
    """)


def test_exceptions_keep_nothing_alive() -> None:
    """Without the cycle collector: a traceback that refers to itself would keep every object of the call."""
    on_fake("""
        gc.disable()

        class Boom(Exception):
            pass

        def sink(severity, message):
            if "from a fault" in message:
                raise Boom

        for name, (method, call) in CALLS.items():
            for action in ("null", "throw:bad_alloc", "log:error:from a fault")[: 2 if name in UNCHECKED else 3]:
                run = Run(sink)
                control.fault(f"{method}={action}")
                try:
                    call(run)
                except (trtx.Error, Boom, AssertionError):
                    pass
                control.clear()
                del run
                all_closed((name, action))
    """)
