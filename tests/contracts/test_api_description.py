"""What is written down of the API is what the code says; and the services make a whole."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from contracts.permissions import Scope
from kernel.service import check_whole

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_openapi", ROOT / "tools" / "make_openapi.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def document(tool: ModuleType) -> dict[str, Any]:
    found: dict[str, Any] = tool.description(tool.specs())
    return found


def test_every_event_that_is_waited_for_is_emitted(tool: ModuleType) -> None:
    check_whole(tool.specs())


def test_the_written_description_is_the_codes(tool: ModuleType) -> None:
    stale = [path.name for path, content in tool.files().items() if path.read_text("utf-8") != content]
    assert stale == [], "run tools/make_openapi.py"


def test_every_problem_a_route_names_is_in_the_list(tool: ModuleType, document: dict[str, Any]) -> None:
    listed = {entry["code"] for entry in json.loads((ROOT / "contracts" / "problems.json").read_text("utf-8"))}
    assert set(tool._codes(document)) <= listed


def test_operations_have_names_of_their_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))
    services = {path.parent.name for path in (ROOT / "services").glob("*/service.py")}
    assert {name.split("_")[0] for name in names} <= services


def test_operations_ask_for_permissions_that_exist(document: dict[str, Any]) -> None:
    asked = {
        scope
        for path in document["paths"].values()
        for operation in path.values()
        for security in operation.get("security", ())
        for scope in security["token"]
    }
    assert asked
    assert asked <= set(Scope)
