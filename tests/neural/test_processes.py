"""A run that processes share: the digits of one, resumed on another number of them, and clear ends."""

import hashlib
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from neural import Training, helper, processes
from neural.chunk import Chunk
from neural.devices import blocks
from neural.plan import Plan
from neural.processes import ALONE, Processes, answer, filled, leaves, packed, unpacked
from sim.hosts import Lost
from tests.neural.tiny import Points
from tests.started import ended_by_another, finish, shown, start_all, starting

start = starting("neural")

TINY = "own replace --learner tests.neural.tiny:Points --preset smoke --rows 12 --batch-size 5 --json"


def files(run):
    """What a run's folder holds, but for the checkpoints' times."""
    found = sorted(path for path in Path(run).rglob("[!.]*") if path.is_file())
    return {str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def numbers(summary):
    return summary["metrics"], summary["test_loss_per_seed"]


@pytest.mark.slow
def test_two_processes_write_the_files_of_one(start, tmp_path):
    line = f"{TINY} --seeds 3 --until converged --check-every 10 --patience 1 --most-steps 40"
    one = finish(start(f"{line} --run-dir {tmp_path / 'one'}"))
    first, second = start_all(start, f"{line} --run-dir {tmp_path / 'two'}", count=2, devices=2)
    assert numbers(finish(first)) == numbers(one)
    assert finish(second) is None
    assert files(tmp_path / "two") == files(tmp_path / "one")


@pytest.mark.slow
def test_a_process_that_dies_ends_the_other_and_one_alone_goes_on(start, tmp_path):
    line = f"{TINY} --iterations 2 --steps 100 --chunk 1 --checkpoint-seconds 1e-9 --run-dir"
    processes = start_all(start, f"{line} {tmp_path / 'two'}", count=2)
    while not (tmp_path / "two/models/checkpoint.eqx").exists():
        time.sleep(0.05)
        assert processes[0].poll() is None, shown(processes[0])
    processes[1].kill()
    ended_by_another(processes[0])
    assert not (tmp_path / "two/models/model-2.eqx").exists()
    resumed = finish(start(f"{line} {tmp_path / 'two'} --resume"))
    one = finish(start(f"{line} {tmp_path / 'one'}"))
    assert numbers(resumed) == numbers(one)
    assert files(tmp_path / "two") == files(tmp_path / "one")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("--seeds 1", "1 seeds can be shared out over 1 processes, and there are 2; start fewer"),
        ("--learning-rate 1e38 --clip 1e38", "lower the learning rate"),
        ("", "is not empty and holds no run"),
    ],
    ids=["seeds", "loss", "folder"],
)
def test_what_cannot_go_on_ends_all_with_the_same_line(start, tmp_path, more, message):
    folder = tmp_path / "run"
    folder.mkdir()
    if not more:
        (folder / "thesis.txt").write_text("mine")
    for process in start_all(start, f"{TINY} {more} --run-dir {folder}", count=2):
        out, _ = process.communicate()
        assert (process.returncode, out) == (2, "")
        (line,) = [line for line in shown(process).splitlines() if "python -m neural" in line]
        assert message in line


@pytest.mark.parametrize("seeds", [1, 2, 3, 5, 8, 9, 16, 100])
@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_every_block_is_one_processs_and_they_have_as_many_as_it_goes(seeds, count):
    if count > len(blocks(seeds)):
        with pytest.raises(ValueError, match=f"can be shared out over {len(blocks(seeds))} processes, and there are"):
            Processes(count).shares(seeds)
        return
    shares = Processes(count).shares(seeds)
    assert sum(shares, []) == blocks(seeds)
    sizes = [len(share) for share in shares]
    assert len(sizes) == count
    assert max(sizes) - min(sizes) <= 1


def test_one_process_asks_nobody(monkeypatch):
    monkeypatch.setattr(processes, "from_first", None)
    monkeypatch.setattr(processes, "from_all", None)
    keys, chunk = jax.random.split(jax.random.key(0), 3), Chunk(0, 1, 1, np.zeros(1), np.zeros(1))
    with ALONE.led():
        assert ALONE.advance(lambda of: (of, 1), keys, None, chunk, "") == (blocks(3), 1)


