"""Whether word vectors tell what n-grams do not: a probe that takes no network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..utils.language import translate
from ..utils.saved_state import expect, is_instance, is_number, is_whole

# standard errors of the gain that are asked for; benchmarks/results/transfer.md has the
# corpora on which it was chosen
PAYS = 2.0
LEAST_GAIN = 1e-3  # nats a document: what is below changes no label worth the time


@dataclass(frozen=True)
class TransferProbe:
    """What mean word vectors add to a linear branch, on documents that neither has seen.

    Parameters
    ----------
    gain : float
        By how much they lower the mean log loss, in nats.
    standard_error : float
        Of the gain; copies of a document, and documents of a group, are one draw.
    n_documents : int
        Different held-out documents that were asked.
    seconds : float or None, default=None
        What it took; None in a model that was loaded, so that equal fits make equal files.

    Examples
    --------
    >>> from sklearn_w2v import TransferProbe
    >>> probe = TransferProbe(gain=0.018, standard_error=0.0034, n_documents=3000)
    >>> print(probe)
    Word vectors lower the held-out loss by 0.018 ± 0.003 (z 5.3): transfer pays.
    >>> probe.pays
    True
    """

    gain: float
    standard_error: float
    n_documents: int
    seconds: float | None = field(default=None, compare=False)

    @property
    def z(self) -> float:
        """The gain in standard errors; 0 where there is no gain."""
        return self.gain / self.standard_error if self.gain > 0 and self.standard_error else 0.0

    @property
    def pays(self) -> bool:
        """Whether the gain is two standard errors, and large enough to matter."""
        return self.z >= PAYS and self.gain >= LEAST_GAIN

    def sentence(self, consequence: str) -> str:
        """Say the figures in words.

        Parameters
        ----------
        consequence : str
            What follows from them: a clause without a full stop, in the language in use.

        Returns
        -------
        str
        """
        if self.gain < LEAST_GAIN / 2:
            return translate(
                "Word vectors do not lower the held-out loss: {consequence}.",
                consequence=consequence,
            )
        return translate(
            "Word vectors lower the held-out loss by {gain:.3f} ± {error:.3f} (z {z:.1f}): "
            "{consequence}.",
            gain=self.gain,
            error=self.standard_error,
            z=self.z,
            consequence=consequence,
        )

    def sentence_with_network(self, trained: bool, counts: bool) -> str:
        """Say the figures, and what became of the network."""
        if counts:
            return self.sentence(translate("the network is trained, and counts"))
        if trained:
            return self.sentence(translate("the network is trained, but does not count"))
        return self.sentence(translate("no network is trained"))

    def __str__(self) -> str:
        if self.pays:
            return self.sentence(translate("transfer pays"))
        return self.sentence(translate("transfer does not pay"))

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "seconds": None}

    def _check_saved_state(self) -> None:
        """Refuse what no probe can have found."""
        expect(
            self,
            {
                "gain": is_number(-1e12),
                "standard_error": is_number(0),
                "n_documents": is_whole(0),
                "seconds": is_instance(type(None)),
            },
        )
