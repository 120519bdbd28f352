"""batch:submitJob.sync.

Wrong in moto:

- It asks every half second how the job is.
- A second attempt at the task fails with States.Timeout, since the first has closed
  what both listen to for a task token. Nothing sends one here.
- An execution that is stopped leaves its jobs running; AWS terminates them.
"""

from moto.batch.models import batch_backends
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_batch import StateTaskServiceBatch

from . import access

STOPPED = 'The Step Functions execution that started this job has ended'


def apply():
    build = StateTaskServiceBatch._build_sync_resolver

    def build_sync_resolver(self, env, *args, **kwargs):
        access.need(env, 'events:PutTargets', 'events:PutRule', 'events:DescribeRule',
                    resource=access.arn(env, 'events', 'rule/StepFunctionsGetEventsForBatchJobsRule'))
        job = env.stack[-1]['JobId']
        resolve = build(self, env, *args, **kwargs)
        resolve.job = batch_backends[env.aws_execution_details.account][env.aws_execution_details.region]._jobs[job]
        return resolve

    def eval_sync(self, env, sync_resolver, **_):
        job = sync_resolver.job
        while not job.ended.wait(0.1):
            if not env.is_running():
                job.terminate(STOPPED)
                return None
        return sync_resolver()

    StateTaskServiceBatch._build_sync_resolver = build_sync_resolver
    StateTaskServiceBatch._eval_sync = eval_sync

    after = StateTaskService._after_eval_execution

    def after_eval_execution(self, env, *args, **kwargs):
        if env.is_running():  # else moto says that the task has succeeded
            after(self, env, *args, **kwargs)
    StateTaskService._after_eval_execution = after_eval_execution
