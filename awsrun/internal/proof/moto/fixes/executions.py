"""Executions, and how they are redriven.

Wrong in moto:

- The second StartExecution in a region fails (getmoto/moto#10077, fixed after 5.2.1);
  an execution that is started without a name has none.
- For as long as a definition is being parsed, an execution cannot be described.
- StopExecution drops the error and the cause it is given.
- There is no RedriveExecution, and no $$.Execution.RedriveCount. "Restarting state machine
  executions with redrive" in the developer guide says what it does: the execution goes on
  from the state that did not succeed, with the input that it had; retries are counted
  from 0; a Map does only what did not succeed; a Choice evaluates its rules again; a Fail
  state fails again.
"""

import copy
import datetime
import threading
import uuid

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions import models
from moto.stepfunctions.parser.api import (
    ExecutionRedrivenEventDetails, ExecutionStartedEventDetails, ExecutionStatus, HistoryEventExecutionDataDetails, HistoryEventType)
from moto.stepfunctions.parser.asl.component.common.flow.start_at import StartAt
from moto.stepfunctions.parser.asl.component.state.state import CommonStateField
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext
from moto.stepfunctions.parser.asl.eval.program_state import ProgramRunning
from moto.stepfunctions.parser.asl.utils.encoding import to_json_str
from moto.stepfunctions.parser.backend.execution_worker import ExecutionWorker
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

by_arn = {}  # the executions that are children of a Map run


def apply():
    models.StateMachineInstance.__deepcopy__ = without_executions

    start = StepFunctionsParserBackend.start_execution
    StepFunctionsParserBackend.start_execution = (
        lambda self, arn, name=None, *args, **kwargs: start(self, arn, name or str(uuid.uuid4()), *args, **kwargs))

    ExecutionWorker.start = start_worker
    CommonStateField._eval_body = remember(CommonStateField._eval_body)
    StepFunctionResponse.stop_execution = stop_execution
    StepFunctionResponse.redrive_execution = redrive_execution


def without_executions(self, memo):
    clone = self.__class__.__new__(self.__class__)
    memo[id(self)] = clone
    clone.__dict__.update(self.__dict__, executions=[])
    return clone


def find(backend, arn):
    return by_arn.get(arn) or backend.describe_execution(arn)


def describe(execution):
    d = {
        'executionArn': execution.exec_arn,
        'stateMachineArn': execution.state_machine_arn,
        'name': execution.name,
        'status': execution.status,
        'startDate': execution.start_date,
        'stopDate': execution.stop_date,
        'input': execution.execution_input,
        'inputDetails': {'included': True},
        'error': execution.error,
        'cause': execution.cause,
        'redriveCount': redrives(execution),
        'redriveStatus': 'REDRIVABLE' if redrivable(execution) else 'NOT_REDRIVABLE',
        'mapRunArn': getattr(execution, 'map_run_arn', None),
    }
    if execution.exec_status == ExecutionStatus.SUCCEEDED:
        d |= {'output': to_json_str(execution.output, separators=(',', ':')), 'outputDetails': {'included': True}}
    return {k: v for k, v in d.items() if v is not None}


def remember(original):
    """Of each state that an execution enters, its name and its input."""
    def evaluate(self, env):
        env.entered = self.name, env.states.get_input()
        original(self, env)
    return evaluate


# Starting and stopping

def start_worker(self):
    prepare(self)
    threading.Thread(target=run, args=(self,), daemon=True).start()


def prepare(worker):
    details = worker._evaluation_details
    worker.env = environment(worker, 0)
    worker.env.event_manager.add_event(
        context=worker.env.event_history_context,
        event_type=HistoryEventType.ExecutionStarted,
        event_details=EventDetails(executionStartedEventDetails=ExecutionStartedEventDetails(
            input=to_json_str(details.execution_details.inpt),
            inputDetails=HistoryEventExecutionDataDetails(truncated=False),
            roleArn=details.aws_execution_details.role_arn)),
        update_source_event_id=False)


def environment(worker, redrives):
    env = worker._get_evaluation_environment()
    env.states.context_object.context_object_data['Execution']['RedriveCount'] = redrives
    return env


def run(worker):
    evaluate(worker, worker._get_evaluation_entrypoint())


def evaluate(worker, program):
    if worker.env.program_state() is None:  # else it was stopped before it began
        program.eval(worker.env)
    worker._execution_communication.terminated()


def stop(execution, error=None, cause=None):
    if execution.exec_status != ExecutionStatus.RUNNING:
        return
    execution.error, execution.cause = error, cause
    now = datetime.datetime.now(datetime.timezone.utc)
    execution.stop_date = now
    env = execution.exec_worker.env
    if env._program_state is None:
        env._program_state = ProgramRunning()
    env.set_stop(stop_date=now, error=error, cause=cause)


def stop_execution(self):
    execution = find(self.stepfunction_backend, self._get_param('executionArn'))
    stop(execution, self._get_param('error'), self._get_param('cause'))
    return ActionResult({'stopDate': execution.stop_date})


# Redriving

class ExecutionNotRedrivable(AWSError):
    TYPE = 'ExecutionNotRedrivable'
    STATUS = 400


def redrives(execution):
    return getattr(execution, 'redrive_count', 0)


def redrivable(execution):
    return execution.exec_status in (ExecutionStatus.FAILED, ExecutionStatus.ABORTED, ExecutionStatus.TIMED_OUT)


def redrive_execution(self):
    execution = find(self.stepfunction_backend, self._get_param('executionArn'))
    if not redrivable(execution):
        raise ExecutionNotRedrivable(f'Execution is {execution.status} and cannot be redriven')
    again = prepare_redrive(execution)
    threading.Thread(target=again, daemon=True).start()
    return ActionResult({'redriveDate': datetime.datetime.now(datetime.timezone.utc)})


def prepare_redrive(execution):
    """Returns the function that goes on with an execution that has ended."""
    worker, old = execution.exec_worker, execution.exec_worker.env
    execution.redrive_count = redrives(execution) + 1
    execution.exec_status = ExecutionStatus.RUNNING
    execution.stop_date = execution.error = execution.cause = None

    program = worker._get_evaluation_entrypoint()
    state, value = getattr(old, 'entered', (program.start_at.start_at_name, execution.input_data))
    env = environment(worker, execution.redrive_count)
    env.event_manager = old.event_manager
    env.map_run_record_pool_manager = old.map_run_record_pool_manager
    env.map_run_record_pool_manager.resume = state
    env.event_history_context = EventHistoryContext(previous_event_id=old.event_history_context.last_published_event_id)
    env.variable_store = old.variable_store
    env.states.reset(value)
    env.event_manager.add_event(
        context=env.event_history_context,
        event_type=HistoryEventType.ExecutionRedriven,
        event_details=EventDetails(executionRedrivenEventDetails=ExecutionRedrivenEventDetails(
            redriveCount=execution.redrive_count)))
    worker.env = env

    def again():
        rest = copy.copy(program)
        rest.start_at = StartAt(state)
        evaluate(worker, rest)
    return again
