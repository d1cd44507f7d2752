"""`SessionCache`: a folder that keeps engines, and the kernels compiled for them, between processes.

An entry is found by what its engine depends on, never by a path: the bytes of the model and of its external data, the
build options, the version of TensorRT-RTX, and the GPU. Files are written beside and renamed, a lock file keeps
processes from building the same engine twice, and every file is checked against its digest before the library sees it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.errors import Error, InvalidArgumentError, UnsupportedError
from .._core.library import library_version
from .._core.public import public
from .._core.values import check_int, check_path
from .._onnx.check import external_files
from .._onnx.shapes import OnnxStructureError

if TYPE_CHECKING:
    from .._core.host_memory import HostMemory
    from .._run.engine import CudaEngine
    from .._run.runtime import Runtime
    from .._run.runtime_config import RuntimeCache, RuntimeConfig
    from .device import Device
    from .options import BuildOptions

__all__ = ["CacheEntry", "SessionCache"]

#: Changes when entries of before cannot be read any more.
_FORMAT = 1

_HOW_TO_INSTALL = "install it with: pip install filelock platformdirs"


@public
class CacheEntry(NamedTuple):
    """What a `SessionCache` has for one engine.

    Attributes
    ----------
    key : str
        Digest of all that the engine depends on; the files are named after it.
    model : str
        Name of the model's file; empty for one that came as bytes.
    library : str
        Version of TensorRT-RTX.
    gpu : str
        Name and compute capability of the GPU.
    engine_bytes : int
        Size of the engine; 0 where the cache has its kernels alone.
    kernel_bytes : int
        Size of the compiled kernels.
    used : float
        When it was last used, in seconds since the epoch.
    """

    key: str
    model: str
    library: str
    gpu: str
    engine_bytes: int
    kernel_bytes: int
    used: float


@public
class SessionCache:
    """A folder of engines and compiled kernels; `Session` takes one, or its path, as ``cache``.

    Parameters
    ----------
    folder : path, optional
        Made when something is stored. Without it, the user's cache folder for ``trtx``.
    max_bytes : int, default 16 GiB
        Where the files are larger together, those go that were not used for longest.

    Raises
    ------
    InvalidArgumentError
        If an argument is of a wrong kind.
    UnsupportedError
        Without a folder, if ``platformdirs`` is missing (``pip install platformdirs``).

    Notes
    -----
    Several processes may use one folder. Where it cannot be written, sessions work without it and say so in a warning.
    Whoever can write into the folder decides what is run: keep it private.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None, *, max_bytes: int = 16 << 30) -> None:
        if folder is None:
            try:
                import platformdirs
            except ImportError as error:
                raise UnsupportedError(
                    f"The user's cache folder is found by platformdirs; {_HOW_TO_INSTALL}"
                ) from error
            folder = platformdirs.user_cache_dir("trtx", False)
        self._folder = Path(check_path(folder))
        self._max_bytes = check_int(max_bytes, "max_bytes", 0, 2**63 - 1)

    @classmethod
    def at(cls, cache: object) -> SessionCache:
        """The cache that ``cache=`` of a session stands for: a cache, a path, or True.

        Parameters
        ----------
        cache : SessionCache, path or True

        Returns
        -------
        SessionCache

        Raises
        ------
        InvalidArgumentError
            If it is none of these.
        UnsupportedError
            For True, if ``platformdirs`` is missing.
        """
        if isinstance(cache, SessionCache):
            return cache
        if cache is True:
            return cls()
        if isinstance(cache, (str, os.PathLike)):
            return cls(cache)
        raise InvalidArgumentError(
            f"cache is {type(cache).__name__}; allowed is a folder, True for the user's, or a trtx.SessionCache"
        )

    def __repr__(self) -> str:
        return f"<trtx.SessionCache in {str(self._folder)!r}>"

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._folder

    @property
    def max_bytes(self) -> int:
        """The most bytes that the files may have together."""
        return self._max_bytes

    def entries(self) -> tuple[CacheEntry, ...]:
        """What is in the folder, the last used first.

        Returns
        -------
        tuple of CacheEntry
            Empty where the folder is missing; files that are not the cache's are passed over.
        """
        found = []
        for path in self._folder.glob("*.json"):
            try:
                about = json.loads(path.read_text(encoding="utf-8"))
                used = path.stat().st_mtime
                model, library, gpu = (str(about[name]) for name in ("model", "library", "gpu"))
            except (OSError, ValueError, KeyError):
                continue
            engine, kernels = (_size(path.with_suffix(suffix)) for suffix in (".engine", ".kernels"))
            found.append(CacheEntry(path.stem, model, library, gpu, engine, kernels, used))
        return tuple(sorted(found, key=lambda entry: -entry.used))

    def clear(self) -> int:
        """Remove all entries. Sessions that are open go on.

        Returns
        -------
        int
            Number of bytes that were freed.
        """
        freed = 0
        for entry in self.entries():
            freed += entry.engine_bytes + entry.kernel_bytes
            self._remove(entry.key)
        return freed

    def entry_for_model(self, model: Any, path: str | None, options: BuildOptions, device: Device) -> Entry:
        """The entry of a model that is built with options."""
        digest = hashlib.sha256()
        digest.update(memoryview(model))
        if path is not None:
            for name, file_digest in _external(model, path, options):
                digest.update(name.encode("utf-8", "surrogateescape") + file_digest)
        return self._entry(digest, options.describe(), path, device)

    def entry_for_engine(self, engine: Any, device: Device) -> Entry:
        """The entry of a ready engine, for its kernels alone."""
        return self._entry(hashlib.sha256(memoryview(engine)), "an engine", None, device)

    def _entry(self, digest: Any, options: str, path: str | None, device: Device) -> Entry:
        about = {
            "format": _FORMAT,
            "library": str(library_version()),
            "gpu": device.description,
            "options": options,
        }
        digest.update(json.dumps(about, sort_keys=True).encode())
        return Entry(self, digest.hexdigest(), {**about, "model": os.path.basename(path) if path else ""})

    def _remove(self, key: str) -> None:
        for suffix in (".json", ".engine", ".kernels"):
            with suppress(OSError):  # it is gone, or in use on Windows
                self._folder.joinpath(key + suffix).unlink()

    def _make_room(self, keep: str) -> None:
        """Remove what was not used for longest, until the rest is small enough."""
        total = 0
        for entry in self.entries():
            total += entry.engine_bytes + entry.kernel_bytes
            if total > self._max_bytes and entry.key != keep:
                self._remove(entry.key)


