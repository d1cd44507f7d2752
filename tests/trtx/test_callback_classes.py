"""What is taken as a callback, and what is refused by name when it is set."""

from __future__ import annotations

import io
from typing import Any

import pytest

import trtx
from trtx._core.callbacks import Bridge, Callback

KINDS: dict[type[Callback], tuple[str, ...]] = {
    trtx.DebugListener: ("process_debug_tensor",),
    trtx.ErrorRecorder: (),
    trtx.GpuAllocator: ("allocate", "deallocate"),
    trtx.GpuAsyncAllocator: ("allocate_async", "deallocate_async"),
    trtx.OutputAllocator: ("reallocate_output_async",),
    trtx.Profiler: ("report_layer_time",),
    trtx.ProgressMonitor: (),
    trtx.RefitterObserver: ("on_refittable_weight",),
    trtx.StreamReader: ("read", "seek"),
    trtx.StreamWriter: ("write",),
}
FUNCTIONS = {
    trtx.DebugListener, trtx.ErrorRecorder, trtx.OutputAllocator, trtx.Profiler, trtx.RefitterObserver,
    trtx.StreamWriter,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _library(native_library: str) -> None:
    """An observer is made by a library that is new enough for it."""
    trtx.load_library()


def derived(kind: type[Callback], *methods: str) -> Any:
    """An object of a class that defines methods, and does not call ``super().__init__``."""
    body: dict[str, Any] = {name: lambda self, *arguments: None for name in methods}
    return type("Mine", (kind,), {**body, "__init__": lambda self: None})()


def test_every_kind_is_here() -> None:
    assert set(KINDS) == {kind for kind in Callback.__subclasses__() if kind.__module__ == "trtx"} | {
        trtx.GpuAsyncAllocator
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_derived_class_is_taken(kind: type[Callback]) -> None:
    value = derived(kind, *KINDS[kind])
    with Bridge(kind, value, "callback") as bridge:
        assert bridge.value is value
        assert bridge.pointer
    assert not bridge.pointer


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [5, "text", object(), int, True])
def test_anything_else_is_refused_by_name(kind: type[Callback], value: object) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=r"^my_argument is .*; allowed is"):
        Bridge(kind, value, "my_argument")


@pytest.mark.parametrize("kind", KINDS)
def test_the_class_itself_is_refused(kind: type[Callback]) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=r"my_argument is <class"):
        Bridge(kind, kind, "my_argument")


@pytest.mark.parametrize("kind", KINDS)
def test_a_function_where_one_method_is_enough(kind: type[Callback]) -> None:
    def function(*arguments: object) -> None:
        return None

    if kind in FUNCTIONS:
        with Bridge(kind, function, "callback") as bridge:
            assert bridge.value is function
    else:
        with pytest.raises(trtx.InvalidArgumentError, match=f"callback is <function.*trtx.{kind.__name__}"):
            Bridge(kind, function, "callback")


MISSPELT = [
    (trtx.ProgressMonitor, "phase_strat", "phase_start"),
    (trtx.ProgressMonitor, "phaseStart", "phase_start"),
    (trtx.ProgressMonitor, "step_completed", "step_complete"),
    (trtx.Profiler, "report_layer_times", "report_layer_time"),
    (trtx.ErrorRecorder, "report_eror", "report_error"),
    (trtx.GpuAllocator, "alocate", "allocate"),
    (trtx.GpuAsyncAllocator, "dealocate_async", "deallocate_async"),
    (trtx.OutputAllocator, "reallocate_output", "reallocate_output_async"),
    (trtx.OutputAllocator, "notify_shapes", "notify_shape"),
    (trtx.DebugListener, "process_debug_tensors", "process_debug_tensor"),
    (trtx.StreamReader, "raed", None),
    (trtx.StreamReader, "seeek", "seek"),
    (trtx.StreamWriter, "writes", "write"),
]


@pytest.mark.parametrize(("kind", "misspelt", "meant"), MISSPELT)
def test_a_misspelt_method(kind: type[Callback], misspelt: str, meant: str | None) -> None:
    others = [name for name in KINDS[kind] if name != meant]
    with pytest.raises(trtx.InvalidArgumentError, match=r"^my_argument is a Mine") as caught:
        Bridge(kind, derived(kind, misspelt, *(() if meant is None else others)), "my_argument")
    if meant:
        assert f"{misspelt!r}" in str(caught.value)
        assert f"did you mean {meant!r}?" in str(caught.value)


