"""Events: their envelope, who subscribes, and the way from `uow.emit` to a handler."""

from __future__ import annotations

import json
from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy import select

from kernel import context
from kernel.envelope import MAX_BYTES, Envelope, MessageTooLarge, MissingTenant, UnknownVersion, UnreadableMessage
from kernel.events import DuplicateName, Event, Subscriptions, current_envelope
from kernel.ids import TenantId, uuid7
from kernel.tasks import Tasks
from kernel.testing.events import Part, backed
from kernel.testing.notes import Note
from kernel.testing.postgres import DatabaseServer, wait_until
from kernel.uow import UnitOfWork

TENANT = TenantId(uuid7())


class Sent(Event):
    type: ClassVar[str] = "letter.sent"

    about: str
    number: int = 0

    def key(self) -> str:
        return self.about


class Plain(Event):
    type: ClassVar[str] = "plain.happened"


class Global(Event):
    type: ClassVar[str] = "global.happened"
    untenanted: ClassVar[bool] = True


def around(event: Event, tenant: TenantId | None = TENANT) -> Envelope:
    return Envelope.around(event, source="sender", tenant=tenant)


def test_an_envelope_has_what_cloudevents_asks_for() -> None:
    sent = around(Sent(about="rent", number=3)).as_json()
    assert sent["specversion"] == "1.0"
    assert (sent["type"], sent["source"], sent["subject"]) == ("letter.sent", "sender", "rent")
    assert sent["tenantid"] == str(TENANT)
    assert sent["datacontenttype"] == "application/json"
    assert sent["data"] == {"about": "rent", "number": 3}
    assert UUID(sent["id"]).version == 7
    assert "traceparent" not in sent


def test_an_envelope_survives_its_json() -> None:
    envelope = around(Sent(about="rent"))
    assert Envelope.parse(json.dumps(envelope.as_json()).encode()) == envelope
    assert envelope.open(Sent) == Sent(about="rent")


def test_events_without_a_key_are_kept_in_order_by_tenant_or_by_type() -> None:
    assert around(Plain()).subject == str(TENANT)
    assert around(Global(), tenant=None).subject == "global.happened"


def test_a_tenants_event_needs_a_tenant() -> None:
    with pytest.raises(MissingTenant):
        around(Plain(), tenant=None)
    with pytest.raises(MissingTenant):
        around(Plain()).model_copy(update={"tenantid": None}).open(Plain)


def test_an_event_of_more_than_a_megabyte_is_refused_before_it_is_stated() -> None:
    with pytest.raises(MessageTooLarge):
        around(Sent(about="x" * MAX_BYTES))


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"null", b"[]", b'"text"', b"\xff\xfe", b'{"specversion": "0.3"}', b"{}"],
    ids=["empty", "cut off", "null", "list", "text", "no UTF-8", "another version", "no attributes"],
)
def test_what_is_no_envelope_is_unreadable(raw: bytes) -> None:
    with pytest.raises(UnreadableMessage) as refused:
        Envelope.parse(raw)
    assert refused.value.code == "schema_invalid"
    assert not refused.value.retryable


@pytest.mark.parametrize(
    "change", [{"subject": ""}, {"id": "one"}, {"time": "yesterday"}, {"data": []}, {"tenantid": "A"}, {"type": None}]
)
def test_an_envelope_with_a_wrong_attribute_is_unreadable(change: dict[str, object]) -> None:
    raw = around(Plain()).as_json() | change
    with pytest.raises(UnreadableMessage):
        Envelope.parse(json.dumps(raw).encode())


def test_an_unreadable_message_tells_where_it_is_wrong_and_no_values() -> None:
    raw = around(Sent(about="a")).as_json() | {"data": {"about": ["hunter2"]}}
    with pytest.raises(UnreadableMessage) as refused:
        Envelope.parse(json.dumps(raw).encode()).open(Sent)
    assert "about: string_type" in refused.value.detail
    assert "hunter2" not in refused.value.detail


def test_a_newer_major_version_is_not_guessed_at() -> None:
    newer = around(Plain()).model_copy(update={"dataversion": 2})
    with pytest.raises(UnknownVersion):
        newer.open(Plain)


def test_fields_a_reader_does_not_know_are_ignored() -> None:
    richer = around(Sent(about="a"))
    richer.data["added_later"] = True
    assert richer.open(Sent) == Sent(about="a")


