"""Settings of the studio, from KEYREEL_* variables; docs/operating.md explains each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, DirectoryPath, Field, field_validator, model_validator

from kernel.secret import Secret
from kernel.settings import Settings
from keyreel.studio import checks

EMBEDDED = "embedded:"


def default_data_dir() -> Path:
    """Where an embedded studio keeps everything unless told otherwise."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "keyreel"


class CommandLineSettings(Settings):
    """Variables of the render commands (see docs/cli.md), known here so that they aren't taken for a mistake."""

    cache_dir: str | None = None
    cache_gib: str | None = None
    ffmpeg: str | None = None


class StudioSettings(Settings):
    """Everything an operator decides. With none set, an embedded studio runs on http://localhost:8080."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    data_dir: Path = Field(default_factory=default_data_dir)
    #: the address people use, the only one links are made of
    base_url: str = ""
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: Annotated[tuple[str, ...], AfterValidator(checks.networks)] = ()

    database_url: Secret = Secret(EMBEDDED)
    events_url: Annotated[str, AfterValidator(checks.scheme("local:"))] = "local:"
    objects_url: Annotated[str, AfterValidator(checks.scheme(EMBEDDED))] = EMBEDDED
    keys_url: Annotated[str, AfterValidator(checks.scheme(EMBEDDED))] = EMBEDDED
    mail_url: Annotated[str, AfterValidator(checks.scheme("console:"))] = "console:"
    limits_url: Annotated[str, AfterValidator(checks.scheme("memory:"))] = "memory:"

    #: 32 bytes in base64; where not set, an embedded studio makes a file for it
    master_key: Secret | None = None
    #: the one before, at the first start after `master_key` was changed
    master_key_previous: Secret | None = None
    #: the plan a new workspace starts on
    default_plan: str = "free"
    #: days a video stays in the trash before it is deleted for good
    trash_days: Annotated[int, Field(ge=1, le=3650)] = 30
    #: bytes of the largest file that can be uploaded
    upload_max_bytes: Annotated[int, Field(ge=1, le=1 << 40)] = 4 << 30
    #: hosts outside addresses may be on although they are private, as host:port
    outbound_allow: Annotated[tuple[str, ...], AfterValidator(checks.allowed)] = ()
    #: renders at once in this process; 0: one for each processor
    render_workers: Annotated[int, Field(ge=0, le=256)] = 0
    #: the built web app
    web_dir: DirectoryPath | None = None
    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    beside: ClassVar[tuple[type[Settings], ...]] = (CommandLineSettings,)

    @field_validator("base_url")
    @classmethod
    def _whole_origin(cls, value: str) -> str:
        if not value:
            return value
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("give the address people type, like https://studio.example.com, without a path")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _with_base_url(self) -> Self:
        if not self.base_url:
            # localhost, not 127.0.0.1: passkeys need a name.
            object.__setattr__(self, "base_url", f"http://localhost:{self.port}")
        return self

    @property
    def embedded(self) -> bool:
        """Whether the database is this process's own."""
        return self.database_url.reveal() == EMBEDDED
