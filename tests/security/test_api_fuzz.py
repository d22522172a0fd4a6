"""Every operation of the API with generated requests, valid and not: each answer is one that its description has.

Schemathesis makes the requests from contracts/openapi.json, the same ones in every run, and a whole studio answers them
over HTTP. Ids of real things are mixed in, so that operations are reached and not only their 404.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from neighbours import document
from schemathesis.config import SchemathesisConfig
from served_studio import ServedStudio, served

from kernel.testing.postgres import DatabaseServer

pytestmark = pytest.mark.slow

DESCRIPTION = json.loads((Path(__file__).parents[2] / "contracts" / "openapi.json").read_text("utf-8"))
#: answers without an end, which a client that waits for the end can't judge: `test_live_streams` and T26 do
ENDLESS = "notifications_watch_events"

CONFIG = SchemathesisConfig.from_dict(
    {
        "seed": 20260101,
        # Parameters nobody described are ignored, as they must be (T6: a `tenant_id` in the query says nothing).
        "generation": {"allow-extra-parameters": False, "with-security-parameters": False},
        "checks": {
            # A request can be of the described form and still name what isn't there, isn't allowed now or has no room.
            "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "4xx"]},
            "negative_data_rejection": {"expected-statuses": ["4xx"]},
        },
    }
)
schema = schemathesis.openapi.from_dict(DESCRIPTION, config=CONFIG)

#: which thing of the workspace goes where
THINGS = {
    "asset_id": "asset",
    "connection_id": "connection",
    "invitation_id": "invitation",
    "job_id": "failed job",
    "notification_id": "notification",
    "share_id": "share",
    "storyboard_id": "storyboard",
    "token_id": "token",
    "upload_id": "upload",
    "user_id": "member",
    "video_id": "video",
}
known: dict[str, str] = {}


def real(name: str, value: Any) -> Any:
    """The id of a real thing in place of three of four that were made up; what is no id stays."""
    try:
        made_up = UUID(value)
    except (ValueError, TypeError, AttributeError):
        return value
    return known.get(THINGS.get(name, ""), value) if made_up.int % 4 else value


@schema.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    return path_parameters and {name: real(name, value) for name, value in path_parameters.items()}


@schema.hook
def map_body(context: Any, body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    body = {name: real(name, value) for name, value in body.items()}
    for name, thing in (("ids", "video_id"), ("assets", "asset_id")):
        if isinstance(body.get(name), list):
            body[name] = [real(thing, value) for value in body[name]]
    for name in ("document", "template"):
        if isinstance(body.get(name), dict):
            body[name] = document("A film") | body[name]
    return body


@pytest.fixture(scope="module")
def here(
    database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory, studio: Any
) -> Iterator[ServedStudio]:
    with served(database_server, tmp_path_factory.mktemp("fuzz"), studio.photo(7).read_bytes()) as running:
        known.update(running.things)
        yield running


@schema.exclude(operation_id=ENDLESS).parametrize()
@settings(
    max_examples=15,
    derandomize=True,
    deadline=timedelta(seconds=20),
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_as_described(case: schemathesis.Case, here: ServedStudio) -> None:
    case.call_and_validate(base_url=here.address, headers={"Authorization": f"Bearer {here.token}"})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Last-Event-ID": "0"}, 200),
        ({"Last-Event-ID": "no number"}, 200),
        ({"Last-Event-ID": "9" * 64}, 200),
        ({"Last-Event-ID": "9" * 65}, 422),
        ({"Authorization": "Bearer nonsense"}, 401),
    ],
)
def test_the_answer_without_an_end_begins_as_described(
    here: ServedStudio, headers: dict[str, str], status: int
) -> None:
    described = DESCRIPTION["paths"]["/api/v1/events"]["get"]["responses"]
    sent = {"Authorization": f"Bearer {here.token}"} | headers
    with httpx2.stream("GET", f"{here.address}/api/v1/events", headers=sent, timeout=30) as answer:
        assert answer.status_code == status
        assert answer.headers["content-type"].partition(";")[0] in described[str(status)]["content"]
        if status != 200:
            assert set(json.loads(answer.read())) >= {"code", "detail", "request_id"}
