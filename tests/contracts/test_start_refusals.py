"""B55: a studio that can't start as it was told to says so at once: which variable, what to do, exit code 2.

A wrong master key is such a case too: what is sealed stays sealed, and a sentence says why.
"""

from __future__ import annotations

import base64
import os
import resource
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from kernel.sandbox import discover

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Refusal:
    code: int
    said: str
    cpu_seconds: float


def start(folder: Path, *prefix: str, command: str = "up", **variables: str) -> Refusal:
    """`keyreel up` with these variables, until it ends by itself."""
    here = {name: value for name, value in os.environ.items() if not name.startswith("KEYREEL_")}
    own = {"KEYREEL_DATA_DIR": str(folder / "studio"), "KEYREEL_PORT": str(free_port())}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "keyreel", command],
        env=here | own | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Refusal(done.returncode, done.stderr, spent)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def assert_refused(refusal: Refusal, *words: str) -> None:
    assert refusal.code == 2, refusal.said
    for word in words:
        assert word in refusal.said
    assert "Traceback" not in refusal.said
    assert refusal.cpu_seconds < 5


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("KEYREEL_PROT", "8080", ["KEYREEL_PORT"]),
        ("KEYREEL_PORT", "eighty", ["integer"]),
        ("KEYREEL_PORT", "0", []),
        ("KEYREEL_PORT", "70000", []),
        ("KEYREEL_BASE_URL", "studio.example.com", ["https://"]),
        ("KEYREEL_BASE_URL", "ftp://studio.example.com", ["https://"]),
        ("KEYREEL_BASE_URL", "https://studio.example.com/keyreel", ["path"]),
        ("KEYREEL_DATABASE_URL", "mysql://localhost/keyreel", []),
        ("KEYREEL_OBJECTS_URL", "ftp://store", ["embedded:"]),
        ("KEYREEL_MAIL_URL", "pigeon:", ["console:"]),
        ("KEYREEL_LIMITS_URL", "nonsense", ["memory:"]),
        ("KEYREEL_EVENTS_URL", "smoke:", ["local:"]),
        ("KEYREEL_KEYS_URL", "drawer:", ["embedded:"]),
        ("KEYREEL_TRUSTED_PROXIES", "*", []),
        ("KEYREEL_OUTBOUND_ALLOW", "http://10.0.0.1/", []),
        ("KEYREEL_TRASH_DAYS", "-1", []),
        ("KEYREEL_RENDER_WORKERS", "many", []),
        ("KEYREEL_UPLOAD_MAX_BYTES", "0", []),
        ("KEYREEL_LOG_FORMAT", "xml", ["json"]),
        ("KEYREEL_LOG_LEVEL", "loud", ["info"]),
        ("KEYREEL_MASTER_KEY", "too short", ["32"]),
        ("KEYREEL_FFMPEG", "/nowhere/ffmpeg", []),
        ("KEYREEL_FFMPEG", "/bin/true", []),
        ("KEYREEL_WEB_DIR", "/nowhere/at/all", []),
        ("KEYREEL_HOST", "256.1.1.1", []),
    ],
)
def test_b55_a_setting_that_can_not_be_is_named_with_what_to_do(
    tmp_path: Path, variable: str, value: str, words: list[str]
) -> None:
    assert_refused(start(tmp_path, **{variable: value}), variable, *words)


def test_b55_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert_refused(start(tmp_path, KEYREEL_PORT=port), f"Port {port}", "in use", "KEYREEL_PORT")


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/keyreel", "/dev/null/keyreel"])
def test_b55_a_folder_that_can_not_be_written_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert_refused(start(tmp_path, KEYREEL_DATA_DIR=str(tmp_path / place)), "can't be written", "KEYREEL_DATA_DIR")


def test_b55_a_disk_that_is_too_small_is_named_with_what_a_studio_needs(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    disk = [discover().bwrap[0], "--dev-bind", "/", "/", "--size", str(64 * 1024**2), "--tmpfs", str(small)]
    refusal = start(tmp_path, *disk, KEYREEL_DATA_DIR=str(small / "studio"))
    assert_refused(refusal, "MiB left", "512", "KEYREEL_DATA_DIR")


def test_b55_a_plan_that_is_none_is_named_with_those_there_are(tmp_path: Path) -> None:
    assert start(tmp_path, command="migrate").code == 0
    assert_refused(start(tmp_path, KEYREEL_DEFAULT_PLAN="gold"), "KEYREEL_DEFAULT_PLAN", "free, pro")


def test_a_studio_whose_master_key_is_missing_wrong_or_open_to_others_does_not_start(tmp_path: Path) -> None:
    assert start(tmp_path, command="migrate").code == 0  # makes the key, and seals the studio's own secret with it
    master = tmp_path / "studio" / "master.key"
    kept = master.read_bytes()
    sealed = {path: path.read_bytes() for path in (tmp_path / "studio" / "state" / "keys").rglob("*.sqlite")}
    assert sealed

    master.unlink()
    missing = start(tmp_path)
    assert_refused(missing, "master key")
    assert not master.exists(), "no new one is made: it would open nothing"

    master.write_bytes(base64.b64encode(os.urandom(32)))
    master.chmod(0o600)
    assert_refused(start(tmp_path), "master key")
    assert_refused(start(tmp_path, KEYREEL_MASTER_KEY=base64.b64encode(os.urandom(32)).decode()), "master key")

    master.write_bytes(kept)
    for mode in (0o604, 0o640, 0o660):
        master.chmod(mode)
        refusal = start(tmp_path)
        assert_refused(refusal, "master key")
        assert kept.decode().strip() not in refusal.said
    assert {path: path.read_bytes() for path in sealed} == sealed

    master.chmod(0o600)
    assert start(tmp_path, command="migrate").code == 0
