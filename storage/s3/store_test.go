package s3_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/storage"
	"github.com/textmill/textmill/storage/s3"
	"github.com/textmill/textmill/storage/storagetest"
)

// random returns n bytes, the same each time.
func random(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{byte(n)}).Read(b)
	return b
}

func put(t testing.TB, s storage.Store, name string, data []byte) {
	t.Helper()
	if err := write(s, name, data); err != nil {
		t.Fatal(err)
	}
}

func write(s storage.Store, name string, data []byte) error {
	w, err := s.Create(context.Background(), name)
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Commit(context.Background()); err != nil {
		return err
	}
	return w.Close()
}

func read(s storage.Store, name string) ([]byte, error) {
	r, err := s.Open(context.Background(), name)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(r)
	return b, errors.Join(err, r.Close())
}

func TestStore(t *testing.T) {
	for name, test := range map[string]struct {
		versioned bool
		prefix    string
		set       func(*s3.Options)
	}{
		"Defaults":    {set: func(o *s3.Options) { o.PartSize, o.ReadSize = 0, 0 }},
		"Prefix":      {prefix: "/a prefix/ü+%2F/"},
		"Versioned":   {versioned: true, prefix: "/p"},
		"NoReadAhead": {set: func(o *s3.Options) { o.ReadAhead = -1 }},
		"NoChecksums": {set: func(o *s3.Options) { o.NoChecksums = true }},
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.Test(t, func(t *testing.T) storage.Store {
				site := newSite(t)
				site.PageSize = 7
				site.AddBucket(bucket, test.versioned)
				return site.openURL(t, "s3://"+bucket+test.prefix, nil, test.set)
			})
		})
	}
}

// The whole suite, while every third request goes wrong, each time in another way.
// The bucket keeps versions, without which a reader whose connection breaks and
// whose object is replaced would fail.
func TestStoreOnABadNetwork(t *testing.T) {
	storagetest.Test(t, func(t *testing.T) storage.Store {
		site := newSite(t)
		site.PageSize = 7
		site.AddBucket(bucket, true)
		s := site.open(t, &faults{choose: func(n int, _ *http.Request) fault {
			if n%3 == 0 {
				return fault(n / 3 % int(faultKinds))
			}
			return none
		}}, nil)
		t.Cleanup(func() { noLeaks(t, s) })
		return s
	})
}

func TestOpenURL(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	for url, want := range map[string]string{
		"s3://bucket":         "s3://bucket",
		"s3://bucket/":        "s3://bucket",
		"s3://bucket/a/b":     "s3://bucket/a/b",
		"s3://bucket/a/b/":    "s3://bucket/a/b",
		"s3://my.bucket-1/ü?": "s3://my.bucket-1/ü?",
		"":                    "", "bucket": "", "s3://": "", "s3:///a": "", "https://bucket/a": "", "s3://Bucket/a": "", "s3://b/a": "",
		"s3://bucket//a": "", "s3://bucket/a//b": "", "s3://bucket/../a": "", "s3://bucket/a//": "", "s3://bucket/\xff": "",
		"s3://bucket-/a": "", "s3://" + strings.Repeat("b", 64): "", "s3://bucket/" + strings.Repeat("p", 1025): "",
	} {
		s, err := s3.Open(t.Context(), url, s3.Options{})
		switch {
		case want == "" && !errors.Is(err, fs.ErrInvalid):
			t.Errorf("%q: error %v, want fs.ErrInvalid", url, err)
		case want != "" && (err != nil || s.String() != want):
			t.Errorf("%q: %v, error %v, want %q", url, s, err, want)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_DEFAULT_REGION", "")
	t.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	for _, test := range []struct {
		o  s3.Options
		ok bool
	}{
		{s3.Options{}, false}, // no region
		{s3.Options{Region: "eu-west-1"}, true},
		{s3.Options{Endpoint: "http://127.0.0.1:1"}, true},
		{s3.Options{Anonymous: true}, true},
		{s3.Options{Anonymous: true, KMSKey: "k"}, false},
		{s3.Options{Anonymous: true, StorageClass: "STANDARD_IA"}, false},
		{s3.Options{Region: "r", PartSize: 5 << 20}, true},
		{s3.Options{Region: "r", PartSize: 5<<20 - 1}, false},
		{s3.Options{Region: "r", PartSize: 5 << 30}, true},
		{s3.Options{Region: "r", PartSize: 5<<30 + 1}, false},
		{s3.Options{Region: "r", PartSize: -1}, false},
		{s3.Options{Region: "r", Uploads: -1}, false},
		{s3.Options{Region: "r", Uploads: 1}, true},
		{s3.Options{Region: "r", ReadSize: 1 << 20}, true},
		{s3.Options{Region: "r", ReadSize: 1<<20 - 1}, false},
		{s3.Options{Region: "r", ReadAhead: -1, MaxRetries: -1, Timeout: -1}, true},
	} {
		_, err := s3.Open(t.Context(), "s3://bucket", test.o)
		if test.ok != (err == nil) || err != nil && !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("%+v: error %v, want one: %v", test.o, err, !test.ok)
		}
	}
}

func TestMarshal(t *testing.T) {
	t.Setenv("AWS_SECRET_ACCESS_KEY", "hidden")
	s, err := s3.Open(t.Context(), "s3://bucket/p", s3.Options{Region: "eu-west-1", StorageClass: "STANDARD_IA", Client: &http.Client{}})
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(s)
	const want = `{"URL":"s3://bucket/p","Region":"eu-west-1","StorageClass":"STANDARD_IA","PartSize":16777216,"Uploads":4,"ReadSize":8388608,"ReadAhead":8,"MaxRetries":8,"Timeout":60000000000}`
	if err != nil || string(b) != want {
		t.Errorf("%s, want\n%s; error %v", b, want, err)
	}
}

// Names are counted with the prefix.
func TestLongNames(t *testing.T) {
	s := newSite(t).open(t, nil, nil)
	long := strings.Repeat("n", 1024-len("p/"))
	put(t, s, long, []byte("x"))
	if b, err := read(s, long); err != nil || string(b) != "x" {
		t.Errorf("%q, error %v", b, err)
	}
	for _, err := range []error{
		write(s, long+"n", nil), s.Remove(t.Context(), long+"n"),
		func() error { _, err := s.Stat(t.Context(), long+"n"); return err }(),
		func() error { _, err := s.Open(t.Context(), long+"n"); return err }(),
	} {
		if !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("error %v, want fs.ErrInvalid", err)
		}
	}
	for _, prefix := range []string{long + "n", "\xff", "a\x00"} {
		for o, err := range s.List(t.Context(), prefix) {
			t.Errorf("listed %v, %v", o, err)
		}
	}
}

