"""Keys that are given to the studio are found nowhere but where they are sealed.

Canaries go through every route of keyvault, well-formed and not, through answers of providers that repeat them, through
crashes, leases and a damaged store. Then everything that was written is searched for them, in the encodings in which
they might have got there: answers, logs at the most talkative level, every row of the database, every file.
"""

from __future__ import annotations

import base64
import io
import json
import logging
import pickle
import secrets
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import asyncpg
import httpx2
import pytest
import structlog
from sqlalchemy import text

from adapters.keys_sealed import FileMasterKeys, SealedKeys
from contracts.clients.keys import Keys
from contracts.permissions import SCOPES_OF
from kernel import failpoints, telemetry
from kernel.errors import AppError
from kernel.ids import TenantId, uuid7
from kernel.secret import Secret
from kernel.settings import Settings
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import RunningStudio, studio
from kernel.testing.web import LocalWeb, reply
from services.keyvault.service import SPEC


class StudioSettings(Settings):
    outbound_allow: tuple[str, ...] = ()


class Canaries:
    """Keys made up for this run. `mark` is in every one of them and in nothing else in the world."""

    def __init__(self) -> None:
        self.mark = "cafe" + secrets.token_hex(12)

    def __getitem__(self, connector: str) -> str:
        """A well-formed key of the connector."""
        own = self.mark
        return {
            "openai": f"sk-{own}AAAA",
            "openai-compatible": own,
            "anthropic": f"sk-ant-{own}AAAA",
            "pexels": f"{own}{'A' * 28}",
            "unsplash": f"{own}{'A' * 15}",
            "pixabay": f"1234-{own[:28]}",
            "elevenlabs": f"sk_{own}{'A' * 10}",
        }[connector]

    def needles(self) -> list[bytes]:
        """The mark as it may have been written: plain, reversed, in hexadecimal, in UTF-16, in base64 at any shift."""
        mark = self.mark.encode()
        shifted = [base64.b64encode(b"x" * shift + mark)[4:-4] for shift in range(3)]
        return [mark, mark[::-1], mark.hex().encode(), self.mark.encode("utf-16-le"), *shifted]

    def found_in(self, data: bytes) -> bool:
        return any(needle in data for needle in self.needles())


@pytest.fixture
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture(params=["json", "console"])
def logs(request) -> Iterator[io.StringIO]:
    """Everything anybody logs, through the studio's own rules, at level debug."""
    stream, root = io.StringIO(), logging.getLogger()
    handlers, level, config = root.handlers[:], root.level, structlog.get_config()
    telemetry.configure_logging(request.param, "debug", stream)
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # the client of this test, which tells every address it asks
    yield stream
    logging.getLogger("httpx2").setLevel(logging.NOTSET)
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.configure(**config)


@pytest.fixture
async def provider(canaries: Canaries) -> AsyncIterator[LocalWeb]:
    async with LocalWeb(lambda asked: reply(200, b"{}")) as web:
        yield web


@pytest.fixture
async def here(database_server: DatabaseServer, tmp_path, provider, logs) -> AsyncIterator[RunningStudio]:
    store = SealedKeys(tmp_path / "keys", FileMasterKeys(tmp_path / "master.key"))
    settings = StudioSettings(outbound_allow=(f"127.0.0.1:{provider.port}",))
    async with studio(
        SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF, keys=store, settings=settings
    ) as running:
        yield running
    store.close()


