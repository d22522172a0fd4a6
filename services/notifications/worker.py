"""The work of this service: letters, and forgetting what no page can ask for any more."""

from __future__ import annotations

from pydantic import BaseModel

from kernel.ports import Mail
from kernel.tasks import Run, Tasks
from kernel.uow import UnitOfWork
from services.notifications import live
from services.notifications.app import Notifications
from services.notifications.letters import write
from services.notifications.notify import LetterPayload

tasks = Tasks("notifications")


@tasks.on("notifications.letter", payload=LetterPayload, concurrency="io")
async def letter(run: Run[LetterPayload], service: Notifications) -> None:
    """Write to one person. Someone who has left in the meantime gets no letter."""
    if run.tenant is None:
        raise ValueError("a letter is about a workspace")
    wanted = run.payload
    person = (await service.people().of(run.tenant, [wanted.user_id])).get(wanted.user_id)
    if person is None:
        return
    words = write(
        wanted.kind, {"name": person.name, **wanted.params}, locale=person.locale, base_url=service.env.base_url
    )
    # The task's id in the header lets a mail server drop a letter that is sent again after a crash.
    headers = {"Message-ID": f"<{run.id}@keyreel>", "Auto-Submitted": "auto-generated"}
    await service.env.ports.mail.send(Mail(person.email, words.subject, words.text, words.html, headers))


class Nothing(BaseModel):
    """No payload."""


@tasks.every("notifications.forget", cron="*/5 * * * *")
async def forget(run: Run[Nothing], service: Notifications) -> None:
    """Drop live events older than a page may be away."""

    async def drop(uow: UnitOfWork) -> None:
        await live.forget_old(uow)

    await service.env.database.transact(None, drop)
