"""How every operation of the API is attacked across the wall between two workspaces (T1–T4): one row an operation.

`Foreign`    ids of B in the path: answered like ids of nothing
`Refers`     ids of B in the body: refused like ids of nothing
`Lists`      several things at once: only A's, whatever is asked for
`Own`        names nothing of anybody: works on the caller's own, also when the request names B elsewhere
`Public`     for everybody, signed in or not; `reason` says why that tells nothing of B

Names in braces are B's things as `neighbours.furnish` calls them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from neighbours import document


@dataclass(frozen=True)
class Foreign:
    """`ids`: what of B goes into each parameter of the path, one try for each of them. `status`: what answers."""

    ids: dict[str, tuple[str, ...]]
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes | None = None
    status: int = 404


@dataclass(frozen=True)
class Refers:
    """`bodies` name things of B; `status` is how such a request is answered, for B's and for nobody's alike."""

    bodies: tuple[Any, ...]
    status: int = 422


@dataclass(frozen=True)
class Lists:
    """`queries` that might reach further; `nothing` are those that find nothing of A."""

    queries: tuple[str, ...] = ("",)
    nothing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Own:
    """`body` for A's own thing; `last`: A's workspace or session is gone afterwards."""

    reason: str
    body: Any = None
    status: tuple[int, ...] = (200, 201, 202, 204)
    last: bool = False


@dataclass(frozen=True)
class Public:
    """`body` and `path` name B where that is possible, `other` something of nobody; both are answered alike."""

    reason: str
    path: dict[str, str] = field(default_factory=dict)
    body: Any = None
    other: Any = None
    status: int = 200
    may_change: tuple[str, ...] = ()


Row = Foreign | Refers | Lists | Own | Public

PAGES = ("", "?limit=100", "?limit=1", "?sort=created_at", "?sort=-created_at")
PASSWORD = "correct horse battery staple"
A_TOKEN_NOBODY_MADE = "0" * 43
SESSION_ONLY = "acts on the person and session of the access token, and takes no id"
OWN_WORKSPACE = "acts on the workspace of the access token, and takes no id"
ROW = {"fields": [{"name": "ROW", "default": "1"}]}
NO_DATA = "the same for everybody: nothing a workspace made is in it"
NEEDS_PROOF = "takes a secret that only its owner holds; without it nothing is said of anybody"

ROWS: dict[str, Row] = {
    # -- auth: the entrance --------------------------------------------------------------------------------------------
    "auth_jwks": Public("public keys of the studio"),
    "auth_passkey_challenge": Public("a challenge is made anew for whoever asks, and names nobody", body={}, other={}),
    "auth_forgot_password": Public(
        "whether there is an account is told to its owner's address only",
        body={"email": "{email}"},
        other={"email": "nobody@example.com"},
        status=202,
        may_change=("auth.links", "auth.tasks"),  # a letter to B, and nothing else
    ),
    "auth_reset_password": Public(
        NEEDS_PROOF,
        body={"token": "{share token}", "password": PASSWORD},
        other={"token": A_TOKEN_NOBODY_MADE, "password": PASSWORD},
        status=400,
    ),
    "auth_refresh": Own("renews the session of the cookie", body={}, status=(200,)),
    "auth_register": Public(
        "answered alike for an address with an account and without; the letter tells",
        body={"email": "{email}", "password": PASSWORD, "name": "Eve"},
        other={"email": "nobody@example.com", "password": PASSWORD, "name": "Eve"},
        status=202,
        may_change=("auth.registrations",),  # a letter to B, and nothing else
    ),
    "auth_sign_in": Public(
        NEEDS_PROOF,
        body={"email": "{email}", "password": "not the right one"},
        other={"email": "nobody@example.com", "password": "not the right one"},
        status=401,
    ),
    "auth_sign_in_link": Public(
        NEEDS_PROOF, body={"token": "{share token}"}, other={"token": A_TOKEN_NOBODY_MADE}, status=400
    ),
    "auth_sign_in_passkey": Public(
        NEEDS_PROOF,
        body={"challenge_id": "{passkey}", "credential": {}},
        other={"challenge_id": "{nothing}", "credential": {}},
        status=400,
    ),
    "auth_sign_in_recovery_code": Public(
        NEEDS_PROOF,
        body={"mfa_token": "{share token}", "code": "0000"},
        other={"mfa_token": A_TOKEN_NOBODY_MADE, "code": "0000"},
        status=401,
    ),
    "auth_sign_in_totp": Public(
        NEEDS_PROOF,
        body={"mfa_token": "{share token}", "code": "000000"},
        other={"mfa_token": A_TOKEN_NOBODY_MADE, "code": "000000"},
        status=401,
    ),
    "auth_sign_out": Own("ends the session of the cookie", last=True),
    "auth_verify": Public(
        NEEDS_PROOF, body={"token": "{share token}"}, other={"token": A_TOKEN_NOBODY_MADE}, status=400
    ),
    # -- auth: a person ------------------------------------------------------------------------------------------------
    "auth_me": Own(SESSION_ONLY),
    "auth_change_me": Own(SESSION_ONLY, body={"name": "Eve again"}),
    "auth_delete_me": Own(SESSION_ONLY, body={"password": PASSWORD}, last=True),
    "auth_change_email": Own(
        "B's address is answered like a free one; a letter goes there, which only B can read",
        body={"email": "new-eve@example.com", "password": PASSWORD},
    ),
    "auth_confirm_email": Refers(({"token": "{share token}"},), status=400),
    "auth_factors": Own(SESSION_ONLY),
    "auth_add_passkey": Refers(({"challenge_id": "{passkey}", "name": "x", "credential": {}},), status=400),
    "auth_new_passkey_challenge": Own(SESSION_ONLY),
    "auth_remove_passkey": Foreign({"passkey_id": ("passkey", "session")}),
    "auth_change_password": Own(SESSION_ONLY, body={"current": PASSWORD, "new": "another horse battery staple"}),
    "auth_new_recovery_codes": Own(SESSION_ONLY, status=(201, 409)),
    "auth_end_other_sessions": Own(SESSION_ONLY),
    "auth_list_sessions": Lists(PAGES),
    "auth_end_session": Foreign({"session_id": ("session", "token")}),
    "auth_remove_totp": Own(SESSION_ONLY, body={"password": PASSWORD}, status=(204, 409)),
    "auth_set_up_totp": Own(SESSION_ONLY),
    "auth_confirm_totp": Own(SESSION_ONLY, body={"code": "000000"}, status=(400, 401, 409)),
    # -- auth: a workspace ---------------------------------------------------------------------------------------------
    "auth_list_workspaces": Own("the workspaces of the access token's person"),
    "auth_create_workspace": Own("makes a new one", body={"name": "Another"}),
    "auth_workspace": Own(OWN_WORKSPACE),
    "auth_rename_workspace": Own(OWN_WORKSPACE, body={"name": "own house"}),
    "auth_delete_workspace": Own(OWN_WORKSPACE, body={"name": "own house", "password": PASSWORD}, last=True),
    "auth_read_networks": Own(OWN_WORKSPACE),
    "auth_change_networks": Own(OWN_WORKSPACE, body={"networks": ["127.0.0.0/8"]}),
    "auth_list_members": Lists(("", "?limit=1", "?sort=joined_at")),
    "auth_change_role": Foreign({"user_id": ("owner", "member")}, body={"role": "viewer"}),
    "auth_remove_member": Foreign({"user_id": ("owner", "member")}),
    "auth_list_invitations": Lists(PAGES),
    "auth_invite": Own(OWN_WORKSPACE, body={"email": "friend@example.com", "role": "viewer"}),
    "auth_accept_invitation": Refers(({"token": "{share token}"},), status=400),
    "auth_withdraw_invitation": Foreign({"invitation_id": ("invitation",)}),
    "auth_list_api_tokens": Lists(PAGES),
    "auth_create_api_token": Own(OWN_WORKSPACE, body={"name": "x", "scopes": ["videos:read"]}),
    "auth_revoke_api_token": Foreign({"token_id": ("token",)}),
    "auth_list_audit": Lists(("", "?limit=20", "?sort=sequence")),
    "auth_verify_audit": Own(OWN_WORKSPACE),
    "auth_list_operator_audit": Foreign({}, status=403),
    "auth_verify_operator_audit": Foreign({}, status=403),
    # -- billing -------------------------------------------------------------------------------------------------------
    "billing_list_plans": Public(NO_DATA),
    "billing_get_quotas": Own(OWN_WORKSPACE),
    "billing_get_subscription": Own(OWN_WORKSPACE),
    "billing_grant_plan": Foreign({"tenant_id": ("workspace",)}, body={"plan": "free"}, status=403),
    # -- keyvault ------------------------------------------------------------------------------------------------------
    "keyvault_list_connectors": Own(NO_DATA),
    "keyvault_list_connections": Lists((*PAGES, "?sort=name")),
    "keyvault_add_connection": Own(
        OWN_WORKSPACE, body={"connector": "openai", "key": "sk-0123456789abcdefghijklmn", "name": "Mine"}
    ),
    "keyvault_change_connection": Foreign({"connection_id": ("connection",)}, body={"enabled": False}),
    "keyvault_remove_connection": Foreign({"connection_id": ("connection",)}),
    "keyvault_rotate_key": Foreign({"connection_id": ("connection",)}, body={"key": "sk-0123456789abcdefghijklmn"}),
    "keyvault_test_connection": Foreign({"connection_id": ("connection",)}),
    # -- notifications -------------------------------------------------------------------------------------------------
    "notifications_watch_events": Own("a stream of what happens in the caller's workspace: T26 listens", status=()),
    "notifications_list_notifications": Lists((*PAGES, "?unread=true")),
    "notifications_count_unread": Own(SESSION_ONLY),
    "notifications_mark_read": Foreign({"notification_id": ("notification",)}),
    "notifications_mark_all_read": Own(SESSION_ONLY),
    "notifications_get_preferences": Own(SESSION_ONLY),
    "notifications_set_preferences": Own(SESSION_ONLY, body={"items": []}),
    # -- orchestrator --------------------------------------------------------------------------------------------------
    "orchestrator_list_storyboards": Lists((*PAGES, "?sort=title")),
    "orchestrator_create_storyboard": Refers(
        (
            {"document": document("x", "{asset}")},
            {"document": document("x", "{upload}")},
            {"document": document("x") | {"brand": {"logo": "asset:{asset}"}}},
            {"document": document("x") | {"music": {"src": "asset:{asset}"}}},
        ),
        status=201,  # drafts may name what isn't there yet; T3 shows that none can be made or timed
    ),
    "orchestrator_from_pasted_text": Refers(({"text": "Tea is good.", "assets": ["{asset}"]},)),
    "orchestrator_import_rows": Refers(
        ({"jsonl": '{"ROW": "1"}', "template": document("x", "{asset}") | ROW},), status=201
    ),
    "orchestrator_get_storyboard": Foreign({"storyboard_id": ("storyboard", "asset")}),
    "orchestrator_save_storyboard": Foreign(
        {"storyboard_id": ("storyboard",)}, body={"document": document("taken")}, headers={"If-Match": '"1"'}
    ),
    "orchestrator_duplicate_storyboard": Foreign({"storyboard_id": ("storyboard",)}),
    "orchestrator_estimate": Foreign({"storyboard_id": ("storyboard",)}),
    "orchestrator_list_versions": Foreign({"storyboard_id": ("storyboard",)}),
    "orchestrator_get_version": Foreign({"storyboard_id": ("storyboard",), "version": ("=1",)}),
    "orchestrator_list_jobs": Lists(
        (*PAGES, "?state=queued", "?state=failed"), nothing=("?storyboard_id={storyboard}",)
    ),
    "orchestrator_create_job": Refers(
        (
            {"storyboard_id": "{storyboard}"},
            {"storyboard_id": "{storyboard}", "version": 1},
            {"storyboard_id": "{asset}"},
        )
    ),
    "orchestrator_get_job": Foreign({"job_id": ("job", "failed job", "queued job")}),
    "orchestrator_cancel_job": Foreign({"job_id": ("queued job", "failed job")}),
    "orchestrator_retry_job": Foreign({"job_id": ("failed job", "queued job")}),
    "orchestrator_list_samples": Own(NO_DATA),
    "orchestrator_get_sample_file": Public("comes with the studio", path={"name": "{asset}"}, status=404),
    "orchestrator_list_voices": Own(NO_DATA),
    # -- storage -------------------------------------------------------------------------------------------------------
    "storage_list_assets": Lists(
        (*PAGES, "?kind=image", "?state=uploading", "?sort=filename", "?sort=bytes"),
        nothing=("?query={mark}", "?query={asset}"),
    ),
    "storage_get_asset": Foreign({"asset_id": ("asset", "upload")}),
    "storage_delete_asset": Foreign({"asset_id": ("asset", "upload")}),
    "storage_create_upload": Own(
        "begins a new one, whose place nobody chooses: T10",
        body={"filename": "a.jpg", "bytes": 10, "content_type": "image/jpeg"},
    ),
    "storage_get_upload": Foreign({"upload_id": ("upload", "asset")}),
    "storage_cancel_upload": Foreign({"upload_id": ("upload", "asset")}),
    "storage_complete_upload": Foreign(
        {"upload_id": ("upload", "asset")}, body={"parts": [{"number": 1, "etag": "0" * 64}]}
    ),
    "storage_put_part": Foreign({"upload_id": ("upload", "asset"), "number": ("=1",)}, content=b"not yours"),
    "storage_list_videos": Lists(
        (*PAGES, "?sort=title", "?trashed=true", "?status=ready", "?status=ready&status=failed", "?review=pending"),
        nothing=("?query={mark}", "?query={mark}&trashed=true"),
    ),
    "storage_bulk_videos": Refers(
        tuple(
            {"action": action, "ids": ["{video}", "{trashed video}", "{waiting video}"]}
            for action in ("trash", "restore", "purge", "validate", "reject", "reopen")
        ),
        status=200,  # each video has its own line in the answer
    ),
    "storage_get_video": Foreign({"video_id": ("video", "trashed video", "waiting video")}),
    "storage_change_video": Foreign({"video_id": ("video",)}, body={"title": "Taken", "review": "rejected"}),
    "storage_purge_video": Foreign({"video_id": ("trashed video", "video")}),
    "storage_restore_video": Foreign({"video_id": ("trashed video",)}),
    "storage_trash_video": Foreign({"video_id": ("video", "waiting video")}),
    "storage_list_versions": Foreign({"video_id": ("video",)}),
    "storage_list_shares": Foreign({"video_id": ("video",)}),
    "storage_create_share": Foreign({"video_id": ("video",)}, body={"expires_in_hours": 1}),
    "storage_revoke_share": Foreign({"video_id": ("video",), "share_id": ("share",)}),
    "storage_get_shared_video": Public(
        "for whoever was given the link; its id in place of the token opens nothing",
        path={"token": "{share}"},
        status=404,
    ),
    "storage_get_media": Public(
        "for whoever was given the address; what is no address opens nothing: T11",
        path={"token": "{asset}", "name": "file.jpg"},
        status=403,
    ),
    # -- analytics -----------------------------------------------------------------------------------------------------
    "analytics_get_usage": Lists(("", "?from=2020-01-01&to=2020-01-31")),
}


API: dict[str, Any] = json.loads((Path(__file__).parents[2] / "contracts" / "openapi.json").read_text("utf-8"))
#: method, path and description by operation id
OPERATIONS: dict[str, tuple[str, str, dict[str, Any]]] = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in API["paths"].items()
    for method, operation in methods.items()
}


def of(kind: type) -> list[str]:
    """The operations attacked in this way."""
    return [name for name, row in ROWS.items() if isinstance(row, kind) and name in OPERATIONS]


def parameters(operation: str) -> list[str]:
    """Those of its path."""
    return [one["name"] for one in OPERATIONS[operation][2].get("parameters", ()) if one["in"] == "path"]
