package s3

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/textmill/textmill/storage"
)

// Options are the settings of a [Store]. The zero value suits AWS: credentials
// and region come from where the AWS command line takes them, from the role of a
// container or a machine for instance.
type Options struct {
	// Region is the bucket's. If empty, it is that of the environment
	// (AWS_REGION) or of the profile, and for Anonymous us-east-1.
	Region string `json:",omitempty"`

	// Endpoint is the URL of a server other than Amazon's, such as
	// http://127.0.0.1:7070. If empty, it is that of the environment
	// (AWS_ENDPOINT_URL_S3) or of the profile, and else Amazon's.
	Endpoint string `json:",omitempty"`

	// PathStyle puts the name of the bucket into the path of the URL instead of
	// the name of the host. Most servers other than Amazon's need it, unless
	// the endpoint is an IP address, which implies it.
	PathStyle bool `json:",omitempty"`

	// Anonymous sends requests without a signature, to read public buckets.
	Anonymous bool `json:",omitempty"`

	// NoChecksums leaves out the checksums that Amazon S3 has had since 2022:
	// for servers that do not know them, or send wrong ones with parts of
	// objects.
	NoChecksums bool `json:",omitempty"`

	// KMSKey is the key, by ID, alias or ARN, that objects are encrypted with
	// (SSE-KMS, with a bucket key). If empty, the bucket's default applies.
	KMSKey string `json:",omitempty"`

	// StorageClass is that of the objects written, such as INTELLIGENT_TIERING.
	// If empty, it is STANDARD.
	StorageClass string `json:",omitempty"`

	// PartSize is the length in bytes of the parts that large objects are
	// written in, from 5 MiB to 5 GiB. If 0, it is 16 MiB. Objects may have
	// 10,000 parts, which makes 156 GiB.
	PartSize int64 `json:",omitempty"`

	// Uploads is how many parts may be on their way at once, of all objects
	// being written together. If 0, it is 4.
	Uploads int `json:",omitempty"`

	// ReadSize is the length in bytes of the pieces that large objects are read
	// in, at least 1 MiB. If 0, it is 8 MiB.
	ReadSize int64 `json:",omitempty"`

	// ReadAhead is how many such pieces may be fetched before they are asked
	// for, of all objects being read together. If 0, it is 8; if negative,
	// nothing is read ahead.
	ReadAhead int `json:",omitempty"`

	// MaxRetries is how often in a row a request is tried again without a byte
	// of progress. If 0, it is 8; if negative, nothing is tried again.
	MaxRetries int `json:",omitempty"`

	// Timeout is how long a request may go without a byte in either direction,
	// in nanoseconds, before it counts as broken. If 0, it is a minute; if
	// negative, there is none.
	Timeout time.Duration `json:",omitempty"`

	// Client makes the requests. If nil, it is one of the AWS SDK's.
	Client *http.Client `json:"-"`

	// For tests, which would take long otherwise.
	maxPause  time.Duration // between attempts
	minPart   int64         // the least PartSize
	firstRead int64         // what is asked for on opening; the least ReadSize
}

// Defaults of [Options], in bytes, and how much Open asks for: what requests are counted by.
const (
	DefaultPartSize = 16 << 20
	DefaultReadSize = 8 << 20
	FirstRead       = 1 << 20
)

const (
	maxPartSize = 5 << 30
	maxParts    = 10_000
	maxKey      = 1024 // bytes
)

// withDefaults replaces zeros, and returns an error if there is something wrong.
func (o Options) withDefaults() (Options, error) {
	o.PartSize = cmp.Or(o.PartSize, DefaultPartSize)
	o.Uploads = cmp.Or(o.Uploads, 4)
	o.ReadSize = cmp.Or(o.ReadSize, DefaultReadSize)
	o.ReadAhead = max(cmp.Or(o.ReadAhead, 8), 0)
	o.MaxRetries = max(cmp.Or(o.MaxRetries, 8), 0)
	o.Timeout = cmp.Or(o.Timeout, time.Minute)
	o.maxPause = cmp.Or(o.maxPause, time.Minute)
	o.minPart = cmp.Or(o.minPart, 5<<20)
	o.firstRead = cmp.Or(o.firstRead, FirstRead)
	switch {
	case o.PartSize < o.minPart || o.PartSize > maxPartSize:
		return o, fmt.Errorf("%w PartSize %d: use 5 MiB to 5 GiB", fs.ErrInvalid, o.PartSize)
	case o.Uploads < 1:
		return o, fmt.Errorf("%w Uploads %d: use 1 or more", fs.ErrInvalid, o.Uploads)
	case o.ReadSize < o.firstRead || o.ReadSize > maxPartSize:
		return o, fmt.Errorf("%w ReadSize %d: use 1 MiB to 5 GiB", fs.ErrInvalid, o.ReadSize)
	case o.Anonymous && (o.KMSKey != "" || o.StorageClass != ""):
		return o, fmt.Errorf("%w use of Anonymous, which is for reading, with KMSKey or StorageClass", fs.ErrInvalid)
	}
	return o, nil
}

// A Store holds the objects of a bucket whose keys begin with a prefix. Make one
// with [Open]. Its methods may be called concurrently.
type Store struct {
	bucket  string
	prefix  string // of keys; empty, or it ends with a slash
	options Options
	client  *sdk.Client
	uploads slots // for parts being sent
	reads   slots // for pieces read ahead
}

