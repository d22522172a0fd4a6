"""Media addresses: what they open, for how long, and how players read from them."""

from __future__ import annotations

import asyncio
import base64
import time
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from kernel.clock import now
from kernel.ids import TenantId, uuid7
from kernel.objects import ObjectKey
from kernel.secret import Secret
from services.storage import media
from services.storage.errors import MediaAddressInvalid
from services.storage.media import MediaAddresses, file_name

FILM = bytes(range(256)) * 400


@pytest.fixture
async def film(desk):
    made = await desk.film(title="Été à Nice / 5 h", data=FILM)
    await desk.tell(made.event)
    return await desk.ask("GET", f"/videos/{made.video}")


@pytest.fixture
def get(desk):
    """An anonymous GET."""
    return desk.here.client.get


async def test_a_film_plays_without_any_header(get, film):
    answer = await get(film["file_url"])
    assert (answer.status_code, answer.content) == (200, FILM)
    headers = answer.headers
    assert (headers["content-type"], headers["content-length"]) == ("video/mp4", str(len(FILM)))
    assert (headers["accept-ranges"], headers["x-content-type-options"]) == ("bytes", "nosniff")
    assert headers["cache-control"].startswith("private, max-age=")
    assert 0 < int(headers["cache-control"].split("max-age=")[1].split(",")[0]) <= 3600
    assert "sandbox" in headers["content-security-policy"]
    assert headers["content-disposition"].startswith("inline;")


async def test_every_file_of_a_film_has_its_type(get, film):
    kinds = {
        "poster_url": "image/jpeg",
        "srt_url": "application/x-subrip",
        "vtt_url": "text/vtt; charset=utf-8",
        "credits_url": "text/plain; charset=utf-8",
    }
    for name, kind in kinds.items():
        answer = await get(film[name])
        assert (answer.status_code, answer.headers["content-type"]) == (200, kind)


async def test_a_download_is_named_after_the_title(get, film):
    field = (await get(film["file_url"], params={"download": "1"})).headers["content-disposition"]
    assert field.startswith('attachment; filename="')
    assert f"filename*=UTF-8''{quote('Été à Nice 5 h.mp4', safe='')}" in field
    assert field.isascii()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Tea", "Tea.mp4"),
        ("Été\u0301", "Été\u0301.mp4"),
        ("Cafe\u0301", "Café.mp4"),
        ("日本 🎬 film", "日本 🎬 film.mp4"),
        ('a/b\\c:d*e?f"g<h>i|j%k', "a b c d e f g h i j k.mp4"),
        ("../../etc/passwd", "etc passwd.mp4"),
        ("line\r\nX-Evil: 1", "line X-Evil 1.mp4"),
        (" .hidden. ", "hidden.mp4"),
        ("...", "video.mp4"),
        ("\u202e\u200b", "video.mp4"),
        ("x" * 300, "x" * 100 + ".mp4"),
    ],
)
def test_titles_become_names_that_every_system_can_keep(title, name):
    assert file_name(title, ".mp4") == name


@pytest.mark.parametrize(
    ("field", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, len(FILM)),
        ("bytes=100-199", 100, 200),
        ("bytes=-1", len(FILM) - 1, len(FILM)),
        ("bytes=-999999999", 0, len(FILM)),
        ("bytes=102300-99999999999", 102300, len(FILM)),
        ("bytes= 5 - 9 ", 5, 10),
    ],
)
async def test_a_player_gets_the_range_it_asks_for(get, film, field, start, end):
    answer = await get(film["file_url"], headers={"Range": field})
    assert (answer.status_code, answer.content) == (206, FILM[start:end])
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{len(FILM)}"
    assert answer.headers["content-length"] == str(end - start)


