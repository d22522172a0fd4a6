"""Answers remembered for seconds: fresh, stale while nobody answers, bounded, asked once."""

from __future__ import annotations

import asyncio

import pytest

from kernel.errors import Unavailable
from kernel.remembered import Remembered


class Oracle:
    """Counts the questions; `down` makes it silent."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.down = False
        self.seconds = 0.0
        self.pause = 0.0

    async def answer(self, question: str) -> str:
        self.asked.append(question)
        await asyncio.sleep(self.pause)
        if self.down:
            raise Unavailable
        return f"{question} {len(self.asked)}"


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


@pytest.fixture
def remembered(oracle: Oracle) -> Remembered[str, str]:
    return Remembered(oracle.answer, fresh=3, stale=60, most=3, clock=lambda: oracle.seconds)


async def test_an_answer_is_given_again_until_it_is_old(oracle: Oracle, remembered: Remembered[str, str]) -> None:
    assert await remembered.get("a") == "a 1"
    oracle.seconds = 2.9
    assert await remembered.get("a") == "a 1"
    oracle.seconds = 3.0
    assert await remembered.get("a") == "a 2"


async def test_who_needs_a_newer_answer_may_ask_for_it(oracle: Oracle, remembered: Remembered[str, str]) -> None:
    await remembered.get("a")
    oracle.seconds = 1.5
    assert await remembered.get("a", older_than=1) == "a 2"
    assert await remembered.get("a", older_than=1) == "a 2"


async def test_a_silent_oracle_leaves_the_last_answer_for_a_while(
    oracle: Oracle, remembered: Remembered[str, str]
) -> None:
    await remembered.get("a")
    oracle.down = True
    oracle.seconds = 59
    assert await remembered.get("a") == "a 1"
    oracle.seconds = 60
    with pytest.raises(Unavailable):
        await remembered.get("a")


async def test_many_who_ask_at_once_ask_once(oracle: Oracle, remembered: Remembered[str, str]) -> None:
    oracle.pause = 0.01
    assert await asyncio.gather(*(remembered.get("a") for _ in range(10))) == ["a 1"] * 10
    assert oracle.asked == ["a"]


async def test_whoever_stops_waiting_does_not_take_the_answer_from_the_others(
    oracle: Oracle, remembered: Remembered[str, str]
) -> None:
    oracle.pause = 0.02
    first = asyncio.create_task(remembered.get("a"))
    second = asyncio.create_task(remembered.get("a"))
    await asyncio.sleep(0.005)
    first.cancel()
    assert await second == "a 1"


async def test_an_error_is_everyones_and_is_not_remembered(oracle: Oracle, remembered: Remembered[str, str]) -> None:
    oracle.down, oracle.pause = True, 0.01
    answers = await asyncio.gather(*(remembered.get("a") for _ in range(3)), return_exceptions=True)
    assert all(isinstance(answer, Unavailable) for answer in answers)
    oracle.down = False
    assert await remembered.get("a") == "a 2"


async def test_the_oldest_answers_make_room(oracle: Oracle, remembered: Remembered[str, str]) -> None:
    for question in "abcd":
        await remembered.get(question)
    assert len(remembered) == 3
    await remembered.get("a")
    assert oracle.asked == [*"abcd", "a"]


async def test_an_answers_age_counts_from_its_question(oracle: Oracle, remembered: Remembered[str, str]) -> None:
    oracle.pause = 0.01
    asking = asyncio.create_task(remembered.get("a"))
    await asyncio.sleep(0.005)
    oracle.seconds = 2.0
    await asking
    oracle.seconds = 3.5
    assert await remembered.get("a") == "a 2"


async def test_what_is_forgotten_is_asked_again(oracle: Oracle, remembered: Remembered[str, str]) -> None:
    await remembered.get("a")
    remembered.forget("a")
    remembered.forget("never asked")
    assert await remembered.get("a") == "a 2"