@pytest.mark.parametrize("name", ["Sent", "sent", "", "letter sent", "letter."])
def test_an_event_needs_a_type_of_subject_and_act(name: str) -> None:
    with pytest.raises(TypeError, match="needs a type"):
        type("Odd", (Event,), {"type": name, "__annotations__": {"type": "ClassVar[str]"}, "__module__": __name__})


def test_two_subscriptions_of_one_name_are_refused() -> None:
    events = Subscriptions("reader")

    @events.on(Plain)
    async def act(event: Plain, uow: UnitOfWork, service: object) -> None: ...

    with pytest.raises(DuplicateName, match=r"reader\.act"):
        events.on(Sent, name="act")(act)
    events.on(Sent, name="act_on_letters")(act)
    assert [one.name for one in events.of_topic("letter.sent")] == ["reader.act_on_letters"]


async def test_two_services_with_subscriptions_of_one_name_do_not_start(database_server: DatabaseServer) -> None:
    one, other = Subscriptions("reader"), Subscriptions("reader")
    for events in (one, other):

        @events.on(Plain)
        async def act(event: Plain, uow: UnitOfWork, service: object) -> None: ...

    with pytest.raises(DuplicateName, match=r"subscriptions are named reader\.act"):
        async with backed(database_server, Part("reader", events=one), Part("other", events=other)):
            pass


async def test_a_handler_acts_with_the_tenant_the_service_and_the_trace_of_the_event(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    events = Subscriptions("reader")
    seen = []

    @events.on(Sent, Plain)
    async def keep(event: Sent | Plain, uow: UnitOfWork, service: object) -> None:
        here = context.current()
        seen.append((event, uow.tenant, service, here.tenant, here.actor, here.traceparent, current_envelope().source))

    service = object()
    async with backed(database_server, Part("sender"), Part("reader", events=events, service=service)) as rig:
        async with rig["sender"].unit_of_work(tenant) as uow:
            with context.bind(traceparent=trace):
                uow.emit(Sent(about="a"))
                uow.emit(Plain())
        await rig.background.drain()
    expected = (tenant, service, tenant, "service:reader", trace, "sender")
    assert sorted(seen, key=str) == sorted([(Sent(about="a"), *expected), (Plain(), *expected)], key=str)
    with pytest.raises(LookupError):
        current_envelope()


async def test_a_system_handler_sees_all_tenants_and_knows_whose_event_it_is(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    events = Subscriptions("reader")
    seen = []

    @events.on(Plain, system=True)
    async def look(event: Plain, uow: UnitOfWork, service: object) -> None:
        seen.append((uow.tenant, (await uow.session.scalars(select(Note.text))).all()))

    @events.on(Plain)
    async def look_at_own(event: Plain, uow: UnitOfWork, service: object) -> None:
        seen.append((uow.tenant, (await uow.session.scalars(select(Note.text))).all()))

    async with backed(database_server, Part("reader", events=events)) as rig:
        stranger = TenantId(uuid7())
        async with rig["reader"].unit_of_work(stranger) as uow:
            uow.session.add(Note(tenant_id=stranger, text="foreign"))
        async with rig["reader"].unit_of_work(tenant) as uow:
            uow.emit(Plain())
        await rig.background.drain()
    assert sorted(seen, key=lambda one: len(one[1])) == [(tenant, []), (tenant, ["foreign"])]


async def test_an_event_of_no_tenant_reaches_its_subscriber(database_server: DatabaseServer) -> None:
    events = Subscriptions("reader")
    seen = []

    @events.on(Global)
    async def look(event: Global, uow: UnitOfWork, service: object) -> None:
        seen.append(uow.tenant)

    async with backed(database_server, Part("reader", events=events)) as rig:
        async with rig["reader"].system() as uow:
            uow.emit(Global())
        await rig.background.drain()
    assert seen == [None]


async def test_events_reach_their_handlers_in_a_running_process(
    database_server: DatabaseServer, tenant: TenantId
) -> None:
    events, tasks = Subscriptions("reader"), Tasks("reader")
    seen = []

    @events.on(Sent)
    async def keep(event: Sent, uow: UnitOfWork, service: object) -> None:
        seen.append(event.number)

    async with backed(database_server, Part("sender"), Part("reader", events=events, tasks=tasks)) as rig:
        async with rig.background:
            for number in range(20):
                async with rig["sender"].unit_of_work(tenant) as uow:
                    uow.emit(Sent(about="a", number=number))
            await wait_until(lambda: len(seen) == 20)
        assert seen == list(range(20))