@pytest.mark.parametrize("field", [f"bytes={len(FILM)}-", "bytes=999999999999-", "bytes=-0"])
async def test_a_range_outside_of_the_file_is_refused_with_its_size(get, film, field):
    answer = await get(film["file_url"], headers={"Range": field})
    assert (answer.status_code, answer.json()["code"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(FILM)}"


@pytest.mark.parametrize(
    "field",
    [
        "bytes=5-1",
        "bytes=0-1,3-4",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)),
        "bytes=" + "0-," * 20_000,
        "bytes=" + "9" * 5000 + "-",
        "bytes=-",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=-1-2",
        "bytes=٣-٤",
        "lines=0-1",
        "bytes",
        "",
    ],
)
async def test_no_other_range_makes_the_server_work(get, film, field):
    took = []
    for _ in range(3):
        before = time.process_time()
        answer = await get(film["file_url"], headers={"Range": field.encode()})
        took.append(time.process_time() - before)
    assert min(took) < 0.05  # B12, in seconds of CPU
    assert (answer.status_code, answer.content) == (200, FILM)
    assert "content-range" not in answer.headers


async def test_head_tells_what_get_would_send(desk, film):
    for headers in ({}, {"Range": "bytes=10-19"}):
        head = await desk.here.client.head(film["file_url"], headers=headers)
        whole = await desk.here.client.get(film["file_url"], headers=headers)
        assert (head.status_code, head.content) == (whole.status_code, b"")
        differing = {"x-request-id", "cache-control"}
        assert {name: value for name, value in head.headers.items() if name not in differing} == {
            name: value for name, value in whole.headers.items() if name not in differing
        }


async def test_a_file_is_not_sent_again_to_who_has_it(get, film):
    first = (await get(film["file_url"])).headers
    for known in ({"If-None-Match": first["etag"]}, {"If-Modified-Since": first["last-modified"]}):
        answer = await get(film["file_url"], headers=known)
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", first["etag"])
    older = format_datetime(parsedate_to_datetime(first["last-modified"]) - timedelta(seconds=1), usegmt=True)
    for stale in ({"If-None-Match": '"other"'}, {"If-Modified-Since": older}):
        assert (await get(film["file_url"], headers=stale)).status_code == 200


async def test_a_range_is_of_the_file_whose_beginning_the_player_has(get, film):
    etag = (await get(film["file_url"])).headers["etag"]
    for condition, status in ((etag, 206), ('"other"', 200), (f"W/{etag}", 200), ("nonsense", 200)):
        answer = await get(film["file_url"], headers={"Range": "bytes=0-9", "If-Range": condition})
        assert answer.status_code == status


async def test_t11_an_address_opens_nothing_else(desk, get, film):
    """T11: another object, another name, another workspace, another end, another method."""
    _, _, token, name = film["file_url"].split("/")
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    theirs = (await desk.film(tenant=desk.theirs.tenant)).event.object_key.removeprefix(f"t/{desk.theirs.tenant}/")
    poster = film["poster_url"].split("/")[2]
    later = raw[:16] + (int.from_bytes(raw[16:20], "big") + 3600).to_bytes(4, "big") + raw[20:]
    forged = [
        raw[:20] + desk.theirs.tenant.bytes + raw[36:],
        raw[:20] + desk.theirs.tenant.bytes + raw[36:52] + theirs.encode(),
        later,
        raw[:36] + uuid7().bytes + raw[52:],
        raw + b"/..",
        raw[:-1],
        raw[:40],
        raw[:16],
        bytes(16) + raw[16:],
        raw[16:],
        b"",
        *(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :] for place in range(0, len(raw), 7)),
    ]
    tokens = [base64.urlsafe_b64encode(one).decode().rstrip("=") or "AA" for one in forged]
    tokens += [token + "A", token + "=", token.swapcase(), token[:-2], poster, token.replace("-", "+"), "x" * 5000]
    for wrong in tokens:
        if wrong == token:
            continue
        answer = await get(f"/media/{wrong}/{name}")
        assert (answer.status_code, answer.json()["code"]) == (403, "media_address_invalid"), wrong
    for wrong in ("other.mp4", name + "x", "film.exe", "%00", "%F0%9F%8E%AC"):
        assert (await get(f"/media/{token}/{wrong}")).status_code == 403
    for path in (f"/media/{token}", f"/media/{token}/", f"/media/{token}/{name}/x", f"/media//{name}"):
        assert (await get(path)).status_code == 404
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await desk.here.client.request(method, film["file_url"])
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