def test_the_answers_are_those_of_all_in_their_order_or_what_one_could_not_do(monkeypatch):
    asked, answers = [], [{}, [np.ones(2)]]
    monkeypatch.setattr(processes, "from_first", asked.append)
    monkeypatch.setattr(processes, "from_all", lambda content: asked.append(content) or [content, packed(*answers)])
    found = Processes(2)._all({"what": "rows"}, [np.arange(3)], lambda: [np.zeros(1)])
    assert [[array.tolist() for array in each] for each in found] == [[[0]], [[1, 1]]]
    assert [unpacked(content)[0] for content in asked] == [{"what": "rows"}, {}]
    with pytest.raises(ZeroDivisionError):  # and yet the others are heard
        Processes(2)._all({}, [], lambda: [np.zeros(1 // 0)])
    assert len(asked) == 4
    answers[:] = {"problem": "no memory"}, []
    with pytest.raises(ValueError, match="process 1 of 2 could not do its share: no memory"):
        Processes(2)._all({}, [], lambda: [np.zeros(1)])


def test_the_others_hear_how_a_run_has_ended(monkeypatch):
    told = []
    monkeypatch.setattr(processes, "from_first", lambda content: told.append(unpacked(content)[0]))

    def ended(error):
        with Processes(2).led():
            if error is not None:
                raise error

    ended(None)
    for error in (ValueError("no room"), ZeroDivisionError(), Lost("nobody hears")):
        with pytest.raises(type(error)):
            ended(error)
    assert [each.pop("what") for each in told] == ["end"] * 3
    assert [each["problem"] for each in told] == ["", "no room", "ZeroDivisionError"]
    # and go with it
    plan = Plan(iterations=2, T=12, seeds=3, seed=7, sample_batch=30)
    training = Training(batch_size=6, learning_rate=0.1, steps=6)
    for each in told[:2]:
        monkeypatch.setattr(helper, "heard", lambda each=each: ({"what": "end", **each}, []))
        if each["problem"]:
            with pytest.raises(ValueError, match="^no room$"):
                helper.serve(Points(), plan, [training])
        else:
            helper.serve(Points(), plan, [training])


def test_another_process_answers_with_what_it_computed_or_why_it_could_not(monkeypatch):
    told = []
    monkeypatch.setattr(processes, "from_all", told.append)

    def fails():
        raise RuntimeError("no memory\nat all")

    answer(lambda: [np.ones(2)])
    answer(fails)
    says, (found,) = unpacked(told[0])
    assert (says, found.tolist()) == ({}, [1, 1])
    assert unpacked(told[1]) == ({"problem": "no memory"}, [])


def test_processes_that_read_other_data_are_told_apart(monkeypatch):
    asked = []

    class Read(Points):
        def real(self, iteration, rows, *, key):
            asked.append((iteration, rows, jax.random.key_data(key).tolist()))
            return np.arange(rows)

    plan = Plan(iterations=2, T=2000, seeds=3, seed=7, sample_batch=30)
    monkeypatch.setattr(helper, "together", lambda made: made())
    helper.check_same(Read(), plan)  # alone, nothing is compared
    assert not asked
    monkeypatch.setattr(jax, "process_count", lambda: 3)
    monkeypatch.setattr(helper, "from_all", lambda mark: [mark] * 3)
    helper.check_same(Read(), plan)
    assert asked == [(1, 1000, jax.random.key_data(plan.keys[0]).tolist())]
    monkeypatch.setattr(helper, "from_all", lambda mark: [mark, mark, b"other"])
    with pytest.raises(ValueError, match="process 2 of this run has read other data than process 0"):
        helper.check_same(Read(), plan)


def test_messages_arrive_as_they_were_sent():
    arrays = [np.arange(6, dtype=np.uint16).reshape(2, 3), np.zeros((0, 4), np.float32), np.array(-0.0, np.float32)]
    arrays.append(np.asarray(jnp.arange(3, dtype=jnp.bfloat16)))
    says, found = unpacked(packed({"what": "rows"}, [*arrays, np.arange(12)[::3]]))
    assert says == {"what": "rows"}
    for sent, got in zip([*arrays, np.arange(12)[::3]], found, strict=True):
        assert (got.dtype, got.shape) == (sent.dtype, sent.shape)
        assert got.tobytes() == sent.tobytes()


def test_a_tree_is_filled_with_its_own_arrays():
    tree = {"w": jnp.arange(3.0), "name": jnp.tanh, "b": [jnp.ones(2), None]}
    for like in (
        tree,
        jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype) if leaf is not jnp.tanh else leaf, tree),
    ):
        again = filled(like, leaves(tree))
        assert again["name"] is jnp.tanh
        assert again["b"][1] is None
        np.testing.assert_array_equal(again["w"], tree["w"])
        np.testing.assert_array_equal(again["b"][0], tree["b"][0])
