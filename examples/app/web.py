"""The web application: a page, an interface for programs, health and metrics.

| address | what |
|---|---|
| ``/`` | the page |
| ``POST /classify`` | a form with the file ``picture``; answers with the classes, as JSON |
| ``/health`` | 200 while runs work, 503 otherwise: for load balancers |
| ``/metrics`` | counts and times, as Prometheus reads them |
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classifier import Classifier, NotAPictureError, TooLargeError
from fastapi import FastAPI, File, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse, Response
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.concurrency import run_in_threadpool

import trtx

PAGE = Path(__file__).with_name("page.html")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src blob: data:; connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


@dataclass(frozen=True)
class Limits:
    """What is too much."""

    #: Requests under way at the same time.
    requests: int = 32
    #: Size of an upload.
    nbytes: int = 10_000_000
    #: Seconds that a run may take.
    patience: float = 30.0
    #: Seconds after which who was sent away may come again.
    retry_after: int = 1


class Metrics:
    """Counts and times of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("app_requests", "Requests to classify, by status", ["status"], registry=self.registry)
        self.busy = Gauge("app_requests_in_progress", "Requests under way", registry=self.registry)
        self.seconds = Histogram("app_request_seconds", "Time of a request in seconds", registry=self.registry)
        self.run_seconds = Histogram("app_run_seconds", "Time of a run, and the wait for it", registry=self.registry)


Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Gate:
    """Sends requests away that are too many or too large, before anything of them is read."""

    def __init__(self, app: Any, limits: Limits, metrics: Metrics) -> None:
        self._app, self._limits, self._metrics = app, limits, metrics
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        refusal = self._refusal(dict(scope["headers"]))
        if refusal is not None:
            self._metrics.requests.labels(refusal.status_code).inc()
            await refusal(scope, receive, send)
            return
        start = time.perf_counter()
        self._under_way += 1
        self._metrics.busy.set(self._under_way)
        status = 500

        async def note(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note)
        finally:
            self._under_way -= 1
            self._metrics.busy.set(self._under_way)
            self._metrics.requests.labels(status).inc()
            self._metrics.seconds.observe(time.perf_counter() - start)

    def _refusal(self, headers: dict[bytes, bytes]) -> Response | None:
        length = headers.get(b"content-length", b"")
        if not length.isdigit():
            return problem(411, "say how long the upload is: Content-Length")
        if int(length) > self._limits.nbytes:
            return problem(413, f"the upload has {int(length):,} bytes; allowed are {self._limits.nbytes:,}")
        if self._under_way >= self._limits.requests:
            return problem(503, "too many pictures at once; try again in a moment", self._limits.retry_after)
        return None


def problem(status: int, text: str, retry_after: int | None = None) -> JSONResponse:
    headers = dict(HEADERS) if retry_after is None else {**HEADERS, "Retry-After": str(retry_after)}
    return JSONResponse({"error": text}, status, headers)


def create_app(load: Callable[[], Classifier] = Classifier, limits: Limits | None = None) -> FastAPI:
    """Make the application.

    Parameters
    ----------
    load
        Gives the model when the application starts; it is closed when the application ends.
    limits : Limits, optional
    """
    limits = limits or Limits()
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.classifier = await run_in_threadpool(load)
        try:
            yield
        finally:
            await run_in_threadpool(app.state.classifier.close)

    app = FastAPI(title="What is in the picture?", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Gate, limits=limits, metrics=metrics)

    async def run(classifier: Classifier, picture: Any) -> Any:
        with metrics.run_seconds.time():
            future = classifier.probe() if picture is None else classifier.submit(picture)
            return await asyncio.wait_for(asyncio.wrap_future(future), limits.patience)

    @app.get("/")
    async def page() -> Response:
        return FileResponse(PAGE, headers=HEADERS)

    @app.post("/classify")
    async def classify(request: Request, picture: UploadFile = File()) -> Response:  # noqa: B008
        classifier: Classifier = request.app.state.classifier
        start = time.perf_counter()
        data = await picture.read()
        try:
            array = await run_in_threadpool(classifier.read, data)
            result = await run(classifier, array)
        except TooLargeError as error:
            return problem(413, str(error))
        except NotAPictureError as error:
            return problem(415, str(error))
        except (asyncio.TimeoutError, TimeoutError):
            return problem(503, f"the model took longer than {limits.patience:g} s", limits.retry_after)
        except trtx.Error as error:
            return problem(500, f"the model failed: {type(error).__name__}")
        classes = [one._asdict() for one in classifier.best(result)]
        milliseconds = round((time.perf_counter() - start) * 1000, 2)
        answer = {"model": classifier.name, "classes": classes, "milliseconds": milliseconds}
        return JSONResponse(answer, headers=HEADERS)

    @app.get("/health")
    async def health(request: Request) -> Response:
        classifier: Classifier = request.app.state.classifier
        try:
            await run(classifier, None)
        except (trtx.Error, asyncio.TimeoutError, TimeoutError) as error:
            return problem(503, f"a run failed: {type(error).__name__}: {error}".rstrip(": "))
        return JSONResponse({"status": "ok", "model": classifier.name, "library": str(trtx.library_version())})

    @app.get("/metrics")
    async def numbers() -> Response:
        return Response(generate_latest(metrics.registry), media_type="text/plain; version=0.0.4; charset=utf-8")

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        return problem(422, "send a form with the file 'picture'")

    return app
