"""What scikit-learn's diagrams show of fitted estimators: coverage and size of the table.

scikit-learn lists every attribute of a fitted estimator, and asks for each: for a classifier,
``word_vectors_`` would be a copy of a table of maybe a gigabyte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .sklearn_compat import diagram_box, fitted_attributes_table, is_fitted


class Shown:
    """Text whose ``repr`` is itself, for scikit-learn to escape.

    Parameters
    ----------
    text : str
        The text; of more than 30 characters, scikit-learn leaves out the middle.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


class FittedRepr:
    """Mixin: in diagrams, a caption below the name and a short table of what was learnt."""

    def _summary(self) -> dict[str, Any]:
        """Names and values of what is worth showing of a fitted estimator."""
        raise NotImplementedError

    def _caption(self) -> str:
        """One line about a fitted estimator."""
        raise NotImplementedError

    def _get_fitted_attr_html(self, doc_link: str = "") -> Any:
        found = {
            name: {
                "type_name": "" if isinstance(value, Shown) else type(value).__name__,
                "value": value,
            }
            for name, value in self._summary().items()
        }
        return fitted_attributes_table(self, found, doc_link)

    @property
    def _sk_visual_block_(self) -> Callable[[], Any]:
        """Box of a diagram; scikit-learn makes its own where the attribute is missing."""
        if not is_fitted(self):
            raise AttributeError(f"This {type(self).__name__} is not fitted yet.")
        return self._fitted_block

    def _fitted_block(self) -> Any:
        return diagram_box(self, self._caption())


def _size(rows: int, dim: int) -> str:
    return f"{rows:,} × {dim:,}"
