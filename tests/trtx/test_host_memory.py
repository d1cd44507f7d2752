"""`HostMemory`: what it shows, how long its bytes live, and how it is saved."""

from __future__ import annotations

import errno
import gc
import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import trtx


@pytest.fixture
def memory(builder: trtx.Builder, network: trtx.NetworkDefinition, config: trtx.BuilderConfig) -> trtx.HostMemory:
    tensor = network.add_input("x", trtx.DataType.FLOAT, (2, 2))
    network.mark_output(network.add_activation(tensor, trtx.ActivationType.RELU).get_output(0))
    return builder.build_serialized_network(network, config)


def test_sizes_and_bytes_agree(memory: trtx.HostMemory) -> None:
    data = bytes(memory)
    assert memory.nbytes == len(memory) == len(data) > 1000
    assert data.strip(b"\0")
    assert memory.dtype in (trtx.DataType.INT8, trtx.DataType.UINT8)
    assert memory
    assert repr(memory) == f"<trtx.HostMemory {len(data)} bytes>"


def test_view_is_read_only_and_in_place(memory: trtx.HostMemory) -> None:
    view, again = memory.view(), memory.view()
    assert view.readonly
    assert (view.format, view.itemsize, view.ndim) == ("B", 1, 1) or view.cast("B").nbytes == memory.nbytes
    assert view == again
    with pytest.raises(TypeError, match="read-only"):
        view[0] = 1  # type: ignore[index]
    numpy = pytest.importorskip("numpy")
    one, other = numpy.frombuffer(view, numpy.uint8), numpy.frombuffer(again, numpy.uint8)
    assert one.ctypes.data == other.ctypes.data


def test_view_outlives_close_and_everything_else(
    memory: trtx.HostMemory, builder: trtx.Builder, logger: trtx.Logger
) -> None:
    expected = bytes(memory)
    view = memory.view()
    memory.close()
    logger.close()
    assert builder.is_closed
    del memory, builder
    gc.collect()
    assert view.tobytes() == expected


def test_memory_outlives_its_builder(memory: trtx.HostMemory, logger: trtx.Logger) -> None:
    logger.close()
    assert len(bytes(memory)) == memory.nbytes


@pytest.mark.parametrize(
    "use",
    [
        lambda memory: memory.nbytes,
        lambda memory: memory.dtype,
        lambda memory: memory.view(),
        lambda memory: bytes(memory),
        lambda memory: len(memory),
        lambda memory: memory.save("never.engine"),
    ],
)
def test_use_after_close(memory: trtx.HostMemory, use) -> None:
    memory.close()
    memory.close()
    assert memory.is_closed
    with pytest.raises(trtx.ClosedError, match="HostMemory is closed"):
        use(memory)
    assert not os.path.exists("never.engine")


def test_cannot_be_made_directly() -> None:
    with pytest.raises(TypeError, match=r"build_serialized_network\(\)"):
        trtx.HostMemory()


@pytest.mark.skipif(sys.version_info < (3, 12), reason="classes of Python export buffers since Python 3.12")
def test_buffer_protocol(memory: trtx.HostMemory) -> None:
    assert memoryview(memory).readonly  # type: ignore[arg-type]
    assert memoryview(memory) == memory.view()  # type: ignore[arg-type]


def test_buffer_protocol_refuses_writing(memory: trtx.HostMemory) -> None:
    assert memory.__buffer__(0) == memory.view()
    with pytest.raises(BufferError, match="read-only"):
        memory.__buffer__(1)


def test_save(memory: trtx.HostMemory, tmp_path: Path) -> None:
    target = tmp_path / "model.engine"
    assert memory.save(target) == os.path.realpath(target)
    assert target.read_bytes() == bytes(memory)
    target.write_bytes(b"old")
    memory.save(str(target))
    assert target.read_bytes() == bytes(memory)
    assert os.listdir(tmp_path) == ["model.engine"]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_save_permissions(memory: trtx.HostMemory, tmp_path: Path) -> None:
    fresh, old = tmp_path / "fresh", tmp_path / "old"
    before = os.umask(0o027)
    try:
        memory.save(fresh)
    finally:
        os.umask(before)
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o640
    old.write_bytes(b"")
    old.chmod(0o604)
    memory.save(old)
    assert stat.S_IMODE(old.stat().st_mode) == 0o604


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_save_follows_links(memory: trtx.HostMemory, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "link.engine"
    link.symlink_to(tmp_path / "real" / "model.engine")
    memory.save(link)
    assert link.is_symlink()
    assert (tmp_path / "real" / "model.engine").read_bytes() == bytes(memory)


@pytest.mark.parametrize("path", ["", "a\0b", 3, None, os.sep])
def test_save_refuses_what_is_no_file(memory: trtx.HostMemory, path: object) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=r"^path is "):
        memory.save(path)  # type: ignore[arg-type]


@pytest.mark.skipif(sys.platform == "win32", reason="has no such devices")
def test_save_does_not_replace_a_device(memory: trtx.HostMemory) -> None:
    with pytest.raises(trtx.InvalidArgumentError, match=r"path is '/dev/null'; allowed is a regular file"):
        memory.save("/dev/null")


