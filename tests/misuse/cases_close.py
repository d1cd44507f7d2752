"""`close`, which trtx has and NVIDIA's package has not; and the loading of the library."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from . import models
from .adapters import Api
from .case import case
from .verdict import Wrong

Steps = Generator[None, None, None]

USES: dict[str, tuple[str, Callable[..., Any]]] = {
    "logger.log": ("logger", lambda a, o: o["logger"].log(a.t.Severity.ERROR, "x")),
    "logger.severity": ("logger", lambda a, o: setattr(o["logger"], "severity", a.t.Severity.ERROR)),
    "Builder(logger)": ("logger", lambda a, o: a.t.Builder(o["logger"])),
    "builder.create_network": ("builder", lambda a, o: o["builder"].create_network()),
    "builder.max_threads": ("builder", lambda a, o: o["builder"].max_threads),
    "builder.logger": ("builder", lambda a, o: o["builder"].logger),
    "network.num_layers": ("network", lambda a, o: o["network"].num_layers),
    "network.add_input": ("network", lambda a, o: a.input(o["network"], "z")),
    "network.get_layer": ("network", lambda a, o: o["network"].get_layer(0)),
    "network in a build": ("network", lambda a, o: a.build(o["builder"], o["network"], o["config"])),
    "tensor of the network": ("network", lambda a, o: o["tensor"].name),
    "layer of the network": ("network", lambda a, o: o["layer"].alpha),
    "layer.set_input": ("network", lambda a, o: o["layer"].set_input(0, o["tensor"])),
    "config.flags": ("config", lambda a, o: o["config"].flags),
    "config.set_flag": ("config", lambda a, o: o["config"].set_flag(a.t.BuilderFlag.REFIT)),
    "config in a build": ("config", lambda a, o: a.build(o["builder"], o["network"], o["config"])),
    "profile.set_shape": ("profile", lambda a, o: o["profile"].set_shape("x", (1,), (1,), (1,))),
    "profile in add_optimization_profile": (
        "profile",
        lambda a, o: o["config"].add_optimization_profile(o["profile"]),
    ),
    "parser.parse": ("parser", lambda a, o: o["parser"].parse(models.relu())),
    "parser.num_errors": ("parser", lambda a, o: o["parser"].num_errors),
    "parser of a closed network": ("parsed", lambda a, o: o["parser"].parse(models.relu())),
    "OnnxParser(network)": ("network", lambda a, o: a.t.OnnxParser(o["network"])),
    "memory.view": ("memory", lambda a, o: o["memory"].view()),
    "bytes(memory)": ("memory", lambda a, o: bytes(o["memory"])),
    "memory.save": ("memory", lambda a, o: o["memory"].save("never")),
    "memory in deserialize": ("memory", lambda a, o: o["runtime"].deserialize_cuda_engine(o["memory"])),
    "runtime.max_threads": ("runtime", lambda a, o: o["runtime"].max_threads),
    "runtime.deserialize": ("runtime", lambda a, o: o["runtime"].deserialize_cuda_engine(b"x" * 100)),
    "network, its builder closed": ("builder", lambda a, o: o["network"].num_layers),
    "config, its builder closed": ("builder", lambda a, o: o["config"].flags),
    "builder, its logger closed": ("logger", lambda a, o: o["builder"].create_network()),
    "network, its logger closed": ("logger", lambda a, o: o["network"].num_layers),
}


def _objects(api: Api) -> dict[str, Any]:
    logger = api.logger()
    builder = api.builder(logger)
    network, config, parsed = api.simple(builder), api.config(builder), api.network(builder)
    return {
        "logger": logger,
        "builder": builder,
        "network": network,
        "tensor": network.get_input(0),
        "layer": network.get_layer(0),
        "config": config,
        "profile": api.profile(builder),
        "parsed": parsed,
        "parser": api.parser(parsed, logger),
        "memory": api.build(builder, network, config),
        "runtime": api.t.Runtime(logger),
    }


@case("use after close", "closed", only="trtx", variants=USES)
def use_after_close(api: Api, closed: str, use: Callable[..., Any]) -> Steps:
    objects = _objects(api)
    objects[closed].close()
    yield
    use(api, objects)


NAMES = ("logger", "builder", "network", "config", "profile", "parsed", "parser", "memory", "runtime")


@case("closing twice", kind="legal", only="trtx", variants=NAMES)
def close_twice(api: Api, name: str) -> Steps:
    objects = _objects(api)
    yield
    objects[name].close()
    objects[name].close()
    if not objects[name].is_closed:
        raise Wrong("it is not closed")


@case("closing parents first", kind="legal", only="trtx", variants=("forward", "backward", "drop afterwards"))
def close_parents_first(api: Api, order: str) -> Steps:
    objects = _objects(api)
    yield
    for name in NAMES if order != "backward" else NAMES[::-1]:
        objects[name].close()
        if order == "drop afterwards":
            del objects[name]


@case("an exception inside with", raises="ZeroDivisionError", only="trtx", variants=("flat", "parents closed inside"))
def exception_in_with(api: Api, how: str) -> Steps:
    yield
    with (
        api.logger() as logger,
        api.builder(logger) as builder,
        api.simple(builder),
        api.config(builder),
    ):
        if how != "flat":
            logger.close()
        _ = 1 / 0


@case("close during a build", "in use", only="trtx", isolated=True, variants=("logger", "builder", "network", "config"))
def close_during_build(api: Api, name: str) -> Steps:
    logger = api.logger()
    builder = api.builder(logger)
    network, config = api.slow(builder, 150), api.config(builder)
    begun = threading.Event()
    monitor = api.monitor(step_complete=lambda phase, step: begun.set() or True)
    config.progress_monitor = monitor
    thread = threading.Thread(target=lambda: api.build(builder, network, config))
    thread.start()
    if not begun.wait(10):
        raise RuntimeError("the build does not begin")
    yield
    try:
        {"logger": logger, "builder": builder, "network": network, "config": config}[name].close()
    finally:
        thread.join()


LIBRARIES: dict[str, tuple[Callable[[Path], Any]]] = {
    "missing": (lambda folder: folder / "libtensorrt_rtx.so",),
    "an empty folder": (lambda folder: folder,),
    "a text": (lambda folder: _write(folder / "libtensorrt_rtx.so", b"no library")),
    "another library": (lambda folder: "libc.so.6"),
    "a number": (lambda folder: 7),
}
LIBRARIES = {name: value if isinstance(value, tuple) else (value,) for name, value in LIBRARIES.items()}


def _write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@case("a library that is none", "library", "path", only="trtx", isolated=True, variants=LIBRARIES)
def wrong_library(api: Api, make: Callable[[Path], Any]) -> Steps:
    path = make(Path(tempfile.mkdtemp()))
    yield
    api.t.load_library(path)


@case("a second library in one process", "library", only="trtx", isolated=True)
def second_library(api: Api) -> Steps:
    path = _write(Path(tempfile.mkdtemp(), "libtensorrt_rtx.so.1"), b"another one")
    api.t.load_library()
    yield
    api.t.load_library(path)
