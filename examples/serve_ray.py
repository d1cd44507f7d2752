"""Serve a model by Ray Serve: ``python examples/serve_ray.py model.onnx --replicas 2``.

Needs ``pip install 'ray[serve]'``. Each replica is a process with a `trtx.Session` of its own. The model can be
changed while it serves, in two ways:

- ``serve.run(application(...))`` with another model, from any process of the Ray cluster: Ray starts new replicas, and
  ends the old ones when their last request is answered.
- ``serve deploy`` with a changed ``user_config`` in its file, whose ``import_path`` is ``serve_ray:deployed``: replicas
  stay, load the new model beside the old one, and switch over. That is faster, and needs memory for both.

The class that does it, `Served`, knows nothing of Ray. Triton's Python backend takes it as it is: in a ``model.py``,
``initialize`` makes ``Served(path)``; ``execute(requests)`` submits the inputs of all requests at once, so that they
share batches, and then waits::

    futures = [self.served.submit({t.name(): t.as_numpy() for t in request.inputs()}) for request in requests]
    return [
        pb_utils.InferenceResponse([pb_utils.Tensor(name, array) for name, array in future.result().items()])
        for future in futures
    ]

and ``finalize`` calls ``self.served.close()``. The ``instance_group`` of its ``config.pbtxt`` plays the part of
replicas; its ``dynamic_batching`` can be left out, as `trtx.Batcher` does that.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import threading
from concurrent.futures import Future
from typing import Any

import numpy as np
from ray import serve
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import trtx

#: Seconds that a run may take before a replica counts as broken, and is replaced.
PATIENCE = 30.0


class Served:
    """A session with a batcher in front of it.

    Batches are made by `trtx.Batcher`, not by ``serve.batch``: it knows the largest batch that the engine was built
    for, goes on collecting while all contexts are busy, joins and splits the arrays itself, and does all of that
    outside of the replica's event loop, which has the network to see to.
    """

    def __init__(
        self, source: str, *, shapes: Any = None, contexts: int = 2, max_delay: float = 0.002, **options: Any
    ) -> None:
        # Ray wants options that JSON can hold, which BuildOptions is not.
        build = trtx.BuildOptions(shapes=shapes) if shapes else None
        self._session = trtx.Session(source, build=build, contexts=contexts, **options)
        try:
            self._batcher = trtx.Batcher(self._session, max_delay=max_delay)
            self.types = {one.name: numpy_type(one.dtype) for one in self._session.inputs}
            self._sample = {
                one.name: np.zeros((1, *one.profiles[0][0][1:]), self.types[one.name]) for one in self._session.inputs
            }
            self.submit(self._sample).result()  # kernels are compiled before the first request, not during it
        except BaseException:
            self._session.close()
            raise

    def submit(self, inputs: dict[str, np.ndarray]) -> Future[dict[str, np.ndarray]]:
        """Ask for a run of a few rows."""
        return self._batcher.submit(inputs)

    def probe(self) -> Future[dict[str, np.ndarray]]:
        """Ask for a run of no importance. A GPU that has failed stays so for its process: then it fails, too."""
        return self.submit(self._sample)

    def close(self) -> None:
        """Answer what was asked for, and release the GPU's memory."""
        self._batcher.close()
        self._session.close()


def numpy_type(dtype: trtx.DataType) -> np.dtype[Any]:
    return np.dtype({"FLOAT": "float32", "HALF": "float16"}.get(dtype.name, dtype.name.lower()))


class Model:
    """A replica. ``user_config`` has the arguments of `Served`, the model's path among them."""

    def __init__(self) -> None:
        self._served: Served | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def reconfigure(self, config: dict[str, Any]) -> None:
        """Take another model; called by Ray before the first request, and whenever ``user_config`` has changed.

        If the new one cannot be loaded, the error goes to Ray, and the old one goes on.
        """
        new = await asyncio.to_thread(lambda: Served(**config))
        # Requests are submitted by this very thread: none comes between the change and the end of the old one.
        old, self._served = self._served, new
        if old is not None:
            task = asyncio.create_task(asyncio.to_thread(old.close))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def predict(self, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Answer a request that comes by a handle of Ray's, with arrays of some rows."""
        assert self._served is not None
        return await asyncio.wrap_future(self._served.submit(inputs))

    async def __call__(self, request: Request) -> Response:
        """Answer a request that comes by HTTP, as JSON: ``{"x": [[...]]}``."""
        assert self._served is not None
        try:
            given, types = await request.json(), self._served.types
            inputs = {name: np.asarray(rows, types.get(name)) for name, rows in given.items()}
            results = await self.predict(inputs)
        except (ValueError, TypeError, AttributeError) as error:  # trtx.InvalidArgumentError is a ValueError, too
            return JSONResponse({"error": str(error)}, status_code=400)
        return JSONResponse({name: array.tolist() for name, array in results.items()})

    async def check_health(self) -> None:
        """Raise if runs fail or hang; Ray then puts another replica in the place of this one."""
        assert self._served is not None
        await asyncio.wait_for(asyncio.wrap_future(self._served.probe()), PATIENCE)

    def __del__(self) -> None:
        """End gracefully: Ray calls it when the requests under way are answered."""
        served = getattr(self, "_served", None)
        if served is not None:
            self._served = None
            served.close()


deployment = serve.deployment(max_ongoing_requests=64, health_check_period_s=10, graceful_shutdown_timeout_s=60)(Model)


def application(source: str, *, replicas: int = 1, gpus: float = 1, **options: Any) -> serve.Application:
    """What ``serve.run`` takes.

    Parameters
    ----------
    source : str
        Path of an ONNX model or engine with an open batch size; it must be there on each machine.
    replicas : int
        How many processes serve it.
    gpus : float
        GPUs of a replica; 0.5 puts two replicas on one. Ray shows each replica its own GPU as number 0.
    **options
        For `Served` and `trtx.Session`: ``shapes=``, as in `trtx.BuildOptions`, for an ONNX model; ``cache=``, with
        which only the first replica builds the engine.
    """
    chosen = deployment.options(
        num_replicas=replicas, ray_actor_options={"num_gpus": gpus}, user_config={"source": source, **options}
    )
    return chosen.bind()


#: For ``serve deploy``; the arguments come by ``user_config``.
deployed = deployment.bind()


def main() -> None:
    parser = argparse.ArgumentParser(description="Serve a model by Ray Serve, at http://127.0.0.1:8000")
    parser.add_argument("model", help="an ONNX model or engine with an open batch size")
    parser.add_argument("--replicas", type=int, default=1)
    parser.add_argument("--gpus", type=float, default=1, help="GPUs of a replica; may be a fraction")
    parser.add_argument("--shapes", type=json.loads, help='of an ONNX model: {"x": [[1, 8], [16, 8], [64, 8]]}')
    parser.add_argument("--cache", help="folder that keeps engines")
    chosen = parser.parse_args()
    options = {name: value for name in ("shapes", "cache") if (value := getattr(chosen, name))}
    serve.run(application(chosen.model, replicas=chosen.replicas, gpus=chosen.gpus, **options))
    stop = threading.Event()
    with contextlib.suppress(KeyboardInterrupt):
        signal.signal(signal.SIGTERM, lambda *_: stop.set())
        stop.wait()
    serve.shutdown()


if __name__ == "__main__":
    main()
