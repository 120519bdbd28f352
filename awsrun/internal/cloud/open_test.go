package cloud_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/cloud"
	"github.com/textmill/textmill/awsrun/internal/spec"
)

func TestOpenRefuses(t *testing.T) {
	setEnv(t)
	for _, test := range []struct {
		o    cloud.Options
		want string
	}{
		{cloud.Options{Region: "us-east-1"}, `name "" of the deployment`},
		{cloud.Options{Region: "us-east-1", Name: "a/b"}, `name "a/b" of the deployment`},
		{cloud.Options{Region: "us-east-1", Name: "ab"}, "3 to 32"},
		{cloud.Options{Region: "us-east-1", Name: strings.Repeat("a", 33)}, "3 to 32"},
		{cloud.Options{Name: "demo"}, "set AWS_REGION"},
	} {
		if _, err := cloud.Open(t.Context(), test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("Open(%+v): error %v, want one with %q", test.o, err, test.want)
		}
	}
	for _, name := range []string{"abc", strings.Repeat("a", 32)} {
		if _, err := cloud.Open(t.Context(), cloud.Options{Region: "us-east-1", Name: name}); err != nil {
			t.Errorf("Open with name %s: %v", name, err)
		}
	}
}

// Region and endpoint come from the environment; requests go over the network.
func TestEnvironment(t *testing.T) {
	setEnv(t)
	f := newFake(t)
	server := httptest.NewServer(f)
	defer server.Close()
	t.Setenv("AWS_REGION", "eu-west-3")
	t.Setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "false")
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	c, err := cloud.Open(t.Context(), cloud.Options{Name: "demo"})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := c.Bucket(t.Context(), &spec.Deployment{}); err != nil || got != "demo-123456789012-eu-west-3" {
		t.Errorf("bucket %s, error %v", got, err)
	}
	if got, err := c.Bucket(t.Context(), &spec.Deployment{Bucket: "mine"}); err != nil || got != "mine" {
		t.Errorf("bucket %s, error %v", got, err)
	}
	if got, err := c.Account(t.Context()); err != nil || got != "123456789012" || c.Region() != "eu-west-3" {
		t.Errorf("account %s, error %v, region %s", got, err, c.Region())
	}
	if n := len(f.log); n != 1 {
		t.Errorf("the identity was asked for %d times, want once", n)
	}
	f.on("states:ListExecutions", says(map[string]any{"executions": []any{}}))
	if _, err := c.Latest(t.Context()); !errors.Is(err, cloud.ErrNoRun) {
		t.Errorf("latest: %v, want %v", err, cloud.ErrNoRun)
	}
	if got := f.inputs("states:ListExecutions")[0]["stateMachineArn"]; got != "arn:aws:states:eu-west-3:123456789012:stateMachine:demo" {
		t.Errorf("state machine %v", got)
	}
}

// The partition is that of the caller.
func TestPartition(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		f.on("sts:GetCallerIdentity", says(xmlText(`<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws-cn:sts::1:assumed-role/x/y</Arn><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)))
		f.on("states:ListExecutions", says(map[string]any{"executions": []any{}}))
		c.Latest(t.Context())
		if got := f.inputs("states:ListExecutions")[0]["stateMachineArn"]; got != "arn:aws-cn:states:us-east-1:1:stateMachine:demo" {
			t.Errorf("state machine %v", got)
		}
	})
}

func TestNoCredentials(t *testing.T) {
	setEnv(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	f := newFake(t)
	_, err := open(t, f).Account(t.Context())
	if !errors.Is(err, cloud.ErrCredentials) || len(f.log) > 0 {
		t.Errorf("error %v after %d requests, want %v after none", err, len(f.log), cloud.ErrCredentials)
	}
}

// A failure is not taken for the answer: the next call asks again.
func TestIdentityAskedAgain(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		good := f.answers["sts:GetCallerIdentity"][0]
		f.on("sts:GetCallerIdentity", fails(403, "ExpiredToken", "The security token included in the request is expired"), good)
		if _, err := c.Account(t.Context()); !errors.Is(err, cloud.ErrCredentials) {
			t.Errorf("error %v, want %v", err, cloud.ErrCredentials)
		}
		if got, err := c.Account(t.Context()); err != nil || got != account {
			t.Errorf("account %s, error %v", got, err)
		}
	})
}

// Who did not want to wait is not told that there is no network.
func TestGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		f.on("states:ListExecutions", tooMany)
		_, err := c.Latest(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || strings.Contains(err.Error(), "cannot be reached") {
			t.Errorf("error %v, want %v", err, context.DeadlineExceeded)
		}
	})
}
