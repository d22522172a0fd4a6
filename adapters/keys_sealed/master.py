"""The master key: 32 random bytes that wrap every tenant's data key, from a file of its own or from the environment.

It is kept apart from the sealed data, so that neither a backup nor a stolen disk image of the data opens anything.
During a rotation there are two: the one that is wanted and the one before it, until no data key needs the latter.

file           <path>            the master key, base64, mode 0600
               <path>.next       the one to come, while a rotation is under way
environment    KEYREEL_MASTER_KEY, and KEYREEL_MASTER_KEY_PREVIOUS at the first start after a change
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol, Self

from adapters.keys_sealed.sealing import KEY_BYTES
from kernel import failpoints
from kernel.keystore import KeyStoreRefused, MasterKeyExposed, MasterKeyMissing, MasterKeyWrong
from kernel.secret import Secret

_ID_LABEL: Final = b"keyreel master key id"

failpoints.declare("keys.master.staged", "the new master key lies beside the old one, no data key uses it yet")
failpoints.declare("keys.master.settling", "every data key is under the new master key, the old one is still in place")


@dataclass(frozen=True, slots=True)
class MasterKey:
    """One master key. `id` tells keys apart and gives nothing away (HMAC-SHA-256 of a label under the key)."""

    value: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: Secret) -> Self:
        """Reads base64 of 32 bytes. Raises MasterKeyWrong."""
        try:
            value = base64.b64decode(text.reveal().strip(), validate=True)
        except (binascii.Error, ValueError):
            value = b""
        if len(value) != KEY_BYTES:
            raise MasterKeyWrong(
                "The master key (KEYREEL_MASTER_KEY, or its file) must be 32 random bytes in base64, as "
                "`openssl rand -base64 32` makes."
            )
        return cls(value)

    @classmethod
    def random(cls) -> Self:
        return cls(os.urandom(KEY_BYTES))

    @property
    def id(self) -> str:
        return hmac.digest(self.value, _ID_LABEL, "sha256")[:16].hex()

    def text(self) -> Secret:
        """The form `parse` reads."""
        return Secret(base64.b64encode(self.value).decode())


class MasterKeys(Protocol):
    """Where the master key comes from."""

    def load(self, *, create: bool) -> tuple[MasterKey, ...]:
        """The wanted key first, then those it replaces. `create`: nothing is sealed yet, a key may be made.

        Raises MasterKeyMissing, MasterKeyWrong, MasterKeyExposed.
        """
        ...

    def stage(self, new: MasterKey) -> None:
        """Puts `new` in a safe place beside the present key, before the first data key is wrapped under it."""
        ...

    def settle(self) -> None:
        """Lets go of the keys that were replaced: no data key needs them any more."""
        ...


@dataclass(frozen=True, slots=True)
class EnvironmentMasterKeys:
    """The master key from settings. A change of it is a restart with both values."""

    current: Secret
    previous: Secret | None = None

    def load(self, *, create: bool) -> tuple[MasterKey, ...]:
        return tuple(MasterKey.parse(text) for text in (self.current, self.previous) if text is not None)

    def stage(self, new: MasterKey) -> None:
        raise KeyStoreRefused(
            "The master key comes from the environment. Set KEYREEL_MASTER_KEY to the new key and"
            " KEYREEL_MASTER_KEY_PREVIOUS to the present one, then start again."
        )

    def settle(self) -> None:
        """The operator takes KEYREEL_MASTER_KEY_PREVIOUS away when they like."""


@dataclass(frozen=True, slots=True)
class FileMasterKeys:
    """The master key in a file of its own, made at the first start. Keep it out of the backup of the data."""

    path: Path

    @property
    def _next(self) -> Path:
        return self.path.with_name(self.path.name + ".next")

    def load(self, *, create: bool) -> tuple[MasterKey, ...]:
        if create and not self.path.exists():
            _write_new(self.path, MasterKey.random())
        keys = [key for key in (_read(self._next), _read(self.path)) if key is not None]
        if not keys:
            raise MasterKeyMissing(
                "There are sealed keys, but the file of the master key is gone. Put it back from where you keep it,"
                " or set KEYREEL_MASTER_KEY."
            )
        return tuple(keys)

    def stage(self, new: MasterKey) -> None:
        _write_new(self._next, new)
        failpoints.hit("keys.master.staged")

    def settle(self) -> None:
        failpoints.hit("keys.master.settling")
        if self._next.exists():
            self._next.replace(self.path)
            sync_folder(self.path.parent)


def _read(path: Path) -> MasterKey | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError:
        raise MasterKeyWrong("The file of the master key can't be read, or is a link.") from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise MasterKeyWrong("The file of the master key is not an ordinary file.")
        if mode & 0o077:
            raise MasterKeyExposed(
                f"The file of the master key can be read by others (mode {stat.S_IMODE(mode):04o})."
                " Make it yours alone with `chmod 600`, and think about rotating the key."
            )
        return MasterKey.parse(Secret(os.read(descriptor, 1024).decode("ascii", "replace")))
    finally:
        os.close(descriptor)


def _write_new(path: Path, key: MasterKey) -> None:
    """Makes `path` with the whole key or not at all; FileExistsError if it is there already."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.text().reveal() + "\n")
        file.flush()
        os.fsync(descriptor)
    try:
        os.link(draft, path)  # unlike a rename, never replaces
    finally:
        draft.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder last."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
