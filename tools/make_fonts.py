"""Make the shipped fonts: `make_fonts.py SOURCES`, run again only when a font is added or updated.

SOURCES is a folder into which these were unpacked (`dpkg -x`, `tar -x`), all of them under free licences:
Debian packages fonts-inter-variable, fonts-noto-core, fonts-noto-cjk, fonts-droid-fallback, fonts-jetbrains-mono and
fonts-bebas-neue; npm package @infolektuell/noto-color-emoji.

Writes font files, licences and `manifest.json` under services/renderer/fonts. The same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

FONTS = Path(__file__).parent.parent / "services" / "renderer" / "fonts"
PUBLISHED = Path(__file__).parent.parent / "contracts" / "fonts.json"
WEIGHTS = {400: "Regular", 500: "Medium", 600: "SemiBold", 700: "Bold", 800: "ExtraBold", 900: "Black"}

#: scripts of the fall-back chain, from Noto Sans: with a regular and a bold face, or bold alone (captions are bold)
SCRIPTS = ("Arabic", "Hebrew", "Devanagari", "Thai")
BOLD_SCRIPTS = (
    "Bengali",
    "Gurmukhi",
    "Gujarati",
    "Tamil",
    "Telugu",
    "Kannada",
    "Malayalam",
    "Sinhala",
    "Lao",
    "Khmer",
    "Myanmar",
    "Georgian",
    "Armenian",
    "Ethiopic",
)

Face = dict[str, str | int]


def characters(codec: str, leads: range, trails: Iterable[int]) -> set[int]:
    """The characters of a double-byte character set."""
    found = set()
    for lead in leads:
        for trail in trails:
            try:
                found.add(ord(bytes((lead, trail)).decode(codec)))
            except UnicodeDecodeError:
                continue
    return found


def cjk_characters() -> set[int]:
    """GB 2312, JIS X 0208, Big5 level 1, KS X 1001 without its hanja, every Hangul syllable, kana, full-width forms."""
    high = range(0xA1, 0xFF)
    return (
        characters("gb2312", range(0xA1, 0xF8), high)
        | characters("euc_jp", range(0xA1, 0xF5), high)
        | characters("euc_kr", range(0xA1, 0xCA), high)
        | characters("big5", range(0xA1, 0xC7), [*range(0x40, 0x7F), *high])
        | set(range(0xAC00, 0xD7A4))
        | set(range(0x3000, 0x3130))
        | set(range(0x31F0, 0x3200))
        | set(range(0xFF00, 0xFFF0))
    ) - set(range(0x0020, 0x0530))


def reduced(font: TTFont, unicodes: Iterable[int], features: list[str], scripts: list[str] | None = None) -> TTFont:
    """The font with those characters only, horizontal and unhinted."""
    options = subset.Options()
    options.layout_features = features
    if scripts:
        options.layout_scripts = scripts
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["vhea", "vmtx", "VORG", "BASE"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=unicodes)
    subsetter.subset(font)
    return font


class Shelf:
    """The fonts folder being filled."""

    def __init__(self, sources: Path) -> None:
        self.sources = sources
        self.families: dict[str, list[Face]] = {}
        self.emoji: list[Face] = []
        self.fallbacks: dict[str, list[Face]] = {}

    def find(self, name: str) -> Path:
        return next(path for path in sorted(self.sources.rglob(name)) if path.is_file())

    def open(self, name: str, number: int = -1) -> TTFont:
        return TTFont(self.find(name), fontNumber=number, recalcTimestamp=False)

    def put(self, font: TTFont | Path, name: str, weight: int) -> Face:
        target = FONTS / name
        if isinstance(font, Path):
            shutil.copyfile(font, target)
        else:
            font.flavor = None
            font.save(target)
        return {"file": name, "weight": weight, "sha256": hashlib.sha256(target.read_bytes()).hexdigest()}

    def licence(self, package: str, name: str) -> None:
        shutil.copyfile(self.find(f"doc/{package}/copyright"), FONTS / "licences" / f"{name}.txt")


def families(shelf: Shelf) -> None:
    inter = []
    for weight, style in WEIGHTS.items():
        instance = instancer.instantiateVariableFont(
            shelf.open("Inter-roman.var.ttf"), {"wght": weight}, updateFontNames=True
        )
        inter.append(shelf.put(instance, f"Inter-{style}.ttf", weight))
    shelf.families["Inter"] = inter
    shelf.families["Noto Serif Display"] = [
        shelf.put(shelf.find(f"NotoSerifDisplay-{style}.ttf"), f"NotoSerifDisplay-{style}.ttf", weight)
        for style, weight in (("Regular", 400), ("Bold", 700))
    ]
    shelf.families["Bebas Neue"] = [shelf.put(shelf.find("BebasNeue-Bold.otf"), "BebasNeue-Bold.otf", 700)]
    shelf.families["JetBrains Mono"] = [
        shelf.put(shelf.find(f"JetBrainsMono-{style}.ttf"), f"JetBrainsMono-{style}.ttf", weight)
        for style, weight in (("Regular", 400), ("ExtraBold", 800))
    ]


def emoji(shelf: Shelf) -> None:
    """Colour emoji (COLRv1) come in slices; each sequence is whole in one of them."""
    slices = shelf.sources.rglob("*noto-color-emoji*/package/files/*.woff2")
    for path in sorted(slices, key=lambda path: int(path.stem)):
        font = TTFont(path, recalcTimestamp=False)
        shelf.emoji.append(shelf.put(font, f"NotoColorEmoji-{path.stem}.ttf", 400))


def fallbacks(shelf: Shelf) -> None:
    """Families asked in this order for what the chosen one lacks."""
    latin = shelf.open("Inter-roman.var.ttf").getBestCmap()
    for script in (*SCRIPTS, *BOLD_SCRIPTS):
        styles = (("Regular", 400), ("Bold", 700))[script in BOLD_SCRIPTS :]
        names = [(f"NotoSans{script}-{style}.ttf", weight) for style, weight in styles]
        shelf.fallbacks[f"Noto Sans {script}"] = [shelf.put(shelf.find(name), name, weight) for name, weight in names]
    # Chinese forms unless the text's language is Japanese. Korean and traditional Chinese are told apart by character.
    cjk = reduced(
        shelf.open("NotoSansCJK-Bold.ttc", 2),
        cjk_characters() - latin.keys(),
        ["locl", "ccmp", "ljmo", "vjmo", "tjmo"],
        ["DFLT.dflt", "DFLT.JAN", "hani.dflt", "hani.JAN", "kana.dflt", "kana.JAN", "hang.dflt", "hang.KOR"],
    )
    shelf.fallbacks["Noto Sans CJK"] = [shelf.put(cjk, "NotoSansCJK-Bold.otf", 700)]
    for name in ("Noto Sans", "Noto Sans Symbols", "Noto Sans Symbols2"):
        file = f"{name.replace(' ', '')}-Regular.ttf"
        font = shelf.open(file)
        font = reduced(font, font.getBestCmap().keys() - latin.keys(), ["*"])
        shelf.fallbacks[name] = [shelf.put(font, file, 400)]
    droid = shelf.open("DroidSansFallbackFull.ttf")
    rare = reduced(droid, droid.getBestCmap().keys() - cjk.getBestCmap().keys(), [])
    shelf.fallbacks["Droid Sans Fallback"] = [shelf.put(rare, "DroidSansFallback.ttf", 400)]


def licences(shelf: Shelf) -> None:
    for package, name in (
        ("fonts-inter-variable", "Inter"),
        ("fonts-noto-core", "Noto"),
        ("fonts-noto-cjk", "NotoSansCJK"),
        ("fonts-droid-fallback", "DroidSansFallback"),
        ("fonts-jetbrains-mono", "JetBrainsMono"),
        ("fonts-bebas-neue", "BebasNeue"),
    ):
        shelf.licence(package, name)
    emoji = next(shelf.sources.rglob("*noto-color-emoji*/package/LICENSE"))
    text = re.sub(r"[ \t]+\n", "\n", emoji.read_text())
    (FONTS / "licences" / "NotoColorEmoji.txt").write_text(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sources", type=Path)
    shelf = Shelf(parser.parse_args().sources)
    (FONTS / "licences").mkdir(parents=True, exist_ok=True)
    families(shelf)
    emoji(shelf)
    fallbacks(shelf)
    licences(shelf)
    manifest = {"families": shelf.families, "emoji": shelf.emoji, "fallbacks": shelf.fallbacks}
    (FONTS / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    from services.renderer.engine.text import fonts  # reads the manifest just written

    PUBLISHED.write_text(json.dumps(fonts.families(), indent=2) + "\n")


if __name__ == "__main__":
    main()
