"""What every mailer must do (`kernel.ports.Mailer`).

class TestConsoleMailer(MailContract):
    @pytest.fixture
    def mailer(self): ...
    @pytest.fixture
    def received(self): ...        # gives the messages that arrived, oldest first
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from email.message import EmailMessage

import pytest

from kernel.ports import Mail, Mailer, MailNotAccepted

Received = Callable[[], Sequence[EmailMessage]]
TEXT = "Grüße!\n\nOpen https://studio.example/verify#token=abc to go on.\n.\nA dot on its own line is text.\n"


class MailContract:
    """`mailer` sends, `received` gives what arrived."""

    async def test_a_message_arrives_whole(self, mailer: Mailer, received: Received) -> None:
        headers = {"Message-ID": "<one@studio.example>", "Auto-Submitted": "auto-generated"}
        await mailer.send(Mail("ana@example.com", "Bestätige dich 🎬", TEXT, "<p>Grüße!</p>", headers))
        (message,) = received()
        assert message["To"] == "ana@example.com"
        assert message["Subject"] == "Bestätige dich 🎬"
        assert message["Message-ID"] == "<one@studio.example>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["From"]
        assert message["Date"]
        plain, html = message.get_body(("plain",)), message.get_body(("html",))
        assert plain is not None
        assert html is not None
        assert plain.get_content().replace("\r\n", "\n") == TEXT
        assert html.get_content().strip() == "<p>Grüße!</p>"

    async def test_text_alone_is_enough(self, mailer: Mailer, received: Received) -> None:
        await mailer.send(Mail("ana@example.com", "Hello", TEXT))
        (message,) = received()
        assert message.get_content_type() == "text/plain"
        assert message["Message-ID"].endswith(">")

    async def test_messages_arrive_in_order(self, mailer: Mailer, received: Received) -> None:
        for number in range(3):
            await mailer.send(Mail("ana@example.com", f"Number {number}", TEXT))
        assert [message["Subject"] for message in received()] == ["Number 0", "Number 1", "Number 2"]

    async def test_an_address_in_any_script_is_one(self, mailer: Mailer, received: Received) -> None:
        await mailer.send(Mail("użytkownik@przykład.example", "Hello", TEXT))
        assert received()[0]["To"] == "użytkownik@przykład.example"

    @pytest.mark.parametrize(
        "address", ["", "ana", "ana@", "@example.com", "ana@b@c", "a b@example.com", "a,b@example.com"]
    )
    async def test_what_is_no_address_is_refused_for_good(
        self, mailer: Mailer, received: Received, address: str
    ) -> None:
        with pytest.raises(MailNotAccepted) as refused:
            await mailer.send(Mail(address, "Hello", TEXT))
        assert not refused.value.retryable
        assert not received()

    @pytest.mark.parametrize("field", ["to", "subject", "name", "value"])
    def test_a_line_break_can_not_add_a_header(self, field: str) -> None:
        bad = "x\r\nBcc: all@example.com"
        with pytest.raises(ValueError, match="single lines"):
            Mail(
                bad if field == "to" else "ana@example.com",
                bad if field == "subject" else "Hello",
                TEXT,
                headers={bad if field == "name" else "X-Name": bad if field == "value" else "value"},
            )
