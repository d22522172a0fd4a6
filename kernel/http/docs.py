"""/api/docs: the API's description as one page without scripts, so that it needs nothing from anywhere else."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from fastapi.responses import HTMLResponse

_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
summary { cursor: pointer; padding: .4rem 0 } code { font-size: .95em } .method { display: inline-block; width: 4.5rem }
table { border-collapse: collapse; margin: .5rem 0 1rem }
td, th { text-align: left; padding: .2rem 1rem .2rem 0; vertical-align: top }
"""
_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def docs_page(document: dict[str, Any]) -> HTMLResponse:
    """A page of the operations of an OpenAPI document, by tag."""
    sections: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            tag = (operation.get("tags") or ["other"])[0]
            sections.setdefault(tag, []).append(_operation(method.upper(), path, operation))
    body = "".join(f"<h2>{escape(tag)}</h2>{''.join(entries)}" for tag, entries in sorted(sections.items()))
    title = f"{document['info']['title']} API {document['info']['version']}"
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><h1>{escape(title)}</h1>"
        f'<p>The machine-readable description is <a href="/api/openapi.json">openapi.json</a>.</p>{body}</html>'
    )
    return HTMLResponse(page, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"})


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    text = operation.get("description") or operation.get("summary") or ""
    scopes = [scope for one in operation.get("security", ()) for scope in one.get("token", ())]
    rows = [("Permission", ", ".join(scopes) or "signed in")] if operation.get("security") else []
    rows += [(f"{one['in']} {one['name']}", one.get("description", "")) for one in operation.get("parameters", ())]
    rows += [(status, answer.get("description", "")) for status, answer in operation["responses"].items()]
    table = "".join(f"<tr><th>{escape(str(name))}</th><td>{escape(value)}</td></tr>" for name, value in rows)
    return (
        f'<details><summary><code class="method">{escape(method)}</code><code>{escape(path)}</code> '
        f"{escape(operation.get('summary', ''))}</summary><p>{escape(text)}</p><table>{table}</table></details>"
    )
