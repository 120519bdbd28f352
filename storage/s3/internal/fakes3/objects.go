package fakes3

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// An object is one version of an object.
type object struct {
	version  string
	deleted  bool // it is a delete marker
	data     []byte
	etag     string
	modified time.Time
	header   http.Header // metadata, storage class and encryption
}

// current returns the version of a key that is asked for; nil if there is none.
func (b *bucket) current(key, version string) *object {
	versions := b.objects[key]
	for i := len(versions) - 1; i >= 0; i-- {
		if o := versions[i]; version == "" || o.version == version {
			if o.deleted {
				return nil
			}
			return o
		}
	}
	return nil
}

// add makes o the current version of a key.
func (r *request) add(key string, o *object) {
	o.modified = time.Now()
	if r.b.versioned {
		o.version = r.s.id("version")
		r.b.objects[key] = append(r.b.objects[key], o)
	} else {
		r.b.objects[key] = []*object{o}
	}
}

// precondition checks If-Match and If-None-Match of a request that writes.
func (r *request) precondition() *failure {
	o := r.b.current(r.key, "")
	if r.Header.Get("If-None-Match") == "*" && o != nil {
		return fail(http.StatusPreconditionFailed, "PreconditionFailed")
	}
	if etag := r.Header.Get("If-Match"); etag != "" {
		if o == nil {
			return fail(http.StatusNotFound, "NoSuchKey")
		}
		if o.etag != etag {
			return fail(http.StatusPreconditionFailed, "PreconditionFailed")
		}
	}
	return nil
}

// kept are the headers that are kept with an object, besides metadata.
var kept = []string{"X-Amz-Storage-Class", "X-Amz-Server-Side-Encryption", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled"}

func (r *request) keptHeader() http.Header {
	h := http.Header{}
	for k, v := range r.Header {
		if strings.HasPrefix(k, "X-Amz-Meta-") {
			h[k] = v
		}
	}
	for _, k := range kept {
		if v := r.Header.Get(k); v != "" {
			h.Set(k, v)
		}
	}
	return h
}

func (r *request) putObject() (func(), *failure) {
	if f := r.checkSum(); f != nil {
		return nil, f
	}
	if f := r.precondition(); f != nil {
		return nil, f
	}
	sum := md5.Sum(r.body)
	o := &object{data: r.body, etag: quote(sum[:]), header: r.keptHeader()}
	r.add(r.key, o)
	return func() { r.describe(o); r.out.WriteHeader(http.StatusOK) }, nil
}

// checkSum compares the body with the CRC-32 that came with it, if one did.
func (r *request) checkSum() *failure {
	if want := r.Header.Get("X-Amz-Checksum-Crc32"); want != "" && want != encodeCRC32(crc32.ChecksumIEEE(r.body)) {
		return fail(http.StatusBadRequest, "BadDigest")
	}
	return nil
}

func encodeCRC32(crc uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))
}

func quote(sum []byte) string { return `"` + hex.EncodeToString(sum) + `"` }

// describe sets the headers of an answer about o.
func (r *request) describe(o *object) {
	h := r.out.Header()
	h.Set("ETag", o.etag)
	if o.version != "" {
		h.Set("X-Amz-Version-Id", o.version)
	}
}

func (r *request) getObject() (func(), *failure) {
	version := r.URL.Query().Get("versionId")
	o := r.b.current(r.key, version)
	if o == nil && version != "" {
		return nil, fail(http.StatusNotFound, "NoSuchVersion")
	}
	if o == nil {
		return nil, fail(http.StatusNotFound, "NoSuchKey")
	}
	if etag := r.Header.Get("If-Match"); etag != "" && etag != o.etag {
		return nil, fail(http.StatusPreconditionFailed, "PreconditionFailed")
	}
	start, end, f := byteRange(r.Header.Get("Range"), int64(len(o.data)))
	if f != nil {
		return nil, f
	}
	return func() {
		r.describe(o)
		h := r.out.Header()
		for k, v := range o.header {
			h[k] = v
		}
		h.Set("Accept-Ranges", "bytes")
		h.Set("Last-Modified", o.modified.UTC().Format(http.TimeFormat))
		h.Set("Content-Length", strconv.FormatInt(end-start, 10))
		if r.Header.Get("Range") == "" {
			if r.Header.Get("X-Amz-Checksum-Mode") == "ENABLED" {
				h.Set("X-Amz-Checksum-Crc32", encodeCRC32(crc32.ChecksumIEEE(o.data)))
				h.Set("X-Amz-Checksum-Type", "FULL_OBJECT")
			}
		} else {
			h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, end-1, len(o.data)))
			r.out.WriteHeader(http.StatusPartialContent)
		}
		if r.Method == http.MethodGet {
			r.out.Write(o.data[start:end])
		}
	}, nil
}

// byteRange parses a Range header of the kinds "bytes=1-2", "bytes=1-" and
// "bytes=-2".
func byteRange(s string, size int64) (start, end int64, f *failure) {
	if s == "" {
		return 0, size, nil
	}
	first, last, ok := strings.Cut(strings.TrimPrefix(s, "bytes="), "-")
	a, errA := strconv.ParseInt(first, 10, 64)
	b, errB := strconv.ParseInt(last, 10, 64)
	switch {
	case !ok || errA != nil && first != "" || errB != nil && last != "":
		return 0, 0, fail(http.StatusBadRequest, "InvalidArgument")
	case first == "":
		a, b = max(size-b, 0), size-1
	case last == "":
		b = size - 1
	}
	if a >= size || b < a {
		return 0, 0, fail(http.StatusRequestedRangeNotSatisfiable, "InvalidRange")
	}
	return a, min(b+1, size), nil
}

func (r *request) deleteObject() (func(), *failure) {
	if r.b.versioned {
		r.add(r.key, &object{deleted: true})
	} else {
		delete(r.b.objects, r.key)
	}
	return func() { r.out.WriteHeader(http.StatusNoContent) }, nil
}
