"""Headers that tell browsers what our pages may do.

No COOP or COEP: nothing here needs shared memory, and they would break embedding and pop-ups for nothing.
"""

from __future__ import annotations

from typing import Final

#: the web app: everything from here; blob: for pictures and films it makes itself; WebAssembly for the browser renderer
PAGE_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",  # components position pop-ups with style attributes
        "img-src 'self' blob: data:",
        "media-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
#: everything else is no page: nothing in it may run, load or be framed
DATA_POLICY: Final = "default-src 'none'; frame-ancestors 'none'; sandbox"

COMMON: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT_TRANSPORT: Final = {"Strict-Transport-Security": "max-age=31536000"}


def security_headers(*, page: bool, https: bool) -> dict[str, str]:
    """For the web app's files (`page`) or any other answer; `https`: the installation's address is an https one."""
    headers = COMMON | {"Content-Security-Policy": PAGE_POLICY if page else DATA_POLICY}
    return headers | STRICT_TRANSPORT if https else headers
