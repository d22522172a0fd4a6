"""Whether settings can be used, asked before or just after the start: a wrong one must be no error of a later request.

`before_start` looks at what is outside: the host name, FFmpeg. `default_plan` needs the database's plans.
Each raises StudioRefused with the variable and what to do.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from kernel.http.addresses import parse_networks
from kernel.outbound.urls import AllowList
from keyreel.studio.errors import StudioRefused

if TYPE_CHECKING:
    from kernel.service import Studio


def scheme(*known: str) -> Callable[[str], str]:
    """A validator of addresses of adapters: those that begin so."""

    def check(value: str) -> str:
        if (urlsplit(value).scheme or value) not in [one.removesuffix(":") for one in known]:
            raise ValueError(f"no adapter of this version serves that; use {' or '.join(known)}")
        return value

    return check


def networks(value: tuple[str, ...]) -> tuple[str, ...]:
    """A validator: networks, each like 10.0.0.0/8."""
    try:
        parse_networks(value)
    except ValueError:
        raise ValueError("give networks like 10.0.0.0/8, with commas between them; * would trust everybody") from None
    return value


def allowed(value: tuple[str, ...]) -> tuple[str, ...]:
    """A validator: hosts with ports."""
    AllowList.of(*value)
    return value


def before_start(host: str) -> None:
    """Raises StudioRefused."""
    from services.renderer.engine.toolchain import ENVIRONMENT_VARIABLE, find_ffmpeg
    from services.renderer.errors import EncoderUnavailable

    try:
        socket.getaddrinfo(host, None)
    except OSError:
        raise StudioRefused(
            f"KEYREEL_HOST: {host} is no address of this machine; leave it out for 127.0.0.1."
        ) from None
    try:
        find_ffmpeg()
    except EncoderUnavailable as error:
        raise StudioRefused(
            f"{error.detail} Leave {ENVIRONMENT_VARIABLE} out to use the one that was installed with Keyreel."
        ) from error


async def default_plan(studio: Studio, name: str) -> None:
    """Raises StudioRefused where new workspaces could not be put on the plan."""
    from services.billing.app import Billing
    from services.billing.errors import UnknownPlan
    from services.billing.subscriptions import plan_on_offer

    async with studio.service(Billing).database.system() as uow:
        try:
            await plan_on_offer(uow, name)
        except UnknownPlan as error:
            raise StudioRefused(f"KEYREEL_DEFAULT_PLAN: {error.detail}") from error
