"""Backup and restore of an embedded studio.

A backup is a folder `keyreel-<time>`: the database (pg_dump), the objects, the sealed keys, and a manifest with the
SHA-256 of every file, the schema revisions and the number of rows of every table. It is written under another name and
renamed when it is whole, so a folder of this name is always good. Database first, objects second: an object is written
before its row, so every row of the dump has its object in the copy.

The master key is not in it. A restore makes a new state beside the live one, compares it with the manifest and only
then puts it in place.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from adapters.postgres_embedded import EmbeddedPostgres
from kernel.clock import now
from kernel.migrations import History, make_roles
from kernel.secret import Secret
from keyreel.studio.errors import BackupFailed, BackupRefused
from keyreel.studio.folder import DataFolder

FORMAT: Final = "keyreel-backup/1"
DATABASE: Final = "keyreel"
_MANIFEST: Final = "manifest.json"
_PARTIAL: Final = ".partial"


async def back_up(folder: DataFolder, server: EmbeddedPostgres, target: Path) -> Path:
    """Write a backup of the state into a new folder below `target` and give its path. Raises BackupFailed."""
    stamp = now().astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    whole = target / f"keyreel-{stamp}"
    partial = whole.with_name(whole.name + _PARTIAL)
    try:
        target.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left_over in target.glob(f"keyreel-*{_PARTIAL}"):
            shutil.rmtree(left_over)
        partial.mkdir(mode=0o700)
        about = await _about(server.url(DATABASE))
        _run(server, "pg_dump", "--format=custom", f"--file={partial / 'database.dump'}")
        _copy_tree(folder.objects, partial / "objects")
        _copy_keys(folder.keys, partial / "keys")
        files = {str(path.relative_to(partial)): _describe(path) for path in _files(partial)}
        manifest = {"format": FORMAT, "made_at": stamp, **about, "files": files}
        _write_synced(partial / _MANIFEST, json.dumps(manifest, indent=1, sort_keys=True).encode())
        partial.rename(whole)
        _sync(target)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise BackupFailed(
            f"The backup could not be written to {target}: {_reason(error)}. Nothing of it was kept."
        ) from error
    except BackupFailed:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return whole


def verify(backup: Path) -> dict[str, Any]:
    """The manifest, once every file was found to be as it says. Raises BackupRefused."""
    try:
        manifest: dict[str, Any] = json.loads((backup / _MANIFEST).read_bytes())
    except (OSError, ValueError) as error:
        raise BackupRefused(f"{backup} is not a whole backup: its manifest can't be read.") from error
    if manifest.get("format") != FORMAT:
        raise BackupRefused(f"{backup} is of another kind ({manifest.get('format')}); this Keyreel reads {FORMAT}.")
    wanted: dict[str, dict[str, Any]] = manifest["files"]
    for path in sorted(backup.rglob("*")):
        if path.is_symlink():  # it would bring a file of this machine, whatever that is
            raise BackupRefused(f"The backup is damaged: {path.relative_to(backup)} is a link.")
    there = {str(path.relative_to(backup)) for path in _files(backup)} - {_MANIFEST}
    for name in sorted(there ^ set(wanted)):
        raise BackupRefused(f"The backup is damaged: {name} is {'not listed' if name in there else 'missing'}.")
    for name, described in wanted.items():
        if _describe(backup / name) != described:
            raise BackupRefused(f"The backup is damaged: {name} is not as it was written.")
    return manifest


async def restore(backup: Path, folder: DataFolder, histories: list[History], passwords: dict[str, Secret]) -> None:
    """Make the state of a backup and put it in the place of the present one, which is kept beside it.

    The caller holds the folder's lock. Raises BackupRefused or BackupFailed with the present state untouched.
    """
    manifest = verify(backup)
    for history in histories:
        revision = manifest["revisions"].get(history.service)
        if revision is not None and not history.knows(revision):
            raise BackupRefused(
                f"The backup is of a newer Keyreel ({history.service} {revision}); restore it with that version."
            )
    new = folder.root / "state.new"
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700)
        await _fill(new, backup, manifest, [history.service for history in histories], passwords)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        raise BackupFailed(
            f"The backup could not be restored into {folder.root}: {_reason(error)}. The present state is as it was."
        ) from error
    except BackupRefused:
        shutil.rmtree(new, ignore_errors=True)
        raise
    new.rename(folder.restored)
    folder.settle()


async def _fill(
    new: Path, backup: Path, manifest: dict[str, Any], services: list[str], passwords: dict[str, Secret]
) -> None:
    """The state of a backup in an empty folder. Raises OSError, BackupRefused."""
    with EmbeddedPostgres(new) as server:
        await _execute(server.url(), f"CREATE DATABASE {DATABASE}")
        await make_roles(server.url(DATABASE), services, passwords)
        _run(server, "pg_restore", "--exit-on-error", "--dbname", DATABASE, str(backup / "database.dump"))
        about = await _about(server.url(DATABASE))
    if about["rows"] != manifest["rows"]:
        raise BackupRefused("The backup is damaged: its database has other rows than its manifest says.")
    _copy_tree(backup / "objects", new / "objects")
    _copy_tree(backup / "keys", new / "keys")


def _reason(error: OSError) -> str:
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "its disk is full" if full else (error.strerror or "unknown reason").lower()


async def _about(url: Secret) -> dict[str, Any]:
    """Revisions and numbers of rows, in one snapshot."""
    connection = await asyncpg.connect(url.reveal())
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            tables = await connection.fetch(
                "SELECT table_schema, table_name FROM information_schema.tables "
                "WHERE table_schema LIKE 'keyreel\\_%' AND table_type = 'BASE TABLE' ORDER BY 1, 2"
            )
            rows, revisions = {}, {}
            for schema, table in tables:
                rows[f"{schema}.{table}"] = await connection.fetchval(f'SELECT count(*) FROM "{schema}"."{table}"')  # noqa: S608 - names of the catalogue
                if table == "alembic_version":
                    revisions[schema.removeprefix("keyreel_")] = await connection.fetchval(
                        f'SELECT version_num FROM "{schema}"."{table}"'  # noqa: S608 - names of the catalogue
                    )
            return {"rows": rows, "revisions": revisions}
    finally:
        await connection.close()


async def _execute(url: Secret, statement: str) -> None:
    connection = await asyncpg.connect(url.reveal())
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _run(server: EmbeddedPostgres, program: str, *arguments: str) -> None:
    """One of Postgres's programs; the password goes through its environment, not its arguments.

    Raises OSError when a disk is full, else BackupFailed or BackupRefused.
    """
    done = subprocess.run(
        [str(server.bin / program), *arguments],
        env={"PATH": os.defpath, **server.environment(DATABASE)},
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        if said and os.strerror(errno.ENOSPC) in said[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        kind = BackupFailed if program == "pg_dump" else BackupRefused
        raise kind(f"{program} failed{': ' + said[0] if said else ''}.")


def _files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file())


def _describe(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": path.stat().st_size}


def _copy_tree(source: Path, target: Path) -> None:
    """Copies of every file, on disk when this returns. What disappears meanwhile was deleted by its owner."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in _files(source) if source.exists() else ():
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            shutil.copyfile(path, copy)
        except FileNotFoundError:
            continue
        shutil.copystat(path, copy)
        _sync(copy)


def _copy_keys(source: Path, target: Path) -> None:
    """The sealed stores, each in one transaction's state; the keyring and the marks of shredded ones beside them."""
    target.mkdir(parents=True, exist_ok=True, mode=0o700)
    for path in _files(source) if source.exists() else ():
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.suffix in (".json", ".shredded"):
            shutil.copyfile(path, copy)
            _sync(copy)
        if path.suffix != ".sqlite":
            continue
        copy.touch(mode=0o600)
        before, after = sqlite3.connect(f"file:{path}?mode=ro", uri=True), sqlite3.connect(copy)
        try:
            before.backup(after)
        finally:
            before.close()
            after.close()
        _sync(copy)


def _write_synced(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def made_at(backup: Path) -> datetime:
    """When a backup was made, by its name."""
    return datetime.strptime(backup.name, "keyreel-%Y%m%dT%H%M%S.%fZ").replace(tzinfo=UTC)
