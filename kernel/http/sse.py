"""Server-sent events to someone signed in (https://html.spec.whatwg.org/multipage/server-sent-events.html).

    @router.get("/events", response_class=EventSourceResponse, responses=problems(TooManyStreams))
    async def events(caller: Reads, live: Live, service: Service) -> AsyncIterator[ServerSentEvent]:
        async for row in live.watch(service.stream(caller.tenant, after=live.last_event_id)):
            yield ServerSentEvent(id=str(row.seq), event=row.kind, data=row.data)
        if live.signed_out:
            yield SIGNED_OUT

FastAPI frames the events and sends a comment every 15 seconds of silence. `Live` counts connections per person and
workspace (429 `too_many_streams`), reads `Last-Event-ID`, and ends the stream within seconds of the end of its session.
A client that reads slowly slows the source down: at most `AHEAD` events wait.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from kernel import telemetry
from kernel.auth import Authenticator, Caller, Credential, caller_of
from kernel.errors import Unavailable
from kernel.http.errors import TooManyStreams
from kernel.ids import TenantId

__all__ = ["SIGNED_OUT", "EventSourceResponse", "Live", "LiveConnection", "ServerSentEvent", "Streams"]

PER_USER: Final = 20
PER_TENANT: Final = 200
PER_PROCESS: Final = 5_000
CHECK_SECONDS: Final = 3.0
AHEAD: Final = 16
RETRY_SECONDS: Final = 30

SIGNED_OUT: Final = ServerSentEvent(event="signed-out", data={})
"""The last event of a stream whose session has ended: signing in again is what helps, not connecting again."""

T = TypeVar("T")


class Streams:
    """How many live connections this process has, by person and workspace. One per application."""

    def __init__(self) -> None:
        self._of: Counter[TenantId | UUID] = Counter()
        self.retiring = False

    def retire(self) -> None:
        """End every stream within seconds and begin none: the server waits for its connections before it stops."""
        self.retiring = True

    def open(self, caller: Caller) -> None:
        """Take a place. Raises TooManyStreams, Unavailable."""
        if self.retiring:
            raise Unavailable
        if (
            self._of[caller.user_id] >= PER_USER
            or self._of[caller.tenant] >= PER_TENANT
            or self._of.total() >= 2 * PER_PROCESS  # each counts for a person and for a workspace
        ):
            raise TooManyStreams(retry_after=RETRY_SECONDS)
        self._of.update((caller.user_id, caller.tenant))
        telemetry.STREAMS.inc()

    def close(self, caller: Caller) -> None:
        """Give the place back."""
        self._of.subtract((caller.user_id, caller.tenant))
        self._of += Counter()  # drops those at zero
        telemetry.STREAMS.dec()


@dataclass(slots=True)
class LiveConnection:
    """One stream. `last_event_id` is what the client had, if it was here before; `signed_out` says why it ended."""

    last_event_id: str | None
    signed_out: bool = False
    _streams: Streams = field(kw_only=True)
    _authenticator: Authenticator = field(kw_only=True)
    _credential: Credential = field(kw_only=True)
    _address: str = field(kw_only=True)
    _pumps: list[asyncio.Task[None]] = field(default_factory=list, kw_only=True)

    async def watch(self, source: AsyncIterator[T]) -> AsyncIterator[T]:
        """What `source` gives, until it ends or the session does. An error of the source is raised here."""
        waiting: asyncio.Queue[T | _End] = asyncio.Queue(AHEAD)
        # One task for the whole source: what it holds (a lock, a timeout) belongs to the task that took it.
        self._pumps.append(asyncio.create_task(_pump(source, waiting)))
        while True:
            thing: Any = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CHECK_SECONDS):
                    thing = await waiting.get()
            if self._streams.retiring:
                return
            try:
                self.signed_out = not await self._authenticator.still_stands(self._credential, self._address)
            except Unavailable:
                return  # nobody can tell: the client connects again and is told so
            if self.signed_out:
                return
            if isinstance(thing, _End):
                if thing.error is not None:
                    raise thing.error
                return
            if thing is not None:
                yield thing

    async def close(self) -> None:
        """Stop reading the source; it is closed."""
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _End:
    error: Exception | None


async def _pump(source: AsyncIterator[T], waiting: asyncio.Queue[T | _End]) -> None:
    try:
        async for thing in source:
            await waiting.put(thing)
    except Exception as error:  # handed over: the reader raises it
        await waiting.put(_End(error))
    else:
        await waiting.put(_End(None))
    finally:
        if isinstance(source, AsyncGenerator):
            await source.aclose()


async def _live(
    request: Request,
    last_event_id: Annotated[str | None, Header(max_length=64, description="the last event the client had")] = None,
) -> AsyncIterator[LiveConnection]:
    caller = await caller_of(request)
    streams: Streams = request.app.state.streams
    streams.open(caller)
    live = LiveConnection(
        last_event_id,
        _streams=streams,
        _authenticator=request.app.state.authenticator,
        _credential=request.state.credential,
        _address=caller.address,
    )
    try:
        yield live
    finally:
        streams.close(caller)
        await live.close()


Live = Annotated[LiveConnection, Depends(_live)]
"""A parameter of routes that stream, beside the caller's."""
