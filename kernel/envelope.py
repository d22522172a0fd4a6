"""What travels between services: a CloudEvents 1.0 envelope around an event.

    https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md

Attributes beyond the standard's own: `tenantid` (whose fact it is), `dataversion` (the event's major version) and
`traceparent` (the distributed tracing extension). `subject` is the ordering key: envelopes of one subject reach a
subscription in the order they were emitted.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from kernel.clock import now
from kernel.errors import AppError
from kernel.events import Event
from kernel.ids import TenantId, uuid7

MAX_BYTES = 1 << 20
"""The largest envelope that is carried, in bytes of JSON: the usual limit of a broker's message."""

E = TypeVar("E", bound=Event)
_EventClass = type[E]  # an envelope has a field called `type`


class UnreadableMessage(AppError):
    """No retry can make this message readable: it goes to the dead letters, the next one goes on."""

    code = "schema_invalid"
    status = 422
    title = "This message can't be read"


class MessageTooLarge(UnreadableMessage):
    """More than `MAX_BYTES`. Large things belong in the object store."""

    code = "message_too_large"
    status = 413


class UnknownVersion(UnreadableMessage):
    """A newer major version than this process knows."""

    code = "unknown_version"


class MissingTenant(UnreadableMessage):
    """A tenant's fact without a tenant."""

    code = "missing_tenant"


class Envelope(BaseModel):
    """One event with what is known about it. `id` is a UUIDv7 and identifies the event for ever.

    `tenantid` is empty only for events that may belong to no tenant (`Event.untenanted`).
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    type: str = Field(min_length=1)
    source: str = Field(min_length=1)
    subject: str = Field(min_length=1)
    tenantid: TenantId | None = None
    time: datetime
    traceparent: str | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    dataversion: int = Field(default=1, ge=1)
    data: dict[str, Any]

    @classmethod
    def around(cls, event: Event, *, source: str, tenant: TenantId | None, traceparent: str | None = None) -> Self:
        """The envelope of a fact that `source` (a service's name) states now.

        Raises:
            MissingTenant: the event belongs to a tenant and none was given.
            MessageTooLarge: the event holds more than a broker carries.
        """
        if tenant is None and not event.untenanted:
            raise MissingTenant(f"{event.type} belongs to a tenant, and none was given.")
        envelope = cls(
            id=uuid7(),
            type=event.type,
            source=source,
            subject=event.key() or str(tenant or event.type),
            tenantid=tenant,
            time=now(),
            traceparent=traceparent,
            dataversion=event.data_version,
            data=event.model_dump(mode="json"),
        )
        _refuse_large(len(envelope.model_dump_json().encode()))
        return envelope

    def as_json(self) -> dict[str, Any]:
        """The structured JSON form; absent attributes are left out, as the standard asks."""
        return self.model_dump(mode="json", exclude_none=True)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Reads the JSON of an envelope.

        Raises:
            UnreadableMessage: not JSON, no envelope, no ordering key; MessageTooLarge: over 1 MiB.
        """
        _refuse_large(len(raw))
        try:
            return cls.model_validate_json(raw)
        except ValidationError as error:
            raise UnreadableMessage(_summary(error)) from error

    def open(self, kind: _EventClass[E]) -> E:
        """The event inside.

        Raises:
            UnknownVersion, MissingTenant, UnreadableMessage: it is none that `kind` can be made from.
        """
        if self.dataversion > kind.data_version:
            raise UnknownVersion(f"{self.type} came in version {self.dataversion}; {kind.data_version} is known here.")
        if self.tenantid is None and not kind.untenanted:
            raise MissingTenant(f"{self.type} came without a tenant.")
        try:
            return kind.model_validate(self.data)
        except ValidationError as error:
            raise UnreadableMessage(_summary(error)) from error


def _refuse_large(size: int) -> None:
    if size > MAX_BYTES:
        raise MessageTooLarge(f"The message holds {size:,} bytes; {MAX_BYTES:,} are carried.")


def _summary(error: ValidationError) -> str:
    """Where the message is wrong, without its values: they may be personal."""
    places = [f"{'.'.join(map(str, one['loc'])) or 'message'}: {one['type']}" for one in error.errors()[:5]]
    return f"The message doesn't fit its schema ({'; '.join(places)})."
