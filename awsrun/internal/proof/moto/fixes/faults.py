"""What goes wrong with jobs, when tests want it to.

A fault is an object of the list "faults" of the settings:

    definition   name of the job definition
    shard        number of a shard; the jobs that have it in their parameter "shards",
                 which is A..B; without it, all jobs
    attempt      of Batch, from 1; without it, all of them
    kind         what happens:
                 host   the job is never started, as when its image cannot be fetched
                 oom    it is killed because it takes too much memory
                 spot   its machine is taken away: SIGTERM, and SIGKILL 30 s later
                 crash  SIGABRT
    line         it happens once the job has printed a line with this in it;
                 without it, before the job has done anything
"""

import signal

from . import settings

KINDS = {'host', 'oom', 'spot', 'crash'}


class Fault:
    def __init__(self, kind, line=None):
        if kind not in KINDS:
            raise ValueError(f'faults: kind {kind!r} is none of {sorted(KINDS)}')
        self.kind, self.line = kind, line

    def signal(self):
        return {'oom': signal.SIGKILL, 'spot': signal.SIGTERM, 'crash': signal.SIGABRT}[self.kind]


def find(definition, shards, attempt):
    """Returns the fault for an attempt at a job, or None. shards is A..B or None."""
    for f in settings.read().get('faults') or []:
        if f['definition'] != definition or f.get('attempt', attempt) != attempt:
            continue
        if 'shard' in f and not within(f['shard'], shards):
            continue
        return Fault(f['kind'], f.get('line'))
    return None


def within(shard, shards):
    if shards is None:
        return False
    first, last = shards.split('..')
    return int(first) <= shard <= int(last)
