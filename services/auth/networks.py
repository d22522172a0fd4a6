"""The IP allowlist of a workspace. It holds for members and tokens alike; `kernel.auth` turns others away."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Network, ip_network

from sqlalchemy import delete, select

from kernel.auth import Caller, admits
from kernel.uow import UnitOfWork
from services.auth.auth import Auth
from services.auth.errors import InvalidCidr, WouldLockYouOut
from services.auth.models import Network
from services.auth.schemas import NetworksChange, NetworksOut


async def read(auth: Auth, caller: Caller) -> NetworksOut:
    async with auth.database.unit_of_work(caller.tenant) as uow:
        return NetworksOut(networks=await _kept(uow), your_address=caller.address)


async def change(auth: Auth, caller: Caller, body: NetworksChange) -> NetworksOut:
    """Replaces the list. Raises InvalidCidr, WouldLockYouOut."""
    networks = normalised(body.networks)
    if not body.force and not admits(networks, caller.address):
        raise WouldLockYouOut

    async def work(uow: UnitOfWork) -> None:
        before = await _kept(uow)
        await uow.session.execute(delete(Network))
        uow.session.add_all(Network(tenant_id=caller.tenant, network=network) for network in networks)
        uow.audit(
            "networks.changed",
            f"workspace:{caller.tenant}",
            before={"networks": before},
            after={"networks": networks, "forced": body.force},
        )

    await auth.database.transact(caller.tenant, work)
    return NetworksOut(networks=sorted(networks), your_address=caller.address)


def normalised(networks: Sequence[str]) -> list[str]:
    """Each network in its shortest spelling. Raises InvalidCidr, which points at the first that can't be used.

    Refused are host bits (203.0.113.7/24 is a slip of one or the other number), zones, networks that stand twice, and
    IPv4 written as IPv6: a client's address is always compared as IPv4 then.
    """
    found: list[str] = []
    for number, text in enumerate(networks):
        pointer = f"/networks/{number}"
        try:
            network = ip_network(text)
        except ValueError as wrong:
            raise InvalidCidr(pointer=pointer) from wrong
        if isinstance(network, IPv6Network) and (
            network.network_address.ipv4_mapped is not None or network.network_address.scope_id is not None
        ):
            raise InvalidCidr("Write IPv4 networks as IPv4, and leave the zone away.", pointer=pointer)
        if str(network) in found:
            raise InvalidCidr("This network stands in the list twice.", pointer=pointer)
        found.append(str(network))
    return found


async def _kept(uow: UnitOfWork) -> list[str]:
    return list(await uow.session.scalars(select(Network.network).order_by(Network.network)))
