"""The originals of a film's assets, fetched from the store when somebody really opens one.

Most never are: their prepared forms lie in the cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from kernel.objects import ObjectKey
from services.renderer.engine.plan import digest
from services.renderer.errors import AssetMissing
from services.renderer.shared_cache import SharedCache


class Originals(Mapping[str, Path]):
    """Asset reference → local file. A look-up raises AssetMissing when the store has it no more."""

    def __init__(self, keys: Mapping[str, str], hashes: Mapping[str, str], cache: SharedCache) -> None:
        self._keys = keys
        self._hashes = hashes
        self._cache = cache

    def __getitem__(self, asset: str) -> Path:
        sha256 = self._hashes[asset]
        key = ObjectKey.parse(self._keys[asset], self._cache.tenant)
        path = self._cache.fetch(key, digest("original", sha256), ".bin")
        if path is None:
            raise AssetMissing()
        return path

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)
