"""Nothing of ours opens a connection but by `kernel.outbound`; who else may, and why, is listed here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUARDED = ("kernel", "services", "adapters")

CLIENTS = frozenset(
    {
        "aiohttp",
        "ftplib",
        "http.client",
        "httpcore",
        "httpcore2",
        "httpx",
        "httpx2",
        "niquests",
        "pycurl",
        "requests",
        "smtplib",
        "telnetlib",
        "urllib.request",
        "urllib3",
        "websockets",
        "xmlrpc.client",
    }
)
CALLS = frozenset(
    {"open_connection", "create_connection", "create_datagram_endpoint", "sock_connect", "urlopen", "connect_tcp"}
)

HARMLESS = frozenset({"gethostname"})  # of the module `socket`

MAY = {
    "kernel/outbound/": "is the client",
    "adapters/postgres_embedded.py": "finds a free port on loopback for its own server",
}


def helps_tests(name: str) -> bool:
    """Whether a module is help for tests: it asks a studio over HTTP, and no product code imports it."""
    return name.startswith("kernel/testing/") or (name.startswith("services/") and name.endswith("/testing.py"))


def uses(source: str) -> list[tuple[int, str]]:
    """Where `source` imports a client or opens a connection: (line, what)."""
    found = []
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Attribute(value=ast.Name(id="socket"), attr=name) if name not in HARMLESS:
                found.append((node.lineno, f"socket.{name}"))
            case ast.ImportFrom(module="socket", names=names, level=0):
                found += [(node.lineno, f"socket.{name.name}") for name in names if name.name not in HARMLESS]
            case ast.Import(names=names) if any(name.name == "socket" and name.asname for name in names):
                found.append((node.lineno, "socket under another name"))
            case ast.Import(names=names):
                found += [(node.lineno, name.name) for name in names if _is_client(name.name)]
            case ast.ImportFrom(module=str(module), names=names, level=0):
                whole = [module, *(f"{module}.{name.name}" for name in names)]
                found += [(node.lineno, name) for name in whole if _is_client(name)][:1]
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in CALLS:
                found.append((node.lineno, name))
            case ast.Call(func=ast.Name(id="__import__") | ast.Attribute(attr="import_module"), args=[argument, *_]):
                name = str(argument.value) if isinstance(argument, ast.Constant) else ""
                if name == "socket" or _is_client(name):
                    found.append((node.lineno, name))
            case _:
                pass
    return found


def _is_client(name: str) -> bool:
    return any(name == client or name.startswith(client + ".") for client in CLIENTS)


def test_no_module_but_the_listed_ones_opens_connections():
    violations = []
    for package in GUARDED:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(tuple(MAY)) and not helps_tests(name):
                violations += [f"{name}:{line}: {what}" for line, what in uses(path.read_text(encoding="utf-8"))]
    assert violations == []


def test_every_exception_is_still_needed():
    for permitted in MAY:
        paths = [ROOT / permitted] if permitted.endswith(".py") else list((ROOT / permitted).rglob("*.py"))
        assert any(uses(path.read_text(encoding="utf-8")) for path in paths), permitted


@pytest.mark.parametrize(
    "source",
    [
        "import httpx",
        "import httpx2 as h",
        "from httpx2 import AsyncClient",
        "import urllib.request",
        "from urllib import request",
        "from http.client import HTTPSConnection",
        "import socket\nsocket.socket()",
        "import socket as s",
        "from socket import create_connection",
        "def f():\n    import requests.sessions",
        "reader, writer = await asyncio.open_connection('a', 1)",
        "await loop.create_connection(f, 'a', 1)",
        "__import__('socket')",
        "importlib.import_module('aiohttp')",
    ],
)
def test_the_rule_finds_a_way_out(source):
    assert uses(source)


@pytest.mark.parametrize(
    "source",
    [
        "import urllib.parse",
        "from http import HTTPStatus",
        "from kernel.outbound import Outbound",
        "import socket\nname = socket.gethostname()",
    ],
)
def test_the_rule_lets_ordinary_imports_be(source):
    assert not uses(source)
