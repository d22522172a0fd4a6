"""Reservations: places that are never given out twice, charges that are made once (F43 to F45, I3, I4, T29)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from contracts.events.jobs import JobChanged, JobFailure
from contracts.events.videos import VideoStored
from kernel import failpoints
from kernel.clock import now
from kernel.errors import NotFound
from kernel.ids import TenantId, uuid7
from services.billing.errors import ConcurrencyExceeded, FeatureNotInPlan, PaymentRequired, QuotaExceeded


def stored(job, seconds=42.3, size=1000) -> VideoStored:
    return VideoStored(job_id=job, video_id=uuid7(), version=1, title="Tea", bytes=size, seconds=seconds)


def changed(job, state) -> JobChanged:
    failure = JobFailure(code="render_crashed", detail="…") if state == "failed" else None
    return JobChanged(job_id=job, storyboard_id=uuid7(), version=1, state=state, failure=failure)


async def test_a_reservation_is_held_until_it_is_committed_with_what_the_job_took(desk, tenant):
    job = uuid7()
    await desk.reserve(tenant, job, seconds=60)
    held = await desk.balance(tenant)
    assert (held["videos_reserved"], held["render_seconds_reserved"], held["open_jobs"]) == (1, 60, 1)
    await desk.billing.commit(tenant, job, 43)
    used = await desk.balance(tenant)
    assert (used["videos_reserved"], used["render_seconds_reserved"], used["open_jobs"]) == (0, 0, 0)
    assert (used["videos_used"], used["render_seconds_used"]) == (1, 43)
    assert await desk.emitted("job.charged") == [{"job_id": str(job), "render_seconds": 43}]
    await desk.check()


async def test_every_act_on_a_reservation_can_be_repeated(desk, tenant):
    kept, dropped = uuid7(), uuid7()
    await desk.put_on(tenant)
    for job in (kept, dropped):
        for _ in range(3):
            await desk.reserve(tenant, job)
    for _ in range(3):
        await desk.billing.commit(tenant, kept, 50)
        await desk.billing.release(tenant, dropped)
    await desk.reserve(tenant, kept)
    await desk.billing.release(tenant, kept)
    balance = await desk.balance(tenant)
    assert (balance["videos_used"], balance["render_seconds_used"], balance["open_jobs"]) == (1, 50, 0)
    assert len(await desk.emitted("job.charged")) == 1
    await desk.check()


async def test_a_retried_job_reserves_again_with_its_new_estimate(desk, tenant):
    job = uuid7()
    await desk.reserve(tenant, job, seconds=60)
    await desk.billing.release(tenant, job)
    await desk.reserve(tenant, job, seconds=90)
    assert (await desk.balance(tenant))["render_seconds_reserved"] == 90
    await desk.check()


async def test_a_film_that_was_delivered_is_charged_even_if_its_job_was_given_up(desk, tenant):
    job = uuid7()
    await desk.reserve(tenant, job)
    await desk.tell(tenant, changed(job, "cancelled"))
    assert (await desk.balance(tenant))["open_jobs"] == 0
    await desk.tell(tenant, stored(job))
    balance = await desk.balance(tenant)
    assert (balance["videos_used"], balance["render_seconds_used"], balance["videos_reserved"]) == (1, 43, 0)
    await desk.check()


@pytest.mark.parametrize("state", ["failed", "cancelled"])
async def test_a_job_that_ended_badly_is_not_charged_and_holds_nothing(desk, tenant, state):
    job = uuid7()
    await desk.reserve(tenant, job)
    await desk.tell(tenant, changed(job, state))
    balance = await desk.balance(tenant)
    assert (balance["videos_used"], balance["videos_reserved"], balance["open_jobs"]) == (0, 0, 0)
    await desk.check()


async def test_old_news_of_a_failure_does_not_take_the_place_of_the_retry(desk, tenant):
    job, before = uuid7(), now() - timedelta(seconds=5)
    await desk.reserve(tenant, job)
    await desk.tell(tenant, changed(job, "failed"), at=before)
    assert (await desk.balance(tenant))["open_jobs"] == 1


async def test_news_of_jobs_that_run_or_that_never_had_a_place_change_nothing(desk, tenant):
    job = uuid7()
    await desk.reserve(tenant, job)
    await desk.tell(tenant, changed(job, "rendering"))
    await desk.tell(tenant, changed(uuid7(), "failed"))
    await desk.billing.release(tenant, uuid7())
    assert (await desk.balance(tenant))["open_jobs"] == 1
    await desk.check()


async def test_b38_a_refused_reservation_holds_nothing_and_says_what_is_left_and_which_plan_helps(desk, tenant):
    for number in range(10):
        job = uuid7()
        await desk.reserve(tenant, job)
        await desk.billing.commit(tenant, job, 10)
        assert (await desk.balance(tenant))["videos_used"] == number + 1
    with pytest.raises(QuotaExceeded) as caught:
        await desk.reserve(tenant, uuid7())
    problem = caught.value.problem()
    assert (problem["status"], problem["code"]) == (429, "quota_exceeded")
    assert (problem["quota"], problem["limit"], problem["remaining"], problem["plan_hint"]) == ("videos", 10, 0, "pro")
    assert "Pro" in str(problem["detail"])
    await desk.check()


async def test_seconds_that_do_not_fit_are_refused_while_shorter_films_still_go(desk, tenant):
    await desk.put_on(tenant, render_seconds=100)
    await desk.reserve(tenant, uuid7(), seconds=70)
    with pytest.raises(QuotaExceeded) as caught:
        await desk.reserve(tenant, uuid7(), seconds=31)
    assert (caught.value.quota, caught.value.remaining, caught.value.plan_hint) == ("render_seconds", 30, "free")
    await desk.reserve(tenant, uuid7(), seconds=30)
    await desk.check()


async def test_b38_as_many_jobs_run_at_once_as_the_plan_allows(desk, tenant):
    first = uuid7()
    await desk.reserve(tenant, first)
    with pytest.raises(ConcurrencyExceeded) as caught:
        await desk.reserve(tenant, uuid7())
    assert (caught.value.status, caught.value.code, caught.value.retryable) == (429, "concurrency_exceeded", True)
    assert (caught.value.limit, caught.value.plan_hint) == (1, "pro")
    await desk.billing.release(tenant, first)
    await desk.reserve(tenant, uuid7())


async def test_b38_a_height_beyond_the_plan_is_refused_with_the_plan_that_has_it(desk, tenant):
    with pytest.raises(FeatureNotInPlan) as caught:
        await desk.reserve(tenant, uuid7(), height=2160)
    assert caught.value.problem() | {
        "status": 403,
        "code": "feature_not_in_plan",
        "plan_hint": "pro",
        "limit": 1080,
    } == (caught.value.problem())


async def test_a_full_storage_is_refused_before_a_film_is_made_for_it(desk, tenant):
    await desk.put_on(tenant, storage_bytes=1000)
    job = uuid7()
    await desk.reserve(tenant, job)
    await desk.tell(tenant, stored(job, size=1000))
    with pytest.raises(QuotaExceeded) as caught:
        await desk.reserve(tenant, uuid7())
    assert (caught.value.quota, caught.value.plan_hint) == ("storage_bytes", "free")


@pytest.mark.parametrize("status", ["past_due", "cancelled", "closed"])
async def test_b38_nothing_starts_on_a_subscription_that_is_not_active(desk, tenant, status):
    await desk.billing.account(tenant)
    async with desk.billing.database.system() as uow:
        await uow.session.execute(text(f"UPDATE subscriptions SET status = '{status}'"))
    with pytest.raises(PaymentRequired) as caught:
        await desk.reserve(tenant, uuid7())
    assert (caught.value.status, caught.value.code) == (402, "payment_required")


async def test_t29_a_job_can_not_be_charged_or_released_for_another_workspace(desk, tenant):
    job, other = uuid7(), TenantId(uuid7())
    await desk.reserve(tenant, job)
    await desk.billing.account(other)
    with pytest.raises(NotFound):
        await desk.billing.commit(other, job, 10)
    with pytest.raises(NotFound):
        await desk.tell(other, stored(job))
    await desk.billing.release(other, job)
    await desk.tell(other, changed(job, "cancelled"))
    assert (await desk.balance(tenant))["open_jobs"] == 1
    assert (await desk.balance(other))["videos_used"] == 0
    await desk.check()


async def test_t29_one_job_id_in_two_workspaces_is_two_reservations(desk, tenant):
    job, other = uuid7(), TenantId(uuid7())
    await desk.reserve(tenant, job)
    await desk.reserve(other, job)
    await desk.billing.commit(other, job, 10)
    assert (await desk.balance(tenant))["open_jobs"] == 1
    assert (await desk.balance(other))["videos_used"] == 1
    await desk.check()


@pytest.mark.parametrize("point", ["billing.reserve.held", "db.commit.before"])
async def test_f43_a_crash_before_the_commit_holds_nothing_and_after_it_the_question_can_be_repeated(
    desk, tenant, point
):
    job = uuid7()
    await desk.billing.account(tenant)
    with failpoints.arm(f"{point}=raise"), pytest.raises(failpoints.FailpointHit):
        await desk.reserve(tenant, job)
    assert (await desk.balance(tenant))["open_jobs"] == 0
    with failpoints.arm("db.commit.after=raise"), pytest.raises(failpoints.FailpointHit):
        await desk.reserve(tenant, job)
    await desk.reserve(tenant, job)
    assert (await desk.balance(tenant))["open_jobs"] == 1
    await desk.check()


async def test_f44_a_charge_that_crashed_is_made_once_when_it_is_repeated(desk, tenant):
    job = uuid7()
    await desk.reserve(tenant, job)
    for point in ("billing.commit.booked", "db.commit.after"):
        with failpoints.arm(f"{point}=raise"), pytest.raises(failpoints.FailpointHit):
            await desk.billing.commit(tenant, job, 43)
    await desk.billing.commit(tenant, job, 43)
    assert (await desk.balance(tenant))["render_seconds_used"] == 43
    assert len(await desk.emitted("job.charged")) == 1
    await desk.check()


async def test_f32_transactions_that_collide_are_repeated_unseen(desk, tenant):
    await desk.put_on(tenant)
    with failpoints.arm("db.serialization=raise40001%5"):
        for _ in range(50):
            job = uuid7()
            await desk.reserve(tenant, job)
            await desk.billing.commit(tenant, job, 1)
    assert (await desk.balance(tenant))["videos_used"] == 50
    await desk.check()


async def attempt(desk, tenant, job) -> bool:
    try:
        await desk.reserve(tenant, job, seconds=1)
    except QuotaExceeded:
        return False
    return True


@pytest.mark.slow
async def test_of_200_reservations_at_once_for_50_places_exactly_50_are_held_twenty_times(desk):
    for _ in range(20):
        tenant = TenantId(uuid7())
        await desk.put_on(tenant, videos=50)
        held = await asyncio.gather(*(attempt(desk, tenant, uuid7()) for _ in range(200)))
        assert sum(held) == 50
        balance = await desk.balance(tenant)
        assert (balance["videos_reserved"], balance["open_jobs"]) == (50, 50)
    await desk.check()


@pytest.mark.slow
async def test_many_questions_for_one_job_at_once_hold_one_place(desk, tenant):
    job = uuid7()
    await desk.billing.account(tenant)
    assert all(await asyncio.gather(*(attempt(desk, tenant, job) for _ in range(50))))
    assert (await desk.balance(tenant))["open_jobs"] == 1
    await desk.check()


@pytest.mark.slow
async def test_f45_cancel_and_complete_at_the_same_moment_500_times_charge_each_job_once_and_nothing_goes_negative(
    desk, tenant
):
    await desk.put_on(tenant)
    jobs = [uuid7() for _ in range(500)]
    for job in jobs:
        await desk.reserve(tenant, job, seconds=10)

    async def race(number, job) -> None:
        acts = [desk.billing.release(tenant, job), desk.billing.commit(tenant, job, 7)]
        if number % 2:
            acts.reverse()
        await asyncio.gather(*acts)

    for start in range(0, len(jobs), 10):
        await asyncio.gather(*(race(number, job) for number, job in enumerate(jobs[start : start + 10])))
    balance = await desk.balance(tenant)
    assert (balance["videos_used"], balance["render_seconds_used"]) == (500, 3500)
    assert (balance["videos_reserved"], balance["render_seconds_reserved"], balance["open_jobs"]) == (0, 0, 0)
    assert len(await desk.emitted("job.charged")) == 500
    await desk.check()


@pytest.mark.slow
async def test_two_cancels_at_the_same_moment_give_back_one_place(desk, tenant):
    await desk.put_on(tenant)
    for _ in range(50):
        job = uuid7()
        await desk.reserve(tenant, job)
        await asyncio.gather(*(desk.billing.release(tenant, job) for _ in range(4)))
    assert (await desk.balance(tenant))["open_jobs"] == 0
    await desk.check()
