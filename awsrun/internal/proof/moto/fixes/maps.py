"""Distributed Maps.

Wrong in moto:

- What it runs for an item is no execution: it has no ARN, no history, and shares
  $$.Execution with its parent. Here each is an Execution, which can be described, listed,
  stopped and redriven.
- Any number of items may fail; ToleratedFailurePercentage and -Count change nothing.
- More than some thousand items end in a recursion error and a Map that never ends.
- The ResultWriter writes no results.
- An ItemReader that fails does so as States.Runtime.

How a Map run fails, what its files are and how it is redriven is from the developer
guide: "Distributed Map state", "ResultWriter", "Redriving Map Runs".
"""

import concurrent.futures
import copy
import datetime
import json
import threading
import uuid

from botocore.exceptions import ClientError

from moto.stepfunctions.parser.api import (
    ExecutionStatus, HistoryEventType, MapRunFailedEventDetails, MapRunRedrivenEventDetails, MapRunStartedEventDetails, MapRunStatus)
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_map import state_map
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import DistributedIterationComponent
from moto.stepfunctions.parser.asl.component.state.exec.state_map.result_writer.resource_eval.resource_eval_s3 import ResourceEvalS3
from moto.stepfunctions.parser.asl.component.state.exec.state_task.credentials import StateCredentials
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.states import ItemData, MapData
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution import Execution
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker

from . import access, executions, interpreter

MOST = 1000  # children at once, if the Map has no MaxConcurrency; AWS runs up to 10,000

runs = {}  # Map run by its ARN


def apply():
    evaluate = state_map.StateMap._eval_execution

    def eval_execution(self, env):
        env.heap['result_writer'] = self.result_writer
        try:
            evaluate(self, env)
        except Aborted:
            event(env, HistoryEventType.MapStateAborted)
            env.stack.append(None)
    state_map.StateMap._eval_execution = eval_execution
    DistributedIterationComponent._eval_body = eval_map
    ResourceEvalS3._handle_put_object = staticmethod(results_written)


class Aborted(interpreter.Expected):
    """The execution of the Map was stopped."""


def children(map_run_arn):
    return [c.execution for c in runs[map_run_arn].children if c.execution]


class Child:
    """What is done about one item."""

    def __init__(self, item):
        self.item = item
        self.execution = None  # until it is started

    def status(self):
        return self.execution.exec_status if self.execution else None


class Run:
    """A Map run. record is moto's, which DescribeMapRun shows."""

    def __init__(self, state, record):
        self.state, self.record = state, record
        self.redrives = 0
        self.children = []
        self.failed = 0  # of those done since it was started or redriven
        self.lock = threading.Lock()
        self.results = None  # where the manifest of the results is

    def open(self):
        self.failed = 0
        return [c for c in self.children if c.status() != ExecutionStatus.SUCCEEDED]

    def ended(self, child):
        if child.status() in (ExecutionStatus.FAILED, ExecutionStatus.TIMED_OUT):
            with self.lock:
                self.failed += 1

    def too_many_failed(self):
        """With both limits, the run fails when one is passed; with neither, at the first failure."""
        count, percentage = self.record.tolerated_failure_count or 0, self.record.tolerated_failure_percentage or 0
        if count and self.failed > count:
            return True
        return (percentage or not count) and self.failed * 100 > percentage * len(self.children)

    def count(self):
        """Brings moto's counters up to date."""
        numbers = {'total': len(self.children), 'pending': 0, 'running': 0, 'succeeded': 0, 'failed': 0, 'timed_out': 0, 'aborted': 0}
        for c in self.children:
            numbers[(c.status() or 'PENDING').lower()] += 1
        for counter in (self.record.item_counter, self.record.execution_counter):
            for name, n in numbers.items():
                getattr(counter, name)._count = n


class Worker(ExecutionWorker):
    """Runs a child in the thread that starts it."""

    def __init__(self, *args, program, **kwargs):
        super().__init__(*args, **kwargs)
        self.program = program

    def _get_evaluation_entrypoint(self):
        return self.program

    def start(self):
        executions.prepare(self)
        executions.run(self)


