"""Whether a text can be a key of a connector, and how much of it may be shown."""

from __future__ import annotations

from typing import Final

from kernel.errors import Violation
from kernel.secret import Secret
from services.keyvault.connectors import Connector
from services.keyvault.errors import InvalidKeyFormat

#: of a shorter key, four characters would tell too much
LAST_FOUR_FROM: Final = 12


def check_format(connector: Connector, key: Secret) -> None:
    """Raises InvalidKeyFormat, which says what the connector's keys look like and nothing of what was given."""
    if connector.key_format.fullmatch(key.reveal()) is None:
        sentence = (
            f"This does not look like a key of {connector.name}: {connector.key_hint}, nothing before or after it."
        )
        raise InvalidKeyFormat(sentence, violations=(Violation("/key", InvalidKeyFormat.code, sentence),))


def last_four(key: Secret) -> str | None:
    """The end of a key long enough to be known by it."""
    return key.reveal()[-4:] if len(key.reveal()) >= LAST_FOUR_FROM else None
