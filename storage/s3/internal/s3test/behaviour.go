// Package s3test says what package s3 relies on a server for, so that the fake
// one and a real one can be held against it.
package s3test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// A Server makes buckets to test with.
type Server struct {
	Client    *sdk.Client // with credentials
	NewBucket func(t *testing.T, versioned bool) (name string)
	Lacks     map[string]string // tests that it fails, and why
}

// Behaviour tests what a server does.
func Behaviour(t *testing.T, s Server) {
	for _, test := range []struct {
		name      string
		versioned bool
		test      func(*testing.T, *box)
	}{
		{"PutGetHead", false, putGetHead},
		{"Ranges", false, ranges},
		{"Missing", false, missing},
		{"WrongChecksum", false, wrongChecksum},
		{"ConditionalGet", false, conditionalGet},
		{"ConditionalPut", false, conditionalPut},
		{"ConditionalRace", false, conditionalRace},
		{"Multipart", false, multipart},
		{"MultipartWrong", false, multipartWrong},
		{"MultipartAbort", false, multipartAbort},
		{"MultipartConditional", false, multipartConditional},
		{"MultipartList", false, func(t *testing.T, b *box) { multipartList(t, b, 1000) }},
		{"MultipartListPages", false, func(t *testing.T, b *box) { multipartList(t, b, 1) }},
		{"List", false, list},
		{"ListEncoded", false, listEncoded},
		{"Delete", false, remove},
		{"Versions", true, versions},
	} {
		t.Run(test.name, func(t *testing.T) {
			if why := s.Lacks[test.name]; why != "" {
				t.Skip(why)
			}
			test.test(t, &box{t, s.Client, s.NewBucket(t, test.versioned)})
		})
	}
}

// A box is a bucket under test.
type box struct {
	t      *testing.T
	client *sdk.Client
	bucket string
}

func (b *box) put(key, data string, set func(*sdk.PutObjectInput)) (*sdk.PutObjectOutput, error) {
	in := &sdk.PutObjectInput{Bucket: &b.bucket, Key: &key, Body: strings.NewReader(data)}
	if set != nil {
		set(in)
	}
	return b.client.PutObject(context.Background(), in)
}

func (b *box) mustPut(key, data string) *sdk.PutObjectOutput {
	b.t.Helper()
	out, err := b.put(key, data, nil)
	if err != nil {
		b.t.Fatalf("put %q: %v", key, err)
	}
	return out
}

func (b *box) get(key string, set func(*sdk.GetObjectInput)) (string, *sdk.GetObjectOutput, error) {
	in := &sdk.GetObjectInput{Bucket: &b.bucket, Key: &key}
	if set != nil {
		set(in)
	}
	out, err := b.client.GetObject(context.Background(), in)
	if err != nil {
		return "", nil, err
	}
	data, err := io.ReadAll(out.Body)
	return string(data), out, errors.Join(err, out.Body.Close())
}

func (b *box) holds(key, want string) {
	b.t.Helper()
	if got, _, err := b.get(key, nil); err != nil || got != want {
		b.t.Errorf("%q holds %.40q (%d bytes), want %.40q (%d bytes); error %v", key, got, len(got), want, len(want), err)
	}
}

// fails checks the status and, if given, the code of an error.
func (b *box) fails(what string, err error, status int, codes ...string) {
	b.t.Helper()
	got, code := 0, ""
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		got = e.HTTPStatusCode()
	}
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		code = e.ErrorCode()
	}
	if got != status || len(codes) > 0 && !slices.Contains(codes, code) {
		b.t.Errorf("%s: status %d, code %q, want %d, %q; error %v", what, got, code, status, codes, err)
	}
}

func putGetHead(t *testing.T, b *box) {
	out, err := b.put("a/b", "hello", func(in *sdk.PutObjectInput) { in.Metadata = map[string]string{"textmill-attempt": "X1"} })
	if err != nil {
		t.Fatal(err)
	}
	b.holds("a/b", "hello")
	head, err := b.client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: &b.bucket, Key: aws.String("a/b")})
	if err != nil || *head.ContentLength != 5 || head.Metadata["textmill-attempt"] != "X1" || *head.ETag != *out.ETag || *head.ETag == "" {
		t.Errorf("head: %+v, error %v", head, err)
	}
	b.mustPut("a/b", "other")
	b.holds("a/b", "other")
	b.mustPut("a/b", "")
	b.holds("a/b", "")
}

