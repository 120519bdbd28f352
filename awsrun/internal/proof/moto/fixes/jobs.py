"""Batch: jobs as processes.

moto runs a job in a Docker container, takes no notice of its retry strategy, writes its
output into one log group for all, and says little about how it ended; asked about jobs
while others are submitted, it fails. Here a job is a
process, or several, one after the other, and what DescribeJobs says of it is what AWS
would say. How Batch words things is from its user guide, "Job states", "Job timeouts",
"Automated job retries", and from ECS's "Stopped tasks error messages".
"""

import datetime
import queue
import re
import threading
import time
import traceback
import uuid

from moto.batch.exceptions import ClientException
from moto.batch.models import BatchBackend, Job
from moto.batch.responses import BatchResponse

from . import access, credentials, faults, processes, retries, settings

slots = None


def apply(options):
    global slots
    settings.path = options.settings
    slots = threading.BoundedSemaphore(options.jobs)

    Job.__init__ = wrap_init(Job.__init__)
    Job.run = run
    Job.terminate = terminate
    Job.describe_short = wrap_describe_short(Job.describe_short)
    Job.describe = wrap_describe(Job.describe)
    Job._container_details = lambda self: {}  # see wrap_describe; moto's adds to the overrides each time
    BatchBackend.describe_jobs = describe_jobs
    BatchBackend.register_job_definition = wrap_register(BatchBackend.register_job_definition)
    BatchResponse.submitjob = wrap_submit(BatchResponse.submitjob)


def wrap_init(original):
    def init(self, *args, **kwargs):
        self.events = queue.Queue()   # what may end the attempt under way
        self.ended = threading.Event()
        self.outcome = None           # of the last attempt
        self.terminated = False
        original(self, *args, **kwargs)
        self.status = 'SUBMITTED'
    return init


def wrap_register(original):
    def register(self, *args, **kwargs):
        wrong = retries.check(kwargs.get('retry_strategy') or {})
        if wrong:
            raise ClientException(wrong)
        return original(self, *args, **kwargs)
    return register


def wrap_submit(original):
    def submit(self):
        # moto would drop them without a word.
        for name in ('retryStrategy', 'arrayProperties', 'dependsOn'):
            if self._get_param(name):
                raise ClientException(f'{name} of a job is not simulated')
        return original(self)
    return submit


def run(job):
    try:
        attempts(job)
    except Exception:
        # A job that never ends would leave the test without an explanation.
        traceback.print_exc()
        job.outcome = processes.Outcome(None, None, 'launcher: ' + traceback.format_exc(limit=-1))
        finish(job, 'FAILED')


def attempts(job):
    strategy = job.job_definition.retry_strategy or {}
    number = 0
    while True:
        number += 1
        job.status = 'RUNNABLE'
        slots.acquire()
        try:
            outcome = attempt(job, number)
        finally:
            slots.release()
        job.outcome = outcome
        if outcome.succeeded():
            return finish(job, 'SUCCEEDED')
        if outcome.final or not retries.again(strategy, number, outcome):
            return finish(job, 'FAILED')


def attempt(job, number):
    job.events = queue.Queue()  # before job.stop is looked at: terminate does it the other way
    if job.stop:
        return processes.Outcome(None, None, job.job_stopped_reason, final=True)
    job.status = 'STARTING'
    task = f'arn:aws:ecs:{job.backend.region_name}:{job.backend.account_id}:task/{job.job_queue.environments[0].ecs_name}/{uuid.uuid4().hex}'
    job.latest_attempt = {'container': {'taskArn': task, 'networkInterfaces': []}, 'startedAt': milliseconds()}
    outcome = start(job, number, task.rsplit('/', 1)[1])
    container = job.latest_attempt['container']
    if outcome.exit_code is not None:
        container['exitCode'] = outcome.exit_code
        container['logStreamName'] = job.log_stream_name
    if outcome.reason is not None:
        container['reason'] = outcome.reason
    job.latest_attempt |= {'stoppedAt': milliseconds(), 'statusReason': outcome.status_reason}
    job.attempts.append(job.latest_attempt)
    return outcome


