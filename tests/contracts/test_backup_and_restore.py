"""Backups: whole or not there, damage is refused with the live data untouched, and what comes back is what was."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent
from uuid import UUID

import pytest
from sqlalchemy import text

from adapters.keys_sealed import FileMasterKeys, SealedKeys
from adapters.objects_files import FileObjects
from adapters.postgres_embedded import EmbeddedPostgres
from kernel.db import Database
from kernel.ids import TenantId, uuid7
from kernel.migrations import migrate
from kernel.objects import ObjectKey
from kernel.roles import service_password, service_url
from kernel.secret import Secret
from keyreel.studio.backup import DATABASE, back_up, made_at, restore, verify
from keyreel.studio.embedded import create_database
from keyreel.studio.errors import BackupFailed, BackupRefused
from keyreel.studio.folder import DataFolder
from services.notifications.service import SPEC

HISTORIES = [SPEC.history]
PASSWORDS = {SPEC.name: service_password(Secret("the root key of tests"), SPEC.name)}
TENANT = TenantId(UUID(int=7))


class State:
    """A data folder with a database, an object and a sealed key in it."""

    def __init__(self, root: Path) -> None:
        self.folder = DataFolder(root)
        self.server = EmbeddedPostgres(self.folder.state)
        self.object = ObjectKey.of(TENANT, "assets", "photo")
        self.place = ("pexels", UUID(int=1), 1)

    async def begin(self) -> None:
        self.folder.prepare()
        self.folder.settle()
        self.server.start()
        await create_database(self.server)
        await migrate(self.server.url(DATABASE), HISTORIES, PASSWORDS)
        await self.add_title("Tea")
        await FileObjects(self.folder.objects).put_bytes(self.object, b"a photo", content_type="image/jpeg")
        keys = SealedKeys(self.folder.keys, FileMasterKeys(self.folder.master_key))
        await keys.put(TENANT, *self.place, Secret("key-of-the-client"))
        keys.close()

    async def database(self) -> Database:
        return Database(SPEC.name, service_url(self.server.url(DATABASE), SPEC.name, PASSWORDS[SPEC.name]))

    async def add_title(self, title: str) -> None:
        database = await self.database()
        async with database.unit_of_work(TENANT) as uow:
            row = {"tenant": TENANT, "video": uuid7(), "title": title}
            await uow.session.execute(text("INSERT INTO video_titles VALUES (:tenant, :video, :title)"), row)
        await database.close()

    async def titles(self) -> list[str]:
        database = await self.database()
        async with database.unit_of_work(TENANT) as uow:
            found = list(await uow.session.scalars(text("SELECT title FROM video_titles ORDER BY title")))
        await database.close()
        return found

    async def key(self) -> str:
        keys = SealedKeys(self.folder.keys, FileMasterKeys(self.folder.master_key))
        try:
            return (await keys.use(TENANT, *self.place)).reveal()
        finally:
            keys.close()


@pytest.fixture
async def state(tmp_path: Path) -> AsyncIterator[State]:
    made = State(tmp_path / "data")
    await made.begin()
    yield made
    made.server.stop()


async def test_what_comes_back_is_what_was_and_the_state_before_is_kept(state: State, tmp_path: Path) -> None:
    backup = await back_up(state.folder, state.server, tmp_path / "backups")
    assert made_at(backup).year >= 2026
    await state.add_title("Coffee, after the backup")
    await FileObjects(state.folder.objects).delete([state.object])
    state.server.stop()
    await restore(backup, state.folder, HISTORIES, PASSWORDS)
    state.server.start()
    assert await state.titles() == ["Tea"]
    assert b"".join([part async for part in FileObjects(state.folder.objects).read(state.object)]) == b"a photo"
    assert await state.key() == "key-of-the-client"
    assert [path.name for path in state.folder.root.glob("state.replaced-*")] == ["state.replaced-1"]


async def test_a_backup_holds_neither_the_master_key_nor_a_key_in_the_clear(state: State, tmp_path: Path) -> None:
    backup = await back_up(state.folder, state.server, tmp_path / "backups")
    master = state.folder.master_key.read_bytes().strip()
    for path in backup.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert master not in data
            assert b"key-of-the-client" not in data


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


async def test_damage_of_any_kind_is_refused_and_nothing_live_is_touched(state: State, tmp_path: Path) -> None:
    backup = await back_up(state.folder, state.server, tmp_path / "backups")
    kinds = {
        "a flipped bit": lambda copy: _flip(copy / "database.dump"),
        "a missing object": lambda copy: next(
            path for path in (copy / "objects").rglob("*") if path.is_file()
        ).unlink(),
        "a file too many": lambda copy: (copy / "keys" / "stranger.sqlite").write_bytes(b""),
        "no manifest": lambda copy: (copy / "manifest.json").unlink(),
        "half a manifest": lambda copy: os.truncate(copy / "manifest.json", 100),
    }
    for number, (kind, damage) in enumerate(kinds.items()):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(backup, copy)
        damage(copy)
        with pytest.raises(BackupRefused):
            verify(copy)
        with pytest.raises(BackupRefused):
            await restore(copy, state.folder, HISTORIES, PASSWORDS)
        assert await state.titles() == ["Tea"], kind


async def test_a_restore_that_can_not_be_written_leaves_the_present_state_alone(state: State, tmp_path: Path) -> None:
    backup = await back_up(state.folder, state.server, tmp_path / "backups")
    in_the_way = state.folder.root / "state.new"
    in_the_way.write_bytes(b"")
    with pytest.raises(BackupFailed, match="could not be restored"):
        await restore(backup, state.folder, HISTORIES, PASSWORDS)
    assert await state.titles() == ["Tea"]
    in_the_way.unlink()
    state.server.stop()
    await restore(backup, state.folder, HISTORIES, PASSWORDS)


async def test_a_backup_of_a_newer_version_is_refused(state: State, tmp_path: Path) -> None:
    backup = await back_up(state.folder, state.server, tmp_path / "backups")
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["revisions"][SPEC.name] = "9999"
    (backup / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BackupRefused, match="newer"):
        await restore(backup, state.folder, HISTORIES, PASSWORDS)


async def test_f54_a_backup_that_does_not_fit_leaves_nothing_behind(state: State, tmp_path: Path) -> None:
    """F54: the disk of the target is full (here: a file where the folder should be, and a limit on file size)."""
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupFailed):
        await back_up(state.folder, state.server, tmp_path / "file" / "backups")
    target = tmp_path / "small"
    program = dedent("""
        import asyncio, resource, signal, sys
        from pathlib import Path
        from adapters.postgres_embedded import EmbeddedPostgres
        from keyreel.studio.backup import back_up
        from keyreel.studio.errors import BackupFailed
        from keyreel.studio.folder import DataFolder
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        folder = DataFolder(Path(sys.argv[1]))
        server = EmbeddedPostgres(folder.state)
        server.attach()
        try:
            asyncio.run(back_up(folder, server, Path(sys.argv[2])))
        except BackupFailed:
            sys.exit(7)
    """)
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, str(state.folder.root), str(target)], check=False
    )
    assert done.returncode == 7
    assert list(target.iterdir()) == []


async def test_f54_a_backup_that_was_killed_is_not_taken_for_one_and_the_next_clears_it_away(
    state: State, tmp_path: Path
) -> None:
    """F54: kill -9 while the manifest is about to be written."""
    target = tmp_path / "backups"
    program = dedent("""
        import asyncio, os, signal, sys
        from pathlib import Path
        from adapters.postgres_embedded import EmbeddedPostgres
        from keyreel.studio import backup
        from keyreel.studio.folder import DataFolder
        backup._write_synced = lambda path, data: os.kill(os.getpid(), signal.SIGKILL)
        folder = DataFolder(Path(sys.argv[1]))
        server = EmbeddedPostgres(folder.state)
        server.attach()
        asyncio.run(backup.back_up(folder, server, Path(sys.argv[2])))
    """)
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, str(state.folder.root), str(target)], check=False
    )
    assert done.returncode == -signal.SIGKILL
    [left] = target.iterdir()
    assert left.name.endswith(".partial")
    with pytest.raises(BackupRefused):
        verify(left)
    whole = await back_up(state.folder, state.server, target)
    assert list(target.iterdir()) == [whole]


async def test_a_restore_that_was_cut_short_is_finished_by_the_next_start(state: State, tmp_path: Path) -> None:
    backup = await back_up(state.folder, state.server, tmp_path / "backups")
    await state.add_title("Coffee, after the backup")
    state.server.stop()
    rename = DataFolder.settle
    DataFolder.settle = lambda self: None  # type: ignore[method-assign]  # as if killed before the last step
    try:
        await restore(backup, state.folder, HISTORIES, PASSWORDS)
    finally:
        DataFolder.settle = rename  # type: ignore[method-assign]
    state.folder.settle()
    state.server.start()
    assert await state.titles() == ["Tea"]
