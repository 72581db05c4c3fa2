"""Text that may be shown: escaped, and without characters that a page must not hold."""

from __future__ import annotations

import html
import re

# what no HTML may hold: control characters, and surrogates, which have no UTF-8
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def escaped(text: str) -> str:
    """Text that is nothing but text, in elements and in attributes."""
    return html.escape(FORBIDDEN.sub("\ufffd", text), quote=True)


# what HTML cannot hold, and what turns the direction of the text behind it
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def clean(text: str) -> str:
    """Text without characters that a page cannot show."""
    return _UNSHOWN.sub("\ufffd", text)
