"""The matrix of attacks across workspaces is whole: no operation without a row, and no row without an operation."""

from __future__ import annotations

import json

from isolation_rows import API, OPERATIONS, ROWS, Lists, Own, Public, of


def test_every_operation_has_exactly_one_row_and_every_row_an_operation() -> None:
    assert sorted(set(OPERATIONS) - set(ROWS)) == [], "say in isolation_rows.py how these are attacked"
    assert sorted(set(ROWS) - set(OPERATIONS)) == [], "these are no operations any more"


def test_no_operation_with_an_id_in_its_path_or_body_passes_as_harmless() -> None:
    """Rows that only claim to be harmless: their operations take no id of anything."""
    for name in (*of(Own), *of(Lists)):
        _, path, operation = OPERATIONS[name]
        assert "{" not in path, name
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        schema = API["components"]["schemas"].get(body.get("$ref", "").rpartition("/")[2], {})
        ids = [field for field, kind in schema.get("properties", {}).items() if "uuid" in json.dumps(kind)]
        assert ids == ([] if name != "auth_refresh" else ["workspace_id"]), name  # T8 asks for another's workspace
    for name in of(Public):
        assert "security" not in OPERATIONS[name][2], name
