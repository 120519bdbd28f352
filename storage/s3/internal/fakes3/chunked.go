package fakes3

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// readBody reads the body of a request. One that is sent in chunks of the AWS
// kind has its checksum behind it, which readBody puts into the header.
func readBody(r *http.Request) ([]byte, *failure) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.ContentLength >= 0 && int64(len(body)) != r.ContentLength {
		return nil, fail(http.StatusBadRequest, "IncompleteBody")
	}
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return body, nil
	}
	decoded, trailer, err := dechunk(body)
	if err != nil || strconv.Itoa(len(decoded)) != r.Header.Get("X-Amz-Decoded-Content-Length") {
		return nil, fail(http.StatusBadRequest, "IncompleteBody")
	}
	for k, v := range trailer {
		r.Header[k] = v
	}
	return decoded, nil
}

// dechunk undoes the chunked encoding: each chunk is preceded by its length in
// hexadecimal digits, and the last, empty one followed by a trailer.
func dechunk(b []byte) (body []byte, trailer textproto.MIMEHeader, err error) {
	in := textproto.NewReader(bufio.NewReader(bytes.NewReader(b)))
	for {
		line, err := in.ReadLine()
		if err != nil {
			return nil, nil, err
		}
		size, _, _ := strings.Cut(line, ";")
		n, err := strconv.ParseUint(size, 16, 31)
		if err != nil {
			return nil, nil, err
		}
		if n == 0 {
			break
		}
		chunk := make([]byte, n+2)
		if _, err := io.ReadFull(in.R, chunk); err != nil {
			return nil, nil, err
		}
		if string(chunk[n:]) != "\r\n" {
			return nil, nil, fmt.Errorf("no end of line after a chunk")
		}
		body = append(body, chunk[:n]...)
	}
	if trailer, err = in.ReadMIMEHeader(); err == io.EOF {
		err = nil // nothing follows it, not even an empty line
	}
	return body, trailer, err
}