def test_save_into_a_missing_folder_names_the_file(memory: trtx.HostMemory, tmp_path: Path) -> None:
    target = os.path.realpath(tmp_path / "missing" / "model.engine")
    with pytest.raises(FileNotFoundError) as caught:
        memory.save(target)
    assert caught.value.filename == target


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_save_under_the_longest_names(memory: trtx.HostMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever open() can write: names of 255 bytes, and paths of 4095, absolute or beyond that where they are not."""
    for name in ("n" * 255, "\u6a21" * 85, "\U0001f9ea" * 63):
        memory.save(tmp_path / name)
        assert (tmp_path / name).read_bytes() == bytes(memory)
        memory.save(tmp_path / name)
        assert os.listdir(tmp_path) == [name]
        (tmp_path / name).unlink()
    folder = str(tmp_path)
    while len(folder) < 4095 - 256:
        folder = os.path.join(folder, "d" * 200)
        os.mkdir(folder)
    for length in (4093, 4095):  # no room for a longer name beside
        path = os.path.join(folder, "f" * 30, "x" * (length - len(folder) - 32))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        assert len(path) == length
        memory.save(path)
        with open(path, "rb") as file:
            assert file.read() == bytes(memory)
    monkeypatch.chdir(folder)
    monkeypatch.chdir("f" * 30)
    memory.save("y" * 255)  # of which the absolute path is too long
    with open("y" * 255, "rb") as file:
        assert file.read() == bytes(memory)
    with pytest.raises(OSError, match="too long") as caught:
        memory.save("z" * 256)
    assert caught.value.filename == "z" * 256


def refused(number: int) -> Callable[..., None]:
    """A function of the system that fails."""

    def refuse(path: object, *_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), path)

    return refuse


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES])
def test_save_to_a_file_that_cannot_be_replaced(
    memory: trtx.HostMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """As one that is mounted by itself: it is written in place, and stays the same file."""
    target = tmp_path / "model.engine"
    target.write_bytes(b"longer than before" * memory.nbytes)
    file = target.stat().st_ino
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refused(number))
        memory.save(target)
    assert target.read_bytes() == bytes(memory)
    assert target.stat().st_ino == file
    assert os.listdir(tmp_path) == ["model.engine"]


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.ENAMETOOLONG])
def test_save_in_a_folder_where_nothing_can_be_made(
    memory: trtx.HostMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    target = tmp_path / "model.engine"
    target.write_bytes(b"old")
    true_open = os.open

    def open_only_old(path: str, flags: int, *arguments: Any) -> int:
        if flags & os.O_EXCL or not os.path.exists(path):
            raise OSError(number, os.strerror(number), path)
        return true_open(path, flags, *arguments)

    monkeypatch.setattr(os, "open", open_only_old)
    memory.save(target)
    assert target.read_bytes() == bytes(memory)
    with pytest.raises(OSError, match=re.escape(os.strerror(number))) as caught:
        memory.save(tmp_path / "new.engine")
    assert caught.value.filename == str(tmp_path / "new.engine")
    assert caught.value.filename2 is None


def test_save_on_a_file_system_without_modes(
    memory: trtx.HostMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, number in (("fchmod", errno.EPERM), ("fsync", errno.EINVAL)):
        if hasattr(os, name):
            monkeypatch.setattr(os, name, refused(number))
    memory.save(tmp_path / "model.engine")
    assert (tmp_path / "model.engine").read_bytes() == bytes(memory)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="needs a user whom permissions stop")
def test_save_with_the_permissions_of_the_system(memory: trtx.HostMemory, tmp_path: Path) -> None:
    target = tmp_path / "model.engine"
    target.write_bytes(b"old")
    tmp_path.chmod(0o555)
    try:
        memory.save(target)
        assert target.read_bytes() == bytes(memory)
        with pytest.raises(PermissionError) as caught:
            memory.save(tmp_path / "new.engine")
        assert caught.value.filename == str(tmp_path / "new.engine")
    finally:
        tmp_path.chmod(0o755)


def test_numpy_sees_the_bytes(memory: trtx.HostMemory) -> None:
    """Not an array of one object, which is what numpy makes of what it cannot read."""
    numpy = pytest.importorskip("numpy")
    for array in (numpy.asarray(memory), memory.__array__()):
        assert (array.dtype, array.shape) == (numpy.uint8, (memory.nbytes,))
        assert not array.flags.writeable
        assert array.tobytes() == bytes(memory)
        assert array.ctypes.data == numpy.frombuffer(memory.view(), numpy.uint8).ctypes.data
    assert numpy.array(memory).flags.writeable
    assert numpy.asarray(memory, dtype=numpy.int32).dtype == numpy.int32
    assert memory.__array__(copy=True).flags.writeable
    with pytest.raises(ValueError, match="without one"):
        memory.__array__(numpy.dtype("i4"), copy=False)
    array = numpy.asarray(memory)
    expected = bytes(memory)
    memory.close()
    assert array.tobytes() == expected
    with pytest.raises(trtx.ClosedError):
        memory.__array__()


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_failed_save_leaves_nothing_behind(
    memory: trtx.HostMemory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "model.engine"
    target.write_bytes(b"precious")
    with monkeypatch.context() as patch:
        patch.setattr(os, function, full)
        with pytest.raises(OSError, match="No space left") as caught:
            memory.save(target)
    assert caught.value.filename == str(target)
    assert os.listdir(tmp_path) == ["model.engine"]
    assert target.read_bytes() == b"precious"
