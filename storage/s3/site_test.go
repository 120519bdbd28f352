package s3_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/textmill/textmill/storage/s3"
	"github.com/textmill/textmill/storage/s3/internal/fakes3"
)

const bucket = "test-bucket"

// A site is a fake server under test.
type site struct {
	*fakes3.Server
	endpoint string
}

// newSite starts a fake server with an empty bucket.
func newSite(t testing.TB) *site {
	t.Setenv("AWS_ACCESS_KEY_ID", "id")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	t.Setenv("AWS_CA_BUNDLE", "")
	s := &site{Server: &fakes3.Server{}}
	s.AddBucket(bucket, false)
	server := httptest.NewServer(s.Server)
	t.Cleanup(server.Close)
	s.endpoint = server.URL
	return s
}

// open opens a store on it whose requests go through the faults.
func (s *site) open(t testing.TB, f *faults, set func(*s3.Options)) *s3.Store {
	t.Helper()
	return s.openURL(t, "s3://"+bucket+"/p", f, set)
}

func (s *site) openURL(t testing.TB, url string, f *faults, set func(*s3.Options)) *s3.Store {
	t.Helper()
	o := s3.Options{Endpoint: s.endpoint, PartSize: 5 << 20, ReadSize: 1 << 20, Client: &http.Client{Transport: f.over(t)}}
	o.SetMaxPause(time.Millisecond)
	if set != nil {
		set(&o)
	}
	store, err := s3.Open(context.Background(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// client returns one of the SDK's.
func (s *site) client() *sdk.Client {
	return sdk.NewFromConfig(aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", ""),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}, func(o *sdk.Options) { o.BaseEndpoint, o.UsePathStyle = &s.endpoint, true })
}

// noLeaks fails the test if goroutines of the package outlive it, or slots.
func noLeaks(t *testing.T, stores ...*s3.Store) {
	t.Helper()
	for _, s := range stores {
		if n := s.Slots(); n > 0 {
			t.Errorf("%d slots are taken for ever", n)
		}
	}
	buf := make([]byte, 1<<20)
	for range 200 {
		stacks := string(buf[:runtime.Stack(buf, true)])
		if !strings.Contains(stacks, "storage/s3.(*") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("goroutines of the package outlive the test:\n%s", buf[:runtime.Stack(buf, true)])
}
