package cloud

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/textmill/textmill/internal/awserr"
)

var (
	// ErrNotDeployed is returned when what is asked for has not been made, or was
	// taken down.
	ErrNotDeployed = errors.New("not deployed yet: run deploy")

	// ErrNoRun is returned when there has been no run.
	ErrNoRun = errors.New("there has been no run in the last 90 days: run start")

	// ErrRunning is returned when a run is to begin while another is going on.
	ErrRunning = errors.New("a run is going on: wait for its end or stop it, as two at a time would do the same work twice")

	// ErrEnded is returned when a run is to be stopped that is not going on.
	ErrEnded = errors.New("the run has ended already")

	// ErrCredentials is returned when there are no credentials, or they do not hold.
	ErrCredentials = errors.New("no valid credentials for AWS: log in (aws sso login, aws configure), or set AWS_PROFILE")
)

// fail says of what err is, and what one may do about it.
func (c *Client) fail(op string, err error) error {
	return fmt.Errorf("%s %s: %w", op, c.name, explain(err))
}

// invalidCredentials are the codes by which AWS says that it does not know the
// caller.
var invalidCredentials = []string{
	"ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId", "InvalidClientTokenId",
	"InvalidSignatureException", "MissingAuthenticationToken", "MissingAuthenticationTokenException", "RequestExpired",
	"RequestTimeTooSkewed", "SignatureDoesNotMatch", "UnrecognizedClientException",
}

// denials are the codes by which AWS says that the caller may not do something. What
// answers a HEAD has no code; the SDK then takes the status.
var denials = []string{
	"AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException", "Forbidden",
	"KmsAccessDeniedException", "UnauthorizedOperation",
}

// explain adds what a user may make of an error of AWS.
func explain(err error) error {
	code := awserr.Code(err)
	switch code {
	case "StateMachineDoesNotExist", "RepositoryNotFoundException":
		return fmt.Errorf("%w: %w", ErrNotDeployed, err)
	case "ExecutionDoesNotExist":
		return fmt.Errorf("there is no such run (AWS remembers them for 90 days): %w", err)
	case "ExecutionAlreadyExists":
		return fmt.Errorf("there has been a run of this name: choose another: %w", err)
	case "ExecutionNotRedrivable":
		return fmt.Errorf("the run cannot be redriven: run start, which does only what is not done: %w", err)
	case "InvalidName":
		return fmt.Errorf("use a name of at most 80 letters, digits, dashes and underscores: %w", err)
	}
	switch {
	case slices.Contains(invalidCredentials, code):
		return fmt.Errorf("%w: %w", ErrCredentials, err)
	case slices.Contains(denials, code):
		return fmt.Errorf("missing permission %s: have it granted to who you are here: %w", action(err), err)
	case throttled(err):
		return fmt.Errorf("AWS takes no more requests for now: try again later: %w", err)
	case unreachable(err):
		return fmt.Errorf("AWS cannot be reached: check the network and the name of the region: %w", err)
	}
	return err
}

// regionOf returns the region that an answer of S3 directs to, or "".
func regionOf(err error) string {
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok && e.Response != nil {
		return e.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

// denied reports whether err says that the caller may not do something.
func denied(err error) bool { return slices.Contains(denials, awserr.Code(err)) }

// throttled reports whether err says that there were too many requests.
func throttled(err error) bool {
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}

// unreachable reports whether there was no answer at all, although it was waited for.
func unreachable(err error) bool {
	_, ok := errors.AsType[net.Error](err)
	return ok && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

// temporary reports whether to ask again later may help.
func temporary(err error) bool {
	return retry.IsErrorRetryables(retry.DefaultRetryables).IsErrorRetryable(err) == aws.TrueTernary || unreachable(err)
}

// prefixes of actions, where they are not the services' names.
var prefixes = map[string]string{
	"Batch": "batch", "CloudWatch Logs": "logs", "ECR": "ecr", "S3": "s3", "SFN": "states", "SNS": "sns", "STS": "sts",
}

// action returns the permission that the request needed which failed with err.
func action(err error) string {
	e, ok := errors.AsType[*smithy.OperationError](err)
	if !ok {
		return "(unknown)"
	}
	switch e.OperationName {
	case "HeadBucket", "ListObjectsV2":
		return "s3:ListBucket"
	}
	return prefixes[e.ServiceID] + ":" + e.OperationName
}
