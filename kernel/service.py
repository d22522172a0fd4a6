"""A service on one screen, and the studio as a composition of services.

    SPEC = ServiceSpec(name="storage", routers=[router], events=events, tasks=tasks, migrations=…, build=build, …)

    studio = compose([auth.SPEC, storage.SPEC], installation, options)     # one process of these services
    uvicorn.run(studio.app)                                                # its lifespan starts and stops the rest

The same specs make one process or many; what differs is which specs are given and what the ports are.
"""

from __future__ import annotations

import asyncio
import base64
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar

import structlog
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import APIRouter, FastAPI, Request

from kernel.audit import ActRecorded
from kernel.auth import Authenticator, Sessions
from kernel.background import Backed
from kernel.db import Database
from kernel.errors import AppError
from kernel.events import Event, Subscriptions
from kernel.http.app import HttpOptions, create_app
from kernel.http.readiness import Readiness
from kernel.http.sse import Streams
from kernel.keystore import KeyStore
from kernel.migrations import History
from kernel.objects import Objects
from kernel.ports import Limits, Mailer
from kernel.secret import Secret
from kernel.settings import Settings
from kernel.tasks import Tasks

log = structlog.get_logger(__name__)

T = TypeVar("T")
Ask = Callable[[type[T]], T]
_RESTART_SECONDS: Final = 5.0


class StartRefused(AppError):
    """The services can't be put together like this; the text says what is wrong with them."""

    code = "start_refused"
    title = "The services can't be put together like this"


class Unanswered(AppError):
    """A question was asked that no service of this process answers, and no client for another process was given."""

    code = "unanswered"
    title = "A part of the studio is not connected"


@dataclass(frozen=True, slots=True)
class Ports:
    """The outside world, as adapters. `data_dir` is a folder of this installation's own, where there is one."""

    objects: Objects
    mail: Mailer
    limits: Limits
    keys: KeyStore | None = None
    data_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class Environment:
    """What a service is built with."""

    service: str
    database: Database
    settings: Settings
    ports: Ports
    base_url: str
    root_key: Secret
    _ask: Callable[[type[Any]], Any] = field(repr=False)

    def ask(self, protocol: type[T]) -> T:
        """Who answers this question, in this process or by a client. Not before all services are built.

        Raises Unanswered.
        """
        found: T = self._ask(protocol)
        return found

    def key(self, purpose: str) -> Secret:
        """A 256-bit key of this installation for one purpose, as base64url (HKDF-SHA-256, RFC 5869)."""
        return derive_key(self.root_key, purpose)


def derive_key(root: Secret, purpose: str) -> Secret:
    """The key that `root` gives for `purpose`; keys of different purposes tell nothing of each other."""
    raw = HKDF(SHA256(), 32, salt=None, info=f"keyreel {purpose}".encode()).derive(root.reveal().encode())
    return Secret(base64.urlsafe_b64encode(raw).decode())


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """A whole service. `answers` says for each protocol how to get its implementation from the built service.

    `errors` are those that leave the service (routes, and answers to others); `loops` run as long as the process, and
    are begun again when they fail; `start` and `stop` run once, before the first request and after the last.
    `invariants` counts what must never be, beside `kernel.invariants`: each is 0 once what is under way has ended.
    """

    name: str
    build: Callable[[Environment], Any]
    migrations: Path
    routers: Sequence[APIRouter] = ()
    events: Subscriptions | None = None
    tasks: Tasks | None = None
    emits: tuple[type[Event], ...] = ()
    errors: tuple[type[AppError], ...] = ()
    answers: Mapping[type, Callable[[Any], Any]] = field(default_factory=dict)
    loops: Sequence[Callable[[Any], Coroutine[Any, Any, None]]] = ()
    start: Callable[[Any], Awaitable[None]] | None = None
    stop: Callable[[Any], Awaitable[None]] | None = None
    invariants: Callable[[Any], Awaitable[Mapping[str, int]]] | None = None

    @property
    def history(self) -> History:
        return History(self.name, self.migrations)


@dataclass(frozen=True, slots=True)
class BuiltService:
    """A service in this process."""

    spec: ServiceSpec
    environment: Environment
    service: Any

    @property
    def backed(self) -> Backed:
        """The service as `kernel.background.Background` takes it."""
        events = self.spec.events if self.spec.events is not None else Subscriptions(self.spec.name)
        tasks = self.spec.tasks if self.spec.tasks is not None else Tasks(self.spec.name)
        return Backed(self.environment.database, self.service, events, tasks)


class Runner(Protocol):
    """The background of a process: relays, inboxes, workers."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Installation:
    """What all services of a process share. `databases` is by service name; `root_key` is the installation's secret."""

    databases: Mapping[str, Database]
    settings: Settings
    ports: Ports
    base_url: str
    root_key: Secret


