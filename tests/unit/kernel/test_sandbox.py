"""The sandbox against real children, in both kinds where a property holds for both."""

import os
import resource
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from kernel.sandbox import Limits, Sandbox, SandboxUnavailable, discover, python_argv, unisolated

BUBBLEWRAP = discover()
RLIMITS = unisolated("asked for by a test")
EITHER = pytest.mark.parametrize("sandbox", [BUBBLEWRAP, RLIMITS], ids=["bubblewrap", "rlimits"])
MIB = 1024 * 1024


def python(code: str, *args: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", code, *args]


def run(sandbox: Sandbox, code: str, *args: str, **options):
    read_only = [*python_argv("x").read_only, *options.pop("read_only", [])]
    return sandbox.run(python(code, *args), read_only=read_only, **options)


def processes_named(token: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = process.info["cmdline"] or []
        if any(token in part for part in line) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def wait_until_gone(token: str, seconds: float = 2.0) -> list[psutil.Process]:
    deadline = time.monotonic() + seconds
    while (left := processes_named(token)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


def test_bubblewrap_is_found_and_its_reason_is_kept():
    assert BUBBLEWRAP.kind == "bubblewrap"
    assert "bubblewrap" in BUBBLEWRAP.reason
    assert discover(require=True) is BUBBLEWRAP


def test_a_host_without_bubblewrap_falls_back_and_refuses_when_it_is_required(monkeypatch):
    from kernel import sandbox as module

    monkeypatch.setattr(module, "_find_bwrap", lambda: "/usr/bin/false")
    module._discover.cache_clear()
    try:
        fallback = discover()
        assert fallback.kind == "rlimits"
        assert "/usr/bin/false does not work: its test ended with code 1" in fallback.reason
        with pytest.raises(SandboxUnavailable) as caught:
            discover(require=True)
        assert caught.value.code == "sandbox_unavailable"
        assert "/usr" not in caught.value.detail
    finally:
        module._discover.cache_clear()


@EITHER
def test_output_input_environment_and_exit_code_come_through(sandbox):
    code = "import os, sys; print(sys.stdin.read(), os.environ['GREETING'], 'HOME' in os.environ); sys.exit(3)"
    done = run(sandbox, code, stdin=b"in", env={"GREETING": "hello"})
    assert (done.stdout, done.returncode, done.signal, done.ok) == (b"in hello False\n", 3, None, False)


@EITHER
def test_the_resource_use_of_the_child_is_measured(sandbox):
    done = run(sandbox, "import time; b = bytearray(b'x') * 200_000_000\nwhile time.process_time() < .5: pass")
    assert 0.5 <= done.cpu_seconds < 2
    # A child's figure starts with its parent's: in a process that has loaded every test that can be the larger one.
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    assert 200e6 < done.peak_rss_bytes < max(250e6, 1.2 * own)


@EITHER
def test_exit_codes_that_only_look_like_signals_are_exit_codes(sandbox):
    done = run(sandbox, "import os; os._exit(183)")
    assert (done.returncode, done.signal) == (183, None)


@EITHER
def test_output_is_captured_in_bounded_memory(sandbox):
    code = "import sys; sys.stdout.write('o' * 3_000_000); sys.stderr.write('e' * 3_000_000 + 'end')"
    done = run(sandbox, code, max_stdout_bytes=1000)
    assert (len(done.stdout), done.stdout_truncated, done.returncode) == (1000, True, 0)
    assert done.stderr_tail.endswith("end")
    assert len(done.stderr_tail) <= 16 * 1024


@EITHER
def test_a_child_that_refuses_its_input_is_no_error(sandbox):
    assert run(sandbox, "import os; os.close(0)", stdin=b"x" * 1_000_000).ok


@EITHER
def test_a_program_that_does_not_exist_is_a_failed_run(sandbox):
    assert sandbox.run(["/nowhere/program"]).returncode != 0


def test_t19_the_child_sees_its_inputs_and_no_other_file(tmp_path):
    given, canary = tmp_path / "given", tmp_path / "canary"
    given.write_text("given")
    canary.write_text("secret")
    code = "import sys; print(open(sys.argv[1]).read()); open(sys.argv[2])"
    done = run(BUBBLEWRAP, code, str(given), str(canary), read_only=[given])
    assert done.stdout == b"given\n"
    assert "FileNotFoundError" in done.stderr_tail
    for path in ("/etc/passwd", str(Path(__file__)), str(Path.home() / ".bashrc")):
        assert run(BUBBLEWRAP, "import os, sys; sys.exit(os.path.exists(sys.argv[1]))", path).ok


def test_t19_the_child_sees_no_other_process_and_nothing_of_our_environment(monkeypatch):
    monkeypatch.setenv("API_KEY", "canary-value")
    code = """
import glob, os, sys
print(sorted(glob.glob('/proc/[0-9]*')), os.getuid())
print(any(b'canary-value' in open(path, 'rb').read() for path in glob.glob('/proc/[0-9]*/environ')))
open(f'/proc/{sys.argv[1]}/environ')
"""
    done = run(BUBBLEWRAP, code, str(os.getpid()))
    assert done.stdout == b"['/proc/1', '/proc/2'] 65534\nFalse\n"
    assert "FileNotFoundError" in done.stderr_tail


def test_t19_the_child_has_no_network():
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = """
import socket, sys
print([name for _, name in socket.if_nameindex()])
socket.create_connection(('127.0.0.1', int(sys.argv[1])), timeout=2)
"""
        done = run(BUBBLEWRAP, code, str(server.getsockname()[1]))
        assert done.stdout == b"['lo']\n"
        assert "ConnectionRefusedError" in done.stderr_tail
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()


def test_t19_the_child_writes_only_to_its_outputs_and_a_small_tmp(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "in").write_text("kept")
    code = """
import sys
for path in (*sys.argv[1:], '/x', '/dev/x', '/usr/x', '/tmp/x', sys.prefix + '/x'):
    try:
        open(path, 'w').write('changed')
        print('written', path)
    except OSError as error:
        print(error.strerror)
"""
    target = str(tmp_path / "out" / "new")
    done = run(BUBBLEWRAP, code, target, str(tmp_path / "in"), read_only=[tmp_path / "in"], writable=[tmp_path / "out"])
    refused = "Read-only file system"
    assert done.stdout.decode().splitlines() == [
        f"written {target}", refused, refused, refused, refused, "written /tmp/x", refused,
    ]  # fmt: skip
    assert (tmp_path / "in").read_text() == "kept"
    assert (tmp_path / "out" / "new").read_text() == "changed"


def test_tmp_inside_is_too_small_to_fill_the_memory_of_the_host():
    done = run(BUBBLEWRAP, "f = open('/tmp/x', 'wb')\nfor _ in range(100): f.write(bytes(1 << 20)); f.flush()")
    assert "No space left" in done.stderr_tail


@EITHER
def test_the_cpu_limit_ends_the_child_by_a_signal_of_its_own(sandbox):
    done = run(sandbox, "while True: pass", limits=Limits(cpu_seconds=1, wall_seconds=20))
    assert (done.signal, done.cpu_exceeded, done.timed_out) == (signal.SIGXCPU, True, False)


@EITHER
def test_the_wall_limit_kills_a_sleeping_child(sandbox):
    done = run(sandbox, "import time; print('up', flush=True); time.sleep(60)", limits=Limits(wall_seconds=0.5))
    assert (done.timed_out, done.ok, done.stdout) == (True, False, b"up\n")
    assert not done.out_of_memory
    assert done.wall_seconds < 3


@EITHER
def test_a_silent_child_is_stalled_and_a_talking_one_is_not(sandbox):
    silent = run(sandbox, "import time; time.sleep(60)", idle_seconds=0.5)
    talking = "import time\nfor _ in range(8): print('.', flush=True); time.sleep(.1)"
    assert (silent.stalled, silent.timed_out) == (True, False)
    assert run(sandbox, talking, idle_seconds=0.5).ok


@EITHER
def test_the_memory_limit_is_told_from_another_failure(sandbox):
    limits = Limits(address_space_bytes=300 * MIB)
    assert run(sandbox, "bytearray(1 << 30)", limits=limits).out_of_memory
    assert not run(sandbox, "1 / 0", limits=limits).out_of_memory


@EITHER
def test_a_kill_by_someone_else_is_a_signal_and_not_out_of_memory(sandbox):
    done = run(sandbox, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert (done.signal, done.out_of_memory, done.returncode) == (signal.SIGKILL, False, 137)


@EITHER
def test_a_kill_while_the_hosts_oom_counter_grew_is_out_of_memory(sandbox, monkeypatch):
    from kernel import sandbox as module

    counts = iter([5, 6])
    monkeypatch.setattr(module, "oom_kills", lambda: next(counts))
    done = run(sandbox, "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert (done.oom_killed, done.out_of_memory) == (True, True)


@EITHER
def test_a_crash_is_reported_with_its_signal(sandbox):
    done = run(sandbox, "import os; os.abort()")
    assert (done.signal, done.out_of_memory) == (signal.SIGABRT, False)


@EITHER
def test_the_file_size_limit_stops_a_growing_file(sandbox, tmp_path):
    code = """
import signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
open(sys.argv[1], 'wb').write(bytes(9_999_999))
"""
    done = run(sandbox, code, str(tmp_path / "f"), writable=[tmp_path], limits=Limits(file_size_bytes=MIB))
    assert (done.signal, done.file_size_exceeded) == (signal.SIGXFSZ, True)
    assert (tmp_path / "f").stat().st_size <= MIB


@EITHER
def test_the_open_file_limit_holds(sandbox):
    done = run(sandbox, "keep = [open('/dev/null') for _ in range(100)]", limits=Limits(open_files=50))
    assert "Too many open files" in done.stderr_tail


@EITHER
def test_cancelling_ends_the_child_within_a_second(sandbox):
    cancel = threading.Event()
    threading.Timer(0.3, cancel.set).start()
    started = time.monotonic()
    done = run(sandbox, "import time; time.sleep(60)", cancel=cancel)
    assert (done.cancelled, done.timed_out) == (True, False)
    assert time.monotonic() - started < 1.3


GRANDCHILD = """
import subprocess, sys, time
subprocess.Popen([sys.executable, '-I', '-S', '-c', 'import time; time.sleep(60)', sys.argv[1]])
print('up', flush=True)
time.sleep(float(sys.argv[2]))
"""


@EITHER
@pytest.mark.parametrize("lifetime", ["0", "60"], ids=["parent-exits", "parent-is-killed"])
def test_no_grandchild_outlives_its_run(sandbox, lifetime):
    token = secrets.token_hex(8)
    done = run(sandbox, GRANDCHILD, token, lifetime, limits=Limits(wall_seconds=1))
    assert done.stdout == b"up\n"
    assert wait_until_gone(token) == []


@EITHER
def test_an_exception_in_the_caller_leaves_no_child(sandbox, monkeypatch):
    from kernel.sandbox_process import Watch

    def interrupted(_watch, _timeout):
        raise KeyboardInterrupt

    token = secrets.token_hex(8)
    monkeypatch.setattr(Watch, "step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run(sandbox, "import time; time.sleep(60)", token)
    assert wait_until_gone(token) == []


@EITHER
def test_a_long_lived_child_answers_over_its_pipes_and_dies_with_its_context(sandbox):
    token = secrets.token_hex(8)
    code = "import sys\nsys.stderr.write('e' * 500_000)\nfor line in sys.stdin: print(line.strip()[::-1], flush=True)"
    with sandbox.popen(python(code, token), read_only=python_argv("x").read_only) as child:
        for word in (b"abc", b"def"):
            child.stdin.write(word + b"\n")
            child.stdin.flush()
            assert child.stdout.readline() == word[::-1] + b"\n"
        assert child.poll() is None
    assert child.kill().signal == signal.SIGKILL
    assert child.stderr_tail.endswith("eee")
    assert wait_until_gone(token) == []


@EITHER
def test_a_long_lived_child_that_ends_by_itself_tells_its_code(sandbox):
    with sandbox.popen(python("import sys; sys.exit(4)"), read_only=python_argv("x").read_only) as child:
        ended = child.wait(10)
        assert ended is not None
        assert ended.returncode == 4


@EITHER
def test_a_child_outlives_the_thread_that_started_it(sandbox):
    children = []
    code = "import sys; print(sys.stdin.readline().strip())"
    options = {"read_only": python_argv("x").read_only}
    thread = threading.Thread(target=lambda: children.append(sandbox.popen(python(code), **options)))
    thread.start()
    thread.join()
    with children[0] as child:
        time.sleep(0.3)
        child.stdin.write(b"alive\n")
        child.stdin.flush()
        assert child.stdout.readline() == b"alive\n"


@EITHER
def test_children_die_with_this_process(sandbox):
    token = secrets.token_hex(8)
    code = f"""
import sys
from kernel.sandbox import Sandbox, python_argv
sandbox = Sandbox({sandbox.kind!r}, "", {sandbox.bwrap!r})
sleep = [sys.executable, "-I", "-c", "import time; time.sleep(60)", {token!r}]
sandbox.popen(sleep, read_only=python_argv("x").read_only)
print("up", flush=True)
import os, signal
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30)
    assert (ended.stdout, ended.returncode) == (b"up\n", -signal.SIGKILL)
    assert wait_until_gone(token) == []


@EITHER
def test_our_own_modules_run_inside_and_nothing_else_of_the_checkout_is_seen(sandbox):
    child = python_argv("kernel.sandbox_exec", '{"rlimits": {}, "parent": 0, "account": false}', sys.executable)
    done = sandbox.run(child.argv, read_only=child.read_only, env=child.env)
    assert (done.returncode, done.stderr_tail) == (127, "")  # it ran and saw that 0 is not its parent
    checkout = Path(child.env["PYTHONPATH"])
    assert not any((checkout / name) in child.read_only for name in (".", ".git", "tests"))


@EITHER
def test_paths_with_quotes_spaces_and_newlines_are_only_paths(sandbox, tmp_path):
    odd = tmp_path / "--a b'c\"d\n$(touch x);%s"
    odd.mkdir()
    done = run(sandbox, "import sys; open(sys.argv[1] + '/f', 'w')", str(odd), writable=[odd])
    assert done.ok
    assert [path.name for path in odd.iterdir()] == ["f"]


def test_a_device_is_seen_only_when_it_is_passed():
    """A GPU's device is; any of the host's that a sandbox doesn't have by itself stands for it."""
    own = {"full", "null", "ptmx", "random", "tty", "urandom", "zero"}
    device = next(path for path in sorted(Path("/dev").iterdir()) if path.is_char_device() and path.name not in own)
    code = "import os, sys; print(os.path.exists(sys.argv[1])); print(os.access('/dev', os.W_OK))"
    assert run(BUBBLEWRAP, code, str(device)).stdout.split() == [b"False", b"False"]
    assert run(BUBBLEWRAP, code, str(device), devices=[device]).stdout.split() == [b"True", b"False"]


def test_a_forked_process_starts_children_of_its_own():
    code = """
import os
from kernel.sandbox import unisolated
run = lambda: unisolated("").run(["/usr/bin/env"]).ok
assert run()
pid = os.fork()
if pid == 0:
    os._exit(0 if run() else 1)
print(os.waitpid(pid, 0)[1])
"""
    done = RLIMITS.run([sys.executable, "-c", code], env=python_argv("x").env, limits=Limits(wall_seconds=20))
    assert done.stdout == b"0\n", done.stderr_tail
