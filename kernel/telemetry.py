"""Log lines, counters and trace context: the same from every service, and nothing in them that must not leak.

Logs (structlog) hold an event name and fields of the list `FIELDS`; `request_id`, `tenant`, `actor`, `address` and the
trace come from `kernel.context`. Another field's value is left out, a value that looks like a key is hidden, a line
break in a value can't make a second line. Metrics (Prometheus) have no tenant among their labels. Traces follow W3C
Trace Context; with an OpenTelemetry SDK set up by the operator, spans of its making become children of the caller's.
"""

from __future__ import annotations

import logging
import re
import secrets
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from typing import Any, Final, Literal, TextIO
from uuid import UUID

import structlog
from opentelemetry import context as otel
from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    platform_collector,
    process_collector,
)

from kernel import context
from kernel.secret import Secret

# -- logs -------------------------------------------------------------------------------------------------------------

# fmt: off
FIELDS: Final = frozenset(
    {
        "event", "level", "timestamp", "logger", "exception", "stack", "request_id", "tenant", "actor",
        "address", "trace", "service", "method", "route", "status", "milliseconds", "seconds", "code", "error",
        "policy", "subscription", "event_type", "event_id", "task", "task_id", "kind", "attempt", "attempts",
        "token", "worker", "group", "state", "due", "outcome", "channel", "loop", "pause", "count", "bytes",
        "size", "revision", "version", "signal", "name", "reason", "job_id", "video_id", "connector",
        "operation", "port", "url_scheme", "topic", "batch", "oldest", "lag", "progress", "limit", "pid", "exit",
    }
)
# fmt: on
"""What a log line may hold. A field that is none of these is left out and named in `dropped`."""

_KEY_LIKE = re.compile(
    r"(?:\b(?:sk|pk|rk|kr|ghp|gho|xox[abp]|AKIA|AIza)[-_A-Za-z0-9]{12,})"  # prefixes that providers give keys
    r"|(?:\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)"  # JWT
    r"|(?:(?i:bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,})"
    r"|(?:(?<=://)[^/@\s:]*:[^/@\s]+(?=@))"  # user:password@ in an address
    r"|(?:(?i:password|secret|token|api[-_]?key)\s*[=:]\s*\S+)"
)
_HIDDEN: Final = "<hidden>"
_LONGEST: Final = 8_000

Event = MutableMapping[str, Any]


def configure_logging(
    style: Literal["json", "console"] = "json", level: str = "info", stream: TextIO | None = None
) -> None:
    """Send all log lines, those of libraries too, through the rules above to `stream` (standard error)."""
    output = stream or sys.stderr
    renderer: Any = structlog.processors.JSONRenderer(sort_keys=True)
    if style == "console":
        renderer = structlog.dev.ConsoleRenderer(
            colors=output.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_context,
    ]
    last: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    # Before the rules, so that what an exception says passes them too.
    last += [structlog.processors.format_exc_info, allow_listed, renderer]
    handler = logging.StreamHandler(output)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=last))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = name != "uvicorn.access"  # our own line has the route, not the path
    for name in ("alembic", "uvicorn.error"):  # they tell at every start what the studio tells in a line of its own
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _add_context(logger: Any, method: str, event: Event) -> Event:
    here = context.current()
    for name in ("request_id", "tenant", "actor", "address"):
        value = getattr(here, name)
        if value is not None:
            event.setdefault(name, value)
    if here.traceparent:
        event.setdefault("trace", here.traceparent.split("-")[1])
    return event


def allow_listed(logger: Any, method: str, event: Event) -> Event:
    """Leave out what is not in `FIELDS`, hide what looks like a key, keep every value on one line."""
    dropped = sorted(name for name in event if name not in FIELDS and not name.startswith("_"))
    for name in dropped:
        del event[name]
    for name, value in event.items():
        if name != "exc_info":
            event[name] = clean(value, lines=name in ("exception", "stack"))
    if dropped:
        event["dropped"] = dropped
    return event


def clean(value: Any, *, lines: bool = False) -> Any:
    """A value as a log line may hold it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Secret):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [clean(one) for one in list(value)[:50]]
    if isinstance(value, Mapping):
        return {str(name): clean(one) for name, one in list(value.items())[:50]}
    text = _KEY_LIKE.sub(_HIDDEN, str(value)[:_LONGEST])
    return text if lines else "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


# -- metrics ----------------------------------------------------------------------------------------------------------

REGISTRY: Final = CollectorRegistry()
process_collector.ProcessCollector(registry=REGISTRY)
platform_collector.PlatformCollector(registry=REGISTRY)
METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

REQUEST_SECONDS: Final = Histogram(
    "keyreel_request_seconds",
    "Time to answer a request, by route template",
    ("method", "route", "status"),
    registry=REGISTRY,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
EVENTS: Final = Counter(
    "keyreel_events_total",
    "Events by subscription and outcome: handled, retried, dead",
    ("subscription", "outcome"),
    registry=REGISTRY,
)
TASKS: Final = Counter(
    "keyreel_tasks_total",
    "Task attempts by kind and outcome: done, retried, failed, cancelled, lost",
    ("kind", "outcome"),
    registry=REGISTRY,
)
TASK_SECONDS: Final = Histogram(
    "keyreel_task_seconds",
    "Time a task attempt ran, by kind",
    ("kind",),
    registry=REGISTRY,
    buckets=(0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600),
)
TASKS_OPEN: Final = Gauge(
    "keyreel_tasks_open", "Tasks that are not finished, by kind and state", ("kind", "state"), registry=REGISTRY
)
OUTBOX_LAG: Final = Gauge(
    "keyreel_outbox_lag_seconds", "Age of the oldest unsent event", ("service",), registry=REGISTRY
)
STREAMS: Final = Gauge("keyreel_streams_open", "Live connections (server-sent events)", registry=REGISTRY)


def metrics() -> bytes:
    """All metrics of this process in Prometheus' text format."""
    return generate_latest(REGISTRY)


# -- traces -----------------------------------------------------------------------------------------------------------

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


def continue_trace(incoming: str | None) -> str:
    """The traceparent of our part of a trace: a new span of the caller's trace, or of a new one if it sent none valid.

    https://www.w3.org/TR/trace-context/#traceparent-header
    """
    match = _TRACEPARENT.fullmatch(incoming.strip()) if incoming else None
    if match is None or set(match[1]) == {"0"} or set(match[2]) == {"0"}:
        return f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    return f"00-{match[1]}-{secrets.token_hex(8)}-{match[3]}"


_propagator = TraceContextTextMapPropagator()


@contextmanager
def joined_trace(traceparent: str | None) -> Iterator[None]:
    """Spans started inside belong to this trace, for whatever OpenTelemetry SDK the operator has set up."""
    if traceparent is None:
        yield
        return
    token = otel.attach(_propagator.extract({"traceparent": traceparent}))
    try:
        yield
    finally:
        otel.detach(token)


@contextmanager
def span(name: str, **attributes: str | int | UUID) -> Iterator[trace.Span]:
    """A span around a piece of work; costs next to nothing without an SDK. `attributes` are ids and counts."""
    values = {key: value if isinstance(value, int) else str(value) for key, value in attributes.items()}
    with trace.get_tracer("keyreel").start_as_current_span(name, attributes=values) as current:
        yield current
