"""How often somebody may knock: token buckets by client address, by account and by recipient of letters.

An account's buckets refill for ever, so nobody can lock another out for good: whoever keeps guessing from elsewhere
fills only the narrow bucket of account *and* address, and the wide one of the account lets the owner through between.
When the limiter is down, all of these doors stay closed (`LimiterDown`, 503).
"""

from __future__ import annotations

import hashlib
from typing import Final

from kernel.errors import RateLimited
from kernel.ports import Limit, Limits

SIGN_IN_ADDRESS: Final = Limit(rate=1.0, burst=60)
SIGN_IN_ACCOUNT_HERE: Final = Limit(rate=1 / 10, burst=10)
SIGN_IN_ACCOUNT: Final = Limit(rate=1 / 5, burst=60)
CODE_ACCOUNT: Final = Limit(rate=1 / 30, burst=5)
PASSWORD_AGAIN: Final = Limit(rate=1 / 10, burst=10)
REGISTER_ADDRESS: Final = Limit(rate=1 / 5, burst=60)
LETTERS_ADDRESS: Final = Limit(rate=1 / 5, burst=60)
LETTERS_RECIPIENT: Final = Limit(rate=1 / 300, burst=5)
INVITATIONS_WORKSPACE: Final = Limit(rate=1 / 60, burst=50)
WORKSPACES_PERSON: Final = Limit(rate=1 / 600, burst=20)
REFRESH_ADDRESS: Final = Limit(rate=2.0, burst=120)
TOKEN_ADDRESS: Final = Limit(rate=1.0, burst=60)
PASSKEY_ADDRESS: Final = Limit(rate=1.0, burst=60)


class Throttle:
    """Names the buckets and turns a refusal into 429."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    async def take(self, door: str, who: str | None, limit: Limit) -> None:
        """Raises RateLimited with the time to wait, or LimiterDown."""
        verdict = await self._limits.take(_bucket(door, who), limit)
        if not verdict.allowed:
            raise RateLimited(retry_after=max(1, round(verdict.reset_seconds)), what="Too many tries")

    async def allows(self, door: str, who: str, limit: Limit) -> bool:
        """As `take`, for what is quietly left out instead of refused."""
        return (await self._limits.take(_bucket(door, who), limit)).allowed

    async def sign_in(self, account: str, address: str | None) -> None:
        """Before a password is checked. `account` is what was typed, whether it exists or not."""
        await self.take("sign-in:address", address, SIGN_IN_ADDRESS)
        await self.take("sign-in:here", f"{account} {address}", SIGN_IN_ACCOUNT_HERE)
        await self.take("sign-in:account", account, SIGN_IN_ACCOUNT)

    async def code(self, user_id: object) -> None:
        """Before a TOTP or recovery code is checked."""
        await self.take("code", str(user_id), CODE_ACCOUNT)

    async def password_again(self, user_id: object) -> None:
        """Before the password of somebody signed in is asked for again."""
        await self.take("password", str(user_id), PASSWORD_AGAIN)


def _bucket(door: str, who: str | None) -> str:
    # hashed: e-mail addresses don't belong into a limiter's key space, which others may look into
    return f"auth:{door}:{hashlib.sha256((who or '?').encode(errors='surrogatepass')).hexdigest()[:24]}"
