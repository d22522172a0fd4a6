"""Events stated again, for consumers whose inbox or broker lost them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kernel.db import Database
from kernel.outbox import replay
from keyreel.studio.backup import DATABASE
from keyreel.studio.embedded import reach
from keyreel.studio.errors import UnknownTopic
from keyreel.studio.services import specs
from keyreel.studio.settings import StudioSettings


async def replay_events(
    settings: StudioSettings, since: datetime, topics: Sequence[str] | None = None
) -> dict[str, int]:
    """Marks what each service stated since then as unsent; how many, by service. Raises UnknownTopic."""
    services = [one for one in specs() if one.emits]
    known = sorted({event.type for one in services for event in one.emits})
    for topic in topics or ():
        if topic not in known:
            raise UnknownTopic(f"No event is called {topic}. There are {', '.join(known)}.")
    counted = {}
    async with reach(settings) as (_folder, server):
        for one in services:
            database = Database(one.name, server.url(DATABASE), pool_size=1, application_name="keyreel-replay")
            try:
                async with database.system() as uow:
                    counted[one.name] = await replay(uow, since=since, topics=topics)
            finally:
                await database.close()
    return counted
