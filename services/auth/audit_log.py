"""The audit log: privileged acts of all services, each bound to the one before by SHA-256.

    hash(n) = SHA-256( canonical JSON (RFC 8785) of entry n and of hash(n-1) )

One chain a workspace and one for the installation. Who changes, removes or inserts an entry has to recompute all that
follow and the kept end of the chain as well; the database refuses UPDATE and DELETE to everybody (a trigger).
"""

from __future__ import annotations

import hashlib
from datetime import UTC
from typing import Any, Final
from uuid import UUID

import rfc8785
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from kernel.audit import ActRecorded
from kernel.envelope import Envelope
from kernel.http.pages import Page, PageQuery
from kernel.ids import TenantId
from kernel.uow import UnitOfWork
from services.auth.auth import Auth
from services.auth.models import AuditChain, AuditEntry
from services.auth.schemas import AuditEntryOut, AuditVerification

INSTALLATION: Final = TenantId(UUID(int=0))
"""The chain of acts that belong to no workspace. No workspace has the nil UUID."""
_START: Final = bytes(32)
_BATCH: Final = 1000
_EXACT: Final = 2**53 - 1
"""The largest integer JSON carries exactly everywhere (RFC 8785 §3.2.2.3)."""


async def append(uow: UnitOfWork, act: ActRecorded, envelope: Envelope) -> AuditEntry:
    """Adds an act to the chain of its tenant, under the chain's lock. `uow` is of the system role."""
    tenant = envelope.tenantid or INSTALLATION
    await uow.session.execute(
        insert(AuditChain).values(tenant_id=tenant, length=0, hash=_START).on_conflict_do_nothing()
    )
    chain = await uow.session.get_one(AuditChain, tenant, with_for_update=True, populate_existing=True)
    entry = AuditEntry(
        tenant_id=tenant,
        sequence=chain.length + 1,
        event_id=envelope.id,
        at=envelope.time,
        actor=act.actor,
        action=act.action,
        target=act.target,
        reason=act.reason,
        address=act.address,
        before=_exact(act.before),
        after=_exact(act.after),
    )
    entry.hash = chained(entry, chain.hash)
    uow.session.add(entry)
    chain.length, chain.hash = entry.sequence, entry.hash
    return entry


def chained(entry: AuditEntry, previous: bytes) -> bytes:
    """The hash of an entry that follows `previous`."""
    content: dict[str, Any] = {
        "tenant_id": str(entry.tenant_id),
        "sequence": entry.sequence,
        "event_id": str(entry.event_id),
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "action": entry.action,
        "target": entry.target,
        "reason": entry.reason,
        "address": entry.address,
        "before": entry.before,
        "after": entry.after,
        "previous": previous.hex(),
    }
    return hashlib.sha256(rfc8785.dumps(content)).digest()


async def listed(auth: Auth, tenant: TenantId, page: PageQuery) -> Page[AuditEntryOut]:
    """A workspace's entries, the latest first."""
    query = select(AuditEntry).where(AuditEntry.tenant_id == tenant)
    async with auth.database.unit_of_work(tenant) as uow:
        sorts = {"sequence": AuditEntry.sequence}
        return await page.read(uow.session, query, _shown, id=AuditEntry.sequence, sorts=sorts, default="-sequence")


async def verify(auth: Auth, tenant: TenantId) -> AuditVerification:
    """Recomputes the chain from its beginning up to the end it had when this began."""
    async with auth.database.unit_of_work(tenant) as uow:
        chain = await uow.session.get(AuditChain, tenant)
        length, end = (chain.length, chain.hash) if chain else (0, _START)
        previous, checked = _START, 0
        while checked < length:
            query = select(AuditEntry).where(
                AuditEntry.tenant_id == tenant, AuditEntry.sequence > checked, AuditEntry.sequence <= length
            )
            entries = (await uow.session.scalars(query.order_by(AuditEntry.sequence).limit(_BATCH))).all()
            for entry in entries:
                if entry.sequence != checked + 1 or entry.hash != chained(entry, previous):
                    return AuditVerification(intact=False, checked=checked, broken_at=checked + 1)
                previous, checked = entry.hash, entry.sequence
            if not entries:
                return AuditVerification(intact=False, checked=checked, broken_at=checked + 1)
            uow.session.expunge_all()
        # entries added behind our back, beyond the kept end, would be read as new ones
        if previous != end:
            return AuditVerification(intact=False, checked=checked, broken_at=checked)
        return AuditVerification(intact=True, checked=checked)


def _exact(value: Any) -> Any:
    """Integers that JSON would round, as text: what is hashed must be what is read back."""
    if isinstance(value, dict):
        return {name: _exact(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT:
        return str(value)
    return value


def _shown(entry: AuditEntry) -> AuditEntryOut:
    return AuditEntryOut(
        sequence=entry.sequence,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        target=entry.target,
        reason=entry.reason,
        address=entry.address,
        before=entry.before,
        after=entry.after,
        hash=entry.hash.hex(),
    )
