"""Who may do what: scopes, and the roles that hold them.

A member's role gives scopes inside one workspace; an API token holds a subset of its maker's. Operators (people who
run the installation) hold scopes of another kind, `operator:*`, which no workspace role has.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, get_args

Role = Literal["owner", "editor", "reviewer", "viewer"]
ROLES: tuple[Role, ...] = get_args(Role)


class Scope(StrEnum):
    """One permission: `<what>:<act>`."""

    VIDEOS_READ = "videos:read"
    VIDEOS_WRITE = "videos:write"
    VIDEOS_REVIEW = "videos:review"
    VIDEOS_SHARE = "videos:share"
    STORYBOARDS_READ = "storyboards:read"
    STORYBOARDS_WRITE = "storyboards:write"
    ASSETS_READ = "assets:read"
    ASSETS_WRITE = "assets:write"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    USAGE_READ = "usage:read"
    BILLING_READ = "billing:read"
    BILLING_WRITE = "billing:write"
    NOTIFICATIONS_READ = "notifications:read"
    NOTIFICATIONS_WRITE = "notifications:write"
    MEMBERS_READ = "members:read"
    MEMBERS_WRITE = "members:write"
    TOKENS_WRITE = "tokens:write"
    WORKSPACE_WRITE = "workspace:write"
    AUDIT_READ = "audit:read"

    OPERATOR_TENANTS = "operator:tenants"
    OPERATOR_PLANS = "operator:plans"
    OPERATOR_JOBS = "operator:jobs"
    OPERATOR_EVENTS = "operator:events"
    OPERATOR_AUDIT = "operator:audit"


_READ = frozenset(
    scope for scope in Scope if scope.endswith(":read") and scope not in (Scope.AUDIT_READ, Scope.KEYS_READ)
)
_MAKE = frozenset(
    {
        Scope.VIDEOS_WRITE,
        Scope.VIDEOS_SHARE,
        Scope.STORYBOARDS_WRITE,
        Scope.ASSETS_WRITE,
        Scope.JOBS_WRITE,
        Scope.KEYS_READ,
        Scope.NOTIFICATIONS_WRITE,
    }
)

#: every operator scope; held by the installation's administrators
OPERATOR_SCOPES: frozenset[Scope] = frozenset(scope for scope in Scope if scope.startswith("operator:"))

SCOPES_OF: dict[Role, frozenset[Scope]] = {
    "viewer": _READ | {Scope.NOTIFICATIONS_WRITE},
    "reviewer": _READ | {Scope.VIDEOS_REVIEW, Scope.NOTIFICATIONS_WRITE},
    "editor": _READ | _MAKE | {Scope.VIDEOS_REVIEW},
    "owner": frozenset(Scope) - OPERATOR_SCOPES,
}
