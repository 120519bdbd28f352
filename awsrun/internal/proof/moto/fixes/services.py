"""What the interpreter of state machines calls other services with.

Wrong in moto:

- Parameters of optimized integrations go to botocore as they are written, in
  PascalCase, and answers come back as botocore has them; the two functions that
  should translate do nothing (getmoto/moto#10076). Times in answers make
  DescribeExecution fail.
- Clients are made anew for each call, which takes most of its time, and call with keys
  that no role has. Here they are kept, and have the credentials of the state machine's
  role, so that access.py can tell what the role allows.
- Errors of S3 are called s3.NoSuchKeyException; on AWS it is S3.NoSuchKeyException.
"""

import datetime
import functools
import os
import sys
import threading

import boto3
import botocore.session
from botocore.config import Config

import moto.stepfunctions.parser.models  # and so all of the interpreter
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service, state_task_service_aws_sdk
from moto.stepfunctions.parser.asl.utils import boto_client
from moto.stepfunctions.parser.utils import camel_to_snake_case

from . import credentials

store = None

# botocore's sessions and the making of clients are not for several threads at once.
lock = threading.Lock()


def apply(options):
    global store
    store = options.store

    old = boto_client.boto_client_for
    for module in list(sys.modules.values()):
        if module.__name__.startswith('moto.stepfunctions') and getattr(module, 'boto_client_for', None) is old:
            module.boto_client_for = client_for

    service = state_task_service.StateTaskService
    service._normalise_parameters = normalise_parameters
    service._normalise_response = normalise_response
    service._from_boto_response_value = staticmethod(response_value(service._from_boto_response_value))
    state_task_service_aws_sdk._SERVICE_ERROR_NAMES['s3'] = 'S3'


def client_for(region, service, state_credentials=None):
    return client(region, service, state_credentials.role_arn if state_credentials else None)


def client(region, service, role):
    with lock:
        return make_client(region, service, role)


@functools.cache
def make_client(region, service, role):
    config = Config(parameter_validation=False, retries={'total_max_attempts': 1}, s3={'addressing_style': 'path'},
                    max_pool_connections=100)
    if service == 's3' and store:
        return boto3.client('s3', region, endpoint_url=store, config=config,
                            aws_access_key_id=os.environ['STORE_KEY'], aws_secret_access_key=os.environ['STORE_SECRET'])
    session = credentials.assume(role, region)
    return boto3.client(service, region, endpoint_url='http://127.0.0.1:' + os.environ['MOTO_PORT'], config=config,
                        aws_access_key_id=session.access_key_id, aws_secret_access_key=session.secret_access_key,
                        aws_session_token=session.session_token)


@functools.cache
def operations(service):
    model = botocore.session.get_session().get_service_model(service)
    return {camel_to_snake_case(name): model.operation_model(name) for name in model.operation_names}


def operation(task, service, action):
    with lock:
        return operations(task._get_boto_service_name(service)).get(task._get_boto_service_action(action))


def normalise_parameters(self, parameters, boto_service_name=None, service_action_name=None):
    op = operation(self, boto_service_name, service_action_name)
    if op and op.input_shape:
        self._to_boto_request(parameters, op.input_shape)


def normalise_response(self, response, boto_service_name=None, service_action_name=None):
    op = operation(self, boto_service_name, service_action_name)
    if op and op.output_shape:
        self._from_boto_response(response, op.output_shape)


def response_value(original):
    def convert(value):
        if isinstance(value, datetime.datetime):
            return value.astimezone(datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
        return original(value)
    return convert
