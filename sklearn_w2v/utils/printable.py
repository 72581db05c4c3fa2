"""Text that a web page can show: escaped, and without characters that it must not hold."""

from __future__ import annotations

import html
import re

# what HTML must not hold (control characters, surrogates, noncharacters), and marks that turn
# the direction of whatever comes after them
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]"
)


def clean(text: str) -> str:
    """Replace the characters that a page must not hold, one by one."""
    return _FORBIDDEN.sub("\ufffd", text)


def escaped(text: str) -> str:
    """Escape text for HTML, for elements and for attributes."""
    return html.escape(clean(text), quote=True)
