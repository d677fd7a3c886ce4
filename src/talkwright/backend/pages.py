"""The few pages that the studio server renders itself, in the product's look and without a script."""

from __future__ import annotations

import secrets

from fastapi.responses import HTMLResponse
from markupsafe import Markup
from starlette.requests import HTTPConnection

REPORTED = "report-uri /api/policy-reports"
"""How a page's policy says where it is told that something broke it (ASVS 3.4.7).

Not `report-to`: browsers that know it pass `report-uri` over, but serve it over TLS only, and a studio on one's own
machine has none.
"""

STYLE = """
:root{color-scheme:light dark;--text:#16181d;--soft:#505661;--line:#d5d8dd;--page:#f5f6f7;--card:#fff;--sunken:#f6f7f8;
--accent:#2f5bde;--link:#274fc7}
@media (prefers-color-scheme:dark){:root{--text:#eceef1;--soft:#b0b5bf;--line:#33363e;--page:#0d0e11;--card:#17181c;
--sunken:#121317;--accent:#3f6be6;--link:#8fb0ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:13px/20px Inter,ui-sans-serif,system-ui,sans-serif}
.alone{min-height:100vh;display:grid;place-content:center;padding:16px}
.card{width:min(384px,calc(100vw - 32px));padding:28px 32px 32px;border:1px solid var(--line);border-radius:12px;
background:var(--card)}
h1{margin:0 0 4px;font-size:20px;line-height:28px}.card p{margin:0 0 24px;color:var(--soft)}
.button{height:36px;border-radius:6px;background:var(--accent);color:#fff;font-weight:600;display:grid;
place-content:center;text-decoration:none}.button:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.docs{margin:0 auto;max-width:960px;padding:32px;background:var(--card);min-height:100vh}
.docs h2{font-size:15px;margin-top:40px;border-bottom:1px solid var(--line);padding-bottom:8px}
details{border-bottom:1px solid var(--line);padding:8px 0}summary{cursor:pointer}a{color:var(--link)}
code,pre{font:12px/18px ui-monospace,Menlo,Consolas,monospace}.soft{color:var(--soft)}
.method{display:inline-block;width:64px;color:var(--link);font-weight:600}
"""


def page(title: str, body: Markup, *, status: int = 200) -> HTMLResponse:
    """A whole page around its body, under a policy that allows its own style and nothing else."""
    nonce = secrets.token_urlsafe(16)
    html = Markup(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{} · Talkwright</title>'
        '<style nonce="{}">{}</style></head><body>{}</body></html>'
    ).format(title, nonce, Markup(STYLE), body)  # noqa: S704 - the style is our own constant
    policy = f"default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'none'; base-uri 'none'; {REPORTED}"
    return HTMLResponse(html, status, headers={"Content-Security-Policy": policy})


def message_page(
    request: HTTPConnection, heading: str, text: str, *, status: int, link: str, link_text: str
) -> HTMLResponse:
    """A page that says something, with one way on."""
    del request
    body = Markup(
        '<main class="alone"><div class="card"><h1>{}</h1><p>{}</p><a class="button" href="{}">{}</a></div></main>'
    ).format(heading, text, link, link_text)
    return page(heading, body, status=status)
