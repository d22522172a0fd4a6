import threading
import time
from uuid import RFC_4122, UUID

import pytest

from kernel.ids import uuid7


def test_an_id_is_a_version_7_uuid_of_this_moment():
    before = time.time_ns() // 1_000_000
    made = uuid7()
    after = time.time_ns() // 1_000_000

    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= after


def test_ids_ascend_within_one_tick_of_the_clock(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(time, "time_ns", lambda: 1_790_000_000_123_456_789)

    made = [uuid7() for _ in range(5_000)]

    assert made == sorted(made)
    assert len(set(made)) == 5_000


def test_ids_go_on_ascending_when_the_clock_is_set_back(monkeypatch: pytest.MonkeyPatch):
    newest = uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 1_000_000_000_000_000_000)

    assert uuid7() > newest


def test_threads_never_share_an_id_or_a_place_in_the_order():
    made: list[list[UUID]] = [[] for _ in range(4)]

    def fill(mine: list[UUID]) -> None:
        mine.extend(uuid7() for _ in range(2_000))

    threads = [threading.Thread(target=fill, args=(mine,)) for mine in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    together = [one for mine in made for one in mine]
    assert all(mine == sorted(mine) for mine in made)
    # The first 64 bits are the order: stamp and version.
    assert len({one.int >> 64 for one in together}) == len(together)
