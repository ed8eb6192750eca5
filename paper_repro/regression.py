"""Least squares beyond the papers: what the project's own figures simulate, as data."""

from dataclasses import replace
from fractions import Fraction

from theory import (
    Accumulate,
    AccumulateSubsample,
    FixedReal,
    FreshReal,
    Generator,
    Population,
    Replace,
    SlidingWindow,
    symmetric_population,
)

from .paper import Entry
from .sweep import Simulation, Sweep, grid, run

#: Fresh design where T is no large multiple of d. The mean over the noise is taken exactly, so that few chains do.
PROPORTIONAL = Sweep(
    "proportional",
    grid(
        designs=("fresh",),
        T=(200,),
        d=(10, 40, 100, 160),
        workflows=(Replace(), SlidingWindow(2), FixedReal("1/5"), Accumulate(), FreshReal(1, "7/10")),
    ),
    10,
    400,
    seed=7,
    sampler="conditional",
)

#: Workflows without an exact law at fresh design: how far their approximation is off, and the law for T -> oo. At
#: d/T = 0.8 a pool of T/2 rows has fewer rows than features.
APPROXIMATION = Sweep(
    "approximation",
    grid(
        designs=("fresh",),
        T=(40,),
        d=(2, 8, 20, 32),
        workflows=(
            SlidingWindow(2),
            SlidingWindow(3),
            FixedReal("1/2"),
            FixedReal("1/5"),
            FreshReal("1/2", "7/10"),
            AccumulateSubsample(),
        ),
    ),
    6,
    10_000,
    seed=11,
    relative_error=0.003,
)

#: Sampling at another temperature leaves the kind of growth, labels that are off by one vector change it.
TEMPERATURES = tuple(Generator(temperature=temperature) for temperature in (1, "1/2", 0))
BIAS = Generator(bias="1/5")
TEMPERATURE_BIAS = Sweep(
    "temperature_bias",
    tuple(
        replace(one, generator=generator, label=f"{one.name} {generator}")
        for workflows, generators in (
            ((Replace(), Accumulate()), TEMPERATURES),
            ((Replace(), SlidingWindow(2), Accumulate(), FixedReal("1/5")), (BIAS,)),
        )
        for generator in generators
        for one in grid(T=(100,), d=(32,), workflows=workflows)
    ),
    30,
    5000,
    seed=8,
)

#: Models that train on one another's newest data. In the line each trains on the next one's alone, the last on its own
#: and on real data.
POPULATIONS = {
    **{f"M = {models}": symmetric_population(models, 0) for models in (1, 2, 4)},
    "M = 4, real data in all": symmetric_population(4, "1/5"),
    "line": Population(
        [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, "4/5"]],
        [0, 0, 0, "1/5"],
    ),
}
POPULATION = Sweep(
    "population",
    tuple(
        Simulation(population, "fixed", 100, 32, Fraction(1), label=name) for name, population in POPULATIONS.items()
    ),
    20,
    2000,
    seed=10,
)

#: A ridge that grows with the rows, and how much of it is best after so many refits.
RIDGES = (0.05, 0.15, 0.4, 1.0, 3.0)
RIDGE = Sweep(
    "ridge",
    tuple(
        replace(one, ridge=ridge)
        for one in grid(designs=("fresh",), T=(80,), d=(40,), workflows=(Replace(), Accumulate()))
        for ridge in RIDGES
    ),
    16,
    250,
    seed=11,
)

#: The same ridge added to the mean of the squares over rows, or to their sum, which it is a smaller part of each time.
FORGETTING = Sweep(
    "forgetting",
    tuple(
        Simulation(Accumulate(), "fixed", 64, 32, Fraction(1, 4), label=label, ridge=ridge * rows, scaled=rows == 1)
        for label, rows in (("mean", 1), ("sum", 64))
        for ridge in (0.1, 1.0)
    ),
    300,
    400,
    seed=12,
)

#: Least squares, of the least norm where rows are fewer than features; none is so near the peak that variances explode.
INTERPOLATION = Sweep(
    "interpolation",
    tuple(
        Simulation(Accumulate(), "fresh", 20, d, Fraction(1, 4), ridge=0.0)
        for d in (5, 10, 14, 26, 30, 34, 46, 50, 54, 66, 75, 90)
    ),
    3,
    1000,
    seed=13,
)

EXPERIMENTS = {
    "proportional": Entry("five workflows at fresh design, d/T from 0.05 to 0.8", PROPORTIONAL.presets, run),
    "approximation": Entry("the error of the approximation at fresh design", APPROXIMATION.presets, run),
    "temperature_bias": Entry("generators of another temperature, or with a bias", TEMPERATURE_BIAS.presets, run),
    "population": Entry("several models that train on one another's data", POPULATION.presets, run),
    "ridge": Entry("a ridge that grows with the rows, by how much there is of it", RIDGE.presets, run),
    "forgetting": Entry("a ridge added to the mean of the squares, or to their sum", FORGETTING.presets, run),
    "interpolation": Entry("the least norm, from fewer rows than features to more", INTERPOLATION.presets, run),
}
