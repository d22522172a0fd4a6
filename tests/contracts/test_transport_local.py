"""The transport without a broker keeps the contract of every transport."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from adapters.events_local import LocalTransport
from kernel.inbox import Inbox
from kernel.migrations import History
from kernel.testing.notes import NOTES
from kernel.testing.postgres import DatabaseServer
from kernel.testing.transport_contract import Carried, TransportContract, subscriptions


@pytest_asyncio.fixture
async def carried(database_server: DatabaseServer) -> AsyncIterator[Carried]:
    names = ("reader", "second_reader")
    async with database_server.fresh([History(name, NOTES.folder) for name in names]) as databases:
        inboxes = [Inbox(databases[name], subscriptions(name)) for name in names]
        yield Carried(LocalTransport(inboxes), databases)


class TestLocalTransport(TransportContract):
    """kernel/testing/transport_contract.py over the inboxes themselves."""
