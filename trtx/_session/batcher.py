"""`Batcher`: collects single requests into batches."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, NamedTuple

from .._core.errors import ClosedError, InvalidArgumentError
from .._core.public import public
from .._core.shut import Uncopied
from .._core.values import check_float, check_int, reject, show
from .ports import match, take
from .session import Session

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

__all__ = ["Batcher"]


class _Request(NamedTuple):
    arrays: list[Any]
    rows: int
    future: Future[dict[str, Any]]


@public
class Batcher(Uncopied):
    """Collects requests of any number of threads into batches for a `Session`, for servers.

    A batch is run when it is full, or when its first request has waited long enough; while all contexts of the session
    are busy, it goes on growing.

    Parameters
    ----------
    session : Session
        The first size of all inputs and outputs must be the batch, and open.
    max_batch : int, optional
        Most rows in a batch; without it, the largest that the engine was built for.
    max_delay : float, default 0.002
        Seconds that the first request of a batch waits for others.

    Raises
    ------
    InvalidArgumentError
        If the session's model has no open batch size, or an argument is out of range.

    Notes
    -----
    It keeps the session and does not close it. `close`, or the end of ``with``, runs what was submitted and ends its
    thread; a batcher that is not closed keeps both for as long as the process lives.

    Examples
    --------
    >>> with trtx.Batcher(session) as batcher:  # doctest: +SKIP
    ...     futures = [batcher.submit({"x": row}) for row in rows]
    ...     results = [future.result()["y"] for future in futures]
    """

    def __init__(self, session: Session, *, max_batch: int | None = None, max_delay: float = 0.002) -> None:
        if not isinstance(session, Session):
            reject("session", session, "a trtx.Session")
        most = _largest_batch(session)
        self._session = session
        self._max_batch = most if max_batch is None else check_int(max_batch, "max_batch", 1, most)
        self._max_delay = check_float(max_delay, "max_delay")
        if not 0 <= self._max_delay < threading.TIMEOUT_MAX:
            reject("max_delay", max_delay, "a number of seconds, 0 or more")
        self._requests: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._free = threading.Semaphore(session.contexts)
        self._closing = threading.Lock()
        self._is_closed = False
        self._thread = threading.Thread(target=self._collect, name="trtx-batcher", daemon=True)
        self._thread.start()

    @property
    def max_batch(self) -> int:
        """Most rows in a batch."""
        return self._max_batch

    @property
    def max_delay(self) -> float:
        """Seconds that the first request of a batch waits for others."""
        return self._max_delay

    def __repr__(self) -> str:
        if self._is_closed:
            return "<trtx.Batcher (closed)>"
        return f"<trtx.Batcher of up to {self._max_batch} rows, after {self._max_delay} s, for {self._session!r}>"

    def submit(self, inputs: Mapping[str, Any]) -> Future[dict[str, Any]]:
        """Ask for a run.

        Parameters
        ----------
        inputs : mapping of str to array
            Arrays of the host whose first size is the number of rows, mostly 1. They must not change before the result
            is there.

        Returns
        -------
        concurrent.futures.Future
            Its result has the rows of this request alone, by output: views of the batch's arrays. An error of the run
            is that of all requests in the batch. A request that has not been started may be cancelled.

        Raises
        ------
        InvalidArgumentError
            If an array does not fit, or if there are more rows than fit into a batch.
        ClosedError
            If the batcher is closed.
        """
        ports = self._session._inputs
        given = [take(port, value, -1, 0) for port, value in zip(ports, match(ports, inputs), strict=True)]
        rows = {one.shape[0] for one in given}
        if len(rows) != 1 or not 0 < next(iter(rows)) <= self._max_batch:
            shapes = ", ".join(f"{port.name} {show(one.shape)}" for port, one in zip(ports, given, strict=True))
            raise InvalidArgumentError(
                f"inputs have the shapes {shapes}; the first sizes must be equal, from 1 to {self._max_batch}"
            )
        future: Future[dict[str, Any]] = Future()
        with self._closing:
            if self._is_closed:
                raise ClosedError("this Batcher was closed")
            self._requests.put(_Request([one.array for one in given], rows.pop(), future))
        return future

    def run(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for a run, and wait for its result.

        Parameters
        ----------
        inputs : mapping of str to array
            As of `submit`.

        Returns
        -------
        dict of str to numpy.ndarray
            The rows of this request, by output.

        Raises
        ------
        InvalidArgumentError, ClosedError
            As `submit`.
        ExecutionError, CudaError
            If the run of the batch fails.
        """
        return self.submit(inputs).result()

    def _collect(self) -> None:
        """Make batches until the end is asked for."""
        left: _Request | None = None
        while True:
            first = left or self._requests.get()
            left = None
            if first is None:
                return
            batch, rows, is_over = [first], first.rows, False
            deadline = time.monotonic() + self._max_delay
            while rows < self._max_batch and not is_over:
                try:
                    request = self._requests.get(timeout=max(deadline - time.monotonic(), 0))
                except queue.Empty:
                    if self._free.acquire(blocking=False):
                        self._free.release()
                        break
                    deadline = time.monotonic() + 0.0005  # all contexts are busy: whoever comes may come along
                    continue
                if request is None:
                    is_over = True
                elif rows + request.rows > self._max_batch:
                    left = request
                    break
                else:
                    batch.append(request)
                    rows += request.rows
            self._start(batch)
            if is_over:
                return

    def _start(self, batch: list[_Request]) -> None:
        import numpy as np

        batch = [request for request in batch if request.future.set_running_or_notify_cancel()]
        if not batch:
            return
        self._free.acquire()
        try:
            if len(batch) == 1:
                arrays = batch[0].arrays
            else:
                arrays = [np.concatenate(parts) for parts in zip(*(request.arrays for request in batch), strict=True)]
            names = [port.name for port in self._session._inputs]
            done = self._session.submit(dict(zip(names, arrays, strict=True)))
        except BaseException as error:
            self._free.release()
            for request in batch:
                request.future.set_exception(error)
            return
        done.add_done_callback(lambda future: self._finish(batch, future))

    def _finish(self, batch: list[_Request], done: Future[dict[str, Any]]) -> None:
        self._free.release()
        error = done.exception()
        start = 0
        for request in batch:
            if error is not None:
                request.future.set_exception(error)
                continue
            stop = start + request.rows
            request.future.set_result({name: array[start:stop] for name, array in done.result().items()})
            start = stop

    def close(self) -> None:
        """Run what was submitted, and end; waits until the last batch has been started.

        Closing again does nothing.
        """
        with self._closing:
            if not self._is_closed:
                self._is_closed = True
                self._requests.put(None)
        self._thread.join()

    @property
    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self._is_closed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _largest_batch(session: Session) -> int:
    """Most rows that a profile of the engine has a place for."""
    tensors = (*session.inputs, *session.outputs)
    if not tensors or any(not tensor.shape or tensor.shape[0] != -1 for tensor in tensors):
        raise InvalidArgumentError(
            "session: the first size of all inputs and outputs must be open, as it is the batch; they are "
            f"{', '.join(map(str, tensors))}. Build with shapes for it: BuildOptions(shapes=...)"
        )
    return min(max(most[0] for _, _, most in tensor.profiles) for tensor in session.inputs)
