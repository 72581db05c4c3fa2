"""Names of Keras' metrics, as reports and plots show them."""

from __future__ import annotations

from ..utils.language import translate


def metric_name(key: str) -> str:
    """Return the name of a metric of ``history_``; one that is not known here is left as it is."""
    return {
        "accuracy": translate("accuracy"),
        "loss": translate("loss"),
        "val_accuracy": translate("val_accuracy"),
        "val_loss": translate("val_loss"),
    }.get(key, key)
