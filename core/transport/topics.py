"""Typed topics and the two buses that carry them: in memory (lockstep) and over shared memory (iceoryx2, one process a worker).

A topic's subscriber either takes everything since its last look or only the newest. Names on the wire start with a random run id, so
that two rigs on one machine never meet.
"""

from __future__ import annotations

import ctypes
from collections import deque
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from core import messages, types
from core.errors import PendantError
from core.transport.codec import Encoded, decode
from core.types import Data

T = TypeVar("T", bound=Data)


@dataclass(frozen=True)
class Topic(Generic[T]):
    """A named flow of one type. `buffer`: values kept for a slow subscriber; `history`: values given to a late one; `subscribers`: most."""

    name: str
    kind: type[T]
    buffer: int = 8
    history: int = 1
    subscribers: int = 8


CAMERA_INFO = Topic("camera_info", types.CameraInfo, buffer=2)
FRAME = Topic("frame", types.Frame, buffer=64, history=0, subscribers=5)
SCENE = Topic("scene", types.Scene, buffer=16, subscribers=6)
ARM_STATE = Topic("arm_state", types.ArmState, buffer=256)
COMMAND = Topic("command", types.Command, buffer=128, history=0)
PLAN = Topic("plan", types.Plan, buffer=4)
WORLD_STATE = Topic("world_state", types.WorldState, buffer=64)
TRUTH = Topic("truth", types.Truth, buffer=4)
HEARTBEAT = Topic("heartbeat", messages.Heartbeat, buffer=4)
DEVICE_STATUS = Topic("device_status", messages.DeviceStatus, buffer=16, history=4)
ARM_REQUEST = Topic("arm_request", messages.ArmRequest, buffer=32, history=0)
CELL_REQUEST = Topic("cell_request", messages.CellRequest, buffer=8, history=0)
ACT_REQUEST = Topic("act_request", messages.ActRequest, buffer=64, history=0)
ACT_STATUS = Topic("act_status", messages.ActStatus, buffer=16)
RECORDER_REQUEST = Topic("recorder_request", messages.RecorderRequest, buffer=32, history=0)
RECORDER_STATUS = Topic("recorder_status", messages.RecorderStatus, buffer=16)
NAMES_CHANGED = Topic("names_changed", messages.NamesChanged, buffer=8)


class Publisher(Protocol):
    """Sends values of one topic."""

    def send(self, value: Data) -> None:
        """Hand `value` to every subscriber; never blocks."""
        ...


class Subscriber(Protocol[T]):
    """Takes values of one topic."""

    def take(self) -> list[T]:
        """All values since the last call, oldest first; overflow drops the oldest (visible by seq)."""
        ...

    def newest(self) -> T | None:
        """The newest value since the last call, None when there is none."""
        ...


class Bus(Protocol):
    """Makes publishers and subscribers of topics."""

    def publisher(self, topic: Topic[T]) -> Publisher:
        """A publisher of `topic`."""
        ...

    def subscriber(self, topic: Topic[T]) -> Subscriber[T]:
        """A subscriber of `topic`, which first sees the topic's history."""
        ...

    def close(self) -> None:
        """Give everything back."""
        ...


class MemoryBus:
    """Topics within one thread, for lockstep."""

    def __init__(self) -> None:
        self._queues: dict[str, list[deque[Any]]] = {}
        self._last: dict[str, Any] = {}

    def publisher(self, topic: Topic[T]) -> Publisher:
        """A publisher of `topic`."""
        return _MemoryPublisher(self._queues.setdefault(topic.name, []), self._last, topic)

    def subscriber(self, topic: Topic[T]) -> Subscriber[T]:
        """A subscriber of `topic`."""
        queue: deque[Any] = deque(maxlen=topic.buffer)
        if topic.history and topic.name in self._last:
            queue.append(self._last[topic.name])
        self._queues.setdefault(topic.name, []).append(queue)
        return _MemorySubscriber(queue)

    def close(self) -> None:
        """Nothing to give back."""


