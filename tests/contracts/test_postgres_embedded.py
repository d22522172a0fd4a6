"""The embedded server: made, ended with its studio, found again with all that was committed."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from adapters import postgres_identity
from adapters.postgres_embedded import (
    AlreadyRunning,
    DataFolderLock,
    DataVersionMismatch,
    EmbeddedPostgres,
    PostgresNotStarted,
)
from adapters.postgres_processes import processes_of

STUDIO = """
import sys, time
from pathlib import Path
from adapters.postgres_embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.port, flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's own folder: nobody but us may pass through it, and the server may be another user.
    with tempfile.TemporaryDirectory(prefix="keyreel-embedded-") as name:
        yield Path(name).resolve()


@pytest.fixture
def studio(folder: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts a studio of another process on the folder, in a process group of its own."""
    started: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", STUDIO, str(folder)], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline().strip().isdecimal()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    assert until(lambda: processes_of(folder / "postgres" / "data") == [], 10)


def until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


async def run(server: EmbeddedPostgres, *statements: str) -> object:
    connection = await asyncpg.connect(server.url().reveal())
    try:
        for statement in statements:
            value = await connection.fetchval(statement)
        return value
    finally:
        await connection.close()


async def test_what_was_committed_is_there_at_the_next_start(folder: Path):
    with EmbeddedPostgres(folder) as server:
        await run(server, "CREATE TABLE kept (value int)", "INSERT INTO kept VALUES (7)")
        port = server.port
        assert server.running
    assert not server.running

    with EmbeddedPostgres(folder) as again:
        assert await run(again, "SELECT value FROM kept") == 7
        assert again.port == port


async def test_it_is_safe_by_its_settings(folder: Path):
    with EmbeddedPostgres(folder) as server:
        shown = {
            name: await run(server, f"SHOW {name}")
            for name in ("fsync", "full_page_writes", "data_checksums", "listen_addresses", "max_connections")
        }
        assert shown == {
            "fsync": "on",
            "full_page_writes": "on",
            "data_checksums": "on",
            "listen_addresses": "127.0.0.1",
            "max_connections": "200",
        }
        assert await run(server, "SELECT datlocale FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8"
        assert await run(server, "SELECT pg_encoding_to_char(encoding) FROM pg_database LIMIT 1") == "UTF8"
        listening = {
            connection.laddr.ip
            for pid in processes_of(server.data)[:1]
            for connection in psutil.Process(pid).net_connections()
            if connection.status == psutil.CONN_LISTEN
        }
        assert listening == {"127.0.0.1"}


async def test_nobody_comes_in_without_the_password_and_only_its_owner_reads_it(folder: Path):
    with EmbeddedPostgres(folder) as server:
        right = server.url().reveal()
        for wrong in ("", "wrong"):
            with pytest.raises(asyncpg.InvalidPasswordError):
                await asyncpg.connect(
                    host="127.0.0.1", port=server.port, user="keyreel_owner", password=wrong, database="postgres"
                )
        password = (server.folder / "password").read_text()
        assert len(password) >= 32
        assert password in right
        assert stat.S_IMODE((server.folder / "password").stat().st_mode) == 0o600
        commands = [psutil.Process(pid).cmdline() for pid in processes_of(server.data)]
        assert commands
        assert not any(password in " ".join(command) for command in commands)


def test_a_second_start_is_refused_and_told_who_runs(folder: Path, studio: Callable[[], subprocess.Popen[str]]):
    first = studio()

    with pytest.raises(AlreadyRunning) as refused:
        EmbeddedPostgres(folder).start()

    attached = EmbeddedPostgres(folder)
    attached.attach()
    assert refused.value.code == "already_running"
    assert f"process {first.pid}" in refused.value.detail
    assert f"port {attached.port}" in refused.value.detail
    assert first.poll() is None


async def test_a_second_start_in_the_same_process_leaves_the_first_alone(folder: Path):
    with EmbeddedPostgres(folder) as server:
        with pytest.raises(AlreadyRunning):
            EmbeddedPostgres(folder).start()
        assert await run(server, "SELECT 1") == 1


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_a_studio_that_is_killed_leaves_no_server_and_the_next_start_works(
    folder: Path, studio: Callable[[], subprocess.Popen[str]], number: signal.Signals
):
    killed = studio()
    data = folder / "postgres" / "data"
    assert processes_of(data)

    os.kill(killed.pid, number)
    killed.wait()

    assert until(lambda: processes_of(data) == [], 10)
    with EmbeddedPostgres(folder) as server:
        assert await run(server, "SELECT 1") == 1


@pytest.mark.slow
async def test_a_start_right_after_a_kill_does_not_wait_for_the_old_server_to_notice(
    folder: Path, studio: Callable[[], subprocess.Popen[str]]
):
    for _ in range(3):
        killed = studio()
        killed.kill()
        killed.wait()
        with EmbeddedPostgres(folder) as server:
            assert await run(server, "SELECT 1") == 1


@pytest.mark.slow
async def test_a_server_that_outlived_its_studio_is_ended_first(
    folder: Path, studio: Callable[[], subprocess.Popen[str]]
):
    killed = studio()
    data = folder / "postgres" / "data"
    orphan = processes_of(data)[0]
    # Stopped, it can't act on the signal that its parent's death sends.
    os.kill(orphan, signal.SIGSTOP)
    killed.kill()
    killed.wait()
    assert psutil.pid_exists(orphan)
    resumed = threading.Timer(1.0, os.kill, (orphan, signal.SIGCONT))
    resumed.start()

    with EmbeddedPostgres(folder) as server:
        assert orphan not in processes_of(data)
        assert await run(server, "SELECT 1") == 1
    resumed.join()


@pytest.mark.slow
async def test_a_pid_file_that_names_a_stranger_is_no_obstacle_and_the_stranger_lives(folder: Path):
    with EmbeddedPostgres(folder) as server:
        lines = (server.data / "postmaster.pid").read_text().split("\n")
    stranger = subprocess.Popen(["/bin/sleep", "60"], cwd=folder / "postgres" / "data")
    try:
        (server.data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:]]))
        with EmbeddedPostgres(folder) as again:
            assert await run(again, "SELECT 1") == 1
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.slow
async def test_a_server_that_died_is_recovered_with_all_that_was_committed(folder: Path):
    server = EmbeddedPostgres(folder)
    server.start()
    await run(server, "CREATE TABLE kept (value int)", "INSERT INTO kept SELECT generate_series(1, 1000)")
    os.kill(processes_of(server.data)[0], signal.SIGKILL)
    assert until(lambda: not server.running, 5)
    server.stop()

    with server:
        assert await run(server, "SELECT sum(value) FROM kept") == 500_500


@pytest.mark.slow
async def test_a_server_that_died_is_revived_on_its_port(folder: Path):
    with EmbeddedPostgres(folder) as server:
        await run(server, "CREATE TABLE kept (value int)", "INSERT INTO kept VALUES (7)")
        port, before = server.port, server.pid
        os.kill(processes_of(server.data)[0], signal.SIGKILL)
        assert until(lambda: not server.running, 5)

        server.revive()

        assert (server.port, server.running) == (port, True)
        assert server.pid != before
        assert await run(server, "SELECT value FROM kept") == 7


async def test_stopping_ends_open_transactions_and_every_process(folder: Path):
    server = EmbeddedPostgres(folder)
    server.start()
    connection = await asyncpg.connect(server.url().reveal())
    await connection.execute("BEGIN")
    await connection.execute("CREATE TABLE never (value int)")

    started = time.monotonic()
    server.stop()

    assert time.monotonic() - started < 5
    assert processes_of(server.data) == []
    connection.terminate()
    server.stop()  # a second time: nothing


@pytest.mark.slow
async def test_a_port_that_somebody_took_meanwhile_is_left_to_them(folder: Path):
    with EmbeddedPostgres(folder) as server:
        port = server.port
    taker = subprocess.Popen(
        [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert until(lambda: bool(psutil.Process(taker.pid).net_connections()), 10)
        with EmbeddedPostgres(folder) as again:
            assert again.port != port
            assert await run(again, "SELECT 1") == 1
    finally:
        taker.kill()
        taker.wait()


def test_data_of_another_version_is_refused_and_left_as_it_is(folder: Path):
    with EmbeddedPostgres(folder) as server:
        version = server.data / "PG_VERSION"
    version.write_text("17\n")

    with pytest.raises(DataVersionMismatch) as refused:
        EmbeddedPostgres(folder).start()

    assert "PostgreSQL 17" in refused.value.detail
    assert version.read_text() == "17\n"
    lock = DataFolderLock(folder / "postgres")
    lock.acquire()  # the refused start holds nothing
    lock.release()


def test_a_cluster_that_cannot_start_says_where_its_words_are(folder: Path):
    with EmbeddedPostgres(folder) as server:
        pass
    (server.data / "global" / "pg_control").unlink()

    with pytest.raises(PostgresNotStarted) as refused:
        EmbeddedPostgres(folder).start()

    assert str(server.log) in refused.value.detail
    assert "pg_control" in server.log.read_text()
    assert processes_of(server.data) == []


def test_a_start_that_is_cut_short_while_making_the_cluster_is_begun_anew(folder: Path):
    (folder / "postgres" / "new-cut" / "data").mkdir(parents=True)

    with EmbeddedPostgres(folder) as server:
        assert (server.data / "PG_VERSION").read_text() == "18\n"


def test_it_starts_from_the_main_thread_only(folder: Path):
    raised: list[BaseException] = []

    def start() -> None:
        try:
            EmbeddedPostgres(folder).start()
        except RuntimeError as error:
            raised.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

    assert "main thread" in str(raised[0])


def test_attaching_needs_a_running_server(folder: Path):
    with pytest.raises(PostgresNotStarted):
        EmbeddedPostgres(folder).attach()


# As root there are two ways to run a server that refuses root, and a folder may see both; other users have one.
WAYS = ["account", "namespace", "account"] if os.geteuid() == 0 else ["ourselves"]


@pytest.mark.slow
async def test_the_server_never_runs_as_root_whichever_way_it_is_kept_from_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
):
    for way in WAYS:
        with monkeypatch.context() as here:
            if way != "ourselves":
                here.setattr(postgres_identity, "_works", lambda candidate, way=way: way == "namespace")
            server = EmbeddedPostgres(folder)
            server.start()
        try:
            assert await run(server, "SELECT 1") == 1
            pid = processes_of(server.data)[0]
            ours, its = (Path(f"/proc/{one}/ns/user").readlink() for one in (os.getpid(), pid))
            assert (ours != its) == (way == "namespace")
            assert "CapEff:\t0000000000000000" in Path(f"/proc/{pid}/status").read_text()
            assert (server.data.stat().st_uid == os.geteuid()) == (way != "account")
        finally:
            server.stop()
