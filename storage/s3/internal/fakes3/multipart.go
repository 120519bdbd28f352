package fakes3

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"net/http"
	"strconv"
	"strings"
	"time"
)

type upload struct {
	key       string
	initiated time.Time
	header    http.Header
	crc       bool // parts have a CRC-32
	parts     map[int][]byte
}

func (r *request) createUpload() (func(), *failure) {
	id := r.s.id("upload")
	r.b.uploads[id] = &upload{
		key: r.key, initiated: time.Now(), header: r.keptHeader(), parts: map[int][]byte{},
		crc: r.Header.Get("X-Amz-Checksum-Algorithm") == "CRC32",
	}
	return r.xml(struct {
		XMLName  xml.Name `xml:"InitiateMultipartUploadResult"`
		Key      string
		UploadId string
	}{Key: r.key, UploadId: id}), nil
}

func (r *request) upload() (id string, u *upload, f *failure) {
	id = r.URL.Query().Get("uploadId")
	if u = r.b.uploads[id]; u == nil || u.key != r.key {
		return "", nil, fail(http.StatusNotFound, "NoSuchUpload")
	}
	return id, u, nil
}

func (r *request) uploadPart() (func(), *failure) {
	_, u, f := r.upload()
	if f != nil {
		return nil, f
	}
	number, err := strconv.Atoi(r.URL.Query().Get("partNumber"))
	if err != nil || number < 1 || number > 10_000 {
		return nil, fail(http.StatusBadRequest, "InvalidArgument")
	}
	if f := r.checkSum(); f != nil {
		return nil, f
	}
	u.parts[number] = r.body
	sum := md5.Sum(r.body)
	return func() {
		r.out.Header().Set("ETag", quote(sum[:]))
		if u.crc {
			r.out.Header().Set("X-Amz-Checksum-Crc32", encodeCRC32(crc32.ChecksumIEEE(r.body)))
		}
		r.out.WriteHeader(http.StatusOK)
	}, nil
}

func (r *request) completeUpload() (func(), *failure) {
	id, u, f := r.upload()
	if f != nil {
		return nil, f
	}
	if f := r.precondition(); f != nil {
		return nil, f
	}
	data, sums, f := r.assemble(u)
	if f != nil {
		return nil, f
	}
	if size := r.Header.Get("X-Amz-Mp-Object-Size"); size != "" && size != strconv.Itoa(len(data)) {
		return nil, fail(http.StatusBadRequest, "InvalidRequest")
	}
	if want := r.Header.Get("X-Amz-Checksum-Crc32"); want != "" && want != encodeCRC32(crc32.ChecksumIEEE(data)) {
		return nil, fail(http.StatusBadRequest, "BadDigest")
	}
	all := md5.Sum(sums)
	o := &object{data: data, header: u.header, etag: fmt.Sprintf(`"%s-%d"`, hex.EncodeToString(all[:]), len(sums)/md5.Size)}
	r.add(r.key, o)
	delete(r.b.uploads, id)
	reply := r.xml(struct {
		XMLName xml.Name `xml:"CompleteMultipartUploadResult"`
		Key     string
		ETag    string
	}{Key: r.key, ETag: o.etag})
	return func() { r.describe(o); reply() }, nil
}

// assemble puts the parts together that the request names.
func (r *request) assemble(u *upload) (data, sums []byte, f *failure) {
	var named struct {
		Part []struct {
			PartNumber    int
			ETag          string
			ChecksumCRC32 string
		}
	}
	if err := xml.Unmarshal(r.body, &named); err != nil || len(named.Part) == 0 {
		return nil, nil, fail(http.StatusBadRequest, "MalformedXML")
	}
	minPart := r.s.MinPart
	if minPart == 0 {
		minPart = 5 << 20
	}
	last := 0
	var parts [][]byte
	for i, p := range named.Part {
		part, ok := u.parts[p.PartNumber]
		sum := md5.Sum(part)
		switch {
		case p.PartNumber <= last:
			return nil, nil, fail(http.StatusBadRequest, "InvalidPartOrder")
		case !ok || strings.Trim(p.ETag, `"`) != strings.Trim(quote(sum[:]), `"`):
			return nil, nil, fail(http.StatusBadRequest, "InvalidPart")
		case p.ChecksumCRC32 != "" && p.ChecksumCRC32 != encodeCRC32(crc32.ChecksumIEEE(part)):
			return nil, nil, fail(http.StatusBadRequest, "InvalidPart")
		case i < len(named.Part)-1 && len(part) < minPart:
			return nil, nil, fail(http.StatusBadRequest, "EntityTooSmall")
		}
		last = p.PartNumber
		parts = append(parts, part)
		sums = append(sums, sum[:]...)
	}
	return bytes.Join(parts, nil), sums, nil
}

func (r *request) abortUpload() (func(), *failure) {
	id, _, f := r.upload()
	if f != nil {
		return nil, f
	}
	delete(r.b.uploads, id)
	return func() { r.out.WriteHeader(http.StatusNoContent) }, nil
}
