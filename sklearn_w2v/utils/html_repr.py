"""Summaries of fitted estimators in scikit-learn's diagrams, such as coverage and table size.

Newer releases of scikit-learn would show every attribute of a fitted estimator, and read each for
it: reading a classifier's ``word_vectors_`` makes a copy of a table that may take a gigabyte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .sklearn_compat import diagram_box, draws_captions, fitted_attributes_table, is_fitted


class Shown:
    """Text whose ``repr`` is the text itself; scikit-learn escapes it.

    Parameters
    ----------
    text : str
        The text. scikit-learn leaves out the middle if it has more than 30 characters.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class FittedRepr:
    """Mixin that gives diagrams a caption below the name and a short table of what was learnt."""

    def _summary(self) -> dict[str, Any]:
        """Return names and values that describe a fitted estimator."""
        raise NotImplementedError

    def _caption(self) -> str:
        """Return one line about a fitted estimator."""
        raise NotImplementedError

    def _get_fitted_attr_html(self, doc_link: str = "") -> Any:
        found = {
            name: {
                "type_name": "" if isinstance(value, Shown) else type(value).__name__,
                "value": value,
            }
            for name, value in self._summary().items()
        }
        table = fitted_attributes_table(self, found, doc_link)
        if table is None:  # slower, as it reads all attributes
            return super()._get_fitted_attr_html(doc_link)  # type: ignore[misc]
        return table

    @property
    def _sk_visual_block_(self) -> Callable[[], Any]:
        """Function that makes a diagram's box; without it, scikit-learn makes its own."""
        if not is_fitted(self):
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        if not draws_captions():
            raise AttributeError("This scikit-learn has other boxes in its diagrams.")
        return self._fitted_block

    def _fitted_block(self) -> Any:
        return diagram_box(self, self._caption())


def table_size(rows: int, dim: int) -> str:
    """Return the size of a table of vectors, as diagrams show it."""
    return f"{rows:,} × {dim:,}"