def start(job, number, task):
    refused = access.execution_role_lacks(job)
    if refused:
        return processes.not_started('ResourceInitializationError: ' + refused)
    log = Log(job, task)
    if log.group not in job._log_backend.groups:
        return processes.not_started('ResourceInitializationError: failed to validate logger args: '
                                     f'The specified log group does not exist: {log.group}')
    now = settings.read()
    fault = faults.find(job.job_definition.name, job.parameters.get('shards'), number)
    if not (fault and fault.kind == 'host'):
        job.log_stream_name = log.create()
        job.job_started_at = datetime.datetime.now()
        job.status = 'RUNNING'
    env = environment(job, number) | now.get('environment', {})
    return processes.run([now['programs'][repository(job)], *command(job)], env, job.events,
                         time_limit(job), fault, log.put)


def finish(job, status):
    job.job_stopped_at = datetime.datetime.now()
    job.job_stopped = True
    job.job_stopped_reason = job.outcome.status_reason
    job.exit_code = job.outcome.exit_code
    job.status = status
    job.ended.set()


def terminate(job, reason):
    if job.stop or job.job_stopped:
        return
    job.terminated, job.job_stopped_reason, job.stop = True, reason, True
    job.events.put(('terminate', reason))


def command(job):
    """The command, with Ref::NAME replaced by the parameter of that name, if there is one."""
    def value(match):
        return job.parameters.get(match[1], match[0])
    return [re.sub(r'Ref::([A-Za-z0-9_-]+)', value, part) for part in job._get_container_property('command', [])]


def repository(job):
    """The name of the image's repository."""
    return re.match(r'[^/]+/([^@:]+)', job.job_definition.container_properties['image'])[1]


def given_environment(job):
    env = {}
    for source in (job.job_definition.container_properties, job.container_overrides):
        env |= {e['name']: e['value'] for e in source.get('environment') or []}
    return env


def environment(job, number):
    role = job.job_definition.container_properties.get('jobRoleArn')
    return given_environment(job) | (credentials.environment(role, job.backend.region_name) if role else {}) | {
        'AWS_BATCH_JOB_ID': job.job_id,
        'AWS_BATCH_JOB_ATTEMPT': str(number),
        'AWS_BATCH_JQ_NAME': job.job_queue.name,
        'AWS_BATCH_CE_NAME': job.job_queue.environments[0].name,
        'AWS_EXECUTION_ENV': 'AWS_ECS_FARGATE',
    }


def time_limit(job):
    return (job.timeout or job.job_definition.timeout or {}).get('attemptDurationSeconds')


def milliseconds():
    return int(time.time() * 1000)


class Log:
    """The log stream of an attempt."""

    def __init__(self, job, task):
        configuration = job.job_definition.container_properties.get('logConfiguration') or {}
        options = configuration.get('options') or {}
        self.backend = job._log_backend
        self.group = options.get('awslogs-group', '/aws/batch/job')
        self.stream = f'{options.get("awslogs-stream-prefix", job.job_definition.name)}/default/{task}'

    def create(self):
        self.backend.create_log_stream(self.group, self.stream)
        return self.stream

    def put(self, line):
        if line:  # CloudWatch takes no empty events
            self.backend.put_log_events(self.group, self.stream, [{'timestamp': milliseconds(), 'message': line}])


def wrap_describe_short(original):
    def describe_short(job):
        d = original(job)
        d['container'] = exit_of(job)
        return d
    return describe_short


def exit_of(job):
    d = {}
    if job.outcome and job.outcome.exit_code is not None:
        d['exitCode'] = job.outcome.exit_code
    if job.outcome and job.outcome.reason is not None:
        d['reason'] = job.outcome.reason
    return d


def describe_jobs(self, jobs):
    found = [self._jobs.get(name.rsplit('/', 1)[-1]) for name in jobs or []]  # by id, or by ARN
    return [job.describe() for job in found if job]


def wrap_describe(original):
    def describe(job):
        definition = job.job_definition
        d = original(job)
        d |= {
            'retryStrategy': definition.retry_strategy or {'attempts': 1, 'evaluateOnExit': []},
            'platformCapabilities': definition.platform_capabilities or [],
            'propagateTags': bool(definition.propagate_tags),
            'isCancelled': False,
            'isTerminated': job.terminated,
        }
        if definition.timeout and 'timeout' not in d:
            d['timeout'] = definition.timeout
        container = d['container'] = {**definition.container_properties, **job.container_overrides, **exit_of(job)}
        container['environment'] = [{'name': k, 'value': v} for k, v in given_environment(job).items()]
        if job.latest_attempt:
            container['taskArn'] = job.latest_attempt['container']['taskArn']
        if job.log_stream_name:
            container['logStreamName'] = job.log_stream_name
        return d
    return describe
