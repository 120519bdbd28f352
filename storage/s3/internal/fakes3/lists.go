package fakes3

import (
	"encoding/hex"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
)

type listed struct {
	Key          string
	LastModified string
	ETag         string
	Size         int
	StorageClass string
}

func (r *request) listObjects() (func(), *failure) {
	q := r.URL.Query()
	out := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Prefix                string
		KeyCount              int
		MaxKeys               int
		EncodingType          string `xml:",omitempty"`
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		Contents              []listed
	}{MaxKeys: r.pageSize("max-keys"), EncodingType: q.Get("encoding-type")}
	encode := r.encoder()
	out.Prefix = encode(q.Get("prefix"))
	after, err := hex.DecodeString(q.Get("continuation-token"))
	if err != nil {
		return nil, fail(http.StatusBadRequest, "InvalidArgument")
	}
	for _, key := range sorted(r.b.objects, q.Get("prefix"), max(q.Get("start-after"), string(after))) {
		o := r.b.current(key, "")
		if o == nil {
			continue
		}
		if len(out.Contents) == out.MaxKeys {
			out.IsTruncated = true
			break
		}
		out.Contents = append(out.Contents, listed{encode(key), timestamp(o.modified), o.etag, len(o.data), "STANDARD"})
		out.NextContinuationToken = hex.EncodeToString([]byte(key)) // as no one should know
	}
	if !out.IsTruncated {
		out.NextContinuationToken = ""
	}
	out.KeyCount = len(out.Contents)
	return r.xml(out), nil
}

func (r *request) pageSize(param string) int {
	size := r.s.PageSize
	if size == 0 {
		size = 1000
	}
	if n, err := strconv.Atoi(r.URL.Query().Get(param)); err == nil {
		size = min(size, n)
	}
	return size
}

func (r *request) encoder() func(string) string {
	if r.URL.Query().Get("encoding-type") == "url" {
		return url.QueryEscape
	}
	return func(s string) string { return s }
}

type listedUpload struct {
	Key       string
	UploadId  string
	Initiated string
}

func (r *request) listUploads() (func(), *failure) {
	q := r.URL.Query()
	out := struct {
		XMLName            xml.Name `xml:"ListMultipartUploadsResult"`
		EncodingType       string   `xml:",omitempty"`
		IsTruncated        bool
		NextKeyMarker      string `xml:",omitempty"`
		NextUploadIdMarker string `xml:",omitempty"`
		Upload             []listedUpload
	}{EncodingType: q.Get("encoding-type")}
	encode, max := r.encoder(), r.pageSize("max-uploads")
	uploads := map[string]string{} // ID by key and ID, which is the order of the list
	for id, u := range r.b.uploads {
		uploads[u.key+"\x00"+id] = id
	}
	after := ""
	if q.Get("key-marker") != "" {
		after = q.Get("key-marker") + "\x00" + q.Get("upload-id-marker")
	}
	for _, k := range sorted(uploads, q.Get("prefix"), after) {
		if len(out.Upload) == max {
			out.IsTruncated = true
			break
		}
		id := uploads[k]
		u := r.b.uploads[id]
		out.Upload = append(out.Upload, listedUpload{encode(u.key), id, timestamp(u.initiated)})
		out.NextKeyMarker, out.NextUploadIdMarker = encode(u.key), id
	}
	return r.xml(out), nil
}
