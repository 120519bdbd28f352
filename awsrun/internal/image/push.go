package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// waits are the times before each further attempt to push.
var waits = []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// Push sends an image to a repository, such as
// 123456789012.dkr.ecr.us-east-1.amazonaws.com/name, and returns its digest, sha256:….
// Its tag is made of the digest, so that repositories whose tags cannot be moved
// take it. What is there already is not sent again, and it is no error if all is.
// Failures that may pass are tried again, four times in 15 s.
//
// A nil auth is nobody in particular. If progress is not nil, it is called with the
// bytes done and those of the whole, one call at a time; both begin anew with each
// attempt.
func Push(ctx context.Context, img v1.Image, repository string, auth authn.Authenticator, progress func(done, total int64)) (string, error) {
	repo, err := name.NewRepository(repository, name.StrictValidation)
	if err != nil {
		return "", fmt.Errorf("image: repository %q is not of the form HOST/NAME: %w", repository, err)
	}
	digest, err := img.Digest()
	if err != nil {
		return "", fmt.Errorf("image: %w", err)
	}
	if auth == nil {
		auth = authn.Anonymous
	}
	tag := repo.Tag("sha256-" + digest.Hex)
	for i := 0; ; i++ {
		err = push(ctx, img, tag, auth, progress)
		switch {
		case err == nil:
			return digest.String(), nil
		case ctx.Err() != nil:
		case i == len(waits) || !passing(err):
			return "", fmt.Errorf("image: push to %s: %w", repo, explain(err))
		default:
			select {
			case <-ctx.Done():
			case <-time.After(waits[i]):
				continue
			}
		}
		return "", fmt.Errorf("image: push to %s: %w", repo, context.Cause(ctx))
	}
}

// push tries once. The library would try again too, but sleep on when the context
// is done.
func push(ctx context.Context, img v1.Image, tag name.Tag, auth authn.Authenticator, progress func(done, total int64)) error {
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuth(auth), remote.WithRetryBackoff(remote.Backoff{Steps: 1})}
	if progress == nil {
		return remote.Write(tag, img, options...)
	}
	total, err := size(img)
	if err != nil {
		return err
	}
	updates, done := make(chan v1.Update), make(chan struct{})
	go func() {
		defer close(done)
		for u := range updates { // until Write closes it
			if u.Error == nil {
				progress(u.Complete, total)
			}
		}
	}()
	err = remote.Write(tag, img, append(options, remote.WithProgress(updates))...)
	<-done
	return err
}

// size returns the bytes of an image as they are sent.
func size(img v1.Image) (int64, error) {
	m, err := img.Manifest()
	if err != nil {
		return 0, err
	}
	n, err := img.Size() // of the manifest
	n += m.Config.Size
	for _, l := range m.Layers {
		n += l.Size
	}
	return n, err
}

// passing reports whether a failure may be gone the next time.
func passing(err error) bool {
	var (
		answer  *transport.Error
		file    *fileError
		network net.Error
	)
	switch {
	case errors.As(err, &file):
		return false
	case errors.As(err, &answer):
		// Whose tag exists has been overtaken by another who pushed the same.
		return answer.Temporary() || says(answer, transport.TagInvalidErrorCode)
	}
	return errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF)
}

// says reports whether one of the codes is among those of an answer.
func says(answer *transport.Error, codes ...transport.ErrorCode) bool {
	return slices.ContainsFunc(answer.Errors, func(d transport.Diagnostic) bool { return slices.Contains(codes, d.Code) })
}

// explain says what to do about an answer of the registry, where we know.
func explain(err error) error {
	var answer *transport.Error
	if !errors.As(err, &answer) {
		return err
	}
	switch {
	case says(answer, transport.NameUnknownErrorCode):
		return fmt.Errorf("%w: there is no such repository: make it first", err)
	case answer.StatusCode == 401, answer.StatusCode == 403, says(answer, transport.UnauthorizedErrorCode, transport.DeniedErrorCode):
		return fmt.Errorf("%w: you may not push there: look at your credentials and permissions", err)
	}
	return err
}
