"""The life of a job: its table of transitions, and the one function that follows it."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.events.jobs import JobState
from services.orchestrator import states
from services.orchestrator.errors import InvalidJobState
from services.orchestrator.states import TERMINAL, TRANSITIONS, WAITING, Act, allowed, transition

STATES: tuple[JobState, ...] = get_args(JobState)
ACTS: tuple[Act, ...] = get_args(Act)


@given(st.lists(st.sampled_from(ACTS), max_size=40))
def test_no_sequence_of_acts_leads_outside_the_table(acts: list[Act]) -> None:
    state: JobState = "draft"
    for act in acts:
        if allowed(state, act):
            state = transition(state, act)
        else:
            with pytest.raises(InvalidJobState):
                transition(state, act)
        assert state in STATES


@given(st.lists(st.sampled_from(ACTS), max_size=40))
def test_a_job_is_ready_only_after_it_was_rendering_and_stays_so(acts: list[Act]) -> None:
    path: list[JobState] = ["draft"]
    for act in acts:
        if allowed(path[-1], act):
            path.append(transition(path[-1], act))
    if "ready" in path:
        first = path.index("ready")
        assert path[first:] == ["ready"]
        assert {"failed", "cancelled", "rendering", "uploading"} & {path[first - 1]}


def test_every_state_can_be_reached_and_none_is_a_trap() -> None:
    reached: set[JobState] = {"draft"}
    while more := {after for (state, _), after in TRANSITIONS.items() if state in reached} - reached:
        reached |= more
    assert reached == set(STATES)
    ends = set(TERMINAL)
    while more := {state for (state, _), after in TRANSITIONS.items() if after in ends} - ends:
        ends |= more
    assert ends == set(STATES)


def test_every_waiting_state_can_fail_or_be_refused_so_that_no_wait_is_for_ever() -> None:
    for state in WAITING:
        assert allowed(state, "fail") or allowed(state, "refuse"), state
    assert WAITING | TERMINAL | {"draft"} == set(STATES)


def test_a_job_can_be_cancelled_until_its_film_is_finished() -> None:
    assert {state for state in STATES if allowed(state, "cancel")} == states.STOPPABLE
    assert frozenset({"reserving", "queued", "fetching", "rendering"}) == states.STOPPABLE


def test_only_a_failed_job_can_be_retried() -> None:
    assert [state for state in STATES if allowed(state, "retry")] == ["failed"]


def test_what_cannot_be_done_names_the_present_state() -> None:
    with pytest.raises(InvalidJobState) as refusal:
        transition("ready", "cancel")
    assert "ready" in refusal.value.detail
    assert refusal.value.problem()["code"] == "invalid_state"