class ChildExecution(Execution):
    def __init__(self, env, run, program, item):
        name = str(uuid.uuid4())
        context = env.states.context_object.context_object_data
        machine = copy.copy(find_machine(context['StateMachine']['Id']))
        machine.executions = []
        machine.arn = run.record.map_state_machine_arn
        machine.name = machine.arn.rsplit(':', 1)[1]
        super().__init__(
            name=name, sm_type='STANDARD', role_arn=env.aws_execution_details.role_arn,
            exec_arn=machine.arn.replace(':stateMachine:', ':execution:') + ':' + name,
            account_id=env.aws_execution_details.account, region_name=env.aws_execution_details.region,
            state_machine=machine, start_date=datetime.datetime.now(datetime.timezone.utc),
            cloud_watch_logging_session=None, activity_store={}, input_data=json.dumps(item))
        self.map_run_arn = run.record.map_run_arn
        self.program = program

    def _get_start_execution_worker(self):
        whole = super()._get_start_execution_worker()
        return Worker(evaluation_details=whole._evaluation_details, exec_comm=whole._execution_communication,
                      cloud_watch_logging_session=None, activity_store={}, program=self.program)


def find_machine(arn):
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends
    return stepfunctions_parser_backends[DEFAULT_ACCOUNT_ID][arn.split(':')[3]].describe_state_machine(arn)


def eval_map(self, env):
    """In the place of DistributedIterationComponent._eval_body."""
    given = env.stack.pop()
    run = resumed(env, given) or begun(env, given)
    try:
        try:
            if not run.children:
                run.children = [Child(select(env, given, i, item)) for i, item in enumerate(read(env, given))]
            outputs = do_all(env, run, self._get_iteration_program(), given.max_concurrency)
        finally:
            run.count()
            if env.is_running() and run.children and (writer := env.heap['result_writer']):
                write(env, writer, run)
    except FailureEventException as failure:
        error, cause = failure.extract_error_cause_pair() or (None, None)
        end(env, run, MapRunStatus.FAILED, HistoryEventType.MapRunFailed,
            mapRunFailedEventDetails=MapRunFailedEventDetails(error=error, cause=cause))
        raise
    if not env.is_running():
        end(env, run, MapRunStatus.ABORTED, HistoryEventType.MapRunAborted)
        raise Aborted
    end(env, run, MapRunStatus.SUCCEEDED, HistoryEventType.MapRunSucceeded)
    env.stack.append(outputs)


def begun(env, given):
    run = Run(given.state_name, given.map_run_record)
    runs[run.record.map_run_arn] = run
    event(env, HistoryEventType.MapRunStarted,
          mapRunStartedEventDetails=MapRunStartedEventDetails(mapRunArn=run.record.map_run_arn))
    return run


def resumed(env, given):
    """Returns the run that a redriven execution goes on with, if that is where it begins."""
    pool = env.map_run_record_pool_manager
    if getattr(pool, 'resume', None) != given.state_name:
        return None
    pool.resume = None
    earlier = [r for r in runs.values() if r.record.map_run_arn in pool._pool and r.state == given.state_name]
    if not earlier or not earlier[-1].children:
        return None
    pool._pool.pop(given.map_run_record.map_run_arn)
    run = earlier[-1]
    run.redrives += 1
    run.record.status = MapRunStatus.RUNNING
    event(env, HistoryEventType.MapRunRedriven,
          mapRunRedrivenEventDetails=MapRunRedrivenEventDetails(mapRunArn=run.record.map_run_arn, redriveCount=run.redrives))
    return run


def event(env, type, **details):
    env.event_manager.add_event(context=env.event_history_context, event_type=type,
                                event_details=EventDetails(**details) if details else None)


def end(env, run, status, type, **details):
    run.record.set_stop(status=status)
    event(env, type, **details)


def read(env, given):
    """Returns the items."""
    if not given.item_reader:
        return given.input_items
    try:
        given.item_reader.eval(env=env)
    except ClientError as error:
        raise failure(env, StatesErrorNameType.StatesItemReaderFailed, str(error)) from error
    return env.stack.pop()


def select(env, given, index, item):
    """Returns the input of the child for an item."""
    if not given.item_selector:
        return item
    frame = env.open_inner_frame()
    try:
        frame.states.context_object.context_object_data['Map'] = MapData(Item=ItemData(Index=index, Value=item))
        frame.states.reset(env.stack[-1])
        frame.stack.append(env.stack[-1])
        given.item_selector.eval(frame)
        return frame.stack.pop()
    finally:
        env.delete_frame(frame)


