package awserr

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

func Test(t *testing.T) {
	api := &smithy.GenericAPIError{Code: "SlowDown"}
	answer := &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{StatusCode: 503}}, Err: api}
	for _, tt := range []struct {
		err    error
		code   string
		status int
	}{
		{nil, "", 0},
		{errors.New("no network"), "", 0},
		{api, "SlowDown", 0},
		{answer, "SlowDown", 503},
		{fmt.Errorf("put a: %w", answer), "SlowDown", 503},
	} {
		if code, status := Code(tt.err), Status(tt.err); code != tt.code || status != tt.status {
			t.Errorf("%v: %q, %d; want %q, %d", tt.err, code, status, tt.code, tt.status)
		}
	}
}
