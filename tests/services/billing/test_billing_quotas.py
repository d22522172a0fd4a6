"""Plans, periods, storage and members, levels that are told once, and the ledger that nobody edits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from contracts.events.assets import AssetRemoved, AssetUploaded
from contracts.events.tenants import MemberChanged, TenantCreated, TenantDeleted
from contracts.events.videos import VideoPurged, VideoStored
from kernel import clock
from kernel.errors import NotFound
from kernel.ids import TenantId, uuid7
from services.billing import subscriptions
from services.billing.app import Billing
from services.billing.errors import PaymentRequired, QuotaExceeded, UnknownPlan
from services.billing.periods import months_after, period_at

GB = 10**9


def stored(job, size=1000, seconds=10.0) -> VideoStored:
    return VideoStored(job_id=job, video_id=uuid7(), version=1, title="Tea", bytes=size, seconds=seconds)


def uploaded(size: int) -> AssetUploaded:
    return AssetUploaded(asset_id=uuid7(), object_key="t/x", sha256="0" * 64, bytes=size, declared_type="image/png")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def at(monkeypatch):
    """Sets the clock of billing."""

    def set_to(when: datetime) -> None:
        for module in ("subscriptions", "reservations"):
            monkeypatch.setattr(f"services.billing.{module}.now", lambda: when)

    return set_to


@pytest.mark.parametrize(
    ("anchor", "months", "expected"),
    [
        ("2026-01-31T10:00", 1, "2026-02-28T10:00"),
        ("2026-01-31T10:00", 2, "2026-03-31T10:00"),
        ("2027-12-31T00:00", 2, "2028-02-29T00:00"),
        ("2026-11-15T10:00", 2, "2027-01-15T10:00"),
        ("2026-05-05T10:00", 0, "2026-05-05T10:00"),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_one_there_is(anchor, months, expected):
    assert months_after(moment(anchor), months) == moment(expected)


def test_periods_follow_each_other_without_gap_or_overlap_for_ten_years():
    for day in (1, 15, 28, 29, 30, 31):
        anchor = datetime(2026, 1, day, 13, 30, tzinfo=UTC)
        start, end = period_at(anchor, anchor)
        assert start == anchor
        for _ in range(120):
            assert period_at(anchor, start) == period_at(anchor, end - timedelta(microseconds=1)) == (start, end)
            following = period_at(anchor, end)
            assert following[0] == end
            start, end = following


def test_a_time_before_the_beginning_is_in_the_first_period():
    anchor = moment("2026-03-10T00:00")
    assert period_at(anchor, moment("2026-01-01T00:00")) == period_at(anchor, anchor)


class TestPlans:
    async def test_a_new_workspace_is_on_the_default_plan(self, desk, tenant):
        await desk.tell(tenant, TenantCreated(owner_id=uuid7(), locale="en"))
        here = await desk.billing.account(tenant)
        assert (here.subscription.plan_id, here.subscription.status, here.plan.videos) == ("free", "active", 10)
        assert here.balance.period_start <= clock.now() < here.balance.period_end

    async def test_a_workspace_asked_for_before_it_was_announced_is_on_the_default_plan_once(self, desk, tenant):
        first = await desk.billing.account(tenant)
        await desk.tell(tenant, TenantCreated(owner_id=uuid7(), locale="en"))
        assert (await desk.billing.account(tenant)).subscription.started_at == first.subscription.started_at

    async def test_the_default_plan_is_a_setting(self, desk, tenant):
        billing = Billing(desk.billing.database, default_plan="studio")
        assert (await billing.account(tenant)).plan.videos is None

    async def test_a_default_plan_that_does_not_exist_is_named_with_those_that_do(self, desk, tenant):
        with pytest.raises(UnknownPlan, match="free, pro, studio"):
            await Billing(desk.billing.database, default_plan="gold").account(tenant)

    async def test_a_grant_changes_the_limits_at_once_and_keeps_period_and_use(self, desk, tenant):
        before = await desk.billing.account(tenant)
        job = uuid7()
        await desk.reserve(tenant, job)
        await desk.billing.commit(tenant, job, 10)
        async with desk.billing.database.system() as uow:
            await subscriptions.grant(uow, tenant, "pro")
        after = await desk.billing.account(tenant)
        assert (after.plan.id, after.balance.videos_used) == ("pro", 1)
        assert after.balance.period_end == before.balance.period_end
        assert await desk.emitted("plan.changed") == [{"plan": "pro"}]
        async with desk.billing.database.system() as uow:
            await subscriptions.grant(uow, tenant, "pro")
        assert len(await desk.emitted("plan.changed")) == 1

    async def test_a_new_version_of_a_plan_leaves_present_subscribers_alone(self, desk, tenant):
        await desk.billing.account(tenant)
        async with desk.billing.database.system() as uow:
            await uow.session.execute(
                text(
                    "INSERT INTO plans (id, version, name, monthly_price_cents, currency, offered, videos, features)"
                    " VALUES ('free', 2, 'Free', 0, 'USD', true, 3, '[]')"
                )
            )
        assert (await desk.billing.account(tenant)).plan.videos == 10
        assert (await desk.billing.account(TenantId(uuid7()))).plan.videos == 3

    async def test_a_plan_no_longer_on_offer_can_not_be_granted(self, desk, tenant):
        await desk.billing.account(tenant)
        async with desk.billing.database.system() as uow:
            await uow.session.execute(text("UPDATE plans SET offered = false WHERE id = 'pro'"))
        with pytest.raises(UnknownPlan):
            async with desk.billing.database.system() as uow:
                await subscriptions.grant(uow, tenant, "pro")

    async def test_a_workspace_can_not_write_plans_or_see_anothers_subscription(self, desk, tenant):
        await desk.billing.account(tenant)
        async with desk.billing.database.unit_of_work(TenantId(uuid7())) as uow:
            assert (await uow.session.scalars(text("SELECT count(*) FROM subscriptions"))).one() == 0
            assert (await uow.session.scalars(text("SELECT count(*) FROM plans"))).one() == 3
            changed = await uow.session.execute(text("UPDATE plans SET videos = 1000000 RETURNING id"))
            assert changed.all() == []
        with pytest.raises(DBAPIError, match="row-level security"):
            async with desk.billing.database.unit_of_work(tenant) as uow:
                await uow.session.execute(
                    text(
                        "INSERT INTO plans (id, version, name, monthly_price_cents, currency, offered, features)"
                        " VALUES ('mine', 1, 'Mine', 0, 'USD', true, '[]')"
                    )
                )

    async def test_t33_a_deleted_workspace_holds_nothing_starts_nothing_and_keeps_its_ledger(self, desk, tenant):
        done, open_job = uuid7(), uuid7()
        await desk.put_on(tenant)
        await desk.tell(tenant, MemberChanged(user_id=uuid7(), role="owner"))
        await desk.reserve(tenant, done)
        await desk.billing.commit(tenant, done, 10)
        await desk.reserve(tenant, open_job)
        await desk.tell(tenant, TenantDeleted())
        balance = await desk.balance(tenant)
        assert (balance["open_jobs"], balance["members_used"], balance["videos_used"]) == (0, 0, 1)
        with pytest.raises(PaymentRequired):
            await desk.reserve(tenant, uuid7())
        with pytest.raises(NotFound):
            async with desk.billing.database.system() as uow:
                await subscriptions.grant(uow, tenant, "pro")
        await desk.check()

    async def test_the_allowance_tells_plan_limits_use_and_features(self, desk, tenant):
        await desk.tell(tenant, uploaded(500))
        allowance = await desk.billing.allowance(tenant)
        assert allowance.plan == "free"
        assert allowance.limits["storage_bytes"] == 2 * GB
        assert allowance.used == {
            "videos": 0,
            "render_seconds": 0,
            "storage_bytes": 500,
            "members": 0,
            "concurrent_jobs": 0,
        }
        assert "own_keys" in allowance.features


class TestPeriods:
    async def test_use_begins_anew_in_the_next_month_and_storage_stays(self, desk, tenant, at):
        at(moment("2026-01-31T12:00"))
        for _ in range(10):
            job = uuid7()
            await desk.reserve(tenant, job)
            await desk.tell(tenant, stored(job))
        with pytest.raises(QuotaExceeded, match="28 February"):
            await desk.reserve(tenant, uuid7())
        at(moment("2026-02-28T12:00"))
        await desk.reserve(tenant, uuid7())
        balance = await desk.balance(tenant)
        assert (balance["videos_used"], balance["videos_reserved"], balance["storage_bytes_used"]) == (0, 1, 10_000)
        assert (balance["period_start"], balance["period_end"]) == (
            moment("2026-02-28T12:00"),
            moment("2026-03-31T12:00"),
        )
        await desk.check()

    async def test_a_job_over_the_end_of_a_period_is_charged_where_it_ends(self, desk, tenant, at):
        job = uuid7()
        at(moment("2026-01-10T00:00"))
        await desk.reserve(tenant, job)
        at(moment("2026-02-10T00:00"))
        await desk.billing.commit(tenant, job, 20)
        balance = await desk.balance(tenant)
        assert (balance["videos_used"], balance["videos_reserved"], balance["open_jobs"]) == (1, 0, 0)
        await desk.check()

    async def test_months_in_which_nothing_happened_are_skipped(self, desk, tenant, at):
        at(moment("2026-01-10T00:00"))
        await desk.billing.account(tenant)
        at(moment("2027-06-09T23:59"))
        assert (await desk.billing.account(tenant)).balance.period_start == moment("2027-05-10T00:00")


class TestStorageAndMembers:
    async def test_bytes_come_with_uploads_and_films_and_go_with_removals(self, desk, tenant):
        job, asset = uuid7(), uploaded(300)
        await desk.tell(tenant, asset)
        await desk.reserve(tenant, job)
        await desk.tell(tenant, stored(job, size=5000))
        await desk.tell(tenant, AssetRemoved(asset_id=asset.asset_id, bytes=300))
        assert (await desk.balance(tenant))["storage_bytes_used"] == 5000
        await desk.tell(tenant, VideoPurged(video_id=uuid7(), bytes=5000))
        assert (await desk.balance(tenant))["storage_bytes_used"] == 0
        await desk.check()

    async def test_a_removal_heard_of_before_the_film_comes_out_even(self, desk, tenant):
        job = uuid7()
        await desk.reserve(tenant, job)
        await desk.tell(tenant, VideoPurged(video_id=uuid7(), bytes=5000))
        assert (await desk.billing.allowance(tenant)).used["storage_bytes"] == 0
        await desk.tell(tenant, stored(job, size=5000))
        assert (await desk.balance(tenant))["storage_bytes_used"] == 0
        await desk.check()

    async def test_members_are_counted_by_person_however_often_their_role_changes(self, desk, tenant):
        first, second = uuid7(), uuid7()
        for user, role in ((first, "owner"), (second, "viewer"), (second, "editor"), (first, None), (first, None)):
            await desk.tell(tenant, MemberChanged(user_id=user, role=role))
        assert (await desk.balance(tenant))["members_used"] == 1
        await desk.check()


class TestLevels:
    async def test_each_level_of_a_quota_is_told_once_a_period(self, desk, tenant, at):
        at(moment("2026-01-10T00:00"))
        await desk.put_on(tenant, videos=10)
        told = []
        for _ in range(12):
            job = uuid7()
            try:
                await desk.reserve(tenant, job)
            except QuotaExceeded:
                break
            await desk.tell(tenant, stored(job))
            told.append(len(await desk.emitted("quota.reached")))
        assert told == [0, 0, 0, 0, 0, 0, 0, 1, 1, 2]
        first, second = await desk.emitted("quota.reached")
        assert (first["quota"], first["percent"], first["used"], first["limit"]) == ("videos", 80, 8, 10)
        assert (second["percent"], second["used"]) == (100, 10)
        at(moment("2026-02-10T00:00"))
        for _ in range(8):
            job = uuid7()
            await desk.reserve(tenant, job)
            await desk.tell(tenant, stored(job))
        assert len(await desk.emitted("quota.reached")) == 3

    async def test_a_jump_over_both_levels_tells_both(self, desk, tenant):
        await desk.put_on(tenant, storage_bytes=1000)
        await desk.tell(tenant, uploaded(2000))
        assert [(one["quota"], one["percent"]) for one in await desk.emitted("quota.reached")] == [
            ("storage_bytes", 80),
            ("storage_bytes", 100),
        ]

    async def test_on_another_plan_levels_are_told_anew(self, desk, tenant):
        for _ in range(3):
            await desk.tell(tenant, MemberChanged(user_id=uuid7(), role="viewer"))
        assert len(await desk.emitted("quota.reached")) == 2
        async with desk.billing.database.system() as uow:
            await subscriptions.grant(uow, tenant, "pro")
        for _ in range(7):
            await desk.tell(tenant, MemberChanged(user_id=uuid7(), role="viewer"))
        assert [one["limit"] for one in await desk.emitted("quota.reached")] == [3, 3, 10, 10]

    async def test_without_a_limit_nothing_is_told(self, desk, tenant):
        await desk.put_on(tenant)
        await desk.tell(tenant, uploaded(10**12))
        assert await desk.emitted("quota.reached") == []


class TestLedger:
    async def test_every_use_is_a_row_with_its_one_cause(self, desk, tenant):
        job = uuid7()
        await desk.reserve(tenant, job)
        await desk.tell(tenant, stored(job, size=700, seconds=12.4))
        await desk.tell(tenant, uploaded(300))
        async with desk.billing.database.unit_of_work(tenant) as uow:
            rows = (await uow.session.execute(text("SELECT quota, amount, source FROM ledger ORDER BY seq"))).all()
        assert [tuple(row) for row in rows] == [
            ("videos", 1, "job"),
            ("render_seconds", 13, "job"),
            ("storage_bytes", 700, "video.stored"),
            ("storage_bytes", 300, "asset.uploaded"),
        ]

    @pytest.mark.parametrize("change", ["UPDATE ledger SET amount = 0", "DELETE FROM ledger", "TRUNCATE ledger"])
    async def test_nobody_changes_the_ledger(self, desk, tenant, change):
        await desk.tell(tenant, uploaded(300))
        with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
            async with desk.billing.database.system() as uow:
                await uow.session.execute(text(change))
        with pytest.raises(DBAPIError, match=r"append-only|permission denied"):
            async with desk.billing.database.unit_of_work(tenant) as uow:
                await uow.session.execute(text(change))

    @pytest.mark.parametrize(
        "damage",
        [
            "UPDATE balances SET videos_used = videos_used + 1",
            "UPDATE balances SET render_seconds_reserved = render_seconds_reserved + 1",
            "UPDATE balances SET storage_bytes_used = storage_bytes_used - 1",
            "UPDATE balances SET members_used = 7",
            "DELETE FROM reservations WHERE state = 'open'",
        ],
    )
    async def test_the_recount_finds_a_balance_that_is_wrong(self, desk, tenant, damage):
        await desk.put_on(tenant)
        done = uuid7()
        for job in (done, uuid7()):
            await desk.reserve(tenant, job)
        await desk.tell(tenant, stored(done))
        await desk.check()
        async with desk.billing.database.system() as uow:
            await uow.session.execute(text(damage))
        with pytest.raises(AssertionError):
            await desk.check()

    @pytest.mark.parametrize("state", ["open", "released"])
    async def test_the_recount_finds_a_charge_without_a_job_that_ended_well(self, desk, tenant, state):
        job = uuid7()
        await desk.reserve(tenant, job)
        await desk.billing.commit(tenant, job, 10)
        closed = "NULL" if state == "open" else "now()"
        async with desk.billing.database.system() as uow:
            await uow.session.execute(text(f"UPDATE reservations SET state = '{state}', closed_at = {closed}"))
        with pytest.raises(AssertionError):
            await desk.check()

    async def test_a_balance_can_not_become_negative(self, desk, tenant):
        await desk.billing.account(tenant)
        with pytest.raises(DBAPIError, match="never_negative"):
            async with desk.billing.database.system() as uow:
                await uow.session.execute(text("UPDATE balances SET open_jobs = -1"))
