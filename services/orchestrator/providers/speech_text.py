"""Text made ready to be spoken: cleaned of markup, cut into the units that captions show.

Two forms of each unit are kept apart: `text`, what is written and shown, and `spoken`, what the engine is
given ("e.g." is spoken "for example", an emoji is not spoken at all).
"""

from __future__ import annotations

import html
import unicodedata
from dataclasses import dataclass

import regex

NBSP = "\u00a0"

_TAG_NAMES = (
    # HTML that comes along with pasted text
    "a|abbr|b|blockquote|br|code|del|div|em|font|h[1-6]|hr|i|img|ins|li|ol|p|pre|q|s|small|span|strong|sub|sup|table|"
    "tbody|td|th|thead|tr|u|ul|"
    # Speech Synthesis Markup Language 1.1 (W3C)
    "audio|break|desc|emphasis|lang|lexicon|lookup|mark|metadata|meta|paragraph|phoneme|prosody|say-as|sentence|speak|"
    "token|voice|w"
)
_BLOCK_TAG = regex.compile(r"</?(?:blockquote|br|div|h[1-6]|hr|li|ol|p|table|td|tr|ul)(?:\s[^<>]*)?/?>", regex.I)
_TAG = regex.compile(rf"</?(?:{_TAG_NAMES})(?:\s[^<>]*)?/?>|<!--.*?-->|<\?xml[^<>]*\?>", regex.I | regex.S)
_MARKDOWN_LINK = regex.compile(r"!?\[([^\[\]]*)\]\((?:[^()\s]|\([^()\s]*\))*(?:\s\"[^\"]*\")?\)")
_MARKDOWN_LINE_START = regex.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•][ \t]+)", regex.M)
_MARKDOWN_EMPHASIS = regex.compile(r"(?<![\w*])(\*{1,3}|_{1,3}|`{1,3}|~~)(?=\S)(.+?)(?<=\S)\1(?![\w*])", regex.S)
# control and format characters, except the joiners that Persian, Indic scripts and emoji need
_INVISIBLE = regex.compile(r"(?![\n\t \u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}]")

_EMOJI = regex.compile(
    r"(?![\u00a9\u00ae\u2122])\p{Extended_Pictographic}|[\U0001F1E6-\U0001F1FF\U0001F3FB-\U0001F3FF\uFE0E\uFE0F\u20E3]"
)
_SPOKEN_SIGNS = "%&+=@#$€£¥°§×÷<>©®™"
_PRONOUNCED = regex.compile(rf"[\p{{L}}\p{{N}}{_SPOKEN_SIGNS}]")
# a mark that stands alone belongs to the word before it (« Oui ! », "yes — no"), an opening one to the word after
_LONE_MARK = regex.compile(rf"(?<=[^ \n]) (?=[^\p{{L}}\p{{N}}{_SPOKEN_SIGNS}«„“‘(\[ \n]+(?:[ \n]|$))")
_LONE_OPENING = regex.compile(r"(?<=(?:^|[ \n])[«„“‘(\[]) (?=[^ \n])")
_SPACED_DIGITS = {"bg", "cs", "es", "et", "fi", "fr", "hu", "lt", "lv", "nb", "no", "pl", "ru", "sk", "sv", "uk"}
_NUMBER_SPACE = regex.compile(
    r"(?<=(?<![\d.,])\d{1,3}(?:[ \u00a0]\d{3})*)[ \u202f\u2009](?=\d{3}(?!\d))|(?<=\d) (?=[%€$£°])"
)
_DIGIT_SPACE = regex.compile(r"(?<=\d)[\u00a0\u202f\u2009](?=\d{3}(?!\d))")
_SILENT_MARKS = regex.compile(r"[*_~^|\\{}\[\]`]|<(?=\S)|(?<=\S)>")
_URL_SCHEME = regex.compile(r"\b(?:https?|ftp)://(?:www\.)?", regex.I)

_UNSPACED_SCRIPT = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_UNSPACED = regex.compile(rf"[{_UNSPACED_SCRIPT}]")
# A unit of unspaced text: opening marks, a core of one script, closing marks. A Japanese stem keeps its ending.
_UNSPACED_UNIT = regex.compile(
    r"[\p{Ps}\p{Pi}]*"
    r"(?:\p{Han}[\p{Han}々]*\p{Hiragana}*|[\p{Katakana}ー]+\p{Hiragana}*|\p{Hiragana}+"
    r"|[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+"
    rf"|[^{_UNSPACED_SCRIPT}\p{{Ps}}\p{{Pi}}]+|[\p{{Ps}}\p{{Pi}}]+)"
    rf"(?:(?![\p{{Ps}}\p{{Pi}}])[\p{{P}}\p{{S}}])*"
)
# Thai and Lao vowels written before, and after, the consonant they are spoken with
_OPENING_VOWELS = tuple("เแโใไເແໂໃໄ")
_FOLLOWING_VOWELS = tuple("ะาำๅๆฯະາຳໆຯ")
_HAN_RUN = regex.compile(r"\p{Han}{4,}")
_SOUTHEAST_ASIAN_RUN = regex.compile(r"[\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]{9,}")

