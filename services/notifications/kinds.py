"""The kinds of notification a person can get, and what each does unless they choose otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a notification is about. The words are the front end's and the letters'."""

    VIDEO_READY = "video_ready"
    VIDEO_FAILED = "video_failed"
    QUOTA_NEAR = "quota_near"
    QUOTA_REACHED = "quota_reached"
    KEY_REJECTED = "key_rejected"
    NEW_SIGN_IN = "new_sign_in"
    SESSION_STOLEN = "session_stolen"
    PLAN_CHANGED = "plan_changed"


@dataclass(frozen=True, slots=True)
class Ways:
    """Which ways a kind takes to a person."""

    in_app: bool
    email: bool


DEFAULTS: dict[Kind, Ways] = {
    Kind.VIDEO_READY: Ways(in_app=True, email=False),
    Kind.VIDEO_FAILED: Ways(in_app=True, email=True),
    Kind.QUOTA_NEAR: Ways(in_app=True, email=False),
    Kind.QUOTA_REACHED: Ways(in_app=True, email=True),
    Kind.KEY_REJECTED: Ways(in_app=True, email=True),
    Kind.NEW_SIGN_IN: Ways(in_app=True, email=True),
    Kind.SESSION_STOLEN: Ways(in_app=True, email=True),
    Kind.PLAN_CHANGED: Ways(in_app=True, email=False),
}

#: nobody switches these off: they tell that an account is in danger
ALWAYS = frozenset({Kind.SESSION_STOLEN})
