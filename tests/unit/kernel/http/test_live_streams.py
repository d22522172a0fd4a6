"""B54 and the rest of server-sent events, over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import routing

from kernel.auth import Credential
from kernel.http import sse
from kernel.ids import TenantId, uuid7
from kernel.testing.notes.service import Notes
from kernel.testing.studio import Member, RunningStudio

LIVE = "/api/v1/notes/live"


@pytest.fixture
async def base(notes_studio: RunningStudio) -> AsyncIterator[str]:
    async with notes_studio.served() as address:
        yield address


async def lines_until(lines: AsyncIterator[str], wanted: str) -> list[str]:
    """The lines up to one that holds `wanted`."""
    seen: list[str] = []
    async with asyncio.timeout(10):
        async for line in lines:
            seen.append(line)
            if wanted in line:
                return seen
    raise AssertionError(f"the stream ended after {seen}")


def connection(studio: RunningStudio, credential: Credential) -> sse.LiveConnection:
    state = studio.app.state
    return sse.LiveConnection(
        None,
        _streams=state.streams,
        _authenticator=state.authenticator,
        _credential=credential,
        _address="127.0.0.1",
    )


def tell(studio: RunningStudio, tenant: TenantId, text: str) -> None:
    studio.service(Notes).live.setdefault(tenant, asyncio.Queue()).put_nowait(text)


async def test_an_event_reaches_whoever_listens(notes_studio: RunningStudio, owner: Member, base: str) -> None:
    async with httpx2.AsyncClient(base_url=base, headers=owner.headers) as client, client.stream("GET", LIVE) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["x-accel-buffering"] == "no"
        tell(notes_studio, owner.tenant, "hello")
        assert await lines_until(stream.aiter_lines(), "id:") == ["event: note", 'data: "hello"', "id: 1"]


async def test_a_client_that_comes_back_says_what_it_had(notes_studio: RunningStudio, owner: Member, base: str) -> None:
    headers = owner.headers | {"last-event-id": "41"}
    async with httpx2.AsyncClient(base_url=base, headers=headers) as client, client.stream("GET", LIVE) as stream:
        assert await lines_until(stream.aiter_lines(), "data") == ["event: resumed", 'data: "41"']


async def test_silence_is_filled_with_comments(owner: Member, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert routing._PING_INTERVAL == 15.0
    monkeypatch.setattr(routing, "_PING_INTERVAL", 0.05)
    async with httpx2.AsyncClient(base_url=base, headers=owner.headers) as client, client.stream("GET", LIVE) as stream:
        assert await lines_until(stream.aiter_lines(), ":") == [": ping"]


async def test_b54_a_stream_ends_with_its_session_and_says_so(
    notes_studio: RunningStudio, owner: Member, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "CHECK_SECONDS", 0.2)
    async with httpx2.AsyncClient(base_url=base, headers=owner.headers) as client, client.stream("GET", LIVE) as stream:
        lines = stream.aiter_lines()
        tell(notes_studio, owner.tenant, "hello")
        await lines_until(lines, "id:")
        notes_studio.end_session(owner)
        assert "event: signed-out" in await lines_until(lines, "signed-out")
        async with asyncio.timeout(5):
            assert [line async for line in lines] == ["data: {}", ""]


async def test_a_process_that_is_to_stop_ends_its_streams_and_begins_none(
    notes_studio: RunningStudio, owner: Member, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "CHECK_SECONDS", 0.1)
    async with httpx2.AsyncClient(base_url=base, headers=owner.headers) as client:
        async with client.stream("GET", LIVE) as stream:
            notes_studio.composed.retire()
            async with asyncio.timeout(5):
                assert [line async for line in stream.aiter_lines()] == []
        refused = await client.get(LIVE)
        assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")


async def test_b54_nothing_of_another_workspace_is_heard(notes_studio: RunningStudio, owner: Member, base: str) -> None:
    other = notes_studio.as_member("owner", tenant=TenantId(uuid7()))
    async with httpx2.AsyncClient(base_url=base, headers=owner.headers) as client, client.stream("GET", LIVE) as stream:
        tell(notes_studio, other.tenant, "theirs")
        tell(notes_studio, owner.tenant, "mine")
        assert await lines_until(stream.aiter_lines(), "data") == ["event: note", 'data: "mine"']


async def test_b54_one_person_has_so_many_streams_and_no_more(
    notes_studio: RunningStudio, owner: Member, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "PER_USER", 3)
    colleague = notes_studio.as_member("viewer")
    async with httpx2.AsyncClient(base_url=base, headers=owner.headers) as client:
        streams = [client.stream("GET", LIVE) for _ in range(3)]
        for stream in streams:
            assert (await stream.__aenter__()).status_code == 200
        refused = await client.get(LIVE)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_streams")
        assert refused.headers["retry-after"] == "30"
        async with client.stream("GET", LIVE, headers=colleague.headers) as theirs:
            assert theirs.status_code == 200
        await streams[0].__aexit__(None, None, None)
        async with asyncio.timeout(5):
            while True:
                async with client.stream("GET", LIVE) as again:
                    if again.status_code == 200:
                        break
                await asyncio.sleep(0.02)
        for stream in streams[1:]:
            await stream.__aexit__(None, None, None)


async def test_b54_a_thousand_connections_are_cut_at_the_workspaces_share(
    notes_studio: RunningStudio,
) -> None:
    streams: sse.Streams = notes_studio.app.state.streams
    people = [notes_studio.as_member("viewer").caller for _ in range(50)]
    opened = 0
    with pytest.raises(sse.TooManyStreams):
        for number in range(1000):
            streams.open(people[number % 50])
            opened += 1
    assert opened == sse.PER_TENANT
    for number in range(opened):
        streams.close(people[number % 50])
    assert not streams._of


async def test_b54_without_a_valid_token_there_is_no_stream(notes_studio: RunningStudio) -> None:
    answer = await notes_studio.client.get(LIVE, headers={"authorization": "Bearer x"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_a_slow_reader_holds_the_source_back(owner: Member, notes_studio: RunningStudio) -> None:
    given = 0

    async def source() -> AsyncIterator[int]:
        nonlocal given
        while True:
            given += 1
            yield given

    authenticator = notes_studio.app.state.authenticator
    _, credential = await authenticator.authenticate(owner.headers["Authorization"], "127.0.0.1")
    live = connection(notes_studio, credential)
    watched = live.watch(source())
    assert await anext(watched) == 1
    await asyncio.sleep(0.1)
    assert given <= sse.AHEAD + 2
    await live.close()


async def test_an_error_of_the_source_ends_the_stream(owner: Member, notes_studio: RunningStudio) -> None:
    async def source() -> AsyncIterator[int]:
        yield 1
        raise LookupError("broken")

    authenticator = notes_studio.app.state.authenticator
    _, credential = await authenticator.authenticate(owner.headers["Authorization"], "127.0.0.1")
    live = connection(notes_studio, credential)
    with pytest.raises(LookupError, match="broken"):
        assert [thing async for thing in live.watch(source())] == [1]
    assert not live.signed_out
    await live.close()
