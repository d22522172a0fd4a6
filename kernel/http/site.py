"""The web app's files, at every address that is not the API's.

Files whose name holds a hash never change and are cached for a year; `index.html` stands for every page of the app and
is asked for anew each time. Where `<file>.br` or `<file>.gz` lies beside a file, browsers that take it get that.
"""

from __future__ import annotations

import re
from email.utils import formatdate
from pathlib import Path
from typing import Final

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from kernel.http.etag import parse_tags

NOT_PAGES: Final = ("/api/", "/media/", "/.well-known/")
_HASHED = re.compile(r"[-.][A-Za-z0-9_-]{8,}\.[a-z0-9.]+$")
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".wasm": "application/wasm",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".txt": "text/plain; charset=utf-8",
}
_MISSING: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Keyreel</title><p>The studio is running, but its '
    "web app has not been built: run <code>make web</code> and start again. The API is described at "
    '<a href="/api/docs">/api/docs</a>.</p></html>'
)


class Site:
    """An ASGI application for paths that no route has. `folder` None or not there: a page that says so."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder.resolve() if folder is not None else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise HTTPException(404)
        path = scope["path"]
        if path == "/api" or path.startswith(NOT_PAGES):
            raise HTTPException(404)
        if scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(405, headers={"Allow": "GET, HEAD"})
        scope["state"]["page"] = True
        response = await anyio.to_thread.run_sync(self._answer, path, Headers(scope=scope))
        await response(scope, receive, send)

    def _answer(self, path: str, headers: Headers) -> Response:
        if self._folder is None or not (self._folder / "index.html").is_file():
            return HTMLResponse(_MISSING, headers={"Cache-Control": "no-cache"})
        file = self._file(path)
        if file is None:
            last = path.rpartition("/")[2]
            if "." in last and Path(last).suffix in _TYPES:
                raise HTTPException(404)  # a file of an older build: the app itself would be no script
            file = self._folder / "index.html"
        return self._send(file, headers)

    def _file(self, path: str) -> Path | None:
        """The file at a path, if it is one of ours; links that lead out of the folder lead nowhere."""
        assert self._folder is not None
        if "\0" in path or "\\" in path:
            return None
        found = (self._folder / path.lstrip("/")).resolve()
        inside = found.is_relative_to(self._folder) and not any(part.startswith(".") for part in path.split("/"))
        return found if inside and found.suffix in _TYPES and found.is_file() else None

    def _send(self, file: Path, asked: Headers) -> Response:
        hashed = file.name != "index.html" and _HASHED.search(file.name) is not None
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable" if hashed else "no-cache",
            "Vary": "Accept-Encoding",
        }
        chosen = file
        accepted = {one.partition(";")[0].strip() for one in asked.get("accept-encoding", "").split(",")}
        for encoding, suffix in _ENCODINGS:
            packed = file.with_name(file.name + suffix)
            if encoding in accepted and packed.is_file():
                headers["Content-Encoding"] = encoding
                chosen = packed
                break
        stat = chosen.stat()
        tag = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'
        headers |= {"ETag": tag, "Last-Modified": formatdate(stat.st_mtime, usegmt=True)}
        if tag in parse_tags(asked.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        return FileResponse(chosen, headers=headers, media_type=_TYPES[file.suffix], stat_result=stat)
