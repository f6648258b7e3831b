"""The baseline the composer must beat: the best interpolated n-gram model (Witten-Bell) over the same tokens."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from export.music.copying import hashes, scramble

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Hashes = npt.NDArray[np.uint64]
ORDER_MAX = 10


class Counts:
    """How often each context of `length` tokens was followed by each token. Runs are known by 64-bit hashes."""

    def __init__(self, tokens: Ints, length: int) -> None:
        contexts, pairs = keys(tokens, length)
        self.pairs, first, self.pair_counts = np.unique(pairs, return_index=True, return_counts=True)
        self.contexts, place = np.unique(contexts[first], return_inverse=True)
        self.context_counts = np.bincount(place, self.pair_counts).astype(np.int64)
        self.kinds = np.bincount(place)

    def mix(self, contexts: Hashes, pairs: Hashes, lower: Floats) -> Floats:
        """Probability of the last token of each pair, interpolated with that after the shorter context."""
        seen = lookup(self.pairs, self.pair_counts, pairs)
        total = lookup(self.contexts, self.context_counts, contexts)
        kinds = lookup(self.contexts, self.kinds, contexts)
        return np.where(total > 0, (seen + kinds * lower) / np.maximum(total + kinds, 1), lower)


def keys(tokens: Ints, length: int) -> tuple[Hashes, Hashes]:
    """A number for every run of `length` tokens that another follows, and one for the run with that token."""
    if not length:
        alone = scramble(tokens.astype(np.uint64))
        return np.zeros(len(tokens), np.uint64), alone
    contexts = hashes(tokens, length)[: max(0, len(tokens) - length)]
    return contexts, scramble(contexts ^ scramble(tokens[length:].astype(np.uint64)))


def lookup(known: Hashes, counts: Ints, wanted: Hashes) -> Ints:
    if not len(known):
        return np.zeros(len(wanted), np.int64)
    place = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return np.where(known[place] == wanted, counts[place], 0)


def nats_per_order(train: Ints, test: Ints, targets: Ints, vocabulary: int) -> list[float]:
    """Mean loss of the 1- to the 10-gram model over those tokens of `test` that `targets` marks (not -1).

    All orders are asked about the same tokens, from the tenth on.
    """
    marked = targets[ORDER_MAX - 1 :] >= 0
    probability = np.full(int(marked.sum()), 1.0 / vocabulary)
    losses = []
    for length in range(ORDER_MAX):
        contexts, pairs = (found[ORDER_MAX - 1 - length :][marked] for found in keys(test, length))
        probability = Counts(train, length).mix(contexts, pairs, probability)
        losses.append(float(-np.log(probability).mean()))
    return losses


def nats_per_token(train: Ints, test: Ints, targets: Ints, vocabulary: int) -> float:
    """Mean loss of the best order."""
    return min(nats_per_order(train, test, targets, vocabulary))
