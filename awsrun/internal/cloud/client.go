package cloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/batch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

// Options are the settings of a [Client]. Credentials, and the address of a server
// other than Amazon's (AWS_ENDPOINT_URL), come from where the AWS command line takes
// them.
type Options struct {
	// Name is the deployment's.
	Name string

	// Region is where it is. If empty, it is that of the environment (AWS_REGION) or
	// of the profile.
	Region string

	// Interval is how long Wait, and Logs that follow, wait before they ask again. If
	// 0, it is 10 seconds.
	Interval time.Duration

	// Client makes the requests. If nil, it is one of the AWS SDK's.
	Client *http.Client
}

// A Client asks AWS about one deployment. Make one with [Open]. Its methods may be
// called concurrently.
type Client struct {
	name        string
	region      string
	interval    time.Duration
	credentials aws.CredentialsProvider

	batch *batch.Client
	ecr   *ecr.Client
	logs  *cloudwatchlogs.Client
	s3    *s3.Client
	sfn   *sfn.Client
	sns   *sns.Client
	sts   *sts.Client

	mu     sync.Mutex
	caller *caller // nil until it was asked for
}

// caller is who makes the requests.
type caller struct{ arn, account, partition string }

// attempts is how often a request is made before its failure is one: enough for
// AWS's limits of rates, and not so often that one waits for long without a network.
const attempts = 6

var validName = regexp.MustCompile(`^[a-z][a-z0-9-]{1,30}[a-z0-9]$`)

// Open returns the client of a deployment. It makes no request, so credentials that
// are missing or wrong are only noticed later.
func Open(ctx context.Context, o Options) (*Client, error) {
	if !validName.MatchString(o.Name) {
		return nil, fmt.Errorf("name %q of the deployment: use 3 to 32 lower-case letters, digits and dashes, beginning with a letter", o.Name)
	}
	// What the SDK would log, on the way to credentials for instance, is in its errors.
	load := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})}
	if o.Region != "" {
		load = append(load, config.WithRegion(o.Region))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("settings of AWS: check AWS_PROFILE and ~/.aws/config: %w", err)
	}
	if cfg.Region == "" {
		return nil, errors.New("the region of AWS is not known: set AWS_REGION, or a region for the profile")
	}
	if o.Client != nil {
		cfg.HTTPClient = o.Client
	}
	cfg.RetryMaxAttempts = cmp.Or(cfg.RetryMaxAttempts, attempts)
	return &Client{
		name: o.Name, region: cfg.Region, credentials: cfg.Credentials,
		interval: cmp.Or(o.Interval, 10*time.Second),
		batch:    batch.NewFromConfig(cfg),
		ecr:      ecr.NewFromConfig(cfg),
		logs:     cloudwatchlogs.NewFromConfig(cfg),
		s3:       s3.NewFromConfig(cfg),
		sfn:      sfn.NewFromConfig(cfg),
		sns:      sns.NewFromConfig(cfg),
		sts:      sts.NewFromConfig(cfg),
	}, nil
}

// Region returns the region that is asked.
func (c *Client) Region() string { return c.region }

// Account returns the number of the account that the credentials are of.
func (c *Client) Account(ctx context.Context) (string, error) {
	who, err := c.whoami(ctx)
	return who.account, err
}

// Bucket returns the name of a deployment's bucket.
func (c *Client) Bucket(ctx context.Context, d *spec.Deployment) (string, error) {
	if d.Bucket != "" {
		return d.Bucket, nil
	}
	who, err := c.whoami(ctx)
	return c.name + "-" + who.account + "-" + c.region, err
}

// whoami asks once who makes the requests.
func (c *Client) whoami(ctx context.Context) (caller, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.caller != nil {
		return *c.caller, nil
	}
	// Without credentials, the answer to a request would not say so plainly.
	if _, err := c.credentials.Retrieve(ctx); err != nil {
		return caller{}, fmt.Errorf("%w: %w", ErrCredentials, err)
	}
	out, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return caller{}, explain(err)
	}
	a, err := arn.Parse(aws.ToString(out.Arn))
	if err != nil {
		return caller{}, fmt.Errorf("identity of the caller %q: %w", aws.ToString(out.Arn), err)
	}
	c.caller = &caller{arn: a.String(), account: aws.ToString(out.Account), partition: a.Partition}
	return *c.caller, nil
}

// arn returns the ARN of a resource of the account, such as stateMachine:NAME.
func (c *Client) arn(ctx context.Context, service, resource string) (string, error) {
	who, err := c.whoami(ctx)
	if err != nil {
		return "", err
	}
	return arn.ARN{Partition: who.partition, Service: service, Region: c.region, AccountID: who.account, Resource: resource}.String(), nil
}

// machine returns the ARN of the state machine.
func (c *Client) machine(ctx context.Context) (string, error) {
	return c.arn(ctx, "states", "stateMachine:"+c.name)
}
