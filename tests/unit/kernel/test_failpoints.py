import os
import signal
import subprocess
import sys
import time

import pytest

from kernel import failpoints
from kernel.failpoints import FailpointHit, arm, hit

failpoints.declare("test.here", "in this file")
failpoints.declare("test.there", "in this file as well")

PROGRAM = """
from kernel import failpoints
failpoints.declare("test.here", "in a child")
failpoints.hit("test.here")
failpoints.hit("test.here")
print("still here")
"""


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], env=os.environ | environment, capture_output=True, text=True, timeout=30
    )


def test_nothing_happens_unless_failpoints_are_switched_on():
    done = run(KEYREEL_FAILPOINTS="test.here=kill")

    assert (done.returncode, done.stdout) == (0, "still here\n")


def test_a_failpoint_kills_the_process_at_the_hit_it_is_set_for():
    assert run(FAILPOINTS="1", KEYREEL_FAILPOINTS="test.here=kill@2").returncode == -signal.SIGKILL
    assert run(FAILPOINTS="1", KEYREEL_FAILPOINTS="test.here=kill@3").stdout == "still here\n"


def test_a_specification_that_cannot_be_read_stops_the_program_at_its_start():
    done = run(FAILPOINTS="1", KEYREEL_FAILPOINTS="test.here=explode")

    assert done.returncode != 0
    assert "Failpoint not understood: test.here=explode" in done.stderr


def test_raise_raises_and_carries_the_sqlstate_it_was_given():
    with arm("test.here=raise,test.there=raise40P01"):
        with pytest.raises(FailpointHit) as plain:
            hit("test.here")
        with pytest.raises(FailpointHit) as injected:
            hit("test.there")

    assert (plain.value.sqlstate, injected.value.sqlstate) == (None, "40P01")
    hit("test.here")  # disarmed again


def test_a_numbered_hit_is_hit_once():
    with arm("test.here=raise@2"):
        hit("test.here")
        with pytest.raises(FailpointHit):
            hit("test.here")
        hit("test.here")


def test_a_percentage_hits_about_so_often():
    failed = 0
    with arm("test.here=raise%20"):
        for _ in range(2_000):
            try:
                hit("test.here")
            except FailpointHit:
                failed += 1

    assert 300 <= failed <= 500  # six standard deviations


def test_sleep_waits():
    started = time.monotonic()
    with arm("test.here=sleep:0.05"):
        hit("test.here")

    assert time.monotonic() - started >= 0.05


def test_a_name_nobody_declared_is_a_mistake_where_it_is_hit():
    with arm("test.here=raise@9"), pytest.raises(KeyError):
        hit("test.misspelt")


@pytest.mark.parametrize(
    "text", ["here", "here=", "here=sleep", "here=kill:3", "here=kill40001", "here=raise@", "Here=kill", "here=raise%"]
)
def test_a_wrong_specification_is_refused_by_its_part(text: str):
    with pytest.raises(ValueError, match="not understood"):
        failpoints.parse(f"test.there=raise,{text}")


def test_the_kernels_own_failpoints_are_declared():
    import kernel.db  # noqa: F401 - declares at import

    assert {"db.commit.before", "db.commit.after", "db.serialization"} <= failpoints.KNOWN.keys()
