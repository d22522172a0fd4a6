"""What several files of routes need."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from contracts.permissions import Scope
from kernel.auth import Caller, require
from kernel.http.body import Text
from kernel.http.pages import PageQuery
from kernel.service import service_of
from services.storage.app import Storage

Service = Annotated[Storage, Depends(service_of(Storage))]
Paging = Annotated[PageQuery, Depends()]

AssetsRead = Annotated[Caller, Depends(require(Scope.ASSETS_READ))]
AssetsWrite = Annotated[Caller, Depends(require(Scope.ASSETS_WRITE))]
VideosRead = Annotated[Caller, Depends(require(Scope.VIDEOS_READ))]
VideosWrite = Annotated[Caller, Depends(require(Scope.VIDEOS_WRITE))]
VideosShare = Annotated[Caller, Depends(require(Scope.VIDEOS_SHARE))]

Search = Annotated[Annotated[str, Text(200)] | None, Query(description="part of the name, in any case")]
