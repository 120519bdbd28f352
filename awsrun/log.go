package awsrun

import (
	"log/slog"
	"time"

	"github.com/textmill/textmill/awsrun/internal/spec"
	"github.com/textmill/textmill/awsrun/internal/work"
)

// inContainer reports whether this is a job on AWS, which logs lines of JSON.
func (p *program) inContainer() bool { return p.getenv("AWS_BATCH_JOB_ID") != "" }

// logger returns the log of a container: lines of JSON on standard output, which
// CloudWatch Logs takes apart, or of text for people.
func (p *program) logger() *slog.Logger {
	if !p.inContainer() {
		return slog.New(slog.NewTextHandler(p.stderr, nil))
	}
	return slog.New(slog.NewJSONHandler(p.stdout, nil)).With(
		"job", p.getenv("AWS_BATCH_JOB_ID"), "attempt", p.getenv("AWS_BATCH_JOB_ATTEMPT"))
}

// metricsNamespace is that of all metrics in CloudWatch.
const metricsNamespace = "textmill"

// logResult logs what became of a shard; in a container, with numbers for CloudWatch.
func (p *program) logResult(step string, r work.Result) {
	attrs := []any{"step", step, "shard", r.Shard.Name, "restored", r.Restored}
	if r.Err != nil {
		attrs = append(attrs, "error", r.Err.Error())
	}
	if p.inContainer() {
		attrs = append(attrs, p.metrics(step, r)...)
	}
	switch r.Class {
	case work.Fine:
		p.logger().Info("done", attrs...)
	case work.Data:
		p.logger().Warn("put into quarantine", attrs...)
	default:
		p.logger().Error("failed", append(attrs, "class", r.Class.String())...)
	}
}

// metrics returns what makes CloudWatch take the numbers of a log line for metrics: its
// embedded metric format, version 0 (Amazon CloudWatch Logs User Guide). The numbers
// are beside it in the line.
func (p *program) metrics(step string, r work.Result) []any {
	type metric struct{ Name, Unit string }
	type directive struct {
		Namespace  string
		Dimensions [][]string
		Metrics    []metric
	}
	values := []any{"Deployment", p.deployment(), "Step", step}
	d := directive{Namespace: metricsNamespace, Dimensions: [][]string{{"Deployment", "Step"}}}
	add := func(name, unit string, value any) {
		values = append(values, name, value)
		d.Metrics = append(d.Metrics, metric{name, unit})
	}
	one := func(is bool) int {
		if is {
			return 1
		}
		return 0
	}
	add("Shards", "Count", one(r.Class == work.Fine && !r.Restored))
	add("Quarantined", "Count", one(r.Class == work.Data))
	add("Failed", "Count", one(r.Class > work.Data))
	add("Seconds", "Seconds", r.Elapsed.Seconds())
	if r.Class == work.Fine && !r.Restored {
		add("Read", "Count", r.Report.Read)
		add("Written", "Count", r.Report.Written)
		add("Dropped", "Count", r.Report.Dropped)
		add("Errors", "Count", r.Report.Errors)
		add("BytesRead", "Bytes", r.Report.BytesRead)
		add("BytesWritten", "Bytes", r.Report.BytesWritten)
	}
	return append(values, "_aws", map[string]any{
		"Timestamp": time.Now().UnixMilli(), "CloudWatchMetrics": []directive{d},
	})
}

func (p *program) deployment() string {
	if name := p.getenv(spec.EnvDeployment); name != "" {
		return name
	}
	return p.Name
}
