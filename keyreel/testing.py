"""A whole studio as the process an operator starts, for tests that kill it, stop it and look at it from outside.

with StudioProcess(folder) as studio:
    studio.start(failpoints="outbox.published.before_mark=kill")
    owner = studio.owner()                        # signed in with the link it printed; later by the same token
    assert studio.ended() == -signal.SIGKILL
    studio.start()
    assert studio.counts(wait=60) == {}           # what `keyreel check-invariants` would complain about
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx2
import psutil

from kernel.testing.processes import offspring
from keyreel.studio.invariants import examine
from keyreel.studio.settings import StudioSettings

_READY_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 20.0
_LINK: Final = re.compile(r"https?://\S+/welcome#token=(\S+)")


class StudioProcess:
    """`keyreel up` on a folder and a port of its own. `ready_seconds` is what the last start took."""

    def __init__(self, folder: Path, **environment: str) -> None:
        """`environment` are more variables, by their whole names."""
        self.folder = folder
        self.port = _free_port()
        self.log = folder.with_name(f"{folder.name}.log")
        self.ready_seconds = 0.0
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it answers; also its base address."""
        return f"http://localhost:{self.port}"

    @property
    def variables(self) -> dict[str, str]:
        """The environment it is started in."""
        own = {"KEYREEL_DATA_DIR": str(self.folder), "KEYREEL_PORT": str(self.port)}
        here = {name: value for name, value in os.environ.items() if not name.startswith("KEYREEL_")}
        return here | own | self._environment

    @property
    def pid(self) -> int:
        """The process that was started."""
        assert self._process is not None
        return self._process.pid

    def launch(self, *arguments: str, failpoints: str = "") -> subprocess.Popen[bytes]:
        """Start `keyreel` with these arguments and return at once."""
        armed = {"FAILPOINTS": "1", "KEYREEL_FAILPOINTS": failpoints} if failpoints else {}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "keyreel", *arguments],
                env=self.variables | armed,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return self._process

    def start(self, *, failpoints: str = "") -> None:
        """Start all of it and wait until it answers; AssertionError as `wait_until_ready`."""
        self.launch("up", failpoints=failpoints)
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Until what was launched answers. AssertionError with its log if it ends first, or after a minute."""
        assert self._process is not None
        began = time.monotonic()
        while time.monotonic() < began + _READY_SECONDS:
            assert self._process.poll() is None, self.log.read_text()
            try:
                if httpx2.get(f"{self.address}/readyz", timeout=5).status_code == 200:
                    self.ready_seconds = time.monotonic() - began
                    return
            except httpx2.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready in time:\n{self.log.read_text()}")

    def ended(self, seconds: float = 60.0) -> int:
        """Its exit code, as soon as it has ended; negative for a signal. AssertionError if it does not."""
        assert self._process is not None
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running:\n{self.log.read_text()}") from None

    def kill(self) -> None:
        """SIGKILL to the process alone; what it had started has to notice."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def kill_tree(self) -> None:
        """SIGKILL to everything at once, the database too: as if the power failed."""
        family = [psutil.Process(self.pid), *psutil.Process(self.pid).children(recursive=True)]
        for process in family:
            process.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, timeout=10)
        self.ended(10)

    def stop(self) -> float:
        """As Ctrl-C does; how many seconds it took. AssertionError if a process of it is left."""
        assert self._process is not None
        family = [psutil.Process(self.pid), *offspring(self.pid, servers=True)]
        began = time.monotonic()
        self._process.send_signal(signal.SIGINT)
        self.ended(_STOP_SECONDS)
        took = time.monotonic() - began
        _gone, left = psutil.wait_procs(family, timeout=2)
        assert left == []
        return took

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def client(self, token: str | None = None) -> httpx2.Client:
        """Somebody with an API token, or nobody."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx2.Client(base_url=f"{self.address}/api/v1/", headers=headers, timeout=60)

    def sign_in(self) -> dict[str, Any]:
        """Become the first administrator by the link it printed; the session as the API tells it."""
        links = _LINK.findall(self.log.read_text())
        who = {"name": "Ada", "email": "ada@example.com", "password": secrets.token_urlsafe(16), "locale": "en"}
        with self.client() as nobody:
            answer = nobody.post("auth/sign-in/link", json={"token": links[-1], **who})
            assert answer.status_code == 200, answer.text
            session: dict[str, Any] = answer.json()
            return session

    def owner_token(self) -> str:
        """An API token of the first administrator's workspace, with all its scopes."""
        session = self.sign_in()
        with self.client(session["access_token"]) as owner:
            scopes = [scope for scope in session["scopes"] if not scope.startswith("operator:")]
            answer = owner.post("api-tokens", json={"name": "tests", "scopes": scopes})
            assert answer.status_code == 201, answer.text
            return str(answer.json()["token"])

    def counts(self, wait: float = 60.0) -> dict[str, int]:
        """What must be 0 and is not, counted as `keyreel check-invariants --wait` does."""
        settings = StudioSettings.from_env(self.variables, beside=StudioSettings.beside)
        counted = asyncio.run(examine(settings, wait))
        return {f"{one.invariant} {one.owner} {one.name}": one.number for one in counted if one.number}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
