"""Signing keys, letters and what is forgotten in time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from kernel.access_token import key_id
from kernel.secret import Secret
from services.auth.devices import device_name
from services.auth.email_addresses import parse_email
from services.auth.errors import InvalidEmail
from services.auth.mail import letters
from services.auth.mail.letters import Letter, compose
from services.auth.sealing import SealBroken, Sealing
from services.auth.testing import House

Advance = Callable[[timedelta], None]


async def jwks(house: House) -> list[dict[str, str]]:
    answer = await house.browser().client.get("/.well-known/jwks.json")
    assert answer.status_code == 200
    keys: list[dict[str, str]] = answer.json()["keys"]
    return keys


async def test_access_tokens_verify_against_the_published_keys(house: House) -> None:
    ada = await house.member()
    token = ada.session["access_token"]
    [key] = await jwks(house)

    claims = jwt.decode(token, jwt.PyJWK(key).key, algorithms=["EdDSA"], audience="keyreel", issuer="http://localhost")

    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "typ": "at+jwt", "kid": key["kid"]}
    assert (key["kty"], key["crv"], "d" in key) == ("OKP", "Ed25519", False)
    assert (claims["sub"], claims["tid"]) == (str(ada.user_id), str(ada.workspace))
    assert claims["exp"] - claims["iat"] == 600
    assert set(claims["scope"].split()) == set(ada.session["scopes"])
    assert {"jti", "sid"} <= set(claims)


async def test_a_key_is_published_before_it_signs_and_after_its_successor_does(house: House, advance: Advance) -> None:
    ada = await house.member()
    first = key_id(ada.session["access_token"])
    assert not await house.auth.keys.rotate()

    advance(timedelta(days=29))
    await ada.post("/auth/refresh", {})
    advance(timedelta(days=1, seconds=1))
    await house.running.tick("auth.rotate-signing-key")
    assert len(await jwks(house)) == 2
    await ada.post("/auth/refresh", {})
    assert key_id(ada.session["access_token"]) == first
    assert not await house.auth.keys.rotate()

    advance(timedelta(minutes=5))
    await ada.post("/auth/refresh", {})
    second = key_id(ada.session["access_token"])
    assert second != first
    assert {key["kid"] for key in await jwks(house)} == {first, second}
    advance(timedelta(hours=1))
    assert {key["kid"] for key in await jwks(house)} == {second}
    await house.auth.keys.rotate()
    assert await house.run("SELECT kid FROM signing_keys") == [(second,)]


async def test_processes_that_start_at_once_make_one_key(house: House) -> None:
    people = [house.browser() for _ in range(4)]
    for number, browser in enumerate(people):
        await house.register(browser, f"p{number}@example.com")
    tokens = [await house.token(f"p{number}@example.com") for number in range(4)]

    answers = await asyncio.gather(
        *(one.post("/auth/verify", {"token": token}) for one, token in zip(people, tokens, strict=True))
    )

    assert {answer.status_code for answer in answers} == {200}
    assert len(await jwks(house)) == 1


async def test_the_private_key_is_sealed_and_opens_in_its_own_row_only(house: House) -> None:
    ada = await house.member()
    kid = key_id(ada.session["access_token"])
    [(sealed,)] = await house.run("SELECT private_sealed FROM signing_keys")

    seed = house.auth.sealing.open(sealed, "signing key", kid).decode()

    assert len(seed) == 44 and seed.encode() not in sealed
    for broken in (
        lambda: house.auth.sealing.open(sealed, "signing key", "another"),
        lambda: house.auth.sealing.open(sealed, "signing ", "key" + kid),
        lambda: house.auth.sealing.open(sealed[:-1] + b"\0", "signing key", kid),
        lambda: house.auth.sealing.open(b"", "signing key", kid),
        lambda: Sealing(Secret("another master key")).open(sealed, "signing key", kid),
    ):
        with pytest.raises(SealBroken):
            broken()


async def test_what_has_expired_is_swept_and_what_counts_stays(house: House, advance: Advance) -> None:
    ada = await house.member()
    await house.register(house.browser(), "never@example.com")
    await ada.post("/auth/password/forgot", {"email": "ada@example.com"})
    await ada.post("/auth/passkeys/challenge", {})
    await ada.post("/invitations", {"email": "bob@example.com", "role": "viewer"})
    await house.running.drain()
    counts = "SELECT (SELECT count(*) FROM {}) "
    tables = ("registrations", "links", "passkey_challenges", "invitations")

    await house.running.tick("auth.sweep")
    assert [(await house.run(counts.format(table)))[0][0] for table in tables] == [1, 1, 1, 1]
    advance(timedelta(days=8))
    await house.running.tick("auth.sweep")
    assert [(await house.run(counts.format(table)))[0][0] for table in tables] == [0, 0, 0, 0]
    assert len(await house.run("SELECT 1 FROM sessions")) == 1
    advance(timedelta(days=30 + 91))
    await house.running.tick("auth.sweep")
    assert await house.run("SELECT 1 FROM sessions") == await house.run("SELECT 1 FROM refresh_tokens") == []
    assert len(await house.run("SELECT 1 FROM users")) == 1


def _names() -> list[str]:
    words = json.loads((Path(letters.__file__).parent / "en.json").read_text(encoding="utf-8"))
    return list(words["letters"])


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("name", _names())
def test_every_letter_is_written_in_both_languages_plain_and_html(name: str, locale: str) -> None:
    values = {
        "inviter": "Ada <b>",
        "workspace": "Films & Co",
        "role": "editor",
        "email": "a@example.com",
        "factor": "totp",
        "left": "9",
        "device": "Firefox on Linux",
    }

    words = json.loads((Path(letters.__file__).parent / f"{locale}.json").read_text(encoding="utf-8"))
    path = "/page#token=abc" if "button" in words["letters"][name] else ""
    mail = compose(Letter(name, "x@example.com", locale, values, path), "https://studio.example")  # type: ignore[arg-type]

    assert mail.html is not None
    assert f'<html lang="{locale}">' in mail.html
    assert not {"{", "}"} & set(mail.text + mail.subject)
    assert "<b>" not in mail.html
    assert mail.text.endswith("https://studio.example.\n")
    assert ("https://studio.example/page#token=abc" in mail.text) == bool(path)
    assert ('href="https://studio.example/page#token=abc"' in mail.html) == bool(path)
    assert mail.headers["Auto-Submitted"] == "auto-generated"


def test_english_and_french_letters_have_the_same_parts() -> None:
    folder = Path(letters.__file__).parent
    en, fr = (json.loads((folder / f"{locale}.json").read_text(encoding="utf-8")) for locale in ("en", "fr"))

    assert {k: sorted(v) for k, v in en["letters"].items()} == {k: sorted(v) for k, v in fr["letters"].items()}
    assert sorted(en) == sorted(fr)


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/149.0 Safari/537.36 Edg/149.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/19.0 Safari/605.1.15", "Safari on macOS"),
        ("Mozilla/5.0 (Linux; Android 16; Pixel 9) Chrome/149.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.15.0", "curl"),
        ("<script>alert(1)</script>", "Unknown device"),
        ("", "Unknown device"),
    ],
)
def test_devices_have_names_people_know(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name


def test_addresses_are_compared_without_case_and_in_one_spelling_of_the_domain() -> None:
    assert parse_email("Ada@MÜNCHEN.example").key == parse_email("ada@xn--mnchen-3ya.EXAMPLE").key
    assert parse_email(" ada@example.com ").key == "ada@example.com"
    assert parse_email("ada@日本語.jp").key.endswith(".jp")
    assert parse_email("boss@mail.corp.internal").text == "boss@mail.corp.internal"
    with pytest.raises(InvalidEmail):
        parse_email("ada@localhost")