# Written short, spoken in full; the engine would read the full stop as the end of a sentence.
_ABBREVIATIONS: dict[str, dict[str, str]] = {
    "en": {"Dr.": "Doctor", "Mr.": "Mister", "Mrs.": "Missis", "Ms.": "Miz", "Prof.": "Professor", "vs.": "versus",
           "e.g.": "for example", "i.e.": "that is", "approx.": "approximately"},
    "fr": {"M.": "Monsieur", "MM.": "Messieurs", "Mme": "Madame", "Mmes": "Mesdames", "Mlle": "Mademoiselle",
           "Dr": "Docteur", "Pr": "Professeur", "n°": "numéro", "N°": "numéro", "env.": "environ"},
    "de": {"Dr.": "Doktor", "Hr.": "Herr", "Fr.": "Frau", "z.B.": "zum Beispiel", "d.h.": "das heißt",
           "usw.": "und so weiter", "Nr.": "Nummer", "ca.": "circa", "bzw.": "beziehungsweise"},
    "es": {"Sr.": "Señor", "Sra.": "Señora", "Dr.": "Doctor", "Dra.": "Doctora", "Ud.": "usted", "núm.": "número"},
    "it": {"Sig.": "Signor", "Dott.": "Dottor", "ecc.": "eccetera"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """What is timed as one: a word with its punctuation, or a short run of a script without spaces."""

    text: str
    spoken: str  # "" when there is nothing to pronounce
    space_before: bool
    paragraph_before: bool

    @property
    def pronounced(self) -> bool:
        return bool(_PRONOUNCED.search(self.spoken))


def clean(text: str, language: str = "") -> str:
    """`text` without markup: what captions show and the voice reads.

    HTML and SSML tags, Markdown marks and invisible characters go, entities become characters, runs of
    white space become one space and blank lines one line break. What is not a known tag ("a < b") stays.
    A mark standing alone ("Oui !", "yes — no", an emoji after a word) is bound to its word by a no-break space,
    and so are groups of digits where `language` (BCP 47) writes them apart ("10 000 €" is one word in French).
    """
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n"))
    text = _BLOCK_TAG.sub("\n\n", text)
    text = html.unescape(_TAG.sub("", text))
    text = _MARKDOWN_LINK.sub(r"\1", text)
    text = _MARKDOWN_LINE_START.sub("\n", text)
    text = _MARKDOWN_EMPHASIS.sub(r"\2", text)
    text = _INVISIBLE.sub("", text)
    paragraphs = (" ".join(regex.split(r"[ \t\n\u3000]+", p.strip())) for p in regex.split(r"\n[ \t]*\n+", text))
    text = "\n".join(p for p in paragraphs if p)
    text = _LONE_OPENING.sub(NBSP, text)
    text = _LONE_MARK.sub(NBSP, text)
    if _primary(language) in _SPACED_DIGITS:
        text = _NUMBER_SPACE.sub(NBSP, text)
    return text


def units(cleaned: str, language: str) -> tuple[Unit, ...]:
    """The units of a `clean` text, in order: its parts between spaces and line breaks.

    Scripts written without spaces are cut further: Chinese into pairs of characters, Japanese where the
    script changes, Thai, Lao, Khmer and Burmese at likely syllables; then `space_before` is false.
    """
    made: list[Unit] = []
    for number, paragraph in enumerate(cleaned.split("\n")):
        for index, token in enumerate(paragraph.split(" ")):
            for part_index, part in enumerate(_parts(token)):
                first = part_index == 0
                made.append(
                    Unit(
                        text=part,
                        spoken=_spoken(part, language),
                        space_before=first and bool(made),
                        paragraph_before=first and index == 0 and number > 0,
                    )
                )
    return tuple(unit for unit in made if unit.text)


def _primary(language: str) -> str:
    return language.replace("_", "-").split("-")[0].lower()


def _spoken(token: str, language: str) -> str:
    table = _ABBREVIATIONS.get(_primary(language), {})
    core = token.lstrip("(«“\"'" + NBSP)
    for short, full in table.items():
        if core == short or (core.startswith(short) and not regex.match(r"[\p{L}\p{N}.]", core[len(short) :])):
            token = token.replace(short, full, 1)
            break
    token = _URL_SCHEME.sub("", token)
    token = _EMOJI.sub("", token).replace("\u200d", "" if _EMOJI.search(token) else "\u200d")
    if len(token) > 1:
        token = _SILENT_MARKS.sub(" ", token)
    return _DIGIT_SPACE.sub("", token).replace("’", "'").replace(NBSP, " ").strip()


def _parts(token: str) -> list[str]:
    if not _UNSPACED.search(token):
        return [token]
    parts: list[str] = []
    for match in _UNSPACED_UNIT.finditer(token):
        unit = match.group()
        if _HAN_RUN.search(unit):
            parts.extend(_cut(unit, least=2, most=2))
        elif _SOUTHEAST_ASIAN_RUN.search(unit):
            parts.extend(_cut(unit, least=3, most=6))
        else:
            parts.append(unit)
    return parts


def _cut(run: str, *, least: int, most: int) -> list[str]:
    """`run` in pieces of `least` to `most` letters; Thai and Lao break before a vowel that opens a syllable."""
    pieces: list[str] = [""]
    letters = 0
    for grapheme in regex.findall(r"\X", run):
        is_letter = regex.match(r"\p{L}", grapheme) is not None
        opens = grapheme[0] in _OPENING_VOWELS
        bound = grapheme[0] in _FOLLOWING_VOWELS or pieces[-1][-1:] in _OPENING_VOWELS
        if is_letter and not bound and (letters >= most or (letters >= least and opens)):
            pieces.append("")
            letters = 0
        pieces[-1] += grapheme
        letters += is_letter
    if letters == 1 and len(pieces) > 1 and least > 1:
        pieces[-2:] = ["".join(pieces[-2:])]
    return pieces
