"""Logs that can't leak or be forged, and traces that are continued."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from opentelemetry import trace

from kernel import context, telemetry
from kernel.ids import TenantId, uuid7
from kernel.secret import Secret


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """JSON lines of everything that is logged; the logging of the test run is put back afterwards."""
    root, stream = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers[:], root.level
    telemetry.configure_logging("json", "debug", stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(output: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_a_line_knows_its_request_tenant_and_trace(output: io.StringIO) -> None:
    tenant = TenantId(uuid7())
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    with context.bind(
        request_id="r-1",
        tenant=tenant,
        actor="user:7",
        address="203.0.113.5",
        traceparent=f"00-{trace_id}-b7ad6b7169203331-01",
    ):
        structlog.get_logger("a.module").info("job_started", job_id="j-1")
    (line,) = lines(output)
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "job_started",
        "level": "info",
        "logger": "a.module",
        "job_id": "j-1",
        "request_id": "r-1",
        "tenant": str(tenant),
        "actor": "user:7",
        "address": "203.0.113.5",
        "trace": trace_id,
    }


def test_a_field_nobody_listed_is_left_out_and_named(output: io.StringIO) -> None:
    structlog.get_logger().info("signed_in", email="person@example.com", status=200)
    assert "person@example.com" not in output.getvalue()
    assert lines(output)[0]["dropped"] == ["email"]


def test_secrets_do_not_print(output: io.StringIO) -> None:
    structlog.get_logger().info("x", reason=Secret("hunter2"), name={"inner": Secret("hunter2")})
    assert "hunter2" not in output.getvalue()


@pytest.mark.parametrize(
    "text",
    [
        "sk-abcdefghijklmnopqrstuvwx",
        "kr_abcdefghijklmnopqrstuvwx",
        "AKIAABCDEFGHIJKLMNOP",
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl",
        "Authorization: Bearer abcdefghijk",
        "postgresql://keyreel:abcdefghijk@localhost/db",
        "password=abcdefghijk",
        "api_key: abcdefghijk",
    ],
)
def test_what_looks_like_a_key_is_hidden_wherever_it_stands(output: io.StringIO, text: str) -> None:
    structlog.get_logger().info("x", reason=f"it said {text}!", name=[text])
    logging.getLogger("a.library").warning("it said %s", text)
    try:
        raise RuntimeError(f"it said {text}")
    except RuntimeError:
        structlog.get_logger().exception("failed")
    secret = text.rpartition(" ")[2].rpartition("=")[2]
    for part in (secret, "abcdefghijk", "c2lnbmF0dXJl"):
        assert part not in output.getvalue()
    assert "<hidden>" in output.getvalue()


def test_a_value_can_not_make_a_line_of_its_own(output: io.StringIO) -> None:
    root = logging.getLogger()
    plain = io.StringIO()
    telemetry.configure_logging("console", "info", plain)
    structlog.get_logger().info("x", reason="a\n2026-01-01 [error] forged", name="\x1b[31mred\r\n")
    logging.getLogger("a.library").info("a\nforged")
    assert len(plain.getvalue().splitlines()) == 2
    assert "\x1b" not in plain.getvalue()
    assert root.handlers


def test_libraries_log_through_the_same_rules(output: io.StringIO) -> None:
    logging.getLogger("a.library").info("connected", extra={"password": "x"})
    (line,) = lines(output)
    assert (line["event"], line["logger"], line["level"]) == ("connected", "a.library", "info")


def test_an_exception_keeps_its_traceback_in_one_line_of_json(output: io.StringIO) -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        structlog.get_logger().exception("failed", error="ValueError")
    (line,) = lines(output)
    assert "ValueError: broken" in line["exception"]
    assert "test_telemetry.py" in line["exception"]


@pytest.mark.parametrize(
    "incoming",
    [
        None,
        "",
        "garbage",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nx: y",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    ],
)
def test_a_traceparent_that_is_none_begins_a_new_trace(incoming: str | None) -> None:
    made = telemetry.continue_trace(incoming)
    assert telemetry.continue_trace(made).split("-")[1] == made.split("-")[1]
    assert "0af7651916cd43dd8448eb211c80319c" not in made


def test_a_trace_goes_on_with_a_span_of_ours_and_the_callers_flags() -> None:
    made = telemetry.continue_trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
    version, trace_id, span_id, flags = made.split("-")
    assert (version, trace_id, flags) == ("00", "0af7651916cd43dd8448eb211c80319c", "00")
    assert span_id != "b7ad6b7169203331"


def test_spans_of_an_sdk_belong_to_the_request_trace() -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with telemetry.joined_trace(traceparent), telemetry.span("work", job=uuid7(), count=3):
        found = trace.get_current_span().get_span_context()
    assert f"{found.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    with telemetry.joined_trace(None):
        assert not trace.get_current_span().get_span_context().is_valid


def test_no_metric_has_a_tenant_among_its_labels() -> None:
    for family in telemetry.REGISTRY.collect():
        for sample in family.samples:
            assert not {"tenant", "user", "account"} & set(sample.labels)
