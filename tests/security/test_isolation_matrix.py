"""T1–T4: every operation of the API, attacked from the workspace next door.

The operations are those of contracts/openapi.json, what is done to each says `isolation_rows`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from isolation_rows import OPERATIONS, ROWS, Foreign, Lists, Own, Public, Refers, of, parameters
from neighbours import Neighbours, anybody, done, neighbours, storyboard, told
from neighbours import document as film_of

from kernel.testing.postgres import DatabaseServer
from services.auth.testing import Browser

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


#: these change the caller's own workspace, so each gets one of its own
ALONE = [name for name in of(Own) if ROWS[name].last or ROWS[name].body is not None]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(
    database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory, studio: Any
) -> AsyncIterator[Neighbours]:
    folder = tmp_path_factory.mktemp("isolation")
    async with neighbours(database_server, folder, studio.photo(7).read_bytes(), spare=len(ALONE)) as both:
        yield both


async def untouched(here: Neighbours, *, but: tuple[str, ...] = ()) -> bool:
    assert await here.changed() <= set(but)
    return True


def filled(value: Any, names: dict[str, str]) -> Any:
    """A body or path with the things in braces named."""
    written = json.dumps(value)
    for name, found in names.items():
        written = written.replace(f"{{{name}}}", found)
    return json.loads(written)


def of_nobody(here: Neighbours) -> dict[str, str]:
    """Like what was planted, for each thing something that isn't there."""
    made = {name: anybody(name) for name in here.planted}
    return made | {"invited": "nobody-there@example.com", "mark": "nothing-at-all", "nothing": anybody("")}


def of_b(here: Neighbours) -> dict[str, str]:
    email = f"bea-{here.mark}@example.com"
    return here.planted | {"mark": here.mark, "email": email, "nothing": anybody("")}


async def ask(browser: Browser, operation: str, names: dict[str, str], row: Any, body: Any = None) -> httpx2.Response:
    method, path, _ = OPERATIONS[operation]
    for name, value in names.items():
        path = path.replace(f"{{{name}}}", value)
    more: dict[str, Any] = {"headers": dict(getattr(row, "headers", {}))}
    if getattr(row, "content", None) is not None:
        more |= {"content": row.content, "headers": {"Content-Type": "application/octet-stream"}}
    if path.startswith("/api/v1"):
        return await browser.call(method, path.removeprefix("/api/v1"), body, **more)
    return await browser.client.request(method, path)


@pytest.mark.parametrize("operation", of(Foreign))
async def test_t1_an_id_of_another_workspace_is_answered_as_one_of_nothing(here: Neighbours, operation: str) -> None:
    row = ROWS[operation]
    assert isinstance(row, Foreign)
    assert set(row.ids) == set(parameters(operation)), "each parameter of the path is attacked"
    for chosen in itertools.product(*row.ids.values()):
        theirs, nobodys = {}, {}
        for parameter, name in zip(row.ids, chosen, strict=True):
            fixed = name.removeprefix("=") if name.startswith("=") else None
            theirs[parameter] = fixed or here.planted[name]
            nobodys[parameter] = fixed or anybody(name)
        foreign = await ask(here.a, operation, theirs, row, row.body)
        unknown = await ask(here.a, operation, nobodys, row, row.body)

        assert foreign.status_code == row.status, foreign.text
        sent = [{value for value in names.values() if value != "1"} for names in (theirs, nobodys)]
        assert told(foreign, sent[0]) == told(unknown, sent[1])
        assert len(foreign.content) == len(unknown.content)
        assert here.leaks(foreign, theirs.values()) == []
    assert await untouched(here)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/videos/{own video}/shares/{share}"),
        ("DELETE", "/videos/{video}/shares/{own share}"),
        ("GET", "/storyboards/{storyboard}/versions/1"),
        ("PUT", "/uploads/{upload}/parts/1"),
        ("GET", "/jobs?storyboard_id={storyboard}"),
    ],
)
async def test_t2_a_thing_of_one_workspace_below_a_thing_of_the_other_is_not_there(
    here: Neighbours, method: str, path: str
) -> None:
    own = {f"own {name}": value for name, value in here.own.items()}
    answers = []
    for names in (here.planted, of_nobody(here)):
        address = filled(path, own | names)
        content = {"content": b"x", "headers": {"Content-Type": "application/octet-stream"}} if method == "PUT" else {}
        answers.append((await here.a.call(method, address, **content), [*names.values(), *own.values()]))
    (foreign, _), (unknown, _) = answers
    assert foreign.status_code == (200 if "?" in path else 404)
    assert told(foreign) == told(unknown)
    assert here.leaks(foreign) == []
    assert await untouched(here)
    shares = await done(here.a, "GET", f"/videos/{here.own['video']}/shares")
    assert [share["id"] for share in shares["items"]] == [here.own["share"]]


