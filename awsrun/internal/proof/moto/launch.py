"""Serves AWS on 127.0.0.1: moto's server, with what it lacks for awsrun.

    launch.py --settings FILE [--jobs N] [--waits FACTOR] [--store URL]

prints the port it listens on, and serves until its standard input ends; then it
ends itself and the processes of its jobs. Each module of fixes says what is missing or
wrong in moto, and launcher_test.go shows what the fixes come to.

settings, a file that is read anew for each attempt at a job:

    {"programs": {"NAME": "/path"}, what a job runs in the place of an image of the repository
     "environment": {"NAME": "…"},  what a job gets besides what AWS gives it
     "faults": […]}                 see fixes/faults.py

jobs    how many jobs run at once
waits   by what the interpreter's waits are multiplied: between retries, and in Wait states
store   the S3 that state machines read and write, with the credentials of STORE_KEY and
        STORE_SECRET in the environment; without it, it is moto's own, with those of the
        state machine's role
"""

import argparse
import os
import signal
import sys
import threading

from werkzeug.serving import WSGIRequestHandler, make_server

import fixes
from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app


class Quiet(WSGIRequestHandler):
    def log_request(self, *args):
        pass


def end_with_parent():
    """The tests hold the other end of the standard input."""
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGKILL)


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--settings', required=True)
    options.add_argument('--jobs', type=int, default=4)
    options.add_argument('--waits', type=float, default=1)
    options.add_argument('--store')
    options = options.parse_args()

    if os.getpgrp() != os.getpid():
        os.setpgid(0, 0)  # of the jobs' processes too, which end with this one
    default_user_config['stepfunctions']['execute_state_machine'] = True
    fixes.apply(options)

    app = DomainDispatcherApplication(create_backend_app)
    server = make_server('127.0.0.1', 0, app, threaded=True, request_handler=Quiet)
    os.environ['MOTO_PORT'] = str(server.server_port)
    threading.Thread(target=end_with_parent, daemon=True).start()
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main()
