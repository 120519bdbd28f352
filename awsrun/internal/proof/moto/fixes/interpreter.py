"""How definitions are read, and what is the same for all states.

Wrong in moto:

- A definition is parsed again for each execution, and a JSONPath for each use; both
  take longer than what they are for.
- ToleratedFailurePercentage must be written with a decimal point.
- States.ALL catches States.Runtime and States.DataLimitExceeded; on AWS nothing does.
- A Choice of which nothing fits is a fault of the interpreter; on AWS it fails the
  execution with States.NoChoiceMatched.
- Waits are as long as they are written; tests have less time.
- Every failure of a state is logged as an error, with the whole definition. A failure that
  is an execution's is in its history; what is not a failure of a state is a fault in here.
"""

import functools
import json
import logging
import time
import traceback

from botocore.exceptions import ClientError

from moto.stepfunctions.parser.api import ExecutionFailedEventDetails, HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name import error_equals_decl
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.eval_component import EvalComponent
from moto.stepfunctions.parser.asl.component.state.choice.state_choice import StateChoice
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.asl.utils import json_path
from moto.stepfunctions.parser.asl.utils.json_path import NoSuchJsonPathError

NEVER_CAUGHT = {'States.Runtime', 'States.DataLimitExceeded'}


def apply(options):
    parse = AmazonStateLanguageParser.parse
    AmazonStateLanguageParser.parse = staticmethod(
        functools.lru_cache(64)(lambda definition: parse(json.dumps(with_floats(json.loads(definition))))))
    json_path.parse = functools.lru_cache(1024)(json_path.parse)
    result_path.parse = functools.lru_cache(1024)(result_path.parse)

    matches = error_equals_decl.ErrorEqualsDecl._eval_body
    error_equals_decl.ErrorEqualsDecl._eval_body = catches(matches)

    choose = StateChoice._eval_state
    StateChoice._eval_state = lambda self, env: choose_or_fail(choose, self, env)

    logging.getLogger('moto').setLevel(logging.CRITICAL)
    EvalComponent._log_failure_event_exception = lambda self, failure_event_exception: None
    EvalComponent._log_exception = log_exception

    retrier_decl.time = Waits(options.waits)
    wait = WaitFunction._wait_interval
    WaitFunction._wait_interval = lambda self, env, wait_seconds: wait(self, env, wait_seconds * options.waits)


def choose_or_fail(choose, state, env):
    try:
        choose(state, env)
    except RuntimeError as error:
        if not str(error.args[0]).startswith('No branching option'):
            raise
        name = StatesErrorNameType.StatesNoChoiceMatched
        cause = f"An error occurred while executing the state '{state.name}'. Failed to transition out of the state."
        raise FailureEventException(FailureEvent(
            env=env, error_name=StatesErrorName(typ=name), event_type=HistoryEventType.ExecutionFailed,
            event_details=EventDetails(executionFailedEventDetails=ExecutionFailedEventDetails(error=name.to_name(), cause=cause))))


def log_exception(self, exception):
    if getattr(exception, 'logged', False) or isinstance(exception, (ClientError, NoSuchJsonPathError, Expected)):
        return  # of services and of paths: failures of the state, by the time they are handled
    exception.logged = True
    traceback.print_exception(exception)


class Expected(Exception):
    """An exception that is not a fault in here."""


def with_floats(value):
    """Returns part of a definition with each ToleratedFailurePercentage as a float."""
    if isinstance(value, list):
        return [with_floats(v) for v in value]
    if isinstance(value, dict):
        return {k: float(v) if k == 'ToleratedFailurePercentage' else with_floats(v) for k, v in value.items()}
    return value


def catches(original):
    def evaluate(self, env):
        name = env.stack[-1]
        if name and name.error_name in NEVER_CAUGHT and name not in self.error_names:
            env.stack[-1] = False
            return
        original(self, env)
    return evaluate


class Waits:
    """Stands for the module time."""

    def __init__(self, factor):
        self.factor = factor

    def sleep(self, seconds):
        time.sleep(seconds * self.factor)
