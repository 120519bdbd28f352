# textmill.auto.tfvars.json sets these, from the settings of the program. What you want
# otherwise than the program goes into a file of your own that comes later in the
# alphabet, such as zz.auto.tfvars.

variable "name" {
  description = "Name of the deployment, and the beginning of the names of all that is made."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,30}[a-z0-9]$", var.name))
    error_message = "Use 3 to 32 lower-case letters, digits and dashes, beginning with a letter and not ending with a dash."
  }
  validation {
    condition     = !can(regex("^(aws|ssm|amazon|amzn-s3-demo-|sthree-|xn--)", var.name))
    error_message = "AWS keeps names that begin with aws, ssm, amazon, amzn-s3-demo-, sthree- and xn-- to itself."
  }
}

variable "region" {
  description = "Region of everything, such as eu-central-1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{2,5}(-[a-z]+)+-[0-9]{1,2}$", var.region))
    error_message = "This is not the name of a region, such as eu-central-1."
  }
}

variable "bucket" {
  description = "Name of the bucket that is made for runs; NAME-ACCOUNT-REGION if empty."
  type        = string
  default     = ""

  validation {
    condition     = var.bucket == "" || can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "Use 3 to 63 lower-case letters, digits and dashes, beginning and ending with a letter or digit."
  }
}

variable "prefix" {
  description = "Where the run is in the bucket, without slashes at the ends; its root if empty."
  type        = string
  default     = ""

  validation {
    condition     = var.prefix == "" || can(regex("^[A-Za-z0-9][A-Za-z0-9._=-]*(/[A-Za-z0-9][A-Za-z0-9._=-]*)*$", var.prefix))
    error_message = "Use letters, digits and . _ = -, with slashes between."
  }
}

variable "image" {
  description = "Digest of the image in the repository NAME; empty before the first is pushed, and then there are no job definitions and no state machine."
  type        = string
  default     = ""

  validation {
    condition     = var.image == "" || can(regex("^sha256:[0-9a-f]{64}$", var.image))
    error_message = "Use a digest: sha256: and 64 hexadecimal digits. A tag could come to mean another image."
  }
}

variable "inputs" {
  description = "What jobs may read besides the bucket: BUCKET, or BUCKET/PREFIX for what begins with PREFIX."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for i in var.inputs : can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^/*?$]+)*/?$", i))])
    error_message = "Use BUCKET or BUCKET/PREFIX, without s3:// and wildcards."
  }
}

variable "settings" {
  description = "Settings of the plan, as arguments of the program."
  type        = list(string)
  default     = []
}

variable "secrets" {
  description = "ARN of the secret in Secrets Manager, by the environment variable that holds it in a job."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for name in keys(var.secrets) : can(regex("^[A-Z][A-Z0-9_]*$", name)) && !can(regex("^(AWS_|ECS_|TEXTMILL_|GOMEMLIMIT$)", name))])
    error_message = "Use names of environment variables in capitals that do not begin with AWS_, ECS_ or TEXTMILL_."
  }
  validation {
    condition     = alltrue([for arn in values(var.secrets) : can(regex("^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[^:*?]+(:[^:*?]*:[^:*?]*:[^:*?]*)?$", arn))])
    error_message = "Use ARNs of secrets in Secrets Manager, not the secrets."
  }
}

variable "steps" {
  description = "Names of the steps of the plan, in order."
  type        = list(string)

  validation {
    condition     = length(var.steps) > 0
    error_message = "A plan has a step at least."
  }
}

variable "jobs" {
  description = "Job definitions by key: control, step_STEP and large_STEP."
  type = map(object({
    command    = list(string) # unless a job says otherwise
    vcpu       = number
    memory_mib = number
    disk_gib   = number # 20 to 200
    time_limit = number # of an attempt, in seconds, for the program
    timeout    = number # the same for Batch, which stops what has not stopped by then
    attempts   = number # 1 to 10
  }))

  validation {
    condition     = contains(keys(var.jobs), "control")
    error_message = "The job definition control is missing."
  }
  validation {
    condition     = alltrue([for key in keys(var.jobs) : can(regex("^(control|(step|large)_[a-z0-9][a-z0-9-]{0,62})$", key))])
    error_message = "The keys of job definitions are control, step_STEP and large_STEP."
  }
  validation {
    condition     = alltrue([for j in values(var.jobs) : contains([0.25, 0.5, 1, 2, 4, 8, 16], j.vcpu)])
    error_message = "Fargate has 0.25, 0.5, 1, 2, 4, 8 and 16 vCPUs."
  }
  validation {
    condition     = alltrue([for j in values(var.jobs) : j.disk_gib >= 20 && j.disk_gib <= 200])
    error_message = "Fargate has 20 to 200 GiB of disk."
  }
  validation {
    condition     = alltrue([for j in values(var.jobs) : j.attempts >= 1 && j.attempts <= 10])
    error_message = "Batch takes 1 to 10 attempts."
  }
  validation {
    condition     = alltrue([for j in values(var.jobs) : j.time_limit >= 60 && j.timeout > j.time_limit])
    error_message = "A time limit is 60 seconds at least, and Batch's timeout is longer."
  }
}

