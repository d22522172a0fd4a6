"""What auth's rooms share: the tools, as one object that routes, handlers and tasks get.

The rooms are modules of functions (`registration`, `sign_in`, `refresh`, `members`, …) that take it first.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from kernel.db import Database
from kernel.http.hosts import LOCAL
from kernel.secret import Secret
from services.auth.mail.post import Post
from services.auth.passwords import Passwords
from services.auth.sealing import Sealing
from services.auth.signing_keys import SigningKeys
from services.auth.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Client:
    """Who knocks: the address behind trusted proxies, what the program calls itself, the cookie of its device."""

    address: str
    user_agent: str
    device: Secret | None = None


@dataclass(slots=True)
class Auth:
    """Built once a process by `service.SPEC`. `refresh_key` derives successors of refresh tokens, `recovery_key` is
    that of the hashes of recovery codes."""

    database: Database
    base_url: str
    passwords: Passwords
    sealing: Sealing
    keys: SigningKeys
    throttle: Throttle
    post: Post
    refresh_key: bytes
    recovery_key: bytes

    @property
    def origin(self) -> str:
        """Scheme, host and port of the studio, as a browser's `Origin` header has it (RFC 6454)."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def origins(self) -> frozenset[str]:
        """Origins whose pages are ours. On this machine, all of its local names are the same place."""
        parts = urlsplit(self.base_url)
        if self.host not in LOCAL:
            return frozenset({self.origin})
        port = f":{parts.port}" if parts.port else ""
        return frozenset(f"{parts.scheme}://{f'[{name}]' if ':' in name else name}{port}" for name in LOCAL)

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def secure_cookies(self) -> bool:
        """Browsers keep `Secure` cookies over https and, on this machine only, over http."""
        return self.base_url.startswith("https://") or self.host in LOCAL
