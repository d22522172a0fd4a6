"""One tenant's sealed keys: a SQLite file of its own, with the tenant's wrapped data key in it.

data_key   one row: the id of the master key it is wrapped under, the wrapped key
secrets    a row a version of a secret: its place and the sealed value

A rollback journal, not a write-ahead log: with one writer it gains nothing, and some versions of SQLite in use can
corrupt a log. Deleted pages are overwritten (`secure_delete`); a commit is on the disk when it returns.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from adapters.keys_sealed.master import MasterKey
from adapters.keys_sealed.sealing import KEY_BYTES, place, seal, unseal
from kernel.clock import now
from kernel.errors import Unavailable
from kernel.ids import TenantId
from kernel.keystore import SealedEntry, SecretIntegrityError, SecretMissing
from kernel.secret import Secret

_SCHEMA = """
CREATE TABLE IF NOT EXISTS data_key (
    one INTEGER PRIMARY KEY CHECK (one = 1), master_id TEXT NOT NULL, wrapped BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS secrets (
    secret_id TEXT NOT NULL, version INTEGER NOT NULL, connector TEXT NOT NULL,
    sealed BLOB NOT NULL, sealed_at INTEGER NOT NULL, PRIMARY KEY (secret_id, version)
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class TenantFile:
    """The file of `tenant` at `path`. Blocking; the caller lets one thread at a time in."""

    tenant: TenantId
    path: Path

    @property
    def _key_place(self) -> bytes:
        return place("data-key", self.tenant)

    def create(self, master: MasterKey) -> None:
        """Makes file and data key unless they are there. Killed half-way, it is completed by the next call."""
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        with self._open() as database:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                database.execute(statement)
            wrapped = seal(master.value, os.urandom(KEY_BYTES), self._key_place)
            database.execute("INSERT OR IGNORE INTO data_key VALUES (1, ?, ?)", (master.id, wrapped))

    def put(
        self, masters: Mapping[str, MasterKey], connector: str, secret_id: UUID, version: int, value: Secret
    ) -> None:
        with self._open() as database:
            at = place("secret", self.tenant, connector, str(secret_id), version)
            sealed = seal(self._data_key(database, masters), value.reveal().encode(), at)
            row = (str(secret_id), version, connector, sealed, int(now().timestamp()))
            database.execute("INSERT OR REPLACE INTO secrets VALUES (?, ?, ?, ?, ?)", row)

    def use(self, masters: Mapping[str, MasterKey], connector: str, secret_id: UUID, version: int) -> Secret:
        """The value sealed at this place. Raises SecretMissing, SecretIntegrityError."""
        with self._open() as database:
            query = "SELECT sealed FROM secrets WHERE secret_id = ? AND version = ?"
            row = database.execute(query, (str(secret_id), version)).fetchone()
            if row is None:
                raise SecretMissing
            at = place("secret", self.tenant, connector, str(secret_id), version)
            return Secret(unseal(self._data_key(database, masters), row[0], at).decode())

    def delete(self, secret_id: UUID, below: int | None) -> None:
        with self._open() as database:
            query = "DELETE FROM secrets WHERE secret_id = ? AND (? IS NULL OR version < ?)"
            database.execute(query, (str(secret_id), below, below))

    def held(self) -> list[SealedEntry]:
        with self._open() as database:
            rows = database.execute("SELECT connector, secret_id, version, sealed_at FROM secrets ORDER BY 2, 3")
            return [
                SealedEntry(connector, UUID(secret_id), version, datetime.fromtimestamp(sealed_at, UTC))
                for connector, secret_id, version, sealed_at in rows
            ]

    def rewrap(self, masters: Mapping[str, MasterKey], wanted: MasterKey) -> bool:
        """Wraps the data key under `wanted`; whether it was under another. Raises SecretIntegrityError."""
        with self._open() as database:
            row = database.execute("SELECT master_id FROM data_key").fetchone()
            if row is None or row[0] == wanted.id:
                return False
            wrapped = seal(wanted.value, self._data_key(database, masters), self._key_place)
            database.execute("UPDATE data_key SET master_id = ?, wrapped = ?", (wanted.id, wrapped))
            return True

    def destroy(self) -> None:
        """Overwrites the data key, without which the rest is noise, and removes the file."""
        try:
            with self._open() as database:
                database.execute("UPDATE data_key SET wrapped = zeroblob(length(wrapped))")
                database.execute("DELETE FROM data_key")
                database.execute("DELETE FROM secrets")
        except SecretIntegrityError:  # damaged or never completed: nothing in it can be opened anyway
            self.path.write_bytes(bytes(self.path.stat().st_size))
            self.path.with_name(f"{self.path.name}-journal").unlink(missing_ok=True)
        self.path.unlink()

    def _data_key(self, database: sqlite3.Connection, masters: Mapping[str, MasterKey]) -> bytes:
        row = database.execute("SELECT master_id, wrapped FROM data_key").fetchone()
        if row is None or row[0] not in masters:
            raise SecretIntegrityError
        return unseal(masters[row[0]].value, row[1], self._key_place)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction, on the disk when the block is left; rolled back by an exception."""
        try:
            database = sqlite3.connect(f"{self.path.as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=5.0)
            try:
                for pragma in ("journal_mode = DELETE", "synchronous = EXTRA", "secure_delete = ON"):
                    database.execute(f"PRAGMA {pragma}")
                database.execute("BEGIN IMMEDIATE")
                yield database
                database.execute("COMMIT")
            finally:
                database.close()  # rolls back what was not committed
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # killed before the first commit
                raise SecretIntegrityError from None
            raise Unavailable("The store of keys can't be read or written right now.") from None
        except sqlite3.DatabaseError:
            raise SecretIntegrityError from None
