"""What every command shares: how it speaks (to people or as JSON lines), how it fails and how it is cancelled."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import typer

from kernel.errors import AppError
from kernel.sandbox import SandboxUnavailable
from keyreel.errors import FileNotReadable, StoryboardRefused
from services.renderer.errors import EncoderUnavailable, RenderCancelled, RenderError
from storyboard.errors import StoryboardInvalid

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

BAD_INPUT, FAILED, MISSING, CANCELLED = 3, 4, 5, 130

_STAGES = {
    "resolve": "Voices and media",
    "prepare": "Preparing media",
    "render": "Rendering",
    "sound": "Mixing sound",
    "join": "Finishing",
    "done": "Done",
}


@dataclass(slots=True)
class Session:
    """One run of a command. With `as_json` every line of stdout is an object with an `event` member."""

    as_json: bool
    cancel: threading.Event = field(default_factory=threading.Event)
    _bar: Progress | None = None
    _task: TaskID | None = None
    _last: int = -1

    def event(self, kind: str, /, **members: object) -> None:
        """A line for machines; nothing without --json."""
        if self.as_json:
            sys.stdout.write(json.dumps({"event": kind, **members}, ensure_ascii=False) + "\n")
            sys.stdout.flush()

    def say(self, text: str, label: str = "", colour: str = "") -> None:
        """A line for people, on stderr: a coloured word and a sentence."""
        if not self.as_json:
            head = typer.style(label, fg=colour, bold=True) + " " if label else ""
            typer.echo(head + text, err=True)

    def done(self, text: str) -> None:
        self.say(text, "done", "green")

    def notice(self, where: str, code: str, message: str) -> None:
        """Something the author may want to know."""
        self.event("notice", pointer=where, code=code, message=message)
        self.say(f"{where} {message}", "note", "yellow")

    def progress(self, stage: str, fraction: float, seconds_left: float | None) -> None:
        """How far the whole is, 0…1."""
        percent = int(fraction * 100)
        if self.as_json and percent != self._last:
            left = None if seconds_left is None else round(seconds_left, 1)
            self.event("progress", stage=stage, percent=percent, secondsLeft=left)
        self._last = percent
        if self._bar is not None and self._task is not None:
            left_text = "" if seconds_left is None or stage == "done" else f"{_clock(seconds_left)} left"
            self._bar.update(self._task, completed=fraction * 100, stage=_STAGES[stage], left=left_text)

    @contextmanager
    def bar(self) -> Iterator[None]:
        """A progress bar on a terminal; plain silence elsewhere."""
        if self.as_json or not sys.stderr.isatty():
            yield
            return
        # Only a terminal needs it, and it takes longer to load than a cached render takes.
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (
            TextColumn("{task.fields[stage]:<18}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[left]}"),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            self._bar = bar
            self._task = bar.add_task("", total=100, stage=_STAGES["resolve"], left="")
            yield
        self._bar = None

    def fail(self, error: AppError) -> NoReturn:
        """Tell what happened and what to do, and end the command."""
        if self.as_json:
            self.event("failed", problem=error.problem())
        self.say(f"{error.detail} ({error.code})", "error", "red")
        for violation in error.violations:
            self.say(f"  {violation.pointer or '/'}  {violation.message} ({violation.code})")
        raise typer.Exit(_exit_code(error))


@contextmanager
def session(*, as_json: bool) -> Iterator[Session]:
    """Run a command's body: typed errors end it with a sentence and an exit code, Ctrl-C cancels and cleans up."""
    running = Session(as_json)

    def stop(signum: int, frame: FrameType | None) -> None:
        running.cancel.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield running
    except StoryboardInvalid as invalid:
        running.fail(StoryboardRefused.of(invalid))
    except AppError as error:
        running.fail(error)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _exit_code(error: AppError) -> int:
    if isinstance(error, RenderCancelled):
        return CANCELLED
    if isinstance(error, SandboxUnavailable | EncoderUnavailable):
        return MISSING
    return FAILED if isinstance(error, RenderError) else BAD_INPUT


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02d}"


def read_bytes(path: Path) -> bytes:
    """A file the person named. Raises FileNotReadable."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise FileNotReadable(f"{path} can't be read: {(error.strerror or 'unknown reason').lower()}.") from error


def write_text(path: Path, text: str) -> None:
    """Write a text file whole. Raises FileNotReadable if the place can't be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileNotReadable(f"{path} can't be written: {(error.strerror or 'unknown reason').lower()}.") from error


def named_values(fields: list[str]) -> Mapping[str, str]:
    """NAME=VALUE arguments as a mapping."""
    values: dict[str, str] = {}
    for item in fields:
        name, equals, value = item.partition("=")
        if not equals:
            raise typer.BadParameter(f"write it as NAME=VALUE, not “{item}”", param_hint="--field")
        values[name] = value
    return values
