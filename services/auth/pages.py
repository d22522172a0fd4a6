"""The pages of the web app that letters and the terminal link to.

A token goes into the fragment: browsers send that to no server, so it is in no log and no `Referer`.
"""

from __future__ import annotations

from typing import Final

from kernel.secret import Secret

SIGN_IN: Final = "/sign-in"
VERIFY: Final = "/verify"
RESET_PASSWORD: Final = "/reset-password"  # noqa: S105 - a page
CONFIRM_EMAIL: Final = "/confirm-email"
INVITATION: Final = "/invitation"
WELCOME: Final = "/welcome"


def with_token(page: str, token: Secret) -> str:
    return f"{page}#token={token.reveal()}"