// Open returns the store of a URL such as s3://bucket or s3://bucket/prefix. The
// names of objects follow the prefix and a slash. It makes no request to S3, so
// a bucket that is not there is only noticed later.
func Open(ctx context.Context, url string, options Options) (*Store, error) {
	fail := func(err error) (*Store, error) { return nil, &fs.PathError{Op: "open", Path: url, Err: err} }
	bucket, prefix, err := parse(url)
	if err != nil {
		return fail(err)
	}
	o, err := options.withDefaults()
	if err != nil {
		return fail(err)
	}
	client, err := newClient(ctx, o)
	if err != nil {
		return fail(err)
	}
	return &Store{
		bucket: bucket, prefix: prefix, options: o, client: client,
		uploads: newSlots(o.Uploads, o.PartSize), reads: newSlots(o.ReadAhead, o.ReadSize),
	}, nil
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// parse splits a URL. The prefix it returns ends with a slash unless it is empty.
func parse(url string) (bucket, prefix string, err error) {
	rest, ok := strings.CutPrefix(url, "s3://")
	bucket, prefix, _ = strings.Cut(rest, "/")
	if !ok || !bucketName.MatchString(bucket) {
		return "", "", fmt.Errorf("%w: use a URL such as s3://bucket/prefix", fs.ErrInvalid)
	}
	prefix = strings.TrimSuffix(prefix, "/")
	if prefix == "" {
		return bucket, "", nil
	}
	if err := storage.CheckName("open", prefix); err != nil {
		return "", "", err.(*fs.PathError).Err
	}
	return bucket, prefix + "/", nil
}

func newClient(ctx context.Context, o Options) (*sdk.Client, error) {
	load := []func(*config.LoadOptions) error{config.WithLogger(logging.Nop{})} // errors say it too
	if o.Region != "" {
		load = append(load, config.WithRegion(o.Region))
	}
	if o.Anonymous {
		load = append(load, config.WithCredentialsProvider(aws.AnonymousCredentials{}))
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, err
	}
	if cfg.Region == "" && (o.Anonymous || o.Endpoint != "") {
		cfg.Region = "us-east-1"
	}
	if cfg.Region == "" {
		return nil, fmt.Errorf("%w settings: the region is not known: set Region or AWS_REGION", fs.ErrInvalid)
	}
	return sdk.NewFromConfig(cfg, func(so *sdk.Options) {
		if o.Endpoint != "" {
			so.BaseEndpoint = &o.Endpoint
		}
		so.UsePathStyle = o.PathStyle
		so.HTTPClient = newStallClient(httpClient(cfg, o), o.Timeout)
		so.Retryer = newRetryer(cfg.RetryMode, o)
		so.RetryMaxAttempts = 0
		so.Logger = logging.Nop{}
		so.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenSupported
		so.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenSupported
		if o.NoChecksums {
			so.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
			so.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		}
	}), nil
}

// httpClient returns the client to use. That of the SDK, which knows of the
// certificates of the environment, keeps few idle connections to one host, which
// is all there is here.
func httpClient(cfg aws.Config, o Options) sdk.HTTPClient {
	if o.Client != nil {
		return o.Client
	}
	client, ok := cfg.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		client = awshttp.NewBuildableClient()
	}
	return client.WithTransportOptions(func(t *http.Transport) {
		t.MaxIdleConnsPerHost = max(t.MaxIdleConnsPerHost, o.Uploads+o.ReadAhead+16)
		t.MaxIdleConns = max(t.MaxIdleConns, t.MaxIdleConnsPerHost)
	})
}

// String returns the URL of the store.
func (s *Store) String() string { return s.url("") }

// MarshalJSON returns the store's URL and settings, for the record of a run.
func (s *Store) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		URL string
		Options
	}{s.String(), s.options})
}

// url returns the URL of the object called name.
func (s *Store) url(name string) string {
	return strings.TrimSuffix("s3://"+s.bucket+"/"+s.prefix+name, "/")
}

// key returns the key of an object after checking its name.
func (s *Store) key(ctx context.Context, op, name string) (string, error) {
	if ctx.Err() != nil {
		return "", &fs.PathError{Op: op, Path: s.url(name), Err: context.Cause(ctx)}
	}
	if err := storage.CheckName(op, name); err != nil {
		return "", err
	}
	if len(s.prefix)+len(name) > maxKey {
		return "", &fs.PathError{Op: op, Path: name, Err: fmt.Errorf("%w: with the store's prefix, use at most %d bytes", fs.ErrInvalid, maxKey)}
	}
	return s.prefix + name, nil
}

// Stat implements [storage.Store].
func (s *Store) Stat(ctx context.Context, name string) (storage.Info, error) {
	key, err := s.key(ctx, "stat", name)
	if err != nil {
		return storage.Info{}, err
	}
	out, err := s.client.HeadObject(ctx, &sdk.HeadObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return storage.Info{}, s.fail(ctx, "stat", name, err)
	}
	return storage.Info{Name: name, Size: aws.ToInt64(out.ContentLength)}, nil
}

// Remove implements [storage.Store]. Where the bucket keeps versions, the older
// ones stay.
func (s *Store) Remove(ctx context.Context, name string) error {
	key, err := s.key(ctx, "remove", name)
	if err != nil {
		return err
	}
	_, err = s.client.DeleteObject(ctx, &sdk.DeleteObjectInput{Bucket: &s.bucket, Key: &key})
	if err = s.fail(ctx, "remove", name, err); isNotExist(err) {
		return nil
	}
	return err
}