variable "spot" {
  description = "Take Fargate Spot first for the jobs of steps."
  type        = bool
  default     = true
}

variable "max_vcpus" {
  description = "The most vCPUs that each of the two compute environments uses at once."
  type        = number

  validation {
    condition     = var.max_vcpus >= 1 && floor(var.max_vcpus) == var.max_vcpus
    error_message = "Use a whole number from 1."
  }
}

variable "nat" {
  description = "Give jobs a way to the internet, through a NAT gateway, which costs by the hour and by the byte."
  type        = bool
  default     = false
}

variable "cidr" {
  description = "Addresses of the network; every job takes one."
  type        = string

  validation {
    condition     = can(cidrhost(var.cidr, 0)) && can(regex("^[0-9.]+/(1[6-9]|2[0-4])$", var.cidr))
    error_message = "Use a range of IPv4 addresses between /16 and /24, such as 10.42.0.0/20."
  }
}

variable "administrators" {
  description = "ARNs of the roles and users that may reach the bucket from outside the network, with * and ? as wildcards. If empty, whoever applies this: set it where that is not always the same one."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for a in var.administrators : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[^*?].*$", a))])
    error_message = "Use ARNs of roles and users, arn:aws:iam::ACCOUNT:role/NAME. That of a session, arn:aws:sts::…, is not one."
  }
}

variable "emails" {
  description = "Who is told of success, failure and alarms."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for e in var.emails : can(regex("^[^@ ]+@[^@ ]+$", e))])
    error_message = "This is not an e-mail address."
  }
}

variable "schedule" {
  description = "When runs are started, rate(…) or cron(…) as EventBridge Scheduler has it, in UTC; by hand if empty."
  type        = string
  default     = ""

  validation {
    condition     = var.schedule == "" || can(regex("^(rate\\([1-9][0-9]* (minute|hour|day)s?\\)|cron\\([^()]+\\))$", var.schedule))
    error_message = "Use rate(VALUE UNIT) or cron(FIELDS), such as rate(7 days)."
  }
}

variable "max_duration" {
  description = "How long a run may take, in seconds; an alarm tells of one that took four fifths of it."
  type        = number

  validation {
    condition     = var.max_duration >= 60 && var.max_duration <= 31536000
    error_message = "Use 60 seconds to a year, which is what Step Functions allows."
  }
}

variable "budget" {
  description = "Dollars a month past which there is an alarm; 0 for none."
  type        = number
  default     = 0

  validation {
    condition     = var.budget >= 0
    error_message = "Use dollars from 0."
  }
}

variable "log_days" {
  description = "Days for which logs are kept."
  type        = number
  default     = 30

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_days)
    error_message = "CloudWatch Logs keeps logs for 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288 or 3653 days."
  }
}

variable "expire" {
  description = "Days after which objects are removed, by prefix below var.prefix: for what only later steps have use for."
  type        = map(number)
  default     = {}

  validation {
    condition     = alltrue([for prefix, days in var.expire : can(regex("^[A-Za-z0-9][A-Za-z0-9._=-]*(/[A-Za-z0-9][A-Za-z0-9._=-]*)*/?$", prefix)) && days >= 1 && floor(days) == days])
    error_message = "Use folders below the prefix of the run, not .textmill, and whole days from 1."
  }
}

variable "tags" {
  description = "Tags on everything, besides textmill = NAME."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for key in keys(var.tags) : !can(regex("^(?i:aws:)|^textmill(-step)?$", key)) && length(key) <= 128])
    error_message = "The tags textmill, textmill-step and those that begin with aws: are taken; a name has 128 characters at most."
  }
}

variable "force_destroy" {
  description = "Let terraform destroy remove the bucket, its logs and the images along with all that is in them."
  type        = bool
  default     = false
}
