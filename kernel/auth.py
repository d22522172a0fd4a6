"""Who is calling: from an `Authorization` header to a `Caller` with the permissions of this moment.

    VideosWrite = Annotated[Caller, Depends(require(Scope.VIDEOS_WRITE))]

    @router.post("/videos/{video_id}/trash")
    async def trash(video_id: UUID, caller: VideosWrite, service: Service) -> VideoOut: ...

The parameter is the permission. The tenant is the token's and nothing else's: no header, body or host name names one.
Whether a session or an API token still holds is asked of `Sessions` (auth answers) and remembered for three seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import Annotated, Any, Final, Protocol
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from kernel import context
from kernel.access_token import MAX_LENGTH, Claims, KeySet, key_id
from kernel.errors import AddressNotAllowed, MissingScope, Unauthenticated
from kernel.http.addresses import client_address
from kernel.http.limits import charge, charge_caller
from kernel.ids import TenantId
from kernel.ports import Limit
from kernel.remembered import Remembered
from kernel.secret import Secret

API_TOKEN_PREFIX: Final = "kr_"  # noqa: S105 - the prefix of tokens, no token
AUDIENCE: Final = "keyreel"
REMEMBERED_SECONDS: Final = 3.0
WITHOUT_ANSWER_SECONDS: Final = 60.0
"""How long remembered answers hold while `Sessions` does not answer."""
KEYS_SECONDS: Final = 60.0
KEYS_WITHOUT_ANSWER_SECONDS: Final = 3600.0
UNKNOWN_TOKENS: Final = Limit.per_minute(60)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a session or an API token stands for now. `networks` are CIDRs; empty: from anywhere.

    `role` is a member's role in the tenant; `scopes` holds operator scopes too, where the user has them.
    """

    tenant: TenantId
    user_id: UUID
    role: str
    scopes: frozenset[str]
    session_id: UUID | None = None
    token_id: UUID | None = None
    networks: tuple[str, ...] = ()


class Sessions(Protocol):
    """Answered by auth. Raises Unavailable when it can't be asked now."""

    async def of_session(self, session_id: UUID, user_id: UUID, tenant: TenantId) -> Standing | None:
        """What the session stands for in this tenant; None: ended, or its user is no member (any more)."""

    async def of_token(self, token: Secret) -> Standing | None:
        """What an API token (`kr_…`) stands for; None: unknown, expired or revoked."""

    async def public_keys(self) -> dict[str, Any]:
        """The JWK Set that access tokens are checked against."""
        ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes this request. `address` is the client's, behind our proxies."""

    tenant: TenantId
    user_id: UUID
    role: str
    scopes: frozenset[str]
    session_id: UUID | None
    token_id: UUID | None
    address: str

    @property
    def actor(self) -> str:
        """How the audit log names the caller."""
        return f"token:{self.token_id}" if self.token_id else f"user:{self.user_id}"

    def may(self, scope: str) -> bool:
        return scope in self.scopes


@dataclass(frozen=True, slots=True)
class _Session:
    session_id: UUID
    user_id: UUID
    tenant: TenantId


@dataclass(frozen=True, slots=True)
class _Token:
    """Told apart by its hash, so that looking it up takes the same time for every token."""

    digest: bytes
    token: Secret = field(compare=False, repr=False)


Credential = _Session | _Token