class Entry:
    """The files of one engine in a cache."""

    def __init__(self, cache: SessionCache, key: str, about: dict[str, Any]) -> None:
        self._cache, self.key, self._about = cache, key, about
        self._kernels_digest = ""

    def _path(self, suffix: str) -> Path:
        return self._cache.folder / (self.key + suffix)

    # Engines

    def engine(self, runtime: Runtime, make: Callable[[], HostMemory]) -> CudaEngine:
        """Load the engine; where there is none, or one that is not right, make it and keep it."""
        with self._locked():
            try:
                if self._path(".engine").exists():
                    return self._load(runtime)
            except (Error, OSError, ValueError) as error:
                self._warn(f"an engine is built anew, as the one in {str(self._cache.folder)!r} is not right: {error}")
            memory = make()
            self._store(".engine", memory.view())
        return runtime.deserialize_cuda_engine(memory)

    def _load(self, runtime: Runtime) -> CudaEngine:
        about = json.loads(self._path(".json").read_text(encoding="utf-8"))
        data = self._path(".engine").read_bytes()
        if not isinstance(about, dict) or about.get("engine") != hashlib.sha256(data).hexdigest():
            raise ValueError("its digest is another")
        engine = runtime.deserialize_cuda_engine(data)
        self._touch()
        return engine

    # Kernels

    def open_kernels(self, config: RuntimeConfig) -> RuntimeCache:
        """Give a configuration a runtime cache, with the kernels that were kept."""
        cache = config.create_runtime_cache()
        try:
            data = memoryview(self._path(".kernels").read_bytes())
            digest, kernels = bytes(data[:32]), data[32:]
            if hashlib.sha256(kernels).digest() != digest:
                raise ValueError("its digest is another")
            cache.deserialize(kernels)
            self._kernels_digest = digest.hex()
        except FileNotFoundError:
            pass
        except (Error, OSError, ValueError) as error:
            self._warn(f"kernels are compiled anew, as those in {str(self._cache.folder)!r} are not right: {error}")
            cache.reset()
        config.set_runtime_cache(cache)
        return cache

    def save_kernels(self, cache: RuntimeCache) -> None:
        """Keep the kernels of a runtime cache, if there are new ones."""
        with cache.serialize() as memory:
            data = bytes(memory.view())
        digest = hashlib.sha256(data)
        if digest.hexdigest() != self._kernels_digest:
            self._store(".kernels", digest.digest() + data)
            self._kernels_digest = digest.hexdigest()

    # Files

    def _store(self, suffix: str, data: Any) -> None:
        """Write a file beside its place and rename it; a folder that cannot be written is a warning."""
        try:
            self._cache.folder.mkdir(parents=True, exist_ok=True)
            self._write(suffix, data)
            about = dict(self._about)
            if suffix == ".engine":
                about["engine"] = hashlib.sha256(data).hexdigest()
            if suffix == ".engine" or not self._path(".json").exists():
                self._write(".json", json.dumps(about, indent=1).encode())
            self._touch()
            self._cache._make_room(self.key)
        except OSError as error:
            self._warn(f"nothing is kept in the cache folder {str(self._cache.folder)!r}: {error.strerror or error}")

    def _write(self, suffix: str, data: Any) -> None:
        beside = self._path(f"{suffix}.{os.getpid()}.{time.monotonic_ns()}.part")
        try:
            with beside.open("wb") as file:
                file.write(data)
            os.replace(beside, self._path(suffix))
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def _touch(self) -> None:
        with suppress(OSError):  # a folder that is only read: it is then not known what was used last
            os.utime(self._path(".json"))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Keep other processes from making the same engine meanwhile."""
        try:
            import filelock
        except ImportError as error:
            raise UnsupportedError(f"cache needs the package filelock; {_HOW_TO_INSTALL}") from error
        lock = filelock.FileLock(self._path(".lock"), thread_local=False)
        try:
            self._cache.folder.mkdir(parents=True, exist_ok=True)
            lock.acquire()
        except OSError:  # nothing can be written here, so there is nothing to keep apart; `_store` says so
            yield
            return
        try:
            yield
        finally:
            lock.release()

    def _warn(self, text: str) -> None:
        warnings.warn(f"trtx.Session: {text}", RuntimeWarning, stacklevel=6)


def _external(model: Any, path: str, options: BuildOptions) -> Iterator[tuple[str, bytes]]:
    """Name and digest of each file with external data."""
    folder, real_folder = map(os.path.dirname, (os.path.abspath(path), os.path.realpath(path)))
    # Where something is wrong with the model, the build that follows says so.
    with suppress(OnnxStructureError, OSError):
        view = memoryview(model)
        outside = options.allow_outside_data
        for name in external_files(view, folder, allow_outside=outside, real_folder=real_folder):
            with open(os.path.join(folder, name), "rb") as file:
                yield name, _file_digest(file)


def _file_digest(file: Any) -> bytes:
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    return digest.digest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
