package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/textmill/textmill/internal/awserr"
)

// fail says of what err is, and what kind of error it is in the words of
// package fs. It returns nil for nil.
func (s *Store) fail(ctx context.Context, op, name string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return &fs.PathError{Op: op, Path: s.url(name), Err: explain(err)}
}

// explain adds what a user may make of an error of S3.
func explain(err error) error {
	switch status := awserr.Status(err); {
	case awserr.Code(err) == "NoSuchBucket":
		return fmt.Errorf("there is no such bucket: check its name and the region: %w", err)
	case awserr.Code(err) == "NoSuchUpload":
		return fmt.Errorf("the upload was aborted by someone else, RemoveLeftovers or a lifecycle rule: write the object again: %w", err)
	case status == http.StatusNotFound:
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case status == http.StatusForbidden || status == http.StatusUnauthorized:
		return fmt.Errorf("%w: check the role's policy (without s3:ListBucket this is also what is said of objects that do not exist): %w", fs.ErrPermission, err)
	}
	if region := regionOf(err); region != "" {
		return fmt.Errorf("the bucket is in another region: set Region to %s: %w", region, err)
	}
	return err
}

// regionOf returns the region that an answer directs to, or "".
func regionOf(err error) string {
	e, ok := errors.AsType[*smithyhttp.ResponseError](err)
	if !ok || e.Response == nil {
		return ""
	}
	switch e.HTTPStatusCode() {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusBadRequest:
		return e.Response.Header.Get("X-Amz-Bucket-Region")
	}
	return ""
}

// isNotExist reports whether err says that there is no such object.
func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
