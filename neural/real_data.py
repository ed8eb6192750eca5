"""Real data of all kinds: new rows at every iteration, and where what was read once is kept."""

import os
from collections.abc import Callable
from pathlib import Path

import jax.random as jr
import numpy as np
from jaxtyping import Array, Int, Key, Shaped

from sim.files import make_once


def collect(
    real: Shaped[np.ndarray, "all ..."], iteration: int, rows: int, *, noun: str, key: Key[Array, ""], remedy: str = ""
) -> Shaped[np.ndarray, "rows ..."]:
    """Rows that no earlier iteration of the same key collected: each key has them in an order of its own.

    Args:
        real: all there are, perhaps a memory map.
        iteration: at which they are collected, from 1 on.
        rows: how many; as many at each iteration.
        noun: what they are, as on the command line.
        key: of the order.
        remedy: what helps beside fewer rows.

    Raises:
        ValueError: there are not so many.
    """
    return np.asarray(real[collected(len(real), iteration, rows, noun=noun, option=noun, key=key, remedy=remedy)])


def check_available(available: int, iteration: int, rows: int, *, noun: str, option: str, remedy: str = "") -> None:
    """Refuse to collect at an iteration more rows than there are.

    Args:
        available: how many rows there are.
        iteration: at which they are collected, from 1 on.
        rows: how many; as many at each iteration before it.
        noun: what they are.
        option: of the command line, that says how many are collected.
        remedy: what helps beside fewer rows.

    Raises:
        ValueError: there are not so many.
    """
    if iteration * rows > available:
        fewer = f"--{option}{' or --iterations' * (iteration > 1)}"
        raise ValueError(
            f"iteration {iteration} needs {rows} real {noun} beside those before it, {iteration * rows} in "
            f"all, and there are {available} to train on; use fewer {fewer}{remedy}."
        )


def collected(
    available: int, iteration: int, rows: int, *, noun: str, option: str, key: Key[Array, ""], remedy: str = ""
) -> Int[np.ndarray, " rows"]:
    """Which rows `collect` takes, as their numbers.

    Args:
        available: how many rows there are.
        iteration: at which they are collected, from 1 on.
        rows: how many; as many at each iteration.
        noun: what they are.
        option: of the command line, that says how many are collected.
        key: of the order.
        remedy: what helps beside fewer rows.

    Raises:
        ValueError: there are not so many.
    """
    check_available(available, iteration, rows, noun=noun, option=option, remedy=remedy)
    order = np.random.default_rng(jr.key_data(key).tolist()).permutation(available)
    return order[(iteration - 1) * rows : iteration * rows]


def cache_folder(given: Path | None) -> Path:
    """Where what was read once is kept: the folder that `--cache` gives, or one in the user's cache folder.

    Raises:
        ValueError: there is no such folder, and none can be made.
    """
    try:
        folder = given or user_cache()
    except RuntimeError as error:  # of a user without a home, as in some containers
        raise ValueError("there is no home folder to keep in what is read once; give a folder by --cache.") from error
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(
            f"--cache {folder}: {error.strerror}; give a folder for what is read once, or one that can be made."
        ) from error
    return folder


def make_cached(file: Path, make: Callable[[Path], object]) -> None:
    """Have a file in a cache folder, made by `make` if it is not there.

    Raises:
        ValueError: it cannot be written.
    """
    try:
        make_once(file, make)
    except OSError as error:
        raise ValueError(
            f"--cache {file.parent}: {error.strerror}; make room there, or give another folder."
        ) from error


def user_cache() -> Path:
    """Where what was read once is kept, in the user's cache folder."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "model-collapse"