// What is in the bucket beside the store, or is no name, does not show.
func TestListForeignKeys(t *testing.T) {
	site := newSite(t)
	site.PageSize = 2
	s, all := site.open(t, nil, nil), site.openURL(t, "s3://"+bucket, nil, nil)
	for _, name := range []string{"o", "p", "p.x", "p0", "q/p/a", "p/b", "p/\x01\u2028", "p/c d+e%25"} {
		put(t, all, name, nil)
	}
	for _, key := range []string{"p/", "p/a/", "p/a//b", "p/../x", "p/.tmp-1"} {
		if _, err := site.client().PutObject(t.Context(), putInput(key, "")); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for o, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, o.Name)
	}
	if want := []string{"\x01\u2028", "b", "c d+e%25"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Lists that cannot be right are errors, not endless or out of order.
func TestListMustBeRight(t *testing.T) {
	page := func(body string) *http.Client {
		return &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			resp := canned(r, http.StatusOK, "")
			resp.Body, resp.ContentLength = io.NopCloser(strings.NewReader("<ListBucketResult>"+body+"</ListBucketResult>")), -1
			return resp, nil
		})}
	}
	object := func(key string) string { return "<Contents><Key>" + key + "</Key><Size>1</Size></Contents>" }
	for name, body := range map[string]string{
		"out of order":   object("p/b") + object("p/a"),
		"twice":          object("p/b") + object("p/b"),
		"other prefix":   object("q/b"),
		"no token":       object("p/b") + "<IsTruncated>true</IsTruncated>",
		"same page ever": object("p/b") + "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>",
		"bad escape":     "<EncodingType>url</EncodingType>" + object("p/%zz"),
		"no XML":         "<Contents",
	} {
		s := newSite(t).open(t, nil, func(o *s3.Options) { o.Client = page(body) })
		var last error
		for _, err := range s.List(t.Context(), "") {
			last = err
		}
		if last == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestErrors(t *testing.T) {
	site := newSite(t)
	nowhere := site.openURL(t, "s3://no-such-bucket/p", nil, nil)
	_, err := nowhere.Open(t.Context(), "a")
	if err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "no such bucket") {
		t.Errorf("open in a bucket that is not there: error %v", err)
	}
	if err := write(nowhere, "a", nil); err == nil || !strings.Contains(err.Error(), "no such bucket") {
		t.Errorf("write into a bucket that is not there: error %v", err)
	}
	anonymous := site.open(t, nil, func(o *s3.Options) { o.Anonymous = true })
	if _, err := anonymous.Stat(t.Context(), "a"); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "s3://"+bucket+"/p/a") {
		t.Errorf("access denied: error %v", err)
	}
	elsewhere := site.open(t, nil, func(o *s3.Options) {
		o.Client = &http.Client{Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			resp := canned(r, http.StatusMovedPermanently, "PermanentRedirect")
			resp.Header.Set("X-Amz-Bucket-Region", "eu-central-1")
			return resp, nil
		})}
	})
	if _, err := elsewhere.Open(t.Context(), "a"); err == nil || !strings.Contains(err.Error(), "set Region to eu-central-1") {
		t.Errorf("bucket in another region: error %v", err)
	}
}

