"""What roles may do.

moto checks the policies of a caller once it is told to, by a request to
/moto-api/reset-auth. Wrong in it:

- The signature of a request with a slash or a space in its query does not match, so that no
  prefix can be listed.
- A statement whose conditions are not met denies; on AWS it says nothing. Most
  conditions are taken to be met.
- The resource of an action is "*" for nearly all services, which no policy matches that
  names its resources.
- Boundaries of permissions are kept, and limit nothing.
- Services that speak JSON refuse in XML.
- What Step Functions and ECS do by themselves with the roles that they are given is
  not checked at all. It is here, by need and execution_role_lacks.
"""

import json
import re
import threading
from urllib.parse import parse_qsl, quote, urlsplit

from moto import settings
from moto.batch.responses import BatchResponse
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.authorization import ActionAuthenticatorMixin
from moto.core.exceptions import AccessDeniedError
from moto.iam.access_control import IAMPolicy, IAMPolicyStatement, IAMRequestBase, PermissionResult
from moto.iam.models import iam_backends
from moto.sns.responses import SNSResponse
from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.eval.event.event_detail import EventDetails
from moto.stepfunctions.responses import StepFunctionResponse

OPERATORS = {
    'StringEquals': lambda wanted, value: value == wanted,
    'StringNotEquals': lambda wanted, value: value != wanted,
    'StringLike': lambda wanted, value: like(wanted, value),
    'StringNotLike': lambda wanted, value: not like(wanted, value),
    'ArnLike': lambda wanted, value: like(wanted, value),
    'ArnEquals': lambda wanted, value: like(wanted, value),
    'Bool': lambda wanted, value: value == str(wanted).lower(),
}


def apply():
    IAMRequestBase._create_aws_request = with_encoded_path(IAMRequestBase._create_aws_request)
    IAMRequestBase.check_action_permitted = check_action_permitted(IAMRequestBase.check_action_permitted)
    IAMPolicyStatement.is_action_permitted = is_action_permitted
    IAMPolicyStatement._match = staticmethod(like)
    ActionAuthenticatorMixin._authenticate_and_authorize_normal_action = in_json(
        ActionAuthenticatorMixin._authenticate_and_authorize_normal_action)
    BatchResponse._determine_resource = batch_resources
    StepFunctionResponse._determine_resource = states_resources
    SNSResponse._determine_resource = lambda self: self._get_param('TopicArn') or '*'


# Requests

def with_encoded_path(original):
    def create(self):
        parts = urlsplit(self._path)
        query = '&'.join(f'{quote(k, safe="-_.~")}={quote(v, safe="-_.~")}' for k, v in parse_qsl(parts.query, keep_blank_values=True))
        self._path = parts.path + ('?' + query if parts.query else '')
        return original(self)
    return create


def in_json(original):
    def check(self, resource='*'):
        try:
            original(self, resource)
        except AccessDeniedError as denied:
            if self.service_name in ('batch', 'stepfunctions', 'sqs', 'logs'):
                denied.description = json.dumps({'__type': 'AccessDeniedException', 'message': denied.message})
            raise
    return check


def batch_resources(self):
    action = self._get_action()
    if action == 'submitjob':
        return [self._get_param('jobDefinition'), self._get_param('jobQueue')]
    if action == 'terminatejob':
        return [self.batch_backend._jobs[self._get_param('jobId')].arn]
    return '*'


def states_resources(self):
    return self._get_param('executionArn') or self._get_param('stateMachineArn') or '*'


def check_action_permitted(original):
    def check(self, resource):
        action = self._action.split(':')[1]
        if action.islower():  # Batch, whose actions moto takes from the path
            self._action = 'batch:' + {'submitjob': 'SubmitJob', 'describejobs': 'DescribeJobs', 'terminatejob': 'TerminateJob'}.get(action, action)
        request.values = values(self)
        for r in listed(resource):
            original(self, r)
            role = getattr(self._access_key, '_owner_role_name', None)
            if role and not within_boundary(role, self._action, r):
                self._raise_access_denied()
    return check


# What conditions are held against, by the key in lower case. The values of the request
# that a thread answers are its attribute "values".
request = threading.local()

ALWAYS = {
    'aws:securetransport': 'true',  # as it would be on AWS; here it is plain HTTP
    'aws:sourceaccount': DEFAULT_ACCOUNT_ID,
    'aws:principalaccount': DEFAULT_ACCOUNT_ID,
    'aws:resourceaccount': DEFAULT_ACCOUNT_ID,
}


