"""The API for what executions did.

Wrong in moto: GetExecutionHistory knows neither pages nor reverse order; DescribeExecution
leaves out when an execution timed out, and how often it was redriven; ListExecutions does
not know the children of Map runs.
"""

from moto.core.responses import ActionResult
from moto.stepfunctions.responses import StepFunctionResponse

from . import executions, maps

PAGE = 100  # of GetExecutionHistory and ListExecutions, if nothing else is asked for


def apply():
    StepFunctionResponse.get_execution_history = get_execution_history
    StepFunctionResponse.describe_execution = describe_execution
    StepFunctionResponse.list_executions = list_executions


def get_execution_history(self):
    execution = executions.find(self.stepfunction_backend, self._get_param('executionArn'))
    events = execution.to_history_output()['events']
    if self._get_bool_param('reverseOrder', False):
        events = events[::-1]
    events, token = page(self, events)
    return ActionResult({'events': events, 'nextToken': token})


def page(self, values):
    first = int(self._get_param('nextToken') or 0)
    last = first + (self._get_int_param('maxResults') or PAGE)
    return values[first:last], str(last) if last < len(values) else None


def describe_execution(self):
    execution = executions.find(self.stepfunction_backend, self._get_param('executionArn'))
    return ActionResult(executions.describe(execution))


def list_executions(self):
    status = self._get_param('statusFilter')
    if run := self._get_param('mapRunArn'):
        all = maps.children(run)
    else:
        all = self.stepfunction_backend.describe_state_machine(self._get_param('stateMachineArn')).executions
    listed = [executions.describe(e) for e in sorted(all, key=lambda e: e.start_date, reverse=True)
              if status in (None, e.status)]
    listed, token = page(self, listed)
    return ActionResult({'executions': listed, 'nextToken': token})
