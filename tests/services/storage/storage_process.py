"""Storage in a process of its own, to be killed and measured: `python storage_process.py <database> <folder> <plan>`.

Prints one line of JSON when it serves: its address, and a token of the workspace named in the environment.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import uvicorn

from adapters.objects_files import FileObjects
from contracts.clients.entitlements import Allowance, Entitlements
from contracts.permissions import SCOPES_OF
from kernel.auth import AUDIENCE, Sessions, Standing
from kernel.clock import now
from kernel.db import Database
from kernel.http.app import HttpOptions
from kernel.ids import TenantId, uuid7
from kernel.secret import Secret
from kernel.service import Installation, Ports, compose
from kernel.settings import Settings
from kernel.testing.studio import NoLimits, Outbox, TestSessions
from services.storage.service import SPEC

BASE_URL = "http://localhost"


class StudioSettings(Settings):
    trash_days: int = 30
    upload_max_bytes: int = 1 << 30


class Unlimited:
    async def allowance(self, tenant: TenantId) -> Allowance:
        return Allowance("test")


async def main(database_url: Secret, folder: Path, tenant: TenantId) -> None:
    sessions = TestSessions()
    standing = Standing(tenant, uuid7(), "owner", frozenset(map(str, SCOPES_OF["owner"])), uuid7())
    sessions.standings[standing.session_id] = standing
    installation = Installation(
        databases={"storage": Database("storage", database_url)},
        settings=StudioSettings(),
        ports=Ports(objects=FileObjects(folder / "objects"), mail=Outbox(folder / "mail"), limits=NoLimits()),
        base_url=BASE_URL,
        root_key=Secret("the root key of tests"),
    )
    answers = {Sessions: sessions, Entitlements: Unlimited()}
    composed = compose([SPEC], installation, HttpOptions(base_url=BASE_URL), answers=answers)
    token = sessions.key.issue(
        issuer=BASE_URL,
        audience=AUDIENCE,
        user_id=standing.user_id,
        tenant=tenant,
        session_id=standing.session_id,
        scopes=standing.scopes,
        issued_at=now(),
        lifetime=timedelta(minutes=10),
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(composed.app, lifespan="off", log_config=None))
        print(json.dumps({"address": f"http://127.0.0.1:{listener.getsockname()[1]}", "token": token}), flush=True)
        await server.serve([listener])


if __name__ == "__main__":
    asyncio.run(main(Secret(os.environ["STORAGE_DATABASE"]), Path(sys.argv[1]), TenantId(UUID(sys.argv[2]))))
