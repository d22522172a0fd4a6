"""Passwords: which are good enough, how they are kept, and checking one in the same time for every account.

Kept as argon2id with 64 MiB and 3 passes (RFC 9106 §4, second recommended option). Text is prepared as
`OpaqueString` of RFC 8265 §4.2: NFC, every space a plain one; nothing is cut off.
"""

from __future__ import annotations

import asyncio
import secrets
import unicodedata
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

import zxcvbn
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from argon2.profiles import RFC_9106_LOW_MEMORY

from kernel.errors import Unavailable
from kernel.secret import Secret
from services.auth.errors import PasswordTooCommon, PasswordTooShort
from services.auth.settings import HASHES_AT_ONCE, HASHES_WAITING, PASSWORD_MIN_CHARACTERS, PASSWORD_MIN_SCORE

T = TypeVar("T")

#: zxcvbn's time grows with the square of the length; what lies beyond only makes a password better
_JUDGED: Final = 72


#: characters a password must have besides the person's own address and name
_OF_ITS_OWN: Final = 8


class Passwords:
    """argon2id behind two threads: a third hash waits, so that a burst of sign-ins can't take all memory. When too many
    wait, further ones are sent away (Unavailable, 503), so that a flood doesn't keep everybody waiting for minutes.

    `unknown` is a hash of a random password, verified in place of the missing one of an unknown account.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._waiting = 0
        self._threads = ThreadPoolExecutor(max_workers=HASHES_AT_ONCE, thread_name_prefix="argon2")
        self.unknown = self._hasher.hash(secrets.token_urlsafe(16))

    async def hash(self, password: Secret) -> str:
        """The argon2id hash in PHC form, with a salt of its own."""
        return await self._run(lambda: self._hasher.hash(prepared(password)))

    async def verify(self, kept: str | None, password: Secret) -> bool:
        """Whether `password` is the kept one. None, for an account that isn't there, costs the same and is False."""
        return await self._run(lambda: self._verify(kept, password))

    def outdated(self, kept: str) -> bool:
        """Whether the hash was made with other parameters than today's and should be made anew at this sign-in."""
        return self._hasher.check_needs_rehash(kept)

    def close(self) -> None:
        self._threads.shutdown(wait=True)

    def _verify(self, kept: str | None, password: Secret) -> bool:
        try:
            return self._hasher.verify(kept or self.unknown, prepared(password)) and kept is not None
        except (VerifyMismatchError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= HASHES_WAITING:
            raise Unavailable(retry_after=5)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1


def prepared(password: Secret) -> str:
    """RFC 8265 §4.2.2: non-ASCII spaces become U+0020, then NFC; case and width stay."""
    text = "".join(" " if unicodedata.category(sign) == "Zs" else sign for sign in password.reveal())
    return unicodedata.normalize("NFC", text)


async def check_strength(password: Secret, about: Iterable[str], *, pointer: str = "/password") -> None:
    """Refuses what is guessed first: short, common, made of the person's own address or name (`about`).

    Raises PasswordTooShort or PasswordTooCommon. zxcvbn takes some milliseconds of CPU, hence the thread.
    """
    text = prepared(password)
    if len(text) < PASSWORD_MIN_CHARACTERS:
        raise PasswordTooShort(pointer=pointer)
    own = [part for word in about for part in (word, *word.replace("@", " ").replace(".", " ").split()) if part]
    if len(_without(text.casefold(), own)) < _OF_ITS_OWN:
        raise PasswordTooCommon(pointer=pointer)
    judged: dict[str, Any] = await asyncio.to_thread(zxcvbn.zxcvbn, text[:_JUDGED], user_inputs=own)
    if judged["score"] < PASSWORD_MIN_SCORE:
        raise PasswordTooCommon(pointer=pointer)


def _without(text: str, own: Iterable[str]) -> str:
    """`text` without the words that belong to its owner, the longest first."""
    for word in sorted({word.casefold() for word in own if len(word) > 2}, key=len, reverse=True):
        text = text.replace(word, "")
    return "".join(text.split())
