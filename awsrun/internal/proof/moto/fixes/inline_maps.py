"""Inline Maps.

Wrong in moto:

- More than some thousand items end in a recursion error and a Map that never ends.
- An iteration that fails with an error such as States.TaskFailed fails the Map with
  States.Runtime: the name is taken for one of the definition's, which must not begin so.
- When an iteration fails, the others go on; AWS stops them.
- MaxConcurrency 0 runs all iterations at once; AWS runs 40.
"""

import concurrent.futures
import threading

from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration import iteration_worker
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.inline_iteration_component import InlineIterationComponent
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.job import Job, JobPool

MOST = 40


def apply():
    InlineIterationComponent._eval_body = eval_map
    iteration_worker.CustomErrorName = ErrorName


def eval_map(self, env):
    given = env.stack.pop()
    pool = env.map_run_record_pool_manager
    if not hasattr(pool, 'inline'):
        pool.inline = {}  # by state, what is done: output by index
    done = pool.inline.get(given.state_name, {}) if resumes(pool, given.state_name) else {}
    pool.inline[given.state_name] = done

    program, over, failures = self._get_iteration_program(), threading.Event(), []
    worker = self._create_worker(env=env, eval_input=given, job_pool=JobPool(program, []))

    def do(index):
        if over.is_set():
            return
        job, frame = Job(index, program, given.input_items[index]), env.open_inner_frame()
        worker._eval_job(env=frame, job=job)
        if isinstance(job.job_output, Exception):
            failures.append(job.job_output)
            over.set()
            return
        env.close_frame(frame)
        done[index] = job.job_output

    count = len(given.input_items)
    with concurrent.futures.ThreadPoolExecutor(given.max_concurrency or MOST) as threads:
        todo = [threads.submit(do, i) for i in range(count) if i not in done]
        while concurrent.futures.wait(todo, timeout=0.1).not_done:
            if over.is_set():
                for frame in list(env._frames):
                    frame.set_stop(stop_date=None, cause=None, error=None)
    for t in todo:
        t.result()  # raises what went wrong in here, and not in the iteration
    if failures:
        raise failures[0]
    env.stack.append([done[i] for i in range(count)] if env.is_running() else None)


def resumes(pool, state):
    if getattr(pool, 'resume', None) != state:
        return False
    pool.resume = None
    return True
