"""From a letter's name and its values to a `Mail`, in the reader's language.

Values may come from strangers (a person's or workspace's name): they are escaped in HTML, and a name that looks like
an address of the web is replaced, as mail programs would make a link of it.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import regex

from kernel.ports import Mail

LetterName = Literal[
    "verify",
    "already_registered",
    "reset",
    "password_changed",
    "email_confirm",
    "email_taken",
    "email_changed",
    "invitation",
    "factor_added",
    "factor_removed",
    "recovery_used",
    "session_stolen",
    "account_deleted",
]
LOCALES: Final = ("en", "fr")
_LINK_LIKE: Final = regex.compile(r"://|www\.|[\p{L}\p{N}-]\.\p{L}{2,}|[<>@\\]", regex.IGNORECASE)
_PAGE: Final = (Path(__file__).parent / "letter.html.txt").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to write. `path` is the page its button opens, with the token in the fragment, or empty.

    A fragment never leaves the browser: it is in no access log, proxy or `Referer`.
    """

    name: LetterName
    to: str
    locale: str
    values: Mapping[str, str]
    path: str = ""


def compose(letter: Letter, base_url: str) -> Mail:
    """The letter as it is sent; every address in it begins with `base_url`."""
    words = _words(letter.locale)
    text = words["letters"][letter.name]
    values = _presentable(letter.values, words)
    link = base_url.rstrip("/") + letter.path if letter.path else ""
    reason = words["reason"].format(studio=base_url)
    body = [part.format_map(values) for part in text["body"]]
    note = text.get("note", "")
    heading = text["heading"].format_map(values)
    plain = [heading, *body, *([f"{text['button']}:\n{link}"] if link else []), note, f"-- \n{reason}"]
    return Mail(
        to=letter.to,
        subject=text["subject"].format_map(values),
        text="\n\n".join(part for part in plain if part) + "\n",
        html=_html(letter.locale, heading, body, text.get("button", ""), link, words["link_hint"], note, reason),
        headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
    )


def _html(
    locale: str, heading: str, body: list[str], button: str, link: str, link_hint: str, note: str, reason: str
) -> str:
    action = (
        f'<p style="margin:28px 0"><a class="button" href="{html.escape(link)}">{html.escape(button)}</a></p>'
        f'<p class="quiet">{html.escape(link_hint)}<br><span class="address">{html.escape(link)}</span></p>'
    )
    return _PAGE.format(
        locale=locale if locale in LOCALES else LOCALES[0],
        heading=html.escape(heading),
        body="".join(f"<p>{html.escape(part)}</p>" for part in body),
        action=action if link else "",
        note=f'<p class="quiet">{html.escape(note)}</p>' if note else "",
        reason=html.escape(reason),
    )


def _presentable(values: Mapping[str, str], words: dict[str, Any]) -> dict[str, str]:
    shown = dict(values)
    for name, instead in (("inviter", words["someone"]), ("workspace", words["a_workspace"])):
        if name in shown and _LINK_LIKE.search(shown[name]):
            shown[name] = instead
    if "role" in shown:
        shown["role"] = words["roles"][shown["role"]]
    if "factor" in shown:
        shown["factor"] = words["factors"][shown["factor"]]
    return shown


@cache
def _words(locale: str) -> dict[str, Any]:
    file = Path(__file__).parent / f"{locale if locale in LOCALES else LOCALES[0]}.json"
    words: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return words
