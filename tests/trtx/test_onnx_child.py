"""Models parsed in a process of their own: what they say there, and that a crash or hang there harms nobody here."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

import trtx
from tests.helpers.fake import fake_library
from tests.helpers.process import run_python
from tests.trtx.test_onnx_parser import GOOD, UNSUPPORTED, external
from trtx._onnx import child as _onnx_child
from trtx._onnx.report import ParserErrorInfo


@pytest.fixture
def parser(network):
    return trtx.OnnxParser(network)


def test_a_good_model_passes(native_library, tmp_path):
    assert trtx.check_onnx_model(GOOD) is None
    assert trtx.check_onnx_model(bytearray(GOOD)) is None
    path = external(tmp_path)
    assert trtx.check_onnx_model(path) is None
    assert trtx.check_onnx_model(path.read_bytes(), path) is None


def test_errors_of_the_parser_arrive_whole(parser, builder):
    with pytest.raises(trtx.ParserError) as apart:
        trtx.check_onnx_model(UNSUPPORTED)
    with pytest.raises(trtx.ParserError) as here:
        parser.parse(UNSUPPORTED)
    assert str(apart.value) == str(here.value)
    assert apart.value.errors == here.value.errors
    assert isinstance(apart.value.errors[0], ParserErrorInfo)
    assert apart.value.errors[0].node_operator == "Frobnicate"


def test_isolated_parsing(parser, network, tmp_path):
    with pytest.raises(trtx.ParserError, match="culprit"):
        parser.parse(UNSUPPORTED, isolated=True)
    # The parser here has seen nothing of it, and takes another model.
    assert network.num_layers == parser.num_errors == 0
    parser.parse_from_file(external(tmp_path), isolated=True)
    assert network.num_outputs == 1
    with pytest.raises(trtx.ParserError, match="has read"):
        parser.parse(GOOD, isolated=True)


def test_broken_structure_is_told_without_a_process(tmp_path, monkeypatch):
    monkeypatch.setattr(_onnx_child, "parse_apart", None)
    with pytest.raises(trtx.ParserError, match=r"check_onnx_model: the model cannot be parsed: .*no ONNX model"):
        trtx.check_onnx_model(b"hello, world")
    path = external(tmp_path, location="../w.bin")
    with pytest.raises(trtx.ParserError, match=r"contains '\.\.'"):
        trtx.check_onnx_model(path)


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((3,), {}, "model is 3"),
        ((GOOD, 3), {}, "path is 3"),
        (("model.onnx", "model.onnx"), {}, "path is 'model.onnx'; allowed is None"),
        ((GOOD,), {"timeout": 0}, "timeout is 0"),
        ((GOOD,), {"timeout": float("nan")}, "timeout is nan"),
        ((GOOD,), {"timeout": "long"}, "timeout is 'long'"),
        ((GOOD,), {"allow_outside_data": "yes"}, "allow_outside_data is 'yes'"),
    ],
)
def test_wrong_arguments(arguments, options, words):
    with pytest.raises(trtx.InvalidArgumentError, match=words):
        trtx.check_onnx_model(*arguments, **options)


def test_isolated_must_be_a_bool(parser):
    with pytest.raises(trtx.InvalidArgumentError, match="isolated is 1"):
        parser.parse(GOOD, isolated=1)


FAKE = """
import os, time, trtx
model = bytes.fromhex({model!r})
begun = time.monotonic()
try:
    {call}
except trtx.ParserError as error:
    print(error)
