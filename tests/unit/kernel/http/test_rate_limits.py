"""Rate limits: what they say, whom they hold apart, and what happens while the limiter is down."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.limits_memory import MemoryLimits
from kernel.auth import UNKNOWN_TOKENS
from kernel.http.limits import READS, WRITES
from kernel.ids import TenantId, uuid7
from kernel.ports import Limit, LimiterDown, Verdict
from kernel.testing.notes.service import ROLES, SPEC
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import RunningStudio, studio


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Down:
    """A limiter that does not answer."""

    async def take(self, bucket: str, limit: Limit, cost: int = 1) -> Verdict:
        raise LimiterDown


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def limited(database_server: DatabaseServer, tmp_path: Path, clock: Clock) -> AsyncIterator[RunningStudio]:
    limits = MemoryLimits(clock=clock)
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=ROLES, limits=limits) as running:
        yield running


async def test_after_the_burst_a_request_is_told_when_to_come_back(limited: RunningStudio, clock: Clock) -> None:
    for remaining in (2, 1, 0):
        answer = await limited.client.post("/api/v1/guess")
        assert answer.status_code == 200
        assert answer.headers["ratelimit"].startswith(f'"guess";r={remaining};')
        assert answer.headers["ratelimit-policy"] == '"guess";q=3;w=3'
    refused = await limited.client.post("/api/v1/guess")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit"] == '"guess";r=0;t=1'
    assert refused.json()["detail"].endswith("try again in 1 second.")
    clock.seconds += 1
    assert (await limited.client.post("/api/v1/guess")).status_code == 200


async def test_a_refused_request_costs_nothing(limited: RunningStudio, clock: Clock) -> None:
    for _ in range(20):
        await limited.client.post("/api/v1/guess")
    clock.seconds += 1
    assert (await limited.client.post("/api/v1/guess")).status_code == 200


async def test_t23_every_signed_in_request_counts_for_its_own_token(limited: RunningStudio) -> None:
    first, second = limited.as_member("owner"), limited.as_member("owner", tenant=TenantId(uuid7()))
    for _ in range(READS.burst):
        assert (await first.client.get("/api/v1/whoami")).status_code == 200
    assert (await first.client.get("/api/v1/whoami")).status_code == 429
    assert (await second.client.get("/api/v1/whoami")).status_code == 200


async def test_reads_and_writes_have_buckets_of_their_own(limited: RunningStudio) -> None:
    owner = limited.as_member("owner")
    for number in range(WRITES.burst):
        assert (await owner.client.post("/api/v1/notes", json={"text": str(number)})).status_code == 201
    assert (await owner.client.post("/api/v1/notes", json={"text": "one more"})).status_code == 429
    read = await owner.client.get("/api/v1/whoami")
    assert read.status_code == 200
    assert read.headers["ratelimit-policy"] == f'"reads";q={READS.burst};w={READS.window}'


async def test_a_request_that_is_refused_for_its_permission_counts_as_well(limited: RunningStudio) -> None:
    viewer = limited.as_member("viewer")
    for _ in range(WRITES.burst):
        assert (await viewer.client.post("/api/v1/notes", json={"text": "a"})).status_code == 403
    assert (await viewer.client.post("/api/v1/notes", json={"text": "a"})).status_code == 429


async def test_api_tokens_can_not_be_guessed_quickly(limited: RunningStudio) -> None:
    answers = [
        (await limited.client.get("/api/v1/whoami", headers={"authorization": f"Bearer kr_{number}"})).status_code
        for number in range(UNKNOWN_TOKENS.burst + 1)
    ]
    assert answers == [401] * UNKNOWN_TOKENS.burst + [429]
    assert (await limited.as_member("owner").client.get("/api/v1/whoami")).status_code == 200


async def test_while_the_limiter_is_down_reads_go_on_and_guesses_stop(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=ROLES, limits=Down()) as s:
        owner = s.as_member("owner")
        assert (await owner.client.get("/api/v1/notes")).status_code == 200
        assert (await owner.client.post("/api/v1/notes", json={"text": "a"})).status_code == 201
        guess = await s.client.post("/api/v1/guess")
        assert (guess.status_code, guess.json()["code"]) == (503, "limiter_unavailable")
        assert int(guess.headers["retry-after"]) > 0
