"""A client's key, given to a whole studio that works and is backed up, is found sealed and nowhere else.

`test_secrets_canary` goes through every way of giving a key; this goes through every place a studio process writes to.
"""

from __future__ import annotations

import base64
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from neighbours import document

from adapters.keys_sealed import FileMasterKeys, SealedKeys
from adapters.postgres_embedded import EmbeddedPostgres
from keyreel.testing import StudioProcess

pytestmark = pytest.mark.slow


def found(mark: str, data: bytes) -> bool:
    """Whether the mark is there: plain, backwards, in hexadecimal, in UTF-16 or in base64 at any shift."""
    raw = mark.encode()
    shifted = [base64.b64encode(b"x" * shift + raw)[4:-4] for shift in range(3)]
    return any(one in data for one in (raw, raw[::-1], raw.hex().encode(), mark.encode("utf-16-le"), *shifted))


def done(answer: httpx2.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


def work(owner: httpx2.Client, keys: list[str]) -> None:
    """A day in a workspace: keys given, replaced, tried, mistyped; letters; a film."""
    connection = done(owner.post("connections", json={"connector": "openai", "key": keys[0], "name": "Main"}))
    path = f"connections/{connection['id']}"
    done(owner.post(f"{path}/key", json={"key": keys[1]}))
    # Nobody answers under this name, and what is said of that must not hold the key.
    own = {"connector": "openai-compatible", "key": keys[2], "base_url": f"https://{keys[2].lower()}.invalid/v1"}
    assert owner.post("connections", json=own).status_code == 422
    for wrong in (keys[0] + "\n", {"value": keys[0]}):
        assert owner.post("connections", json={"connector": "openai", "key": wrong}).status_code == 422
    assert owner.post(f"connections/{keys[0]}/test").status_code == 404
    assert owner.get("connections", params={"cursor": keys[0]}).status_code == 400
    assert owner.get(f"connections?sort={keys[0]}").status_code == 422
    done(owner.patch(path, json={"enabled": False}))
    done(owner.post("invitations", json={"email": "ben@example.com", "role": "viewer"}))
    board = done(owner.post("storyboards", json={"document": document("Tea")}))
    job = done(owner.post("jobs", json={"storyboard_id": board["id"]}, headers={"Idempotency-Key": "one"}))
    deadline = time.monotonic() + 120
    while done(owner.get(f"jobs/{job['id']}"))["state"] != "ready" and time.monotonic() < deadline:
        time.sleep(0.2)
    for page in ("connections", "audit", "notifications", "usage"):
        done(owner.get(page))


def test_a_key_of_a_studio_at_work_is_in_no_row_object_log_letter_cache_or_backup(tmp_path: Path) -> None:
    mark = "cafe" + secrets.token_hex(12)
    keys = [f"sk-{mark}AAAA", f"sk-{mark}BBBB", mark]
    folder, backups = tmp_path / "studio", tmp_path / "backups"
    with StudioProcess(folder, KEYREEL_LOG_LEVEL="debug", KEYREEL_LOG_FORMAT="json") as studio:
        studio.start()
        with studio.client(studio.owner_token()) as owner:
            work(owner, keys)
        line = [sys.executable, "-m", "keyreel", "backup", str(backups)]
        subprocess.run(line, env=studio.variables, check=True, capture_output=True)
        assert not found(mark, httpx2.get(f"{studio.address}/metrics").content)
        studio.stop()

    [backup] = backups.iterdir()
    restore = [str(EmbeddedPostgres(folder / "state").bin / "pg_restore"), "--file=-", str(backup / "database.dump")]
    dump = subprocess.run(restore, check=True, capture_output=True).stdout
    for table in ("keyreel_keyvault.connections", "keyreel_auth.audit_entries", "keyreel_orchestrator.outbox"):
        assert f"COPY {table} ".encode() in dump
    assert b"key.rotated" in dump, "this is the dump of a studio that was given keys"
    assert not found(mark, dump)

    searched = [path for path in tmp_path.rglob("*") if path.is_file()]
    for place in ("state/objects", "state/keys", "state/postgres", "cache", "mail"):
        assert any(path.is_relative_to(folder / place) for path in searched), place
    assert studio.log in searched
    assert "/api/v1/connections/{connection_id}/key" in studio.log.read_text()
    assert [str(path) for path in searched if found(mark, path.read_bytes())] == []

    store = SealedKeys(folder / "state" / "keys", FileMasterKeys(folder / "master.key"))
    store.close()  # it opens: what is sealed there is whole
    sealed = [path for path in searched if path.is_relative_to(folder / "state" / "keys") and path.suffix == ".sqlite"]
    assert len(sealed) >= 2  # the workspace's, and the studio's own secret
