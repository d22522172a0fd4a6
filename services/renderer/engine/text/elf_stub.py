"""Shared objects that hold names and no code: enough for the loader to resolve functions nobody will call.

Formats: System V gABI chapters 4 and 5 (ELF-64, dynamic section, hash table), which glibc's ld.so reads.
The image is one writable, non-executable segment; every name points into it, so that a call ends the process with
SIGSEGV at once. It needs no instructions of any processor and loads from a file system mounted noexec.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_MAGIC: Final = b"\x7fELF"
_CLASS_64, _LITTLE_ENDIAN, _CURRENT = 2, 1, 1
_IDENT: Final = (_MAGIC + bytes([_CLASS_64, _LITTLE_ENDIAN, _CURRENT])).ljust(16, b"\0")

_ET_DYN: Final = 3
_PT_LOAD, _PT_DYNAMIC, _PT_GNU_STACK = 1, 2, 0x6474E551
_READ_WRITE: Final = 6
_DT_NULL, _DT_HASH, _DT_STRTAB, _DT_SYMTAB, _DT_STRSZ, _DT_SYMENT, _DT_SONAME = 0, 4, 5, 6, 10, 11, 14
_SHT_DYNSYM: Final = 11
_GLOBAL_FUNCTION: Final = 1 << 4 | 2
#: any section number but 0 and the reserved ones: the name is defined here (there is no table of sections)
_DEFINED: Final = 1
#: a multiple of every page size in use (4, 16 and 64 KiB)
_PAGE: Final = 0x10000

_HEADER: Final = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT: Final = struct.Struct("<IIQQQQQQ")
_SECTION: Final = struct.Struct("<IIQQQQIIQQ")
_SYMBOL: Final = struct.Struct("<IBBHQQ")
_DYNAMIC: Final = struct.Struct("<qQ")


class UnknownObject(ValueError):
    """The file isn't a 64-bit little-endian ELF object with a table of sections."""


@dataclass(frozen=True, slots=True)
class Machine:
    """For which processor an object is: `e_machine` and `e_flags` of its header."""

    number: int
    flags: int


@dataclass(frozen=True, slots=True)
class Imports:
    """What a shared object is built for, and the names it expects others to define."""

    machine: Machine
    names: tuple[str, ...]


def read_imports(path: Path) -> Imports:
    """The undefined names of the object's dynamic symbol table (.dynsym), in its order.

    Raises UnknownObject for other formats, and OSError.
    """
    try:
        with path.open("rb") as file:

            def read(offset: int, size: int) -> bytes:
                file.seek(offset)
                return file.read(size)

            header = _HEADER.unpack(read(0, _HEADER.size))
            ident, machine, section_offset, flags = header[0], header[2], header[6], header[7]
            section_size, section_count = header[11], header[12]
            if ident[:6] != _IDENT[:6] or section_size != _SECTION.size:
                raise UnknownObject(f"{path.name} is not a 64-bit little-endian ELF object")
            sections = list(_SECTION.iter_unpack(read(section_offset, section_size * section_count)))
            _, _, _, _, offset, size, link, *_ = next(section for section in sections if section[1] == _SHT_DYNSYM)
            symbols = list(_SYMBOL.iter_unpack(read(offset, size)))
            strings = read(sections[link][4], sections[link][5])
    except (struct.error, StopIteration, IndexError) as error:
        raise UnknownObject(f"{path.name} has no readable table of dynamic symbols") from error
    undefined = (strings[name : strings.index(b"\0", name)] for name, _, _, section, _, _ in symbols if section == 0)
    return Imports(Machine(machine, flags), tuple(name.decode() for name in undefined if name))


def build_stub(soname: str, names: Iterable[str], machine: Machine) -> bytes:
    """A shared object called `soname` that defines `names`; see the module about what a call does."""
    names = sorted(set(names))
    strings, at = _strings([soname, *names])
    hashes = _hash_table(names)
    symbols_at = _HEADER.size + 3 * _SEGMENT.size
    hashes_at = symbols_at + _SYMBOL.size * (len(names) + 1)
    dynamic_at = -(-(hashes_at + len(hashes)) // 8) * 8
    dynamic = b"".join(
        _DYNAMIC.pack(tag, value)
        for tag, value in (
            (_DT_SONAME, at[soname]),
            (_DT_HASH, hashes_at),
            (_DT_SYMTAB, symbols_at),
            (_DT_SYMENT, _SYMBOL.size),
            (_DT_STRTAB, dynamic_at + 7 * _DYNAMIC.size),
            (_DT_STRSZ, len(strings)),
            (_DT_NULL, 0),
        )
    )
    # What is called lies in the header: mapped, and never executable. An address of 0 would count as undefined.
    symbols = bytes(_SYMBOL.size) + b"".join(
        _SYMBOL.pack(at[name], _GLOBAL_FUNCTION, 0, _DEFINED, _HEADER.size, 0) for name in names
    )
    body = symbols + hashes.ljust(dynamic_at - hashes_at, b"\0") + dynamic + strings
    size = symbols_at + len(body)
    segments = (
        # Old loaders write into the dynamic section as they relocate it, so the segment is writable.
        _segment(_PT_LOAD, 0, size, _PAGE)
        + _segment(_PT_DYNAMIC, dynamic_at, len(dynamic), 8)
        # Without this entry the loader would make the stack of the whole process executable.
        + _segment(_PT_GNU_STACK, 0, 0, 16)
    )
    header = _HEADER.pack(
        _IDENT,
        _ET_DYN,
        machine.number,
        _CURRENT,
        0,
        _HEADER.size,
        0,
        machine.flags,
        _HEADER.size,
        _SEGMENT.size,
        3,
        _SECTION.size,
        0,
        0,
    )
    return header + segments + body


def _segment(kind: int, offset: int, size: int, alignment: int) -> bytes:
    return _SEGMENT.pack(kind, _READ_WRITE, offset, offset, offset, size, size, alignment)


def _strings(texts: Sequence[str]) -> tuple[bytes, dict[str, int]]:
    """A string table, and where in it each text begins; offset 0 is the empty string."""
    table, at = bytearray(b"\0"), {}
    for text in texts:
        at[text] = len(table)
        table += text.encode() + b"\0"
    return bytes(table), at


def _hash_table(names: Sequence[str]) -> bytes:
    """DT_HASH for symbols 1…n of those names: nbucket, nchain, heads of the chains, next of each symbol."""
    buckets, chains = [0] * max(1, len(names)), [0] * (len(names) + 1)
    for symbol, name in enumerate(names, start=1):
        bucket = _hash(name) % len(buckets)
        chains[symbol], buckets[bucket] = buckets[bucket], symbol
    words = [len(buckets), len(chains), *buckets, *chains]
    return struct.pack(f"<{len(words)}I", *words)


def _hash(name: str) -> int:
    """The gABI's hash function (figure 5-13)."""
    value = 0
    for byte in name.encode():
        value = (value << 4) + byte
        high = value & 0xF0000000
        value = (value ^ high >> 24) & ~high & 0xFFFFFFFF
    return value
