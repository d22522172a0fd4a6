"""Access tokens: short-lived JWTs signed with Ed25519 (RFC 7519, 8037, 9068; advice of RFC 8725).

    header   {"alg": "EdDSA", "typ": "at+jwt", "kid": "…"}     nothing else
    claims   iss aud sub tid sid scope jti iat nbf exp          sub, tid, sid are UUIDs in their usual spelling

`SigningKey` makes them (the auth service), `KeySet` checks them (every process). A key id stands for one key and one
algorithm; what the header says of algorithms decides nothing. Every flaw is the same 401 `invalid_token`.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NoReturn
from uuid import UUID

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kernel.errors import Unauthenticated
from kernel.ids import TenantId, uuid7
from kernel.secret import Secret

ALGORITHM: Final = "EdDSA"
TYPE: Final = "at+jwt"
LEEWAY: Final = timedelta(seconds=30)
LONGEST_LIFE: Final = timedelta(hours=1)
MAX_LENGTH: Final = 8 * 1024

_TOKEN = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_CLAIMS: Final = ("iss", "aud", "sub", "tid", "sid", "scope", "jti", "iat", "nbf", "exp")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid token says. Role and scopes are looked up with the session: these may be minutes old."""

    user_id: UUID
    tenant: TenantId
    session_id: UUID
    scopes: frozenset[str]
    token_id: str
    expires_at: int


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private Ed25519 key and its id."""

    kid: str
    _private: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> SigningKey:
        return cls(str(uuid7()), Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, kid: str, seed: Secret) -> SigningKey:
        """The key that `seed` gave."""
        return cls(kid, Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(seed.reveal())))

    @property
    def seed(self) -> Secret:
        """The private key, to keep sealed: 32 bytes in base64url."""
        return Secret(base64.urlsafe_b64encode(self._private.private_bytes_raw()).decode())

    def public_jwk(self) -> dict[str, str]:
        """The public key as a JSON Web Key (RFC 8037 §2)."""
        raw = self._private.public_key().public_bytes_raw()
        x = base64.urlsafe_b64encode(raw).decode().rstrip("=")
        return {"kty": "OKP", "crv": "Ed25519", "alg": ALGORITHM, "use": "sig", "kid": self.kid, "x": x}

    def issue(
        self,
        *,
        issuer: str,
        audience: str,
        user_id: UUID,
        tenant: TenantId,
        session_id: UUID,
        scopes: Iterable[str],
        issued_at: datetime,
        lifetime: timedelta,
    ) -> str:
        """A signed token. `lifetime` is at most an hour."""
        if not timedelta(0) < lifetime <= LONGEST_LIFE:
            raise ValueError("an access token lives up to an hour")
        issued = int(issued_at.timestamp())
        claims = {
            "iss": issuer,
            "aud": audience,
            "sub": str(user_id),
            "tid": str(tenant),
            "sid": str(session_id),
            "scope": " ".join(sorted(scopes)),
            "jti": str(uuid7()),
            "iat": issued,
            "nbf": issued,
            "exp": issued + int(lifetime.total_seconds()),
        }
        return jwt.encode(claims, self._private, ALGORITHM, headers={"typ": TYPE, "kid": self.kid})


class KeySet:
    """Public keys by id. `public_jwks` makes the document other processes read."""

    def __init__(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def of(cls, jwks: Mapping[str, Any]) -> KeySet:
        """The Ed25519 signature keys of a JWK Set (RFC 7517 §5); others, and ids that stand twice, are left out."""
        keys: dict[str, Ed25519PublicKey] = {}
        twice: set[str] = set()
        for jwk in jwks.get("keys", ()):
            kid = jwk.get("kid")
            fits = jwk.get("kty") == "OKP" and jwk.get("crv") == "Ed25519" and jwk.get("alg", ALGORITHM) == ALGORITHM
            if not fits or not isinstance(kid, str) or jwk.get("use", "sig") != "sig" or "d" in jwk:
                continue
            if kid in keys:
                twice.add(kid)
            raw = str(jwk.get("x", "")).encode()
            try:
                keys[kid] = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(raw + b"=" * (-len(raw) % 4)))
            except (ValueError, UnsupportedAlgorithm):
                continue
        return cls({kid: key for kid, key in keys.items() if kid not in twice})

    def __contains__(self, kid: str) -> bool:
        return kid in self._keys

    def verify(self, token: str, *, issuer: str, audience: str) -> Claims:
        """What a token of ours says. Raises Unauthenticated (401 `invalid_token`), always in the same words."""
        header, claims = _read(token)
        key = self._keys.get(header["kid"])
        if key is None:
            raise Unauthenticated
        try:
            jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=issuer,
                audience=audience,
                leeway=LEEWAY,
                options={"require": list(_CLAIMS), "strict_aud": True},
            )
        except jwt.PyJWTError:
            raise Unauthenticated from None
        return Claims(
            user_id=UUID(claims["sub"]),
            tenant=TenantId(UUID(claims["tid"])),
            session_id=UUID(claims["sid"]),
            scopes=frozenset(claims["scope"].split()),
            token_id=claims["jti"],
            expires_at=claims["exp"],
        )


def public_jwks(keys: Iterable[SigningKey]) -> dict[str, Any]:
    """The JWK Set of these keys: the one that signs, those that soon will and those whose tokens still live."""
    return {"keys": [key.public_jwk() for key in keys]}


def key_id(token: str) -> str:
    """Which key a token says it is signed with; nothing about it is proven. Raises Unauthenticated for no token."""
    kid: str = _read(token)[0]["kid"]
    return kid


def _read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token whose form is exactly ours; the signature is not looked at."""
    match = _TOKEN.fullmatch(token) if len(token) <= MAX_LENGTH else None
    if match is None:
        raise Unauthenticated
    header, claims = (_json(part) for part in match.groups()[:2])
    # Exactly these three: no jku, jwk, x5u, x5c (keys of the sender's choice), no crit, b64, zip.
    if set(header) != {"alg", "typ", "kid"} or header["alg"] != ALGORITHM or header["typ"] != TYPE:
        raise Unauthenticated
    if not isinstance(header["kid"], str):
        raise Unauthenticated
    texts = all(isinstance(claims.get(name), str) for name in ("iss", "aud", "sub", "tid", "sid", "scope", "jti"))
    times = all(type(claims.get(name)) is int for name in ("iat", "nbf", "exp"))
    if not texts or not times or not all(_UUID.fullmatch(claims[name]) for name in ("sub", "tid", "sid")):
        raise Unauthenticated
    if not 0 < claims["exp"] - claims["iat"] <= LONGEST_LIFE.total_seconds():
        raise Unauthenticated
    return header, claims


def _json(part: str) -> dict[str, Any]:
    try:
        raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        # The last character holds spare bits; with them set, one token would have several spellings.
        if base64.urlsafe_b64encode(raw).decode().rstrip("=") != part:
            raise Unauthenticated
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Unauthenticated from None
    if not isinstance(value, dict):
        raise Unauthenticated
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise Unauthenticated
    return dict(pairs)


def _refuse(_: str) -> NoReturn:
    raise Unauthenticated
