"""Ends at awkward moments: in the collector, at exit, in callbacks, under a running call."""

from __future__ import annotations

import pytest

from tests.lifetime.running import on_fake, on_real


def test_a_collection_at_every_allocation() -> None:
    on_fake("""
        gc.set_threshold(1)
        for round in range(10):
            run = Run()
            run.knot = run
            for name, (method, call) in CALLS.items():
                call(run)
            objects = [build_side(), run_side()]
            objects.append(objects)
            del objects, run
        gc.set_threshold(700)
        gc.collect()
        all_closed()
    """)


def test_collections_inside_callbacks() -> None:
    """What is garbage is destroyed in the middle of a native call of something else."""
    on_fake("""
        made = []
        def litter():
            knot = [build_side(), run_side()]
            knot.append(knot)
            made.append(1)
        def sink(severity, message):
            litter()
            gc.collect()
        class Monitor(trtx.ProgressMonitor):
            def phase_start(self, phase_name, parent_phase, num_steps): sink(0, "")
            def step_complete(self, phase_name, step): sink(0, ""); return True
            def phase_finish(self, phase_name): sink(0, "")
        class File:
            def write(self, data): sink(0, ""); return len(data)
        plan()
        run = Run(sink)
        run.config.progress_monitor = Monitor()
        for name, (method, call) in CALLS.items():
            control.fault(f"{method}=log:info:now")
            before = len(made)
            call(run)
            assert len(made) > before, name
            control.clear()
        run.builder.build_serialized_network_to_stream(run.network, run.config, File())
        del run
        gc.collect()
        all_closed()
    """)


@pytest.mark.parametrize("backwards", [False, True])
def test_a_finalizer_that_closes_what_others_in_the_same_garbage_need(backwards: bool) -> None:
    """The collector has cleared the weak references to an engine's contexts, but not yet called their finalizers."""
    on_fake(f"""
        class Closer:
            def __del__(self):
                self.victim.close()
        pairs = [
            ("engine", "context"), ("runtime", "engine"), ("network", "parser"), ("builder", "network"),
            ("logger", "builder"), ("engine", "cache"), ("cache", "config"), ("context", "inspector"),
        ]
        for parent, child in pairs:
            for early in (False, True):
                side = build_side() if parent in ("network", "builder", "logger") else run_side()
                knot = [Closer() if early else None, side[child], Closer()]
                if {backwards}:
                    knot.reverse()
                knot.append(knot)
                for closer in knot:
                    if type(closer) is Closer:
                        closer.victim = side[parent]
                victim = side[parent]
                del closer
                side.clear()
                del knot
                gc.collect()
                assert victim.is_closed
                del victim
                gc.collect()
                all_closed((parent, child, early))
    """)


def test_an_object_closed_while_its_child_is_being_destroyed() -> None:
    """Another thread is in the destructor of a context when the engine is closed: that ends after the context."""
    on_fake("""
        inside, go_on = threading.Event(), threading.Event()
        plan()
        def sink(severity, message):
            if "dying" in message:
                inside.set()
                go_on.wait(10)
        def drop(box):
            box.clear()
            gc.collect()
        for way in ("dropped", "closed", "collected"):
            logger = trtx.Logger(trtx.Severity.VERBOSE, sink)
            engine = trtx.Runtime(logger).deserialize_cuda_engine(plan())
            inside.clear(), go_on.clear()
            gc.disable()
            box = [engine.create_execution_context()]
            if way == "collected":
                knot = [box.pop()]
                knot.append(knot)
                del knot
            control.fault("ExecutionContext::destroy=log:warning:dying")
            work = box[0].close if way == "closed" else lambda: drop(box)
            thread = threading.Thread(target=work)
            thread.start()
            assert inside.wait(10), way
            begin = time.monotonic()
            engine.close()
            assert time.monotonic() - begin < 5 and engine.is_closed
            assert control.live("CudaEngine") == control.live("ExecutionContext") == 1, "the context is not gone yet"
            go_on.set()
            thread.join()
            control.clear()
            assert control.live("CudaEngine") == control.live("ExecutionContext") == 0
            gc.enable()
            del engine, thread, box, logger, work
            gc.collect()
            all_closed(way)
    """)


def test_an_object_closed_by_a_destructor_of_its_child() -> None:
    """A sink that the destructor of a context calls closes the engine: that ends after the context."""
    on_fake("""
        seen = []
        plan()
        def sink(severity, message):
            if "dying" in message:
                engine.close()
                seen.append((engine.is_closed, control.live("CudaEngine")))
        logger = trtx.Logger(trtx.Severity.VERBOSE, sink)
        engine = trtx.Runtime(logger).deserialize_cuda_engine(plan())
        context = engine.create_execution_context()
        control.fault("ExecutionContext::destroy=log:warning:dying")
        context.close()
        assert seen == [(True, 1)] and control.live("CudaEngine") == 0, seen
        control.clear()
        del logger, engine, context
        gc.collect()
        all_closed()
    """)


def test_an_object_closed_after_a_child_that_waits_for_the_collector() -> None:
    """The context lives on for its inspector, which is garbage, and the engine for the context."""
    on_fake("""
        class Closer:
            def __del__(self):
                context.close()
                engine.close()
                closed.append((context.is_closed, engine.is_closed, control.live("CudaEngine")))
        closed = []
        for backwards in (False, True):  # the collector calls finalizers in an order of its own
            side = run_side()
            engine, context = side["engine"], side["context"]
            knot = [side.pop("inspector"), Closer()]
            if backwards:
                knot.reverse()
            knot.append(knot)
            side.clear()
            del knot
            gc.collect()
            assert control.live("CudaEngine") == 0
            del engine, context
            gc.collect()
            all_closed(backwards)
        assert len(closed) == 2 and all(found[:2] == (True, True) for found in closed), closed
    """)


