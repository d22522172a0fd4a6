"""contracts/asyncapi.yaml is what the code says, and events are what it says."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

import jsonschema_rs
import pytest
import yaml

from contracts.events.jobs import JobChanged
from contracts.events.videos import VideoTrashed
from kernel.audit import ActRecorded
from kernel.envelope import Envelope
from kernel.events import Event
from kernel.ids import TenantId, uuid7

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_asyncapi", ROOT / "tools" / "make_asyncapi.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "contracts" / "asyncapi.yaml").read_text("utf-8"))


def test_the_description_is_what_the_code_says(tool: ModuleType) -> None:
    assert tool.FILE.read_text("utf-8") == tool.content(), "run tools/make_asyncapi.py"


def test_every_subscription_and_every_stated_event_is_an_operation_on_a_channel_that_is_there(
    tool: ModuleType, document: dict[str, Any]
) -> None:
    wanted = 0
    for spec in tool.specs():
        wanted += len(set(spec.emits)) + sum(len(one.types) for one in spec.events or ())
    assert len(document["operations"]) == wanted
    for operation in document["operations"].values():
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in document["channels"]


@pytest.mark.parametrize(
    ("event", "tenant"),
    [
        (JobChanged(job_id=uuid4(), storyboard_id=uuid4(), version=2, state="queued"), TenantId(uuid7())),
        (VideoTrashed(video_id=uuid4()), TenantId(uuid7())),
        (ActRecorded(actor="operator:1", action="a", target="b"), None),
    ],
    ids=["job.changed", "video.trashed", "audit.recorded"],
)
def test_an_envelope_fits_the_message_described(
    document: dict[str, Any], event: Event, tenant: TenantId | None
) -> None:
    schema = {
        "$ref": f"#/components/messages/{type(event).__name__}/payload",
        "components": document["components"],
    }
    validator = jsonschema_rs.Draft202012Validator(schema)
    sent = Envelope.around(event, source="test", tenant=tenant).as_json()
    validator.validate(sent)
    for change in ({"type": "other.type"}, {"dataversion": 99}, {"data": None}, {"subject": ""}):
        assert not validator.is_valid(sent | change)
    if tenant is not None:
        del sent["tenantid"]
        assert not validator.is_valid(sent)
