package conformance

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/s3"
	"github.com/textmill/textmill/storage/storagetest"
)

// start runs a server, of which there may be one at a time, until the test ends.
func start(t *testing.T) (endpoint string) {
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "testtest")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
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

func TestStore(t *testing.T) {
	endpoint := start(t)
	client := newClient(endpoint)
	n := 0
	storagetest.Test(t, func(t *testing.T) storage.Store {
		n++
		bucket := "bucket-" + string(rune('a'+n))
		if _, err := client.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: &bucket}); err != nil {
			t.Fatal(err)
		}
		s, err := s3.Open(t.Context(), "s3://"+bucket, s3.Options{Endpoint: endpoint, PartSize: 5 << 20, ReadSize: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
