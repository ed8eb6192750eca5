"""Poisson, binomial and hypergeometric variables, each from one uniform number and a few normal ones.

A count is found by inversion that begins at the mode and looks above and below in turns: about ten standard deviations
of steps for the slowest of many chains side by side. Where that is too many, the sample is split first at one of its
order statistics (Ahrens and Dieter 1974). With m the expected count, the time of the m-th event of a Poisson process
is a gamma variable X; what is left to count lies between X and the mean, and there is about the root of it. Likewise
the m-th smallest of n uniform numbers is a beta variable. Drawn without replacement, the m-th marked one has such a
place in a random order of all, and the others before it are binomial.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import jax.random as jr
from jax.scipy.special import gammaln, xlog1py, xlogy
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from .chi_square import gamma

#: From this expected count on a sample is split; the shapes of gamma variables are then at least 16.
MANY = 64.0

#: What the search leaves out of a distribution at most, about.
_TINY = 1e-18

#: A function of counts.
_Ratio = Callable[[Float[Array, ""]], Float[Array, ""]]


def poisson(key: PRNGKeyArray, mean: Float[Array, ""], *, splits: bool) -> Float[Array, ""]:
    """A Poisson variable; NaN where the mean is not finite.

    Args:
        key: of the draw.
        mean: at least 0.
        splits: whether large means are split first. Without it all are exact too, and large ones slow.
    """
    uniform_key, normal_key = jr.split(key)
    uniform = jr.uniform(uniform_key, (), mean.dtype)
    nought = jnp.zeros_like(mean)
    if not splits:
        return _rare(uniform, jnp.array(True), mean, nought, nought) + 0 * mean
    many = mean > MANY
    events = jnp.where(many, jnp.floor(mean), MANY)
    time = jnp.where(many, gamma(jr.normal(normal_key, (), mean.dtype), events), 0)
    before = time <= mean
    # after the m-th event there is a Poisson number more; before it the other m - 1 are uniform up to its time
    rest = jnp.where(before, mean - time, 0)
    odds = jnp.where(before, 0, (time - mean) / mean)
    others = jnp.where(before, 0, events - 1)
    found = _rare(uniform, before, rest, others, odds)
    return jnp.where(many, jnp.where(before, events + found, events - 1 - found), found) + 0 * mean


def binomial(
    key: PRNGKeyArray, trials: Float[Array, ""], chance: Float[Array, ""], *, splits: bool
) -> Float[Array, ""]:
    """A binomial variable; NaN where the chance is not between 0 and 1.

    Args:
        key: of the draw.
        trials: how many.
        chance: of each.
        splits: whether many trials are split first. Without it all are exact too, and large numbers slow.
    """
    uniform_key, first_key, second_key = jr.split(key, 3)
    uniform = jr.uniform(uniform_key, (), chance.dtype)
    p = jnp.minimum(chance, 1 - chance)
    if not splits:
        return _sides(_rare(uniform, jnp.array(False), jnp.zeros_like(p), trials, p / (1 - p)), trials, chance)
    many = trials * p > MANY
    rank = jnp.where(many, jnp.floor((trials + 1) * p), MANY)
    above = jnp.where(many, trials + 1 - rank, MANY)
    low = gamma(jr.normal(first_key, (), p.dtype), rank)
    high = gamma(jr.normal(second_key, (), p.dtype), above)
    place = jnp.where(many, low / (low + high), 0)
    before = place <= p
    others = jnp.where(many, jnp.where(before, trials - rank, rank - 1), trials)
    # chances p1 among the others as odds p1/(1 - p1), at most 1
    odds = jnp.where(before, (p - place) / (1 - p), (place - p) / p)
    found = _rare(uniform, jnp.zeros_like(many), jnp.zeros_like(p), others, odds)
    return _sides(jnp.where(many, jnp.where(before, rank + found, rank - 1 - found), found), trials, chance)


def _sides(rarer: Float[Array, ""], trials: Float[Array, ""], chance: Float[Array, ""]) -> Float[Array, ""]:
    """The trials of the outcome asked for, by those of the rarer one."""
    return jnp.where((chance >= 0) & (chance <= 1), jnp.where(chance > 0.5, trials - rarer, rarer), jnp.nan)


def hypergeometric(
    key: PRNGKeyArray, marked: Float[Array, ""], others: Float[Array, ""], drawn: Float[Array, ""], *, splits: bool
) -> Float[Array, ""]:
    """The marked ones among some drawn without replacement.

    Args:
        key: of the draw.
        marked: how many there are.
        others: that are not marked.
        drawn: at most all.
        splits: whether large draws are split first. Without it all are exact too, and large ones slow.
    """
    uniform_key, low_key, high_key, others_key = jr.split(key, 4)
    uniform, total = jr.uniform(uniform_key, (), marked.dtype), marked + others
    if not splits:
        return _without_replacement(uniform, marked, others, drawn)
    # what is drawn and what is left are alike, and the smaller of the two is looked at
    is_left = 2 * drawn > total
    first = jnp.where(is_left, total - drawn, drawn)
    expected = jnp.floor(first * marked / jnp.maximum(total, 1))
    many = expected > MANY
    # in a random order of all, the place of the marked one of this rank; their order statistic counts others before it
    rank, above = jnp.where(many, expected, MANY), jnp.where(many, marked + 1 - expected, MANY)
    low, high = gamma(jr.normal(low_key, (), marked.dtype), rank), gamma(jr.normal(high_key, (), marked.dtype), above)
    earlier = binomial(others_key, others, jnp.where(many, low / (low + high), 0), splits=True)
    place = rank + earlier
    before = place <= first
    # after that place the draw goes on; or it ends before, and lacks the last of those that come before the place
    found = _without_replacement(
        uniform,
        jnp.where(many, jnp.where(before, marked - rank, rank - 1), marked),
        jnp.where(many, jnp.where(before, others - earlier, earlier), others),
        jnp.where(many, jnp.where(before, first - place, place - 1 - first), first),
    )
    found = jnp.where(many, jnp.where(before, rank + found, rank - 1 - found), found)
    return jnp.where(is_left, marked - found, found)


def _without_replacement(
    uniform: Float[Array, ""], marked: Float[Array, ""], others: Float[Array, ""], drawn: Float[Array, ""]
) -> Float[Array, ""]:
    """A hypergeometric variable from a uniform number."""
    least, most = jnp.maximum(0, drawn - others), jnp.minimum(marked, drawn)
    mode = jnp.clip(jnp.floor((drawn + 1) * (marked + 1) / (marked + others + 2)), least, most)

    def choices(total: Float[Array, ""], taken: Float[Array, ""]) -> Float[Array, ""]:
        return gammaln(total + 1) - gammaln(taken + 1) - gammaln(total - taken + 1)

    log_mass = choices(marked, mode) + choices(others, drawn - mode) - choices(marked + others, drawn)
    return _search(
        uniform,
        mode,
        jnp.exp(log_mass),
        lambda k: (marked - k) * (drawn - k) / ((k + 1) * (others - drawn + k + 1)),
        lambda k: k * (others - drawn + k) / ((marked - k + 1) * (drawn - k + 1)),
    )


def _rare(
    uniform: Float[Array, ""],
    poisson: Bool[Array, ""],
    mean: Float[Array, ""],
    trials: Float[Array, ""],
    odds: Float[Array, ""],
) -> Float[Array, ""]:
    """A Poisson variable, or a binomial one.

    Args:
        uniform: that it is made of.
        poisson: which of the two.
        mean: of the Poisson variable.
        trials: of the binomial variable.
        odds: of its chance, at most 1.
    """
    chance = odds / (1 + odds)
    mode = jnp.floor(jnp.where(poisson, mean, (trials + 1) * chance))
    others = jnp.where(poisson, 0, trials - mode)
    log_mass = jnp.where(
        poisson,
        xlogy(mode, mean) - mean,
        gammaln(trials + 1) - gammaln(others + 1) + xlogy(mode, chance) + xlog1py(others, -chance),
    ) - gammaln(mode + 1)
    return _search(
        uniform,
        mode,
        jnp.exp(log_mass),
        lambda k: jnp.where(poisson, mean, odds * (trials - k)) / (k + 1),
        lambda k: k / jnp.where(poisson, mean, odds * (trials - k + 1)),
    )


def _search(
    uniform: Float[Array, ""], mode: Float[Array, ""], mass: Float[Array, ""], up: _Ratio, down: _Ratio
) -> Float[Array, ""]:
    """The count at which the masses, added up from the mode outwards, exceed the uniform number.

    Args:
        uniform: from 0 up to but not 1.
        mode: of a distribution whose masses fall on either side.
        mass: of the mode.
        up: k to the mass of k + 1 over that of k; 0 at the last.
        down: k to the mass of k - 1 over that of k; 0 at the first.
    """

    def unfinished(state: tuple) -> Bool[Array, ""]:
        left, _, _, above, below, _ = state
        return (left >= 0) & (above + below > _TINY)

    def look(state: tuple) -> tuple:
        left, high, low, above, below, _ = state
        above = jnp.where(above > 0, above * up(high), 0)
        below = jnp.where(below > 0, below * down(low), 0)
        # rounding may add up all masses to less than the uniform number: what is found then is a count too
        high, low = high + 1, jnp.where(below > 0, low - 1, low)
        at_high = left - above
        return at_high - below, high, low, above, below, jnp.where(at_high < 0, high, low)

    start = (uniform - mass, mode, mode, mass, mass, mode)
    return jax.lax.while_loop(unfinished, look, start)[-1]
