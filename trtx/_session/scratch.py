"""`SharedScratch`: one block of scratch memory for several sessions.

What makes it sound:

- The sessions have one lock between them, held from the first thing that a run asks of its context until the GPU is
  done. So two runs never use the block at the same time, whatever streams they are on, and the block can be exchanged
  for a larger one under the same lock.
- A run that an exception ended between its launch and its wait (Ctrl-C) is waited for before the next one.
- Contexts and the graphs captured of them keep the block's address: a lane drops its graphs before it gets another
  block, and keeps the block that it has until then.
"""

from __future__ import annotations

import _thread
import weakref
from contextlib import suppress
from typing import TYPE_CHECKING

from .._core.errors import ClosedError, InvalidArgumentError
from .._core.public import public
from .._core.shut import Uncopied

if TYPE_CHECKING:
    from .device import Block, Device
    from .lane import Lane

__all__ = ["SharedScratch"]


@public
class SharedScratch(Uncopied):
    """Scratch memory that sessions share, for models that run in turns on one GPU.

    Each execution context needs scratch memory for what it computes on the way. Sessions that are given the same
    `SharedScratch` use one block for that, as large as the largest of them needs
    (``ICudaEngine::getDeviceMemorySizeV2``), instead of a block each
    (``ExecutionContextAllocationStrategy::kUSER_MANAGED``).

    >>> scratch = trtx.SharedScratch()  # doctest: +SKIP
    ... encoder = trtx.Session("encoder.onnx", scratch=scratch)
    ... decoder = trtx.Session("decoder.onnx", scratch=scratch)

    Notes
    -----
    The price is that their runs never overlap: a run waits for that of another session, and returns when the GPU is
    done, also where the caller's stream is known. Threads may use the sessions as they like. The block is allocated
    with the first session, exchanged for a larger one where a later session needs that (both exist for a moment: make
    the largest session first), and released when the last session is closed or collected.
    """

    def __init__(self) -> None:
        #: Held during a run of any of the sessions; their lanes have it as `Lane.busy`.
        self._lock = _thread.allocate_lock()
        self._lanes: weakref.WeakSet[Lane] = weakref.WeakSet()
        self._device: Device | None = None
        #: The block. Lanes keep it, so that it goes with the last of them.
        self._block: weakref.ref[Block] | None = None
        #: The lane whose run may still use the block.
        self._runner: Lane | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of the block; 0 while no session has it."""
        block = self._block_now()
        return 0 if block is None else block.nbytes

    def _block_now(self) -> Block | None:
        return None if self._block is None else self._block()

    def _check_device(self, device: Device) -> None:
        """Refuse a session on another GPU than that of the others."""
        if self._device is not None and self._device.ordinal != device.ordinal and len(self._lanes):
            raise InvalidArgumentError(
                f"scratch is memory of GPU {self._device.ordinal}, which other sessions use; the session is on GPU "
                f"{device.ordinal}: make a SharedScratch for each GPU"
            )

    def _join(self, lane: Lane) -> None:
        """Give a new lane the block, and all lanes a larger one where it needs that."""
        needed = int(lane.context.engine.device_memory_size_v2)
        with self._lock:
            self._check_device(lane.device)
            self._device = lane.device
            block = self._block_now()
            if block is None or block.nbytes < needed:
                self._settle()
                block = lane.device.allocate(needed, lane.stream)
                # Memory comes in the order of a stream, and other lanes have other streams.
                lane.device.wait(lane.handle)
                for other in list(self._lanes):
                    with suppress(ClosedError):  # its engine was closed by the user
                        other.use_scratch(block)
                self._block = weakref.ref(block)
            lane.use_scratch(block)
            self._lanes.add(lane)

    def _begin(self, lane: Lane) -> None:
        """Note that a lane launches a run; the lock is held."""
        if self._runner is not lane:
            self._settle()
            self._runner = lane

    def _end(self) -> None:
        """Note that the GPU has done all that was launched."""
        self._runner = None

    def _settle(self) -> None:
        runner = self._runner
        if runner is not None:
            runner.wait()
            self._runner = None

    def _leave(self, lane: Lane) -> None:
        """Forget a lane that was closed; the lock is held."""
        if self._runner is lane:
            self._runner = None
        self._lanes.discard(lane)

    def __repr__(self) -> str:
        return f"<trtx.SharedScratch of {self.nbytes} bytes for {len(self._lanes)} contexts>"
