"""The description of the API: names, permissions and problems of every operation; and the probes beside it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import select

from kernel.http.openapi import required_scopes
from kernel.tables import KERNEL
from kernel.testing.studio import RunningStudio


@pytest.fixture
def document(notes_studio: RunningStudio) -> dict[str, Any]:
    return notes_studio.app.openapi()


def codes(operation: dict[str, Any], status: str) -> list[str]:
    schema = operation["responses"][status]["content"]["application/problem+json"]["schema"]
    found: list[str] = schema["allOf"][1]["properties"]["code"]["enum"]
    return found


def test_operations_are_named_by_service_and_function(document: dict[str, Any]) -> None:
    assert document["paths"]["/api/v1/notes"]["post"]["operationId"] == "notes_write"
    assert document["paths"]["/api/v1/notes/{note_id}"]["put"]["operationId"] == "notes_edit"
    assert document["paths"]["/api/v1/notes"]["post"]["tags"] == ["notes"]


def test_operations_tell_their_permission(document: dict[str, Any]) -> None:
    assert document["paths"]["/api/v1/notes"]["post"]["security"] == [{"token": ["notes:write"]}]
    assert document["paths"]["/api/v1/whoami"]["get"]["security"] == [{"token": []}]
    assert "security" not in document["paths"]["/api/v1/guess"]["post"]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_operations_tell_their_problems(document: dict[str, Any]) -> None:
    write = document["paths"]["/api/v1/notes"]["post"]
    assert codes(write, "409") == ["idempotency_mismatch", "in_progress"]
    assert codes(write, "400") == ["duplicate_key", "malformed_json", "too_deep"]
    assert codes(write, "401") == ["invalid_token"]
    assert codes(write, "403") == ["address_not_allowed", "missing_scope"]
    assert "404" not in write["responses"]
    assert codes(document["paths"]["/api/v1/notes/{note_id}"]["get"], "404") == ["not_found"]
    assert write["responses"]["422"]["content"] == {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
    }


def test_parameters_tell_what_they_can_bring_about(document: dict[str, Any]) -> None:
    assert codes(document["paths"]["/api/v1/notes"]["get"], "400") == ["invalid_cursor"]
    edit = document["paths"]["/api/v1/notes/{note_id}"]["put"]
    assert (codes(edit, "412"), codes(edit, "428")) == (["version_conflict"], ["precondition_required"])
    write = document["paths"]["/api/v1/notes"]["post"]
    assert [parameter["name"] for parameter in write["parameters"]] == ["Idempotency-Key"]


def test_nothing_of_the_frameworks_own_errors_is_left(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in str(document)
    assert "x-codes" not in str(document)
    assert set(document["components"]["schemas"]["Problem"]["required"]) >= {
        "type",
        "title",
        "status",
        "code",
        "detail",
    }


def test_a_body_says_that_it_takes_no_other_fields(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["NoteIn"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["text"]["maxLength"] == 200


def test_probes_and_documents_are_no_operations(document: dict[str, Any]) -> None:
    assert all(path.startswith("/api/v1/") for path in document["paths"])


def test_what_a_route_asks_for_can_be_read_from_it(notes_studio: RunningStudio) -> None:
    found = {
        (context.path, *sorted(context.methods or ())): required_scopes(context)  # type: ignore[arg-type]
        for context in iter_route_contexts(notes_studio.app.routes)
        if context.path is not None and context.path.startswith("/api/v1/")
    }
    assert found[("/api/v1/notes", "POST")] == ("notes:write",)
    assert found[("/api/v1/whoami", "GET")] == ()
    assert found[("/api/v1/guess", "POST")] is None


async def test_the_description_and_its_page_are_served(notes_studio: RunningStudio) -> None:
    described = await notes_studio.client.get("/api/openapi.json")
    assert described.json() == notes_studio.app.openapi()
    page = await notes_studio.client.get("/api/docs")
    assert "/api/v1/notes/{note_id}" in page.text
    assert "<script" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]


async def test_metrics_are_for_this_machine(notes_studio: RunningStudio) -> None:
    await notes_studio.client.get("/api/v1/whoami")
    answer = await notes_studio.client.get("/metrics")
    assert answer.status_code == 200
    assert 'keyreel_request_seconds_count{method="GET",route="/api/v1/whoami",status="401"}' in answer.text
    assert "tenant" not in answer.text
    for header in ("x-forwarded-for", "forwarded", "via", "x-real-ip"):
        assert (await notes_studio.client.get("/metrics", headers={header: "203.0.113.5"})).status_code == 404


async def test_metrics_know_routes_and_never_paths(notes_studio: RunningStudio) -> None:
    for path in ("/api/v1/notes/kr_secret_in_a_path", "/media/secret-token/x.mp4", "/secret-page"):
        await notes_studio.client.get(path)
    text = (await notes_studio.client.get("/metrics")).text
    assert "secret" not in text
    assert 'route="/api/v1/notes/{note_id}"' in text


async def test_a_trace_is_continued_and_a_broken_one_begun_anew(notes_studio: RunningStudio) -> None:
    owner = notes_studio.as_member("owner")
    trace = "0af7651916cd43dd8448eb211c80319c"
    await owner.client.post(
        "/api/v1/notes", json={"text": "a"}, headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    )
    await owner.client.post("/api/v1/notes", json={"text": "b"}, headers={"traceparent": "garbage"})
    async with notes_studio.database().system() as uow:
        query = select(KERNEL.outbox.c.envelope["traceparent"].astext).order_by(KERNEL.outbox.c.seq)
        first, second = (await uow.session.scalars(query)).all()
    assert first.split("-")[1] == trace
    assert first.split("-")[2] != "b7ad6b7169203331"
    assert second.split("-")[1] != trace
