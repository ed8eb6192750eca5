"""What processes tell one another, whatever its length: threads stand for them, and a room for the transport."""

import threading
from concurrent.futures import ThreadPoolExecutor

import jax
import numpy as np
import pytest

from sim import hosts


class Room:
    """Gathers the values of so many threads."""

    def __init__(self, count):
        self.count, self.own = count, threading.local()
        self._barrier, self._values = threading.Barrier(count, timeout=20), [np.zeros(0)] * count

    def gather(self, values):
        self._values[self.own.number] = values
        self._barrier.wait()
        everyone = list(self._values)
        self._barrier.wait()
        return np.stack(everyone)  # of one shape, as on devices

    def told(self, function):
        """What the function gives for each process, or how it is refused."""

        def one(number):
            self.own.number = number
            try:
                return function(number)
            except (ValueError, OSError) as error:
                return f"refused: {error}"
            except BaseException:
                self._barrier.abort()
                raise

        with ThreadPoolExecutor(self.count) as pool:
            return list(pool.map(one, range(self.count)))


@pytest.fixture
def room(monkeypatch):
    made = Room(3)
    monkeypatch.setattr(hosts, "gather", made.gather)
    monkeypatch.setattr(jax, "process_index", lambda: made.own.number)
    return made


@pytest.mark.parametrize("lengths", [(0, 0, 0), (0, 5, 9), (3, 0, 30), (4, 8, 1), (9, 40, 12), (30, 1, 8)], ids=str)
def test_bytes_of_the_first_and_of_all(room, lengths):
    contents = [bytes(range(1, 1 + length)) for length in lengths]
    assert room.told(lambda number: hosts.from_first(contents[number])) == [contents[0]] * 3
    assert room.told(lambda number: hosts.from_all(contents[number])) == [contents] * 3


@pytest.mark.parametrize("kind", [ValueError, OSError])
@pytest.mark.parametrize("where", [0, 1, 2])
def test_what_goes_wrong_in_one_ends_all_with_its_words(room, where, kind):
    def action(number):
        if number == where:
            raise kind(f"no {number}")
        return number

    assert room.told(lambda number: hosts.together(lambda: action(number))) == [f"refused: no {where}"] * 3


def test_where_nothing_goes_wrong_each_has_its_own(room):
    done = []
    assert room.told(lambda number: hosts.together(lambda: number)) == [0, 1, 2]
    room.told(lambda number: hosts.first_alone(lambda: done.append(number)))
    assert done == [0]


def test_settings_are_the_same_in_all(room):
    settings = [{"T": 9}, {"T": 9}, {"T": 9}]
    assert room.told(lambda number: hosts.agree(settings[number])) == [None] * 3
    for other, message in (({"T": 8}, "T is 9 in process 0 and 8"), ({"T": 9, "d": 1}, "d is None in process 0 and 1")):
        for number in (1, 2):
            told = room.told(lambda own, number=number, other=other: hosts.agree(other if own == number else {"T": 9}))
            assert all(f"different options: {message} in process {number}. Start all" in each for each in told)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "uint32"])
def test_what_is_gathered_has_its_bits_and_its_shape(dtype, monkeypatch):
    """The transport has words of 32 bits in a row; the second process is made up."""
    random, values = np.random.default_rng(0), {}
    for process in (0, 1):
        values[process] = (
            (1e6 * random.normal(size=(3, 2))).astype(dtype) if dtype != "uint32" else np.eye(3, 2, 1, dtype)
        )
    words = values[1].view(np.uint32).ravel()
    monkeypatch.setattr(jax, "process_count", lambda: 2)
    monkeypatch.setattr(hosts, "_gathered", lambda own: np.stack([own, words]))
    found = hosts.gather(values[0])
    assert (found.dtype, found.shape) == (dtype, (2, 3, 2))
    np.testing.assert_array_equal(found, np.stack([values[0], values[1]]))


def test_who_lost_another_process_says_which_it_is_itself(monkeypatch):
    def broken(words):
        raise RuntimeError("Connection closed by peer")

    monkeypatch.setattr(jax, "process_count", lambda: 3)
    monkeypatch.setattr(jax, "process_index", lambda: 1)
    monkeypatch.setattr(hosts, "_gathered", broken)
    with pytest.raises(
        hosts.Lost, match="^process 1 of 3 lost another process of this run; that one's own output says"
    ):
        hosts.gather(np.zeros(2))