class Authenticator:
    """Turns credentials into callers. One per process."""

    def __init__(self, sessions: Callable[[], Sessions], *, issuer: str, audience: str = AUDIENCE) -> None:
        """`sessions` is called when first needed: the service that answers may be built later."""
        self._sessions = sessions
        self.issuer = issuer
        self.audience = audience
        self._standings = Remembered(self._ask, fresh=REMEMBERED_SECONDS, stale=WITHOUT_ANSWER_SECONDS)
        self._keys = Remembered(self._ask_keys, fresh=KEYS_SECONDS, stale=KEYS_WITHOUT_ANSWER_SECONDS, most=1)

    async def authenticate(self, authorization: str | None, address: str) -> tuple[Caller, Credential]:
        """The caller of a request with this `Authorization` header, and what to ask `still_stands` with.

        Raises Unauthenticated (401), AddressNotAllowed (403), or Unavailable (503) when nobody can tell.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or len(token) > MAX_LENGTH or not token.isascii():
            raise Unauthenticated
        credential: Credential
        if token.startswith(API_TOKEN_PREFIX):
            credential = _Token(hashlib.sha256(token.encode()).digest(), Secret(token))
        else:
            claims = await self._verify(token)
            credential = _Session(claims.session_id, claims.user_id, claims.tenant)
        standing = await self._standings.get(credential)
        if standing is None or (isinstance(credential, _Session) and standing.tenant != credential.tenant):
            raise Unauthenticated
        if not admits(standing.networks, address):
            raise AddressNotAllowed
        caller = Caller(
            tenant=standing.tenant,
            user_id=standing.user_id,
            role=standing.role,
            scopes=standing.scopes,
            session_id=standing.session_id,
            token_id=standing.token_id,
            address=address,
        )
        return caller, credential

    async def still_stands(self, credential: Credential, address: str) -> bool:
        """Whether the session or token of a long answer (a stream) still holds, and from this address.

        The access token itself may have expired meanwhile: the session is what counts.
        """
        standing = await self._standings.get(credential)
        return standing is not None and admits(standing.networks, address)

    async def _verify(self, token: str) -> Claims:
        keys = await self._keys.get(None)
        if key_id(token) not in keys:
            # A key that is newer than our list, or none of ours: look again, but not for every such token.
            keys = await self._keys.get(None, older_than=REMEMBERED_SECONDS)
        return keys.verify(token, issuer=self.issuer, audience=self.audience)

    async def _ask(self, credential: Credential) -> Standing | None:
        if isinstance(credential, _Token):
            return await self._sessions().of_token(credential.token)
        return await self._sessions().of_session(credential.session_id, credential.user_id, credential.tenant)

    async def _ask_keys(self, _: None) -> KeySet:
        return KeySet.of(await self._sessions().public_keys())


def admits(networks: Iterable[str], address: str) -> bool:
    """Whether an address is in one of the networks (CIDRs); without networks, every address is."""
    listed = tuple(networks)
    if not listed:
        return True
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return any(ip in ip_network(network, strict=False) for network in listed)


_bearer = HTTPBearer(
    auto_error=False, description="An access token of a session, or an API token (`kr_…`).", scheme_name="token"
)


def require(*scopes: str) -> Callable[..., AsyncIterator[Caller]]:
    """A dependency that gives the Caller, who has all these scopes; without any: whoever is signed in.

    Answers 401 `invalid_token`, 403 `missing_scope` or `address_not_allowed`, 429 `rate_limited`. While the request
    runs, `kernel.context` names its tenant, actor and address.
    """

    async def caller(
        request: Request, _: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> AsyncIterator[Caller]:
        found = await caller_of(request)
        await charge_caller(request, found)
        missing = sorted(set(map(str, scopes)) - found.scopes)
        if missing:
            raise MissingScope(f"This needs the permission {missing[0]}, which your role or token does not include.")
        with context.bind(tenant=found.tenant, actor=found.actor, address=found.address):
            yield found

    caller.required_scopes = tuple(map(str, scopes))  # type: ignore[attr-defined]  # read by the OpenAPI document
    return caller


async def caller_of(request: Request) -> Caller:
    """The caller of a request, found once. Raises as `Authenticator.authenticate`."""
    state = request.state
    if not hasattr(state, "caller"):
        headers = request.headers.getlist("authorization")
        authenticator: Authenticator = request.app.state.authenticator
        sent = headers[0] if len(headers) == 1 else None
        try:
            state.caller, state.credential = await authenticator.authenticate(sent, client_address(request))
        except Unauthenticated:
            if sent is not None and API_TOKEN_PREFIX in sent[:16]:
                # Each wrong API token is a question to the database; access tokens are refused without one.
                await charge(request, "unknown-token", client_address(request), UNKNOWN_TOKENS, strict=False)
            raise
    caller: Caller = state.caller
    return caller
