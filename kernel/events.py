"""Facts that services state, and who acts on them.

    class VideoStored(Event):
        type: ClassVar[str] = "video.stored"
        video_id: UUID

    uow.emit(VideoStored(video_id=video.id))            # stated: a row, in the transaction of the fact itself

    events = Subscriptions("billing")

    @events.on(VideoStored)                             # acted on: in another service, exactly once
    async def charge(event: VideoStored, uow: UnitOfWork, service: Billing) -> None: ...

A handler runs inside the transaction that marks the event as handled: its writes, the events it emits and the tasks it
enqueues are kept together or not at all. It must take well under a second; long work is a task. An `AppError` with
`retryable = False` sends the event to the dead letters at once, every other error is tried again (kernel/inbox.py).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from kernel.envelope import Envelope
    from kernel.uow import UnitOfWork

_TYPE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")


class Event(BaseModel):
    """Base of all events: an immutable fact, named in the past tense.

    `type` is the topic; `data_version` grows when a change breaks readers (fields are only ever added within a version,
    and readers ignore those they don't know). `untenanted` allows it to be emitted without a tenant.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: ClassVar[str]
    data_version: ClassVar[int] = 1
    untenanted: ClassVar[bool] = False

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        if not _TYPE.fullmatch(getattr(cls, "type", "")):
            raise TypeError(f"{cls.__name__} needs a type like 'video.stored'")

    def key(self) -> str | None:
        """Events of one key reach a subscription in the order they were emitted; None: the tenant is the key."""
        return None


E = TypeVar("E", bound=Event)
EventHandler = Callable[[E, "UnitOfWork", Any], Awaitable[None]]
"""`async def handler(event, uow, service)`; `service` is what the subscriber's `ServiceSpec.build` made."""
_H = TypeVar("_H", bound=Callable[..., Awaitable[None]])


class DuplicateName(Exception):
    """Two handlers share a name; one would silently take the other's work. Refused at start-up."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One handler of one service. `name` identifies it in the inbox: renaming it makes it a new subscription.

    `system`: the handler's transaction runs with the service's system role (all tenants); `uow.tenant` is still set.
    """

    name: str
    types: tuple[type[Event], ...]
    handler: EventHandler[Any]
    system: bool

    def event_class(self, topic: str) -> type[Event]:
        """The class of `topic` this subscription reads. KeyError: it doesn't."""
        return {kind.type: kind for kind in self.types}[topic]


class Subscriptions:
    """The events a service acts on."""

    def __init__(self, service: str) -> None:
        self.service = service
        self._by_name: dict[str, Subscription] = {}

    def on(self, *types: type[E], system: bool = False, name: str | None = None) -> Callable[[_H], _H]:
        """Declares a handler of one or more event types; its name is `<service>.<function>` unless given.

        Raises:
            DuplicateName: this service has a handler of that name already.
        """
        if not types:
            raise TypeError("name the events to act on: @events.on(VideoStored)")

        def register(handler: _H) -> _H:
            full_name = f"{self.service}.{name or handler.__name__}"
            if full_name in self._by_name:
                raise DuplicateName(f"two subscriptions are named {full_name}")
            self._by_name[full_name] = Subscription(full_name, types, handler, system)
            return handler

        return register

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._by_name.values())

    def __len__(self) -> int:
        return len(self._by_name)

    def get(self, name: str) -> Subscription | None:
        """The subscription of that name, if the service still has it."""
        return self._by_name.get(name)

    def of_topic(self, topic: str) -> tuple[Subscription, ...]:
        """The subscriptions that read `topic`."""
        return tuple(one for one in self if any(kind.type == topic for kind in one.types))


_received: ContextVar[Envelope] = ContextVar("received_envelope")


def current_envelope() -> Envelope:
    """The envelope (id, time, source, …) of the event being handled. LookupError outside an event handler."""
    return _received.get()


@contextmanager
def handling(envelope: Envelope) -> Iterator[None]:
    """Makes `envelope` the one `current_envelope()` answers with; the inbox's worker and tests use it."""
    token = _received.set(envelope)
    try:
        yield
    finally:
        _received.reset(token)
