"""Workers and their two drivers: lockstep (one thread, the world's time) and processes (real time, shared memory).

A worker is an object with `step(inputs) -> outputs` that knows no transport and no clock of its own.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterable, Sequence
from multiprocessing import parent_process
from typing import Any, BinaryIO, Protocol, TypeVar, runtime_checkable

from core.transport.clock import Clock, HostClock, ManualClock
from core.transport.topics import Bus, MemoryBus, Publisher, Subscriber, Topic
from core.types import Data

T = TypeVar("T", bound=Data)
Output = tuple[Topic[Any], Data]
_HEED_NS = 2_000_000


class Inputs:
    """What came in since a worker's last step."""

    def __init__(self, now_ns: int, subscribers: dict[str, Subscriber[Any]]) -> None:
        self.now_ns = now_ns
        self._subscribers = subscribers

    def newest(self, topic: Topic[T]) -> T | None:
        """The newest value since the last step, None when nothing came."""
        return self._subscribers[topic.name].newest()

    def take(self, topic: Topic[T]) -> list[T]:
        """Every value since the last step, oldest first."""
        return self._subscribers[topic.name].take()


class Worker(Protocol):
    """One part of the rig. `period_ns`: time between steps; `reads`, `writes`: its topics."""

    name: str
    period_ns: int

    @property
    def reads(self) -> Sequence[Topic[Any]]:
        """Topics it reads."""
        ...

    @property
    def writes(self) -> Sequence[Topic[Any]]:
        """Topics it writes."""
        ...

    def step(self, inputs: Inputs) -> Iterable[Output]:
        """Do what is due now and return what to publish."""
        ...

    def close(self) -> None:
        """Let go of devices and files in good order."""
        ...


@runtime_checkable
class Heeding(Protocol):
    """A worker that must not wait for its next step when something urgent happens: STOP."""

    def heed(self) -> None:
        """Look whether it happened, and act on it; called every two milliseconds between steps."""
        ...


class _Wired:
    """A worker with its ports on a bus."""

    def __init__(self, worker: Worker, bus: Bus) -> None:
        self.worker = worker
        self.due_ns = 0
        self._subscribers = {topic.name: bus.subscriber(topic) for topic in worker.reads}
        self._publishers: dict[str, Publisher] = {topic.name: bus.publisher(topic) for topic in worker.writes}

    def step(self, now_ns: int) -> None:
        for topic, value in self.worker.step(Inputs(now_ns, self._subscribers)):
            self._publishers[topic.name].send(value)


class Lockstep:
    """Runs workers in one thread on the world's time, in the given order whenever each is due: same seed, same episode."""

    def __init__(self, workers: Sequence[Worker], clock: ManualClock, bus: MemoryBus | None = None) -> None:
        self.bus = bus or MemoryBus()
        self.clock = clock
        self._wired = [_Wired(worker, self.bus) for worker in workers]

    def advance(self, until_ns: int) -> None:
        """Step every worker that falls due up to and including `until_ns` on the rig's clock."""
        while (next_ns := min(wired.due_ns for wired in self._wired)) <= until_ns:
            self.clock.set_ns(next_ns)
            for wired in self._wired:
                if wired.due_ns <= next_ns:
                    wired.step(self.clock.now_ns())
                    wired.due_ns = next_ns + wired.worker.period_ns
        self.clock.set_ns(until_ns)

    def run_until(self, done: Callable[[], bool], *, limit_ns: int, tick_ns: int = 20_000_000) -> bool:
        """Advance in ticks until `done()` or until `limit_ns` of the rig's time have passed. Returns whether it was done."""
        end = self.clock.now_ns() + limit_ns
        while not done():
            if self.clock.now_ns() >= end:
                return False
            self.advance(self.clock.now_ns() + tick_ns)
        return True

    def close(self) -> None:
        """Close every worker, in reverse order."""
        for wired in reversed(self._wired):
            wired.worker.close()


def watch_parent(stream: BinaryIO) -> threading.Event:
    """An event that is set when the parent closes our standard input: by will, or because it died."""
    gone = threading.Event()

    def wait() -> None:
        while stream.read(1024):
            pass
        gone.set()

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()
    return gone


def end_with_parent() -> None:
    """Called first in a process of a pool: it ends when the process that started it is gone, in the middle of a task too.

    A pool's processes hold each other's queues open, so none of them notices by itself that nobody waits for its result.
    """
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()


def calm_collector() -> None:
    """Take what start-up made out of the garbage collector's sight and let it look seldom; call once all is loaded.

    The collector walked the heavy modules' objects again and again: 27 % of the window's time on two cores.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def run_in_process(worker: Worker, bus: Bus, clock: Clock, ended: threading.Event) -> None:
    """Step `worker` in real time until `ended`; always closes it. Ctrl+C belongs to the parent and is ignored here.

    Periods are kept on host time: a worker that is late steps at once and does not try to catch up.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    host = HostClock()
    wired = _Wired(worker, bus)
    due_ns = host.now_ns()
    try:
        while not ended.is_set():
            wired.step(clock.now_ns())
            due_ns = max(due_ns + worker.period_ns, host.now_ns())
            _rest(worker, host, due_ns, ended)
    finally:
        worker.close()


def _rest(worker: Worker, host: HostClock, due_ns: int, ended: threading.Event) -> None:
    """Sleep until the next step is due; a worker that heeds is asked meanwhile."""
    if not isinstance(worker, Heeding):
        host.sleep_until(due_ns)
        return
    while (now := host.now_ns()) < due_ns and not ended.is_set():
        worker.heed()
        host.sleep_until(min(due_ns, now + _HEED_NS))
