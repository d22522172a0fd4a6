"""Letters leave with the transaction that makes them necessary, and are sent by a task.

A waiting letter holds an address and a token that opens a door, so the task's payload is sealed: neither the table of
tasks, a dead letter nor a backup of them can be read for it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import asdict

from pydantic import BaseModel

from kernel.ports import Mailer
from kernel.tasks import NewTask
from kernel.uow import UnitOfWork
from services.auth.mail.letters import Letter, compose
from services.auth.sealing import Sealing

LETTER_TASK = "auth.letter"


class SealedText(BaseModel):
    """The payload of a task that holds what is personal or opens a door; base64."""

    sealed: str


class Post:
    """Takes letters in and hands them over to the `Mailer`."""

    def __init__(self, mailer: Mailer, sealing: Sealing, base_url: str) -> None:
        self._mailer = mailer
        self._sealing = sealing
        self._base_url = base_url

    def seal(self, value: str, kind: str) -> SealedText:
        """`value`, for the payload of a task of this kind."""
        return SealedText(sealed=base64.b64encode(self._sealing.seal(value.encode(), kind)).decode())

    def open(self, payload: SealedText, kind: str) -> str:
        """Raises SealBroken."""
        return self._sealing.open(base64.b64decode(payload.sealed), kind).decode()

    def send(self, uow: UnitOfWork, letter: Letter) -> None:
        """The letter goes out once the transaction has committed."""
        payload = self.seal(json.dumps(asdict(letter)), LETTER_TASK)
        uow.enqueue(NewTask(LETTER_TASK, payload, attempts=8))

    async def deliver(self, payload: SealedText) -> None:
        """Raises SealBroken, Unavailable (tried again) or MailNotAccepted."""
        letter = Letter(**json.loads(self.open(payload, LETTER_TASK)))
        await self._mailer.send(compose(letter, self._base_url))
