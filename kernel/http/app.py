"""The application: routers under common rules, probes, metrics, the API's description and the web app's files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from fastapi.routing import iter_route_contexts

from kernel import telemetry
from kernel.auth import admits
from kernel.errors import NotFound
from kernel.http.addresses import ClientAddressMiddleware, client_address, parse_networks
from kernel.http.docs import docs_page
from kernel.http.hosts import HostMiddleware
from kernel.http.openapi import describe
from kernel.http.problems import handle_errors
from kernel.http.readiness import Readiness
from kernel.http.requests import RequestMiddleware
from kernel.http.routes import ApiRoute
from kernel.http.site import Site

_FORWARDED = frozenset({"forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"})

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpOptions:
    """What the operator decides. `base_url` is the address people use; `web_dir` holds the built web app.

    `trusted_proxies` and `metrics_networks` are CIDRs; `/metrics` is for this machine where none is named.
    """

    base_url: str
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    metrics_networks: tuple[str, ...] = ("127.0.0.0/8", "::1/128")
    web_dir: Path | None = None
    title: str = "Keyreel"
    version: str = "0"


def create_app(
    options: HttpOptions, routers: Sequence[APIRouter], lifespan: Lifespan | None, readiness: Readiness
) -> FastAPI:
    """One application of these routers. Raises TypeError for routes that weren't made by `routes.api_router`."""
    app = FastAPI(
        title=options.title,
        version=options.version,
        lifespan=lifespan,
        redirect_slashes=False,  # a redirect would take its host from the request
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    for router in routers:
        for found in iter_route_contexts(router.routes):
            if not isinstance(found.original_route, ApiRoute):
                raise TypeError(f"{found.path} is not a route of kernel.http.api_router")
        app.include_router(router)
    app.include_router(_probes(options, readiness))
    app.state.fixed_paths = _fixed_paths(app)
    handle_errors(app)
    app.router.default = Site(options.web_dir)
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's documented way to extend it
    # The last one added is the outermost.
    app.add_middleware(HostMiddleware, base_url=options.base_url, allowed=options.allowed_hosts)
    app.add_middleware(RequestMiddleware, https=options.base_url.startswith("https:"))
    app.add_middleware(ClientAddressMiddleware, trusted=parse_networks(options.trusted_proxies))
    return app


def _fixed_paths(app: FastAPI) -> dict[str, frozenset[str]]:
    """The methods of each path without a parameter, for `kernel.http.routes.refuse_other_methods`."""
    found: dict[str, set[str]] = {}
    for one in iter_route_contexts(app.routes):
        if one.path is not None and "{" not in one.path:
            found.setdefault(one.path, set()).update(one.methods or ())
    return {path: frozenset(methods) for path, methods in found.items()}


def _probes(options: HttpOptions, readiness: Readiness) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz")
    async def healthz() -> PlainTextResponse:
        return PlainTextResponse("ok\n")

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        reasons = await readiness.reasons()
        return JSONResponse({"ready": not reasons, "reasons": reasons}, status_code=503 if reasons else 200)

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        # A proxy on this machine that isn't listed as trusted must not make the world look local.
        forwarded = _FORWARDED & set(request.headers) and not options.trusted_proxies
        if forwarded or not admits(options.metrics_networks, client_address(request)):
            raise NotFound
        return Response(telemetry.metrics(), media_type=telemetry.METRICS_TYPE)

    @router.get("/api/openapi.json")
    async def openapi(request: Request) -> Any:
        return JSONResponse(request.app.openapi(), headers={"Cache-Control": "no-cache"})

    @router.get("/api/docs")
    async def docs(request: Request) -> Response:
        return docs_page(request.app.openapi())

    return router
