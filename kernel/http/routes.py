"""The router of a service.

router = api_router("storage")                                     # /api/v1, operation ids storage_<function>

@router.post("/videos/{video_id}/trash", responses=problems(Conflict))
async def trash(video_id: UUID, caller: VideosWrite, service: Service) -> VideoOut: ...
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute

from kernel.http.body import StrictRequest, limit_of, require_json
from kernel.http.errors import MalformedJson, MethodNotAllowed

PREFIX = "/api/v1"


class ApiRoute(APIRoute):
    """A route whose JSON body passes `kernel.http.strictjson` before any model sees it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        limit = limit_of(self.endpoint)
        takes_body = self.body_field is not None
        required = takes_body and self.body_field is not None and self.body_field.field_info.is_required()

        async def strict(request: Request) -> Response:
            refuse_other_methods(request)
            if not takes_body:
                return await handler(request)
            inner = StrictRequest(request.scope, request.receive)
            inner.limit = limit
            if await inner.body():
                require_json(inner)
                await inner.json()  # here, since FastAPI makes one 400 of whatever goes wrong when it reads a body
            elif required:
                raise MalformedJson("The body of the request is empty; send JSON.")
            return await handler(inner)

        return strict


def refuse_other_methods(request: Request) -> None:
    """`PATCH /videos/bulk` is a wrong method of /videos/bulk, not the change of a video called “bulk”.

    Raises MethodNotAllowed.
    """
    methods = fixed_paths(request).get(request.scope["path"])
    if methods is not None and request.method not in methods:
        raise MethodNotAllowed(headers={"Allow": ", ".join(sorted(methods))})


def fixed_paths(request: Request) -> Mapping[str, frozenset[str]]:
    """The methods of the paths of this application that have no parameter."""
    found: dict[str, frozenset[str]] = getattr(request.app.state, "fixed_paths", {})
    return found


def api_router(service: str, *, prefix: str = PREFIX, **options: Any) -> APIRouter:
    """The router of a service: strict bodies, operation ids `<service>_<function>`, all under /api/v1 by default."""
    return APIRouter(
        prefix=prefix,
        tags=[service],
        route_class=ApiRoute,
        generate_unique_id_function=lambda route: f"{service}_{route.name}",
        **options,
    )
