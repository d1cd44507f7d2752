"""Sessions of ONNX models, and the folder that keeps their engines: NVIDIA's parser on top of the fake library."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import trtx_sys
from tests.helpers.fake import fake_library
from tests.helpers.process import run_python

SETUP = """
import pathlib, sys
from tests.helpers.session_program import *
folder = pathlib.Path(os.environ["TEST_FOLDER"])
store, model = folder / "cache", folder / "model.onnx"
model.write_bytes(onnx_model())
rows = trtx.BuildOptions(shapes={"x": ((1, 4), (2, 4), (8, 4))})
x = np.ones((3, 4), np.float32)
builds = []
build = trtx.Builder.build_serialized_network
def counting(self, *arguments):
    builds.append(1)
    return build(self, *arguments)
trtx.Builder.build_serialized_network = counting

def run(source=None, cache=store, build=rows, **more):
    with trtx.Session(model if source is None else source, cache=cache, build=build, **more) as s:
        return s(x)[0, 0]

def warned(words, function, *arguments, **more):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(*arguments, **more)
    texts = [str(one.message) for one in caught if one.category is RuntimeWarning]
    assert texts and all(any(word in text for text in texts) for word in words), texts
    assert caught[0].filename == "<string>", caught[0].filename  # it points at the caller
    return result
warnings.simplefilter("error")
"""


@pytest.fixture
def on_fake(tmp_path: Path):
    library = tmp_path / "library"
    library.mkdir()
    shutil.copy(fake_library(), library / "libtensorrt_rtx.so.1")
    parser = Path(trtx_sys.find().path).resolve().parent / "libtensorrt_onnxparser_rtx.so.1"
    if not parser.exists():
        pytest.skip(f"NVIDIA's parser {parser} is missing")
    (library / parser.name).symlink_to(parser)

    def run(code: str) -> str:
        environment = {"TRTX_LIBRARY": str(library), "TEST_FOLDER": str(tmp_path)}
        return run_python(SETUP + code, environment=environment).stdout

    return run


def test_models_are_built_once(on_fake) -> None:
    program = """
assert run() == 2 and len(builds) == {builds}
assert run() == 2 and len(builds) == {builds}
assert run(model.read_bytes()) == 2 and len(builds) == {builds}  # the content counts, not the path
other = folder / "other.onnx"
other.write_bytes(model.read_bytes())
assert run(other) == 2 and len(builds) == {builds}
assert run(cache=None) == 2 and len(builds) == {builds} + 1
"""
    on_fake(program.format(builds=1))
    on_fake(program.format(builds=0))  # another process


def test_whatever_the_engine_depends_on_is_in_the_key(on_fake) -> None:
    on_fake(
        """
assert run() == 2
model.write_bytes(onnx_model(3.0))
assert run() == 3 and len(builds) == 2
assert run(build=trtx.BuildOptions(shapes={"x": ((1, 4), (2, 4), (9, 4))})) == 3 and len(builds) == 3
assert run(build=trtx.BuildOptions(shapes=rows.shapes, optimization_level=1)) == 3 and len(builds) == 4
assert run(build=trtx.BuildOptions(shapes=dict(rows.shapes))) == 3 and len(builds) == 4
assert run(build=trtx.BuildOptions(shapes=rows.shapes, prepare=True)) == 3 and len(builds) == 5
assert run(build=trtx.BuildOptions(shapes=rows.shapes, prepare=True)) == 3 and len(builds) == 5
np.full(4, 5, np.float32).tofile(folder / "w.bin")
model.write_bytes(onnx_model(external="w.bin"))
assert run() == 5 and len(builds) == 6
np.full(4, 6, np.float32).tofile(folder / "w.bin")
assert run() == 6 and len(builds) == 7
assert {entry.model for entry in trtx.SessionCache(store).entries()} == {"model.onnx"}
"""
    )


def test_damaged_entries_are_built_anew_with_a_warning(on_fake) -> None:
    on_fake(
        """
run()
[engine], [about], [kernels] = (list(store.glob(f"*.{kind}")) for kind in ("engine", "json", "kernels"))
def damage(path, at=60):
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 255
    path.write_bytes(data)
for break_it in (
    lambda: damage(engine), lambda: engine.write_bytes(b""), lambda: engine.write_bytes(engine.read_bytes()[:100]),
    about.unlink, lambda: about.write_text("{"), lambda: about.write_text("[]"), lambda: about.write_bytes(b"\\xff"),
):
    break_it()
    before = len(builds)
    assert warned(["built anew", str(store)], run) == 2 and len(builds) == before + 1
    assert run() == 2 and len(builds) == before + 1
for break_it in (lambda: damage(kernels, 5), lambda: damage(kernels, 35), lambda: kernels.write_bytes(b"x")):
    break_it()
    before = len(builds)
    assert warned(["compiled anew"], run) == 2 and len(builds) == before
    assert run() == 2
"""
    )


def test_a_folder_that_cannot_be_written_is_a_warning(on_fake) -> None:
    on_fake(
        """
(folder / "file").write_text("")
assert warned(["nothing is kept"], run, cache=folder / "file") == 2
assert len(builds) == 1
import errno
real = os.replace
def full(*arguments):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
os.replace = full
assert warned(["nothing is kept", "No space left"], run) == 2
assert not [path for path in store.iterdir() if path.suffix == ".part"]
os.replace = real
assert run() == 2 and run() == 2 and len(builds) == 3
"""
    )


def test_processes_wait_for_one_another(on_fake, tmp_path: Path) -> None:
    on_fake(
        """
