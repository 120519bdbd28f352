package cloud

import (
	"context"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/textmill/textmill/internal/awserr"
)

// regions are those of public buckets that are known to be read.
var regions = map[string]string{"commoncrawl": "us-east-1"}

func (p *patient) checkInputs(ctx context.Context) {
	for _, input := range p.d.Inputs {
		p.checkInput(ctx, input)
	}
}

// checkInput lists one object.
func (p *patient) checkInput(ctx context.Context, input string) {
	const check = "input"
	bucket, prefix, _ := strings.Cut(input, "/")
	if region := regions[bucket]; region != "" && region != p.d.Region {
		p.otherRegion(input, region)
		return
	}
	out, err := p.c.s3.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, MaxKeys: aws.Int32(1)})
	switch {
	case awserr.Code(err) == "NoSuchBucket":
		p.add(check, Error, "correct Inputs", "%s: there is no such bucket", input)
	case err != nil && regionOf(err) != "" && regionOf(err) != p.c.region:
		p.otherRegion(input, regionOf(err))
	case err != nil:
		p.addError(check, input, err)
	case len(out.Contents) == 0:
		p.add(check, Warning, "correct Inputs, or put something there", "%s: there is nothing", input)
	default:
		p.add(check, OK, "", "%s can be read", input)
	}
}

// otherRegion tells of an input that jobs do not reach, or only by way of the NAT,
// which asks a price for each byte.
func (p *patient) otherRegion(input, region string) {
	if p.d.NAT {
		p.add("input", Warning, "set Region to "+region, "%s is in %s: what jobs in %s read of it goes through the NAT and between regions, at a price", input, region, p.d.Region)
		return
	}
	p.add("input", Error, "set Region to "+region, "%s is in %s: jobs in %s reach the buckets of their own region alone", input, region, p.d.Region)
}

// checkBucket looks at the bucket of the run, which is made with all the rest.
func (p *patient) checkBucket(ctx context.Context, deployed bool) {
	const check = "bucket"
	bucket, err := p.c.Bucket(ctx, p.d)
	if err != nil {
		p.addError(check, "the bucket of the run", err)
		return
	}
	_, err = p.c.s3.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &bucket})
	missing := awserr.Status(err) == http.StatusNotFound
	switch {
	case missing && deployed:
		p.add(check, Error, doDeploy, "%s is gone", bucket)
	case missing:
		p.add(check, OK, "", "%s will be made", bucket)
	case err != nil && regionOf(err) != "" && regionOf(err) != p.c.region:
		p.add(check, Error, "set Bucket to another name, or Region to "+regionOf(err), "%s is in %s", bucket, regionOf(err))
	case denied(err) && deployed:
		p.add(check, Warning, "add the ARN of your role to Admins and run deploy", "%s lets nobody in but the jobs and the Admins, or the permission s3:ListBucket is missing", bucket)
	case denied(err):
		p.add(check, Error, "set Bucket to another name", "%s is somebody else's", bucket)
	case err != nil:
		p.addError(check, bucket, err)
	case !deployed:
		p.add(check, Warning, "remove it, or set Bucket to another name, unless deploy has made it", "%s is there already", bucket)
	default:
		p.checkVersions(ctx, bucket)
	}
}

func (p *patient) checkVersions(ctx context.Context, bucket string) {
	const check = "bucket"
	out, err := p.c.s3.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &bucket})
	switch {
	case err != nil:
		p.addError(check, bucket, err)
	case out.Status != types.BucketVersioningStatusEnabled:
		p.add(check, Warning, doDeploy, "%s does not keep versions: what is replaced or removed is lost", bucket)
	default:
		p.add(check, OK, "", "%s, which keeps versions", bucket)
	}
}
