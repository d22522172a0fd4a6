"""The web app's files, and the headers every answer has."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from kernel.http.headers import security_headers
from kernel.testing.notes.service import SPEC
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import RunningStudio, studio

SCRIPT = b"console.log('the app')\n" * 50


@pytest.fixture
def web(tmp_path: Path) -> Path:
    folder = tmp_path / "web"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>App</title>")
    (folder / "favicon.ico").write_bytes(b"icon")
    (folder / "assets" / "index-B7xkP2aQ.js").write_bytes(SCRIPT)
    (folder / "assets" / "index-B7xkP2aQ.js.gz").write_bytes(gzip.compress(SCRIPT))
    (folder / "assets" / "index-B7xkP2aQ.js.br").write_bytes(b"brotli")
    (folder / "assets" / "core-9a8b7c6d.wasm").write_bytes(b"\0asm")
    (folder / "index.html.map").write_text("a map")
    (folder / ".env").write_text("SECRET=1")
    (tmp_path / "outside.js").write_text("outside")
    (folder / "link.js").symlink_to(tmp_path / "outside.js")
    return folder


@pytest.fixture
async def site(database_server: DatabaseServer, tmp_path: Path, web: Path) -> AsyncIterator[RunningStudio]:
    async with studio(SPEC, server=database_server, folder=tmp_path, web_dir=web) as running:
        yield running


@pytest.mark.parametrize("path", ["/", "/videos/42", "/settings", "/index.html", "/apiary", "/a%20b"])
async def test_every_page_of_the_app_is_its_index(site: RunningStudio, path: str) -> None:
    answer = await site.client.get(path)
    assert answer.status_code == 200
    assert "<title>App" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


async def test_files_with_a_hash_are_kept_for_ever(site: RunningStudio) -> None:
    answer = await site.client.get("/assets/index-B7xkP2aQ.js", headers={"accept-encoding": "identity"})
    assert answer.content == SCRIPT
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    plain = await site.client.get("/favicon.ico")
    assert plain.headers["cache-control"] == "no-cache"


async def test_a_browser_gets_the_packed_file_it_can_read(site: RunningStudio) -> None:
    for accepted, encoding in (("gzip", "gzip"), ("gzip, deflate, br", "br"), ("br;q=1.0", "br")):
        async with site.client.stream(
            "GET", "/assets/index-B7xkP2aQ.js", headers={"accept-encoding": accepted}
        ) as answer:
            assert answer.headers["content-encoding"] == encoding
            assert "accept-encoding" in answer.headers["vary"].lower()
            assert answer.headers["content-type"].startswith("text/javascript")
    plain = await site.client.get("/assets/core-9a8b7c6d.wasm", headers={"accept-encoding": "br"})
    assert "content-encoding" not in plain.headers
    assert plain.headers["content-type"] == "application/wasm"


async def test_an_unchanged_file_is_not_sent_again(site: RunningStudio) -> None:
    first = await site.client.get("/")
    again = await site.client.get("/", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_head_tells_without_sending(site: RunningStudio) -> None:
    answer = await site.client.head("/")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize(
    "path",
    [
        "/assets/index-old00000.js",
        "/missing.png",
        "/link.js",
        "/..%2foutside.js",
        "/assets/..%2f..%2foutside.js",
        "/%2e%2e/outside.js",
        "/..%5coutside.js",
        "/outside.js%00.js",
    ],
)
async def test_files_that_are_not_the_apps_are_not_found(site: RunningStudio, path: str) -> None:
    answer = await site.client.get(path)
    assert answer.status_code == 404
    assert "outside" not in answer.text


@pytest.mark.parametrize("path", ["/.env", "/index.html.map", "/assets/.hidden"])
async def test_hidden_files_and_other_kinds_are_pages_of_the_app(site: RunningStudio, path: str) -> None:
    answer = await site.client.get(path)
    assert "SECRET" not in answer.text
    assert "a map" not in answer.text


async def test_without_a_built_app_a_sentence_says_what_to_do(database_server: DatabaseServer, tmp_path: Path) -> None:
    async with studio(SPEC, server=database_server, folder=tmp_path, web_dir=tmp_path / "none") as s:
        answer = await s.client.get("/videos")
        assert answer.status_code == 200
        assert "has not been built" in answer.text


async def test_pages_may_run_only_what_is_served_here(site: RunningStudio) -> None:
    policy = dict(
        part.split(" ", 1) for part in (await site.client.get("/")).headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self' 'wasm-unsafe-eval'"
    assert policy["connect-src"] == "'self'"
    assert policy["media-src"] == "'self' blob:"
    assert policy["img-src"] == "'self' blob: data:"
    assert policy["worker-src"] == "'self' blob:"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"


@pytest.mark.parametrize("path", ["/", "/api/v1/whoami", "/api/v1/nothing", "/healthz", "/api/docs"])
async def test_every_answer_has_the_headers_that_keep_browsers_careful(site: RunningStudio, path: str) -> None:
    headers = (await site.client.get(path)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "cross-origin-opener-policy" not in headers
    assert "cross-origin-embedder-policy" not in headers
    assert "server" not in headers


def test_only_an_https_installation_asks_browsers_for_https() -> None:
    assert "Strict-Transport-Security" in security_headers(page=True, https=True)
    assert "Strict-Transport-Security" not in security_headers(page=True, https=False)