import subprocess
code = '''
import pathlib, time
from tests.helpers.session_program import *
folder = pathlib.Path(os.environ["TEST_FOLDER"])
build = trtx.Builder.build_serialized_network
def slow(self, *arguments):
    time.sleep(0.5)
    with open(folder / "builds", "a") as file:
        file.write("x")
    return build(self, *arguments)
trtx.Builder.build_serialized_network = slow
with trtx.Session(folder / "model.onnx", cache=folder / "cache", build=trtx.BuildOptions(shapes={"x": (3, 4)})) as s:
    assert s(np.ones((3, 4), np.float32))[0, 0] == 2
'''
children = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
assert [child.wait() for child in children] == [0, 0, 0]
"""
    )
    assert (tmp_path / "builds").read_text() == "x"


def test_what_was_not_used_for_longest_goes(on_fake) -> None:
    on_fake(
        """
def sized(limit, factor):
    model.write_bytes(onnx_model(factor))
    return run(cache=trtx.SessionCache(store, max_bytes=limit))
big = 1 << 30
for factor in (2.0, 3.0, 4.0):
    sized(big, factor)
    time.sleep(0.02)
cache = trtx.SessionCache(store)
assert cache.folder == store and cache.max_bytes == 16 << 30
entries = cache.entries()
assert len(entries) == 3 and entries[0].used >= entries[1].used >= entries[2].used
assert all(entry.engine_bytes > 100 and entry.kernel_bytes > 30 and entry.library for entry in entries)
sized(big, 2.0)  # used again
time.sleep(0.02)
one = entries[0].engine_bytes + entries[0].kernel_bytes
sized(int(2.5 * one), 5.0)
before = len(builds)
assert sized(big, 5.0) == 5 and sized(big, 2.0) == 2 and len(builds) == before
assert sized(big, 3.0) == 3 and len(builds) == before + 1
freed = cache.clear()
assert freed > one and cache.entries() == ()
raises(trtx.InvalidArgumentError, ["cache is int"], run, cache=3)
raises(trtx.InvalidArgumentError, ["max_bytes"], trtx.SessionCache, store, max_bytes=-1)
"""
    )


def test_kernels_of_ready_engines_are_kept(on_fake) -> None:
    on_fake(
        """
memory = plan()
a = np.ones((1, 4), np.float32)
for _ in range(2):
    with trtx.Session(memory, cache=store) as s:
        assert (s(a, a) == 2).all()
assert len(list(store.glob("*.kernels"))) == 1 and not list(store.glob("*.engine"))
"""
    )


def test_build_options(on_fake) -> None:
    on_fake(
        """
options = trtx.BuildOptions
bad = trtx.InvalidArgumentError
raises(bad, ["shapes['x']"], options, shapes={"x": 3})
raises(bad, ["shapes['x']", "least"], options, shapes={"x": ((1, 4), (2, 4))})
raises(bad, ["shapes['x']", "(8, 4)"], options, shapes={"x": ((8, 4), (2, 4), (1, 4))})
raises(bad, ["shapes is str"], options, shapes="x:1")
raises(bad, ["optimization_level"], options, optimization_level=6)
raises(bad, ["flags"], options, flags=[99])
raises(bad, ["compute_capabilities"], options, compute_capabilities=["8.6"])
raises(bad, ["memory_pools"], options, memory_pools={trtx.MemoryPoolType.WORKSPACE: -1})
raises(bad, ["refit"], options, refit="yes")
raises(bad, ["build is dict"], run, build={"refit": True})
raises(bad, ["'q'", "x"], run, build=options(shapes={"q": (1, 4)}))
full = options(
    shapes=[{"x": (3, 4)}, {"x": ((4, 4), (5, 4), (6, 4))}], optimization_level=2, refit=True, tf32=False,
    flags=[trtx.BuilderFlag.STRICT_NANS], memory_pools={trtx.MemoryPoolType.WORKSPACE: 1 << 26}, max_threads=2,
    compute_capabilities=[trtx.ComputeCapability.SM86], profiling_verbosity=trtx.ProfilingVerbosity.DETAILED,
)
with trtx.Builder(trtx.Logger()) as builder, builder.create_network() as network, builder.create_config() as config:
    with trtx.OnnxParser(network) as parser:
        parser.parse(model.read_bytes())
        full.apply(builder, network, config)
    assert config.num_optimization_profiles == 2 and config.builder_optimization_level == 2
    assert config.get_flag(trtx.BuilderFlag.REFIT) and config.get_flag(trtx.BuilderFlag.STRICT_NANS)
    assert not config.get_flag(trtx.BuilderFlag.TF32) and builder.max_threads == 2
    assert config.compute_capabilities == (trtx.ComputeCapability.SM86,)
    assert config.get_memory_pool_limit(trtx.MemoryPoolType.WORKSPACE) == 1 << 26
    assert config.profiling_verbosity is trtx.ProfilingVerbosity.DETAILED
assert full.describe() == full.describe() != options().describe()
assert run(build=full) == 2
"""
    )


def test_progress(on_fake) -> None:
    pytest.importorskip("rich", reason="rich is missing")
    on_fake("assert run(progress=True) == 2 and run(progress=False) == 2")
