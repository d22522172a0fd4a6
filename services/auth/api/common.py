"""What auth's routes share: the service, the client, the browser's cookies and the check of their origin."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request, Response

from kernel import context
from kernel.http.addresses import client_address
from kernel.secret import Secret
from kernel.service import service_of
from services.auth.auth import Auth, Client
from services.auth.errors import OriginNotAllowed
from services.auth.schemas import SessionOut
from services.auth.sessions import Opened
from services.auth.settings import DEVICE_LIFE, REGISTRATION_LIFE, SESSION_LIFE

Service = Annotated[Auth, Depends(service_of(Auth))]
REFRESH_COOKIE = "keyreel-refresh"
PENDING_COOKIE = "keyreel-pending"
DEVICE_COOKIE = "keyreel-device"
"""A random number by which a browser is known again, so that a sign-in from a new one can be told to its owner."""


def same_origin(request: Request, auth: Service) -> None:
    """Refuses requests another site makes a browser send: `Origin` must be ours, and must be there with a cookie.

    Raises OriginNotAllowed.
    """
    origin = request.headers.get("origin")
    bears_cookie = any(cookie_name(auth, name) in request.cookies for name in (REFRESH_COOKIE, PENDING_COOKIE))
    if origin not in auth.origins and (origin is not None or bears_cookie):
        raise OriginNotAllowed


def cookie_name(auth: Auth, name: str) -> str:
    """`__Host-` binds a cookie to this host and path `/` (RFC 6265bis §4.1.3.2); browsers ask for `Secure` with it."""
    return f"__Host-{name}" if auth.secure_cookies else name


def cookie(request: Request, auth: Auth, name: str) -> Secret | None:
    value = request.cookies.get(cookie_name(auth, name))
    return Secret(value) if value else None


async def client_of(request: Request, auth: Service) -> AsyncIterator[Client]:
    """Who knocks; while the request runs, `kernel.context` names the address for the audit log."""
    address = client_address(request)
    with context.bind(address=address):
        device = cookie(request, auth, DEVICE_COOKIE)
        yield Client(address, request.headers.get("user-agent", "")[:400], device)


Visitor = Annotated[Client, Depends(client_of)]


def set_cookie(response: Response, auth: Auth, name: str, value: Secret, life: timedelta) -> None:
    response.set_cookie(
        cookie_name(auth, name),
        value.reveal(),
        max_age=int(life.total_seconds()),
        path="/",
        secure=auth.secure_cookies,
        httponly=True,
        samesite="strict",
    )


def drop_cookie(response: Response, auth: Auth, name: str) -> None:
    response.delete_cookie(
        cookie_name(auth, name), path="/", secure=auth.secure_cookies, httponly=True, samesite="strict"
    )


def welcome(response: Response, auth: Auth, opened: Opened) -> SessionOut:
    """Puts the refresh token into its cookie and nowhere else."""
    set_cookie(response, auth, REFRESH_COOKIE, opened.refresh_token, SESSION_LIFE)
    set_cookie(response, auth, DEVICE_COOKIE, opened.device, DEVICE_LIFE)
    response.headers["Cache-Control"] = "no-store"
    return opened.session


def set_pending(response: Response, auth: Auth, browser: Secret) -> None:
    set_cookie(response, auth, PENDING_COOKIE, browser, REGISTRATION_LIFE)
