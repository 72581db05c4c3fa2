"""Everything of scikit-learn's that is private or moves between its releases.

Other modules import it from here, so that a new release of scikit-learn is mended in one
place. Checks of parameters and weights have no public names that do the same. Diagrams are an
extra: where their parts are not as expected, `draws_captions` is False, or there is no
`fitted_attributes_table`, and estimators leave theirs to scikit-learn.
"""

from __future__ import annotations

import functools
import inspect
from typing import Any, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.multiclass import _check_partial_fit_first_call as check_partial_fit_first_call
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _is_fitted as is_fitted
from sklearn.utils.validation import validate_data

__all__ = [
    "HasMethods",
    "Interval",
    "StrOptions",
    "check_partial_fit_first_call",
    "check_sample_weight",
    "diagram_box",
    "draws_captions",
    "fitted_attributes_table",
    "is_fitted",
    "stratified_group_folds",
    "validate_data",
    "validate_parameter_constraints",
    "with_row_labels",
]

_Rows = TypeVar("_Rows")


def with_row_labels(transformer: Any, rows: _Rows, row_labels: Any) -> _Rows:
    """Give what a transformer returns an index, if it is to become a table of pandas.

    scikit-learn takes the index from tables alone, and joins columns by it.

    Parameters
    ----------
    transformer : estimator
        Its ``set_output``, or the global configuration, says what it returns.
    rows : ndarray of shape (n_rows, n_columns)
        What is returned; scikit-learn names the columns.
    row_labels : pandas.Index or None
        The index, if it is known.

    Returns
    -------
    ndarray
        The array itself; where a table is wanted, a pandas.DataFrame.
    """
    if row_labels is None or _get_output_config("transform", transformer)["dense"] != "pandas":
        return rows
    import pandas as pd

    return cast(_Rows, pd.DataFrame(rows, index=row_labels, copy=False))


def stratified_group_folds(
    y: ArrayLike, groups: ArrayLike, n_folds: int, seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return the folds of ``StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)``.

    scikit-learn 1.7 shuffles how many documents of each class a group has, but not the groups,
    so that its shuffled folds are not stratified. Here groups are shuffled first.

    Parameters
    ----------
    y, groups : array-like of shape (n_documents,)
        Class and group of each document.
    n_folds : int
        Number of folds.
    seed : int
        Of the shuffling.

    Returns
    -------
    list of (ndarray, ndarray)
        Rows to train on, and rows that are held out.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    numbers = np.unique(np.asarray(groups), return_inverse=True)[1].ravel()
    order = np.arange(numbers.max() + 1)
    check_random_state(seed).shuffle(order)
    shuffled = np.argsort(order)[numbers]
    return list(StratifiedGroupKFold(n_folds).split(np.zeros(len(numbers)), y, shuffled))


def fitted_attributes_table(estimator: Any, found: dict[str, Any], doc_link: str) -> Any:
    """Make the table of fitted attributes of an estimator's diagram.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    found : dict of str to dict
        For each attribute its ``type_name`` and its ``value``.
    doc_link : str
        Address of the documentation; may be empty.

    Returns
    -------
    object or None
        What scikit-learn draws; None where it makes such tables otherwise.
    """
    try:
        from sklearn.utils._repr_html.fitted_attributes import AttrsDict
    except ImportError:
        return None
    if not {"fitted_attrs", "estimator_class", "doc_link"} <= _parameters(AttrsDict):
        return None
    return AttrsDict(fitted_attrs=found, estimator_class=type(estimator), doc_link=doc_link)


def draws_captions() -> bool:
    """Whether this scikit-learn has the boxes of which diagrams with captions are made."""
    try:
        from sklearn.utils._repr_html.estimator import _VisualBlock
    except ImportError:
        return False
    return {"names", "name_details", "name_caption"} <= _parameters(_VisualBlock)


def diagram_box(estimator: Any, caption: str) -> Any:
    """Make the box of an estimator's diagram, with a caption below its name."""
    from sklearn.utils._repr_html.estimator import _VisualBlock

    return _VisualBlock(
        "single",
        estimator,
        names=type(estimator).__name__,
        name_details=str(estimator),
        name_caption=caption,
    )


@functools.cache
def _parameters(cls: type) -> set[str]:
    return set(inspect.signature(cls).parameters)
