package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io/fs"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/textmill/textmill/internal/awserr"
	"github.com/textmill/textmill/storage"
)

// Create implements [storage.Store]. It makes no request. ctx is that of the
// whole writing: once it is done, parts are no longer sent, and Commit fails.
func (s *Store) Create(ctx context.Context, name string) (storage.Writer, error) {
	return s.create(ctx, name, false)
}

// CreateNew is like Create, except that Commit fails with [fs.ErrExist] if there
// is an object of that name by then. Of several that are written at the same
// time, exactly one is committed. Endpoints that do not know the If-None-Match
// header may let all pass; Amazon S3 and versitygw know it.
func (s *Store) CreateNew(ctx context.Context, name string) (storage.Writer, error) {
	return s.create(ctx, name, true)
}

func (s *Store) create(ctx context.Context, name string, isNew bool) (storage.Writer, error) {
	key, err := s.key(ctx, "create", name)
	if err != nil {
		return nil, err
	}
	w := &writer{s: s, name: name, key: key, isNew: isNew, attempt: rand.Text()}
	w.ctx, w.cancel = context.WithCancelCause(ctx)
	return w, nil
}

// attemptKey is the metadata of objects that tells which writer made them.
const attemptKey = "textmill-attempt"

// A writer collects a part at a time. An object of one part is put at once; a
// larger one is a multipart upload, which begins when the second part does.
type writer struct {
	s         *Store
	name, key string
	isNew     bool   // it must not replace an older object
	attempt   string // unique to this writer

	ctx    context.Context // of the parts being sent
	cancel context.CancelCauseFunc
	part   []byte // being filled
	size   int64  // of the object so far
	crc    uint32 // of the object so far
	upload string // ID of the multipart upload; "" if there is none
	err    error  // of an earlier call
	closed bool

	wg    sync.WaitGroup // of the parts being sent
	mu    sync.Mutex
	parts []types.CompletedPart
	sent  error // the first error of a part
}

var errClosed = fmt.Errorf("s3: write or commit after commit or close: %w", fs.ErrClosed)

// Write implements [io.Writer].
func (w *writer) Write(p []byte) (int, error) {
	n := 0
	for w.err == nil && n < len(p) {
		if int64(len(w.part)) == w.s.options.PartSize {
			if w.err = w.fail("write", w.ctx, w.send()); w.err != nil {
				break
			}
		}
		w.grow(len(p) - n)
		k := min(len(p)-n, cap(w.part)-len(w.part))
		w.part = append(w.part, p[n:n+k]...)
		n += k
	}
	w.size += int64(n)
	w.crc = crc32.Update(w.crc, crc32.IEEETable, p[:n])
	return n, w.err
}

// firstBuffer is the least that the buffer of an object's first part holds. It
// doubles as it fills: many objects are small.
const firstBuffer = 64 << 10

// grow makes room in the part for some of n bytes.
func (w *writer) grow(n int) {
	size := w.s.options.PartSize
	if len(w.part) < cap(w.part) {
		return
	}
	if len(w.parts) > 0 || int64(cap(w.part)) >= size/2 {
		w.part = append(w.s.uploads.buffer(), w.part...)
		return
	}
	bigger := min(size, max(firstBuffer, 2*int64(cap(w.part)), int64(len(w.part)+n)))
	w.part = append(make([]byte, 0, bigger), w.part...)
}

// send begins to send the part, once there is a slot.
func (w *writer) send() error {
	if err := w.firstError(); err != nil {
		return err
	}
	if len(w.parts) == maxParts {
		return fmt.Errorf("the object is longer than %d parts of %d bytes: raise PartSize", maxParts, w.s.options.PartSize)
	}
	if w.upload == "" {
		if err := w.begin(); err != nil {
			return err
		}
	}
	if err := w.s.uploads.take(w.ctx); err != nil {
		return err
	}
	w.mu.Lock()
	w.parts = append(w.parts, types.CompletedPart{PartNumber: aws.Int32(int32(len(w.parts) + 1))})
	number := len(w.parts)
	w.mu.Unlock()
	part := w.part
	w.part = nil
	w.wg.Go(func() {
		defer w.s.uploads.release()
		err := w.sendPart(number, part)
		w.s.uploads.recycle(part)
		if err != nil {
			w.partFailed(number, err)
		}
	})
	return nil
}

// begin begins the multipart upload.
func (w *writer) begin() error {
	in := &sdk.CreateMultipartUploadInput{
		Bucket: &w.s.bucket, Key: &w.key, Metadata: w.metadata(),
		StorageClass: types.StorageClass(w.s.options.StorageClass),
	}
	in.ServerSideEncryption, in.SSEKMSKeyId, in.BucketKeyEnabled = w.encryption()
	if !w.s.options.NoChecksums {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc32, types.ChecksumTypeFullObject
	}
	out, err := w.s.client.CreateMultipartUpload(w.ctx, in)
	if err != nil {
		return err
	}
	if w.upload = aws.ToString(out.UploadId); w.upload == "" {
		return fmt.Errorf("the server gave the multipart upload no ID")
	}
	return nil
}

func (w *writer) metadata() map[string]string { return map[string]string{attemptKey: w.attempt} }

func (w *writer) encryption() (sse types.ServerSideEncryption, key *string, bucketKey *bool) {
	if w.s.options.KMSKey == "" {
		return "", nil, nil
	}
	return types.ServerSideEncryptionAwsKms, &w.s.options.KMSKey, aws.Bool(true)
}

