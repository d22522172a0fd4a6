"""Writes what others read of the HTTP API: contracts/openapi.json, contracts/problems.json and docs/problems.md.

.venv/bin/python tools/make_openapi.py            after a change of routes, bodies or errors
.venv/bin/python tools/make_openapi.py --check    exits 1 when a file is not what the code says
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from kernel.http.app import HttpOptions, create_app
from kernel.http.problems import FIELD_CODES, Entry, catalogue
from kernel.http.readiness import Readiness
from kernel.service import ServiceSpec

ROOT = Path(__file__).resolve().parents[1]
API_VERSION = "1"


def specs() -> list[ServiceSpec]:
    """Every service's, by name."""
    found = sorted(path.parent.name for path in (ROOT / "services").glob("*/service.py"))
    return [importlib.import_module(f"services.{name}.service").SPEC for name in found]


def description(services: list[ServiceSpec]) -> dict[str, Any]:
    routers = [router for spec in services for router in spec.routers]
    app = create_app(HttpOptions(base_url="http://localhost", version=API_VERSION), routers, None, Readiness([]))
    return app.openapi()


def undeclared(document: dict[str, Any], entries: list[Entry]) -> list[str]:
    """The codes that routes name and no service's SPEC.errors has."""
    known = {entry.code for entry in entries}
    return sorted({code for code in _codes(document) if code not in known})


def _codes(document: dict[str, Any]) -> Iterator[str]:
    for operations in document["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    for schema in content.get("schema", {}).get("allOf", ()):
                        yield from schema.get("properties", {}).get("code", {}).get("enum", ())


def page(entries: list[Entry]) -> str:
    """docs/problems.md."""
    lines = [
        "# Problems",
        "",
        "Every error of the API is an RFC 9457 problem: `application/problem+json` with a `code` that stays, a",
        "`detail` to show, and a `request_id` to find it in the log. *Again* says whether the same request may work",
        "later; `Retry-After` then says when.",
        "",
        "| code | status | what happened | again |",
        "|---|---|---|---|",
    ]
    lines += [f"| `{one.code}` | {one.status} | {one.text} | {'yes' if one.retryable else ''} |" for one in entries]
    lines += [
        "",
        "## What can be wrong with a field",
        "",
        "A 422 lists each field in `errors` with a JSON pointer, a code and a sentence. When all share one code, the",
        "problem has that code itself, else `invalid_input`.",
        "",
        "| code | what is wrong |",
        "|---|---|",
    ]
    lines += [f"| `{code}` | {text} |" for code, text in sorted(FIELD_CODES.items())]
    return "\n".join(lines) + "\n"


def files() -> dict[Path, str]:
    """What each file should hold. Raises SystemExit when a route names a problem that no service declares."""
    services = specs()
    document = description(services)
    entries = catalogue(error for spec in services for error in spec.errors)
    if missing := undeclared(document, entries):
        raise SystemExit(f"Routes name problems that no SPEC.errors has: {', '.join(missing)}")
    return {
        ROOT / "contracts" / "openapi.json": json.dumps(document, indent=1, sort_keys=True) + "\n",
        ROOT / "contracts" / "problems.json": json.dumps([asdict(entry) for entry in entries], indent=1) + "\n",
        ROOT / "docs" / "problems.md": page(entries),
    }


def main() -> None:
    stale = [path for path, content in files().items() if not path.exists() or path.read_text("utf-8") != content]
    names = ", ".join(str(path.relative_to(ROOT)) for path in stale)
    if "--check" in sys.argv:
        if stale:
            raise SystemExit(f"Not what the code says: {names}. Run tools/make_openapi.py.")
        return
    for path, content in files().items():
        path.write_text(content, "utf-8")
    print(f"written: {names or 'nothing changed'}")  # noqa: T201 - a tool


if __name__ == "__main__":
    main()
