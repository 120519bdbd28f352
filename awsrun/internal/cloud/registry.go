package cloud

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/ecr/types"

	"github.com/textmill/textmill/internal/awserr"
)

// A Registry is where images are pushed, and with what right.
type Registry struct {
	Host     string // such as 123456789012.dkr.ecr.us-east-1.amazonaws.com
	User     string
	Password string // that is to appear nowhere
	Expires  time.Time
}

// String returns the host: a password must not get into logs by chance.
func (r Registry) String() string { return r.Host }

// GoString returns the host.
func (r Registry) GoString() string { return r.Host }

// RegistryAuth logs in to the account's registry, for twelve hours.
func (c *Client) RegistryAuth(ctx context.Context) (Registry, error) {
	if _, err := c.whoami(ctx); err != nil {
		return Registry{}, c.fail("log in to the registry for", err)
	}
	out, err := c.ecr.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return Registry{}, c.fail("log in to the registry for", err)
	}
	if len(out.AuthorizationData) == 0 {
		return Registry{}, c.fail("log in to the registry for", errors.New("the answer has no authorization"))
	}
	a := out.AuthorizationData[0]
	token, err := base64.StdEncoding.DecodeString(aws.ToString(a.AuthorizationToken))
	user, password, ok := strings.Cut(string(token), ":")
	if err != nil || !ok {
		return Registry{}, c.fail("log in to the registry for", errors.New("the authorization is not of the form user:password"))
	}
	_, host, ok := strings.Cut(aws.ToString(a.ProxyEndpoint), "://")
	if !ok {
		return Registry{}, c.fail("log in to the registry for", fmt.Errorf("the registry %q is not a URL", aws.ToString(a.ProxyEndpoint)))
	}
	return Registry{Host: strings.TrimSuffix(host, "/"), User: user, Password: password, Expires: utc(a.ExpiresAt)}, nil
}

// HasImage reports whether the deployment's repository holds the image of a digest,
// such as sha256:…. The error is [ErrNotDeployed] if there is no repository.
func (c *Client) HasImage(ctx context.Context, digest string) (bool, error) {
	if _, err := c.whoami(ctx); err != nil {
		return false, c.fail("images of", err)
	}
	ok, err := c.hasImage(ctx, digest)
	if err != nil {
		return false, c.fail("images of", err)
	}
	return ok, nil
}

func (c *Client) hasImage(ctx context.Context, digest string) (bool, error) {
	in := &ecr.DescribeImagesInput{RepositoryName: &c.name, ImageIds: []types.ImageIdentifier{{ImageDigest: &digest}}}
	out, err := c.ecr.DescribeImages(ctx, in)
	if awserr.Code(err) == "ImageNotFoundException" {
		return false, nil
	}
	return err == nil && len(out.ImageDetails) > 0, err
}
