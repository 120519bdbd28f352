package cloud_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/textmill/textmill/awsrun/internal/cloud"
)

func authorized(token, endpoint string) answer {
	return says(object{"authorizationData": []any{object{"authorizationToken": token, "proxyEndpoint": endpoint, "expiresAt": y2k.Unix() + 43200}}})
}

func TestRegistryAuth(t *testing.T) {
	const op = "ecr:GetAuthorizationToken"
	token := base64.StdEncoding.EncodeToString([]byte("AWS:pass:word"))
	for name, test := range map[string]struct {
		on   answer
		says string
	}{
		"good":      {authorized(token, "https://"+host), ""},
		"slash":     {authorized(token, "https://"+host+"/"), ""},
		"none":      {says(object{"authorizationData": []any{}}), "log in to the registry for demo: the answer has no authorization"},
		"no base64": {authorized("!", "https://"+host), "user:password"},
		"no colon":  {authorized("QVdT", "https://"+host), "user:password"},
		"no URL":    {authorized(token, host), `"` + host + `" is not a URL`},
		"denied":    {refused, "missing permission ecr:GetAuthorizationToken"},
		"expired":   {fails(400, "ExpiredTokenException", ""), "log in (aws sso login"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				f.on(op, test.on)
				r, err := c.RegistryAuth(t.Context())
				if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
					t.Errorf("error %v, want one with %q", err, test.says)
				}
				if err != nil {
					return
				}
				if r.Host != host || r.User != "AWS" || r.Password != "pass:word" || !r.Expires.Equal(second(43200)) {
					t.Errorf("host %s, user %s, expires %v", r.Host, r.User, r.Expires)
				}
				for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
					if s := fmt.Sprintf(format, r); strings.Contains(s, "word") {
						t.Errorf("%s prints %s", format, s)
					}
				}
			})
		})
	}
}

func TestHasImage(t *testing.T) {
	for name, test := range map[string]struct {
		on   answer
		ok   bool
		want error
		says string
	}{
		"there":         {says(object{"imageDetails": []any{object{"imageDigest": digest}}}), true, nil, ""},
		"not there":     {fails(400, "ImageNotFoundException", ""), false, nil, ""},
		"no details":    {says(object{"imageDetails": []any{}}), false, nil, ""},
		"no repository": {fails(400, "RepositoryNotFoundException", ""), false, cloud.ErrNotDeployed, "images of demo: not deployed yet"},
		"denied":        {refused, false, nil, "missing permission ecr:DescribeImages"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				f.on(imagesOp, test.on)
				ok, err := c.HasImage(t.Context(), digest)
				if ok != test.ok || (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) || test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("%v, error %v, want %v, error with %q", ok, err, test.ok, test.says)
				}
				in := f.inputs(imagesOp)[0]
				if ids := in["imageIds"].([]any); in["repositoryName"] != "demo" || len(ids) != 1 || ids[0].(object)["imageDigest"] != digest {
					t.Errorf("asked for %v", in)
				}
			})
		})
	}
}
