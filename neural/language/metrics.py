"""What is measured of sampled texts, and of the model that they come from, at each iteration.

"Collapse" means several things (Schaeffer et al. 2025, 2503.03150); each metric says which one it can show.

| metric | measures | collapse as |
|---|---|---|
| `test_loss` | cross-entropy on held-out real texts, nats a token | a growing or diverging population risk |
| `kl` | the excess of `test_loss`: exact mean divergence of the true next token from the model's | the same |
| `entropy` | entropy of the sampled tokens, as if independent, nats | a shrinking variance |
| `distinct` | share of the sampled runs of 3 tokens that are different ones | a shrinking variance |
| `tail_lost` | share of the real tail (the rare pairs of tokens) that no sample has | lost real tails |
| `impossible` | share of sampled texts (of the first 2,000) that cannot be real | hallucinated data |
"""

import numpy as np
from jaxtyping import Integer

#: The tail is what is left of the real pairs, from the rarest on, below this share of them all.
TAIL = 0.05


def entropy(rows: Integer[np.ndarray, "texts length"]) -> float:
    """Entropy of the distribution of tokens, nats."""
    _, counts = np.unique(_runs(rows, 1), return_counts=True)
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


def distinct(rows: Integer[np.ndarray, "texts length"]) -> float:
    """Different runs of 3 tokens over all runs of 3; NaN without any."""
    runs = _runs(rows, 3)
    return len(np.unique(runs)) / len(runs) if len(runs) else np.nan


def tail_lost(real: Integer[np.ndarray, "texts length"], rows: Integer[np.ndarray, "others length"]) -> float:
    """The share of the real tail's pairs of tokens, each as often as it occurs, that `rows` never have.

    The tail is made of the rarest pairs, up to `TAIL` of all occurrences; a sample from the truth misses some too.
    """
    pairs, counts = np.unique(_runs(real, 2), return_counts=True)
    order = np.argsort(counts, kind="stable")
    pairs, counts = pairs[order], counts[order]
    # the rarest pair is always of the tail, so that there is one
    size = max(1, int(np.searchsorted(np.cumsum(counts), TAIL * counts.sum(), side="right")))
    missing = ~np.isin(pairs[:size], _runs(rows, 2))
    return float(counts[:size][missing].sum() / counts[:size].sum())


def _runs(rows: Integer[np.ndarray, "texts length"], size: int) -> Integer[np.ndarray, " runs"]:
    """Every run of `size` tokens within a text, its end mark included, as one number each."""
    length = rows.shape[1]
    if length < size:
        return np.zeros(0, np.int64)
    ended = rows == 0
    tokens = np.where(ended.any(1), ended.argmax(1) + 1, length)
    # Tokens are below 2^16, so up to four of them fit into one number.
    starts = length - size + 1
    numbers = np.zeros((len(rows), starts), np.int64)
    for offset in range(size):
        numbers = (numbers << 16) | rows[:, offset : offset + starts]
    return numbers[np.arange(starts) + size <= tokens[:, None]]
