"""A script from pasted text, without a language model: cut into scenes of a few seconds each.

Every word of the text is kept, in order; only marks that are not read (Markdown signs, bullets) go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import regex

from services.orchestrator.providers import speech_text

CONNECTOR_ID = "script-offline"
MAX_SCENES = 500

_Kind = Literal["text", "item", "heading"]
_WORDS_PER_SECOND = 2.6  # a calm narrator, pauses included
_CHARACTERS_PER_WORD = 2.0  # in scripts without spaces

_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_WORD = regex.compile(r"[^\s\p{L}\p{N}]*[\p{L}\p{N}]\S*")
_UNSPACED_START = regex.compile(rf"[\p{{Ps}}\p{{Pi}}]*{_UNSPACED.pattern}")
_UNSPACED_END = regex.compile(rf"(?:{_UNSPACED.pattern}|[。！？｡，、」』）：；])$")
_HEADING = regex.compile(r"^ {0,3}#{1,6}[ \t]+(.+?)[ \t]*#*$")
_UNDERLINE = regex.compile(r"^ {0,3}(?:=+|-{2,})[ \t]*$")
_BULLET = regex.compile(r"^[ \t]*(?:[-*+•‣▪–][ \t]+|\d{1,3}[.)][ \t]+(?=\S))")
_RULE = regex.compile(r"^[ \t]*(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})$")

# words after which a full stop ends nothing; compared in lower case, without the stop
_ABBREVIATIONS_BY_LANGUAGE = {
    "en": "mr mrs ms dr prof st vs etc inc ltd co corp jr sr no vol fig approx dept est gen sen rep",
    "fr": "m mm mme mlle me pr env cf av apr éd ex hab max min tél chap art p",
    "de": "bzw ca nr str hr usw evtl ggf",
    "es": "sra srta dra ud uds pág",
    "it": "sig dott ecc",
    "nl": "bijv blz",
    "months": "jan feb mar apr jun jul aug sep sept oct nov dec",
}
_ABBREVIATIONS = frozenset(word for line in _ABBREVIATIONS_BY_LANGUAGE.values() for word in line.split())
_SENTENCE_END = regex.compile(
    r"(?:[.!?…]+[\p{Pe}\p{Pf}\"'”’»]*(?:[\u00a0\u202f ]+»)?|[。！？｡…]+[」』）”’]*)"
    r"(?=\s|$|(?<=[。！？｡][」』）”’]*)\S)"
)
# where a long sentence may be cut, the better places first; the cut comes after the match
_CUTS = (
    regex.compile(r"[;:；：][\p{Pe}\p{Pf}\"”]*\s*|\s+[—–]\s+|[，、]+(?=\S)"),
    regex.compile(r",[\p{Pe}\p{Pf}\"”]*\s+|،\s+|[，、]"),
    regex.compile(
        r"\s+(?=(?:and|but|or|because|which|that|who|while|when|where|so|then|et|mais|ou|car|qui|que|dont|où|quand|lorsque|"
        r"puis|afin|parce|und|aber|oder|weil|dass|y|pero|porque|cuando|e|ma|perché|quando|mas|en|maar|omdat)\s)",
        regex.I,
    ),
    regex.compile(r"\s+"),
)


@dataclass(frozen=True, slots=True)
class ScriptScene:
    """What is said in one scene, and the heading it stands under (on the first scene after it only)."""

    text: str
    heading: str | None = None


def split_script(text: str, *, language: str = "en", target_seconds: float = 6.0) -> list[ScriptScene]:
    """Scenes of about `target_seconds` from plain text, an article or Markdown; an empty list for no words.

    Paragraphs and headings always begin a scene; short list items share one, and so do short sentences. Long ones
    are cut at commas and conjunctions. A heading is spoken too: it opens the text of its scene. More than 500 scenes
    are merged evenly.
    """
    ideal = target_seconds * _WORDS_PER_SECOND
    scenes: list[ScriptScene] = []
    heading: str | None = None
    open_list = False  # the last scene ends with a list item
    for block, kind in _blocks(text):
        cleaned = speech_text.clean(block, language).replace("\n", " ")
        if not cleaned or not regex.search(r"\w", cleaned):
            continue
        if kind == "heading":
            open_list = False
            if heading:  # a heading right under another: both are kept
                scenes.append(ScriptScene(heading, heading))
            heading = cleaned
            continue
        if kind == "item" and open_list:
            joined = _joined(_stopped(scenes[-1].text), cleaned)
            if length(joined) <= 1.05 * ideal:
                scenes[-1] = ScriptScene(joined, scenes[-1].heading)
                continue
        open_list = kind == "item"
        for part in _fill(_sentences(cleaned), ideal):
            spoken = f"{_stopped(heading)} {part}" if heading else part
            scenes.append(ScriptScene(spoken, heading))
            heading = None
    if heading:
        scenes.append(ScriptScene(heading, heading))
    return _at_most(scenes, MAX_SCENES)


def length(text: str) -> float:
    """Length in words; scripts without spaces are counted by characters."""
    unspaced = len(_UNSPACED.findall(text))
    return unspaced / _CHARACTERS_PER_WORD + len(_WORD.findall(_UNSPACED.sub(" ", text)))


def _blocks(text: str) -> list[tuple[str, _Kind]]:
    """Paragraphs, list items and headings in order."""
    blocks: list[tuple[list[str], _Kind]] = [([], "text")]
    lines = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").split("\n")
    for line in lines:
        previous = blocks[-1]
        if heading := _HEADING.match(line):
            blocks += [([heading[1]], "heading"), ([], "text")]
        elif _UNDERLINE.match(line) and len(previous[0]) == 1 and previous[1] == "text":
            blocks[-1] = (previous[0], "heading")
            blocks.append(([], "text"))
        elif not line.strip() or _RULE.match(line):
            blocks.append(([], "text"))
        elif bullet := _BULLET.match(line):
            number = bullet.group().strip()
            item = line[bullet.end() :]
            blocks.append(([f"{number} {item}" if number[0].isdigit() else item], "item"))
        else:
            previous[0].append(line)
    return [("\n".join(lines), kind) for lines, kind in blocks if lines]


def _sentences(text: str) -> list[str]:
    sentences: list[str] = []
    start = 0
    for match in _SENTENCE_END.finditer(text):
        before = text[start : match.start()]
        after = text[match.end() :].lstrip()
        if match.group().startswith(".") and not match.group().startswith(".."):
            last = before.split()[-1].lstrip("(«\"'“") if before.split() else ""
            initial = regex.fullmatch(r"\p{Lu}|(?:\p{L}\.)+\p{L}", last)
            if last.lower() in _ABBREVIATIONS or initial or regex.fullmatch(r"\d{1,3}", before.strip()):
                continue
        if after and after[0].islower():
            continue  # "Yahoo! is", "wait… what"
        sentences.append(text[start : match.end()].strip())
        start = match.end()
    if text[start:].strip():
        sentences.append(text[start:].strip())
    return sentences


def _fill(sentences: list[str], ideal: float) -> list[str]:
    """Sentences gathered and cut so that each part is near the ideal length."""
    parts: list[str] = []
    for sentence in sentences:
        for piece in _cut(sentence, ideal):
            joined = _joined(parts[-1], piece) if parts else piece
            short = parts and (length(parts[-1]) < 0.55 * ideal or length(piece) < 0.35 * ideal)
            if parts and length(joined) <= (1.35 if short else 1.05) * ideal:
                parts[-1] = joined
            else:
                parts.append(piece)
    return parts


def _cut(sentence: str, ideal: float) -> list[str]:
    """A sentence in parts of at most about 1.4 × ideal, cut at the best place nearest to the middle."""
    if length(sentence) <= 1.4 * ideal:
        return [sentence]
    whole = length(sentence)
    count = max(2, round(whole / ideal))
    wanted = whole * (count // 2) / count
    for pattern in _CUTS if whole > 1.7 * ideal else _CUTS[:-1]:
        places = [match.end() for match in pattern.finditer(sentence) if 0 < match.end() < len(sentence)]
        near = [(abs(length(sentence[:at]) - wanted), at) for at in places]
        near = [(gap, at) for gap, at in near if gap <= 0.3 * whole]
        if near:
            _, at = min(near)
            break
    else:
        if whole <= 1.7 * ideal:
            return [sentence]  # a little long is better than cut in the middle of a phrase
        at = _grapheme_near(sentence, len(sentence) // 2)
        if at in (0, len(sentence)) or not _UNSPACED.search(sentence):
            return [sentence]
    return [*_cut(sentence[:at].strip(), ideal), *_cut(sentence[at:].strip(), ideal)]


def _grapheme_near(text: str, index: int) -> int:
    at = 0
    for grapheme in regex.findall(r"\X", text):
        if at >= index:
            break
        at += len(grapheme)
    return at


def _joined(before: str, after: str) -> str:
    """Two parts as one text: without a space between scripts that have none."""
    glued = _UNSPACED_START.match(after) and _UNSPACED_END.search(before)
    return f"{before}{'' if glued else ' '}{after}"


def _stopped(heading: str) -> str:
    """A heading with a full stop, so that the voice rests after it."""
    if regex.search(r"[\p{P}]$", heading):
        return heading
    return heading + ("。" if _UNSPACED.search(heading) else ".")


def _at_most(scenes: list[ScriptScene], most: int) -> list[ScriptScene]:
    if len(scenes) <= most:
        return scenes
    merged = []
    for i in range(most):
        group = scenes[i * len(scenes) // most : (i + 1) * len(scenes) // most]
        text = group[0].text
        for scene in group[1:]:
            text = _joined(text, scene.text)
        merged.append(ScriptScene(text, next((scene.heading for scene in group if scene.heading), None)))
    return merged
