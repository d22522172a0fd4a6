"""Types of fields that must not print: passwords and tokens as they come in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from kernel.http.body import refuse_invalid_text
from kernel.secret import Secret
from services.auth.settings import PASSWORD_MAX_BYTES

_TOKEN_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class SecretField:
    """A Secret of 1..`max_bytes` bytes of UTF-8. Longer ones are refused before anything is computed (`too_long`).

    Nothing is stripped: a password may begin with a space. Control characters and lone surrogates are `invalid_text`.
    """

    max_bytes: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validated)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "password", "minLength": 1, "maxLength": self.max_bytes, "writeOnly": True}

    def _validated(self, value: object) -> Secret:
        if not isinstance(value, str):
            raise PydanticCustomError("string_type", "Give text.")
        # characters first: counting the bytes of a megabyte is already more than a refusal should cost
        if len(value) > self.max_bytes or len(value.encode(errors="surrogatepass")) > self.max_bytes:
            raise PydanticCustomError("too_long", "At most {max_bytes} bytes fit here.", {"max_bytes": self.max_bytes})
        refuse_invalid_text(value)
        if not value:
            raise PydanticCustomError("blank", "Write something here.")
        return Secret(value)


Password = Annotated[Secret, SecretField(PASSWORD_MAX_BYTES)]
SecretText = Annotated[Secret, SecretField(_TOKEN_MAX)]
