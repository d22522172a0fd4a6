"""Trying a key: one cheap request to its provider, and what the answer says about the key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from kernel.outbound import Answer, Caps, FileTooLarge, Outbound, OutboundError, UrlNotAllowed
from kernel.secret import Secret
from services.keyvault.connectors import Connector, Outcome

CAPS: Final = Caps(max_bytes=4 * 1024 * 1024, connect_seconds=5.0, idle_seconds=10.0, total_seconds=15.0)

_IN_WORDS: Final[dict[Outcome, str]] = {
    "valid": "{name} accepts the key.",
    "invalid": "{name} refuses the key. Check that it was copied whole and has not been revoked.",
    "limited": "{name} knows the key, but its credit, rate or permissions are used up or too narrow at the moment.",
    "unknown": "{name} gave no answer that tells whether the key works. Try again later.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a trial; `detail` is a sentence for its owner."""

    outcome: Outcome
    detail: str


async def try_key(outbound: Outbound, connector: Connector, base_url: str | None, key: Secret) -> Verdict:
    """Asks the provider. Whatever goes wrong on the way is `unknown`; only UrlNotAllowed is raised."""
    credentials = {connector.header: Secret(connector.scheme + key.reveal())}
    try:
        answer = await outbound.request(
            "GET",
            (base_url or connector.base_url).rstrip("/") + connector.test.path,
            headers={"accept": "application/json", **dict(connector.test.headers)},
            credentials={} if connector.parameter else credentials,
            query_credentials={connector.parameter: key} if connector.parameter else {},
            caps=CAPS,
        )
    except UrlNotAllowed:
        raise
    except FileTooLarge:
        return _verdict("unknown", connector)
    except OutboundError as error:
        return Verdict("unknown", f"{error.detail} Nothing is known about the key.")
    return _verdict(judge(connector, answer), connector)


def judge(connector: Connector, answer: Answer) -> Outcome:
    """What an answer says about the key it was asked with.

    An answer of another host than was asked says nothing, nor does a success that is not JSON: a page to sign in, say.
    """
    if answer.redirected:
        return "unknown"
    text = answer.body.decode("utf-8", "replace")
    try:
        body = json.loads(text)
        is_json = True
    except (ValueError, RecursionError):
        body, is_json = None, False
    for sign in connector.test.signs:
        if answer.status == sign.status and (_at(body, sign.at) == sign.value if sign.at else sign.value in text):
            return sign.outcome
    if 200 <= answer.status < 300:
        return "valid" if is_json else "unknown"
    if answer.status in (401, 403):
        return "invalid"
    if answer.status in (402, 429):
        return "limited"
    return "unknown"


def _at(body: Any, path: str) -> str | None:
    """The value at a dotted path, as text."""
    for name in path.split("."):
        if not isinstance(body, dict) or name not in body:
            return None
        body = body[name]
    return str(body)


def _verdict(outcome: Outcome, connector: Connector) -> Verdict:
    return Verdict(outcome, _IN_WORDS[outcome].format(name=connector.name))
