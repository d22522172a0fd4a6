"""The guarded client against a real server on loopback: redirects, credentials, caps and broken answers (B48, T14)."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import logging
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest

from kernel.outbound import (
    CALL,
    AllowList,
    AnswerNotUnderstood,
    Caps,
    FileTooLarge,
    Outbound,
    OutboundError,
    ProviderTimeout,
    ProviderUnreachable,
    TooManyRedirects,
    UrlNotAllowed,
)
from kernel.outbound.addresses import IPAddress
from kernel.secret import Secret
from kernel.testing.web import Asked, Authority, LocalWeb, Respond, reply

KEY = Secret("canary-7f3a9c")


def to(location: str, status: int = 302) -> bytes:
    return reply(status, headers={"location": location})


def allowing(*servers: LocalWeb) -> Outbound:
    return Outbound(AllowList(frozenset(("127.0.0.1", server.port) for server in servers)))


def url(server: LocalWeb, path: str = "/") -> str:
    return f"http://127.0.0.1:{server.port}{path}"


async def loopback(host: str, port: int) -> Sequence[IPAddress]:
    return [ip_address("127.0.0.1")]


async def failure_of(respond: Respond, caps: Caps = CALL, method: str = "GET") -> OutboundError:
    async with LocalWeb(respond) as web:
        outbound = allowing(web)
        with pytest.raises(OutboundError) as caught:
            await outbound.request(method, url(web), caps=caps)
        await outbound.aclose()
    return caught.value


async def test_a_request_carries_headers_body_and_credentials_and_gives_the_whole_answer():
    async with LocalWeb(lambda asked: reply(201, b'{"made": true}', {"X-Seen": "yes"})) as web:
        outbound = allowing(web)
        answer = await outbound.request(
            "POST", url(web, "/make?size=2"), headers={"x-a": "b"}, content=b"{}", credentials={"authorization": KEY}
        )
        await outbound.aclose()
    assert (answer.status, answer.json(), answer.headers["x-seen"]) == (201, {"made": True}, "yes")
    asked = web.asked[0]
    assert (asked.method, asked.target, asked.body) == ("POST", "/make?size=2", b"{}")
    assert (asked.headers["authorization"], asked.headers["x-a"]) == ("canary-7f3a9c", "b")
    assert answer.url == url(web, "/make")


async def test_tls_and_the_host_header_keep_the_name_while_the_connection_goes_to_the_checked_address():
    authority = Authority.of("files.example.com")
    async with LocalWeb(lambda asked: reply(200, b"here"), authority.server) as web:
        allow = AllowList(frozenset({("files.example.com", web.port)}))
        outbound = Outbound(allow, resolve=loopback, tls=authority.client)
        answer = await outbound.request("GET", f"https://files.example.com:{web.port}/a")
        await outbound.aclose()
    assert answer.body == b"here"
    assert web.asked[0].sni == "files.example.com"
    assert web.asked[0].headers["host"] == f"files.example.com:{web.port}"


async def test_a_certificate_of_another_name_is_refused():
    authority = Authority.of("other.example.com")
    async with LocalWeb(lambda asked: reply(200, b"here"), authority.server) as web:
        allow = AllowList(frozenset({("files.example.com", web.port)}))
        outbound = Outbound(allow, resolve=loopback, tls=authority.client)
        with pytest.raises(ProviderUnreachable):
            await outbound.request("GET", f"https://files.example.com:{web.port}/a")
        await outbound.aclose()
    assert web.asked == []


async def test_three_redirects_are_followed_and_a_fourth_is_not():
    def hops(asked: Asked) -> bytes:
        left = int(asked.target.strip("/"))
        return to(f"/{left - 1}") if left else reply(200, b"end")

    async with LocalWeb(hops) as web:
        outbound = allowing(web)
        assert (await outbound.request("GET", url(web, "/3"))).body == b"end"
        with pytest.raises(TooManyRedirects):
            await outbound.request("GET", url(web, "/4"))
        await outbound.aclose()


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_FLUSHALL",
        "//127.0.0.1:1/",
        "https://user:pw@example.com/",
        "http://[broken",
    ],
)
async def test_a_redirect_to_an_address_that_is_not_allowed_is_refused(location):
    assert isinstance(await failure_of(lambda asked: to(location)), UrlNotAllowed)


async def test_credentials_stay_behind_when_a_redirect_leaves_the_host_and_stay_on_when_it_does_not():
    async with LocalWeb(lambda asked: reply(200, b"other")) as other, LocalWeb(lambda asked: to("/next")) as home:
        outbound = allowing(home, other)
        home.respond = lambda asked: to("/next") if asked.target == "/" else to(url(other))
        assert (await outbound.request("GET", url(home), credentials={"x-key": KEY})).body == b"other"
        await outbound.aclose()
    assert [asked.headers.get("x-key") for asked in home.asked] == ["canary-7f3a9c", "canary-7f3a9c"]
    assert "x-key" not in other.asked[0].headers


async def test_a_key_in_the_query_is_sent_once_and_never_redirected_to_another_host():
    async with LocalWeb(lambda asked: reply(200)) as other, LocalWeb(lambda asked: reply(200)) as home:
        outbound = allowing(home, other)
        await outbound.request("GET", url(home, "/api?q=tea"), query_credentials={"key": KEY})
        assert home.asked[0].target == "/api?q=tea&key=canary-7f3a9c"
        home.respond = lambda asked: to(url(other, asked.target))
        with pytest.raises(UrlNotAllowed) as caught:
            await outbound.request("GET", url(home), query_credentials={"key": KEY})
        await outbound.aclose()
    assert "canary" not in str(caught.value.problem())
    assert other.asked == []


async def test_only_get_and_head_are_sent_again_elsewhere():
    assert isinstance(await failure_of(lambda asked: to("/there", 307), method="POST"), AnswerNotUnderstood)


async def test_no_cookie_is_kept_between_requests():
    async with LocalWeb(lambda asked: reply(200, headers={"set-cookie": "session=1; Path=/"})) as web:
        outbound = allowing(web)
        await outbound.request("GET", url(web))
        await outbound.request("GET", url(web))
        await outbound.aclose()
    assert "cookie" not in web.asked[1].headers


async def test_an_answer_larger_than_allowed_is_refused_by_its_declared_length():
    body = b"x" * 2000
    assert isinstance(await failure_of(lambda asked: reply(200, body), Caps(max_bytes=1000)), FileTooLarge)


async def test_an_endless_answer_without_a_length_is_cut_off_at_the_cap():
    async def endless() -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 X\r\n\r\n"
        while True:
            yield b"x" * 65536

    assert isinstance(await failure_of(lambda asked: endless(), Caps(max_bytes=1_000_000)), FileTooLarge)


async def test_a_gzip_bomb_is_refused_by_its_unpacked_size():
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 100_000
    packed = reply(200, bomb, {"content-encoding": "gzip"})
    assert isinstance(await failure_of(lambda asked: packed, Caps(max_bytes=1_000_000)), FileTooLarge)


@pytest.mark.parametrize("encoding", ["gzip, gzip", ", ".join(["gzip"] * 500), "br", "zstd", "gzip, identity"])
async def test_a_packing_that_was_not_asked_for_is_refused(encoding):
    packed = reply(200, gzip.compress(b"x"), {"content-encoding": encoding})
    assert isinstance(await failure_of(lambda asked: packed), AnswerNotUnderstood)


async def test_a_damaged_packing_is_refused():
    packed = reply(200, b"not gzip at all", {"content-encoding": "gzip"})
    assert isinstance(await failure_of(lambda asked: packed), AnswerNotUnderstood)


async def test_a_silent_server_is_given_up_after_the_idle_time():
    async def silent() -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 X\r\ncontent-length: 10\r\n\r\n12345"
        await asyncio.sleep(60)

    assert isinstance(await failure_of(lambda asked: silent(), Caps(idle_seconds=0.3)), ProviderTimeout)


async def test_a_dripping_server_is_given_up_after_the_total_time():
    async def drip() -> AsyncIterator[bytes]:
        yield b"HTTP/1.1 200 X\r\ncontent-length: 100000\r\n\r\n"
        while True:
            yield b"1"
            await asyncio.sleep(0.05)

    failure = await failure_of(lambda asked: drip(), Caps(idle_seconds=5, total_seconds=0.5))
    assert isinstance(failure, ProviderTimeout)
    assert failure.retryable


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 X\r\ncontent-length: 10\r\n\r\n12345",
        b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n5\r\n123",
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"",
    ],
)
async def test_an_answer_that_breaks_off_or_is_not_http_is_retryable(answer):
    failure = await failure_of(lambda asked: answer)
    assert isinstance(failure, ProviderUnreachable)
    assert failure.retryable


async def test_a_closed_port_and_an_unknown_name_are_unreachable():
    async def nobody(host: str, port: int) -> Sequence[IPAddress]:
        raise OSError("Name or service not known")

    outbound = Outbound(AllowList(frozenset({("127.0.0.1", 1)})), resolve=nobody)
    for unreachable in ("http://127.0.0.1:1/", "https://nobody.example.com/"):
        with pytest.raises(ProviderUnreachable):
            await outbound.request("GET", unreachable)
    await outbound.aclose()


async def test_a_key_that_can_not_be_a_header_is_in_no_error_and_no_log(caplog):
    caplog.set_level(logging.DEBUG)
    async with LocalWeb(lambda asked: reply(200)) as web:
        outbound = allowing(web)
        with pytest.raises(AnswerNotUnderstood) as caught:
            await outbound.request("GET", url(web), credentials={"authorization": Secret("canary\r\nx: 1")})
        await outbound.request("GET", url(web), credentials={"a": KEY}, query_credentials={"key": KEY})
        await outbound.aclose()
    assert caught.value.__cause__ is None
    assert "canary" not in str(caught.value.problem()) + caplog.text


async def test_a_download_is_written_whole_with_its_hash(tmp_path: Path):
    body = bytes(range(256)) * 5000
    async with LocalWeb(lambda asked: reply(200, body, {"content-type": "video/mp4"})) as web:
        outbound = allowing(web)
        done = await outbound.download(url(web, "/film.mp4"), tmp_path / "film")
        await outbound.aclose()
    assert (tmp_path / "film").read_bytes() == body
    assert (done.bytes, done.content_type) == (len(body), "video/mp4")
    assert done.sha256 == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(404), AnswerNotUnderstood),
        (reply(503), ProviderUnreachable),
        (reply(429), ProviderUnreachable),
        (reply(200, b"x" * 5000), FileTooLarge),
        (b"HTTP/1.1 200 X\r\ncontent-length: 900\r\n\r\n12345", ProviderUnreachable),
    ],
)
async def test_a_download_that_fails_leaves_no_file(tmp_path: Path, answer, kind):
    async with LocalWeb(lambda asked: answer) as web:
        outbound = allowing(web)
        with pytest.raises(kind):
            await outbound.download(url(web), tmp_path / "film", caps=Caps(max_bytes=1000))
        await outbound.aclose()
    assert list(tmp_path.iterdir()) == []


async def test_a_download_never_overwrites_a_file(tmp_path: Path):
    (tmp_path / "film").write_bytes(b"mine")
    async with LocalWeb(lambda asked: reply(200, b"theirs")) as web:
        outbound = allowing(web)
        with pytest.raises(FileExistsError):
            await outbound.download(url(web), tmp_path / "film")
        await outbound.aclose()
    assert (tmp_path / "film").read_bytes() == b"mine"
