"""HTTP as every service of the studio speaks it.

routes.py       router of a service: names of operations, strict JSON bodies
body.py         Body, Text: what may come in               problems.py   errors as RFC 9457 problems, their catalogue
pages.py        keyset pages with signed cursors           etag.py       ETag, If-Match
idempotency.py  acts that are done once                    limits.py     rate limits and their headers
sse.py          server-sent events                         ranges.py     media: ranges, HEAD, conditional requests
addresses.py    the client's address behind proxies        hosts.py      which Host names are ours
headers.py      security headers                           site.py       the web app's files
app.py          all of it as one FastAPI application
"""

from kernel.http.body import Body, Text, body_limit
from kernel.http.pages import Page, PageQuery
from kernel.http.problems import problems
from kernel.http.routes import api_router

__all__ = ["Body", "Page", "PageQuery", "Text", "api_router", "body_limit", "problems"]
