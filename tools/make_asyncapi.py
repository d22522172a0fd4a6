"""Writes what others read of the events: contracts/asyncapi.yaml (AsyncAPI 3.0, https://www.asyncapi.com).

.venv/bin/python tools/make_asyncapi.py            after a change of events or subscriptions
.venv/bin/python tools/make_asyncapi.py --check    exits 1 when the file is not what the code says
"""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from kernel.envelope import Envelope
from kernel.events import Event
from kernel.service import ServiceSpec, check_whole

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "contracts" / "asyncapi.yaml"
SCHEMAS = "#/components/schemas/"

ABOUT = """\
Facts that services state, as CloudEvents 1.0 in structured mode: one topic a type, `subject` is the ordering key.
Every event is delivered at least once and in order per key; receivers keep each `id` once. Fields are only ever added
within a `dataversion`, and receivers ignore those they don't know.
"""


def specs() -> list[ServiceSpec]:
    """Every service's, by name."""
    found = sorted(path.parent.name for path in (ROOT / "services").glob("*/service.py"))
    return [importlib.import_module(f"services.{name}.service").SPEC for name in found]


def description(services: list[ServiceSpec]) -> dict[str, Any]:
    """The document: a channel per event, an operation per service that states it and per subscription."""
    schemas: dict[str, Any] = {}
    events = {event.type: event for spec in services for event in _stated(spec)}
    operations: dict[str, Any] = {}
    for spec in services:
        for event in _stated(spec):
            operations[_name(f"{spec.name}_sends_{event.type}")] = _operation("send", event)
        for subscription in spec.events or ():
            for event in subscription.types:
                operation = _operation("receive", event) | {"summary": _words(subscription.handler)}
                operations[_name(f"{subscription.name}_receives_{event.type}")] = operation
    _add_schema(schemas, Envelope)
    for event in events.values():
        _add_schema(schemas, event)
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Keyreel events", "version": "1", "description": " ".join(ABOUT.split())},
        "defaultContentType": "application/cloudevents+json",
        "channels": {topic: _channel(event) for topic, event in sorted(events.items())},
        "operations": dict(sorted(operations.items())),
        "components": {
            "messages": {event.__name__: _message(event) for _, event in sorted(events.items())},
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _stated(spec: ServiceSpec) -> list[type[Event]]:
    return sorted(set(spec.emits), key=lambda event: event.type)


def _channel(event: type[Event]) -> dict[str, Any]:
    return {
        "address": event.type,
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}},
    }


def _operation(action: str, event: type[Event]) -> dict[str, Any]:
    channel = f"#/channels/{event.type}"
    return {
        "action": action,
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{event.__name__}"}],
    }


def _message(event: type[Event]) -> dict[str, Any]:
    return {
        "name": event.type,
        "summary": _words(event),
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                {"$ref": SCHEMAS + "Envelope"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": event.type},
                        "dataversion": {"const": event.data_version},
                        "data": {"$ref": SCHEMAS + event.__name__},
                    },
                    "required": ["type", "data"] if event.untenanted else ["type", "tenantid", "data"],
                },
            ]
        },
    }


def _add_schema(schemas: dict[str, Any], model: type[BaseModel]) -> None:
    schema = model.model_json_schema(ref_template=SCHEMAS + "{model}")
    for name, part in {**schema.pop("$defs", {}), model.__name__: schema}.items():
        if schemas.setdefault(name, part) != part:
            raise SystemExit(f"Two different models of events are named {name}; rename one.")


def _words(documented: Any) -> str:
    """The first paragraph of a docstring, on one line."""
    text = inspect.getdoc(documented) or ""
    return " ".join(text.partition("\n\n")[0].split())


def _name(text: str) -> str:
    return text.replace(".", "_")


def content() -> str:
    """What the file should hold. Raises StartRefused when a subscription waits for what nobody states."""
    services = specs()
    check_whole(services)
    return yaml.safe_dump(description(services), sort_keys=False, width=120, allow_unicode=True)


def main() -> None:
    wanted = content()
    current = FILE.read_text("utf-8") if FILE.exists() else ""
    if "--check" in sys.argv:
        if current != wanted:
            raise SystemExit(f"{FILE.relative_to(ROOT)} is not what the code says. Run tools/make_asyncapi.py.")
        return
    FILE.write_text(wanted, "utf-8")
    print("written" if current != wanted else "nothing changed")  # noqa: T201 - a tool


if __name__ == "__main__":
    main()
