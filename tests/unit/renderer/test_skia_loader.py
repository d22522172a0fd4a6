"""Skia on a system without OpenGL: the libraries of this host are hidden from real children."""

import ctypes
import dataclasses
import importlib.util
import json
import os
import shutil
import signal
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from kernel.sandbox import Completed, Sandbox, discover, python_argv
from services.renderer.engine.text.elf_stub import Machine, UnknownObject, build_stub, read_imports

X86_64, AARCH64 = Machine(62, 0), Machine(183, 0)
SONAMES = ["libGL.so.1", "libEGL.so.1", "libexpat.so.1"]

# What a slim image of Python holds: the C and C++ libraries, and those that the standard library needs.
BARE = [
    *("ld-linux-*", "libc.so.*", "libm.so.*", "libmvec.so.*", "libdl.so.*", "libpthread.so.*", "librt.so.*"),
    *("libutil.so.*", "libgcc_s.so.*", "libstdc++.so.*", "libz.so.*", "libffi.so.*", "libcrypto.so.*", "libssl.so.*"),
    *("libbz2.so.*", "liblzma.so.*", "libpython3*", "python3*"),
]

DRAW = """
import hashlib, json
from services.renderer.engine.text import skia_loader
from services.renderer.engine.text.painter import TextPainter
from storyboard.timeline import TextLayer, TimelineFont

font = TimelineFont(family="Inter", weight=700, size=6.0, color="#ffffff", stroke="#102030", stroke_width=0.4)
layer = TextLayer(text="Tea, שלום, чай, 5 € 🍵", font=font, start=0, frames=60, x=0.5, y=0.5, width=0.8,
                  anchor="center", animation="none")
raster = TextPainter(640, 360, "en").layer(layer, None)
print(json.dumps([skia_loader.stand_ins(), raster.rgba.shape, hashlib.sha256(raster.rgba.tobytes()).hexdigest()]))
"""

LOAD = """
from services.renderer.engine.text import skia_loader
try:
    skia_loader.load()
except skia_loader.DrawingUnavailable as error:
    print(error.code, error.detail)
else:
    print(*skia_loader.stand_ins())
"""


def without_libraries(patterns: Iterable[str]) -> Sandbox:
    """A sandbox whose folder of system libraries holds those names alone."""
    libc = next(line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines() if "/libc.so" in line)
    folder = Path(libc).resolve().parent
    shown = sorted({path for pattern in patterns for path in folder.glob(pattern)})
    binds = [part for path in shown for part in ("--ro-bind", str(path), str(path))]
    host = discover(require=True)
    return dataclasses.replace(host, bwrap=(*host.bwrap, "--tmpfs", str(folder), *binds))


def run(sandbox: Sandbox, code: str, read_only: Iterable[Path] = (), **env: str) -> Completed:
    child = python_argv("")
    python_path = ":".join(filter(None, [env.pop("PYTHONPATH", ""), child.env["PYTHONPATH"]]))
    return sandbox.run(
        [sys.executable, "-s", "-P", "-c", code],
        read_only=[*child.read_only, *read_only],
        env={**child.env, **env, "PYTHONPATH": python_path},
    )


def answer(done: Completed) -> list:
    assert done.ok, done.stderr_tail
    return json.loads(done.stdout)


def wheel() -> list[Path]:
    """The extension and the libraries that its wheel brings along."""
    extension = Path(importlib.util.find_spec("skia").origin)
    return [extension, *(extension.parent / "skia_python.libs").iterdir()]


def system_libraries(folder: Path, sonames: Iterable[str]) -> Path:
    """Libraries of those names, complete for the extension, in a folder for LD_LIBRARY_PATH."""
    folder.mkdir()
    imports = [read_imports(path) for path in wheel()]
    names = [name for each in imports for name in each.names if name.startswith(("gl", "egl", "XML_"))]
    for soname in sonames:
        (folder / soname).write_bytes(build_stub(soname, names, imports[0].machine))
    return folder


@pytest.fixture(scope="module")
def bare() -> Sandbox:
    return without_libraries(BARE)


class TestASystemWithoutOpenGL:
    def test_plain_skia_cannot_be_imported(self, bare: Sandbox) -> None:
        done = run(bare, "import skia")
        assert done.returncode == 1
        assert "cannot open shared object file" in done.stderr_tail

    def test_text_is_drawn_to_the_same_bytes_as_anywhere(self, bare: Sandbox) -> None:
        _, shape, digest = answer(run(discover(require=True), DRAW))
        absent, bare_shape, bare_digest = answer(run(bare, DRAW))
        assert sorted(absent) == sorted(SONAMES)
        assert (bare_shape, bare_digest) == (shape, digest)
        assert min(shape[:2]) > 10

    def test_nothing_is_left_in_the_temporary_folder(self, bare: Sandbox) -> None:
        look = "import os, tempfile; print(os.listdir(tempfile.gettempdir()))\n"
        # A checkout below the temporary folder shows in it before and after.
        before = run(bare, look).stdout.decode().splitlines()[-1]
        done = run(bare, LOAD + look)
        assert done.stdout.decode().splitlines()[-1] == before, done.stderr_tail

    def test_another_missing_library_is_named(self) -> None:
        done = run(without_libraries(name for name in BARE if "stdc++" not in name), LOAD)
        assert done.stdout.startswith(b"drawing_unavailable "), done.stderr_tail
        assert b"libstdc++.so.6" in done.stdout

    def test_an_extension_whose_symbols_cannot_be_read_names_the_packages_to_install(
        self, bare: Sandbox, tmp_path: Path
    ) -> None:
        extension = Path(importlib.util.find_spec("skia").origin)
        stripped = tmp_path / extension.name
        shutil.copyfile(extension, stripped)
        with stripped.open("r+b") as file:  # no table of sections: e_shoff, then e_shnum and e_shstrndx
            os.pwrite(file.fileno(), bytes(8), 40)
            os.pwrite(file.fileno(), bytes(4), 60)
        (tmp_path / "skia_python.libs").symlink_to(extension.parent / "skia_python.libs")
        done = run(bare, LOAD, [tmp_path], PYTHONPATH=str(tmp_path))
        assert done.stdout.startswith(b"drawing_unavailable "), done.stderr_tail
        assert b"libgl1, libegl1, libexpat1" in done.stdout


