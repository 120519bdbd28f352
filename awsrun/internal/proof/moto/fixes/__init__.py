"""What is changed in moto 5.2.1, one subject a module.

Where moto is wrong in what we use, this puts it right, by what AWS's documentation
says; what we do not use is left as it is. A change in behaviour that is not
documented there is not made up here.
"""

from . import access, credentials, dispatch, executions, histories, inline_maps, interpreter, jobs, maps, services, sync


def apply(options):
    dispatch.apply()
    credentials.serve()
    services.apply(options)
    interpreter.apply(options)
    executions.apply()
    histories.apply()
    sync.apply()
    inline_maps.apply()
    maps.apply()
    jobs.apply(options)
    access.apply()
