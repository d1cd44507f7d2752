"""Recorders, allocators, profilers and readers: what is set is none, misspelt, incomplete, closed or in a cycle."""

from __future__ import annotations

import gc
import io
import weakref
from collections.abc import Callable, Generator
from typing import Any

from .adapters import Api
from .case import case
from .cases_callbacks import Node, boom
from .verdict import Wrong

Steps = Generator[None, None, None]


def derive(api: Api, kind: str, **methods: Any) -> Any:
    """An object of a class derived from one of trtx."""
    return type("Mine", (getattr(api.t, kind),), methods)()


#: Where a callback of each kind is set.
SETTERS: dict[str, tuple[Callable[[Api, Any], None], str]] = {
    "error recorder of a builder": (lambda api, v: setattr(api.builder(), "error_recorder", v), "error_recorder"),
    "error recorder of a network": (lambda api, v: setattr(api.network(), "error_recorder", v), "error_recorder"),
    "error recorder of a runtime": (lambda api, v: setattr(api.runtime(), "error_recorder", v), "error_recorder"),
    "allocator of a builder": (lambda api, v: setattr(api.builder(), "gpu_allocator", v), "gpu_allocator"),
    "allocator of a runtime": (lambda api, v: setattr(api.runtime(), "gpu_allocator", v), "gpu_allocator"),
}


@case("a callback that is none", "allowed is an object of a class derived from trtx", only="trtx", variants=SETTERS)
def no_callback(api: Api, set_it: Callable[[Api, Any], None], name: str) -> Steps:
    yield
    set_it(api, 42)


@case("a callback's class in the place of an object", "allowed is an object", only="trtx", variants=SETTERS)
def class_of_callback(api: Api, set_it: Callable[[Api, Any], None], name: str) -> Steps:
    kind = api.t.ErrorRecorder if "recorder" in name else api.t.GpuAllocator
    yield
    set_it(api, kind)


TYPOS: dict[str, tuple[str, str, str]] = {
    "monitor": ("ProgressMonitor", "phase_strat", "phase_start"),
    "recorder": ("ErrorRecorder", "reportError", "report_error"),
    "allocator": ("GpuAllocator", "allocate_asnyc", "allocate_async"),
}


@case("a misspelt method of a callback", "did you mean", only="trtx", variants=TYPOS)
def misspelt(api: Api, kind: str, method: str, meant: str) -> Steps:
    value = derive(api, kind, **{method: boom})
    target = {"ProgressMonitor": api.config, "ErrorRecorder": api.builder, "GpuAllocator": api.runtime}[kind]()
    name = {"ProgressMonitor": "progress_monitor", "ErrorRecorder": "error_recorder", "GpuAllocator": "gpu_allocator"}
    yield
    setattr(target, name[kind], value)


@case("an error recorder that raises", raises="Boom", only="trtx", variants=("function", "class"))
def recorder_raises(api: Api, how: str) -> Steps:
    network = api.network()
    one, other = api.input(network, "one", (2, 3)), api.input(network, "other", (5, 7))
    network.error_recorder = boom if how == "function" else derive(api, "ErrorRecorder", report_error=boom)
    yield
    network.add_concatenation([one, other]).get_output(0).shape  # noqa: B018


@case("a callback on a closed object", "closed", only="trtx", variants=("builder", "network", "runtime"))
def callback_on_closed(api: Api, which: str) -> Steps:
    thing = {"builder": api.builder, "network": api.network, "runtime": api.runtime}[which]()
    thing.close()
    yield
    thing.error_recorder = api.t.ErrorRecorder()


@case("a cycle through an allocator or recorder", kind="legal", only="trtx", variants=("recorder", "allocator"))
def cycle_through_hook(api: Api, which: str) -> Steps:
    yield
    node = Node()
    reference = weakref.ref(node)
    builder = api.builder()
    node.builder = builder  # type: ignore[attr-defined]
    if which == "recorder":
        builder.error_recorder = lambda code, desc, node=node: None
    else:
        builder.gpu_allocator = derive(api, "GpuAllocator", allocate=boom, deallocate=boom, node=node)
    node.network = api.simple(builder)  # type: ignore[attr-defined]
    del builder, node
    gc.collect()
    gc.collect()
    if reference() is not None:
        raise Wrong("the cycle was not collected")


class BrokenFile(io.BytesIO):
    """A file whose disk has gone."""

    def read(self, size: int | None = -1) -> bytes:
        raise OSError("the disk is gone")


READERS: dict[str, tuple[Callable[[], Any]]] = {
    "a text file": (lambda: io.StringIO("text"),),
    "an empty file": (io.BytesIO,),
    "no engine": (lambda: io.BytesIO(b"x" * 5000),),
    "a broken file": (lambda: BrokenFile(b"x" * 5000),),
    "a closed file": (lambda: _closed(io.BytesIO(b"x")),),
    "a class": (lambda: io.BytesIO,),
}


def _closed(file: io.BytesIO) -> io.BytesIO:
    file.close()
    return file


@case("an engine from a file without one", "rb", "engine", "disk", "closed", "source", only="trtx", variants=READERS)
def bad_reader(api: Api, make: Callable[[], Any]) -> Steps:
    runtime = api.runtime()
    yield
    runtime.deserialize_cuda_engine(make())
