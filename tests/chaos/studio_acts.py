"""What a client does to a studio that may be killed at any moment: each act goes on where it was cut off.

`go` may raise `httpx2.TransportError` anywhere and is called again after a restart; `check` says that the act took
effect exactly once.
"""

from __future__ import annotations

import itertools
import time
from typing import Any, Protocol

import httpx2

_LONG = 90.0
_numbers = itertools.count(1)


class Act(Protocol):
    def go(self, client: httpx2.Client) -> None: ...

    def check(self, client: httpx2.Client) -> None: ...


def ask(client: httpx2.Client, method: str, path: str, **more: Any) -> Any:
    """The body of an answer that is not a refusal; a 503 is asked again, as it says."""
    deadline = time.monotonic() + 30
    while (answer := client.request(method, path, **more)).status_code == 503 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert answer.status_code < 300, f"{method} {path}: {answer.text}"
    return answer.json() if answer.content else None


def until(client: httpx2.Client, path: str, states: set[str], seconds: float = _LONG) -> dict[str, Any]:
    """What is at `path`, once its `state` is one of these."""
    deadline = time.monotonic() + seconds
    while True:
        found: dict[str, Any] = ask(client, "GET", path)
        if found["state"] in states:
            return found
        assert time.monotonic() < deadline, found
        time.sleep(0.2)


def used_videos(client: httpx2.Client) -> int:
    quotas = {row["quota"]: row for row in ask(client, "GET", "quotas")["items"]}
    assert quotas["videos"]["reserved"] == 0
    return int(quotas["videos"]["used"])


class Film:
    """A pasted text becomes a film: nothing of it was made before, so that every step is really taken."""

    def __init__(self) -> None:
        self.text = f"Cup number {next(_numbers)} of {time.monotonic_ns()}.\n\nAnd another one."
        self.board: dict[str, Any] | None = None
        self.saved = False
        self.job: dict[str, Any] | None = None
        self.used = -1

    def go(self, client: httpx2.Client) -> None:
        if self.used < 0:
            self.used = used_videos(client)
        if self.board is None:
            self.board = ask(client, "POST", "storyboards/from-text", json={"text": self.text})
        if not self.saved:
            self._make_small(client, self.board)
        body = {"storyboard_id": self.board["id"]}
        self.job = ask(client, "POST", "jobs", json=body, headers={"Idempotency-Key": self.board["id"]})
        self._follow(client)

    def _make_small(self, client: httpx2.Client, board: dict[str, Any]) -> None:
        document = {**board["document"], "canvas": {**board["document"]["canvas"], "width": 320, "height": 180}}
        save = client.put(f"storyboards/{board['id']}", json={"document": document}, headers={"If-Match": '"1"'})
        assert save.status_code in (200, 412), save.text  # 412: it was saved just before the kill
        self.saved = True

    def _follow(self, client: httpx2.Client) -> None:
        assert self.job is not None
        until(client, f"jobs/{self.job['id']}", {"ready", "failed"})

    def check(self, client: httpx2.Client) -> None:
        assert self.board is not None and self.job is not None
        done = ask(client, "GET", f"jobs/{self.job['id']}")
        assert (done["state"], done["failure"]) == ("ready", None)
        jobs = ask(client, "GET", "jobs")["items"]
        assert [job["id"] for job in jobs if job["storyboard_id"] == self.board["id"]] == [self.job["id"]]
        assert self._in_library(client)["status"] == "ready"
        assert len(ask(client, "GET", f"videos/{self.board['id']}/versions")["items"]) == 1
        assert used_videos(client) == self.used + 1

    def _in_library(self, client: httpx2.Client) -> dict[str, Any]:
        assert self.board is not None
        found: dict[str, Any] = ask(client, "GET", f"videos/{self.board['id']}")
        return found


class CancelledFilm(Film):
    """The same, given up as soon as it is being made."""

    def _follow(self, client: httpx2.Client) -> None:
        assert self.job is not None
        answer = client.post(f"jobs/{self.job['id']}/cancel")
        assert answer.status_code in (200, 409), answer.text  # 409: it was cancelled just before the kill
        until(client, f"jobs/{self.job['id']}", {"cancelled", "ready"})
        deadline = time.monotonic() + _LONG
        while any(row["reserved"] for row in ask(client, "GET", "quotas")["items"]):
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def check(self, client: httpx2.Client) -> None:
        assert self.job is not None
        ended = ask(client, "GET", f"jobs/{self.job['id']}")["state"]
        assert used_videos(client) == self.used + (ended == "ready")


class Upload:
    """A picture in two parts, looked at by the renderer."""

    def __init__(self, picture: bytes) -> None:
        self.picture = picture
        self.upload: dict[str, Any] | None = None
        self.sent: dict[int, str] = {}

    def go(self, client: httpx2.Client) -> None:
        if self.upload is None:
            about = {"filename": "cup.png", "bytes": len(self.picture), "content_type": "image/png"}
            self.upload = ask(client, "POST", "uploads", json=about)
            assert len(self.upload["parts"]) == 2
        asset = f"assets/{self.upload['id']}"
        if client.get(asset).json().get("state") in (None, "uploading"):
            for part in self.upload["parts"]:
                begin = (part["number"] - 1) * self.upload["part_bytes"]
                if part["number"] not in self.sent:
                    address = part["address"].removeprefix("/api/v1/")
                    sent = ask(client, "PUT", address, content=self.picture[begin : begin + part["bytes"]])
                    self.sent[part["number"]] = sent["etag"]
            parts = [{"number": number, "etag": etag} for number, etag in self.sent.items()]
            ask(client, "POST", f"uploads/{self.upload['id']}/complete", json={"parts": parts})
        until(client, asset, {"ready", "refused"})

    def check(self, client: httpx2.Client) -> None:
        assert self.upload is not None
        asset = ask(client, "GET", f"assets/{self.upload['id']}")
        assert (asset["state"], asset["kind"]) == ("ready", "image")
        quotas = {row["quota"]: row["used"] for row in ask(client, "GET", "quotas")["items"]}
        ready = [one for one in ask(client, "GET", "assets")["items"] if one["state"] == "ready"]
        assert quotas["storage_bytes"] == sum(one["bytes"] for one in ready)


class Key:
    """A key is brought and taken away again."""

    def __init__(self) -> None:
        self.name = f"Key {time.monotonic_ns()}"
        self.value = "keyreelcanary" + "0" * 43

    def _named(self, client: httpx2.Client) -> list[dict[str, Any]]:
        return [one for one in ask(client, "GET", "connections")["items"] if one["name"] == self.name]

    def go(self, client: httpx2.Client) -> None:
        if not self._named(client):
            ask(client, "POST", "connections", json={"connector": "pexels", "name": self.name, "key": self.value})
        for connection in self._named(client):
            ask(client, "DELETE", f"connections/{connection['id']}")

    def check(self, client: httpx2.Client) -> None:
        assert self._named(client) == []