func ranges(t *testing.T, b *box) {
	b.mustPut("a", "hello world")
	for r, want := range map[string]string{"bytes=6-8": "wor", "bytes=6-1000": "world", "bytes=0-0": "h", "bytes=0-10": "hello world"} {
		got, out, err := b.get("a", func(in *sdk.GetObjectInput) { in.Range = &r })
		if err != nil || got != want {
			t.Errorf("%s: %q, error %v, want %q", r, got, err, want)
			continue
		}
		start := strings.Index("hello world", want)
		if cr := fmt.Sprintf("bytes %d-%d/11", start, start+len(want)-1); aws.ToString(out.ContentRange) != cr {
			t.Errorf("%s: Content-Range %q, want %q", r, aws.ToString(out.ContentRange), cr)
		}
	}
	_, _, err := b.get("a", func(in *sdk.GetObjectInput) { in.Range = aws.String("bytes=11-20") })
	b.fails("range behind the end", err, http.StatusRequestedRangeNotSatisfiable)
	b.mustPut("empty", "")
	// Some servers send an empty object whole.
	got, out, err := b.get("empty", func(in *sdk.GetObjectInput) { in.Range = aws.String("bytes=0-9") })
	if err != nil {
		b.fails("range of nothing", err, http.StatusRequestedRangeNotSatisfiable)
	} else if got != "" || *out.ContentLength != 0 {
		t.Errorf("range of nothing: %q", got)
	}
}

func missing(t *testing.T, b *box) {
	b.mustPut("a/b", "x")
	for _, key := range []string{"none", "a", "a/", "a/b/c"} {
		_, _, err := b.get(key, nil)
		b.fails("get "+key, err, http.StatusNotFound)
		_, err = b.client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: &b.bucket, Key: &key})
		b.fails("head "+key, err, http.StatusNotFound)
	}
	_, _, err := b.get("none", nil)
	b.fails("get", err, http.StatusNotFound, "NoSuchKey")
	_, err = b.client.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: aws.String("no-such-bucket-at-all"), Key: aws.String("a")})
	b.fails("get in a bucket that is not there", err, http.StatusNotFound, "NoSuchBucket")
}

func wrongChecksum(t *testing.T, b *box) {
	_, err := b.put("a", "hello", func(in *sdk.PutObjectInput) { in.ChecksumCRC32 = aws.String("AAAAAA==") })
	b.fails("wrong CRC-32", err, http.StatusBadRequest)
	_, _, err = b.get("a", nil)
	b.fails("get", err, http.StatusNotFound)
}

func conditionalGet(t *testing.T, b *box) {
	older := b.mustPut("a", "older")
	got, _, err := b.get("a", func(in *sdk.GetObjectInput) { in.IfMatch = older.ETag })
	if err != nil || got != "older" {
		t.Errorf("right ETag: %q, error %v", got, err)
	}
	b.mustPut("a", "newer")
	_, _, err = b.get("a", func(in *sdk.GetObjectInput) { in.IfMatch, in.Range = older.ETag, aws.String("bytes=1-2") })
	b.fails("older ETag", err, http.StatusPreconditionFailed)
}

func isNew(in *sdk.PutObjectInput) { in.IfNoneMatch = aws.String("*") }

func conditionalPut(t *testing.T, b *box) {
	if _, err := b.put("a", "1", isNew); err != nil {
		t.Errorf("first: %v", err)
	}
	_, err := b.put("a", "2", isNew)
	b.fails("second", err, http.StatusPreconditionFailed, "PreconditionFailed")
	b.holds("a", "1")
}

func conditionalRace(t *testing.T, b *box) {
	for round := range 5 {
		key := fmt.Sprint("a", round)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var won []string
		for i := range 8 {
			wg.Go(func() {
				if _, err := b.put(key, fmt.Sprint(i), isNew); err == nil {
					mu.Lock()
					defer mu.Unlock()
					won = append(won, fmt.Sprint(i))
				}
			})
		}
		wg.Wait()
		if len(won) != 1 {
			t.Errorf("%d of 8 won", len(won))
			continue
		}
		b.holds(key, won[0])
	}
}

// An attempt is a multipart upload.
type attempt struct {
	*box
	key   string
	id    *string
	parts []types.CompletedPart
	data  []byte
}

