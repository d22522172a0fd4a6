"""/audit: privileged acts in the workspace; and the public keys of access tokens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Response

from contracts.permissions import Scope
from kernel.auth import Caller, require
from kernel.http import api_router
from kernel.http.pages import Page, PageQuery
from services.auth import audit_log
from services.auth.api.common import Service
from services.auth.schemas import AuditEntryOut, AuditVerification

router = api_router("auth")
well_known = api_router("auth", prefix="")

AuditRead = Annotated[Caller, Depends(require(Scope.AUDIT_READ))]
OperatorAudit = Annotated[Caller, Depends(require(Scope.OPERATOR_AUDIT))]
Paging = Annotated[PageQuery, Depends()]


@router.get("/audit")
async def list_audit(caller: AuditRead, page: Paging, auth: Service) -> Page[AuditEntryOut]:
    """Privileged acts in the workspace, the latest first."""
    return await audit_log.listed(auth, caller.tenant, page)


@router.get("/audit/verification")
async def verify_audit(caller: AuditRead, auth: Service) -> AuditVerification:
    """Recompute the chain of hashes: whether no entry was changed, removed or put in between."""
    return await audit_log.verify(auth, caller.tenant)


@router.get("/operator/audit")
async def list_operator_audit(caller: OperatorAudit, page: Paging, auth: Service) -> Page[AuditEntryOut]:
    """Acts on the installation itself, the latest first."""
    return await audit_log.listed(auth, audit_log.INSTALLATION, page)


@router.get("/operator/audit/verification")
async def verify_operator_audit(caller: OperatorAudit, auth: Service) -> AuditVerification:
    """Recompute the installation's chain of hashes."""
    return await audit_log.verify(auth, audit_log.INSTALLATION)


@well_known.get("/.well-known/jwks.json", name="jwks")
async def jwks(response: Response, auth: Service) -> dict[str, Any]:
    """The public keys of access tokens (RFC 7517)."""
    response.headers["Cache-Control"] = "public, max-age=60"
    return await auth.keys.public()
