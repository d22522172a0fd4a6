"""Trying keys: what each provider's answers mean, asked over real HTTP (B25, B26)."""

from __future__ import annotations

import json

import pytest

from kernel.outbound import UrlNotAllowed
from kernel.secret import Secret
from kernel.testing.web import reply
from services.keyvault import connections, leases


def answer(status: int, body: object = None) -> bytes:
    return reply(status, json.dumps(body if body is not None else {}).encode(), {"content-type": "application/json"})


ANSWERS = [
    # what any provider may say
    ("pexels", answer(200, {"photos": []}), "valid"),
    ("pexels", answer(401), "invalid"),
    ("pexels", answer(429), "limited"),
    ("pexels", answer(500), "unknown"),
    ("pexels", answer(404), "unknown"),
    ("pexels", reply(200, b"<html>Please sign in</html>"), "unknown"),
    # what only some say
    ("pixabay", reply(400, b"[ERROR 400] Invalid or missing API key."), "invalid"),
    ("pixabay", reply(400, b"[ERROR 400] q is too long"), "unknown"),
    ("unsplash", reply(403, b"Rate Limit Exceeded"), "limited"),
    ("unsplash", answer(403, {"errors": ["OAuth error"]}), "invalid"),
    ("jamendo", answer(200, {"headers": {"status": "success", "code": 0}}), "valid"),
    ("jamendo", answer(200, {"headers": {"status": "failed", "code": 5}}), "invalid"),
    ("jamendo", answer(200, {"headers": {"status": "failed", "code": 6}}), "limited"),
    ("jamendo", answer(200, {"headers": {"status": "failed", "code": 1}}), "unknown"),
    ("openai", answer(401, {"error": {"code": "invalid_api_key"}}), "invalid"),
    ("openai", answer(429, {"error": {"type": "insufficient_quota"}}), "limited"),
    ("openai", answer(403, {"error": {"code": "unsupported_country_region_territory"}}), "unknown"),
    ("anthropic", answer(401, {"error": {"type": "authentication_error"}}), "invalid"),
    ("anthropic", answer(529, {"error": {"type": "overloaded_error"}}), "unknown"),
    ("elevenlabs", answer(401, {"detail": {"status": "invalid_api_key"}}), "invalid"),
    ("elevenlabs", answer(401, {"detail": {"status": "quota_exceeded"}}), "limited"),
    ("elevenlabs", answer(401, {"detail": {"status": "missing_permissions"}}), "limited"),
    ("elevenlabs", answer(401, {"detail": "Unauthorized"}), "invalid"),
    ("stability", answer(402), "limited"),
    ("gemini", answer(400, {"error": {"details": [{"reason": "API_KEY_INVALID"}]}}), "invalid"),
    ("gemini", answer(400, {"error": {"status": "FAILED_PRECONDITION"}}), "unknown"),
    ("deepgram", answer(200, {"projects": []}), "valid"),
    ("freesound", answer(401, {"detail": "Invalid token"}), "invalid"),
    # what is no answer
    ("openai", b"", "unknown"),
    ("openai", reply(200, b"x" * 5_000_000), "unknown"),
    ("openai", reply(200, b"[" * 100_000), "unknown"),
]


@pytest.mark.parametrize(("connector", "said", "outcome"), ANSWERS)
async def test_b25_an_answer_is_read_as_its_provider_means_it(vault, tenant, good_keys, connector, said, outcome):
    vault.provider.respond = lambda asked: said
    added = await vault.add(tenant, connector, Secret(good_keys[connector]))
    tried = await connections.try_out(vault.keyvault, tenant, added.id)
    assert tried.outcome == outcome
    assert good_keys[connector] not in tried.detail
    kept = await leases.read(vault.keyvault.database, tenant, added.id)
    assert (
        kept.verdict == {"valid": "works", "invalid": "rejected", "limited": "limited", "unknown": "unknown"}[outcome]
    )


CARRIED = {
    "pexels": ("authorization", "{key}"),
    "unsplash": ("authorization", "Client-ID {key}"),
    "freesound": ("authorization", "Token {key}"),
    "openai": ("authorization", "Bearer {key}"),
    "anthropic": ("x-api-key", "{key}"),
    "elevenlabs": ("xi-api-key", "{key}"),
    "stability": ("authorization", "Bearer {key}"),
    "gemini": ("x-goog-api-key", "{key}"),
    "deepgram": ("authorization", "Token {key}"),
}


@pytest.mark.parametrize("connector", CARRIED)
async def test_a_key_travels_in_the_header_its_provider_reads_and_never_in_the_address(
    vault, tenant, good_keys, connector
):
    added = await vault.add(tenant, connector, Secret(good_keys[connector]))
    await connections.try_out(vault.keyvault, tenant, added.id)
    (asked,) = vault.provider.asked
    header, value = CARRIED[connector]
    assert asked.headers[header] == value.format(key=good_keys[connector])
    assert good_keys[connector] not in asked.target


@pytest.mark.parametrize(("connector", "parameter"), [("pixabay", "key"), ("jamendo", "client_id")])
async def test_a_provider_that_knows_only_addresses_gets_the_key_there(vault, tenant, good_keys, connector, parameter):
    added = await vault.add(tenant, connector, Secret(good_keys[connector]))
    await connections.try_out(vault.keyvault, tenant, added.id)
    (asked,) = vault.provider.asked
    assert asked.target.endswith(f"&{parameter}={good_keys[connector]}")
    assert "authorization" not in asked.headers


async def test_b25_a_verdict_is_told_when_it_changes_and_unknown_changes_nothing(vault, tenant):
    added = await vault.add(tenant)
    for status in (200, 200, 500, 401, 401, 429, 200):
        vault.provider.respond = lambda asked, status=status: answer(status)
        await connections.try_out(vault.keyvault, tenant, added.id)
    changes = [one["change"] for one in await vault.emitted("key.changed")]
    assert changes == ["added", "works", "rejected", "limited", "works"]


async def test_a_verdict_on_a_key_that_was_replaced_meanwhile_is_not_kept(vault, tenant):
    added = await vault.add(tenant)

    async def slowly():
        await connections.rotate(vault.keyvault, tenant, added.id, Secret("sk-test-the-second-key-0987ABCD"))
        yield answer(401)

    vault.provider.respond = lambda asked: slowly()
    assert (await connections.try_out(vault.keyvault, tenant, added.id)).outcome == "invalid"
    assert (await leases.read(vault.keyvault.database, tenant, added.id)).verdict == "unknown"


async def test_b25_a_provider_that_can_not_be_reached_says_nothing_about_the_key(vault, tenant):
    added = await vault.add(tenant)
    await vault.provider.__aexit__(None, None, None)
    tried = await connections.try_out(vault.keyvault, tenant, added.id)
    assert tried.outcome == "unknown"
    assert "Nothing is known about the key" in tried.detail


@pytest.mark.parametrize("location", ["http://169.254.169.254/latest", "https://10.0.0.1/", "https://localhost/"])
async def test_b26_a_server_that_redirects_inside_is_refused(vault, tenant, location):
    vault.provider.respond = lambda asked: reply(302, headers={"location": location})
    url = f"http://127.0.0.1:{vault.provider.port}/v1"
    added = await vault.add(tenant, "openai-compatible", Secret("token"), base_url=url)
    with pytest.raises(UrlNotAllowed):
        await connections.try_out(vault.keyvault, tenant, added.id)
