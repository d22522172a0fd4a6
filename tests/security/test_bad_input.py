"""Input that must be refused in the same words wherever it comes in: addresses of servers (B26) and searches (B53)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.keys_sealed import FileMasterKeys, SealedKeys
from contracts.permissions import SCOPES_OF
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import RunningStudio, studio
from keyreel.studio.settings import StudioSettings
from services.billing.service import SPEC as BILLING
from services.keyvault.service import SPEC as KEYVAULT
from services.orchestrator.service import SPEC as ORCHESTRATOR
from services.storage.service import SPEC as STORAGE

API = "/api/v1"


@pytest.fixture
async def here(database_server: DatabaseServer, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    store = SealedKeys(tmp_path / "keys", FileMasterKeys(tmp_path / "master.key"))
    specs = (BILLING, STORAGE, ORCHESTRATOR, KEYVAULT)
    async with studio(
        *specs, server=database_server, folder=tmp_path, roles=SCOPES_OF, keys=store, settings=StudioSettings()
    ) as running:
        yield running
    store.close()


FORBIDDEN_SERVERS = [
    "http://llm.example.com/v1",
    "https://user:password@example.com/v1",
    "https://localhost/v1",
    "https://localhost.:443/v1",
    "https://127.0.0.1/v1",
    "https://2130706433/v1",
    "https://0x7f.1/v1",
    "https://0177.0.0.1/v1",
    "https://[::1]/v1",
    "https://[::ffff:10.0.0.1]/v1",
    "https://[64:ff9b::a00:1]/v1",
    "https://169.254.169.254/latest/meta-data",
    "https://100.100.100.200/",
    "https://10.0.0.1/v1",
    "https://192.168.0.1:8443/v1",
    "https://0.0.0.0/v1",
    "ftp://example.com/v1",
    "file:///etc/passwd",
    "gopher://example.com/",
    "javascript:alert(1)",
    "//example.com/v1",
    "example.com",
]


@pytest.mark.parametrize("address", FORBIDDEN_SERVERS)
async def test_b26_a_server_that_keys_must_not_go_to_is_refused_and_no_key_is_kept(
    here: RunningStudio, address: str
) -> None:
    owner = here.as_member("owner").client
    given = {"connector": "openai-compatible", "key": "a-key-of-my-own-server", "base_url": address}
    answer = await owner.post(f"{API}/connections", json=given)
    assert (answer.status_code, answer.json()["code"]) == (422, "url_not_allowed"), answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/base_url"]
    assert "a-key-of" not in answer.text
    assert (await owner.get(f"{API}/connections")).json()["items"] == []


@pytest.mark.parametrize("list_", ["assets", "videos", "samples"])
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("", (200, 422)),
        ("   ", (200, 422)),
        ("x" * 10_000, (422,)),
        ("(a+)+$" + "a" * 100, (200,)),
        ("%" * 200, (200,)),
        ("_" * 200, (200,)),
        ("*", (200,)),
        ("\\", (200,)),
        ("' OR 1=1 --", (200,)),
        ("\x00", (200, 422)),
        ("🎬" * 100, (200,)),
        ("a|b&!c:*", (200,)),
    ],
)
async def test_b53_a_search_finds_or_refuses_and_is_never_a_pattern(
    here: RunningStudio, list_: str, query: str, status: tuple[int, ...]
) -> None:
    owner = here.as_member("owner").client
    wanted = {"filename": "a photo.jpg", "bytes": 4, "content_type": "image/jpeg"}
    await owner.post(f"{API}/uploads", json=wanted)
    more: dict[str, Any] = {"state": "uploading"} if list_ == "assets" else {}
    answer = await owner.get(f"{API}/{list_}", params={"query": query, **more})
    assert answer.status_code in status, answer.text
    if answer.status_code == 200 and query.strip():
        assert answer.json()["items"] == []
