"""Real data collected at each iteration: rows of its own, in each chain's own order."""

from pathlib import Path

import jax.random as jr
import numpy as np
import pytest

from neural.real_data import cache_folder, check_available, collect, collected


def test_each_iteration_collects_rows_of_its_own():
    keys = jr.split(jr.key(0), 2)
    orders = [[collected(20, n, 5, noun="rows", option="rows", key=key).tolist() for n in range(1, 5)] for key in keys]
    for order in orders:
        assert sorted(row for rows in order for row in rows) == list(range(20))
    assert orders[0] != orders[1]
    real = np.arange(40).reshape(20, 2)
    assert collect(real, 3, 5, noun="rows", key=keys[0]).tolist() == real[orders[0][2]].tolist()


def test_there_are_as_many_as_there_are():
    assert len(collected(20, 2, 10, noun="rows", option="rows", key=jr.key(0))) == 10
    with pytest.raises(ValueError, match="iteration 3 needs 7 real texts .*, 21 in all, .* --stories"):
        collected(20, 3, 7, noun="texts", option="stories", key=jr.key(0))


def test_more_than_there_are_is_refused_by_name():
    check_available(20, 2, 10, noun="texts", option="stories")
    with pytest.raises(ValueError, match="use fewer --stories or --iterations, or larger ones") as caught:
        check_available(20, 3, 7, noun="texts", option="stories", remedy=", or larger ones")
    assert "\n" not in str(caught.value)
    with pytest.raises(ValueError, match=r"and there are 20 to train on; use fewer --stories\."):
        check_available(20, 1, 21, noun="texts", option="stories")


def test_without_a_home_a_cache_is_asked_for(tmp_path, monkeypatch):
    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(ValueError, match="there is no home folder .* give a folder by --cache"):
        cache_folder(None)
    assert cache_folder(tmp_path / "mine") == tmp_path / "mine"


def test_the_cache_is_where_the_system_has_them(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert cache_folder(None) == tmp_path / "xdg" / "model-collapse"
    monkeypatch.setenv("XDG_CACHE_HOME", "")  # as if it were not set
    assert cache_folder(None) == tmp_path / ".cache" / "model-collapse"
    assert cache_folder(None).is_dir()
