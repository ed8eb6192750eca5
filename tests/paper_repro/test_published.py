"""Reading published numbers: by iteration whatever the order of a file, and no curve where there is a gap."""

import numpy as np
import pytest

from paper_repro.published import Published


@pytest.fixture
def published(tmp_path):
    rows = ["a,replace,3,0.3", "a,replace,1,0.1", "a,replace,2,0.2", "b,replace,1,1.5", "b,replace,3,3.5"]
    path = tmp_path / "published.csv"
    path.write_text("\n".join(["figure,workflow,iteration,value", *rows, ""]))
    return Published(path)


def test_values_are_by_iteration(published):
    assert published.values(figure="b") == {1: 1.5, 3: 3.5}
    assert published.value(figure="a", iteration="2") == 0.2
    np.testing.assert_array_equal(published.curve(figure="a", workflow="replace"), [0.1, 0.2, 0.3])


def test_a_curve_with_a_gap_is_none(published):
    with pytest.raises(KeyError):
        published.curve(figure="b")


@pytest.mark.parametrize(("place", "count"), [({"figure": "a"}, 3), ({"figure": "c"}, 0)])
def test_a_value_is_one(published, place, count):
    with pytest.raises(KeyError, match=f"{count} values are published of"):
        published.value(**place)
