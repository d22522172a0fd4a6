"""Loads Skia on hosts without OpenGL, as servers and slim containers are.

    from services.renderer.engine.text.skia_loader import skia

The extension is linked against the system's libGL, libEGL and libexpat, and its relocations of them are resolved when
it is loaded. It calls none of them here: text and pictures are drawn in memory, fonts are read from files and not
through fontconfig. So where one of the three is missing, and only then, an object of its name stands in that defines
what the extension asks for; a call into it ends the process at once (see `elf_stub`).

glibc resolves a DT_NEEDED entry by the SONAMEs already loaded, so each stand-in is loaded under its own, privately:
other libraries of the process never see its names.
"""

from __future__ import annotations

import ctypes
import importlib
import re
import tempfile
from collections.abc import Iterator
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

from services.renderer.engine.text.elf_stub import UnknownObject, build_stub, read_imports
from services.renderer.errors import RenderError

if TYPE_CHECKING:
    import skia

__all__ = ["DrawingUnavailable", "load", "skia", "stand_ins"]

#: libraries that may be missing, with the beginning of their functions' names
_OPTIONAL: Final = {"libGL.so.1": "gl", "libEGL.so.1": "egl", "libexpat.so.1": "XML_"}
_PACKAGES: Final = {"libGL.so.1": "libgl1", "libEGL.so.1": "libegl1", "libexpat.so.1": "libexpat1"}
_ADVICE: Final = f"Install the system packages {', '.join(_PACKAGES.values())} (as Debian calls them)."
#: what glibc's loader says of a missing dependency
_MISSING: Final = re.compile(r"^(lib\S+): cannot open shared object file: No such file")

_stand_ins: list[str] = []


class DrawingUnavailable(RenderError):
    """Skia, which draws text and overlays, can't be loaded on this host."""

    code = "drawing_unavailable"
    status = 503
    title = "Text can't be drawn on this host"


def __getattr__(name: str) -> Any:
    """`skia`, loaded when it is first asked for: importing this module alone is free."""
    if name == "skia":
        return load()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


@lru_cache(maxsize=1)
def load() -> ModuleType:
    """The module `skia`. Raises DrawingUnavailable, which tells what to install."""
    while True:
        try:
            return importlib.import_module("skia")
        except ModuleNotFoundError as error:
            raise DrawingUnavailable("The package skia-python isn't installed. Reinstall Keyreel.") from error
        except ImportError as error:
            missing = _MISSING.match(str(error))
            if missing is None:
                raise DrawingUnavailable("The drawing library (skia-python) can't be loaded. Reinstall it.") from error
            soname = missing[1]
            if soname not in _OPTIONAL:
                raise DrawingUnavailable(
                    f"The drawing library needs {soname}, which this system doesn't have. "
                    "Install the system's package of it."
                ) from error
            if soname in _stand_ins:  # loaded, and missed all the same: a loader that doesn't look at SONAMEs
                raise DrawingUnavailable(f"The drawing library needs {soname}. {_ADVICE}") from error
            _stand_in(soname)


def stand_ins() -> tuple[str, ...]:
    """The system libraries that were missing and are stood in for, once `load` returned."""
    return tuple(_stand_ins)


def _stand_in(soname: str) -> None:
    try:
        wanted = [read_imports(path) for path in _dependents()]
        names = [name for imports in wanted for name in imports.names if name.startswith(_OPTIONAL[soname])]
        with tempfile.NamedTemporaryFile(prefix="keyreel-", suffix=f"-{soname}") as file:
            file.write(build_stub(soname, names, wanted[0].machine))
            file.flush()
            ctypes.CDLL(file.name, ctypes.RTLD_LOCAL)  # stays loaded without its file
    except (UnknownObject, OSError) as error:
        raise DrawingUnavailable(
            f"The system has no {soname}, and nothing could be put in its place here. {_ADVICE}"
        ) from error
    _stand_ins.append(soname)


def _dependents() -> Iterator[Path]:
    """The extension and the libraries its wheel brings along."""
    spec = find_spec("skia")
    if spec is None or spec.origin is None:
        raise UnknownObject("skia is not a file")
    extension = Path(spec.origin)
    yield extension
    yield from sorted((extension.parent / "skia_python.libs").glob("*.so*"))
