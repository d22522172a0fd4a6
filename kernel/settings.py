"""Settings from the environment: one pydantic model, one variable a field.

    class StudioSettings(Settings):
        base_url: str = "http://127.0.0.1:8080"      # KEYREEL_BASE_URL
        trusted_proxies: tuple[str, ...] = ()        # KEYREEL_TRUSTED_PROXIES=10.0.0.0/8,192.168.0.0/16
        master_key: Secret | None = None             # KEYREEL_MASTER_KEY, or its file: KEYREEL_MASTER_KEY_FILE

    settings = StudioSettings.from_env()

A variable that begins with the prefix and belongs to no field is refused: a misspelt name must not silently mean the
default. An empty variable counts as not set. Kubernetes puts `KEYREEL_…_PORT` variables of its own into pods unless
`enableServiceLinks: false`.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Self, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from kernel.errors import AppError
from kernel.secret import Secret

PREFIX: Final = "KEYREEL_"
_NOT_SETTINGS: Final = frozenset({"KEYREEL_FAILPOINTS"})


class SettingsRefused(AppError):
    """The environment can't be used. The command line prints `detail` and exits with 2; no value is ever repeated."""

    code = "settings_refused"
    title = "A setting is wrong"


class Settings(BaseModel):
    """Base of settings; `prefix` goes before the upper-case name of each field."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
    prefix: ClassVar[str] = PREFIX

    @classmethod
    def variables(cls) -> dict[str, str]:
        """Variable → field."""
        return {cls.prefix + name.upper(): name for name in cls.model_fields}

    @classmethod
    def from_env(
        cls, environ: Mapping[str, str] | None = None, *, beside: Sequence[type[Settings]] = (), **defaults: Any
    ) -> Self:
        """Reads the environment; SettingsRefused names the first variable that is unknown or wrong.

        `beside` are the other models read from the same environment, whose variables are known too; `defaults` hold
        for fields whose variable is not set.
        """
        environ = os.environ if environ is None else environ
        models: list[type[Settings]] = [cls, *beside]
        files = {f"{variable}_FILE" for model in models for variable in model._secrets()}
        known = {variable for model in models for variable in model.variables()} | files | _NOT_SETTINGS
        for variable in sorted(environ):
            if variable.startswith(PREFIX) and variable not in known:
                names = [name.removeprefix(PREFIX) for name in known]
                close = difflib.get_close_matches(variable.removeprefix(PREFIX), names, n=1)
                hint = f" Did you mean {PREFIX}{close[0]}?" if close else ""
                raise SettingsRefused(f"{variable} is not a setting.{hint}")
        values = dict(defaults)
        for variable, name in cls.variables().items():
            raw = _read(environ, variable, secret=variable in cls._secrets())
            if raw is not None:
                values[name] = _split(raw) if _is_sequence(cls.model_fields[name]) else raw
        try:
            return cls.model_validate(values)
        except ValidationError as wrong:
            first = wrong.errors(include_input=False, include_url=False)[0]
            variable = cls.prefix + str(first["loc"][0]).upper() if first["loc"] else cls.prefix + "*"
            raise SettingsRefused(f"{variable}: {first['msg'].removeprefix('Value error, ')}.") from None

    @classmethod
    def _secrets(cls) -> set[str]:
        return {variable for variable, name in cls.variables().items() if _mentions(cls.model_fields[name], Secret)}


def _mentions(field: FieldInfo, wanted: type) -> bool:
    return field.annotation is wanted or wanted in get_args(field.annotation)


def _is_sequence(field: FieldInfo) -> bool:
    return get_origin(field.annotation) in (tuple, list, frozenset, set)


def _split(raw: str) -> list[str]:
    return [part.strip() for part in raw.split(",") if part.strip()]


def _read(environ: Mapping[str, str], variable: str, *, secret: bool) -> str | None:
    file = environ.get(f"{variable}_FILE") if secret else None
    if not file:
        return environ.get(variable) or None
    if environ.get(variable):
        raise SettingsRefused(f"Set {variable} or {variable}_FILE, not both.")
    try:
        return Path(file).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as unreadable:
        raise SettingsRefused(f"{variable}_FILE names a file that can't be read.") from unreadable
