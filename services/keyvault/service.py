"""Keyvault on one screen: its routes, the events it acts on, its upkeep, the question it answers."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, cast

from contracts.clients.keys import Keys
from contracts.events.usage import KeyChanged
from kernel.keystore import KeysShredded, SecretIntegrityError, SecretMissing
from kernel.outbound import AllowList, Outbound, UrlNotAllowed
from kernel.service import Environment, ServiceSpec, StartRefused
from services.keyvault.api import router
from services.keyvault.app import Keyvault
from services.keyvault.connectors import CONNECTORS
from services.keyvault.consumers import events
from services.keyvault.errors import HostNotAllowed, InvalidKeyFormat, KeyDisabled
from services.keyvault.worker import tasks


class KeyvaultSettings(Protocol):
    """What keyvault reads of the studio's settings."""

    @property
    def outbound_allow(self) -> tuple[str, ...]:
        """Hosts with ports that requests may go to although they are private (`kernel.outbound.AllowList`)."""
        ...


def build(env: Environment) -> Keyvault:
    """Put the service together. Raises StartRefused without a store of keys, or for a wrong allow list."""
    if env.ports.keys is None:
        raise StartRefused("Keyvault needs a store of keys.")
    settings = cast(KeyvaultSettings, env.settings)
    try:
        allow = AllowList.of(*settings.outbound_allow)
    except ValueError as error:
        raise StartRefused(f"KEYREEL_OUTBOUND_ALLOW: {error}.") from None
    return Keyvault(env.database, env.ports.keys, Outbound(allow), {one.id: one for one in CONNECTORS})


async def stop(service: Keyvault) -> None:
    """Close the connections to providers."""
    await service.outbound.aclose()


SPEC = ServiceSpec(
    name="keyvault",
    routers=[router],
    events=events,
    tasks=tasks,
    migrations=Path(__file__).parent / "migrations",
    build=build,
    stop=stop,
    emits=(KeyChanged,),
    errors=(
        InvalidKeyFormat,
        KeyDisabled,
        HostNotAllowed,
        UrlNotAllowed,
        SecretMissing,
        SecretIntegrityError,
        KeysShredded,
    ),
    answers={Keys: lambda keyvault: keyvault},
)
