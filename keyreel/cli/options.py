"""Options that several commands share."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Speak to machines: one JSON object a line on stdout.")]
Preview = Annotated[bool, typer.Option("--preview", help="A quick look: 360 lines, draft quality.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, max=256, help="Workers side by side; one a core if not given.")
]
CacheDir = Annotated[
    Path | None, typer.Option("--cache-dir", help="Where finished parts are kept for the next render.")
]
RequireSandbox = Annotated[
    bool, typer.Option("--require-sandbox", help="Refuse to run where child processes can't be isolated.")
]
Fields = Annotated[
    list[str] | None, typer.Option("--field", "-f", metavar="NAME=VALUE", help="A merge field's value; repeat it.")
]


class Engine(str, Enum):  # noqa: UP042 - typer reads the value, not a StrEnum's auto name
    """Who encodes."""

    auto = "auto"
    cpu = "cpu"
    nvenc = "nvenc"
    vaapi = "vaapi"


EngineOption = Annotated[
    Engine,
    typer.Option("--engine", help="Who encodes: a GPU that passes its probe (auto), the processor, or a named GPU."),
]