func (b *box) begin(key string) *attempt {
	b.t.Helper()
	out, err := b.client.CreateMultipartUpload(context.Background(), &sdk.CreateMultipartUploadInput{
		Bucket: &b.bucket, Key: &key, Metadata: map[string]string{"textmill-attempt": "X2"},
		ChecksumAlgorithm: types.ChecksumAlgorithmCrc32, ChecksumType: types.ChecksumTypeFullObject,
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return &attempt{box: b, key: key, id: out.UploadId}
}

func (a *attempt) part(data []byte) *attempt {
	a.t.Helper()
	n := int32(len(a.parts) + 1)
	out, err := a.client.UploadPart(context.Background(), &sdk.UploadPartInput{
		Bucket: &a.bucket, Key: &a.key, UploadId: a.id, PartNumber: &n, Body: bytes.NewReader(data), ChecksumAlgorithm: types.ChecksumAlgorithmCrc32,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	a.parts = append(a.parts, types.CompletedPart{PartNumber: &n, ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32})
	a.data = append(a.data, data...)
	return a
}

func (a *attempt) complete(set func(*sdk.CompleteMultipartUploadInput)) error {
	crc := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(a.data)))
	in := &sdk.CompleteMultipartUploadInput{
		Bucket: &a.bucket, Key: &a.key, UploadId: a.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: a.parts},
		ChecksumType: types.ChecksumTypeFullObject, ChecksumCRC32: &crc, MpuObjectSize: aws.Int64(int64(len(a.data))),
	}
	if set != nil {
		set(in)
	}
	_, err := a.client.CompleteMultipartUpload(context.Background(), in)
	return err
}

func (a *attempt) abort() error {
	_, err := a.client.AbortMultipartUpload(context.Background(), &sdk.AbortMultipartUploadInput{Bucket: &a.bucket, Key: &a.key, UploadId: a.id})
	return err
}

// five is the least part of an upload, 5 MiB.
var five = bytes.Repeat([]byte("12345"), 1<<20)

func multipart(t *testing.T, b *box) {
	b.mustPut("a", "older")
	a := b.begin("a").part(five).part([]byte("end"))
	b.holds("a", "older")
	if err := a.complete(nil); err != nil {
		t.Fatal(err)
	}
	b.holds("a", string(five)+"end")
	head, err := b.client.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: &b.bucket, Key: aws.String("a")})
	if err != nil || head.Metadata["textmill-attempt"] != "X2" || *head.ContentLength != 5<<20+3 {
		t.Errorf("head: %+v, error %v", head, err)
	}
	// Amazon may say that it is done, once more.
	if err := a.complete(nil); err != nil {
		b.fails("complete again", err, http.StatusNotFound, "NoSuchUpload")
	}
}

func multipartWrong(t *testing.T, b *box) {
	a := b.begin("a").part(five).part([]byte("end"))
	for what, set := range map[string]func(*sdk.CompleteMultipartUploadInput){
		"wrong checksum of the whole": func(in *sdk.CompleteMultipartUploadInput) { in.ChecksumCRC32 = aws.String("AAAAAA==") },
		"wrong size":                  func(in *sdk.CompleteMultipartUploadInput) { in.MpuObjectSize = aws.Int64(3) },
		"wrong ETag of a part": func(in *sdk.CompleteMultipartUploadInput) {
			parts := slices.Clone(a.parts)
			parts[1].ETag = aws.String(`"00000000000000000000000000000000"`)
			in.MultipartUpload = &types.CompletedMultipartUpload{Parts: parts}
		},
		"part that is not there": func(in *sdk.CompleteMultipartUploadInput) {
			in.MultipartUpload = &types.CompletedMultipartUpload{Parts: append(slices.Clone(a.parts), types.CompletedPart{PartNumber: aws.Int32(3), ETag: a.parts[0].ETag, ChecksumCRC32: a.parts[0].ChecksumCRC32})}
		},
	} {
		b.fails(what, a.complete(set), http.StatusBadRequest)
	}
	b.fails("small part before the end", b.begin("b").part([]byte("x")).part([]byte("y")).complete(nil), http.StatusBadRequest, "EntityTooSmall")
	_, _, err := b.get("a", nil)
	b.fails("get", err, http.StatusNotFound)
	if err := a.complete(nil); err != nil { // it can still be put right
		t.Error(err)
	}
}

func multipartAbort(t *testing.T, b *box) {
	a := b.begin("a").part(five)
	if err := a.abort(); err != nil {
		t.Error(err)
	}
	b.fails("complete", a.complete(nil), http.StatusNotFound, "NoSuchUpload")
	b.fails("abort", a.abort(), http.StatusNotFound, "NoSuchUpload")
	_, _, err := b.get("a", nil)
	b.fails("get", err, http.StatusNotFound)
}

func multipartConditional(t *testing.T, b *box) {
	isNew := func(in *sdk.CompleteMultipartUploadInput) { in.IfNoneMatch = aws.String("*") }
	first, second := b.begin("a").part([]byte("1")), b.begin("a").part([]byte("2"))
	if err := first.complete(isNew); err != nil {
		t.Error(err)
	}
	b.fails("second", second.complete(isNew), http.StatusPreconditionFailed, "PreconditionFailed")
	b.holds("a", "1")
	if err := second.abort(); err != nil {
		t.Error(err)
	}
}

