"""Authenticator apps and recovery codes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pyotp
import pytest

import kernel.clock
from adapters.limits_memory import MemoryLimits
from kernel.testing.postgres import DatabaseServer
from services.auth import testing
from services.auth.service import SPEC
from services.auth.testing import PASSWORD, Browser, House

Advance = Callable[[timedelta], None]
EMAIL = "ada@example.com"


def code(secret: str, steps: int = 0) -> str:
    moment: datetime = kernel.clock.now() + timedelta(seconds=30 * steps)
    return pyotp.TOTP(secret).at(moment)


async def with_totp(house: House) -> tuple[Browser, str, list[str]]:
    """Ada with an authenticator app: her browser, its secret, her recovery codes. The step before now is used."""
    ada = await house.member(EMAIL)
    secret = (await ada.post("/me/totp")).json()["secret"]
    confirmed = await ada.post("/me/totp/confirm", {"code": code(secret, -1)})
    assert confirmed.status_code == 200, confirmed.text
    return ada, secret, confirmed.json()["recovery_codes"]


async def first_step(house: House, browser: Browser | None = None) -> str:
    answer = await house.sign_in(EMAIL, browser=browser)
    assert answer.status_code == 200
    return str(answer.json()["mfa_token"])


async def test_an_authenticator_app_is_shown_once_and_counts_after_a_code(house: House) -> None:
    ada = await house.member(EMAIL)

    shown = (await ada.post("/me/totp")).json()
    assert shown["uri"].startswith("otpauth://totp/Keyreel:ada%40example.com?secret=")
    assert shown["secret"] in shown["uri"]
    assert shown["qr_svg"].startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert (await ada.get("/me/factors")).json()["totp"] is False
    assert "access_token" in (await house.sign_in(EMAIL)).json()
    wrong = await ada.post("/me/totp/confirm", {"code": "000000"})
    right = await ada.post("/me/totp/confirm", {"code": code(shown["secret"])})

    assert (wrong.status_code, wrong.json()["code"]) == (401, "invalid_code")
    assert len(set(right.json()["recovery_codes"])) == 10
    assert (await ada.get("/me/factors")).json() == {"totp": True, "passkeys": [], "recovery_codes_left": 10}
    assert (await ada.post("/me/totp")).json()["code"] == "factor_exists"
    assert (await ada.post("/me/totp/confirm", {"code": code(shown["secret"], 1)})).json()["code"] == "factor_exists"
    assert (await house.letters(EMAIL))[-1].subject == "Your account has a new second step"


async def test_signing_in_asks_for_the_code(house: House) -> None:
    _, secret, _ = await with_totp(house)
    browser = house.browser()

    step = (await house.sign_in(EMAIL, browser=browser)).json()
    assert step["methods"] == ["totp", "recovery_code"]
    assert "access_token" not in step and browser.refresh_token is None
    answer = await browser.post("/auth/sign-in/totp", {"mfa_token": step["mfa_token"], "code": code(secret)})

    assert answer.status_code == 200
    assert (await browser.get("/me")).json()["email"] == EMAIL


async def test_b20_a_code_works_once(house: House) -> None:
    _, secret, _ = await with_totp(house)
    now = code(secret)

    first = await house.browser().post("/auth/sign-in/totp", {"mfa_token": await first_step(house), "code": now})
    replay = await house.browser().post("/auth/sign-in/totp", {"mfa_token": await first_step(house), "code": now})

    assert first.status_code == 200
    assert (replay.status_code, replay.json()["code"]) == (401, "invalid_code")


async def test_b20_a_code_used_twice_at_once_opens_one_session(house: House) -> None:
    _, secret, _ = await with_totp(house)
    tokens = [await first_step(house) for _ in range(4)]
    now = code(secret)

    answers = await asyncio.gather(
        *(house.browser().post("/auth/sign-in/totp", {"mfa_token": token, "code": now}) for token in tokens)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]


@pytest.mark.parametrize("steps", [-3, -2, 2, 3])
async def test_b20_a_code_of_another_time_is_refused(house: House, steps: int) -> None:
    _, secret, _ = await with_totp(house)

    answer = await house.browser().post(
        "/auth/sign-in/totp", {"mfa_token": await first_step(house), "code": code(secret, steps)}
    )

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_code")


@pytest.mark.parametrize("wrong", ["1234567", "12345", "abcdef", "１２３４５６", "-12345", "12 34"])
async def test_b20_what_is_no_code_is_refused(house: House, wrong: str) -> None:
    await with_totp(house)

    answer = await house.browser().post("/auth/sign-in/totp", {"mfa_token": await first_step(house), "code": wrong})

    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_code")


async def test_b20_a_clock_one_step_ahead_is_right_and_ends_the_steps_before(house: House) -> None:
    _, secret, _ = await with_totp(house)

    ahead = {"mfa_token": await first_step(house), "code": code(secret, 1)}
    assert (await house.browser().post("/auth/sign-in/totp", ahead)).status_code == 200
    earlier = {"mfa_token": await first_step(house), "code": code(secret)}
    assert (await house.browser().post("/auth/sign-in/totp", earlier)).json()["code"] == "invalid_code"


async def test_b20_twenty_wrong_codes_at_once_end_in_429(database_server: DatabaseServer, tmp_path: Path) -> None:
    limits = MemoryLimits(clock=lambda: 0.0)
    async with testing.house(SPEC, server=database_server, folder=tmp_path, limits=limits) as house:
        await with_totp(house)
        token = await first_step(house)

        answers = await asyncio.gather(
            *(
                house.browser().post("/auth/sign-in/totp", {"mfa_token": token, "code": f"{number:06d}"})
                for number in range(20)
            )
        )

    codes = [answer.json()["code"] for answer in answers]
    assert codes.count("rate_limited") == 16  # one of five was used to confirm the app
    assert codes.count("invalid_code") == 4
    assert all(int(answer.headers["retry-after"]) > 0 for answer in answers if answer.status_code == 429)


async def test_a_second_step_has_five_tries_and_five_minutes(house: House, advance: Advance) -> None:
    _, secret, _ = await with_totp(house)
    spent = await first_step(house)
    for _ in range(5):
        assert (await house.browser().post("/auth/sign-in/totp", {"mfa_token": spent, "code": "000000"})).json()[
            "code"
        ] == "invalid_code"
    after_five = await house.browser().post("/auth/sign-in/totp", {"mfa_token": spent, "code": code(secret)})
    late = await first_step(house)
    advance(timedelta(minutes=5, seconds=1))
    after_five_minutes = await house.browser().post("/auth/sign-in/totp", {"mfa_token": late, "code": code(secret)})

    for answer in (after_five, after_five_minutes):
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_expired")


async def test_a_second_step_opens_one_session(house: House) -> None:
    _, secret, _ = await with_totp(house)
    token = await first_step(house)

    assert (
        await house.browser().post("/auth/sign-in/totp", {"mfa_token": token, "code": code(secret)})
    ).status_code == 200
    again = await house.browser().post("/auth/sign-in/totp", {"mfa_token": token, "code": code(secret, 1)})

    assert again.json()["code"] == "sign_in_expired"


async def test_a_recovery_code_works_once_however_it_is_typed(house: House) -> None:
    ada, _, codes = await with_totp(house)
    typed = codes[3].upper().replace("-", " ")

    first = await house.browser().post(
        "/auth/sign-in/recovery-code", {"mfa_token": await first_step(house), "code": typed}
    )
    again = await house.browser().post(
        "/auth/sign-in/recovery-code", {"mfa_token": await first_step(house), "code": codes[3]}
    )

    assert first.status_code == 200
    assert (again.status_code, again.json()["code"]) == (401, "invalid_code")
    assert (await ada.get("/me/factors")).json()["recovery_codes_left"] == 9
    letter = (await house.letters(EMAIL))[-1]
    assert letter.subject == "A recovery code was used" and "9 are left" in letter.text


async def test_new_recovery_codes_end_the_old_ones_and_need_a_factor(house: House) -> None:
    ada, _, old = await with_totp(house)
    bob = await house.member("bob@example.com")

    new = (await ada.post("/me/recovery-codes")).json()["recovery_codes"]
    with_old = {"mfa_token": await first_step(house), "code": old[0]}
    with_new = {"mfa_token": with_old["mfa_token"], "code": new[0]}

    assert (await bob.post("/me/recovery-codes")).json()["code"] == "factor_missing"
    assert not set(old) & set(new)
    assert (await house.browser().post("/auth/sign-in/recovery-code", with_old)).json()["code"] == "invalid_code"
    assert (await house.browser().post("/auth/sign-in/recovery-code", with_new)).status_code == 200


async def test_recovery_codes_and_secrets_are_not_kept_readable(house: House) -> None:
    _, secret, codes = await with_totp(house)

    [(kept,)] = await house.run("SELECT encode(secret_sealed, 'escape') FROM totp_factors")
    hashes = [row[0] for row in await house.run("SELECT encode(code_hash, 'escape') FROM recovery_codes")]

    assert secret not in kept
    assert not any(code[:5] in row for code in codes for row in hashes)


async def test_a_reset_never_drops_a_factor(house: House) -> None:
    _, secret, _ = await with_totp(house)
    await house.browser().post("/auth/password/forgot", {"email": EMAIL})
    new = "a quite different sentence"
    await house.browser().post("/auth/password/reset", {"token": await house.token(EMAIL), "password": new})

    step = (await house.sign_in(EMAIL, new)).json()

    assert step["methods"] == ["totp", "recovery_code"]
    answer = await house.browser().post("/auth/sign-in/totp", {"mfa_token": step["mfa_token"], "code": code(secret)})
    assert answer.status_code == 200


async def test_a_sign_in_half_done_ends_with_a_reset(house: House) -> None:
    _, secret, _ = await with_totp(house)
    half = await first_step(house)
    await house.browser().post("/auth/password/forgot", {"email": EMAIL})
    token = await house.token(EMAIL)
    await house.browser().post("/auth/password/reset", {"token": token, "password": "a quite different sentence"})

    answer = await house.browser().post("/auth/sign-in/totp", {"mfa_token": half, "code": code(secret)})

    assert answer.json()["code"] == "sign_in_expired"


async def test_removing_the_app_needs_the_password_or_a_code_and_takes_the_recovery_codes(house: House) -> None:
    ada, secret, _ = await with_totp(house)

    nothing = await ada.call("DELETE", "/me/totp", {})
    wrong = await ada.call("DELETE", "/me/totp", {"password": "not my password at all"})
    wrong_code = await ada.call("DELETE", "/me/totp", {"code": "000000"})
    right = await ada.call("DELETE", "/me/totp", {"code": code(secret)})
    gone = await ada.call("DELETE", "/me/totp", {"password": PASSWORD})

    assert nothing.status_code == 422
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    assert wrong_code.json()["code"] == "invalid_code"
    assert right.status_code == 204
    assert gone.json()["code"] == "factor_missing"
    assert (await ada.get("/me/factors")).json() == {"totp": False, "passkeys": [], "recovery_codes_left": 0}
    assert "access_token" in (await house.sign_in(EMAIL)).json()
    assert "A second step was removed" in [letter.subject for letter in await house.letters(EMAIL)]
