"""The baseline the composer must beat: an interpolated n-gram model (Witten-Bell) over the same tokens."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
ORDER = 6
BITS = 9


class Counts:
    """How often each context of `length` tokens was followed by each token."""

    def __init__(self, tokens: Ints, length: int) -> None:
        self.length = length
        self.pairs, self.pair_counts = np.unique(keys(tokens, length + 1), return_counts=True)
        self.contexts, first = np.unique(self.pairs >> BITS, return_index=True)
        self.context_counts = np.add.reduceat(self.pair_counts, first)
        self.kinds = np.diff(np.append(first, len(self.pairs)))

    def mix(self, pairs: Ints, lower: Floats) -> Floats:
        """Probability of the last token of each pair, interpolated with that of the shorter context."""
        seen = lookup(self.pairs, self.pair_counts, pairs)
        total = lookup(self.contexts, self.context_counts, pairs >> BITS)
        kinds = lookup(self.contexts, self.kinds, pairs >> BITS)
        return np.where(total > 0, (seen + kinds * lower) / np.maximum(total + kinds, 1), lower)


def keys(tokens: Ints, length: int) -> Ints:
    """Every run of `length` tokens as one number; entry i is the run that ends at token i + length - 1."""
    runs = np.lib.stride_tricks.sliding_window_view(tokens.astype(np.int64), length)
    packed: Ints = (runs << (BITS * np.arange(length - 1, -1, -1))).sum(axis=1)
    return packed


def lookup(known: Ints, counts: Ints, wanted: Ints) -> Ints:
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == wanted, counts[place], 0)


def nats_per_token(train: Ints, test: Ints, targets: Ints, vocabulary: int) -> float:
    """Mean loss over the tokens of `test` that `targets` marks (not -1), from the seventh on."""
    marked = targets[ORDER - 1 :] >= 0
    probability = np.full(int(marked.sum()), 1.0 / vocabulary)
    for length in range(ORDER):
        counts = Counts(train, length)
        probability = counts.mix(keys(test, length + 1)[ORDER - 1 - length :][marked], probability)
    return float(-np.log(probability).mean())
