"""Which adapter serves a port: one `match` over the address the operator gave."""

from __future__ import annotations

from urllib.parse import urlsplit

from adapters.keys_sealed import EnvironmentMasterKeys, FileMasterKeys, SealedKeys
from adapters.keys_sealed.master import MasterKeys
from adapters.limits_memory import MemoryLimits
from adapters.mail_console import ConsoleMailer
from adapters.objects_files import FileObjects
from kernel.ports import Limits, Mailer, Objects
from keyreel.studio.errors import StudioRefused
from keyreel.studio.folder import DataFolder
from keyreel.studio.settings import StudioSettings


def objects(settings: StudioSettings, folder: DataFolder) -> Objects:
    """Where uploads and videos lie. Raises StudioRefused."""
    match _scheme(settings.objects_url):
        case "embedded":
            return FileObjects(folder.objects)
        case other:
            raise _unknown("KEYREEL_OBJECTS_URL", other, "embedded:")


def mail(settings: StudioSettings, folder: DataFolder) -> Mailer:
    """How letters go out. Raises StudioRefused."""
    match _scheme(settings.mail_url):
        case "console":
            return ConsoleMailer(folder.root / "mail")
        case other:
            raise _unknown("KEYREEL_MAIL_URL", other, "console:")


def limits(settings: StudioSettings) -> Limits:
    """Who counts requests. Raises StudioRefused."""
    match _scheme(settings.limits_url):
        case "memory":
            return MemoryLimits()
        case other:
            raise _unknown("KEYREEL_LIMITS_URL", other, "memory:")


def keys(settings: StudioSettings, folder: DataFolder) -> SealedKeys:
    """Where clients' keys are sealed. Raises StudioRefused, KeyStoreRefused."""
    match _scheme(settings.keys_url):
        case "embedded":
            return SealedKeys(folder.keys, master_keys(settings, folder))
        case other:
            raise _unknown("KEYREEL_KEYS_URL", other, "embedded:")


def master_keys(settings: StudioSettings, folder: DataFolder) -> MasterKeys:
    """Where the master key comes from: the environment, else a file of its own."""
    if settings.master_key is not None:
        return EnvironmentMasterKeys(settings.master_key, settings.master_key_previous)
    return FileMasterKeys(folder.master_key)


def _scheme(url: str) -> str:
    return urlsplit(url).scheme or url


def _unknown(variable: str, scheme: str, known: str) -> StudioRefused:
    return StudioRefused(f"{variable} begins with “{scheme}:”, which no adapter of this version serves; use {known}")
