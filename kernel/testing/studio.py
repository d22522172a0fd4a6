"""Services of the studio, running for a test: a migrated database, ports in a folder, a client and people to be.

    async def test_a_viewer_can_not_delete(database_server: DatabaseServer, tmp_path: Path) -> None:
        async with studio(storage.SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF) as s:
            owner, viewer = s.as_member("owner"), s.as_member("viewer")      # of one workspace; tenant=… for another
            made = await owner.client.post("/api/v1/videos", json={…})
            await s.drain()                                                  # events and tasks, until nothing is left
            assert (await viewer.client.delete(f"/api/v1/videos/{made.json()['id']}")).status_code == 403

`database_server` is a fixture of `kernel.testing.postgres` (`pytest_plugins` in the root conftest.py has it); tests are
`async def` under pytest-asyncio. Whoever is not among the specs is stood in for by `answers={Entitlements: fake}`.
While the auth service is not among the specs, `as_member` signs people in with a key of the test's own; `roles` are the
scopes of each role (`contracts.permissions.SCOPES_OF`), `scopes=` names them one by one. `s.client` is nobody.
`s.service(Storage)` is the built service, `s.mails` what was sent; `s.tick("storage.sweep")` runs what is periodic.
`s.served()` puts the application on a port, for streams: the in-process client waits for the end of an answer. Nothing
runs by itself: `drain` does what the background would, or `async with s.background:` starts it. Limits are off unless
`limits=MemoryLimits()`.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import UUID

import httpx2
import uvicorn

from adapters.events_local import LocalTransport
from adapters.mail_console import ConsoleMailer
from adapters.objects_files import FileObjects
from kernel.access_token import SigningKey, public_jwks
from kernel.auth import AUDIENCE, Caller, Sessions, Standing
from kernel.background import Background
from kernel.clock import now
from kernel.db import Database
from kernel.http.app import HttpOptions
from kernel.ids import TenantId, uuid7
from kernel.inbox import Inbox
from kernel.keystore import KeyStore
from kernel.ports import Limit, Limits, Mail, Verdict
from kernel.secret import Secret
from kernel.service import Installation, Ports, ServiceSpec, Studio, compose
from kernel.settings import Settings
from kernel.testing.postgres import DatabaseServer

BASE_URL: Final = "http://localhost"
T = TypeVar("T")


class NoLimits:
    """`kernel.ports.Limits` that never refuses."""

    async def take(self, bucket: str, limit: Limit, cost: int = 1) -> Verdict:
        return Verdict(True, limit.burst, 0.0)


class Outbox:
    """`kernel.ports.Mailer` that keeps what was sent in `mails`."""

    def __init__(self, folder: Path) -> None:
        self.mails: list[Mail] = []
        self._mailer = ConsoleMailer(folder, show=lambda line: None)

    async def send(self, mail: Mail) -> None:
        await self._mailer.send(mail)
        self.mails.append(mail)


class TestSessions:
    """`kernel.auth.Sessions` of a test: whoever was made a member is one until `end`."""

    __test__ = False  # pytest: not a class of tests

    def __init__(self) -> None:
        self.key = SigningKey.generate()
        self.standings: dict[UUID, Standing] = {}
        self.asked = 0

    async def of_session(self, session_id: UUID, user_id: UUID, tenant: TenantId) -> Standing | None:
        self.asked += 1
        standing = self.standings.get(session_id)
        return standing if standing and (standing.user_id, standing.tenant) == (user_id, tenant) else None

    async def of_token(self, token: Secret) -> Standing | None:
        self.asked += 1
        return None

    async def public_keys(self) -> dict[str, Any]:
        return public_jwks([self.key])


@dataclass(frozen=True, slots=True)
class Member:
    """Someone signed in. `client` sends their token; so does any other with `headers`."""

    tenant: TenantId
    user_id: UUID
    role: str
    scopes: frozenset[str]
    session_id: UUID
    headers: dict[str, str]
    client: httpx2.AsyncClient

    @property
    def caller(self) -> Caller:
        """Who they are to a service that is called directly."""
        return Caller(self.tenant, self.user_id, self.role, self.scopes, self.session_id, None, "127.0.0.1")


class RunningStudio:
    """What `studio` gives."""

    def __init__(
        self,
        composed: Studio,
        background: Background,
        databases: Mapping[str, Database],
        ports: Ports,
        sessions: TestSessions,
        stack: AsyncExitStack,
    ) -> None:
        self.composed = composed
        self.background = background
        self.app = composed.app
        self.databases = databases
        self.ports = ports
        self.sessions = sessions
        self.tenant = TenantId(uuid7())
        self.roles: Mapping[str, Iterable[str]] = {}
        self._stack = stack
        self.client = self._client({})

    @property
    def mails(self) -> list[Mail]:
        """What was sent, oldest first."""
        assert isinstance(self.ports.mail, Outbox)
        return self.ports.mail.mails

    def service(self, kind: type[T]) -> T:
        return self.composed.service(kind)

    def database(self, service: str | None = None) -> Database:
        """The database of a service; of the only one, when there is but one."""
        return self.databases[service] if service else next(iter(self.databases.values()))

    async def drain(self) -> int:
        """Relays events, handles them and works on tasks until nothing is left; how many steps that took.

        Raises the error behind the first dead letter, if there is one.
        """
        return await self.background.drain()

    async def tick(self, kind: str) -> int:
        """Makes a periodic task due and drains."""
        await self.background.tick(kind)
        return await self.drain()

    def as_member(
        self,
        role: str = "owner",
        *,
        scopes: Iterable[str] | None = None,
        tenant: TenantId | None = None,
        user_id: UUID | None = None,
        networks: tuple[str, ...] = (),
    ) -> Member:
        """Someone new in a workspace (the test's own, unless `tenant` is given), signed in.

        Raises AssertionError when the auth service is among the specs: sign in through it.
        """
        assert self.composed.ask(Sessions) is self.sessions, "auth is running: sign in through its routes"  # type: ignore[type-abstract]  # asked by protocol
        has = frozenset(map(str, self.roles.get(role, ()) if scopes is None else scopes))
        standing = Standing(tenant or self.tenant, user_id or uuid7(), role, has, uuid7(), networks=networks)
        assert standing.session_id is not None
        self.sessions.standings[standing.session_id] = standing
        token = self.sessions.key.issue(
            issuer=BASE_URL,
            audience=AUDIENCE,
            user_id=standing.user_id,
            tenant=standing.tenant,
            session_id=standing.session_id,
            scopes=has,
            issued_at=now(),
            lifetime=timedelta(minutes=10),
        )
        headers = {"Authorization": f"Bearer {token}"}
        client = self._client(headers)
        return Member(standing.tenant, standing.user_id, role, has, standing.session_id, headers, client)

    def change_role(self, member: Member, role: str) -> None:
        """The member has another role from now on; the process may not know for three seconds."""
        has = frozenset(map(str, self.roles.get(role, ())))
        self.sessions.standings[member.session_id] = replace(
            self.sessions.standings[member.session_id], role=role, scopes=has
        )

    def end_session(self, member: Member) -> None:
        """Signs the member out; the process may not know for three seconds."""
        del self.sessions.standings[member.session_id]

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """The same application on a port of this machine; gives its address."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            config = uvicorn.Config(self.app, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
            server = uvicorn.Server(config)
            serving = asyncio.create_task(server.serve([listener]))
            while not server.started:
                await asyncio.sleep(0.01)
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                await serving

    def _client(self, headers: dict[str, str]) -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(self.app)
        client = httpx2.AsyncClient(transport=transport, base_url=BASE_URL, headers=headers)
        self._stack.push_async_callback(client.aclose)
        return client


@asynccontextmanager
async def studio(
    *specs: ServiceSpec,
    server: DatabaseServer,
    folder: Path,
    roles: Mapping[str, Iterable[str]] | None = None,
    answers: Mapping[type, Any] | None = None,
    settings: Settings | None = None,
    keys: KeyStore | None = None,
    limits: Limits | None = None,
    web_dir: Path | None = None,
) -> AsyncIterator[RunningStudio]:
    """Compose and start `specs` for a test; see the module's text."""
    sessions = TestSessions()
    ports = Ports(
        objects=FileObjects(folder / "objects"),
        mail=Outbox(folder / "mail"),
        limits=NoLimits() if limits is None else limits,
        keys=keys,
        data_dir=folder,
    )
    async with AsyncExitStack() as stack:
        databases = await stack.enter_async_context(server.fresh([spec.history for spec in specs]))
        installation = Installation(
            databases=databases,
            settings=settings or Settings(),
            ports=ports,
            base_url=BASE_URL,
            root_key=Secret("the root key of tests"),
        )
        composed = compose(
            specs,
            installation,
            HttpOptions(base_url=BASE_URL, web_dir=web_dir),
            answers={Sessions: sessions, **(answers or {})},
        )
        inboxes = [Inbox(databases[spec.name], spec.events) for spec in specs if spec.events is not None]
        background = Background([one.backed for one in composed.built], LocalTransport(inboxes))
        running = RunningStudio(composed, background, databases, ports, sessions, stack)
        running.roles = roles or {}
        await composed.start()
        stack.push_async_callback(composed.stop)
        yield running
