"""Opaque tokens: 256 random bits that mean nothing by themselves and are kept only as their SHA-256.

A plain hash is enough, as there is no dictionary of 256-bit secrets to try.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from kernel.secret import Secret

API_TOKEN_PREFIX = "kr_"  # noqa: S105 - it marks a token, it isn't one


def new_token() -> Secret:
    """43 letters, digits, `-` and `_`."""
    return Secret(secrets.token_urlsafe(32))


def new_api_token() -> Secret:
    """As `new_token`, with a prefix by which leaked ones are found."""
    return Secret(API_TOKEN_PREFIX + secrets.token_urlsafe(32))


def token_hash(token: str | Secret) -> bytes:
    """How it is kept and found. Anything may come in, lone surrogates included."""
    text = token.reveal() if isinstance(token, Secret) else token
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def successor(key: bytes, token: str) -> str:
    """The refresh token that follows `token`: HMAC-SHA-256 under a key only auth has.

    Deterministic, so that a lost or raced answer can be given again without keeping any token readable.
    """
    digest = hmac.digest(key, token.encode(errors="surrogatepass"), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
