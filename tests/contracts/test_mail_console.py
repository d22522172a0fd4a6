"""The mailer of an embedded studio keeps the contract of every mailer, and its files to their owner."""

from __future__ import annotations

import email
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest

from adapters import mail_console
from adapters.mail_console import ConsoleMailer
from kernel.ports import Mail
from kernel.testing.mail_contract import TEXT, MailContract


@pytest.fixture
def shown() -> list[str]:
    return []


@pytest.fixture
def mailer(tmp_path: Path, shown: list[str]) -> ConsoleMailer:
    return ConsoleMailer(tmp_path / "mail", show=shown.append)


class TestConsoleMailer(MailContract):
    @pytest.fixture
    def received(self, tmp_path: Path) -> Callable[[], list[EmailMessage]]:
        def read() -> list[EmailMessage]:
            files = sorted((tmp_path / "mail").glob("*.eml"))
            return [cast(EmailMessage, email.message_from_bytes(file.read_bytes(), policy=default)) for file in files]

        return read


async def test_the_terminal_shows_to_whom_and_the_link(mailer: ConsoleMailer, shown: list[str]) -> None:
    await mailer.send(Mail("ana@example.com", "Confirm your address", TEXT))
    assert shown == ["mail to ana@example.com: Confirm your address\n  https://studio.example/verify#token=abc"]


async def test_messages_are_their_owners_only(mailer: ConsoleMailer, tmp_path: Path) -> None:
    await mailer.send(Mail("ana@example.com", "Hello", TEXT))
    (file,) = (tmp_path / "mail").glob("*.eml")
    assert file.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700


async def test_old_messages_make_room(mailer: ConsoleMailer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail_console, "KEPT", 3)
    for number in range(5):
        await mailer.send(Mail("ana@example.com", f"Number {number}", TEXT))
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 3
