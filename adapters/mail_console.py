"""Mail of an embedded studio: shown on the terminal and kept as files, sent to nobody.

Each message is `<data_dir>/mail/<time>-<id>.eml`, readable by the owner only: its links open accounts.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Callable
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path

from kernel.clock import now
from kernel.ids import uuid7
from kernel.ports import Mail, MailNotAccepted

KEPT = 200
_LINK = re.compile(r"https?://\S+")


def _to_terminal(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the terminal is where this mail goes


class ConsoleMailer:
    """`kernel.ports.Mailer`. `show` gets one line a message: to whom, about what, and the first link."""

    def __init__(
        self, folder: Path, *, sender: str = "keyreel@localhost", show: Callable[[str], None] = _to_terminal
    ) -> None:
        self._folder = folder
        self._sender = sender
        self._show = show
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def send(self, mail: Mail) -> None:
        """Raises MailNotAccepted when `to` is no address."""
        content = message_of(mail, self._sender).as_bytes(policy=SMTP.clone(utf8=not mail.to.isascii()))
        await asyncio.to_thread(self._keep, content)
        link = _LINK.search(mail.text)
        self._show(f"mail to {mail.to}: {mail.subject}" + (f"\n  {link[0].rstrip('.,)>')}" if link else ""))

    def _keep(self, content: bytes) -> None:
        name = f"{now():%Y%m%dT%H%M%S}-{uuid7().hex}.eml"
        descriptor = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        for old in sorted(self._folder.glob("*.eml"))[:-KEPT]:
            old.unlink(missing_ok=True)


def message_of(mail: Mail, sender: str) -> EmailMessage:
    """The message as mail servers take it (RFC 5322). Raises MailNotAccepted when `to` is no address."""
    message = EmailMessage()
    username, _, domain = mail.to.rpartition("@")
    try:
        # The parser takes ASCII only; letters of other scripts (RFC 6531) may stand wherever those of ASCII may.
        Address(addr_spec="".join(char if char.isascii() else "x" for char in mail.to))
        message["To"] = Address(username=username, domain=domain)
    except (ValueError, IndexError, HeaderParseError):
        raise MailNotAccepted from None
    message["From"] = sender
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(now())
    for name, value in mail.headers.items():
        message[name] = value
    if "Message-ID" not in message:
        message["Message-ID"] = f"<{uuid7()}@{sender.rpartition('@')[2]}>"
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message
