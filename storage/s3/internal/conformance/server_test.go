package conformance

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"

	"github.com/textmill/textmill/storage/s3"
	"github.com/textmill/textmill/storage/s3/internal/s3test"
)

// A gateway is a running versitygw.
type gateway struct {
	s3test.Server
	endpoint string
}

// start runs a server, of which there may be one at a time, until the test ends.
func start(t *testing.T) *gateway {
	endpoint := run(t)
	client := newClient(endpoint)
	return &gateway{s3test.Server{Client: client, NewBucket: func(t *testing.T, versioned bool) string {
		return newBucket(t, client, versioned)
	}}, endpoint}
}

// open opens a store on a new bucket.
func (g *gateway) open(t *testing.T, versioned bool, prefix string, set func(*s3.Options)) *s3.Store {
	t.Helper()
	return g.openURL(t, "s3://"+g.NewBucket(t, versioned)+prefix, set)
}

func (g *gateway) openURL(t *testing.T, url string, set func(*s3.Options)) *s3.Store {
	t.Helper()
	o := s3.Options{Endpoint: g.endpoint, PartSize: 5 << 20, ReadSize: 1 << 20}
	if set != nil {
		set(&o)
	}
	s, err := s3.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var buckets atomic.Int64

func newBucket(t *testing.T, client *sdk.Client, versioned bool) string {
	t.Helper()
	name := fmt.Sprintf("bucket-%04d", buckets.Add(1))
	if _, err := client.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	if versioned {
		_, err := client.PutBucketVersioning(t.Context(), &sdk.PutBucketVersioningInput{
			Bucket: &name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return name
}

func run(t *testing.T) (endpoint string) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "testtest")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	t.Setenv("AWS_CA_BUNDLE", "")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	be, err := posix.New(t.TempDir(), meta.XattrMeta{}, posix.PosixOpts{Concurrency: 64, VersioningDir: t.TempDir(), CopyObjectThreshold: 5 << 30})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- embedgw.RunVersityGW(ctx, be, &embedgw.Config{
			RootUserAccess: "test", RootUserSecret: "testtest", Ports: []string{addr},
			MaxConnections: 1000, MaxRequests: 1000, MultipartMaxParts: 10000, Quiet: true, HealthPath: "/health",
		})
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(15 * time.Second):
			t.Error("the server does not stop")
		}
	})
	for range 500 {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return "http://" + addr
		}
		select {
		case err := <-done:
			t.Fatal(err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Fatal("the server does not start")
	return ""
}

func newClient(endpoint string) *sdk.Client {
	return sdk.NewFromConfig(aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("test", "testtest", ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}, func(o *sdk.Options) { o.BaseEndpoint, o.UsePathStyle = &endpoint, true })
}
