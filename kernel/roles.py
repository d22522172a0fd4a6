"""The names of a service in the database: a schema and two roles, and the passwords that go with them.

schema   keyreel_<service>           also the search path, so that models name no schema
app      keyreel_<service>           logs in, owns nothing; row-level security shows it one tenant's rows
system   keyreel_<service>_system    no login; the app role steps into it (`SET LOCAL ROLE`) for work on all tenants
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit, urlunsplit

from kernel.secret import Secret

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SCRAM_ITERATIONS: Final = 4096


@dataclass(frozen=True, slots=True)
class ServiceRoles:
    """The names of one service; ValueError for a service name that could not be part of an identifier."""

    service: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.service):
            raise ValueError(f"Not a service name: {self.service!r}")

    @property
    def schema(self) -> str:
        return f"keyreel_{self.service}"

    @property
    def app(self) -> str:
        return self.schema

    @property
    def system(self) -> str:
        return f"{self.schema}_system"


def service_password(master: Secret, service: str) -> Secret:
    """The password of a service's app role, derived from a master secret (HMAC-SHA-256), so that none is stored."""
    digest = hmac.digest(master.reveal().encode(), f"database role {service}".encode(), "sha256")
    return Secret(base64.urlsafe_b64encode(digest).decode().rstrip("="))


def service_url(owner_url: Secret, service: str, password: Secret) -> Secret:
    """The address of the owner's database, for the app role of a service."""
    parts = urlsplit(owner_url.reveal())
    place = parts.netloc.rpartition("@")[2]
    login = f"{ServiceRoles(service).app}:{quote(password.reveal(), safe='')}"
    return Secret(urlunsplit(parts._replace(netloc=f"{login}@{place}")))


def scram_verifier(password: Secret) -> str:
    """What Postgres keeps of a password (RFC 5803), so that the password never reaches a statement or its log."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.reveal().encode(), salt, _SCRAM_ITERATIONS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${_SCRAM_ITERATIONS}:{salt64}${stored64}:{server64}"
