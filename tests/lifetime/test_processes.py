"""Other processes and interpreters: fork, spawn, subinterpreters, pickles and copies."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.helpers.process import python_path, run_python
from tests.lifetime.running import on_fake, on_real

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")

FORK = """
import gc, os, sys, signal, threading, time, warnings
import trtx
from trtx import diagnostics
warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 and later warn of what is tested here

def in_child(work):
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            import traceback
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(3)
        sys.exit(7)  # the usual way out, with exit functions and finalizers
    deadline = time.monotonic() + 30
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
        if time.monotonic() > deadline:
            os.kill(pid, signal.SIGKILL)
            raise AssertionError("the child hangs")
        time.sleep(0.005)
    assert os.WIFEXITED(status) and os.WEXITSTATUS(status) == 7, status

def refused(kind, call):
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError("the child was not refused")

def child(things):
    assert diagnostics.live_objects() == {}
    for thing in things:
        assert thing.is_closed, thing
        repr(thing)
        thing.close() if hasattr(thing, "close") else None
    assert "fork" in refused(trtx.UnsupportedError, trtx.load_library)
    calls = [trtx.Logger, trtx.library_version]
    if things:
        calls += [lambda: trtx.Builder(things[0]), lambda: trtx.Runtime(things[0])]
    for call in calls:
        assert "spawn" in refused(trtx.UnsupportedError, call)
    gc.collect()

logger = trtx.Logger(trtx.Severity.INTERNAL_ERROR, lambda severity, message: None)
builder = trtx.Builder(logger)
network = builder.create_network()
tensor = network.add_input("x", trtx.DataType.FLOAT, (2, 3))
relu = network.add_activation(tensor, trtx.ActivationType.RELU)
network.mark_output(relu.get_output(0))
config = builder.create_config()
parser = trtx.OnnxParser(builder.create_network())
memory = builder.build_serialized_network(network, config)
runtime = trtx.Runtime(logger)
things = [logger, builder, network, tensor, relu, config, parser, memory, runtime]

def work():
    child(things)
    for thing, call in [
        (network, lambda: network.add_input("y", trtx.DataType.FLOAT, (1,))), (network, lambda: network.num_layers),
        (tensor, lambda: tensor.name), (builder, lambda: builder.build_serialized_network(network, config)),
        (builder, builder.create_network), (memory, lambda: bytes(memory)), (logger, lambda: logger.log(1, "x")),
        (runtime, lambda: runtime.deserialize_cuda_engine(b"")), (parser, lambda: parser.parse(b"")),
    ]:
        assert type(thing).__name__ in refused(trtx.ClosedError, call)

in_child(work)
# In the middle of a build on another thread, whose locks the child inherits locked.
stop = []
def build():
    while not stop:
        builder.build_serialized_network(network, config)
thread = threading.Thread(target=build)
thread.start()
for _ in range(8):
    time.sleep(0.01)
    in_child(work)
    in_child(lambda: None)
stop.append(1)
thread.join()
# The parent is as it was.
assert network.num_layers == 1 and len(builder.build_serialized_network(network, config)) > 0
# What is left of the library after everything is closed does not survive either.
for thing in things:
    if hasattr(thing, "close"):
        thing.close()
