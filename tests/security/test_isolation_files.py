"""Files, pages and streams of the workspace next door (T5, T10, T11, T12, T21, T26) and what time tells (T35)."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator
from time import perf_counter
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from isolation_rows import OPERATIONS, Lists, of
from neighbours import Neighbours, anybody, document, done, neighbours, storyboard, told, upload
from sqlalchemy import text

from kernel.testing.postgres import DatabaseServer
from services.auth.testing import Browser

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

PAGED = [
    name for name in of(Lists) if any(one["name"] == "cursor" for one in OPERATIONS[name][2].get("parameters", ()))
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(
    database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory, studio: Any
) -> AsyncIterator[Neighbours]:
    folder = tmp_path_factory.mktemp("isolation")
    async with neighbours(database_server, folder, studio.photo(7).read_bytes()) as both:
        for number in range(2):
            added = {"connector": "openai", "key": f"sk-0123456789abcdefghij{number}{both.mark}"}
            await done(both.b, "POST", "/connections", added)
            await done(both.b, "POST", "/api-tokens", {"name": both.mark, "scopes": ["videos:read"]})
            invited = {"email": f"{number}-{both.mark}@example.com", "role": "viewer"}
            await done(both.b, "POST", "/invitations", invited)
        await upload(both.b, studio.photo(8).read_bytes(), f"{both.mark} again.jpg")
        await both.look()
        yield both


async def object_keys(here: Neighbours, browser: Browser) -> list[str]:
    async with here.house.running.database("storage").unit_of_work(browser.workspace) as uow:
        return list(await uow.session.scalars(text("SELECT object_key FROM assets")))


@pytest.mark.parametrize("operation", PAGED)
async def test_t5_a_cursor_of_another_workspace_opens_no_page(here: Neighbours, operation: str) -> None:
    path = OPERATIONS[operation][1].removeprefix("/api/v1")
    cursor = (await done(here.b, "GET", f"{path}?limit=1"))["next"]
    assert cursor, "B has more than one of everything"
    answer = await here.a.get(f"{path}?limit=1&cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")
    assert here.leaks(answer) == []


async def test_t5_an_idempotency_key_of_another_workspace_makes_ones_own_job(here: Neighbours) -> None:
    boards = [await storyboard(one, document("x")) for one in (here.a, here.b)]
    key = {"Idempotency-Key": "the same for both"}
    theirs = await here.b.post("/jobs", {"storyboard_id": boards[1]}, headers=key)
    own = await here.a.post("/jobs", {"storyboard_id": boards[0]}, headers=key)
    assert (theirs.status_code, own.status_code) == (201, 201), own.text
    assert own.json()["id"] != theirs.json()["id"]
    assert "idempotency-replayed" not in {name.lower() for name in own.headers}
    assert here.leaks(own) == []
    for browser, job in ((here.a, own), (here.b, theirs)):
        await done(browser, "POST", f"/jobs/{job.json()['id']}/cancel")
    await here.look()


async def test_t5_an_etag_of_another_workspaces_storyboard_saves_nothing(here: Neighbours) -> None:
    tag = (await here.b.get(f"/storyboards/{here.planted['storyboard']}")).headers["etag"]
    path = f"/storyboards/{here.planted['storyboard']}"
    answer = await here.a.call("PUT", path, {"document": document("taken")}, headers={"If-Match": tag})
    assert answer.status_code == 404
    assert await here.changed() == set()


@pytest.mark.parametrize(
    "name",
    [
        "../{theirs}/assets/x.jpg",
        "..%2f{theirs}%2fx.jpg",
        "t/{theirs}/x.jpg",
        "．．／{theirs}／x.jpg",
        "..\\{theirs}\\x.jpg",
    ],
)
async def test_t10_no_name_of_a_file_leads_out_of_the_own_workspace(here: Neighbours, name: str) -> None:
    wanted = {"filename": name.format(theirs=here.b.workspace), "bytes": 4, "content_type": "image/jpeg"}
    answer = await here.a.post("/uploads", wanted)
    assert answer.status_code in (201, 422)
    if answer.status_code == 201:
        sent = await here.a.call("PUT", f"/uploads/{answer.json()['id']}/parts/1", content=b"evil")
        assert sent.status_code == 200
    keys = await object_keys(here, here.a)
    assert keys
    assert all(key.startswith(f"t/{here.a.workspace}/") for key in keys)
    assert await here.changed() == set()


@pytest.mark.parametrize(
    "spelling", ["{id}", "{ID}", "../{id}", "..%2f{id}", "%2e%2e/{id}", "{hex}", "{{{id}}}", "urn:uuid:{id}"]
)
async def test_t10_no_spelling_of_anothers_upload_takes_a_part(here: Neighbours, spelling: str) -> None:
    theirs = UUID(here.planted["upload"])
    written = spelling.format(id=theirs, ID=str(theirs).upper(), hex=theirs.hex)
    for method, path in (
        ("PUT", f"/uploads/{written}/parts/1"),
        ("GET", f"/uploads/{written}"),
        ("DELETE", f"/uploads/{written}"),
    ):
        answer = await here.a.call(method, path, **({"content": b"evil"} if method == "PUT" else {}))
        assert answer.status_code in (404, 405), answer.text
    assert await here.changed() == set()


def rebuilt(address: str, change: Any) -> str:
    """A media address whose signed bytes were changed, its signature kept."""
    _, _, token, name = address.split("/", 3)
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw = change(raw)
    return f"/media/{base64.urlsafe_b64encode(bytes(raw)).decode().rstrip('=')}/{name}"


async def test_t11_an_address_of_a_file_can_not_be_turned_into_one_of_another_workspaces(here: Neighbours) -> None:
    own, theirs = here.own["media"], here.planted["media"]
    tenant, asset = here.b.workspace.bytes, here.planted["asset"].encode()
    client = here.house.browser().client
    assert (await client.get(own)).status_code == (await client.get(theirs)).status_code == 200
    forged = [
        rebuilt(own, lambda raw: raw[:20] + tenant + raw[36:]),  # mac[16] expiry[4] tenant[16] share[16] key
        rebuilt(own, lambda raw: raw[:20] + tenant + raw[36:52] + b"assets/" + asset),
        rebuilt(own, lambda raw: raw[:52] + b"../" + str(here.b.workspace).encode() + b"/assets/" + asset),
        rebuilt(theirs, lambda raw: raw[:16] + b"\xff" * 4 + raw[20:]),
        rebuilt(theirs, lambda raw: bytes(16) + raw[16:]),
        theirs.rpartition("/")[0] + "/another.jpg",
        "/media/" + own.split("/")[2] + "/" + theirs.split("/")[3],
    ]
    for address in forged:
        answer = await client.get(address)
        assert (answer.status_code, answer.json()["code"]) == (403, "media_address_invalid"), address
    for method in ("PUT", "POST", "DELETE", "PATCH"):
        assert (await client.request(method, theirs, content=b"evil")).status_code == 405
    assert await here.changed() == set()


async def test_t12_what_is_stored_can_neither_be_listed_nor_guessed(here: Neighbours) -> None:
    client = here.house.browser().client
    key = f"t/{here.b.workspace}/assets/{here.planted['asset']}"
    places = ["/media", "/media/", f"/media/{key}", f"/media/t/{here.b.workspace}", f"/{key}", f"/objects/{key}"]
    places += [f"/state/objects/{key}", f"/..%2f..%2fobjects/{key}", "/api/v1/media", f"/api/v1/objects?prefix={key}"]
    picture = (await client.get(here.planted["media"])).content
    for place in places:
        answer = await client.get(place)
        assert answer.status_code in (403, 404) or "text/html" in answer.headers["content-type"], place
        assert picture[:64] not in answer.content
        assert here.leaks(answer, [place]) == []


async def test_t21_uploading_what_another_workspace_has_tells_nothing_and_gives_nothing(here: Neighbours) -> None:
    client = here.house.browser().client
    theirs = (await client.get(here.planted["media"])).content
    heard = []
    for data in (theirs, theirs[:-1] + bytes([theirs[-1] ^ 1])):
        wanted = {"filename": "a.jpg", "bytes": len(data), "content_type": "image/jpeg"}
        begun = await here.a.post("/uploads", wanted | {"sha256": hashlib.sha256(data).hexdigest()})
        sent_to = begun.json()["id"]
        assert begun.json()["received"] == []
        sent = await here.a.call("PUT", f"/uploads/{sent_to}/parts/1", content=data)
        parts = {"parts": [{"number": 1, "etag": sent.json()["etag"]}]}
        kept = await here.a.post(f"/uploads/{sent_to}/complete", parts)
        heard.append([told(begun)[:2], told(sent)[:2], told(kept)[:2], sorted(kept.json()), kept.json()["state"]])
        heard[-1][0][1].pop("location")
    assert heard[0] == heard[1]
    assert len(set(await object_keys(here, here.a)) & set(await object_keys(here, here.b))) == 0
    assert await here.changed() == set()


async def test_t26_a_stream_tells_nothing_of_another_workspace_also_not_from_its_last_event(here: Neighbours) -> None:
    async with here.house.running.database("notifications").system() as uow:
        theirs = await uow.session.scalar(
            text("SELECT min(seq) FROM live_events WHERE tenant_id = :tenant"), {"tenant": here.b.workspace}
        )
    assert theirs
    async with here.house.running.served() as address, httpx2.AsyncClient(base_url=address, timeout=60) as client:
        for last in (None, str(theirs - 1), "0", str(theirs)):
            headers = {"Authorization": f"Bearer {here.a.session['access_token']}"}
            headers |= {"Last-Event-ID": last} if last is not None else {}
            query = f"?channel={here.b.workspace}&tenant={here.b.workspace}&job_id={here.planted['job']}"
            heard = b""
            async with client.stream("GET", f"/api/v1/events{query}", headers=headers) as stream:
                assert stream.status_code == 200
                chunks = stream.aiter_raw()
                for browser in (here.b, here.a):
                    board = await storyboard(browser, document(f"{here.mark if browser is here.b else 'own'} {last}"))
                    await here.house.running.background.drain()
                    await done(browser, "POST", f"/videos/{board}/trash")
                await here.house.running.drain()
                with contextlib.suppress(TimeoutError, StopAsyncIteration):
                    async with asyncio.timeout(1):
                        while True:
                            heard += await anext(chunks)
            assert b"data:" in heard
            assert here.known_in(heard) == []
    await here.look()


@pytest.mark.parametrize(
    "path", ["/assets/{asset}", "/videos/{video}", "/jobs/{job}", "/connections/{connection}/test"]
)
async def test_t35_time_does_not_tell_anothers_id_from_one_of_nothing(here: Neighbours, path: str) -> None:
    """The area under the ROC curve of a guess by time: 0.5 is a coin. Once more with more samples if in doubt."""
    name = path.partition("{")[2].partition("}")[0]
    method = "POST" if path.endswith("test") else "GET"

    async def auc(pairs: int) -> float:
        times: dict[bool, list[float]] = {True: [], False: []}
        for _ in range(pairs):
            for foreign in random.sample((True, False), 2):
                address = path.format(**{name: here.planted[name] if foreign else anybody(name)})
                began = perf_counter()
                answer = await here.a.call(method, address)
                times[foreign].append(perf_counter() - began)
                assert answer.status_code == 404
        wins = sum((a > b) + (a == b) / 2 for a in times[True] for b in times[False]) / pairs**2
        return max(wins, 1 - wins)

    await auc(10)  # caches and connections are warm
    measured = await auc(150)
    if measured > 0.6:
        measured = await auc(500)
    assert measured <= 0.6
