"""B18: tokens that are not access tokens of ours, each refused with the same 401 `invalid_token`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kernel.access_token import KeySet, SigningKey, public_jwks
from kernel.auth import AUDIENCE
from kernel.errors import Unauthenticated
from kernel.ids import TenantId, uuid7
from kernel.secret import Secret
from kernel.testing.notes.service import ROLES, SPEC
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import BASE_URL, Member, RunningStudio, studio

Claims = dict[str, Any]
NOW: Final = int(datetime.now(UTC).timestamp())


def b64(value: bytes | str | dict[str, Any]) -> str:
    raw = value if isinstance(value, bytes) else (value if isinstance(value, str) else json.dumps(value)).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


class Forger:
    """Makes tokens around one good session: `claims` and `header` are those of a good token, changed as asked."""

    def __init__(self, key: SigningKey, member: Member) -> None:
        self.key = key
        self.private = Ed25519PrivateKey.from_private_bytes(base64.urlsafe_b64decode(key.seed.reveal()))
        self.claims: Claims = {
            "iss": BASE_URL,
            "aud": AUDIENCE,
            "sub": str(member.user_id),
            "tid": str(member.tenant),
            "sid": str(member.session_id),
            "scope": "notes:read",
            "jti": str(uuid7()),
            "iat": NOW,
            "nbf": NOW,
            "exp": NOW + 600,
        }
        self.header: dict[str, Any] = {"alg": "EdDSA", "typ": "at+jwt", "kid": key.kid}

    def sign(self, header: dict[str, Any] | str, claims: Claims | str, key: Ed25519PrivateKey | None = None) -> str:
        signed = f"{b64(header)}.{b64(claims)}"
        return f"{signed}.{b64((key or self.private).sign(signed.encode()))}"

    def with_claims(self, **changed: Any) -> str:
        claims = {name: value for name, value in {**self.claims, **changed}.items() if value is not ...}
        return self.sign(self.header, claims)

    def with_header(self, **changed: Any) -> str:
        header = {name: value for name, value in {**self.header, **changed}.items() if value is not ...}
        return self.sign(header, self.claims)

    def hmac(self, secret: bytes, alg: str = "HS256") -> str:
        signed = f"{b64({**self.header, 'alg': alg})}.{b64(self.claims)}"
        return f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"

    @property
    def public(self) -> Any:
        return self.private.public_key()

    @property
    def jwk(self) -> dict[str, str]:
        return self.key.public_jwk()


OTHER: Final = Ed25519PrivateKey.generate()
OTHER_JWK: Final = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": b64(OTHER.public_key().public_bytes_raw()),
}

CORPUS: Final[dict[str, Callable[[Forger], str]]] = {
    # algorithms
    "alg none": lambda f: f"{b64({**f.header, 'alg': 'none'})}.{b64(f.claims)}.",
    "alg None with a signature": lambda f: f.with_header(alg="None"),
    "alg nOnE": lambda f: f"{b64({**f.header, 'alg': 'nOnE'})}.{b64(f.claims)}.AA",
    "alg missing": lambda f: f.with_header(alg=...),
    "alg a list": lambda f: f.with_header(alg=["EdDSA"]),
    "HS256 with the raw public key": lambda f: f.hmac(f.public.public_bytes_raw()),
    "HS256 with the PEM public key": lambda f: f.hmac(
        f.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ),
    "HS256 with the key's JWK": lambda f: f.hmac(json.dumps(f.jwk).encode()),
    "HS256 with an empty key": lambda f: f.hmac(b""),
    "RS256 of another key": lambda f: jwt.encode(
        f.claims, rsa.generate_private_key(65537, 2048), "RS256", headers=f.header | {"alg": "RS256"}
    ),
    "ES256 of another key": lambda f: jwt.encode(
        f.claims, ec.generate_private_key(ec.SECP256R1()), "ES256", headers=f.header | {"alg": "ES256"}
    ),
    # keys
    "kid missing": lambda f: f.with_header(kid=...),
    "kid unknown": lambda f: f.with_header(kid="another"),
    "kid a path": lambda f: f.with_header(kid="../../dev/null"),
    "kid SQL": lambda f: f.with_header(kid="' or 1=1 --"),
    "kid a number": lambda f: f.with_header(kid=1),
    "kid an object": lambda f: f.with_header(kid={"kid": f.key.kid}),
    "another environment's key under our kid": lambda f: f.sign(f.header, f.claims, OTHER),
    "jwk in the header": lambda f: f.sign({**f.header, "jwk": OTHER_JWK}, f.claims, OTHER),
    "our own jwk in the header": lambda f: f.with_header(jwk=f.jwk),
    "jku in the header": lambda f: f.with_header(jku="https://evil.example/jwks.json"),
    "x5u in the header": lambda f: f.with_header(x5u="https://evil.example/cert.pem"),
    "x5c in the header": lambda f: f.with_header(x5c=["AAAA"]),
    "crit in the header": lambda f: f.with_header(crit=["exp"]),
    "b64 false": lambda f: f.with_header(b64=False, crit=["b64"]),
    "zip in the header": lambda f: f.with_header(zip="DEF"),
    # types
    "typ JWT": lambda f: f.with_header(typ="JWT"),
    "typ missing": lambda f: f.with_header(typ=...),
    "typ of a refresh token": lambda f: f.with_header(typ="rt+jwt"),
    "typ in capitals": lambda f: f.with_header(typ="AT+JWT"),
    "an ID token": lambda f: f.sign({**f.header, "typ": "JWT"}, f.claims | {"nonce": "n", "email": "a@example.com"}),
    # claims
    "wrong iss": lambda f: f.with_claims(iss="https://evil.example"),
    "iss with a slash more": lambda f: f.with_claims(iss=BASE_URL + "/"),
    "iss missing": lambda f: f.with_claims(iss=...),
    "wrong aud": lambda f: f.with_claims(aud="other"),
    "aud a list": lambda f: f.with_claims(aud=[AUDIENCE, "other"]),
    "aud missing": lambda f: f.with_claims(aud=...),
    "expired": lambda f: f.with_claims(iat=NOW - 700, nbf=NOW - 700, exp=NOW - 100),
    "no exp": lambda f: f.with_claims(exp=...),
    "float exp": lambda f: f.with_claims(exp=NOW + 600.5),
    "text exp": lambda f: f.with_claims(exp=str(NOW + 600)),
    "true exp": lambda f: f.with_claims(exp=True),
    "exp in 2100": lambda f: f.with_claims(exp=4102444800),
    "huge exp": lambda f: f.with_claims(exp=10**400),
    "exp before iat": lambda f: f.with_claims(iat=NOW + 900, exp=NOW + 600),
    "nbf in the future": lambda f: f.with_claims(nbf=NOW + 300),
    "iat in the future": lambda f: f.with_claims(iat=NOW + 300, exp=NOW + 600),
    "no nbf": lambda f: f.with_claims(nbf=...),
    "no sid": lambda f: f.with_claims(sid=...),
    "sub a number": lambda f: f.with_claims(sub=7),
    "sub in capitals": lambda f: f.with_claims(sub=f.claims["sub"].upper()),
    "tid in unicode digits": lambda f: f.with_claims(
        tid="".join(chr(ord("０") + int(c)) if c.isdigit() else c for c in f.claims["tid"])
    ),
    "tid with a line break": lambda f: f.with_claims(tid=f.claims["tid"] + "\n"),
    "tid a list": lambda f: f.with_claims(tid=[f.claims["tid"]]),
    "tid of another workspace": lambda f: f.with_claims(tid=str(uuid7())),
    "sid of nobody": lambda f: f.with_claims(sid=str(uuid7())),
    "sub of someone else": lambda f: f.with_claims(sub=str(uuid7())),
    # forms
    "empty": lambda f: "",
    "no dots": lambda f: "a" * 100,
    "two parts": lambda f: ".".join(f.with_claims().split(".")[:2]),
    "five parts, as of a JWE": lambda f: f.with_claims() + ".AA.AA",
    "no signature": lambda f: ".".join([*f.with_claims().split(".")[:2], ""]),
    "a cut signature": lambda f: f.with_claims()[:-4],
    "another token's signature": lambda f: ".".join(
        [*f.with_claims().split(".")[:2], f.with_claims(scope="").split(".")[2]]
    ),
    "claims changed, signature kept": lambda f: ".".join(
        [f.with_claims().split(".")[0], b64({**f.claims, "scope": "operator:plans"}), f.with_claims().split(".")[2]]
    ),
    "padding": lambda f: ".".join(part + "=" for part in f.with_claims().split(".")),
    "standard base64": lambda f: f.with_claims().replace("-", "+").replace("_", "/") + "/+",
    "white space inside": lambda f: f.with_claims().replace(".", ". ", 1),
    "a megabyte": lambda f: f.with_claims(scope="x" * 1_000_000),
    "nine kilobytes": lambda f: f.with_claims(scope="x" * 9_000),
    "spare bits set in the header": lambda f: _spare_bits(f),
    "a name twice in the claims": lambda f: f.sign(
        f.header, json.dumps(f.claims)[:-1] + f', "tid": "{f.claims["tid"]}"}}'
    ),
    "a name twice in the header": lambda f: f.sign(json.dumps(f.header)[:-1] + ', "alg": "EdDSA"}', f.claims),
    "claims a list": lambda f: f.sign(f.header, "[]"),
    "claims no JSON": lambda f: f.sign(f.header, "{"),
    "claims NaN": lambda f: f.sign(f.header, json.dumps(f.claims)[:-1] + ', "x": NaN}'),
    "claims nest without end": lambda f: f.sign(f.header, "[" * 3000),
    "claims in UTF-16": lambda f: f"{b64(f.header)}.{b64(json.dumps(f.claims).encode('utf-16'))}.AA",
    "JSON serialisation": lambda f: json.dumps(
        dict(zip(("protected", "payload", "signature"), f.with_claims().split("."), strict=True))
    ).replace(" ", ""),
    # not of this kind at all
    "an API token of nobody": lambda f: "kr_" + "x" * 40,
}


def _spare_bits(forger: Forger) -> str:
    """A header whose last character says the same bytes another way."""
    for width in range(3):
        header = b64(json.dumps(forger.header) + " " * width)
        if len(header) % 4 == 2:
            alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
            other = header[:-1] + alphabet[alphabet.index(header[-1]) | 1]
            signed = f"{other}.{b64(forger.claims)}"
            return f"{signed}.{b64(forger.private.sign(signed.encode()))}"
    raise AssertionError("one of three widths leaves spare bits")


@pytest.fixture
async def running(database_server: DatabaseServer, tmp_path: Path) -> Any:
    async with studio(SPEC, server=database_server, folder=tmp_path, roles=ROLES) as one:
        yield one


@pytest.mark.parametrize("name", CORPUS)
async def test_b18_is_refused(running: RunningStudio, name: str) -> None:
    member = running.as_member("owner")
    forger = Forger(running.sessions.key, member)
    good = await running.client.get("/api/v1/whoami", headers={"authorization": f"Bearer {forger.with_claims()}"})
    assert good.status_code == 200
    token = CORPUS[name](forger)
    answer = await running.client.get("/api/v1/whoami", headers={"authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")
    assert answer.json()["detail"] == Unauthenticated.title
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_b18_has_thirty_tokens_and_more() -> None:
    assert len(CORPUS) >= 30


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "bearer\t{}",
        "Bearer  {}",
        "Token {}",
        "{}",
        "Bearer {} x",
        "Bearer {},{}",
    ],
)
async def test_b18_other_ways_to_send_a_token_are_none(running: RunningStudio, header: str | None) -> None:
    token = running.as_member("owner").headers["Authorization"].removeprefix("Bearer ")
    headers = {} if header is None else {"authorization": header.replace("{}", token)}
    answer = await running.client.get("/api/v1/whoami", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (401, "invalid_token")


async def test_b18_two_authorization_headers_are_none(running: RunningStudio) -> None:
    token = running.as_member("owner").headers["Authorization"]
    answer = await running.client.get("/api/v1/whoami", headers=[("authorization", token), ("authorization", token)])
    assert answer.status_code == 401


async def test_a_token_in_the_query_is_none(running: RunningStudio) -> None:
    token = running.as_member("owner").headers["Authorization"].removeprefix("Bearer ")
    answer = await running.client.get(f"/api/v1/whoami?access_token={token}&token={token}")
    assert answer.status_code == 401


async def test_clocks_may_differ_by_half_a_minute(running: RunningStudio) -> None:
    forger = Forger(running.sessions.key, running.as_member("owner"))
    now = int(datetime.now(UTC).timestamp())
    for token in (forger.with_claims(iat=now - 600, exp=now - 15), forger.with_claims(iat=now + 15, nbf=now + 15)):
        answer = await running.client.get("/api/v1/whoami", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 200


def issue(key: SigningKey) -> str:
    return key.issue(
        issuer=BASE_URL,
        audience=AUDIENCE,
        user_id=uuid7(),
        tenant=TenantId(uuid7()),
        session_id=uuid7(),
        scopes=("b", "a"),
        issued_at=datetime.now(UTC),
        lifetime=timedelta(minutes=10),
    )


def test_tokens_of_the_old_and_the_new_key_are_valid_while_both_are_published() -> None:
    old, new = SigningKey.generate(), SigningKey.generate()
    both = KeySet.of(public_jwks([old, new]))
    for key in (old, new):
        assert both.verify(issue(key), issuer=BASE_URL, audience=AUDIENCE).scopes == {"a", "b"}
    with pytest.raises(Unauthenticated):
        KeySet.of(public_jwks([new])).verify(issue(old), issuer=BASE_URL, audience=AUDIENCE)


def test_a_signing_key_is_the_same_after_it_was_kept() -> None:
    key = SigningKey.generate()
    again = SigningKey.load(key.kid, Secret(key.seed.reveal()))
    assert again.public_jwk() == key.public_jwk()
    assert key.seed.reveal() not in repr(key)


def test_only_keys_of_our_algorithm_are_taken_from_a_set() -> None:
    key = SigningKey.generate()
    jwk = key.public_jwk()
    strangers: list[dict[str, Any]] = [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "oct", "alg": "HS256"},
        {**jwk, "kid": "other-alg", "alg": "HS256"},
        {**jwk, "kid": "enc", "use": "enc"},
        {**jwk, "kid": "private", "d": "AAAA"},
        {**jwk, "kid": "short", "x": "AAAA"},
        {**jwk, "kid": 7},
        {**jwk, "kid": "twice"},
        {**jwk, "kid": "twice"},
    ]
    keys = KeySet.of({"keys": [*strangers, jwk]})
    assert key.kid in keys
    assert not any(kid in keys for kid in ("oct", "other-alg", "enc", "private", "short", "twice"))


@pytest.mark.parametrize("lifetime", [timedelta(0), timedelta(hours=2), timedelta(seconds=-1)])
def test_a_token_lives_up_to_an_hour(lifetime: timedelta) -> None:
    with pytest.raises(ValueError, match="an hour"):
        SigningKey.generate().issue(
            issuer="i",
            audience="a",
            user_id=uuid7(),
            tenant=TenantId(uuid7()),
            session_id=uuid7(),
            scopes=(),
            issued_at=datetime.now(UTC),
            lifetime=lifetime,
        )