@pytest.mark.parametrize("operation", of(Refers))
async def test_t3_a_body_that_names_another_workspaces_thing_is_answered_as_one_that_names_nothing(
    here: Neighbours, operation: str
) -> None:
    row = ROWS[operation]
    assert isinstance(row, Refers)
    for body in row.bodies:
        theirs, nobodys = of_b(here), of_nobody(here)
        foreign = await ask(here.a, operation, {}, row, filled(body, theirs))
        unknown = await ask(here.a, operation, {}, row, filled(body, nobodys))
        assert foreign.status_code == row.status, foreign.text
        if row.status == 201:
            continue  # made something of A's own; what it may be used for comes next
        assert told(foreign, theirs.values()) == told(unknown, nobodys.values())
        assert len(foreign.content) == len(unknown.content)
        assert here.leaks(foreign, theirs.values()) == []
    assert await untouched(here)


@pytest.mark.parametrize("place", ["visual", "logo", "music", "narration", "overlay"])
async def test_t3_a_storyboard_that_names_anothers_file_can_not_be_timed_or_made(here: Neighbours, place: str) -> None:
    heard = []
    for asset in (here.planted["asset"], anybody("asset")):
        reference, content = f"asset:{asset}", film_of("x")
        scene = content["scenes"][0]
        if place == "visual":
            content = film_of("x", asset)
        elif place == "logo":
            content["brand"] = {"logo": reference}
        elif place == "music":
            content["music"] = {"src": reference}
        elif place == "narration":
            scene["narration"] = {"text": "Tea.", "src": reference}
        else:
            scene["overlays"] = [{"type": "image", "src": reference, "start": 0, "duration": 0.5}]
        board = await storyboard(here.a, content)
        estimate = await here.a.post(f"/storyboards/{board}/estimate")
        job = await here.a.post("/jobs", {"storyboard_id": board})
        for answer in (estimate, job):
            assert (answer.status_code, answer.json()["code"]) == (422, "unknown_reference")
        heard.append([told(answer, [asset]) for answer in (estimate, job)])
        assert here.leaks(job, [asset]) == here.leaks(estimate, [asset]) == []
    assert heard[0] == heard[1]
    assert await untouched(here)


@pytest.mark.parametrize("operation", of(Lists))
async def test_t4_a_list_holds_only_the_callers_whatever_it_is_asked_for(here: Neighbours, operation: str) -> None:
    row = ROWS[operation]
    assert isinstance(row, Lists)
    _, path, _ = OPERATIONS[operation]
    for query in (*row.queries, *row.nothing):
        names = of_b(here)
        address = path.removeprefix("/api/v1") + filled(query, names)
        for _ in range(20):
            answer = await here.a.get(address)
            assert answer.status_code == 200, answer.text
            assert here.leaks(answer, [address]) == [], query
            body = answer.json()
            if query in row.nothing:
                assert body["items"] == [], query
            if not body.get("next"):
                break
            address = f"{path.removeprefix('/api/v1')}{query or '?'}&cursor={body['next']}"
    assert await untouched(here)


SMUGGLED = ("tenant_id", "tenant", "tid", "workspace_id", "workspace", "user_id", "owner_id", "sub")


@pytest.mark.parametrize("operation", sorted(of(Own), key=lambda name: ROWS[name].last))
async def test_t6_what_takes_no_id_works_on_the_callers_own_though_the_request_names_another(
    here: Neighbours, operation: str
) -> None:
    row = ROWS[operation]
    assert isinstance(row, Own)
    if not row.status:
        return
    method, path, _ = OPERATIONS[operation]
    browser = here.a
    if operation in ALONE:
        browser = here.spares.pop()
    theirs = here.planted["workspace"]
    query = "&".join(f"{name}={theirs}" for name in SMUGGLED)
    headers = {"X-Tenant-Id": theirs, "X-Workspace-Id": theirs, "X-User-Id": here.planted["owner"], "X-Tenant": theirs}
    cookie = {"Cookie": "; ".join(f"{name}={theirs}" for name in SMUGGLED)} if operation != "auth_refresh" else {}
    headers |= cookie
    address = f"{path.removeprefix('/api/v1')}?{query}"
    answer = await browser.call(method, address, row.body, headers=headers)
    assert answer.status_code in row.status, answer.text
    assert here.leaks(answer) == []
    assert await untouched(here)


@pytest.mark.parametrize("operation", of(Public))
async def test_t1_what_is_for_everybody_tells_nothing_of_a_workspace(here: Neighbours, operation: str) -> None:
    row = ROWS[operation]
    assert isinstance(row, Public)
    assert set(row.path) == set(parameters(operation))
    stranger = here.house.browser()
    theirs, nobodys = of_b(here), of_nobody(here)
    foreign = await ask(stranger, operation, filled(row.path, theirs), row, filled(row.body, theirs))
    unknown = await ask(stranger, operation, filled(row.path, nobodys), row, filled(row.other, nobodys))
    assert foreign.status_code == row.status, foreign.text
    assert here.leaks(foreign, theirs.values()) == []
    if "challenge" not in operation:
        assert told(foreign, theirs.values()) == told(unknown, nobodys.values())
    assert await untouched(here, but=row.may_change)


async def test_t1_after_all_attacks_the_victims_waiting_job_becomes_its_film(here: Neighbours) -> None:
    """B goes on as if nothing had happened; by this the search for B's bytes is known to find them."""
    await here.house.running.drain()
    answer = await here.b.get(f"/videos/{here.planted['waiting video']}")
    assert answer.json()["status"] == "ready"
    assert len(here.leaks(answer)) > 2
    assert "orchestrator.jobs" in await here.changed()
