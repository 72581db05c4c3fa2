"""Text that a web page can show: escaped, and without characters that HTML forbids."""

from __future__ import annotations

import html
import re

# what no HTML may hold: control characters, and surrogates, which have no UTF-8
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def escaped(text: str) -> str:
    """Escape text for HTML, for elements and for attributes."""
    return html.escape(FORBIDDEN.sub("\ufffd", text), quote=True)


# what HTML cannot hold, noncharacters included
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def clean(text: str) -> str:
    """Replace the characters that a page cannot show."""
    return _UNSHOWN.sub("\ufffd", text)