class Studio:
    """Services put together. `app` serves them; its lifespan is `start` and `stop`."""

    def __init__(self, built: Sequence[BuiltService], answers: Mapping[type, Any], runner: Runner | None) -> None:
        self.built = tuple(built)
        self.runner = runner
        self.app: FastAPI
        self._answers = dict(answers)
        self._running = AsyncExitStack()

    def service(self, kind: type[T]) -> T:
        """The built service of this class. Raises LookupError."""
        for one in self.built:
            if isinstance(one.service, kind):
                return one.service
        raise LookupError(f"no service of this process is a {kind.__name__}")

    def ask(self, protocol: type[T]) -> T:
        """Who answers `protocol`. Raises Unanswered."""
        try:
            found: T = self._answers[protocol]
        except KeyError:
            raise Unanswered(f"Nothing in this process answers {protocol.__name__}.") from None
        return found

    async def start(self) -> None:
        """Start the services, then the background. What was started is stopped again if something fails."""
        async with AsyncExitStack() as stack:
            for one in self.built:
                if one.spec.start is not None:
                    await one.spec.start(one.service)
                if one.spec.stop is not None:
                    stack.push_async_callback(one.spec.stop, one.service)
            for one in self.built:
                for loop in one.spec.loops:
                    task = asyncio.create_task(_keep_running(one, loop), name=f"{one.spec.name} {loop.__name__}")
                    stack.push_async_callback(_cancel, task)
            if self.runner is not None:
                stack.push_async_callback(self.runner.stop)
                await self.runner.start()
            self._running = stack.pop_all()

    def retire(self) -> None:
        """End live streams; to be called when the process is told to stop, before its server waits for connections."""
        streams: Streams = self.app.state.streams
        streams.retire()

    async def stop(self) -> None:
        """The other way round: work is handed back first."""
        await self._running.aclose()


def compose(
    specs: Sequence[ServiceSpec],
    installation: Installation,
    options: HttpOptions,
    *,
    runner: Callable[[Sequence[BuiltService]], Runner] | None = None,
    answers: Mapping[type, Any] | None = None,
    serve: Collection[str] | None = None,
) -> Studio:
    """Build these services into one application.

    `runner` makes the background of the process; `answers` are clients for questions that other processes answer.
    `serve` names the services whose routes the application has (None: all); the others are there to be asked.
    Raises StartRefused: two services, subscriptions or tasks of one name.
    """
    _refuse_twice("services are", (spec.name for spec in specs))
    _refuse_twice("subscriptions are", (one.name for spec in specs for one in spec.events or ()))
    _refuse_twice("tasks are", (kind.name for spec in specs for kind in spec.tasks or ()))
    known: dict[type, Any] = dict(answers or {})

    def ask(protocol: type[Any]) -> Any:
        return studio.ask(protocol)

    built = []
    for spec in specs:
        environment = Environment(
            service=spec.name,
            database=installation.databases[spec.name],
            settings=installation.settings,
            ports=installation.ports,
            base_url=installation.base_url,
            root_key=installation.root_key,
            _ask=ask,
        )
        environment.database.task_kinds = frozenset(kind.name for kind in spec.tasks or ())
        service = spec.build(environment)
        built.append(BuiltService(spec, environment, service))
        known |= {protocol: implementation(service) for protocol, implementation in spec.answers.items()}
    studio = Studio(built, known, runner(built) if runner is not None else None)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await studio.start()
        try:
            yield
        finally:
            await studio.stop()

    readiness = Readiness([(one.environment.database, one.spec.history) for one in built])
    served = [spec for spec in specs if serve is None or spec.name in serve]
    app = create_app(options, [router for spec in served for router in spec.routers], lifespan, readiness)
    app.state.studio = studio
    app.state.ports = installation.ports
    app.state.streams = Streams()
    app.state.cursor_key = derive_key(installation.root_key, "cursor")
    app.state.authenticator = Authenticator(lambda: studio.ask(Sessions), issuer=installation.base_url)  # type: ignore[type-abstract]  # asked by protocol
    studio.app = app
    return studio


def check_whole(specs: Sequence[ServiceSpec]) -> None:
    """Whether these are a whole studio, in however many processes.

    Raises StartRefused when a subscription waits for an event that nobody emits.
    """
    emitted = {ActRecorded.type} | {event.type for spec in specs for event in spec.emits}
    for spec in specs:
        for subscription in spec.events or ():
            for event in subscription.types:
                if event.type not in emitted:
                    raise StartRefused(f"{subscription.name} waits for {event.type}, which no service emits.")


def service_of(kind: type[T]) -> Callable[[Request], Awaitable[T]]:
    """A dependency that gives the built service: `Annotated[Storage, Depends(service_of(Storage))]`."""

    # async although it waits for nothing: FastAPI runs plain functions in threads, which costs more than they do
    async def built(request: Request) -> T:
        studio: Studio = request.app.state.studio
        return studio.service(kind)

    return built


def _refuse_twice(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise StartRefused(f"Two {what} named {name}; one would do the other's work.")


async def _keep_running(one: BuiltService, loop: Callable[[Any], Coroutine[Any, Any, None]]) -> None:
    while True:
        try:
            await loop(one.service)
            return
        except Exception:  # a loop outlives its errors: what it does is needed as long as the process lives
            log.exception("loop_failed", service=one.spec.name, loop=loop.__name__)
            await asyncio.sleep(_RESTART_SECONDS)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
