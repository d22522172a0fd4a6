"""Keyvault over HTTP: keys come in, and never go out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest

from adapters.keys_sealed import FileMasterKeys, SealedKeys
from adapters.limits_memory import MemoryLimits
from contracts.clients.keys import Keys
from contracts.permissions import SCOPES_OF
from kernel.ids import TenantId, uuid7
from kernel.ports import Limit, LimiterDown, Verdict
from kernel.secret import Secret
from kernel.service import StartRefused
from kernel.settings import Settings
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import RunningStudio, studio
from kernel.testing.web import LocalWeb, reply
from services.keyvault.service import SPEC

KEY = "sk-test-0123456789abcdefWXYZ"


class StudioSettings(Settings):
    outbound_allow: tuple[str, ...] = ()


class Down:
    async def take(self, bucket: str, limit: Limit, cost: int = 1) -> Verdict:
        raise LimiterDown


@pytest.fixture
def store(tmp_path: Path):
    store = SealedKeys(tmp_path / "keys", FileMasterKeys(tmp_path / "master.key"))
    yield store
    store.close()


@pytest.fixture
async def provider() -> AsyncIterator[LocalWeb]:
    async with LocalWeb(lambda asked: reply(200, b'{"data": []}')) as web:
        yield web


@pytest.fixture
def run(database_server: DatabaseServer, tmp_path: Path, store, provider):
    """Runs keyvault, which may ask the local provider."""

    def start(**options):
        settings = StudioSettings(outbound_allow=(f"127.0.0.1:{provider.port}",))
        return studio(
            SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF, keys=store, settings=settings, **options
        )

    return start


@pytest.fixture
async def here(run) -> AsyncIterator[RunningStudio]:
    async with run() as running:
        yield running


def own_server(provider: LocalWeb) -> dict[str, str]:
    return {
        "connector": "openai-compatible",
        "key": "token-0123456789",
        "base_url": f"http://127.0.0.1:{provider.port}/v1",
    }


async def test_a_key_is_given_shown_masked_tried_replaced_renamed_and_destroyed(here, provider):
    owner = here.as_member("owner").client
    made = await owner.post("/api/v1/connections", json={**own_server(provider), "name": "Mine"})
    assert made.status_code == 201
    given = made.json()
    assert given | {"connector": "openai-compatible", "name": "Mine", "last_four": "6789", "version": 1} == given
    assert (given["state"], given["last_used_at"]) == ("unknown", None)
    path = f"/api/v1/connections/{given['id']}"
    tried = await owner.post(f"{path}/test")
    assert (tried.status_code, tried.json()["outcome"]) == (200, "valid")
    assert provider.asked[0].headers["authorization"] == "Bearer token-0123456789"
    assert (await owner.get("/api/v1/connections")).json()["items"][0]["state"] == "works"
    replaced = (await owner.post(f"{path}/key", json={"key": "another-0000001234"})).json()
    assert (replaced["last_four"], replaced["version"], replaced["state"]) == ("1234", 2, "unknown")
    changed = (await owner.patch(path, json={"name": "Ours", "enabled": False})).json()
    assert (changed["name"], changed["state"]) == ("Ours", "disabled")
    assert (await owner.delete(path)).status_code == 204
    assert (await owner.get("/api/v1/connections")).json() == {"items": [], "next": None}


async def test_connectors_tell_what_they_unlock_and_where_a_key_comes_from(here):
    viewer, editor = here.as_member("viewer").client, here.as_member("editor").client
    connectors = {one["id"]: one for one in (await editor.get("/api/v1/connectors")).json()["items"]}
    assert connectors["pexels"]["unlocks"] == ["image.search", "video.search"]
    assert connectors["pexels"]["key_page"].startswith("https://")
    assert [one["id"] for one in connectors.values() if one["takes_base_url"]] == ["openai-compatible"]
    assert (await viewer.get("/api/v1/connectors")).json()["code"] == "missing_scope"


async def test_editors_see_keys_and_only_owners_touch_them(here, provider):
    owner, editor = here.as_member("owner").client, here.as_member("editor").client
    path = f"/api/v1/connections/{(await owner.post('/api/v1/connections', json=own_server(provider))).json()['id']}"
    assert len((await editor.get("/api/v1/connections")).json()["items"]) == 1
    for answer in (
        await editor.post("/api/v1/connections", json=own_server(provider)),
        await editor.post(f"{path}/key", json={"key": KEY}),
        await editor.post(f"{path}/test"),
        await editor.patch(path, json={"enabled": False}),
        await editor.delete(path),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")


@pytest.mark.parametrize(
    "key",
    [
        "",
        "sk-short",
        KEY + "\n",
        " " + KEY,
        "sk-test-0123456789 abcdefWXYZ",
        "sk-" + "x" * 10_000,
        KEY + "é",
        "sk-\u202e" + KEY,
    ],
)
async def test_b24_what_can_not_be_a_key_is_refused_and_not_repeated(here, key):
    answer = await here.as_member("owner").client.post("/api/v1/connections", json={"connector": "openai", "key": key})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_key_format")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/key"]
    assert not key.strip() or key.strip() not in answer.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"connector": "openai"}, "missing"),
        ({"connector": "openai", "key": ["sk-canary"]}, "invalid_value"),
        ({"connector": "openai", "key": None}, "invalid_value"),
        ({"connector": "myspace", "key": KEY}, "unknown_choice"),
        ({"connector": "openai", "key": KEY, "tenant_id": "x"}, "unknown_field"),
        ({"connector": "openai", "key": KEY, "name": "x" * 81}, "too_long"),
        ({"connector": "openai", "key": KEY, "name": "\u0000"}, "invalid_text"),
        ({"connector": "openai", "key": KEY, "base_url": "https://a.example"}, "unknown_field"),
        ({"connector": "openai-compatible", "key": KEY}, "missing"),
        ({"connector": "openai-compatible", "key": KEY, "base_url": "https://10.0.0.1/"}, "url_not_allowed"),
    ],
)
async def test_a_connection_that_makes_no_sense_is_refused_and_keeps_nothing(here, body, code):
    owner = here.as_member("owner")
    answer = await owner.client.post("/api/v1/connections", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert KEY not in answer.text
    assert "canary" not in answer.text
    assert (await owner.client.get("/api/v1/connections")).json()["items"] == []
    assert await here.ports.keys.held(here.tenant) == []


async def test_anothers_connection_is_answered_like_one_that_never_was(here, provider):
    owner, attacker = here.as_member("owner"), here.as_member("owner", tenant=TenantId(uuid7()))
    theirs = (await owner.client.post("/api/v1/connections", json=own_server(provider))).json()["id"]

    async def answers(connection_id: str) -> list[tuple[int, dict]]:
        path, client = f"/api/v1/connections/{connection_id}", attacker.client
        return [
            (answer.status_code, {**answer.json(), "request_id": None})
            for answer in (
                await client.post(f"{path}/key", json={"key": KEY}),
                await client.post(f"{path}/test"),
                await client.patch(path, json={"name": "x"}),
                await client.delete(path),
            )
        ]

    assert await answers(theirs) == await answers(str(uuid7())) == await answers("not-an-id")
    assert (await attacker.client.get("/api/v1/connections")).json()["items"] == []
    assert [one["id"] for one in (await owner.client.get("/api/v1/connections")).json()["items"]] == [theirs]
    assert provider.asked == []


async def test_keys_are_listed_page_by_page_newest_first(here, provider):
    owner = here.as_member("owner").client
    made = [(await owner.post("/api/v1/connections", json=own_server(provider))).json()["id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        page = (
            await owner.get("/api/v1/connections", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))
        ).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == made[::-1]


async def test_the_keys_question_is_answered_by_the_service(here, provider):
    owner = here.as_member("owner")
    made = (await owner.client.post("/api/v1/connections", json=own_server(provider))).json()
    value = await here.composed.ask(Keys).lease(here.tenant, UUID(made["id"]), job_id=uuid7(), host="127.0.0.1")
    assert value == Secret("token-0123456789")
    assert (await owner.client.get("/api/v1/connections")).json()["items"][0]["last_used_at"] is not None


async def test_t23_key_tests_are_limited_by_workspace(run, provider):
    async with run(limits=MemoryLimits()) as here:
        owner = here.as_member("owner").client
        path = (
            f"/api/v1/connections/{(await owner.post('/api/v1/connections', json=own_server(provider))).json()['id']}"
        )
        statuses = [(await owner.post(f"{path}/test")).status_code for _ in range(12)]
        assert statuses == [200] * 10 + [429] * 2
        assert len(provider.asked) == 10


async def test_without_a_limiter_keys_are_listed_and_not_tried(run, provider):
    async with run(limits=Down()) as here:
        owner = here.as_member("owner").client
        path = (
            f"/api/v1/connections/{(await owner.post('/api/v1/connections', json=own_server(provider))).json()['id']}"
        )
        assert (await owner.get("/api/v1/connections")).status_code == 200
        answer = await owner.post(f"{path}/test")
        assert (answer.status_code, answer.json()["code"]) == (503, "limiter_unavailable")
        assert provider.asked == []


async def test_keyvault_does_not_start_without_a_store_or_with_a_wrong_allow_list(database_server, tmp_path, store):
    for keys, allow, said in ((None, (), "store of keys"), (store, ("everywhere",), "KEYREEL_OUTBOUND_ALLOW")):
        settings = StudioSettings(outbound_allow=allow)
        with pytest.raises(StartRefused, match=said):
            async with studio(SPEC, server=database_server, folder=tmp_path, keys=keys, settings=settings):
                pass
