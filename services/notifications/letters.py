"""The words of the letters, English and French. The text is the letter; the HTML is the same words, laid out."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from services.notifications.kinds import Kind


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and body of one kind in one language, and what the link says. `{…}` are the notification's params."""

    subject: str
    body: str
    act: str
    path: str


_LETTERS: dict[str, dict[Kind, Words]] = {
    "en": {
        Kind.VIDEO_READY: Words(
            "“{title}” is ready", "Your video “{title}” is finished ({seconds}).", "Watch it", "/videos/{video_id}"
        ),
        Kind.VIDEO_FAILED: Words(
            "“{title}” couldn't be made",
            "Your video “{title}” stopped: {detail}",
            "See what happened and try again",
            "/videos/{video_id}",
        ),
        Kind.QUOTA_NEAR: Words(
            "You have used {percent} % of your {quota}",
            "{used} of {limit} are used in this period.",
            "See your usage",
            "/usage",
        ),
        Kind.QUOTA_REACHED: Words(
            "Your {quota} is used up",
            "{used} of {limit} are used. New videos wait until the next period or a larger plan.",
            "See your usage",
            "/usage",
        ),
        Kind.KEY_REJECTED: Words(
            "{connector} refuses your key",
            "{connector} no longer accepts the key you stored. Videos that need it wait for a new one.",
            "Replace the key",
            "/settings/connections",
        ),
        Kind.NEW_SIGN_IN: Words(
            "New sign-in to your account",
            "Someone signed in to your account from a device it hadn't seen. If it was you, there is nothing to do.",
            "Look at your sessions",
            "/settings/security",
        ),
        Kind.SESSION_STOLEN: Words(
            "We signed one of your devices out",
            "An old sign-in of yours was used again, which can mean that it was copied. We closed it everywhere. "
            "Sign in again, and change your password if you didn't expect this.",
            "Look at your sessions",
            "/settings/security",
        ),
        Kind.PLAN_CHANGED: Words("You are on the {plan} plan", "Your plan is now {plan}.", "See your plan", "/usage"),
    },
    "fr": {
        Kind.VIDEO_READY: Words(
            "« {title} » est prête",
            "Votre vidéo « {title} » est terminée ({seconds}).",
            "La regarder",
            "/videos/{video_id}",
        ),
        Kind.VIDEO_FAILED: Words(
            "« {title} » n'a pas pu être créée",
            "Votre vidéo « {title} » s'est arrêtée : {detail}",
            "Voir pourquoi et réessayer",
            "/videos/{video_id}",
        ),
        Kind.QUOTA_NEAR: Words(
            "Vous avez utilisé {percent} % de votre quota ({quota})",
            "{used} sur {limit} utilisés pour cette période.",
            "Voir l'utilisation",
            "/usage",
        ),
        Kind.QUOTA_REACHED: Words(
            "Votre quota est épuisé ({quota})",
            "{used} sur {limit} utilisés. Les nouvelles vidéos attendent la prochaine période ou une offre supérieure.",
            "Voir l'utilisation",
            "/usage",
        ),
        Kind.KEY_REJECTED: Words(
            "{connector} refuse votre clé",
            "{connector} n'accepte plus la clé enregistrée. Les vidéos qui en ont besoin attendent la nouvelle.",
            "Remplacer la clé",
            "/settings/connections",
        ),
        Kind.NEW_SIGN_IN: Words(
            "Nouvelle connexion à votre compte",
            "Quelqu'un s'est connecté à votre compte depuis un appareil inconnu. Si c'était vous, rien à faire.",
            "Voir vos sessions",
            "/settings/security",
        ),
        Kind.SESSION_STOLEN: Words(
            "Nous avons déconnecté un de vos appareils",
            "Une ancienne connexion a été réutilisée, ce qui peut vouloir dire qu'elle a été copiée. Nous l'avons "
            "fermée partout. Reconnectez-vous, et changez de mot de passe si cela vous surprend.",
            "Voir vos sessions",
            "/settings/security",
        ),
        Kind.PLAN_CHANGED: Words(
            "Vous êtes passé à l'offre {plan}", "Votre offre est maintenant {plan}.", "Voir votre offre", "/usage"
        ),
    },
}

_QUOTAS = {
    "en": {
        "videos": "videos",
        "render_seconds": "render minutes",
        "storage_bytes": "storage",
        "members": "members",
        "concurrent_jobs": "videos at once",
    },
    "fr": {
        "videos": "vidéos",
        "render_seconds": "minutes de rendu",
        "storage_bytes": "stockage",
        "members": "membres",
        "concurrent_jobs": "vidéos simultanées",
    },
}

_FOOT = {
    "en": "You get this letter because of your notification settings.",
    "fr": "Vous recevez ce message selon vos préférences de notification.",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter ready to send."""

    subject: str
    text: str
    html: str


def write(kind: Kind, params: dict[str, Any], *, locale: str, base_url: str) -> Letter:
    """The letter about a notification, in English or French (English for any other locale)."""
    language = locale if locale in _LETTERS else "en"
    words = _LETTERS[language][kind]
    filled = {name: _readable(language, name, value, params) for name, value in params.items()}
    # One line: a title with a line break must not become a header of its own.
    subject = " ".join(words.subject.format_map(filled).split())
    body = words.body.format_map(filled)
    link = base_url.rstrip("/") + words.path.format_map(filled)
    foot, settings = _FOOT[language], base_url.rstrip("/") + "/settings/notifications"
    text = f"{body}\n\n{words.act}: {link}\n\n--\n{foot}\n{settings}\n"
    return Letter(subject, text, _html(subject, body, words.act, link, foot, settings))


def _readable(language: str, name: str, value: Any, params: dict[str, Any]) -> str:
    quota = params.get("quota")
    if name == "quota":
        return _QUOTAS[language].get(str(value), str(value))
    if name == "seconds":
        minutes, seconds = divmod(round(float(value)), 60)
        return f"{minutes}:{seconds:02d}"
    if name in ("used", "limit") and quota == "storage_bytes":
        return f"{int(value) / 1e9:.1f} GB" if language == "en" else f"{int(value) / 1e9:.1f} Go".replace(".", ",")
    if name in ("used", "limit") and quota == "render_seconds":
        return f"{int(value) // 60} min"
    return str(value)


def _html(subject: str, body: str, act: str, link: str, foot: str, settings: str) -> str:
    return (
        '<!doctype html><html><body style="margin:0;background:#f6f6f7;font:16px/1.5 system-ui,sans-serif;'
        'color:#17181a">'
        '<div style="max-width:520px;margin:32px auto;background:#fff;border-radius:12px;padding:32px">'
        f'<h1 style="font-size:20px;margin:0 0 12px">{escape(subject)}</h1>'
        f'<p style="margin:0 0 24px">{escape(body)}</p>'
        f'<a href="{escape(link)}" style="display:inline-block;background:#4f46e5;color:#fff;text-decoration:none;'
        f'padding:10px 18px;border-radius:8px">{escape(act)}</a></div>'
        f'<p style="max-width:520px;margin:0 auto 32px;font-size:12px;color:#6b6f76">{escape(foot)} '
        f'<a href="{escape(settings)}" style="color:#6b6f76">{escape(settings)}</a></p></body></html>'
    )
