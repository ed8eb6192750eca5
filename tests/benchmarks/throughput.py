# pyright: reportMissingImports=false, reportAssignmentType=false
"""Training throughput at the GPT-2 9M configuration: ours, or the same arithmetic in PyTorch as nanoGPT writes it.

    python tests/benchmarks/throughput.py jax
    python tests/benchmarks/throughput.py torch      # in an environment that has PyTorch; the project needs none

Both train on the same number of random tokens with Adam, clipped gradients and float32, on the GPU or the threads that
the machine gives; printed are the median step and tokens a second. Run both on an idle machine, one after the other.
"""

import statistics
import sys
import time
from collections.abc import Callable

ROWS, LENGTH, STEPS = 8, 256, 7
VOCABULARY, CONTEXT, WIDTH, LAYERS, HEADS = 8000, 2048, 256, 8, 4


def ours() -> Callable[[], float]:
    """One step of `neural.train` on one seed."""
    import jax.random as jr
    import numpy as np

    from neural.language.corpus import Corpus
    from neural.language.learner import LanguageModel
    from neural.language.network import PAPER, Sampler
    from neural.loop import begin
    from neural.train import Training, train

    class Nothing(Corpus):
        """A corpus that is never asked for texts."""

        vocabulary, length, next_token = VOCABULARY, LENGTH, None
        real = decode = impossible = lambda *_: None

    rows = np.random.default_rng(0).integers(1, VOCABULARY, (1, 1, ROWS, LENGTH), np.uint16)
    weights = np.ones((1, 1, ROWS), np.float32)
    learner = LanguageModel(Nothing(), PAPER["gpt2-9m"], Sampler())
    training = Training(batch_size=ROWS, learning_rate=1e-3, steps=10**6, chunk=1)
    keys = jr.split(jr.key(0), 1)
    chunks = train(
        begin(keys, learner, training),
        learner.loss,
        lambda *_: (rows, weights),
        training,
        start=0,
        steps=10**6,
        keys=keys,
    )
    return lambda: float(next(chunks)[2].item())


def torchs() -> Callable[[], float]:
    """One step in PyTorch."""
    import torch
    from torch import nn
    from torch.nn import functional

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.attend, self.project = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)

        def forward(self, x):
            rows, length, _ = x.shape
            parts = self.attend(self.norm1(x)).view(rows, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
            mixed = functional.scaled_dot_product_attention(*parts, is_causal=True)
            x = x + self.project(mixed.transpose(1, 2).reshape(rows, length, WIDTH))
            return x + self.down(functional.gelu(self.up(self.norm2(x)), approximate="tanh"))

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.positions = nn.Embedding(VOCABULARY, WIDTH), nn.Embedding(CONTEXT, WIDTH)
            self.blocks, self.norm = nn.Sequential(*[Block() for _ in range(LAYERS)]), nn.LayerNorm(WIDTH)

        def forward(self, tokens):
            x = self.embedding(tokens) + self.positions(torch.arange(tokens.shape[1]))
            return self.norm(self.blocks(x)) @ self.embedding.weight.T

    device = "cuda" if torch.cuda.is_available() else "cpu"
    torch.set_default_device(device)
    model = Model()
    assert sum(parameter.numel() for parameter in model.parameters()) == 8_890_880
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, betas=(0.9, 0.95))
    rows = torch.randint(1, VOCABULARY, (ROWS, LENGTH))
    inputs = functional.pad(rows, (1, 0))[:, :-1]

    def step() -> float:
        loss = functional.cross_entropy(model(inputs).flatten(0, 1), rows.flatten())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        return float(loss.detach())

    return step


def main(name: str) -> None:
    """Time one of the two."""
    step = {"jax": ours, "torch": torchs}[name]()
    for _ in range(2):
        step()
    seconds = []
    for _ in range(STEPS):
        started = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - started)
    median = statistics.median(seconds)
    print(f"{name}: {median:.3f} s a step of {ROWS} x {LENGTH} tokens, {ROWS * LENGTH / median:.0f} tokens a second")


if __name__ == "__main__":
    main(sys.argv[1])
