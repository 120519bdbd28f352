"""The credentials that ECS gives to containers: those of the job's role.

A job gets the address of a server, as it does on Fargate; there it is on another host,
and the SDKs take this one since it is local. See "Container credential provider" in the
reference guide of AWS's SDKs and tools.
"""

import datetime
import http.server
import json
import threading

from moto.core import DEFAULT_ACCOUNT_ID
from moto.sts.models import sts_backends

HOUR = 3600

server = None


def serve():
    global server
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def assume(role_arn, region):
    return sts_backends[DEFAULT_ACCOUNT_ID]['aws'].assume_role(region, 'textmill', role_arn, None, HOUR, None)


def environment(role_arn, region):
    """What a job is told."""
    return {'AWS_CONTAINER_CREDENTIALS_FULL_URI': f'http://127.0.0.1:{server.server_port}/{region}/{role_arn}'}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        region, role_arn = self.path[1:].split('/', 1)
        session = assume(role_arn, region)
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=HOUR)
        body = json.dumps({
            'RoleArn': role_arn, 'AccessKeyId': session.access_key_id, 'SecretAccessKey': session.secret_access_key,
            'Token': session.session_token, 'Expiration': until.strftime('%Y-%m-%dT%H:%M:%SZ'),
        }).encode()
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass
