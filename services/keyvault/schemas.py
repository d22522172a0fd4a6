"""What keyvault's routes take and give. No answer has a field that could hold a key."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from kernel.http.body import Body, Text
from kernel.secret import Secret

ConnectionState = Literal["unknown", "works", "limited", "rejected", "disabled"]


class ConnectorOut(BaseModel):
    """A service that takes a key. `key_hint` says what its keys look like; `key_page` is where to get one."""

    id: str
    name: str
    unlocks: list[str] = Field(description="what it adds: script, image.search, video.search, speech…")
    key_page: str
    key_hint: str
    takes_base_url: bool = Field(description="whether a connection names its own server")


class ConnectorsOut(BaseModel):
    items: list[ConnectorOut]


class ConnectionOut(BaseModel):
    """A key that was given. `last_four` is empty for keys so short that four characters would tell much."""

    id: UUID
    connector: str
    name: str
    base_url: str | None
    last_four: str | None
    state: ConnectionState
    last_used_at: datetime | None
    created_at: datetime
    version: int = Field(description="counts the keys this connection has had")


class KeyVerdict(BaseModel):
    """What the provider said about the key. `unknown`: it could not be asked."""

    outcome: Literal["valid", "invalid", "limited", "unknown"]
    detail: str


class ConnectionIn(Body):
    """A key for a connector. `base_url` is for connectors that have no server of their own."""

    connector: Annotated[str, Text(40)]
    name: Annotated[str, Text(80)] | None = None
    key: Secret
    base_url: Annotated[str, Text(500)] | None = None


class KeyIn(Body):
    """The key that replaces the present one."""

    key: Secret


class ConnectionChange(Body):
    """What is given changes; a disabled connection keeps its key but lends it to nobody."""

    name: Annotated[str, Text(80)] | None = None
    enabled: bool | None = None