// Public buckets can be read without credentials.
func TestAnonymous(t *testing.T) {
	site := newSite(t)
	put(t, site.open(t, nil, nil), "a", []byte("public"))
	site.Publish(bucket)
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	signed := false
	s := site.open(t, &faults{choose: func(_ int, r *http.Request) fault {
		signed = signed || r.Header.Get("Authorization") != ""
		return none
	}}, func(o *s3.Options) { o.Anonymous = true })
	if b, err := read(s, "a"); err != nil || string(b) != "public" || signed {
		t.Errorf("%q, error %v; signed: %v", b, err, signed)
	}
	for o, err := range s.List(t.Context(), "") {
		if err != nil || o.Name != "a" {
			t.Errorf("listed %v, error %v", o, err)
		}
	}
	if err := write(s, "b", nil); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("write: error %v", err)
	}
}

// The settings for what is written arrive, with both kinds of writing, and the
// numbers of requests are as documented.
func TestHeadersAndRequests(t *testing.T) {
	site := newSite(t)
	s := site.open(t, nil, func(o *s3.Options) { o.KMSKey, o.StorageClass = "arn:aws:kms:eu-west-1:1:key/2", "STANDARD_IA" })
	count := func(what string, want map[string]int) {
		t.Helper()
		for _, op := range []string{"GetObject", "HeadObject", "PutObject", "CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "AbortMultipartUpload", "ListObjectsV2", "DeleteObject"} {
			if n := site.Calls(op); n != want[op] {
				t.Errorf("%s: %d times %s, want %d", what, n, op, want[op])
			}
		}
	}
	for _, size := range []int{0, 1, 5 << 20, 5<<20 + 1, 15 << 20} {
		name := fmt.Sprint(size)
		data := random(size)
		put(t, s, name, data)
		if parts := (size + 5<<20 - 1) / (5 << 20); parts > 1 {
			count("write "+name, map[string]int{"CreateMultipartUpload": 1, "UploadPart": parts, "CompleteMultipartUpload": 1})
		} else {
			count("write "+name, map[string]int{"PutObject": 1})
		}
		if got, err := read(s, name); err != nil || !bytes.Equal(got, data) {
			t.Errorf("read %s: %d bytes, error %v", name, len(got), err)
		}
		want := map[string]int{"GetObject": max(1, (size+1<<20-1)/(1<<20))}
		if size == 0 {
			want["HeadObject"] = 1
		}
		count("read "+name, want)
		head, err := site.client().HeadObject(t.Context(), headInput("p/"+name))
		if err != nil || head.ServerSideEncryption != "aws:kms" || *head.SSEKMSKeyId != "arn:aws:kms:eu-west-1:1:key/2" || !*head.BucketKeyEnabled ||
			head.StorageClass != "STANDARD_IA" || len(head.Metadata["textmill-attempt"]) < 20 {
			t.Errorf("%s: %+v, error %v", name, head, err)
		}
		site.Calls("HeadObject")
	}
	if _, err := s.Stat(t.Context(), "1"); err != nil {
		t.Error(err)
	}
	if err := s.Remove(t.Context(), "1"); err != nil {
		t.Error(err)
	}
	for range s.List(t.Context(), "") {
	}
	count("others", map[string]int{"HeadObject": 1, "DeleteObject": 1, "ListObjectsV2": 1})
	w, err := s.Create(t.Context(), "big")
	if err != nil {
		t.Fatal(err)
	}
	w.Write(random(11 << 20))
	w.Close()
	for _, op := range []string{"CreateMultipartUpload", "AbortMultipartUpload"} { // and of UploadPart those that had begun
		if n := site.Calls(op); n != 1 {
			t.Errorf("close: %d times %s", n, op)
		}
	}
}

// The pauses grow, are random, and heed what the server asks for.
func TestPause(t *testing.T) {
	for n, bound := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 6: 32 * time.Second, 7: time.Minute, 99: time.Minute} {
		low, high := time.Hour, time.Duration(0)
		for range 200 {
			p := s3.Options{}.Pause(n, errors.New("x"))
			low, high = min(low, p), max(high, p)
		}
		if low <= 0 || high > bound+1 || high < bound/2 || low > bound/2 {
			t.Errorf("after %d failures: %v to %v, want up to %v", n, low, high, bound)
		}
	}
}