def do_all(env, run, program, concurrency):
    """Does what there is to do, and returns the outputs of all."""
    machine = env.states.context_object.context_object_data['StateMachine']['Id']
    access.need(env, 'states:StartExecution', resource=machine)
    access.need(env, 'states:DescribeExecution', 'states:StopExecution',
                resource=run.record.map_state_machine_arn.replace(':stateMachine:', ':execution:') + ':x')
    over = threading.Event()

    def do(child):
        if over.is_set():
            return
        if child.execution is None:
            child.execution = ChildExecution(env, run, program, child.item)
            executions.by_arn[child.execution.exec_arn] = child.execution
            child.execution.start()
        else:
            executions.prepare_redrive(child.execution)()
        run.ended(child)
        if run.too_many_failed():
            over.set()

    with concurrent.futures.ThreadPoolExecutor(concurrency or MOST) as pool:
        todo = [pool.submit(do, child) for child in run.open()]
        while concurrent.futures.wait(todo, timeout=0.1).not_done:
            run.count()
            if over.is_set() or not env.is_running():
                over.set()
                for child in run.children:
                    if child.execution:
                        executions.stop(child.execution)
    for t in todo:
        t.result()  # raises what went wrong in here, and not in the child
    if env.is_running() and run.too_many_failed():
        raise failure(env, StatesErrorNameType.StatesExceedToleratedFailureThreshold,
                      'The specified tolerated failure threshold was exceeded')
    return [c.execution.output for c in run.children if c.status() == ExecutionStatus.SUCCEEDED]


def failure(env, name, cause):
    return FailureEventException(FailureEvent(
        env=env, error_name=StatesErrorName(typ=name), event_type=HistoryEventType.MapRunFailed,
        event_details=EventDetails(mapRunFailedEventDetails=MapRunFailedEventDetails(error=name.to_name(), cause=cause))))


# Results

def write(env, writer, run):
    """Writes the files of the ResultWriter."""
    writer.parargs.eval(env=env)
    where = env.stack.pop()
    bucket, prefix = where['Bucket'], where.get('Prefix', '')
    if prefix and not prefix.endswith('/'):
        prefix += '/'
    prefix += run.record.map_run_arn.rsplit(':', 1)[1] + '/'
    writer.resource.eval(env=env)
    s3 = ResourceEvalS3._get_s3_client(env.stack.pop(), StateCredentials(role_arn=env.aws_execution_details.role_arn))

    files = {'FAILED': [], 'PENDING': [], 'SUCCEEDED': []}
    for name in files:
        if found := [result(c) for c in run.children if file_of(c) == name]:
            key, body = f'{prefix}{name}_0.json', json.dumps(found).encode()
            s3.put_object(Bucket=bucket, Key=key, Body=body)
            files[name].append({'Key': key, 'Size': len(body)})
    run.results = {'Bucket': bucket, 'Key': prefix + 'manifest.json'}
    manifest = {'DestinationBucket': bucket, 'MapRunArn': run.record.map_run_arn, 'ResultFiles': files}
    s3.put_object(**run.results, Body=json.dumps(manifest).encode())


def file_of(child):
    status = child.status()
    if status is None or status == ExecutionStatus.ABORTED:
        return 'PENDING'
    return 'SUCCEEDED' if status == ExecutionStatus.SUCCEEDED else 'FAILED'


def result(child):
    if not child.execution:
        return {'Input': to_json_str(child.item), 'InputDetails': {'Included': True}, 'Status': 'PENDING'}
    d = executions.describe(child.execution)
    d.pop('mapRunArn')
    return json.loads(to_json_str({capital(k): v for k, v in d.items()}))


def capital(name):
    return name[0].upper() + name[1:]


def results_written(env, resource_runtime_part, state_credentials):
    """In the place of what writes them in moto: they are written already."""
    env.stack.pop()  # the parameters
    env.stack.pop()  # the results
    run = runs[env.map_run_record_pool_manager.get_all()[-1].map_run_arn]
    env.stack.append({'MapRunArn': run.record.map_run_arn, 'ResultWriterDetails': run.results})
