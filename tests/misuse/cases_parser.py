"""Models that are none, and parsers used in wrong ways."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

from . import models
from .adapters import Api, answer
from .case import case

Steps = Generator[None, None, None]

MODELS: dict[str, tuple[Any]] = {
    "empty": (b"",),
    "plain text": (b"this is no model, but a text. " * 20,),
    "JSON": (b'{"graph": {"node": []}}',),
    "zeros": (bytes(512),),
    "random": (random.Random(2).randbytes(512),),
    "half": (models.relu()[: len(models.relu()) // 2],),
    "one byte short": (models.relu()[:-1],),
    "no graph": (b"\x08\x08",),
    "None": (None,),
    "a str": ("model.onnx",),
    "a number": (7,),
    "a Path": (Path("model.onnx"),),
}


@case("parsing what is no model", "model", "graph", variants=MODELS)
def parse_garbage(api: Api, model: Any) -> Steps:
    network = api.network()  # held: a parser must not outlive it
    parser = api.parser(network)
    yield
    api.parse(parser, model)


BROKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "unsupported operator": (models.unsupported, "Frobnicate"),
    "node without outputs": (models.no_outputs, "output"),
    "missing input": (models.missing_input, "nowhere"),
    "cycle": (models.cycle, "node"),
    "short initializer": (models.short_initializer, "w"),
    "external data, no file": (lambda: models.external("no.such.file"), "no.such.file"),
    "external data outside": (lambda: models.external("../../etc/passwd"), "passwd"),
    "external data, no path": (lambda: models.external("data"), "data"),
}


@case(
    "a model that is broken",
    "Frobnicate",
    "output",
    "nowhere",
    "node",
    "'w'",
    "no.such.file",
    "passwd",
    "data",
    variants={name: (make,) for name, (make, _) in BROKEN.items()},
)
def parse_broken(api: Api, make: Callable[[], bytes]) -> Steps:
    network = api.network()  # held: a parser must not outlive it
    parser = api.parser(network)
    yield
    api.parse(parser, make())


@case(
    "external data past the end of its file",
    "data",
    "offset",
    "length",
    variants={
        "offset past the end": ({"offset": "4096"},),
        "offset far past the end": ({"offset": str(1 << 40)},),
        "longer than the file": ({"length": "4096"},),
        "negative offset": ({"offset": "-4096"},),
        "no number": ({"offset": "many"},),
    },
)
def external_data(api: Api, more: dict[str, str]) -> Steps:
    folder = Path(tempfile.mkdtemp())
    (folder / "data").write_bytes(bytes(16))
    (folder / "model.onnx").write_bytes(models.external("data", **more))
    network = api.network()  # held: a parser must not outlive it
    parser = api.parser(network)
    yield
    api.parse_file(parser, str(folder / "model.onnx"))


@case("an input whose shape is missing", "'x'", "x", "shape", kind="either")
def missing_shape(api: Api) -> Steps:
    network = api.network()  # held: a parser must not outlive it
    parser = api.parser(network)
    yield
    api.parse(parser, models.missing_shape())


@case("a model file that is none", "file", "directory", "path", variants=("nowhere.onnx", "/", "empty", "", "a\0b"))
def parse_file(api: Api, path: str) -> Steps:
    network = api.network()  # held: a parser must not outlive it
    parser = api.parser(network)
    if path == "empty":
        path = tempfile.mkstemp()[1]
    yield
    api.parse_file(parser, path)


@case("parsing twice", "already", "read", kind="misuse", variants=("the same", "after a failure"))
def parse_twice(api: Api, how: str) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    parser = api.parser(network)
    if how == "the same":
        api.parse(parser, models.relu())
    else:
        with contextlib.suppress(Exception):
            api.parse(parser, models.unsupported())
    yield
    api.parse(parser, models.relu())


@case("parsing into a network that is not empty", "network", "'x'", "name", "empty", kind="either")
def parse_into_full(api: Api) -> Steps:
    builder = api.builder()
    network = api.simple(builder)
    parser = api.parser(network)
    yield
    api.parse(parser, models.relu())
    api.build(builder, network)


@case(
    "a parser of wrong parts",
    "network",
    "logger",
    "argument",
    variants={
        "None": (lambda t, n, lo: t.OnnxParser(None, lo),),
        "a str": (lambda t, n, lo: t.OnnxParser("network", lo),),
        "swapped": (lambda t, n, lo: t.OnnxParser(lo, n),),
        "no logger": (lambda t, n, lo: t.OnnxParser(n, 7),),
    },
)
def parser_parts(api: Api, use: Callable[..., Any]) -> Steps:
    network, logger = api.network(), api.logger()
    yield
    use(api.t, network, logger)


@case(
    "asking a parser for what it does not have",
    "node",
    "name",
    "index",
    "flag",
    "initializer",
    "model",
    "nobody",
    "i is",
    "config is",
    variants={
        "get_layer_output_tensor('nobody')": (lambda a, p: answer(p.get_layer_output_tensor("nobody", 0)),),
        "get_layer_output_tensor('node', 7)": (lambda a, p: answer(p.get_layer_output_tensor("node", 7)),),
        "get_layer_output_tensor('node', -1)": (lambda a, p: answer(p.get_layer_output_tensor("node", -1)),),
        "errors[7]": (lambda a, p: p.errors[7] if a.mine else answer(p.get_error(7)),),
        "errors[2**20]": (lambda a, p: p.errors[2**20] if a.mine else a.error_text(p.get_error(2**20)),),
        "set_flag(99)": (lambda a, p: p.set_flag(99),),
        "flags = -1": (lambda a, p: setattr(p, "flags", -1),),
        "flags = 1 << 20": (lambda a, p: setattr(p, "flags", 1 << 20),),
        "parse_model_proto before load": (lambda a, p: answer(p.parse_model_proto()),),
        "supports_operator(None)": (lambda a, p: p.supports_operator(None),),
        "set_builder_config(None)": (lambda a, p: answer(p.set_builder_config(None)),),
    },
)
def ask_parser(api: Api, use: Callable[..., Any]) -> Steps:
    network = api.network()  # held: a parser must not outlive it
    parser = api.parser(network)
    if use.__code__.co_names and "get_layer_output_tensor" in use.__code__.co_names:
        api.parse(parser, models.relu())
    yield
    use(api, parser)


@case(
    "an initializer that does not fit",
    "'nobody'",
    "nobody",
    "'w'",
    "w ",
    "size",
    "bytes",
    variants={"unknown": ("nobody", 16), "too short": ("w", 8), "too long": ("w", 64)},
)
def initializer(api: Api, name: str, size: int) -> Steps:
    import numpy as np

    network = api.network()  # held: a parser must not outlive it
    parser = api.parser(network)
    answer(parser.load_model_proto(models.with_weights()) or api.mine)
    data = np.zeros(size, np.uint8)
    yield
    if api.mine:
        parser.load_initializer(name, data)
    else:
        answer(parser.load_initializer(name, data.ctypes.data, size))


@case("the builder config of a parser is dropped", kind="legal")
def parser_config(api: Api) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    parser, config = api.parser(network), api.config(builder)
    parser.set_builder_config(config)
    yield
    del config
    api.parse(parser, models.relu())
    api.build(builder, network)


@case("a parser is dropped before the build", kind="legal")
def parser_before_build(api: Api) -> Steps:
    builder = api.builder()
    network = api.network(builder)
    parser = api.parser(network)
    api.parse(parser, models.with_weights())
    yield
    del parser
    api.build(builder, network)
