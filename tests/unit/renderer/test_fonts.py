"""The shipped fonts: what the manifest says is what the files are, and nothing listed is drawn as an empty box."""

import hashlib
import subprocess
import sys

import pytest

from services.renderer.engine.text import fonts

SCRIPTS = {
    "English": "Why tea matters, today! “Quotes” – dashes…",
    "French": "L’été à Noël : garçon, œuvre, Ÿ",
    "German": "Donaudampfschifffahrtsgesellschaft ẞß",
    "Vietnamese": "Tiếng Việt rất đẹp",
    "Greek": "Γειά σου Κόσμε",
    "Russian": "Привет, мир! Ёж",
    "Arabic": "أهلاً بكم في الفيديو، ٢٠٢٦؟",
    "Persian": "سلام دنیا پچژگ",
    "Hebrew": "שָׁלוֹם לכולם",
    "Hindi": "नमस्ते दुनिया, क्षत्रिय",
    "Bengali": "আমি বাংলায় গান গাই",
    "Tamil": "வணக்கம் உலகம்",
    "Thai": "สวัสดีชาวโลก ก้าวต่อไป",
    "Khmer": "សួស្តីពិភពលោក",
    "Georgian": "გამარჯობა",
    "Armenian": "Բարեւ աշխարհ",
    "Amharic": "ሰላም ለዓለም",
    "simplified Chinese": "你好，世界！今天喝茶。",
    "traditional Chinese": "繁體中文「測試」龍龘",
    "Japanese": "こんにちは、世界のお茶です。ｶﾀｶﾅー々",
    "Korean": "안녕하세요 세계 뷁 똠방각하",
    "emoji": "👨‍👩‍👧‍👦👍🏽🇩🇪❤️1️⃣🎉🫠☕",
    "symbols": "→ ★ ✓ ∑ ½ € ₿ ♫ © ™ °",
    "combining marks": "Z͑ͫ̓a̋ é q̃ x̄",
}


def test_every_file_has_the_hash_its_manifest_gives() -> None:
    library = fonts.library()
    faces = [
        *(face for group in library.families.values() for face in group),
        *library.emoji,
        *(face for group in library.fallbacks.values() for face in group),
    ]
    assert len({face.file for face in faces}) == len(faces)
    for face in faces:
        assert hashlib.sha256(face.path.read_bytes()).hexdigest() == face.sha256, face.file


def test_no_font_file_lies_beside_the_manifest_unlisted() -> None:
    library = fonts.library()
    groups = [*library.families.values(), library.emoji, *library.fallbacks.values()]
    listed = {face.file for group in groups for face in group}
    assert {path.name for path in fonts.FOLDER.glob("*.[ot]tf")} == listed


def test_families_have_distinct_stable_digests() -> None:
    families = fonts.families()
    assert {"Inter", "Noto Serif Display", "Bebas Neue", "JetBrains Mono"} == set(families)
    assert len(set(families.values())) == len(families)
    assert all(len(digest) == 64 for digest in families.values())
    assert families == fonts.families()


def test_asking_for_families_loads_neither_skia_nor_numpy() -> None:
    code = "import sys; from services.renderer.engine.text import fonts; fonts.families(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "services.renderer.engine.text.fonts" in loaded
    assert not {"skia", "numpy", "cv2"} & set(loaded)


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("family", ["Inter", "Bebas Neue"])
def test_no_listed_script_lacks_a_glyph(script: str, family: str) -> None:
    assert fonts.missing(SCRIPTS[script], family) == set()


def test_characters_without_a_glyph_are_named() -> None:
    assert fonts.missing("tea 𓀀 𒀀") == {"𓀀", "𒀀"}


def test_invisible_characters_need_no_glyph() -> None:
    assert fonts.missing("a\u200d\u200b\u2060\ufe0f\u00ad \t\n\u202e") == set()


def test_the_nearest_weight_is_taken_and_the_heavier_of_two() -> None:
    inter = fonts.library().families["Inter"]
    assert [fonts.nearest(inter, weight).weight for weight in (100, 400, 800, 900)] == [400, 400, 800, 900]
    assert fonts.nearest(fonts.library().families["Noto Serif Display"], 550).weight == 700


def test_every_family_has_its_licence() -> None:
    licences = {path.stem for path in (fonts.FOLDER / "licences").glob("*.txt")}
    assert licences == {
        "Inter",
        "Noto",
        "NotoSansCJK",
        "NotoColorEmoji",
        "DroidSansFallback",
        "JetBrainsMono",
        "BebasNeue",
    }
