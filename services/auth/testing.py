"""Help for tests: browsers that keep cookies and read their letters, on a studio with the real auth in it.

    async with house(SPEC, server=database_server, folder=tmp_path) as h:
        ada = await h.member("ada@example.com")                 # registered, verified, signed in, owner of a workspace
        bob = await h.join(ada, "bob@example.com", "viewer")    # invited and signed in there
        await ada.get("/members")

Never imported by the product.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2
from sqlalchemy import text

from kernel.ids import TenantId
from kernel.ports import Mail
from kernel.service import ServiceSpec
from kernel.testing.studio import RunningStudio, studio
from services.auth.auth import Auth

ORIGIN = "http://localhost"
PASSWORD = "correct horse battery staple"  # noqa: S105 - of people in tests
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@dataclass
class Browser:
    """One browser: cookies, the access token in memory, the studio's own page as `Origin`."""

    client: httpx2.AsyncClient
    session: dict[str, Any] = field(default_factory=dict)

    async def post(self, path: str, body: dict[str, Any] | None = None, **more: Any) -> httpx2.Response:
        return await self.call("POST", path, body, **more)

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        return await self.call("GET", path, **more)

    async def call(self, method: str, path: str, body: dict[str, Any] | None = None, **more: Any) -> httpx2.Response:
        """Sends JSON with the access token, if there is one, and remembers the session an answer brings."""
        headers = {"Origin": ORIGIN, **more.pop("headers", {})}
        if self.session and "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {self.session['access_token']}"
        answer = await self.client.request(method, f"/api/v1{path}", json=body, headers=headers, **more)
        if answer.status_code == 200 and path.startswith("/auth/") and "access_token" in answer.json():
            self.session = answer.json()
        return answer

    @property
    def workspace(self) -> TenantId:
        return TenantId(UUID(self.session["workspace"]["id"]))

    @property
    def user_id(self) -> UUID:
        return UUID(self.session["user"]["id"])

    @property
    def refresh_token(self) -> str | None:
        return self.client.cookies.get("__Host-keyreel-refresh")

    @refresh_token.setter
    def refresh_token(self, value: str) -> None:
        self.client.cookies.delete("__Host-keyreel-refresh")
        self.client.cookies.set("__Host-keyreel-refresh", value, domain="localhost.local", path="/")


class House:
    """The auth service with its visitors."""

    def __init__(self, running: RunningStudio, stack: AsyncExitStack) -> None:
        self.running = running
        self.auth = running.service(Auth)
        self._stack = stack

    def browser(self, user_agent: str = FIREFOX) -> Browser:
        # https, so that the jar sends `Secure` cookies, as browsers do to localhost over http
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.running.app),
            base_url="https://localhost",
            headers={"User-Agent": user_agent},
        )
        self._stack.push_async_callback(client.aclose)
        return Browser(client)

    async def register(self, browser: Browser, email: str, **body: Any) -> httpx2.Response:
        return await browser.post(
            "/auth/register", {"email": email, "password": PASSWORD, "name": "Ada Lovelace", **body}
        )

    async def letters(self, to: str | None = None) -> list[Mail]:
        """What was sent so far, oldest first."""
        await self.running.drain()
        return [mail for mail in self.running.mails if to in (None, mail.to)]

    async def token(self, to: str) -> str:
        """The token of the last letter to an address."""
        return token_in((await self.letters(to))[-1].text)

    async def member(self, email: str = "ada@example.com", **body: Any) -> Browser:
        """Somebody who registered, answered the letter and is signed in to a workspace of their own."""
        browser = self.browser()
        _expect(202, await self.register(browser, email, **body))
        _expect(200, await browser.post("/auth/verify", {"token": await self.token(email)}))
        return browser

    async def join(self, owner: Browser, email: str, role: str) -> Browser:
        """A new person in the owner's workspace."""
        browser = await self.member(email, name=email.partition("@")[0])
        _expect(201, await owner.post("/invitations", {"email": email, "role": role}))
        accepted = _expect(200, await browser.post("/invitations/accept", {"token": await self.token(email)}))
        _expect(200, await browser.post("/auth/refresh", {"workspace_id": accepted.json()["id"]}))
        return browser

    async def sign_in(self, email: str, password: str = PASSWORD, browser: Browser | None = None) -> httpx2.Response:
        return await (browser or self.browser()).post("/auth/sign-in", {"email": email, "password": password})

    async def run(self, statement: str, **values: Any) -> list[Any]:
        """Rows of a statement (a change: with RETURNING) in the system role."""
        async with self.auth.database.system() as uow:
            return list((await uow.session.execute(text(statement), values)).all())

    async def emitted(self, topic: str) -> list[tuple[UUID | None, dict[str, Any]]]:
        """Tenant and data of the events of a type, in the order they were stated."""
        query = "SELECT tenant_id, envelope -> 'data' FROM outbox WHERE topic = :topic ORDER BY seq"
        return [(row[0], row[1]) for row in await self.run(query, topic=topic)]


def _expect(status: int, answer: httpx2.Response) -> httpx2.Response:
    assert answer.status_code == status, answer.text
    return answer


def token_in(text: str) -> str:
    """The token in the fragment of a link."""
    found = re.search(r"#token=([\w-]+)", text)
    assert found, text
    return found[1]


@asynccontextmanager
async def house(*specs: ServiceSpec, **options: Any) -> AsyncIterator[House]:
    """A studio of these services, auth among them; `options` are those of `kernel.testing.studio.studio`."""
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(studio(*specs, **options))
        yield House(running, stack)
