"""Which service a request is for.

Slow in moto: for each request it lists the directory of all services and tries hundreds
of patterns, one request at a time. That took more than half of the server's time.
"""

import functools

from moto.moto_server.werkzeug_app import DomainDispatcherApplication


def apply():
    find = DomainDispatcherApplication.get_backend_for_host
    known = functools.cache(lambda host: find(application, host))

    # It depends on the host alone; the application has nothing to do with it but patterns.
    application = DomainDispatcherApplication(None)
    DomainDispatcherApplication.get_backend_for_host = lambda self, host: known(host)
