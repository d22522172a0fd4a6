"""What surrounds every request: its id and trace, its log line, its duration, and the headers of its answer."""

from __future__ import annotations

import time
from typing import Final

import structlog
from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kernel import context, telemetry
from kernel.http.addresses import UNKNOWN
from kernel.http.headers import security_headers
from kernel.http.limits import rate_limit_headers
from kernel.http.problems import internal_error
from kernel.ids import uuid7

log = structlog.get_logger(__name__)

REQUEST_ID: Final = "X-Request-Id"
_QUIET: Final = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestMiddleware:
    """Outermost of ours. An error nobody foresaw ends here: logged with its request id, answered without its text."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self._headers = {page: security_headers(page=page, https=https) for page in (True, False)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        request_id = str(uuid7())
        status = 0
        began = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in (self._headers[state.get("page", False)] | rate_limit_headers(state)).items():
                    headers.setdefault(name, value)
                headers[REQUEST_ID] = request_id
                headers.setdefault("Cache-Control", "no-store")
                headers.add_vary_header("Authorization")
            await send(message)

        incoming = [value for name, value in scope["headers"] if name == b"traceparent"]
        traceparent = telemetry.continue_trace(incoming[0].decode("latin-1") if len(incoming) == 1 else None)
        with (
            context.bind(request_id=request_id, address=state.get("address", UNKNOWN), traceparent=traceparent),
            telemetry.joined_trace(traceparent),
        ):
            try:
                await self.app(scope, receive, send_with_headers)
            except Exception as error:
                log.exception("request_failed", method=_method(scope), route=route_template(scope))
                if status:
                    raise  # half an answer is out: the server closes the connection
                response = await internal_error(Request(scope), error)
                await response(scope, receive, send_with_headers)
            finally:
                self._done(scope, status, time.perf_counter() - began)

    def _done(self, scope: Scope, status: int, seconds: float) -> None:
        route = route_template(scope)
        telemetry.REQUEST_SECONDS.labels(_method(scope), route, str(status)).observe(seconds)
        if scope["path"] in _QUIET:
            return
        caller = scope["state"].get("caller")
        with context.bind(tenant=getattr(caller, "tenant", None), actor=getattr(caller, "actor", None)):
            log.info(
                "request", method=_method(scope), route=route, status=status, milliseconds=round(seconds * 1000, 1)
            )


def route_template(scope: Scope) -> str:
    """`/api/v1/videos/{video_id}`; never the path itself, which may hold a token and has no end of values."""
    route = scope.get("route")
    return str(getattr(route, "path", None) or ("site" if scope["state"].get("page") else "none"))


def _method(scope: Scope) -> str:
    method: str = scope["method"]
    known = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return method if method in known else "other"
