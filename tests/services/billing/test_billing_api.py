"""Billing over HTTP: plans for everybody, quotas for members, grants by operators only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contracts.clients.entitlements import Entitlements, Wanted
from contracts.permissions import OPERATOR_SCOPES, SCOPES_OF
from kernel.ids import TenantId, uuid7
from kernel.settings import Settings
from kernel.testing.postgres import DatabaseServer
from kernel.testing.studio import RunningStudio, studio
from services.billing.app import Billing
from services.billing.service import SPEC


class StudioSettings(Settings):
    default_plan: str = "free"


@pytest.fixture
async def here(database_server: DatabaseServer, tmp_path: Path) -> AsyncIterator[RunningStudio]:
    async with studio(
        SPEC, server=database_server, folder=tmp_path, roles=SCOPES_OF, settings=StudioSettings()
    ) as running:
        yield running


async def test_plans_are_shown_to_everybody_cheapest_first(here):
    answer = await here.client.get("/api/v1/plans")
    assert answer.status_code == 200
    plans = answer.json()["items"]
    assert [(plan["id"], plan["monthly_price_cents"], plan["currency"]) for plan in plans] == [
        ("free", 0, "USD"),
        ("pro", 2900, "USD"),
        ("studio", 9900, "USD"),
    ]
    assert plans[0]["limits"] == {
        "videos": 10,
        "render_seconds": 3600,
        "storage_bytes": 2 * 10**9,
        "members": 3,
        "concurrent_jobs": 1,
        "max_height": 1080,
    }
    assert plans[2]["limits"]["videos"] is None


async def test_a_member_sees_the_workspaces_plan_and_what_is_used_and_held(here):
    viewer = here.as_member("viewer")
    await here.service(Billing).reserve(here.tenant, uuid7(), Wanted(render_seconds=90, height=1080))
    subscription = (await viewer.client.get("/api/v1/subscription")).json()
    assert (subscription["plan"], subscription["status"]) == ("free", "active")
    quotas = (await viewer.client.get("/api/v1/quotas")).json()
    assert (quotas["plan"], quotas["period_end"]) == ("free", subscription["period_end"])
    assert {item["quota"]: (item["used"], item["reserved"], item["limit"]) for item in quotas["items"]} == {
        "videos": (0, 1, 10),
        "render_seconds": (0, 90, 3600),
        "storage_bytes": (0, 0, 2 * 10**9),
        "members": (0, 0, 3),
        "concurrent_jobs": (1, 0, 1),
    }


async def test_billing_answers_the_question_for_entitlements(here):
    entitlements = here.composed.ask(Entitlements)
    assert (await entitlements.allowance(here.tenant)).plan == "free"


async def test_quotas_are_for_members_who_may_see_them(here):
    for path in ("/api/v1/subscription", "/api/v1/quotas"):
        assert (await here.client.get(path)).status_code == 401
        nobody = here.as_member(scopes=["videos:read"])
        assert (await nobody.client.get(path)).json()["code"] == "missing_scope"


async def test_an_operator_puts_a_workspace_on_a_plan_and_it_is_recorded_with_its_reason(here):
    owner, operator = here.as_member("owner"), here.as_member(scopes=OPERATOR_SCOPES, tenant=TenantId(uuid7()))
    await owner.client.get("/api/v1/subscription")
    path = f"/api/v1/operator/tenants/{here.tenant}/plan"
    granted = await operator.client.put(path, json={"plan": "pro", "reason": "ticket 42"})
    assert granted.status_code == 200
    assert granted.json()["plan"] == "pro"
    assert (await owner.client.get("/api/v1/subscription")).json()["plan"] == "pro"
    records = await recorded(here)
    assert [(one["action"], one["reason"], one["actor"]) for one in records] == [
        ("tenants.crossed", "ticket 42", f"user:{operator.user_id}"),
        ("plan.granted", "ticket 42", f"user:{operator.user_id}"),
    ]
    assert (records[1]["target"], records[1]["before"], records[1]["after"]) == (
        f"workspace:{here.tenant}",
        {"plan": "free"},
        {"plan": "pro"},
    )


async def recorded(here) -> list[dict]:
    from sqlalchemy import text

    async with here.database().system() as uow:
        query = text("SELECT envelope -> 'data' FROM outbox WHERE topic = 'audit.recorded' ORDER BY seq")
        return list((await uow.session.scalars(query)).all())


@pytest.mark.parametrize("role", ["viewer", "editor", "owner"])
async def test_no_role_of_a_workspace_may_grant_a_plan(here, role):
    member = here.as_member(role)
    answer = await member.client.put(f"/api/v1/operator/tenants/{here.tenant}/plan", json={"plan": "studio"})
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert (await member.client.get("/api/v1/subscription")).json()["plan"] == "free"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"plan": "gold"}, 422, "unknown_plan"),
        ({"plan": ""}, 422, "blank"),
        ({"plan": "x" * 41}, 422, "too_long"),
        ({"plan": None}, 422, "invalid_type"),
        ({}, 422, "missing"),
        ({"plan": "pro", "price": 0}, 422, "unknown_field"),
        ({"plan": "pro", "tenant_id": "x"}, 422, "unknown_field"),
    ],
)
async def test_a_grant_that_makes_no_sense_changes_nothing(here, body, status, code):
    owner, operator = here.as_member("owner"), here.as_member(scopes=OPERATOR_SCOPES)
    await owner.client.get("/api/v1/subscription")
    answer = await operator.client.put(f"/api/v1/operator/tenants/{here.tenant}/plan", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await owner.client.get("/api/v1/subscription")).json()["plan"] == "free"


@pytest.mark.parametrize("tenant", ["0190a7d5-0000-7000-8000-000000000000", "not-a-uuid", "1", "' or 1=1"])
async def test_a_workspace_that_does_not_exist_can_not_be_granted_anything(here, tenant):
    operator = here.as_member(scopes=OPERATOR_SCOPES)
    answer = await operator.client.put(f"/api/v1/operator/tenants/{tenant}/plan", json={"plan": "pro"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_t4_two_workspaces_see_their_own_use_only(here):
    other = TenantId(uuid7())
    mine, theirs = here.as_member("owner"), here.as_member("owner", tenant=other)
    await here.service(Billing).reserve(other, uuid7(), Wanted(render_seconds=90, height=1080))
    used = {item["quota"]: item for item in (await mine.client.get("/api/v1/quotas")).json()["items"]}
    assert used["render_seconds"]["reserved"] == 0
    used = {item["quota"]: item for item in (await theirs.client.get("/api/v1/quotas")).json()["items"]}
    assert used["render_seconds"]["reserved"] == 90