del thing, things, work, network, tensor, relu, config, parser, memory, runtime, builder, logger
gc.collect()
assert diagnostics.live_objects() == {}
in_child(lambda: child([]))
print("done")
"""


@needs_fork
def test_a_forked_child_on_the_fake() -> None:
    assert on_fake(FORK).endswith("done\n")


@needs_fork
def test_a_forked_child_on_the_real_library(native_library: str) -> None:
    assert on_real(FORK) == "done\n"


@needs_fork
def test_a_fork_before_use_is_harmless(native_library: str) -> None:
    assert on_real("""
        import os
        import trtx
        logger = trtx.Logger(trtx.Severity.ERROR)  # loggers by themselves survive
        pid = os.fork()
        builder = trtx.Builder(logger)
        network = builder.create_network()
        tensor = network.add_input("x", trtx.DataType.FLOAT, (1,))
        network.mark_output(network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0))
        assert len(builder.build_serialized_network(network, builder.create_config())) > 1000
        if pid:
            assert os.waitpid(pid, 0)[1] == 0
            print("done")
    """).endswith("done\n")


def test_spawned_processes_work(native_library: str, tmp_path: object) -> None:
    path = os.path.join(str(tmp_path), "spawning.py")
    with open(path, "w") as file:
        file.write(
            "import multiprocessing, sys\n"
            "import trtx\n"
            "def build(size):\n"
            "    builder = trtx.Builder(trtx.Logger(trtx.Severity.ERROR))\n"
            "    network = builder.create_network()\n"
            "    relu = network.add_activation(\n"
            "        network.add_input('x', trtx.DataType.FLOAT, (size,)), trtx.ActivationType.RELU)\n"
            "    network.mark_output(relu.get_output(0))\n"
            "    with builder.build_serialized_network(network, builder.create_config()) as memory:\n"
            "        return len(memory)\n"
            "def fail(name):\n"
            "    builder = trtx.Builder(trtx.Logger(trtx.Severity.INTERNAL_ERROR))\n"
            "    builder.create_network().add_input('', trtx.DataType.FLOAT, (1,))\n"
            "if __name__ == '__main__':\n"
            "    assert build(1) > 1000\n"
            "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n"
            "        assert all(size > 1000 for size in pool.map(build, [1, 2]))\n"
            "        try:\n"
            "            pool.apply(fail, ('x',))\n"
            "        except trtx.InvalidArgumentError as error:\n"
            "            assert 'name' in str(error)\n"
            "        else:\n"
            "            raise AssertionError\n"
            "    print('done')\n"
        )
    printed = _run_file(path)
    assert printed.endswith("done\n")


def _run_file(path: str) -> str:
    variables = {**os.environ, "PYTHONPATH": python_path()}
    done = subprocess.run(
        [sys.executable, path], env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pickles_and_copies_are_refused() -> None:
    printed = on_fake("""
        import copy, pickle
        run = Run()
        made = [(kind, factory()) for kind, factory in FACTORIES.items()]
        made += [(kind, kind.__new__(kind)) for kind in native_classes() if kind not in FACTORIES]
        made += [(trtx.Tensor, run.network.get_input(0)), (type(run.network.get_layer(0)), run.network.get_layer(0))]
        assert {kind for kind, _ in made} >= set(native_classes())
        ways = [copy.copy, copy.deepcopy, lambda thing: copy.deepcopy([thing])]
        ways += [lambda thing, p=p: pickle.dumps(thing, p) for p in range(pickle.HIGHEST_PROTOCOL + 1)]
        ways += [lambda thing: pickle.dumps({"deep": [thing]})]
        count = 0
        for kind, thing in made:
            for closed in (False, True):
                if closed:
                    thing.close() if hasattr(thing, "close") else None
                for way in ways:
                    try:
                        way(thing)
                    except TypeError as error:
                        assert kind.__name__ in str(error) and "cannot be copied or pickled" in str(error), error
                        count += 1
                    else:
                        raise AssertionError((kind, way))
        print(count)
        del run, made, thing
        gc.collect()
        all_closed()
    """)
    assert int(printed) > 500


def test_values_and_errors_can_be_pickled_and_copied() -> None:
    """Every public class is one or the other: it stands for something native, or it is a value."""
    on_fake("""
        import copy, dataclasses, enum, inspect, pickle
        from trtx._core.callbacks import Callback
        from trtx._core.shut import Uncopied
        values = [
            trtx.Version(1, 6, 1, 120), trtx.Message(trtx.Severity.ERROR, "text"), trtx.Weights(trtx.DataType.FLOAT),
            trtx.ProgressMonitor(), trtx.RefitterObserver(),
            trtx.RefitRecord("w", trtx.RefitTransformKind.IDENTITY, 1, trtx.DataType.FLOAT, 2, ("w",), 0.0, b""),
        ]
        public = {getattr(trtx, name) for name in trtx.__all__}
        kinds = {kind for kind in public if inspect.isclass(kind) and not issubclass(kind, Uncopied)}
        kinds -= {trtx.GrowingOutputAllocator, trtx.SessionCache}  # nobody would want one of them twice
        for kind in kinds:
            if issubclass(kind, Exception):
                values.append(kind("words", status=2, messages=[trtx.Message(trtx.Severity.ERROR, "said")]))
            elif issubclass(kind, enum.Enum):
                values += list(kind)
            elif issubclass(kind, tuple) and kind not in map(type, values):
                values.append(kind._make(range(len(kind._fields))))
            elif dataclasses.is_dataclass(kind) and kind not in map(type, values):
                needed = [f for f in dataclasses.fields(kind) if f.default is f.default_factory is dataclasses.MISSING]
                values.append(kind(**{f.name: f.name for f in needed}))
            elif issubclass(kind, Callback) and kind not in (*map(type, values), trtx.GrowingOutputAllocator):
                values.append(kind())
        missing = kinds - set(map(type, values)) - {kind for kind in kinds if getattr(kind, "_is_protocol", False)}
        missing -= {kind for kind in missing if issubclass(kind, enum.Enum)}  # enums without members
        assert not missing, f"neither native nor tested as values: {missing}"
        for value in values:
            for again in (copy.copy(value), copy.deepcopy(value), pickle.loads(pickle.dumps(value))):
                assert type(again) is type(value)
                if isinstance(value, Exception):
                    assert (str(again), again.status, again.messages) == (str(value), value.status, value.messages)
                elif not isinstance(value, (trtx.Weights, Callback)):
                    assert again == value, (again, value)
    """)


SUBINTERPRETER = """
import importlib
import trtx
logger = trtx.Logger(sink=lambda severity, message: heard.append(message))
heard = []
for name in ("_interpreters", "_xxsubinterpreters"):
    try:
        interpreters = importlib.import_module(name)
    except ImportError:
        continue
    break
program = '''
import sys
sys.path[:] = {path!r}
try:
    import trtx
except ImportError as error:
    assert "main interpreter" in str(error), error
    assert "trtx" not in sys.modules
else:
    raise AssertionError("imported")
'''
import sys
for _ in range(3):
    other = interpreters.create()
    outcome = interpreters.run_string(other, program.format(path=[p for p in sys.path]))
    assert outcome is None, outcome  # Python 3.13 and later give what was raised
    interpreters.destroy(other)
logger.log(trtx.Severity.ERROR, "still here")
assert heard == ["still here"]
"""


def test_subinterpreters_are_refused() -> None:
    if not any(_has_module(name) for name in ("_interpreters", "_xxsubinterpreters")):
        pytest.skip("this Python has no module for subinterpreters: _interpreters or _xxsubinterpreters")
    run_python(SUBINTERPRETER)


def _has_module(name: str) -> bool:
    return importlib.util.find_spec(name) is not None
