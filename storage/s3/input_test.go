package s3_test

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
)

func putInput(key, data string) *sdk.PutObjectInput {
	return &sdk.PutObjectInput{Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(data)}
}

func headInput(key string) *sdk.HeadObjectInput {
	return &sdk.HeadObjectInput{Bucket: aws.String(bucket), Key: &key}
}