EXIT = """
import sys, threading
import trtx

def make():
    logger = trtx.Logger(trtx.Severity.VERBOSE, sink)
    builder = trtx.Builder(logger)
    network = builder.create_network()
    relu = network.add_activation(network.add_input("x", trtx.DataType.FLOAT, (2, 3)), trtx.ActivationType.RELU)
    network.mark_output(relu.get_output(0))
    config = builder.create_config()
    config.progress_monitor = Monitor()
    parser = trtx.OnnxParser(builder.create_network())
    return [logger, builder, network, relu, config, parser, trtx.Runtime(logger)]

def sink(severity, message):
    assert sys is not None and trtx is not None

class Monitor(trtx.ProgressMonitor):
    def step_complete(self, phase_name, step):
        assert sys is not None
        return True

class Kept:
    objects = None

def here():
    {how}
here()
print("the end", flush=True)
"""
HOWS = {
    "in a global": "globals()['kept'] = make()",
    "in a cycle": "kept = make(); kept.append(kept)",
    "in a class": "Kept.objects = make()",
    "in a module": "sys.kept = make()",
    "in builtins": "import builtins; builtins.kept = make()",
    "in a thread's frame": (
        "ready = threading.Event(); threading.Thread(target=lambda: (make(), ready.set(), threading.Event().wait()), "
        "daemon=True).start(); ready.wait()"
    ),
    "in a running thread": (
        "def work():\n"
        "        while True:\n"
        "            objects = make()\n"
        "            objects[1].build_serialized_network(objects[2], objects[4])\n"
        "    threading.Thread(target=work, daemon=True).start(); __import__('time').sleep(0.3)"
    ),
    "in an exit function": "import atexit; kept = make(); atexit.register(lambda: [one.close() for one in kept[:2]])",
    "with a sink that raises": (
        "global sink\n"
        "    def sink(severity, message): raise ZeroDivisionError\n"
        "    kept = trtx.Logger(sink=sink); sys.kept = kept, trtx.Builder(kept)"
    ),
}


@pytest.mark.parametrize("how", HOWS)
def test_objects_alive_at_exit_on_the_fake(how: str) -> None:
    assert on_fake(EXIT.format(how=HOWS[how])).endswith("the end\n")


@pytest.mark.parametrize("how", HOWS)
def test_objects_alive_at_exit_on_the_real_library(native_library: str, how: str) -> None:
    assert on_real(EXIT.format(how=HOWS[how])) == "the end\n"


def test_exceptions_in_the_middle_of_with() -> None:
    on_fake("""
        class Boom(BaseException):
            pass
        for where in range(6):
            try:
                with trtx.Logger(sink=quiet) as logger:
                    if where == 0: raise Boom
                    with trtx.Builder(logger) as builder:
                        if where == 1: raise Boom
                        with small_network(builder) as network, builder.create_config() as config:
                            if where == 2: raise Boom
                            with builder.build_serialized_network(network, config) as memory:
                                view = memory.view()
                                if where == 3: raise Boom
                            with trtx.Runtime(logger) as runtime, runtime.deserialize_cuda_engine(view) as engine:
                                if where == 4: raise Boom
                                with engine.create_execution_context() as context:
                                    raise Boom
            except Boom:
                pass
            assert logger.is_closed and diagnostics.live_objects() == {}, where
            view = None
            all_closed(where)
    """)


def test_a_close_during_a_running_call_is_refused() -> None:
    printed = on_fake("""
        def owners(thing):
            found = [thing]
            for one in found:
                found += [parent for parent in one._parents if parent not in found]
            return found

        count = 0
        for name, (method, call) in CALLS.items():
            if name == "parse" or name not in LONG:
                continue  # has a parser of its own; nothing comes between
            run = Run()
            control.fault(f"{method}=sleep:120")
            thread, results = inside(method, lambda: call(run))
            used = {
                "VNetworkDefinition": run.network, "VBuilder": run.builder, "IParser": run.parser,
                "VRuntime": run.runtime, "VCudaEngine": run.engine, "VEngineInspector": run.inspector,
                "VRuntimeCache": run.cache, "VExecutionContext": run.context, "VRefitter": run.refitter,
                "IParserRefitter": run.onnx_refitter,
            }[method.partition("::")[0]]
            for one in owners(used):
                try:
                    one.close()
                except trtx.BusyError as error:
                    assert "in use by" in str(error), error
                    count += 1
                else:
                    raise AssertionError((name, one))
                assert not one.is_closed and not used.is_closed
            thread.join()
            control.clear()
            assert not isinstance(results[0], BaseException), (name, results)
            assert control.misuses() == 0, (name, control.last_misuse())
            used.close()
            del run, used, one, results, thread
            gc.collect()
            all_closed(name)
        print(count)
    """)
    assert int(printed) > 40


def test_many_threads_close_the_same_tree() -> None:
    on_fake("""
        for round in range(100):
            side = [build_side, run_side][round % 2]()
            things = [thing for thing in side.values() if hasattr(thing, "close")]
            barrier = threading.Barrier(4)
            problems = []
            def work(seed):
                mine = things[:]
                random.Random(seed).shuffle(mine)
                barrier.wait()
                for thing in mine:
                    try:
                        thing.close()
                    except trtx.BusyError:
                        pass
                    except BaseException as problem:
                        problems.append(problem)
            threads = [threading.Thread(target=work, args=(round * 4 + i,)) for i in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            assert not problems, problems
            for thing in things:
                thing.close()
            del side, things, thing, threads, thread, work
            if round % 10 == 0:
                gc.collect()
                all_closed(round)
        gc.collect()
        all_closed()
    """)
