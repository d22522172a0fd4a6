"""The machine a figure was measured on; nothing that names a host."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import psutil


def machine() -> str:
    """Processor, cores, memory and kernel."""
    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{_processor()}, {cores()} cores, {memory:.0f} GB of memory, "
        f"{platform.system()} {'.'.join(platform.release().split('.')[:2])}"
    )


def cores() -> int:
    """Of this process."""
    return len(os.sched_getaffinity(0))


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
