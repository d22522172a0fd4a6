import asyncio
import threading

import pytest

from kernel.context import Context, bind, current
from kernel.ids import TenantId, uuid7


def test_what_is_bound_holds_for_the_block_and_inner_blocks_add_to_it():
    tenant = TenantId(uuid7())
    with bind(request_id="r1", address="203.0.113.7"):
        with bind(tenant=tenant, actor="user:1"):
            assert current() == Context("r1", tenant, "user:1", "203.0.113.7")
        assert current() == Context("r1", address="203.0.113.7")
    assert current() == Context()


def test_what_is_bound_ends_with_an_error_too():
    with pytest.raises(RuntimeError), bind(actor="user:1"):
        raise RuntimeError
    assert current().actor is None


async def test_tasks_of_one_loop_do_not_see_each_others_context():
    async def ask(name: str) -> str | None:
        with bind(actor=name):
            await asyncio.sleep(0.01)
            return current().actor

    assert await asyncio.gather(*(ask(f"user:{number}") for number in range(20))) == [
        f"user:{number}" for number in range(20)
    ]


def test_a_thread_of_its_own_starts_with_an_empty_context():
    seen: list[Context] = []
    with bind(actor="user:1"):
        thread = threading.Thread(target=lambda: seen.append(current()))
        thread.start()
        thread.join()
    assert seen == [Context()]
