"""A whole studio with two workspaces in it: A attacks, B has everything there is, with a canary in every text.

async with neighbours(database_server, tmp_path) as here:
    answer = await here.a.get(f"/videos/{here.planted['video']}")
    assert here.leaks(answer) == []
    assert await here.state() == here.before
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
from sqlalchemy import text

from adapters.keys_sealed import FileMasterKeys, SealedKeys
from kernel.ids import TenantId, uuid7
from kernel.ports import Limits
from kernel.testing.postgres import DatabaseServer
from keyreel.studio.services import specs
from keyreel.studio.settings import StudioSettings
from services.auth.testing import Browser, House, house

UUIDS = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
#: a plan with share links and many videos
PLAN = "pro"

_TABLES = """
    SELECT c.relname, bool_or(a.attname = 'tenant_id') FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND a.attnum > 0 GROUP BY 1 ORDER BY 1
"""


class Neighbours:
    """`a` and `b` are the owners' browsers; `planted` are ids and tokens of B's things by name, `own` A's."""

    def __init__(self, here: House, folder: Path) -> None:
        self.house = here
        self.folder = folder
        #: in every text of B and in nothing else in the world
        self.mark = "canary" + secrets.token_hex(8)
        self.a: Browser
        self.b: Browser
        self.spares: list[Browser] = []
        self.planted: dict[str, str] = {}
        self.own: dict[str, str] = {}
        self.before: dict[str, str] = {}
        self._needles: set[bytes] = set()

    # -- what B has ----------------------------------------------------------------------------------------------------

    async def rows(self, tenant: TenantId, about: Iterable[str] = ()) -> dict[str, list[str]]:
        """Every row of a tenant in every service's tables, and those of no tenant that name one of `about`."""
        found: dict[str, list[str]] = {}
        for service, database in self.house.running.databases.items():
            async with database.system() as uow:
                for table, tenants in (await uow.session.execute(text(_TABLES))).all():
                    which = "tenant_id = :tenant" if tenants else "t::text ~ :about"
                    rows = await uow.session.scalars(
                        text(f'SELECT to_jsonb(t)::text FROM "{table}" t WHERE {which} ORDER BY 1'),
                        {"tenant": tenant} if tenants else {"about": "|".join(about) or "nobody"},
                    )
                    found[f"{service}.{table}"] = list(rows)
        return found

    async def state(self) -> dict[str, str]:
        """What B has, as a hash a table and one of all objects: equal when nothing was changed."""
        found = await self.rows(self.b.workspace, self.people)
        state = {name: _digest("\n".join(rows)) for name, rows in found.items() if rows}
        return state | {"objects": await self._objects(), "sealed keys": self._sealed()}

    @property
    def people(self) -> list[str]:
        """By what rows of no tenant are known to be B's members'."""
        return [self.planted[name] for name in ("owner", "member", "session", "invited")] + [self.mark]

    async def _objects(self) -> str:
        folder = self.folder / "objects"
        own = [path for path in folder.rglob("*") if path.is_file() and str(self.b.workspace) in str(path)]
        assert own, "B's objects are where this looks"
        return _digest("\n".join(f"{path} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in sorted(own)))

    def _sealed(self) -> str:
        return hashlib.sha256((self.folder / "keys" / f"{self.b.workspace}.sqlite").read_bytes()).hexdigest()

    # -- what A sees ---------------------------------------------------------------------------------------------------

    async def look(self) -> None:
        """Remembers what B has now, and by which bytes it would be known."""
        theirs = await self.rows(self.b.workspace, self.people)
        mine = await self.rows(self.a.workspace, [self.own["owner"]])
        ids = _ids(theirs) - _ids(mine)
        self._needles = ids | {value.encode() for name, value in self.planted.items() if name.endswith("token")}
        self._needles.add(self.mark.encode())
        self.before = await self.state()

    def leaks(self, answer: httpx2.Response, sent: Iterable[str] = ()) -> list[bytes]:
        """What of B is in an answer, besides what was sent."""
        known = "\n".join(sent).encode()
        return [
            needle
            for needle in self.known_in(repr(answer.headers.raw).encode() + answer.content)
            if needle not in known
        ]

    def known_in(self, data: bytes) -> list[bytes]:
        """By what B is known in some bytes."""
        return [needle for needle in self._needles if needle in data]

    async def changed(self) -> set[str]:
        """The names of what of B isn't as it was when this was last asked."""
        now, before = await self.state(), self.before
        self.before = now
        return {name for name in now | before if now.get(name) != before.get(name)}


def told(answer: httpx2.Response, sent: Iterable[str] = ()) -> tuple[int, dict[str, str], str]:
    """An answer without what is different in every one: its request's id, and the ids it was asked about."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    if "set-cookie" in headers:
        headers["set-cookie"] = re.sub(r"=[\w-]{43};", "=<random>;", headers["set-cookie"])
    body = answer.text.replace(answer.headers.get("x-request-id", "-"), "<request>")
    for value in sorted(set(sent), key=len, reverse=True):
        body = body.replace(value, "<id>")
    return answer.status_code, headers, body


def _digest(of: str) -> str:
    return hashlib.sha256(of.encode()).hexdigest()


def _ids(rows: dict[str, list[str]]) -> set[bytes]:
    return set(UUIDS.findall("\n".join(row for table in rows.values() for row in table).encode()))


# -- how it is made ----------------------------------------------------------------------------------------------------


def document(title: str, asset: str | None = None, words: str = "Tea.") -> dict[str, Any]:
    """A short film of one scene."""
    visual = {"type": "upload", "src": f"asset:{asset}"} if asset else {"type": "color", "color": "#203040"}
    return {
        "version": "storyboard/1",
        "title": title,
        "canvas": {"width": 320, "height": 180},
        "scenes": [{"id": "a", "duration": 1, "visual": visual, "overlays": [_words(words)]}],
    }


def unreadable(title: str) -> dict[str, Any]:
    """A film nobody can make: no voice reads this text."""
    scene = {"id": "a", "narration": {"text": "日本茶"}, "visual": {"type": "color", "color": "#000000"}}
    voice = {"connector": "speech-offline"}
    return {"version": "storyboard/1", "title": title, "language": "ja", "voice": voice, "scenes": [scene]}


def _words(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words, "start": 0, "duration": 0.5}


async def done(browser: Browser, method: str, path: str, body: dict[str, Any] | None = None, **more: Any) -> Any:
    """The answer to something that must work."""
    answer = await browser.call(method, path, body, **more)
    assert answer.status_code < 300, f"{method} {path}: {answer.text}"
    return answer.json() if answer.content else None


async def upload(browser: Browser, data: bytes, name: str = "photo.jpg", *, finish: bool = True) -> str:
    """A picture, sent; with `finish` completed too, so that it will be looked at."""
    wanted = {"filename": name, "bytes": len(data), "content_type": "image/jpeg"}
    begun = await done(browser, "POST", "/uploads", wanted)
    part = f"/uploads/{begun['id']}/parts/1"
    sent = await done(browser, "PUT", part, content=data, headers={"Content-Type": "application/octet-stream"})
    if finish:
        await done(
            browser, "POST", f"/uploads/{begun['id']}/complete", {"parts": [{"number": 1, "etag": sent["etag"]}]}
        )
    return str(begun["id"])


async def film(browser: Browser, board: str, drain: Any) -> str:
    """A job for a storyboard, worked off unless `drain` is None; its id."""
    job = await done(browser, "POST", "/jobs", {"storyboard_id": board})
    if drain is not None:
        await drain()
    return str(job["id"])


async def storyboard(browser: Browser, content: dict[str, Any]) -> str:
    return str((await done(browser, "POST", "/storyboards", {"document": content}))["id"])


async def furnish(here: House, owner: Browser, mark: str, photo: bytes) -> dict[str, str]:
    """A workspace with one of everything; what it is called, by what it is."""
    drain = here.running.drain
    name = mark or "own"
    await done(owner, "PATCH", "/workspace", {"name": f"{name} house"})
    member = await here.join(owner, f"ben-{name}@example.com", "editor")
    invited = f"cleo-{name}@example.com"
    given: dict[str, str] = {
        "workspace": str(owner.workspace),
        "owner": str(owner.user_id),
        "member": str(member.user_id),
        "invited": invited,
        "session": (await done(owner, "GET", "/me/sessions"))["items"][0]["id"],
        "invitation": (await done(owner, "POST", "/invitations", {"email": invited, "role": "viewer"}))["id"],
        "asset": await upload(owner, photo, f"{name}.jpg"),
        "upload": await upload(owner, photo, f"{name} pending.jpg", finish=False),
        "passkey": str(uuid7()),
    }
    again = await here.sign_in(owner.session["user"]["email"])  # in another browser
    assert "access_token" in again.json(), again.text
    await drain()
    key = f"sk-{mark or secrets.token_hex(11)}AAAAAAAA"
    added = await done(owner, "POST", "/connections", {"connector": "openai", "key": key, "name": f"{name} key"})
    api = await done(owner, "POST", "/api-tokens", {"name": f"{name} token", "scopes": ["videos:read", "jobs:read"]})
    await here.run(
        "INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, transports, name, created_at)"
        " VALUES (:id, :user, :credential, :credential, 0, ARRAY[]::text[], :name, now()) RETURNING id",
        id=UUID(given["passkey"]),
        user=owner.user_id,
        credential=secrets.token_bytes(16),
        name=f"{name} passkey",
    )
    board = await storyboard(owner, document(f"{name} film", given["asset"], f"{name} words"))
    job = await film(owner, board, drain)
    failed_board = await storyboard(owner, unreadable(f"{name} failing"))
    failed = await film(owner, failed_board, drain)
    trashed = await storyboard(owner, document(f"{name} trashed"))
    await drain()
    await done(owner, "POST", f"/videos/{trashed}/trash")
    share = await done(owner, "POST", f"/videos/{board}/shares", {"expires_in_hours": 24})
    video = await done(owner, "GET", f"/videos/{board}")
    assert video["status"] == "ready", video
    shown = await done(owner, "GET", f"/assets/{given['asset']}")
    notes = (await done(owner, "GET", "/notifications"))["items"]
    await done(owner, "PUT", "/workspace/networks", {"networks": ["127.0.0.0/8", "198.51.100.0/24"]})
    await drain()
    return given | {
        "connection": added["id"],
        "key token": key,
        "api token": api["token"],
        "token": api["id"],
        "storyboard": board,
        "video": board,
        "job": job,
        "failed job": failed,
        "trashed video": trashed,
        "share": share["id"],
        "share token": share["url"].rpartition("/")[2],
        "media": shown["file_url"],
        "film media": video["file_url"],
        "notification": notes[0]["id"],
    }


@asynccontextmanager
async def neighbours(
    server: DatabaseServer, folder: Path, photo: bytes, *, limits: Limits | None = None, spare: int = 0
) -> AsyncIterator[Neighbours]:
    """Both, furnished; nothing is left to do but B's queued job, which nobody takes until somebody drains.

    `spare` more people wait in `spares`, each with an empty workspace, for what can be done to a workspace only once.
    """
    store = SealedKeys(folder / "keys", FileMasterKeys(folder / "master.key"))
    settings = StudioSettings(default_plan=PLAN, data_dir=folder, render_workers=1)
    async with house(*specs(), server=server, folder=folder, keys=store, settings=settings, limits=limits) as here:
        both = Neighbours(here, folder)
        both.a = await here.member("eve@example.com", name="Eve")
        both.b = await here.member(f"bea-{both.mark}@example.com", name=f"Bea {both.mark}")
        both.spares = [await here.member(f"spare-{number}@example.com", name="Eve") for number in range(spare)]
        for one in both.spares:
            await done(one, "PATCH", "/workspace", {"name": "own house"})
        both.own = await furnish(here, both.a, "", photo)
        both.planted = await furnish(here, both.b, both.mark, photo)
        waiting = await storyboard(both.b, document(f"{both.mark} waiting"))
        await here.running.drain()
        both.planted["waiting video"] = waiting
        both.planted["queued job"] = await film(both.b, waiting, None)
        await both.look()
        yield both
    store.close()


def anybody(name: str) -> str:
    """An id or token like a planted one, of nothing."""
    return secrets.token_urlsafe(32) if name.endswith("token") else str(uuid4() if name == "passkey" else uuid7())
