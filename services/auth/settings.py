"""The numbers of auth, in one place. They are decisions, not knobs: no variable changes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

ACCESS_TOKEN_LIFE: Final = timedelta(minutes=10)
SESSION_LIFE: Final = timedelta(days=30)
"""A session ends when it wasn't used for this long."""
DEVICE_LIFE: Final = timedelta(days=365)
REFRESH_GRACE: Final = timedelta(seconds=30)
"""Within it, a refresh token that was just used gets the same successor: two tabs race, a response is lost."""

SIGNING_KEY_LIFE: Final = timedelta(days=30)
SIGNING_KEY_LEAD: Final = timedelta(minutes=5)
"""A new key is published this long before it signs."""
SIGNING_KEY_TAIL: Final = timedelta(hours=1)
"""An old key stays published this long after its successor signs: longer than any access token lives."""

MFA_LIFE: Final = timedelta(minutes=5)
MFA_TRIES: Final = 5
CHALLENGE_LIFE: Final = timedelta(minutes=5)
REGISTRATION_LIFE: Final = timedelta(hours=24)
RESET_LIFE: Final = timedelta(hours=1)
EMAIL_CHANGE_LIFE: Final = timedelta(hours=24)
ADMINISTRATOR_LINK_LIFE: Final = timedelta(hours=24)
INVITATION_LIFE: Final = timedelta(days=7)
API_TOKEN_LIFE_MAX_DAYS: Final = 366
API_TOKEN_LIFE_DAYS: Final = 90
RECOVERY_CODES: Final = 10
PASSKEYS_MAX: Final = 10

PASSWORD_MIN_CHARACTERS: Final = 10
PASSWORD_MAX_BYTES: Final = 256
PASSWORD_MIN_SCORE: Final = 3
"""Of zxcvbn's 0..4: 3 is "safely unguessable", more than 10^8 guesses."""
HASHES_AT_ONCE: Final = 2
"""argon2 takes 64 MiB and a core each; more at once would only be slower and larger."""
HASHES_WAITING: Final = 60
"""At some 0.2 s each and two at once, the last one waits about six seconds."""

SEEN_EVERY: Final = timedelta(minutes=1)
