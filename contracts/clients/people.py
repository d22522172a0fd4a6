"""`people.of`: whom do we write to? Answered by auth, the one place that keeps names and addresses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from kernel.ids import TenantId


@dataclass(frozen=True, slots=True)
class Person:
    """A member as a letter needs them. `locale` is `en` or `fr`."""

    user_id: UUID
    name: str
    email: str
    locale: str


class People(Protocol):
    """If auth is down, letters wait in their task; nothing else asks."""

    async def of(self, tenant: TenantId, user_ids: Sequence[UUID]) -> dict[UUID, Person]:
        """Those of the ids that are members of this workspace with a verified address."""