func (w *writer) sendPart(number int, part []byte) error {
	in := &sdk.UploadPartInput{
		Bucket: &w.s.bucket, Key: &w.key, UploadId: &w.upload,
		PartNumber: aws.Int32(int32(number)), Body: bytes.NewReader(part),
	}
	if !w.s.options.NoChecksums {
		in.ChecksumAlgorithm = types.ChecksumAlgorithmCrc32
	}
	out, err := w.s.client.UploadPart(w.ctx, in)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.parts[number-1].ETag, w.parts[number-1].ChecksumCRC32 = out.ETag, out.ChecksumCRC32
	return nil
}

// partFailed keeps the first error, and ends the sending of other parts.
func (w *writer) partFailed(number int, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sent == nil {
		if w.ctx.Err() != nil {
			err = context.Cause(w.ctx)
		}
		w.sent = fmt.Errorf("part %d: %w", number, err)
		w.cancel(w.sent)
	}
}

func (w *writer) firstError() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sent
}

// Commit implements [storage.Writer].
func (w *writer) Commit(ctx context.Context) error {
	if w.err != nil {
		return w.err
	}
	if w.err = w.fail("commit", ctx, w.commit(ctx)); w.err != nil {
		return w.err
	}
	w.upload = ""
	return w.Close()
}

func (w *writer) commit(ctx context.Context) error {
	for _, c := range []context.Context{ctx, w.ctx} {
		if c.Err() != nil {
			return context.Cause(c)
		}
	}
	if w.upload == "" && w.size <= w.s.options.PartSize {
		return w.put(ctx)
	}
	stop := context.AfterFunc(ctx, func() { w.cancel(context.Cause(ctx)) })
	defer stop()
	err := w.send()
	w.wg.Wait()
	if err == nil {
		err = w.firstError()
	}
	if err == nil {
		err = w.complete(ctx)
	}
	return err
}

// put makes an object of one part.
func (w *writer) put(ctx context.Context) error {
	in := &sdk.PutObjectInput{
		Bucket: &w.s.bucket, Key: &w.key, Metadata: w.metadata(), IfNoneMatch: w.ifNoneMatch(),
		StorageClass: types.StorageClass(w.s.options.StorageClass),
	}
	in.ServerSideEncryption, in.SSEKMSKeyId, in.BucketKeyEnabled = w.encryption()
	if !w.s.options.NoChecksums {
		in.ChecksumAlgorithm = types.ChecksumAlgorithmCrc32
	}
	for n := 1; ; n++ {
		in.Body = bytes.NewReader(w.part)
		_, err := w.s.client.PutObject(ctx, in)
		if awserr.Status(err) == http.StatusConflict && n <= w.s.options.MaxRetries {
			// Someone else writes it at this very moment.
			if err := w.s.options.sleep(ctx, n, err); err != nil {
				return err
			}
			continue
		}
		return w.settle(ctx, err)
	}
}

// complete makes an object of the parts that were sent. The server compares the
// size and the checksum of the whole.
func (w *writer) complete(ctx context.Context) error {
	in := &sdk.CompleteMultipartUploadInput{
		Bucket: &w.s.bucket, Key: &w.key, UploadId: &w.upload, IfNoneMatch: w.ifNoneMatch(),
		MultipartUpload: &types.CompletedMultipartUpload{Parts: w.parts},
	}
	if !w.s.options.NoChecksums {
		in.ChecksumType, in.ChecksumCRC32, in.MpuObjectSize = types.ChecksumTypeFullObject, aws.String(encodeCRC32(w.crc)), &w.size
	}
	_, err := w.s.client.CompleteMultipartUpload(ctx, in)
	return w.settle(ctx, err)
}

func (w *writer) ifNoneMatch() *string {
	if w.isNew {
		return aws.String("*")
	}
	return nil
}

// settle finds out whether a commit that failed did make the object: the answer
// to it may have been lost, and the next attempt been told that there is such an
// object, or that there is no more such upload.
func (w *writer) settle(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	head, headErr := w.s.client.HeadObject(ctx, &sdk.HeadObjectInput{Bucket: &w.s.bucket, Key: &w.key})
	switch {
	case headErr == nil && head.Metadata[attemptKey] == w.attempt && aws.ToInt64(head.ContentLength) == w.size:
		return nil
	case w.isNew && awserr.Status(err) == http.StatusPreconditionFailed:
		return fmt.Errorf("%w: %w", fs.ErrExist, err)
	}
	return err
}

func encodeCRC32(crc uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))
}

// closeTimeout bounds how long Close takes: containers are given 30 seconds to
// end.
const closeTimeout = 10 * time.Second

// Close implements [storage.Writer]. It works after the context is done, for at
// most ten seconds; what is then left of the object does not show, but costs
// until [Store.RemoveLeftovers] or a lifecycle rule removes it.
func (w *writer) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	w.err = errClosed
	w.cancel(errClosed)
	w.wg.Wait() // a part that arrives after the upload was aborted would stay
	w.s.uploads.recycle(w.part)
	w.part = nil
	if w.upload == "" {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(context.WithoutCancel(w.ctx), closeTimeout, errAbort)
	defer cancel()
	return w.fail("close", ctx, w.s.abort(ctx, w.key, w.upload))
}

var errAbort = fmt.Errorf("the multipart upload could not be aborted in %v: call RemoveLeftovers later", closeTimeout)

// fail says of what err is.
func (w *writer) fail(op string, ctx context.Context, err error) error {
	return w.s.fail(ctx, op, w.name, err)
}
