"""How envelopes get from one service's outbox to the inboxes of others.

`adapters/events_local.py` writes into the inboxes of the same process's services; a broker's adapter publishes here
and hands what it consumes to `Inbox.receive`, acknowledging only after that has returned. Both may deliver twice and
out of order between keys: the inbox keeps each event once per subscription.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from kernel.envelope import Envelope
from kernel.errors import Unavailable


class TransportDown(Unavailable):
    """The broker doesn't take messages now; what was stated waits in the outbox."""

    code = "transport_unavailable"


class Transport(Protocol):
    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Hands over all of `envelopes`, in this order per `subject`; they are durable when it returns.

        Raises:
            TransportDown: perhaps some were taken; all of them will be published again.
        """
        ...
