"""Keys sealed in files of our own: a SQLite file a tenant, AES-256-GCM, one master key outside of them."""

from adapters.keys_sealed.master import EnvironmentMasterKeys, FileMasterKeys, MasterKey, MasterKeys
from adapters.keys_sealed.store import SealedKeys

__all__ = ["EnvironmentMasterKeys", "FileMasterKeys", "MasterKey", "MasterKeys", "SealedKeys"]
