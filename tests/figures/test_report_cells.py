"""What the report says of a claim, of a run and below a picture: each thing in its column, numbers as they are."""

import json
import re
from typing import Any

import pytest

from figures import report, schematic
from figures.catalogue import Picture
from paper_repro import verdicts

#: A claim whose fields are all different.
ROW: Any = {
    "id": "some-claim",
    "statement": "something",
    "where": "a place",
    "theirs": 2.5,
    "ours": 1.23456,
    "standard_error": 0.0123,
    "verdict": "a verdict",
    "preset": "gpu",
    "differs": "a difference",
}


def cells(row):
    return dict(re.findall(r'<td data-label="([^"]*)"[^>]*>(.*?)</td>', row))


def test_each_field_of_a_claim_stands_in_its_column():
    row = verdicts.Verdict(**ROW, paper="")
    assert cells(report._claim(row)) == {
        "verdict": "a verdict",
        "theirs": "2.5",
        "ours": "1.23 ± 0.01",
        "what differs": "a difference",
        "where it stands": "a place",
        "preset": "gpu",
    }
    assert '<tr id="claim-some-claim"><th scope="row">something</th>' in report._claim(row)


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (None, None, "–"),
        (1.23456, None, "1.235"),
        (123456.0, 0.0, "1.235e+05"),
        (1.23456, 0.0123, "1.23 ± 0.01"),
        (1.23456, 0.1, "1.2 ± 0.1"),
        (1.23456, 0.05, "1.23 ± 0.05"),
        (1.23456, 0.0062, "1.235 ± 0.006"),
        (12.3456, 0.7, "12.3 ± 0.7"),
        (12.3456, 7.0, "12 ± 7"),
        (-123.456, 4.4, "-123 ± 4"),
        (1234.56, 78.9, "1235 ± 79"),
    ],
)
def test_a_number_has_the_digits_that_its_error_leaves(value, error, text):
    assert report._number(value, error) == text


def test_each_field_of_a_run_stands_in_its_column():
    """Of tables of one configuration those of the first, which is what the figures have made here."""
    made = {"hash": "abc", "device": "a <device>", "seconds": "1,234", "versions": "jax 1, numpy 2"}
    elsewhere = {name: f"other {value}" for name, value in made.items()}
    row = report._run([("one", made), ("one_more", elsewhere)])
    assert '<th scope="row">one, one_more</th>' in row
    assert cells(row) == {
        "hash": "<code>abc</code>",
        "device": "a &lt;device&gt;",
        "seconds": "1,234",
        "versions": "jax 1, numpy 2",
    }


def test_a_run_says_where_it_came_from(tmp_path):
    path = tmp_path / "some.json"
    made = {"hash": "abc", "device": "cpu", "wall_seconds": 1234.4, "versions": {"jax": "1", "numpy": "2"}}
    path.write_text(json.dumps(made))
    told = {"hash": "abc", "device": "cpu", "seconds": "1,234", "versions": "jax 1, numpy 2"}
    assert report._provenance(path) == told
    for lost in made:
        path.write_text(json.dumps({name: value for name, value in made.items() if name != lost}))
        with pytest.raises(ValueError, match="some.json does not say how its table was made; make it again"):
            report._provenance(path)


def test_a_caption_is_below_its_picture_and_not_in_it_too():
    drawn = []

    def plot():
        drawn.append(schematic.plot())
        return drawn[0]

    shown = report._figure(Picture("some", "what is < shown", plot), plot)
    assert '<figure id="figure-some">\n<h3>What is &lt; shown</h3>' in shown
    assert 'alt="What is &lt; shown. The caption says what it shows."' in shown
    assert "<figcaption>Each model is fitted" in shown
    assert shown.endswith("<code>some</code></figcaption>\n</figure>")
    assert drawn[0].get_supxlabel() == ""