class TestASystemWithOpenGL:
    def test_no_library_of_the_system_is_stood_in_for(self, bare: Sandbox, tmp_path: Path) -> None:
        folder = system_libraries(tmp_path / "lib", SONAMES)
        done = run(bare, LOAD, [folder], LD_LIBRARY_PATH=str(folder))
        assert (done.stdout, done.ok) == (b"\n", True), done.stderr_tail

    @pytest.mark.parametrize("present", SONAMES)
    def test_only_what_is_missing_is_stood_in_for(self, bare: Sandbox, tmp_path: Path, present: str) -> None:
        folder = system_libraries(tmp_path / "lib", [present])
        done = run(bare, LOAD, [folder], LD_LIBRARY_PATH=str(folder))
        assert sorted(done.stdout.decode().split()) == sorted(set(SONAMES) - {present}), done.stderr_tail


class TestStub:
    def test_the_loader_finds_every_name_and_no_other(self, tmp_path: Path) -> None:
        names = [f"glName{number}" for number in range(300)]
        path = tmp_path / "stub.so"
        path.write_bytes(build_stub("libstub.so.7", names, read_imports(wheel()[0]).machine))
        library = ctypes.CDLL(str(path))
        assert all(hasattr(library, name) for name in names)
        assert not hasattr(library, "glName300")

    def test_it_satisfies_a_library_that_asks_for_its_soname(self, tmp_path: Path) -> None:
        path = tmp_path / "stub.so"
        path.write_bytes(build_stub("libstub.so.8", ["stub"], read_imports(wheel()[0]).machine))
        with pytest.raises(OSError, match="cannot open"):
            ctypes.CDLL("libstub.so.8")
        ctypes.CDLL(str(path))
        assert ctypes.CDLL("libstub.so.8").stub

    def test_it_leaves_the_stack_of_the_process_without_code(self, tmp_path: Path) -> None:
        path = tmp_path / "stub.so"
        path.write_bytes(build_stub("libstub.so.10", ["stub"], read_imports(wheel()[0]).machine))
        ctypes.CDLL(str(path))
        stack = next(line for line in Path("/proc/self/maps").read_text().splitlines() if line.endswith("[stack]"))
        assert stack.split()[1] == "rw-p"

    def test_a_call_ends_the_process_at_once(self, tmp_path: Path) -> None:
        path = tmp_path / "stub.so"
        path.write_bytes(build_stub("libstub.so.9", ["glClear"], read_imports(wheel()[0]).machine))
        done = run(discover(require=True), f"import ctypes; ctypes.CDLL({str(path)!r}).glClear()", [tmp_path])
        assert done.signal == signal.SIGSEGV

    @pytest.mark.parametrize("machine", [X86_64, AARCH64])
    def test_its_headers_say_what_the_gabi_asks(self, machine: Machine) -> None:
        image = build_stub("libGL.so.1", ["glClear", "glFlush"], machine)
        assert image[:7] == b"\x7fELF\x02\x01\x01"
        kind, number, version = struct.unpack_from("<HHI", image, 16)
        assert (kind, number, version) == (3, machine.number, 1)
        segments = {entry[0]: entry for entry in struct.iter_unpack("<IIQQQQQQ", image[64 : 64 + 3 * 56])}
        load, dynamic, stack = segments[1], segments[2], segments[0x6474E551]
        assert (load[2], load[3], load[5], load[7]) == (0, 0, len(image), 0x10000)
        assert not any(segment[1] & 1 for segment in (load, dynamic, stack))
        tags = dict(struct.iter_unpack("<qQ", image[dynamic[2] : dynamic[2] + dynamic[5]]))
        strings = image[tags[5] : tags[5] + tags[10]]
        assert tags[5] + tags[10] == len(image)
        assert strings[tags[14] :].startswith(b"libGL.so.1\0")
        symbols = list(struct.iter_unpack("<IBBHQQ", image[tags[6] : tags[6] + 3 * 24]))
        assert [strings[name:].split(b"\0")[0] for name, *_ in symbols] == [b"", b"glClear", b"glFlush"]

    def test_a_32_bit_object_and_other_files_are_told_apart(self, tmp_path: Path) -> None:
        path = tmp_path / "object"
        for content in (b"", b"text", b"\x7fELF\x01\x01\x01".ljust(64, b"\0"), build_stub("a.so", ["a"], X86_64)):
            path.write_bytes(content)
            with pytest.raises(UnknownObject):
                read_imports(path)

    def test_the_imports_of_the_extension_are_read(self) -> None:
        imports = read_imports(wheel()[0])
        assert {"glClear", "eglGetProcAddress", "XML_Parse"} <= set(imports.names)
        assert "PyInit_skia" not in imports.names
