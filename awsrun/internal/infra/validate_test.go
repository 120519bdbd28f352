package infra

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/spec"
)

func many(n int, format string) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf(format, i))
	}
	return all
}

func secrets(n, length int) map[string]string {
	all := map[string]string{}
	const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
	for i := range n {
		all[fmt.Sprintf("S%d", i)] = fmt.Sprintf("%s%0*d", arn, length-len(arn), i)
	}
	return all
}

func TestValidate(t *testing.T) {
	const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	type d = spec.Deployment
	step := func(d *d) *spec.Step { return &d.Steps[0] }
	for name, c := range map[string]struct {
		change func(*d)
		want   string // "" if it is valid; else what an error of one line has
	}{
		"example": {func(*d) {}, ""},

		"name of 3":        {func(d *d) { d.Name = "abc" }, ""},
		"name of 2":        {func(d *d) { d.Name = "ab" }, "name"},
		"name of 32":       {func(d *d) { d.Name = strings.Repeat("a", 32) }, ""},
		"name of 33":       {func(d *d) { d.Name = strings.Repeat("a", 33) }, "name"},
		"name in capitals": {func(d *d) { d.Name = "Webtext" }, "name"},
		"name with digit":  {func(d *d) { d.Name = "1webtext" }, "name"},
		"name with dash":   {func(d *d) { d.Name = "webtext-" }, "name"},
		"name of SSM":      {func(d *d) { d.Name = "ssm-webtext" }, "ssm"},
		"name of AWS":      {func(d *d) { d.Name = "awstext" }, "aws"},
		"name of a domain": {func(d *d) { d.Name = "xn--webtext" }, "xn--"},

		"region of the government": {func(d *d) { d.Region, d.Secrets = "us-gov-west-1", nil }, ""},
		"no region":                {func(d *d) { d.Region, d.Secrets = "", nil }, "region"},
		"zone":                     {func(d *d) { d.Region, d.Secrets = "eu-central-1a", nil }, "region"},

		"no bucket":           {func(d *d) { d.Bucket = "" }, ""},
		"bucket of 63":        {func(d *d) { d.Bucket = strings.Repeat("b", 63) }, ""},
		"bucket of 64":        {func(d *d) { d.Bucket = strings.Repeat("b", 64) }, "bucket"},
		"bucket with dots":    {func(d *d) { d.Bucket = "a.b.c" }, "bucket"},
		"bucket of a point":   {func(d *d) { d.Bucket = "b-s3alias" }, "-s3alias"},
		"bucket of express":   {func(d *d) { d.Bucket = "b--x-s3" }, "--x-s3"},
		"no prefix":           {func(d *d) { d.Prefix = "" }, ""},
		"prefix of Hive":      {func(d *d) { d.Prefix = "dump=CC_2026/v1.2" }, ""},
		"prefix of 256":       {func(d *d) { d.Prefix = strings.Repeat("p", 256) }, ""},
		"prefix of 257":       {func(d *d) { d.Prefix = strings.Repeat("p", 257) }, "prefix"},
		"prefix with slash":   {func(d *d) { d.Prefix = "a/" }, "prefix"},
		"prefix of ours":      {func(d *d) { d.Prefix = ".textmill" }, "prefix"},
		"prefix up":           {func(d *d) { d.Prefix = "a/../b" }, "prefix"},
		"prefix for template": {func(d *d) { d.Prefix = "a${b}" }, "prefix"},
		"no image":            {func(d *d) { d.Image = "" }, ""},
		"image by tag":        {func(d *d) { d.Image = "latest" }, "image"},
		"image of 63 digits":  {func(d *d) { d.Image = digest[:len(digest)-1] }, "image"},

		"settings of 8 KiB": {func(d *d) { d.Settings = []string{strings.Repeat("a", maxSettings-4)} }, ""},
		"longer settings":   {func(d *d) { d.Settings = []string{strings.Repeat("a", maxSettings-3)} }, "settings"},
		"setting with NUL":  {func(d *d) { d.Settings = []string{"a\x00"} }, "not text"},
		"setting in Latin":  {func(d *d) { d.Settings = []string{"\xe4"} }, "not text"},

		"whole bucket":     {func(d *d) { d.Inputs = []string{"crawl"} }, ""},
		"file":             {func(d *d) { d.Inputs = []string{"crawl/a/b.gz"} }, ""},
		"folder":           {func(d *d) { d.Inputs = []string{"crawl/a/"} }, ""},
		"URL":              {func(d *d) { d.Inputs = []string{"s3://crawl"} }, "input"},
		"wildcard":         {func(d *d) { d.Inputs = []string{"crawl/*"} }, "input"},
		"everything":       {func(d *d) { d.Inputs = []string{"*"} }, "input"},
		"policy variable":  {func(d *d) { d.Inputs = []string{"crawl/${aws:username}"} }, "input"},
		"10 inputs":        {func(d *d) { d.Inputs = many(10, "%059d/") }, ""},
		"10 longer inputs": {func(d *d) { d.Inputs = append(many(9, "%059d/"), strings.Repeat("a", 61)) }, "601 bytes"},
		"11 inputs":        {func(d *d) { d.Inputs = many(11, "crawl-%02d") }, "11 inputs"},
		"part of a secret": {func(d *d) { d.Secrets["TOKEN"] += ":key::" }, ""},
		"secret itself":    {func(d *d) { d.Secrets["TOKEN"] = "hunter2" }, "secret TOKEN"},
		"parameter":        {func(d *d) { d.Secrets["TOKEN"] = "arn:aws:ssm:eu-central-1:123456789012:parameter/a" }, "secret TOKEN"},
		"secret elsewhere": {func(d *d) { d.Region = "eu-west-1" }, "another region"},
		"secret in ours":   {func(d *d) { d.Secrets = map[string]string{"TEXTMILL_STORE": d.Secrets["TOKEN"]} }, "TEXTMILL_"},
		"secret of AWS":    {func(d *d) { d.Secrets = map[string]string{"AWS_REGION": d.Secrets["TOKEN"]} }, "AWS_"},
		"secret in small":  {func(d *d) { d.Secrets = map[string]string{"token": d.Secrets["TOKEN"]} }, "in capitals"},
		"7 secrets":        {func(d *d) { d.Secrets = secrets(7, 100) }, ""},
		"7 longer secrets": {func(d *d) { d.Secrets = secrets(7, 101) }, "707 bytes"},
		"11 secrets":       {func(d *d) { d.Secrets = secrets(11, 60) }, "11 secrets"},

		"no steps":         {func(d *d) { d.Steps = nil }, "no steps"},
		"step of 63":       {func(d *d) { step(d).Name = strings.Repeat("s", 63) }, ""},
		"step of 64":       {func(d *d) { step(d).Name = strings.Repeat("s", 64) }, "step"},
		"step with _":      {func(d *d) { step(d).Name = "a_b" }, "step"},
		"step twice":       {func(d *d) { d.Steps = append(d.Steps, d.Steps[0]) }, "two steps"},
		"no vCPUs":         {func(d *d) { step(d).Normal.VCPU = 0 }, "0 vCPUs"},
		"NaN vCPUs":        {func(d *d) { step(d).Normal.VCPU = math.NaN() }, "NaN vCPUs"},
		"all vCPUs":        {func(d *d) { d.MaxVCPUs = 2 }, ""},
		"too few vCPUs":    {func(d *d) { d.MaxVCPUs = 1 }, "large: 2 vCPUs"},
		"little memory":    {func(d *d) { d.Control.MemoryMiB = 511 }, "control"},
		"disk of 20":       {func(d *d) { step(d).Normal.DiskGiB = 20 }, ""},
		"disk of 19":       {func(d *d) { step(d).Normal.DiskGiB = 19 }, "19 GiB"},
		"disk of 200":      {func(d *d) { step(d).Large.DiskGiB = 200 }, ""},
		"disk of 201":      {func(d *d) { step(d).Large.DiskGiB = 201 }, "201 GiB"},
		"a minute":         {func(d *d) { step(d).TimeLimit = time.Minute }, ""},
		"less":             {func(d *d) { step(d).TimeLimit = time.Minute - 1 }, "time limit"},
		"two weeks":        {func(d *d) { step(d).TimeLimit = maxTimeLimit }, ""},
		"more":             {func(d *d) { step(d).TimeLimit = maxTimeLimit + 1 }, "time limit"},
		"one attempt":      {func(d *d) { step(d).Attempts = 1 }, ""},
		"no attempt":       {func(d *d) { step(d).Attempts = 0 }, "attempts"},
		"10 attempts":      {func(d *d) { step(d).Attempts = 10 }, ""},
		"11 attempts":      {func(d *d) { step(d).Attempts = 11 }, "attempts"},
		"no jobs at once":  {func(d *d) { step(d).Concurrency = 0 }, "at once"},
		"all may fail":     {func(d *d) { step(d).Tolerated = 100 }, ""},
		"more may fail":    {func(d *d) { step(d).Tolerated = 101 }, "failures"},
		"fewer may fail":   {func(d *d) { step(d).Tolerated = -1 }, "failures"},
		"10,000 at once":   {func(d *d) { step(d).Concurrency, d.CIDR, d.MaxVCPUs = 10_000, "10.0.0.0/16", 8000 }, ""},
		"10,001 at once":   {func(d *d) { step(d).Concurrency, d.CIDR, d.MaxVCPUs = 10_001, "10.0.0.0/16", 8000 }, "at once"},
		"/24":              {func(d *d) { d.CIDR, step(d).Concurrency = "10.0.0.0/24", 106 }, ""},
		"/24 is too small": {func(d *d) { d.CIDR, step(d).Concurrency = "10.0.0.0/24", 107 }, "addresses for 106"},
		"few vCPUs do":     {func(d *d) { d.CIDR, step(d).Concurrency, d.MaxVCPUs = "10.0.0.0/24", 1000, 26 }, ""},
		"few more do not":  {func(d *d) { d.CIDR, step(d).Concurrency, d.MaxVCPUs = "10.0.0.0/24", 1000, 27 }, "addresses for 106"},
		"/25":              {func(d *d) { d.CIDR, step(d).Concurrency = "10.0.0.0/25", 1 }, "CIDR"},
		"/16":              {func(d *d) { d.CIDR = "172.16.0.0/16" }, ""},
		"/15":              {func(d *d) { d.CIDR = "10.0.0.0/15" }, "CIDR"},
		"in the middle":    {func(d *d) { d.CIDR = "10.0.0.1/20" }, "CIDR"},
		"public":           {func(d *d) { d.CIDR = "8.8.0.0/16" }, "CIDR"},
		"IPv6":             {func(d *d) { d.CIDR = "fd00::/20" }, "CIDR"},
		"no CIDR":          {func(d *d) { d.CIDR = "" }, "CIDR"},

		"user":            {func(d *d) { d.Admins = []string{"arn:aws:iam::123456789012:user/a"} }, ""},
		"session":         {func(d *d) { d.Admins = []string{"arn:aws:sts::123456789012:assumed-role/a/b"} }, "administrator"},
		"anybody":         {func(d *d) { d.Admins = []string{"*"} }, "administrator"},
		"any role":        {func(d *d) { d.Admins = []string{"arn:aws:iam::123456789012:role/*"} }, "administrator"},
		"not an address":  {func(d *d) { d.Emails = []string{"ops"} }, "e-mail"},
		"with a name":     {func(d *d) { d.Emails = []string{"Ops <ops@example.com>"} }, "e-mail"},
		"twice":           {func(d *d) { d.Emails = []string{"a@b.c", "a@b.c"} }, "twice"},
		"50 addresses":    {func(d *d) { d.Emails = many(50, "a%d@b.c") }, ""},
		"51 addresses":    {func(d *d) { d.Emails = many(51, "a%d@b.c") }, "51 e-mail"},
		"by hand":         {func(d *d) { d.Schedule = "" }, ""},
		"cron":            {func(d *d) { d.Schedule = "cron(0 6 ? * MON *)" }, ""},
		"words":           {func(d *d) { d.Schedule = "every week" }, "schedule"},
		"never":           {func(d *d) { d.Schedule = "rate(0 days)" }, "schedule"},
		"a year":          {func(d *d) { d.MaxDuration = maxDuration }, ""},
		"more than that":  {func(d *d) { d.MaxDuration = maxDuration + 1 }, "to a year"},
		"no time":         {func(d *d) { d.MaxDuration = 0 }, "to a year"},
		"no budget":       {func(d *d) { d.Budget = 0 }, ""},
		"negative budget": {func(d *d) { d.Budget = -1 }, "budget"},
		"NaN budget":      {func(d *d) { d.Budget = math.NaN() }, "budget"},
		"endless budget":  {func(d *d) { d.Budget = math.Inf(1) }, "budget"},
		"logs for a year": {func(d *d) { d.LogDays = 365 }, ""},
		"logs for 31":     {func(d *d) { d.LogDays = 31 }, "31 days"},

		"expire a folder": {func(d *d) { d.Expire = map[string]int{"a/b/": 1} }, ""},
		"expire at once":  {func(d *d) { d.Expire = map[string]int{"a": 0} }, "expire"},
		"expire all":      {func(d *d) { d.Expire = map[string]int{"": 1} }, "expire"},
		"expire /":        {func(d *d) { d.Expire = map[string]int{"/": 1} }, "expire"},
		"expire ours":     {func(d *d) { d.Expire = map[string]int{".textmill/": 1} }, "expire"},
		"expire twice":    {func(d *d) { d.Expire = map[string]int{"a": 1, "a/": 2} }, "twice"},

		"empty tag":      {func(d *d) { d.Tags = map[string]string{"a": ""} }, ""},
		"tag in German":  {func(d *d) { d.Tags = map[string]string{"Zweck": "Prüfung 1+1=2"} }, ""},
		"tag of 128":     {func(d *d) { d.Tags = map[string]string{strings.Repeat("ä", 128): strings.Repeat("ä", 256)} }, ""},
		"tag of 129":     {func(d *d) { d.Tags = map[string]string{strings.Repeat("a", 129): ""} }, "tag"},
		"value of 257":   {func(d *d) { d.Tags = map[string]string{"a": strings.Repeat("a", 257)} }, "tag a"},
		"tag with &":     {func(d *d) { d.Tags = map[string]string{"a&b": ""} }, "tag"},
		"tag of AWS":     {func(d *d) { d.Tags = map[string]string{"AWS:a": ""} }, "taken"},
		"tag of ours":    {func(d *d) { d.Tags = map[string]string{"textmill": "a"} }, "taken"},
		"no name of tag": {func(d *d) { d.Tags = map[string]string{"": "a"} }, "tag"},
	} {
		t.Run(name, func(t *testing.T) {
			d := example()
			c.change(d)
			err := Validate(d)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")):
				t.Errorf("%v, want one that says %q", err, c.want)
			}
		})
	}
}

// What may be the secret itself is not repeated.
func TestSecretsStaySecret(t *testing.T) {
	d := example()
	d.Secrets = map[string]string{"TOKEN": "hunter2"}
	if err := Validate(d); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
}

// All that is wrong is said at once.
func TestValidateSaysEverything(t *testing.T) {
	d := example()
	d.Name, d.Region, d.LogDays = "W", "mars", 2
	err := Validate(d)
	if err == nil {
		t.Fatal("no error")
	}
	for _, what := range []string{"name", "region", "logs"} {
		if !strings.Contains(err.Error(), what) {
			t.Errorf("%v: nothing about the %s", err, what)
		}
	}
	if _, err := Variables(d); err == nil {
		t.Error("Variables: no error")
	}
	if err := Write(t.TempDir(), d, []byte(machine)); err == nil {
		t.Error("Write: no error")
	}
}
