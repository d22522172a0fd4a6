"""The outside services a workspace can bring a key for: what a key looks like, where it may go, how to test it.

Facts are those of the providers' public documentation. A key format is a shape to catch a wrong paste, wide enough for
the keys a provider gave out in earlier years; whether a key works is only known by asking.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, Literal

Outcome = Literal["valid", "invalid", "limited", "unknown"]


@dataclass(frozen=True, slots=True)
class Sign:
    """A trait of an answer that tells more than its status.

    `at` is a dotted path into the JSON body whose value equals `value`; empty, the body's text contains `value`.
    """

    status: int
    value: str
    outcome: Outcome
    at: str = ""


@dataclass(frozen=True, slots=True)
class KeyTest:
    """A cheap request that only a good key can make. `path` starts at the connector's base URL, query included.

    `signs` are looked at before the usual reading: 2xx valid, 401 and 403 invalid, 402 and 429 limited, else unknown.
    """

    path: str
    headers: tuple[tuple[str, str], ...] = ()
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True, slots=True)
class Connector:
    """One service. `header` carries the key as `scheme` + key; a service that knows only URLs has `parameter` instead.

    `hosts` are the only hosts the key is ever sent to. An empty `base_url` means that each connection names its own
    server, whose host is then the only one.
    """

    id: str
    name: str
    unlocks: tuple[str, ...]
    key_page: str
    key_hint: str
    key_format: re.Pattern[str] = field(repr=False)
    base_url: str
    test: KeyTest
    header: str = "authorization"
    scheme: str = ""
    parameter: str | None = None
    hosts: frozenset[str] = frozenset()

    @property
    def takes_base_url(self) -> bool:
        return not self.base_url


def _key(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


_OPENAI_SIGNS: Final = (
    Sign(429, "insufficient_quota", "limited", at="error.type"),
    Sign(403, "unsupported_country_region_territory", "unknown", at="error.code"),
)

CONNECTORS: Final[tuple[Connector, ...]] = (
    Connector(
        id="pexels",
        name="Pexels",
        unlocks=("image.search", "video.search"),
        key_page="https://www.pexels.com/api/new/",
        key_hint="56 letters and digits",
        key_format=_key(r"[A-Za-z0-9]{40,80}"),
        base_url="https://api.pexels.com",
        hosts=frozenset({"api.pexels.com"}),
        test=KeyTest("/v1/search?query=tea&per_page=1"),
    ),
    Connector(
        id="pixabay",
        name="Pixabay",
        unlocks=("image.search", "video.search"),
        key_page="https://pixabay.com/api/docs/",
        key_hint="digits, a hyphen, then 25 letters and digits",
        key_format=_key(r"[0-9]{4,12}-[0-9a-f]{20,40}"),
        base_url="https://pixabay.com",
        hosts=frozenset({"pixabay.com"}),
        parameter="key",
        test=KeyTest("/api/?q=tea&per_page=3", signs=(Sign(400, "API key", "invalid"),)),
    ),
    Connector(
        id="unsplash",
        name="Unsplash",
        unlocks=("image.search",),
        key_page="https://unsplash.com/oauth/applications",
        key_hint="the access key: 43 letters, digits, hyphens and underscores",
        key_format=_key(r"[A-Za-z0-9_-]{40,64}"),
        base_url="https://api.unsplash.com",
        hosts=frozenset({"api.unsplash.com"}),
        scheme="Client-ID ",
        test=KeyTest("/photos?per_page=1", signs=(Sign(403, "Rate Limit Exceeded", "limited"),)),
    ),
    Connector(
        id="freesound",
        name="Freesound",
        unlocks=("music.search",),
        key_page="https://freesound.org/apiv2/apply/",
        key_hint="40 letters and digits",
        key_format=_key(r"[A-Za-z0-9]{32,64}"),
        base_url="https://freesound.org",
        hosts=frozenset({"freesound.org"}),
        scheme="Token ",
        test=KeyTest("/apiv2/search/?query=tea&page_size=1"),
    ),
    Connector(
        id="jamendo",
        name="Jamendo",
        unlocks=("music.search",),
        key_page="https://devportal.jamendo.com/",
        key_hint="the client id: 8 letters and digits",
        key_format=_key(r"[0-9a-f]{8}"),
        base_url="https://api.jamendo.com",
        hosts=frozenset({"api.jamendo.com"}),
        parameter="client_id",
        test=KeyTest(
            "/v3.0/tracks/?format=json&limit=1",
            # errors come with status 200; https://developer.jamendo.com/v3.0/response-codes
            signs=(
                Sign(200, "5", "invalid", at="headers.code"),
                Sign(200, "6", "limited", at="headers.code"),
                Sign(200, "failed", "unknown", at="headers.status"),
            ),
        ),
    ),
    Connector(
        id="openai",
        name="OpenAI",
        unlocks=("script", "image.generate", "speech", "transcribe"),
        key_page="https://platform.openai.com/api-keys",
        key_hint="starts with sk-",
        key_format=_key(r"sk-[A-Za-z0-9_-]{20,250}"),
        base_url="https://api.openai.com",
        hosts=frozenset({"api.openai.com"}),
        scheme="Bearer ",
        test=KeyTest("/v1/models", signs=_OPENAI_SIGNS),
    ),
    Connector(
        id="openai-compatible",
        name="OpenAI-compatible server",
        unlocks=("script", "image.generate", "speech", "transcribe"),
        key_page="",
        key_hint="whatever your server expects as a bearer token",
        key_format=_key(r"[\x21-\x7e]{1,512}"),
        base_url="",
        scheme="Bearer ",
        test=KeyTest("/models", signs=_OPENAI_SIGNS),
    ),
    Connector(
        id="anthropic",
        name="Anthropic",
        unlocks=("script",),
        key_page="https://console.anthropic.com/settings/keys",
        key_hint="starts with sk-ant-",
        key_format=_key(r"sk-ant-[A-Za-z0-9_-]{20,250}"),
        base_url="https://api.anthropic.com",
        hosts=frozenset({"api.anthropic.com"}),
        header="x-api-key",
        test=KeyTest("/v1/models?limit=1", headers=(("anthropic-version", "2023-06-01"),)),
    ),
    Connector(
        id="elevenlabs",
        name="ElevenLabs",
        unlocks=("speech",),
        key_page="https://elevenlabs.io/app/settings/api-keys",
        key_hint="starts with sk_, or 32 letters and digits",
        key_format=_key(r"(?:sk_)?[A-Za-z0-9]{32,64}"),
        base_url="https://api.elevenlabs.io",
        hosts=frozenset({"api.elevenlabs.io"}),
        header="xi-api-key",
        # says 401 for much that is not a bad key
        test=KeyTest(
            "/v1/user/subscription",
            signs=(
                Sign(401, "quota_exceeded", "limited", at="detail.status"),
                Sign(401, "missing_permissions", "limited", at="detail.status"),
                Sign(401, "detected_unusual_activity", "limited", at="detail.status"),
            ),
        ),
    ),
    Connector(
        id="stability",
        name="Stability AI",
        unlocks=("image.generate",),
        key_page="https://platform.stability.ai/account/keys",
        key_hint="starts with sk-",
        key_format=_key(r"sk-[A-Za-z0-9]{30,100}"),
        base_url="https://api.stability.ai",
        hosts=frozenset({"api.stability.ai"}),
        scheme="Bearer ",
        test=KeyTest("/v1/user/balance"),
    ),
    Connector(
        id="gemini",
        name="Google Gemini",
        unlocks=("script", "image.generate"),
        key_page="https://aistudio.google.com/apikey",
        key_hint="usually starts with AIza",
        key_format=_key(r"[A-Za-z0-9_.-]{30,200}"),
        base_url="https://generativelanguage.googleapis.com",
        hosts=frozenset({"generativelanguage.googleapis.com"}),
        header="x-goog-api-key",
        test=KeyTest("/v1beta/models?pageSize=1", signs=(Sign(400, "API_KEY_INVALID", "invalid"),)),
    ),
    Connector(
        id="deepgram",
        name="Deepgram",
        unlocks=("transcribe",),
        key_page="https://console.deepgram.com/",
        key_hint="40 letters and digits",
        key_format=_key(r"[0-9a-f]{40}"),
        base_url="https://api.deepgram.com",
        hosts=frozenset({"api.deepgram.com"}),
        scheme="Token ",
        test=KeyTest("/v1/projects"),
    ),
)
