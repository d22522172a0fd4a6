"""Events and tasks in tests: services without HTTP, their background by hand, and a transport that misbehaves.

async with backed(database_server, Part("sender"), Part("reader", events=events, service=reader)) as rig:
    async with rig["sender"].unit_of_work(tenant) as uow:
        uow.emit(Sent(...))
    await rig.background.drain()
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from sqlalchemy import text

from adapters.events_local import LocalTransport
from kernel.background import Backed, Background
from kernel.db import Database
from kernel.envelope import Envelope
from kernel.events import Subscriptions
from kernel.inbox import Inbox
from kernel.migrations import History
from kernel.tasks import Tasks
from kernel.testing.notes import NOTES
from kernel.testing.postgres import DatabaseServer
from kernel.transport import Transport


@dataclass(slots=True)
class Part:
    """A service of a test: the kernel's tables and one table `notes` (`kernel.testing.notes.Note`)."""

    name: str
    events: Subscriptions = field(default_factory=lambda: Subscriptions("none"))
    tasks: Tasks = field(default_factory=lambda: Tasks("none"))
    service: Any = None

    @property
    def history(self) -> History:
        return History(self.name, NOTES.folder)


@dataclass(slots=True)
class Rig:
    """Services on a database of their own; nothing runs by itself unless `background` is started."""

    databases: Mapping[str, Database]
    parts: Sequence[Part]
    transport: Transport
    background: Background

    def __getitem__(self, name: str) -> Database:
        return self.databases[name]

    def another(self, **options: Any) -> Background:
        """The background of one more process of the same services, on the same connections."""
        return Background(_backed(self.parts, self.databases), self.transport, **options)

    async def rows(self, service: str, query: str, **given: Any) -> list[Any]:
        """What a query in the service's system role gives."""
        async with self.databases[service].system() as uow:
            return list((await uow.session.execute(text(query), given)).all())


@asynccontextmanager
async def backed(
    server: DatabaseServer, *parts: Part, options: Mapping[str, Any] | None = None, unreliable: int | None = None
) -> AsyncIterator[Rig]:
    """`options` go to `Background`; with `unreliable`, a seed, the transport duplicates, delays and reorders."""
    async with server.fresh([part.history for part in parts]) as databases:
        transport: Transport = LocalTransport([Inbox(databases[part.name], part.events) for part in parts])
        if unreliable is not None:
            transport = UnreliableTransport(transport, seed=unreliable)
        background = Background(_backed(parts, databases), transport, **(options or {}))
        try:
            yield Rig(databases, parts, transport, background)
        finally:
            await background.stop()


def _backed(parts: Sequence[Part], databases: Mapping[str, Database]) -> list[Backed]:
    return [Backed(databases[part.name], part.service, part.events, part.tasks) for part in parts]


class UnreliableTransport:
    """Delivers everything, but one in ten twice or more, one in ten late, and keys in any order.

    Within a key the first deliveries keep their order, as a partitioned broker's do; repetitions come whenever.
    """

    def __init__(self, inner: Transport, *, seed: int, share: float = 0.1) -> None:
        self._inner = inner
        self._random = random.Random(seed)  # noqa: S311 - repeatable
        self._share = share
        self._held: dict[str, list[Envelope]] = {}
        self._seen: list[Envelope] = []

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        now: dict[str, list[Envelope]] = {}
        for envelope in envelopes:
            # Whatever comes after one that is held back is held back with it: same key, same order.
            if envelope.subject in self._held or self._random.random() < self._share:
                self._held.setdefault(envelope.subject, []).append(envelope)
            else:
                now.setdefault(envelope.subject, []).append(envelope)
        self._seen += envelopes
        keys = list(now)
        self._random.shuffle(keys)
        for key in keys:
            await self._inner.publish(now[key])
        again = [one for one in self._seen if self._random.random() < self._share and one.subject not in self._held]
        self._random.shuffle(again)
        await self._inner.publish(again)

    async def release(self) -> Self:
        """Delivers what was held back."""
        held, self._held = self._held, {}
        for envelopes in held.values():
            await self._inner.publish(envelopes)
        return self
