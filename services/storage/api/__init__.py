"""The routes of storage, one file a subject."""

from services.storage.api import assets, media, shares, uploads, videos

routers = (uploads.router, assets.router, videos.router, shares.router, media.router)

__all__ = ["routers"]
