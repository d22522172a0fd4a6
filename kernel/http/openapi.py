"""The OpenAPI document: what FastAPI knows, plus the problems and permissions of every operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from kernel.errors import (
    AddressNotAllowed,
    AppError,
    InvalidInput,
    MissingScope,
    NotFound,
    PreconditionFailed,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from kernel.http.errors import (
    BodyTooLarge,
    DuplicateKey,
    IdempotencyMismatch,
    InvalidCursor,
    MalformedJson,
    PreconditionRequired,
    TooDeep,
    UnsupportedMediaType,
)
from kernel.http.idempotency import HEADER, LONGEST_KEY
from kernel.http.problems import CODES, MEDIA_TYPE, Problem, ProblemError, problems

SCHEME: Final = "token"
ALWAYS: Final = (Unavailable,)
SIGNED_IN: Final = (Unauthenticated, MissingScope, AddressNotAllowed, RateLimited)
WITH_BODY: Final = (MalformedJson, DuplicateKey, TooDeep, BodyTooLarge, UnsupportedMediaType)
#: what a parameter can bring about, by place and name
IMPLIED: Final[dict[tuple[str, str], tuple[type[AppError], ...]]] = {
    ("path", ""): (NotFound,),
    ("query", "cursor"): (InvalidCursor,),
    ("header", "If-Match"): (PreconditionFailed, PreconditionRequired),
    ("header", HEADER): (InvalidInput,),
}
IDEMPOTENCY_KEY: Final = {
    "in": "header",
    "name": HEADER,
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    "description": "the same key and body give the same answer, and the act happens once",
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The document, made once an application."""
    if not getattr(app.state, "openapi", None):
        document = FastAPI.openapi(app)
        for route in _routes(app):
            for method in route.methods or ():
                operation = document["paths"].get(route.path_format, {}).get(method.lower())
                if operation is not None:
                    _complete(operation, route)
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for ours in (Problem, ProblemError):
            schemas[ours.__name__] = ours.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas[ours.__name__].pop("$defs", None)
        for theirs in ("HTTPValidationError", "ValidationError"):
            schemas.pop(theirs, None)
        app.state.openapi = document
    found: dict[str, Any] = app.state.openapi
    return found


def required_scopes(route: APIRoute) -> tuple[str, ...] | None:
    """The permissions a route asks for; None: it is open to everyone."""
    found = [scopes for scopes in _scopes(route.dependant) if scopes is not None]
    return tuple(sorted({scope for scopes in found for scope in scopes})) if found else None


def _routes(app: FastAPI) -> Iterator[Any]:
    for found in iter_route_contexts(app.routes):
        if isinstance(found.original_route, APIRoute) and found.original_route.include_in_schema:
            yield found


def _scopes(dependant: Any) -> Iterator[tuple[str, ...] | None]:
    yield getattr(dependant.call, "required_scopes", None)
    for inner in dependant.dependencies:
        yield from _scopes(inner)


def _complete(operation: dict[str, Any], route: Any) -> None:
    scopes = required_scopes(route)
    kinds: list[type[AppError]] = [*ALWAYS]
    if scopes is not None:
        kinds += SIGNED_IN
        operation["security"] = [{SCHEME: list(scopes)}]
    if "requestBody" in operation:
        kinds += WITH_BODY
    responses = operation["responses"]
    if IdempotencyMismatch.code in responses.get("409", {}).get(CODES, ()):
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    for parameter in operation.get("parameters", ()):
        kinds += IMPLIED.get((parameter["in"], parameter["name"] if parameter["in"] != "path" else ""), ())
    if "422" in responses:
        kinds.append(InvalidInput)
        if CODES not in responses["422"]:
            del responses["422"]  # FastAPI's own description of a refused input
    declared: dict[str, list[str]] = {}
    for status, response in responses.items():
        declared[status] = list(response.pop(CODES, ()))
    for status, response in problems(*kinds).items():
        known = responses.setdefault(str(status), {"description": response["description"]})
        codes = declared.setdefault(str(status), [])
        codes += [code for code in response[CODES] if code not in codes]
        known["description"] = known["description"] or response["description"]
    for status, codes in declared.items():
        if codes:
            responses[status]["content"] = {MEDIA_TYPE: {"schema": _schema(status, codes)}}
    operation["responses"] = dict(sorted(responses.items()))


def _schema(status: str, codes: list[str]) -> dict[str, Any]:
    problem = {"$ref": "#/components/schemas/Problem"}
    if status == "422":
        # A refused field's own code stands here when there is but one: an open set, listed in docs/problems.md.
        return problem
    return {"allOf": [problem, {"type": "object", "properties": {"code": {"enum": sorted(codes)}}}]}
