"""One attempt at a job: a process in the place of a container."""

import dataclasses
import os
import queue
import subprocess
import tempfile
import threading
import time

GRACE = 30  # seconds that a container has between SIGTERM and SIGKILL

EXITED = 'Essential container in task exited'
NOT_STARTED = 'Task failed to start'
OUT_OF_MEMORY = 'OutOfMemoryError: Container killed due to memory usage'
CANNOT_PULL = 'CannotPullContainerError: pull image manifest has been retried 5 time(s): the host is at fault in this test'
SPOT = 'Your Spot Task was interrupted.'
TIMED_OUT = 'Job attempt duration exceeded timeout'


@dataclasses.dataclass
class Outcome:
    """What Batch says of an attempt that has ended."""
    exit_code: int | None      # None if the container was never started
    reason: str | None         # of the container
    status_reason: str | None  # of the job
    final: bool = False        # timed out or terminated: not tried again, whatever the rules

    def succeeded(self):
        return self.exit_code == 0 and not self.final


def not_started(reason):
    return Outcome(None, reason, NOT_STARTED)


def run(command, environment, events, limit, fault, log):
    """Runs a command until it ends, or something ends it.

    events   a queue; what is put there as ('terminate', reason) ends the process
    limit    seconds it may take, or None
    fault    a faults.Fault, or None
    log      is called with each line that the process prints
    """
    if fault and fault.kind == 'host':
        return not_started(CANNOT_PULL)
    if fault and not fault.line:
        command = ['sleep', 'infinity']  # it has not come to do anything, however slow this is
    with tempfile.TemporaryDirectory(prefix='textmill-job-') as home:
        env = {'PATH': os.defpath, 'HOME': home, 'TMPDIR': home, **environment}
        process = subprocess.Popen(command, env=env, cwd=home, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        line = fault.line.encode() if fault and fault.line else None
        reader = threading.Thread(target=read, args=(process, line, events, log), daemon=True)
        reader.start()
        threading.Thread(target=lambda: events.put(('exited', process.wait())), daemon=True).start()
        if fault and not line:
            events.put(('fault', None))
        outcome = wait(process, events, limit, fault)
        reader.join(timeout=5)  # what it has left behind may still hold its output open
        return outcome


def read(process, line, events, log):
    for text in process.stdout:
        log(text.decode(errors='replace').rstrip('\n'))
        if line and line in text:
            line = None
            events.put(('fault', None))
    process.stdout.close()


def wait(process, events, limit, fault):
    outcome = Outcome(None, None, EXITED)
    deadline = time.monotonic() + limit if limit else None
    kill = None  # when the grace is over
    while True:
        now = time.monotonic()
        if kill is not None and now >= kill:
            process.kill()
            kill = None
        if deadline is not None and now >= deadline:
            deadline, kill = None, now + GRACE
            outcome.status_reason, outcome.final = TIMED_OUT, True
            process.terminate()
        ends = [t for t in (deadline, kill) if t is not None]
        try:
            what, value = events.get(timeout=min(ends) - now if ends else None)
        except queue.Empty:
            continue
        if what == 'exited':
            outcome.exit_code = value if value >= 0 else 128 - value
            return outcome
        if what == 'terminate':
            kill = now + GRACE
            outcome.status_reason, outcome.final = value, True
            process.terminate()
        if what == 'fault' and process.poll() is None:
            if fault.kind == 'oom':
                outcome.reason = OUT_OF_MEMORY
            if fault.kind == 'spot':
                outcome.status_reason, kill = SPOT, now + GRACE
            process.send_signal(fault.signal())
