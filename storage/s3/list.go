package s3

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/textmill/textmill/internal/awserr"
	"github.com/textmill/textmill/storage"
)

// List implements [storage.Store]. It holds a thousand names in memory. Keys in
// the bucket that are no names of objects, such as those of folders that some
// programs make, are left out.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[storage.Info, error] {
	return func(yield func(storage.Info, error) bool) {
		if ctx.Err() != nil {
			yield(storage.Info{}, s.fail(ctx, "list", prefix, context.Cause(ctx)))
			return
		}
		if len(s.prefix)+len(prefix) > maxKey || !utf8.ValidString(prefix) || strings.ContainsRune(prefix, 0) {
			return // no object has such a name
		}
		last := ""
		for page, err := range s.pages(ctx, s.prefix+prefix) {
			if err != nil {
				yield(storage.Info{}, s.fail(ctx, "list", prefix, err))
				return
			}
			for _, o := range page.Contents {
				key, err := decode(o.Key, page.EncodingType)
				switch {
				case err != nil:
				case key <= last:
					err = fmt.Errorf("the server lists %q after %q: use a bucket that lists in order of name, which directory buckets do not", key, last)
				case !strings.HasPrefix(key, s.prefix):
					err = fmt.Errorf("the server lists %q, which does not begin with %q", key, s.prefix)
				}
				if err != nil {
					yield(storage.Info{}, s.fail(ctx, "list", prefix, err))
					return
				}
				last = key
				info := storage.Info{Name: key[len(s.prefix):], Size: aws.ToInt64(o.Size)}
				if storage.CheckName("list", info.Name) == nil && !yield(info, nil) {
					return
				}
			}
			if err := context.Cause(ctx); err != nil {
				yield(storage.Info{}, s.fail(ctx, "list", prefix, err))
				return
			}
		}
	}
}

// pages yields the objects whose keys begin with prefix, up to a thousand at a
// time.
func (s *Store) pages(ctx context.Context, prefix string) iter.Seq2[*sdk.ListObjectsV2Output, error] {
	return func(yield func(*sdk.ListObjectsV2Output, error) bool) {
		// Not all characters of a key can be said in XML.
		in := &sdk.ListObjectsV2Input{Bucket: &s.bucket, Prefix: &prefix, EncodingType: types.EncodingTypeUrl}
		for {
			page, err := s.client.ListObjectsV2(ctx, in)
			if err == nil && aws.ToBool(page.IsTruncated) && aws.ToString(page.NextContinuationToken) == "" {
				err = fmt.Errorf("the server does not say where its list goes on")
			}
			if !yield(page, err) || err != nil || !aws.ToBool(page.IsTruncated) {
				return
			}
			in.ContinuationToken = page.NextContinuationToken
		}
	}
}

// decode returns a key of a list.
func decode(key *string, encoding types.EncodingType) (string, error) {
	if encoding != types.EncodingTypeUrl {
		return aws.ToString(key), nil
	}
	return url.QueryUnescape(aws.ToString(key))
}

// RemoveLeftovers aborts uploads of objects of this store that were begun before
// the given time and neither committed nor closed, and returns how many. Killed
// runs leave such uploads, and so does an answer to the beginning of one that
// got lost; they cannot be seen in lists of objects, but are paid for. Writers
// that are still at work then fail, so choose a time at which none was begun: a
// day ago, say. A lifecycle rule of the bucket (AbortIncompleteMultipartUpload)
// does the same for all that is in it.
func (s *Store) RemoveLeftovers(ctx context.Context, before time.Time) (removed int, err error) {
	in := &sdk.ListMultipartUploadsInput{Bucket: &s.bucket, Prefix: &s.prefix, EncodingType: types.EncodingTypeUrl}
	for {
		page, err := s.client.ListMultipartUploads(ctx, in)
		if err != nil {
			return removed, s.fail(ctx, "remove leftovers of", "", err)
		}
		for _, u := range page.Uploads {
			key, err := decode(u.Key, page.EncodingType)
			if err != nil {
				return removed, s.fail(ctx, "remove leftovers of", "", err)
			}
			if !strings.HasPrefix(key, s.prefix) || u.Initiated == nil || !u.Initiated.Before(before) {
				continue
			}
			if err := s.abort(ctx, key, aws.ToString(u.UploadId)); err != nil {
				return removed, s.fail(ctx, "remove leftovers of", strings.TrimPrefix(key, s.prefix), err)
			}
			removed++
		}
		if !aws.ToBool(page.IsTruncated) {
			return removed, nil
		}
		marker, err := decode(page.NextKeyMarker, page.EncodingType)
		if err == nil && marker == "" {
			err = fmt.Errorf("the server does not say where its list goes on")
		}
		if err != nil {
			return removed, s.fail(ctx, "remove leftovers of", "", err)
		}
		in.KeyMarker, in.UploadIdMarker = &marker, page.NextUploadIdMarker
	}
}

// abort ends an upload. It is no error if there is none.
func (s *Store) abort(ctx context.Context, key, upload string) error {
	_, err := s.client.AbortMultipartUpload(ctx, &sdk.AbortMultipartUploadInput{Bucket: &s.bucket, Key: &key, UploadId: &upload})
	if awserr.Code(err) == "NoSuchUpload" {
		return nil
	}
	return err
}
