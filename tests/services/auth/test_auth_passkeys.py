"""Passkeys, with an authenticator in software: real key pairs, CBOR and signatures."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from kernel.testing.postgres import DatabaseServer
from services.auth import testing
from services.auth.auth import Auth
from services.auth.errors import PasskeysUnavailable
from services.auth.factors import passkeys
from services.auth.service import SPEC
from services.auth.testing import Browser, House

Advance = Callable[[timedelta], None]
EMAIL = "ada@example.com"
UP, UV, AT = 0x01, 0x04, 0x40
"""User present, user verified, attested credential data included (WebAuthn §6.1)."""


@dataclass
class Authenticator:
    """One passkey on one device (WebAuthn §6, keys as COSE, RFC 9053). Its fields bend what it says."""

    origin: str = "http://localhost"
    verifies: bool = True
    counter: int = 0
    steps: int = 1
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user_handle: bytes = b""

    def create(self, options: dict[str, Any], *, rp_id: str | None = None) -> dict[str, Any]:
        """navigator.credentials.create(): a new credential for the options' relying party."""
        self.user_handle = unpack(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)
        data = self._authenticator_data(rp_id or options["rp"]["id"], AT) + attested
        return self._credential(
            clientDataJSON=self._client_data("webauthn.create", options["challenge"]),
            attestationObject=cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data}),
        )

    def get(self, options: dict[str, Any], *, rp_id: str | None = None) -> dict[str, Any]:
        """navigator.credentials.get(): signs the challenge."""
        self.counter += self.steps
        data = self._authenticator_data(rp_id or options["rpId"])
        client_data = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        return self._credential(
            clientDataJSON=client_data, authenticatorData=data, signature=signature, userHandle=self.user_handle
        )

    def _authenticator_data(self, rp_id: str, more: int = 0) -> bytes:
        flags = UP | more | (UV if self.verifies else 0)
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + self.counter.to_bytes(4, "big")

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}).encode()

    def _credential(self, **response: bytes) -> dict[str, Any]:
        return {
            "id": pack(self.credential_id),
            "rawId": pack(self.credential_id),
            "type": "public-key",
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "response": {name: pack(value) for name, value in response.items()} | {"transports": ["internal", "?"]},
        }


