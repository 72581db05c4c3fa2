"""How much a request may ask for."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

MEGABYTE = 2**20


@dataclass(frozen=True)
class Limits:
    """How much a request may ask for; a larger one is refused.

    Parameters
    ----------
    body : int, default=2**20
        Bytes of a request's body.
    texts : int, default=1000
        Texts of a request.
    length : int, default=20000
        Characters of a text.
    explained : int, default=2000
        Characters of a text that is explained, which costs a hundred predictions.
    seconds : float, default=30.0
        Time in which a request must have come, and time in which it is answered.

    Raises
    ------
    ValueError
        A limit is not positive.
    """

    body: int = MEGABYTE
    texts: int = 1000
    length: int = 20_000
    explained: int = 2000
    seconds: float = 30.0

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if not 0 < value < float("inf"):
                raise ValueError(f"Got {one.name}={value!r} but expected a positive number.")

    @property
    def grace(self) -> int:
        """Whole seconds after which no request of before can still be on its way."""
        return 2 * math.ceil(self.seconds) + 1