def values(iam_request):
    query = dict(parse_qsl(urlsplit(iam_request._path).query, keep_blank_values=True))
    return ALWAYS | {'s3:' + name: query[name] for name in ('prefix', 'delimiter', 'max-keys') if name in query}


# Policies

def like(pattern, value):
    """Matches as policies do: * is anything, ? one character, and the rest is itself."""
    return re.fullmatch(re.escape(pattern).replace(r'\*', '.*').replace(r'\?', '.'), value, re.DOTALL)


def listed(value):
    return value if isinstance(value, list) else [value]


def is_action_permitted(self, action, resource='*', principal=None, incoming_condition_values=None):
    s = self._statement
    concerned = (not any(like(a.lower(), action.lower()) for a in listed(s['NotAction'])) if 'NotAction' in s
                 else any(like(a.lower(), action.lower()) for a in listed(s['Action'])))
    if not concerned or not met(s.get('Condition') or {}):
        return PermissionResult.NEUTRAL
    if principal and not self._check_principal(principal):
        return PermissionResult.NEUTRAL
    if 'Resource' in s and not any(like(r, resource) for r in listed(s['Resource'])):
        return PermissionResult.NEUTRAL
    if 'NotResource' in s and any(like(r, resource) for r in listed(s['NotResource'])):
        return PermissionResult.NEUTRAL
    return PermissionResult.PERMITTED if s['Effect'] == 'Allow' else PermissionResult.DENIED


def met(conditions):
    for operator, keys in conditions.items():
        name = operator.removesuffix('IfExists')
        for key, wanted in keys.items():
            value = request.values.get(key.lower())
            if value is None:
                if name != operator or 'Not' in name:
                    continue
                return False
            results = [OPERATORS[name](w, value) for w in listed(wanted)]
            if not (all(results) if 'Not' in name else any(results)):
                return False
    return True


# What services do with the roles that they are given

def enforced():
    return ActionAuthenticatorMixin.request_count >= settings.INITIAL_NO_AUTH_ACTION_COUNT


def allowed(role_arn, action, resource):
    backend = iam_backends[DEFAULT_ACCOUNT_ID]['aws']
    role, request.values = role_arn.rsplit('/', 1)[1], ALWAYS
    policies = [backend.get_role_policy(role, name)[1] for name in backend.list_role_policies(role)]
    policies += backend.list_attached_role_policies(role)[0]
    results = [IAMPolicy(p).is_action_permitted(action, resource) for p in policies]
    return (PermissionResult.DENIED not in results and PermissionResult.PERMITTED in results
            and within_boundary(role, action, resource))


def within_boundary(role, action, resource):
    backend = iam_backends[DEFAULT_ACCOUNT_ID]['aws']
    boundary = backend.get_role(role).permissions_boundary_arn
    return not boundary or IAMPolicy(backend.get_policy(boundary)).is_action_permitted(action, resource) == PermissionResult.PERMITTED


def arn(env, service, resource):
    return f'arn:aws:{service}:{env.aws_execution_details.region}:{env.aws_execution_details.account}:{resource}'


def need(env, *actions, resource):
    """Fails a state whose execution's role does not have what AWS asks for."""
    if not enforced():
        return
    role = env.aws_execution_details.role_arn
    for action in actions:
        if not allowed(role, action, resource):
            cause = f'{role} is not authorized to perform: {action} on resource: {resource}'
            raise FailureEventException(FailureEvent(
                env=env, error_name=StatesErrorName(StatesErrorNameType.StatesPermissions), event_type=HistoryEventType.TaskFailed,
                event_details=EventDetails(taskFailedEventDetails=TaskFailedEventDetails(error='States.Permissions', cause=cause))))


def execution_role_lacks(job):
    """Returns what the execution role of a job is not allowed and needs, or None."""
    if not enforced():
        return None
    region, account = job.backend.region_name, job.backend.account_id
    properties = job.job_definition.container_properties
    group = properties.get('logConfiguration', {}).get('options', {}).get('awslogs-group', '/aws/batch/job')
    repository = f'arn:aws:ecr:{region}:{account}:repository/' + re.match(r'[^/]+/([^@:]+)', properties['image'])[1]
    stream = f'arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:x'
    needed = [('ecr:GetAuthorizationToken', '*'), ('logs:CreateLogStream', stream), ('logs:PutLogEvents', stream)]
    needed += [(a, repository) for a in ('ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage')]
    for action, resource in needed:
        if not allowed(properties['executionRoleArn'], action, resource):
            return f'{properties["executionRoleArn"]} is not authorized to perform: {action} on resource: {resource}'
    return None