def pack(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unpack(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def add(house: House, browser: Browser, device: Authenticator, **bent: Any) -> Any:
    asked = (await browser.post("/me/passkeys/challenge")).json()
    body = {
        "challenge_id": asked["challenge_id"],
        "name": "Laptop",
        "credential": device.create(asked["options"], **bent),
    }
    return await browser.post("/me/passkeys", body)


async def ask(browser: Browser, mfa_token: str | None = None) -> dict[str, Any]:
    answer = await browser.post("/auth/passkeys/challenge", {"mfa_token": mfa_token} if mfa_token else {})
    assert answer.status_code == 200, answer.text
    asked: dict[str, Any] = answer.json()
    return asked


async def use(browser: Browser, device: Authenticator, mfa_token: str | None = None, **bent: Any) -> Any:
    asked = await ask(browser, mfa_token)
    credential = device.get(asked["options"], **bent)
    return await browser.post(
        "/auth/sign-in/passkey", {"challenge_id": asked["challenge_id"], "credential": credential}
    )


async def with_passkey(house: House) -> tuple[Browser, Authenticator]:
    ada, device = await house.member(EMAIL), Authenticator()
    added = await add(house, ada, device)
    assert added.status_code == 201, added.text
    return ada, device


async def test_a_passkey_signs_in_by_itself(house: House) -> None:
    ada, device = await with_passkey(house)
    browser = house.browser()

    answer = await use(browser, device)

    assert answer.status_code == 200, answer.text
    assert answer.json()["user"]["email"] == EMAIL
    assert browser.refresh_token
    [shown] = (await ada.get("/me/factors")).json()["passkeys"]
    assert shown["name"] == "Laptop" and shown["last_used_at"] is not None
    assert (await house.run("SELECT method FROM sessions ORDER BY created_at DESC LIMIT 1")) == [("passkey",)]


async def test_the_relying_party_and_user_verification_are_the_studios_to_say(house: House) -> None:
    ada, _ = await with_passkey(house)

    creation = (await ada.post("/me/passkeys/challenge", headers={"Host": "localhost:9"})).json()["options"]
    request = (await ask(house.browser()))["options"]

    assert creation["rp"]["id"] == request["rpId"] == "localhost"
    assert creation["authenticatorSelection"]["userVerification"] == request["userVerification"] == "required"
    assert creation["authenticatorSelection"]["residentKey"] == "required"
    assert len(creation["excludeCredentials"]) == 1
    assert request["allowCredentials"] == []


async def test_a_passkey_is_the_second_step_after_a_password(house: House) -> None:
    _, device = await with_passkey(house)
    browser = house.browser()
    step = (await house.sign_in(EMAIL, browser=browser)).json()

    assert step["methods"] == ["passkey"]
    options = (await ask(browser, step["mfa_token"]))["options"]
    assert [one["id"] for one in options["allowCredentials"]] == [pack(device.credential_id)]
    assert options["allowCredentials"][0]["transports"] == ["internal"]
    answer = await use(browser, device, step["mfa_token"])
    assert answer.status_code == 200

    again = await browser.post("/auth/passkeys/challenge", {"mfa_token": step["mfa_token"]})
    assert (again.status_code, again.json()["code"]) == (401, "sign_in_expired")


async def test_anothers_passkey_is_no_second_step(house: House) -> None:
    _, _ = await with_passkey(house)
    eve, evil = await house.member("eve@example.com"), Authenticator()
    assert (await add(house, eve, evil)).status_code == 201
    step = (await house.sign_in(EMAIL)).json()

    answer = await use(house.browser(), evil, step["mfa_token"])

    assert (answer.status_code, answer.json()["code"]) == (400, "webauthn_unknown_credential")


async def test_b21_answers_of_a_wrong_origin_site_or_without_verification_are_refused(house: House) -> None:
    _, device = await with_passkey(house)
    cases: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("webauthn_wrong_origin", {"origin": "http://localhost.evil.example"}, {}),
        ("webauthn_wrong_origin", {"origin": "https://localhost"}, {}),
        ("webauthn_wrong_relying_party", {}, {"rp_id": "evil.example"}),
        ("webauthn_user_not_verified", {"verifies": False}, {}),
    ]

    for expected, bent, rp in cases:
        kept = {name: getattr(device, name) for name in bent}
        for name, value in bent.items():
            setattr(device, name, value)
        answer = await use(house.browser(), device, **rp)
        for name, value in kept.items():
            setattr(device, name, value)
        assert (answer.status_code, answer.json()["code"]) == (400, expected)
    assert (await use(house.browser(), device)).status_code == 200


async def test_b21_the_same_holds_when_a_passkey_is_added(house: House) -> None:
    ada = await house.member(EMAIL)

    wrong_origin = await add(house, ada, Authenticator(origin="http://evil.example"))
    wrong_site = await add(house, ada, Authenticator(), rp_id="evil.example")
    unverified = await add(house, ada, Authenticator(verifies=False))

    assert [answer.json()["code"] for answer in (wrong_origin, wrong_site, unverified)] == [
        "webauthn_wrong_origin",
        "webauthn_wrong_relying_party",
        "webauthn_user_not_verified",
    ]
    assert (await ada.get("/me/factors")).json()["passkeys"] == []


async def test_b21_a_challenge_is_good_for_one_answer(house: House) -> None:
    _, device = await with_passkey(house)
    asked = await ask(house.browser())
    body = {"challenge_id": asked["challenge_id"], "credential": device.get(asked["options"])}

    first = await house.browser().post("/auth/sign-in/passkey", body)
    replay = await house.browser().post("/auth/sign-in/passkey", body)

    assert first.status_code == 200
    assert (replay.status_code, replay.json()["code"]) == (400, "webauthn_challenge_unknown")


async def test_b21_a_refused_answer_uses_the_challenge_up_too(house: House) -> None:
    _, device = await with_passkey(house)
    asked = await ask(house.browser())
    good = device.get(asked["options"])
    broken = good | {"response": good["response"] | {"signature": pack(b"nonsense")}}

    body = {"challenge_id": asked["challenge_id"], "credential": broken}
    assert (await house.browser().post("/auth/sign-in/passkey", body)).json()["code"] == "webauthn_refused"
    body["credential"] = good
    assert (await house.browser().post("/auth/sign-in/passkey", body)).json()["code"] == "webauthn_challenge_unknown"


async def test_b21_an_answer_to_another_challenge_or_a_late_one_is_refused(house: House, advance: Advance) -> None:
    ada, device = await with_passkey(house)
    one, two = await ask(house.browser()), await ask(house.browser())
    enrolling = (await ada.post("/me/passkeys/challenge")).json()

    crossed = {"challenge_id": one["challenge_id"], "credential": device.get(two["options"])}
    other_kind = {"challenge_id": enrolling["challenge_id"], "credential": device.get(one["options"])}
    late = {"challenge_id": two["challenge_id"], "credential": device.get(two["options"])}
    answers = [await house.browser().post("/auth/sign-in/passkey", body) for body in (crossed, other_kind)]
    advance(timedelta(minutes=5, seconds=1))
    answers.append(await house.browser().post("/auth/sign-in/passkey", late))

    assert {answer.json()["code"] for answer in answers} == {"webauthn_challenge_unknown"}


async def test_b21_a_counter_that_does_not_rise_means_a_copy_and_is_recorded(house: House) -> None:
    _, device = await with_passkey(house)
    device.counter = 5
    assert (await use(house.browser(), device)).status_code == 200
    device.steps = 0
    copied = await use(house.browser(), device)
    device.counter, device.steps = 2, 1
    older = await use(house.browser(), device)

    for answer in (copied, older):
        assert (answer.status_code, answer.json()["code"]) == (400, "webauthn_counter_regressed")
    acts = [data["action"] for _, data in await house.emitted("audit.recorded")]
    assert acts.count("passkey.copied") == 2


async def test_passkeys_that_never_count_are_fine(house: House) -> None:
    ada, device = await house.member(EMAIL), Authenticator(steps=0)
    await add(house, ada, device)

    assert (await use(house.browser(), device)).status_code == 200
    assert (await use(house.browser(), device)).status_code == 200


async def test_a_passkey_of_another_key_pair_is_refused(house: House) -> None:
    _, device = await with_passkey(house)
    forged = Authenticator(credential_id=device.credential_id, user_handle=device.user_handle, counter=99)

    answer = await use(house.browser(), forged)

    assert (answer.status_code, answer.json()["code"]) == (400, "webauthn_refused")


async def test_a_passkey_must_say_whose_it_is_and_be_theirs(house: House) -> None:
    _, device = await with_passkey(house)
    eve = await house.member("eve@example.com")
    unknown = await use(house.browser(), Authenticator(user_handle=device.user_handle))
    device.user_handle, kept = eve.user_id.bytes, device.user_handle
    as_eve = await use(house.browser(), device)
    device.user_handle = b""
    as_nobody = await use(house.browser(), device)
    device.user_handle = kept

    assert unknown.json()["code"] == as_eve.json()["code"] == "webauthn_unknown_credential"
    assert as_nobody.json()["code"] == "webauthn_refused"


async def test_a_passkey_known_already_is_not_added_again_and_not_to_another(house: House) -> None:
    ada, device = await with_passkey(house)
    eve = await house.member("eve@example.com")

    assert (await add(house, ada, device)).json()["code"] == "webauthn_refused"
    assert (await add(house, eve, device)).json()["code"] == "webauthn_refused"
    assert (await eve.get("/me/factors")).json()["passkeys"] == []


async def test_a_challenge_of_another_person_adds_nothing(house: House) -> None:
    ada, eve = await house.member(EMAIL), await house.member("eve@example.com")
    asked = (await ada.post("/me/passkeys/challenge")).json()

    body = {"challenge_id": asked["challenge_id"], "name": "x", "credential": Authenticator().create(asked["options"])}

    assert (await eve.post("/me/passkeys", body)).json()["code"] == "webauthn_challenge_unknown"


GARBAGE: list[dict[str, Any]] = [
    {},
    {"id": 1, "rawId": 2},
    {"rawId": "AAAA", "response": "x"},
    {"rawId": "AAAA", "response": {"userHandle": "AAAA"}},
    {
        "id": "AAAA",
        "rawId": "AAAA",
        "type": "public-key",
        "response": {"clientDataJSON": "e30", "attestationObject": "oA"},
    },
    {
        "id": "AAAA",
        "rawId": "AAAA",
        "type": "x",
        "response": {"clientDataJSON": "", "authenticatorData": "", "signature": ""},
    },
    {"id": "é", "rawId": "é", "type": "public-key", "response": {"clientDataJSON": "!", "attestationObject": "!"}},
]


@pytest.mark.parametrize("credential", GARBAGE, ids=range(len(GARBAGE)))
async def test_b21_what_is_no_credential_is_refused_in_plain_words(house: House, credential: dict[str, Any]) -> None:
    ada = await house.member(EMAIL)
    enrolling, signing = (await ada.post("/me/passkeys/challenge")).json(), await ask(house.browser())

    added = await ada.post(
        "/me/passkeys", {"challenge_id": enrolling["challenge_id"], "name": "x", "credential": credential}
    )
    used = await house.browser().post(
        "/auth/sign-in/passkey", {"challenge_id": signing["challenge_id"], "credential": credential}
    )

    for answer in (added, used):
        assert answer.status_code == 400
        assert answer.json()["code"].startswith("webauthn_")


async def test_bits_turned_anywhere_in_an_answer_never_sign_in(house: House) -> None:
    _, device = await with_passkey(house)

    for field_name in ("clientDataJSON", "authenticatorData", "signature"):
        for _ in range(4):
            asked = await ask(house.browser())
            credential = device.get(asked["options"])
            raw = bytearray(unpack(credential["response"][field_name]))
            raw[secrets.randbelow(len(raw))] ^= 1 << secrets.randbelow(8)
            credential["response"][field_name] = pack(bytes(raw))
            answer = await house.browser().post(
                "/auth/sign-in/passkey", {"challenge_id": asked["challenge_id"], "credential": credential}
            )
            assert answer.status_code == 400, (field_name, answer.text)


async def test_removing_a_passkey_ends_it_and_anothers_is_not_found(house: House) -> None:
    ada, device = await with_passkey(house)
    eve = await house.member("eve@example.com")
    [key] = (await ada.get("/me/factors")).json()["passkeys"]

    assert (await eve.call("DELETE", f"/me/passkeys/{key['id']}")).status_code == 404
    assert (await ada.call("DELETE", f"/me/passkeys/{key['id']}")).status_code == 204
    assert (await use(house.browser(), device)).json()["code"] == "webauthn_unknown_credential"
    assert "access_token" in (await house.sign_in(EMAIL)).json()


async def test_one_answer_sent_twice_at_once_opens_one_session(house: House) -> None:
    _, device = await with_passkey(house)
    asked = await ask(house.browser())
    body = {"challenge_id": asked["challenge_id"], "credential": device.get(asked["options"])}

    answers = await asyncio.gather(*(house.browser().post("/auth/sign-in/passkey", body) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 400, 400, 400]


async def test_a_studio_at_an_ip_address_says_that_it_has_no_passkeys(
    database_server: DatabaseServer, tmp_path: Path
) -> None:
    async with testing.house(SPEC, server=database_server, folder=tmp_path) as house:
        ada = await house.member(EMAIL)
        house.running.service(Auth).base_url = "http://192.0.2.7:8080"

        with pytest.raises(PasskeysUnavailable) as refused:
            await passkeys.challenge(house.auth, ada.user_id)

    assert (refused.value.status, "localhost" in refused.value.detail) == (409, True)