def test_a_misspelt_method_of_an_object() -> None:
    monitor = trtx.ProgressMonitor()
    monitor.phase_strat = lambda *_: None  # type: ignore[attr-defined]
    with pytest.raises(trtx.InvalidArgumentError, match="did you mean 'phase_start'"):
        Bridge(trtx.ProgressMonitor, monitor, "monitor")


def test_other_methods_are_nobodys_business() -> None:
    """Also those that are almost like one which the class defines."""
    value = derived(trtx.Profiler, "report_layer_time", "report_layer_times", "report", "close")
    Bridge(trtx.Profiler, value, "profiler").leave(None)
    value = derived(trtx.ProgressMonitor, "_phase_strat", "draw")
    Bridge(trtx.ProgressMonitor, value, "monitor").leave(None)


@pytest.mark.parametrize("kind", [kind for kind, needed in KINDS.items() if needed])
def test_a_method_that_is_missing(kind: type[Callback]) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=rf"a Mine, which must define .*{KINDS[kind][0]}\(\)"):
        Bridge(kind, derived(kind), "callback")


def test_either_pair_of_an_allocator_serves_for_the_other() -> None:
    class Plain(trtx.GpuAllocator):
        def allocate(self, size: int, alignment: int, flags: int) -> int:
            return size + alignment + flags

        def deallocate(self, memory: int) -> bool:
            return memory == 1

    assert Plain().allocate_async(256, 1, 2, 99) == 259
    assert Plain().deallocate_async(1, 99)

    class Async(trtx.GpuAsyncAllocator):
        def allocate_async(self, size: int, alignment: int, flags: int, stream: int) -> int:
            return size + stream

        def deallocate_async(self, memory: int, stream: int) -> bool:
            return stream == 0

    assert Async().allocate(256, 1, 2) == 256
    assert Async().deallocate(1)
    assert Async().reallocate(1, 256, 512) == 0
    with pytest.raises(trtx.InvalidArgumentError, match="must define allocate_async"):
        Bridge(trtx.GpuAsyncAllocator, derived(trtx.GpuAsyncAllocator, "allocate", "deallocate"), "allocator")


def test_a_collector_adds_up() -> None:
    profile = trtx.ProfileCollector()
    assert (profile.total, profile.mean, profile.runs, profile.layers) == (0, 0, 0, {})
    for scale in (1, 3):
        profile.report_layer_time("one", 1.0 * scale)
        profile.report_layer_time("two", 0.5 * scale)
    assert list(profile.layers) == ["one", "two"]
    assert profile.layers["one"] == trtx.LayerTime(runs=2, total=4.0, least=1.0, most=3.0)
    assert profile.layers["two"].mean == 1.0
    assert (profile.total, profile.mean, profile.runs) == (6.0, 3.0, 2)
    profile.reset()
    assert (profile.total, profile.mean, profile.runs, profile.layers) == (0, 0, 0, {})


def test_a_recorder_keeps_and_counts() -> None:
    recorder = trtx.ErrorRecorder()
    for index in range(1030):
        recorder.report_error(trtx.ErrorCode.INVALID_CONFIG, str(index))
    assert recorder.num_errors() == len(recorder.errors) == 1024
    assert recorder.has_overflowed()
    assert recorder.errors[1] == (trtx.ErrorCode.INVALID_CONFIG, "1")
    assert recorder.get_error_desc(1023) == "1023"
    assert recorder.get_error_code(0) is trtx.ErrorCode.INVALID_CONFIG
    for wrong in (1024, -1, "0", None):
        with pytest.raises(trtx.InvalidArgumentError, match="index is"):
            recorder.get_error_code(wrong)  # type: ignore[arg-type]
    recorder.clear()
    assert not recorder.has_overflowed()
    assert recorder.errors == ()


def test_files_are_readers_and_buffers_are_none() -> None:
    for good in (io.BytesIO(b"x"), type("Socket", (), {"read": lambda self, size: b""})()):
        Bridge(trtx.StreamReader, good, "reader").leave(None)
    for bad in (b"bytes", bytearray(3), None, io.BytesIO):
        with pytest.raises(trtx.InvalidArgumentError, match=r"reader is .*StreamReader, or a binary file"):
            Bridge(trtx.StreamReader, bad, "reader")