func multipartList(t *testing.T, b *box, pageSize int32) {
	b.begin("p/c d")
	b.begin("p/a")
	b.begin("q")
	var got []string
	in := &sdk.ListMultipartUploadsInput{Bucket: &b.bucket, Prefix: aws.String("p/"), MaxUploads: &pageSize}
	for range 5 {
		page, err := b.client.ListMultipartUploads(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Uploads {
			got = append(got, *u.Key)
			if u.Initiated == nil || aws.ToString(u.UploadId) == "" {
				t.Errorf("%+v", u)
			}
		}
		if !aws.ToBool(page.IsTruncated) {
			break
		}
		in.KeyMarker, in.UploadIdMarker = page.NextKeyMarker, page.NextUploadIdMarker
	}
	if want := []string{"p/a", "p/c d"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func (b *box) list(in *sdk.ListObjectsV2Input) (keys []string, pages int) {
	b.t.Helper()
	in.Bucket = &b.bucket
	for pages < 50 {
		page, err := b.client.ListObjectsV2(context.Background(), in)
		if err != nil {
			b.t.Fatal(err)
		}
		pages++
		for _, o := range page.Contents {
			keys = append(keys, *o.Key)
		}
		if !aws.ToBool(page.IsTruncated) {
			break
		}
		in.ContinuationToken = page.NextContinuationToken
	}
	return keys, pages
}

func list(t *testing.T, b *box) {
	want := []string{"p-q", "p.q", "p/1", "p/a/b", "p/a.b", "p/é", "p/日本", "p/🙂", "p0"}
	for _, key := range want {
		b.mustPut(key, "x")
	}
	b.mustPut("z", "x")
	slices.Sort(want)
	if got, pages := b.list(&sdk.ListObjectsV2Input{Prefix: aws.String("p"), MaxKeys: aws.Int32(2)}); !slices.Equal(got, want) || pages != 5 {
		t.Errorf("%q on %d pages, want\n%q", got, pages, want)
	}
	if got, _ := b.list(&sdk.ListObjectsV2Input{Prefix: aws.String("none/")}); len(got) > 0 {
		t.Errorf("%q", got)
	}
}

// A server says whether it encodes keys.
func listEncoded(t *testing.T, b *box) {
	key := "a b+c%25é&=\u2028"
	b.mustPut(key, "x")
	page, err := b.client.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: &b.bucket, EncodingType: types.EncodingTypeUrl})
	if err != nil || len(page.Contents) != 1 {
		t.Fatalf("%+v, error %v", page, err)
	}
	got := *page.Contents[0].Key
	if page.EncodingType == types.EncodingTypeUrl {
		if got, err = url.QueryUnescape(got); err != nil {
			t.Error(err)
		}
	}
	if got != key {
		t.Errorf("%q, want %q; encoding %q", got, key, page.EncodingType)
	}
}

func remove(t *testing.T, b *box) {
	b.mustPut("a", "x")
	for range 2 {
		if _, err := b.client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: &b.bucket, Key: aws.String("a")}); err != nil {
			t.Error(err)
		}
		_, _, err := b.get("a", nil)
		b.fails("get", err, http.StatusNotFound, "NoSuchKey")
	}
}

func versions(t *testing.T, b *box) {
	older := b.mustPut("a", "older")
	newer := b.mustPut("a", "newer")
	if aws.ToString(older.VersionId) == "" || *older.VersionId == *newer.VersionId {
		t.Fatalf("versions %v, %v", older.VersionId, newer.VersionId)
	}
	_, out, err := b.get("a", nil)
	if err != nil || *out.VersionId != *newer.VersionId {
		t.Errorf("%+v, error %v", out, err)
	}
	_, _, err = b.get("a", func(in *sdk.GetObjectInput) { in.IfMatch = older.ETag })
	b.fails("older ETag", err, http.StatusPreconditionFailed)
	if _, err := b.client.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: &b.bucket, Key: aws.String("a")}); err != nil {
		t.Error(err)
	}
	_, _, err = b.get("a", func(in *sdk.GetObjectInput) { in.IfMatch = newer.ETag })
	b.fails("removed", err, http.StatusNotFound)
	got, out, err := b.get("a", func(in *sdk.GetObjectInput) {
		in.VersionId, in.Range = older.VersionId, aws.String("bytes=1-3")
	})
	if err != nil || got != "lde" || *out.ETag != *older.ETag {
		t.Errorf("older version: %q, error %v", got, err)
	}
	if keys, _ := b.list(&sdk.ListObjectsV2Input{}); len(keys) > 0 {
		t.Errorf("listed %q", keys)
	}
}