class Visitor:
    """A member whose every answer is kept."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client
        self.heard: list[bytes] = []

    async def ask(self, method: str, path: str, **more) -> httpx2.Response:
        answer = await self.client.request(method, f"/api/v1{path}", **more)
        self.heard.append(repr(answer.headers.raw).encode() + answer.content)
        return answer

    async def give(self, key: str, connector: str = "openai", **more) -> httpx2.Response:
        return await self.ask("POST", "/connections", json={"connector": connector, "key": key, **more})


async def dump(here: RunningStudio) -> bytes:
    """Every row of every table of the service, as text."""
    rows = []
    async with here.database().system() as uow:
        query = "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
        for table in (await uow.session.scalars(text(query))).all():
            rows += (await uow.session.scalars(text(f'SELECT t::text FROM "{table}" t'))).all()
    return "\n".join(rows).encode()


async def written_by(server: DatabaseServer) -> Path:
    """The folder of the database, with all that it holds in memory written there."""
    connection = await asyncpg.connect(server.server.url().reveal())
    await connection.execute("CHECKPOINT")
    await connection.close()
    return server.server.folder


def files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file())


async def test_a_key_is_in_no_answer_log_row_or_file(here, canaries, provider, logs, tmp_path, database_server):
    owner, stranger = (
        Visitor(here.as_member("owner").client),
        Visitor(here.as_member("owner", tenant=TenantId(uuid7())).client),
    )
    server = f"http://127.0.0.1:{provider.port}/v1"

    # well-formed keys, through their whole life
    ids = {}
    for connector in ("openai", "anthropic", "pexels", "unsplash", "pixabay", "elevenlabs"):
        ids[connector] = (await owner.give(canaries[connector], connector)).json()["id"]
    own = (await owner.give(canaries["openai-compatible"], "openai-compatible", base_url=server)).json()["id"]
    await owner.ask("GET", "/connections")
    await owner.ask("GET", "/connectors")
    await owner.ask("PATCH", f"/connections/{ids['openai']}", json={"name": "Main", "enabled": False})
    await owner.ask("POST", f"/connections/{ids['openai']}/key", json={"key": canaries["openai"] + "BBBB"})
    await owner.ask("DELETE", f"/connections/{ids['anthropic']}")

    # malformed ones, in every way a body can be wrong
    key = canaries["openai"]
    for body in (
        {"connector": "openai", "key": key + "\n"},
        {"connector": "openai", "key": key + "\u202e\u0000"},
        {"connector": "openai", "key": [key]},
        {"connector": "openai", "key": {"value": key}},
        {"connector": "openai", "key": key, "extra": key},
        {"connector": key, "key": key},
        {"connector": "pexels", "key": "!" + key},
        {"connector": "openai", "key": key, "base_url": f"https://{key}@example.com/"},
        {"connector": "openai-compatible", "key": key, "base_url": f"https://10.0.0.1/{key}?key={key}"},
        {"connector": "openai-compatible", "key": key, "base_url": f"https://{canaries.mark}.invalid/"},
    ):
        assert (await owner.ask("POST", "/connections", json=body)).status_code == 422
    for raw in (
        f'{{"connector": "openai", "key": "{key}"',
        f'{{"key": "{key}", "key": "{key}", "connector": "openai"}}',
        f'{{"connector": "openai", "key": "{key}", "n": NaN}}',
        f'"{key}"',
        json.dumps({"connector": "openai", "key": key + "x" * 2_000_000}),
    ):
        answer = await owner.ask("POST", "/connections", content=raw, headers={"content-type": "application/json"})
        assert 400 <= answer.status_code < 500
    await owner.ask("POST", "/connections", content=key, headers={"content-type": "text/plain"})
    await owner.ask("POST", f"/connections/{key}/key", json={"key": key})
    await owner.ask("GET", f"/connections?cursor={key}&sort={key}&limit={key}")
    await owner.ask("GET", f"/{key}")
    await stranger.ask("POST", f"/connections/{own}/key", json={"key": key})
    await stranger.ask("POST", f"/connections/{own}/test")
    nobody = Visitor(here.client)
    await nobody.give(key)
    await nobody.ask("GET", "/connections", headers={"authorization": f"Bearer {key}"})

    # providers that repeat the key in whatever they answer, or break
    repeated = canaries["openai-compatible"].encode()
    for said in (
        reply(200, b'{"key": "' + repeated + b'"}', {"x-key": repeated.decode()}),
        reply(401, b'{"error": {"message": "bad key ' + repeated + b'"}}'),
        reply(500, repeated * 1000),
        reply(302, headers={"location": f"https://example.com/?key={repeated.decode()}"}),
        reply(302, headers={"location": f"http://10.0.0.1/{repeated.decode()}"}),
        reply(302, headers={"location": f"http://[{repeated.decode()}"}),
        b"HTTP/1.1 200 " + repeated + b"\r\ncontent-length: 9\r\n\r\n",
        b"HTTP/1.1 " + repeated + b"\r\n\r\n",
        b"",
    ):
        provider.respond = lambda asked, said=said: said
        await owner.ask("POST", f"/connections/{own}/test")

    # lent, refused, damaged
    keys, errors = here.composed.ask(Keys), []
    assert (await keys.lease(here.tenant, UUID(own), job_id=uuid7(), host="127.0.0.1")).reveal() == repeated.decode()
    for connection, host in ((own, "evil.example.com"), (ids["openai"], "api.openai.com"), (str(uuid7()), "a")):
        with pytest.raises(AppError) as caught:
            await keys.lease(here.tenant, UUID(connection), job_id=uuid7(), host=host)
        errors.append(repr(caught.value.problem()))
    with sqlite3.connect(tmp_path / "keys" / f"{here.tenant}.sqlite") as sealed:
        sealed.execute("UPDATE secrets SET sealed = substr(sealed, 2) WHERE secret_id = ?", (ids["pexels"],))
    with pytest.raises(AppError) as caught:
        await keys.lease(here.tenant, UUID(ids["pexels"]), job_id=uuid7(), host="api.pexels.com")
    errors.append(repr(caught.value.problem()))

    # crashes nobody foresaw, logged with their tracebacks
    for point in ("keyvault.sealed", "db.commit.before", "db.commit.after"):
        for act in (
            lambda: owner.give(canaries["openai"]),
            lambda: owner.ask("POST", f"/connections/{own}/key", json={"key": canaries["openai-compatible"]}),
        ):
            with failpoints.arm(f"{point}=raise"):
                assert (await act()).status_code == 500

    assert "request_failed" in logs.getvalue()
    assert [one for one in owner.heard + stranger.heard + nobody.heard if canaries.found_in(one)] == []
    assert not canaries.found_in(logs.getvalue().encode())
    assert not canaries.found_in("".join(errors).encode())
    assert not canaries.found_in(telemetry.metrics())
    assert not canaries.found_in((await here.client.get("/api/openapi.json")).content)
    assert not canaries.found_in(await dump(here))
    searched = list(files(tmp_path, await written_by(database_server)))
    assert [path for path in searched if canaries.found_in(path.read_bytes())] == []
    assert len(searched) > 100


async def test_the_search_would_have_found_a_key(here, canaries, logs, tmp_path, database_server):
    """The same search, where there is something to find: in a log line, a row and a file."""
    logging.getLogger("somebody").warning("the key is %s", canaries.mark)
    assert canaries.found_in(logs.getvalue().encode())
    async with here.database().unit_of_work(here.tenant) as uow:
        uow.audit("key.added", canaries.mark)
    assert canaries.found_in(await dump(here))
    for number, written in enumerate(
        (canaries.mark, quote(canaries.mark), canaries.mark.encode().hex(), canaries.mark[::-1])
    ):
        (tmp_path / f"leak-{number}").write_text(written)
    (tmp_path / "leak-base64").write_bytes(base64.b64encode(b"Bearer " + canaries.mark.encode()))
    found = {path.name for path in files(tmp_path) if canaries.found_in(path.read_bytes())}
    assert found >= {"leak-0", "leak-1", "leak-2", "leak-3", "leak-base64"}
    assert any(canaries.found_in(path.read_bytes()) for path in files(await written_by(database_server)))


def test_a_secret_prints_and_travels_as_nothing():
    secret = Secret("canary")
    shown = f"{secret} {secret!r} {secret:>20} {[secret]} {json.dumps({'a': str(secret)})} %s" % secret
    assert "canary" not in shown
    for impossible in (lambda: json.dumps(secret), lambda: pickle.dumps(secret), lambda: hash(secret)):
        with pytest.raises(TypeError):
            impossible()