class _MemoryPublisher:
    def __init__(self, queues: list[deque[Any]], last: dict[str, Any], topic: Topic[Any]) -> None:
        self._queues, self._last, self._topic = queues, last, topic

    def send(self, value: Data) -> None:
        self._last[self._topic.name] = value
        for queue in self._queues:
            queue.append(value)


class _MemorySubscriber(Generic[T]):
    def __init__(self, queue: deque[T]) -> None:
        self._queue = queue

    def take(self) -> list[T]:
        values = list(self._queue)
        self._queue.clear()
        return values

    def newest(self) -> T | None:
        values = self.take()
        return values[-1] if values else None


class SharedBus:
    """Topics over shared memory between the processes of run `run_id`. Raises PendantError where iceoryx2 is missing."""

    def __init__(self, run_id: str) -> None:
        try:
            import iceoryx2
        except ImportError as error:
            raise PendantError(
                "iceoryx2 is not installed, so live processes cannot talk to each other. Install it, or use the commands."
            ) from error
        self._iox = iceoryx2
        # The default node installs a handler that swallows Ctrl+C.
        builder = iceoryx2.NodeBuilder.new().signal_handling_mode(iceoryx2.SignalHandlingMode.Disabled)
        iceoryx2.set_log_level(iceoryx2.LogLevel.Fatal)
        self._node = builder.create(iceoryx2.ServiceType.Ipc)
        self._run_id = run_id
        self._ports: list[Any] = []

    def _service(self, topic: Topic[Any]) -> Any:
        name = self._iox.ServiceName.new(f"pendant/{self._run_id}/{topic.name}")
        return (
            self._node.service_builder(name)
            .publish_subscribe(self._iox.Slice[ctypes.c_uint8])
            .payload_alignment(self._iox.Alignment.new(64))
            .max_publishers(4)
            .max_subscribers(topic.subscribers)
            .max_nodes(16)
            .subscriber_max_buffer_size(topic.buffer)
            .history_size(topic.history)
            .subscriber_max_borrowed_samples(2)
            .enable_safe_overflow(True)
            .open_or_create()
        )

    def publisher(self, topic: Topic[T]) -> Publisher:
        """A publisher of `topic`."""
        return _SharedPublisher(self._iox, self._service(topic))

    def subscriber(self, topic: Topic[T]) -> Subscriber[T]:
        """A subscriber of `topic`."""
        return _SharedSubscriber(self._service(topic), topic)

    def close(self) -> None:
        """Drop the node; ports go with their last reference."""
        self._ports.clear()
        self._node = None


class _SharedPublisher:
    def __init__(self, iox: Any, service: Any) -> None:
        self._iox, self._service = iox, service
        self._port: Any = None

    def _open(self, size: int) -> Any:
        return (
            self._service.publisher_builder()
            .initial_max_slice_len(max(256, int(size * 1.25)))
            .allocation_strategy(self._iox.AllocationStrategy.PowerOfTwo)
            .max_loaned_samples(1)
            .create()
        )

    def send(self, value: Data) -> None:
        encoded = Encoded(value)
        if self._port is None:
            self._port = self._open(encoded.size)
        loan = self._port.loan_slice_uninit(encoded.size)
        encoded.write_into(loan.payload().as_memory_view())
        loan.assume_init().send()


class _SharedSubscriber(Generic[T]):
    def __init__(self, service: Any, topic: Topic[T]) -> None:
        self._topic = topic
        self._port = service.subscriber_builder().buffer_size(topic.buffer).create()

    def take(self) -> list[T]:
        values = []
        while (sample := self._port.receive()) is not None:
            values.append(self._decode(sample))
        return values

    def newest(self) -> T | None:
        last = None
        while (sample := self._port.receive()) is not None:
            if last is not None:
                last.delete()
            last = sample
        return None if last is None else self._decode(last)

    def _decode(self, sample: Any) -> T:
        value = decode(sample.payload().as_memory_view(), self._topic.kind)
        sample.delete()
        return value