async def test_t11_an_address_ends_within_an_hour(get, film, monkeypatch):
    for minutes, status in ((44, 200), (61, 403)):
        late = now() + timedelta(minutes=minutes)
        monkeypatch.setattr(media, "now", lambda late=late: late)
        assert (await get(film["file_url"])).status_code == status


def test_addresses_made_soon_after_each_other_are_the_same(monkeypatch):
    addresses = MediaAddresses(Secret("key"))
    key = ObjectKey.of(TenantId(uuid7()), "jobs", "j", "film.mp4")
    step = now().replace(minute=30, second=0, microsecond=0)
    made = set()
    for seconds in (0, 1, 600, 899):
        monkeypatch.setattr(media, "now", lambda seconds=seconds: step + timedelta(seconds=seconds))
        made.add(addresses.address(key, "film.mp4"))
    assert len(made) == 1
    monkeypatch.setattr(media, "now", lambda: step + timedelta(seconds=900))
    assert addresses.address(key, "film.mp4") not in made


def test_t11_a_token_has_one_spelling_and_one_key():
    key = ObjectKey.of(TenantId(uuid7()), "jobs", "j", "film.mp4")
    address = MediaAddresses(Secret("key")).address(key, "f.mp4")
    token = address.split("/")[2]
    assert MediaAddresses(Secret("key")).open(token, "f.mp4").key == key
    with pytest.raises(MediaAddressInvalid):
        MediaAddresses(Secret("another")).open(token, "f.mp4")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for last in alphabet.replace(token[-1], ""):
        with pytest.raises(MediaAddressInvalid):
            MediaAddresses(Secret("key")).open(token[:-1] + last, "f.mp4")


async def test_a_film_the_store_has_lost_is_said_to_be_missing(desk, get, film):
    (row,) = await desk.rows("SELECT object_key FROM films")
    await desk.storage.objects.delete([ObjectKey.parse(row["object_key"], desk.tenant)])
    for headers in ({}, {"Range": "bytes=0-9"}):
        answer = await get(film["file_url"], headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (410, "asset_missing")
    assert (await desk.here.client.head(film["file_url"])).status_code == 410


async def test_while_the_store_does_not_answer_it_is_said_when_to_come_back(desk, get, film):
    (desk.storage.objects.root / "t").rename(desk.storage.objects.root / "aside")
    (desk.storage.objects.root / "t").write_bytes(b"not a folder")
    answer = await get(film["file_url"])
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.headers["retry-after"] == "5"


def open_files(root: Path) -> list[str]:
    """The files below a folder that this process has open."""
    links = []
    for handle in Path("/proc/self/fd").iterdir():
        try:
            links.append(str(handle.readlink()))
        except FileNotFoundError:  # the listing's own
            continue
    return [link for link in links if link.startswith(str(root))]


async def test_a_player_that_hangs_up_leaves_no_file_open(desk):
    made = await desk.film(data=bytes(1024) * 30_000)
    await desk.tell(made.event)
    address = (await desk.ask("GET", f"/videos/{made.video}"))["file_url"]
    async with desk.here.served() as base, httpx2.AsyncClient(headers={"Host": "localhost"}) as player:
        for _ in range(5):
            async with player.stream("GET", base + address) as answer:
                assert answer.status_code == 200
                async for piece in answer.aiter_raw():
                    assert piece.strip(b"\0") == b""
                    break
        assert len((await player.get(base + address, headers={"Range": "bytes=-1024"})).content) == 1024
        async with asyncio.timeout(30):
            while open_files(desk.storage.objects.root):
                await asyncio.sleep(0.05)
