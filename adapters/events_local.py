"""Events between services of one database, without a broker: straight into the inboxes of those who subscribe."""

from __future__ import annotations

from collections.abc import Sequence

from kernel.envelope import Envelope
from kernel.inbox import Inbox


class LocalTransport:
    """Delivers to the inboxes it is given: all services of the studio must be among them."""

    def __init__(self, inboxes: Sequence[Inbox]) -> None:
        self._inboxes = [(inbox, inbox.topics) for inbox in inboxes if len(inbox.subscriptions)]

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """See `kernel.transport.Transport`. Raises DatabaseBusy, DatabaseUnavailable."""
        for inbox, topics in self._inboxes:
            wanted = [envelope for envelope in envelopes if envelope.type in topics]
            if wanted:
                await inbox.receive(wanted)