assert time.monotonic() - begun < 60
"""


def with_fake(call: str, faults: str) -> str:
    """What `ParserError` says where the fake library has these faults in the other process too."""
    environment = {"TRTX_LIBRARY": str(fake_library()), "TRTX_FAKE_FAULTS": faults}
    return run_python(FAKE.format(model=GOOD.hex(), call=call), environment=environment).stdout


CHECK = "trtx.check_onnx_model(model)"
PARSE = "trtx.OnnxParser(trtx.Builder(trtx.Logger()).create_network()).parse(model, isolated=True)"


@pytest.mark.skipif(os.name == "nt", reason="the fake library is built by g++")
@pytest.mark.parametrize("call", [CHECK, PARSE], ids=["check", "parse"])
def test_a_crash_is_an_error(call):
    said = with_fake(call, "IParser::parse=abort")
    assert "parsing the model in its own process crashed (SIGABRT)" in said


@pytest.mark.skipif(os.name == "nt", reason="the fake library is built by g++")
def test_a_hang_is_an_error():
    said = with_fake("trtx.check_onnx_model(model, timeout=3)", "IParser::parse=sleep:100000")
    assert "did not end in 3 s" in said


@pytest.mark.skipif(os.name == "nt", reason="the fake library is built by g++")
def test_an_exception_of_the_library_is_an_error():
    said = with_fake(CHECK, "IParser::parse=throw:runtime_error")
    assert "thrown by a fault" in said


def test_a_missing_library_is_told(tmp_path):
    run_python(
        f"""
        import trtx
        try:
            trtx.check_onnx_model(bytes.fromhex({GOOD.hex()!r}))
        except trtx.LibraryError as error:
            assert "the process that checks the model" in str(error) and "nothing-here" in str(error), error
        else:
            raise AssertionError
        assert not trtx._core.library._loaded
        """,
        environment={"TRTX_LIBRARY": str(tmp_path / "nothing-here")},
    )


class TestAnswers:
    """What the process says is not trusted."""

    @pytest.mark.parametrize(
        "answer",
        [b"", b"null", b"[]", b"{", b"\xff", b"[" * 100_000, b"{}" + b" " * (1 << 20)],
        ids=["nothing", "null", "list", "half", "no UTF-8", "deep", "long"],
    )
    def test_no_answer(self, answer):
        with pytest.raises(trtx.ParserError, match="apart ended with exit status 0 and without an answer"):
            _onnx_child._judge("apart", 0, answer)

    def test_success_needs_a_good_end_too(self):
        with pytest.raises(trtx.ParserError, match="exit status 7"):
            _onnx_child._judge("apart", 7, b"{}")
        with pytest.raises(trtx.ParserError, match=r"crashed \(SIGSEGV\)"):
            _onnx_child._judge("apart", -11, b"{}")
        with pytest.raises(trtx.ParserError, match=r"crashed.*0xc0000005"):
            _onnx_child._judge("apart", 0xC0000005, b"{}")

    @pytest.mark.parametrize("kind", ["Error", "KeyboardInterrupt", "__builtins__", None, [], 3])
    def test_only_known_exceptions_are_raised(self, kind):
        answer = json.dumps({"kind": kind, "text": "words", "errors": [1, [], ["a"] * 9, None]}).encode()
        with pytest.raises(trtx.ParserError, match="words") as caught:
            _onnx_child._judge("apart", 0, answer)
        assert caught.value.errors == ()

    def test_other_exceptions(self):
        with pytest.raises(trtx.OutOfMemoryError, match="words"):
            _onnx_child._judge("apart", 0, json.dumps({"kind": "OutOfMemoryError", "text": "words"}).encode())


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
class TestFolderOfLinks:
    """As in the cache of Hugging Face: a folder of links to files elsewhere."""

    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshots" / "main"
        blobs.mkdir()
        snapshot.mkdir(parents=True)
        external(blobs)
        (snapshot / "model.onnx").symlink_to("../../blobs/model.onnx")
        (snapshot / "w.bin").symlink_to("../../blobs/w.bin")
        return snapshot / "model.onnx"

    def test_data_may_lie_where_the_model_really_lies(self, parser, network, path):
        trtx.check_onnx_model(path)
        assert parser.supports_model(path.read_bytes(), path).supported
        parser.parse_from_file(path, isolated=True)
        assert network.num_layers == 3

    def test_it_may_lie_nowhere_else(self, parser, path, tmp_path):
        (tmp_path / "elsewhere").mkdir()
        (tmp_path / "blobs" / "w.bin").rename(tmp_path / "elsewhere" / "w.bin")
        (path.parent / "w.bin").unlink()
        (path.parent / "w.bin").symlink_to(tmp_path / "elsewhere" / "w.bin")
        with pytest.raises(trtx.ParserError, match=r"'w\.bin' is a link to .*allow_outside_data"):
            parser.parse_from_file(path)

    def test_its_name_may_not_lead_there(self, parser, path, tmp_path):
        model = (tmp_path / "blobs" / "model.onnx").read_bytes()
        assert model.count(b"w.bin") == 1
        model = model.replace(b"w.bin", b"../ww")
        with pytest.raises(trtx.ParserError, match=r"contains '\.\.'"):
            parser.parse(model, path)


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links")
class TestDataOutsideTheFolder:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        blobs, snapshot = tmp_path / "blobs", tmp_path / "snapshot"
        blobs.mkdir()
        snapshot.mkdir()
        external(blobs)
        (blobs / "model.onnx").rename(snapshot / "model.onnx")
        (snapshot / "w.bin").symlink_to("../blobs/w.bin")
        return snapshot / "model.onnx"

    def test_it_is_refused(self, parser, path):
        with pytest.raises(trtx.ParserError, match=r"'w\.bin' is a link to .*allow_outside_data"):
            parser.parse_from_file(path)
        with pytest.raises(trtx.ParserError, match="is a link"):
            trtx.check_onnx_model(path)
        with pytest.raises(trtx.ParserError, match="is a link"):
            parser.supports_model(path.read_bytes(), path)

    def test_it_may_be_allowed(self, parser, network, path):
        trtx.check_onnx_model(path, allow_outside_data=True)
        assert parser.supports_model(path.read_bytes(), path, allow_outside_data=True).supported
        parser.parse_from_file(path, allow_outside_data=True, isolated=True)
        assert network.num_layers == 3

    def test_devices_and_pipes_stay_refused(self, parser, path):
        (path.parent / "w.bin").unlink()
        (path.parent / "w.bin").symlink_to("/dev/zero")
        with pytest.raises(trtx.ParserError, match="not a regular file"):
            parser.parse_from_file(path, allow_outside_data=True)

    def test_it_must_be_a_bool(self, parser, path):
        with pytest.raises(trtx.InvalidArgumentError, match="allow_outside_data is 1"):
            parser.parse_from_file(path, allow_outside_data=1)


def test_an_interrupt_ends_the_process(monkeypatch, native_library):
    started = []
    start = _onnx_child._start

    def interrupted(*arguments):
        process = start(*arguments)
        started.append(process)
        monkeypatch.setattr(process, "communicate", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        return process

    monkeypatch.setattr(_onnx_child, "_start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        trtx.check_onnx_model(GOOD)
    assert started[0].returncode is not None
