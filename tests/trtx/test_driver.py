"""How CUDA's driver is reached without any package."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from trtx._core import driver


class Driver:
    """Notes what it is asked, and by which thread."""

    def __init__(self, status: int) -> None:
        self.status, self.asked, self.threads = status, [], set()

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: object) -> int:
            self.asked.append(name)
            self.threads.add(threading.current_thread())
            return self.status

        return call


@pytest.mark.parametrize(
    ("status", "asked"), [(0, ["cuInit", "cuDeviceGet", "cuDevicePrimaryCtxRetain"]), (100, ["cuInit"])]
)
def test_cuda_starts_meanwhile(status: int, asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    found = Driver(status)
    monkeypatch.setattr(driver, "open_driver", lambda: found)
    with driver.starting(0):
        pass
    assert found.asked == asked  # it is waited for
    assert threading.current_thread() not in found.threads


def test_what_fails_meanwhile_fails_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise OSError("no such library")

    monkeypatch.setattr(driver, "open_driver", missing)
    with driver.starting(0):
        pass
    monkeypatch.setattr(driver, "_works", False)
    assert "There is no CUDA driver" in str(driver.problem())
