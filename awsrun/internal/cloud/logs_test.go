package cloud_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/cloud"
)

// A logged event is known from a time on that is later than its own.
type logged struct {
	group, stream, message string
	at, known              time.Time
}

// cloudLogs answers FilterLogEvents with the events that are known by then, in small
// pages, of which every second is empty.
type cloudLogs struct {
	t      *testing.T
	events []logged
	page   int // events in one; if 0, 2
	asked  int
	floor  int64 // the earliest start that was asked for in the last reading of all
}

func (l *cloudLogs) answer(in map[string]any) (any, *fault) {
	l.asked++
	back := in["startFromHead"] == false
	start, ok := in["startTime"].(float64)
	if back && (!ok || start < 1704067200000) {
		l.t.Errorf("read backwards from %v, before 2024", in["startTime"])
	}
	l.floor = int64(start)
	var found []any
	known := false
	for i, e := range l.events {
		if "/textmill/demo/"+e.group != in["logGroupName"] {
			continue
		}
		known = true
		streams, one := in["logStreamNames"].([]any)
		filter, _ := in["filterPattern"].(string)
		if e.known.After(time.Now()) || float64(e.at.UnixMilli()) < start || one && streams[0] != e.stream || !strings.Contains(e.message, filter) {
			continue
		}
		found = append(found, object{"eventId": strconv.Itoa(i), "timestamp": e.at.UnixMilli(), "logStreamName": e.stream, "message": e.message})
	}
	if !known {
		return nil, &fault{Status: 400, Code: "ResourceNotFoundException", Message: "The specified log group does not exist."}
	}
	slices.SortStableFunc(found, func(a, b any) int {
		return cmp.Compare(a.(object)["timestamp"].(int64), b.(object)["timestamp"].(int64))
	})
	if back {
		slices.Reverse(found)
	}
	page := 0
	if token, ok := in["nextToken"].(string); ok {
		n, err := strconv.Atoi(token)
		if err != nil {
			l.t.Errorf("token %q", token)
		}
		page = n
	}
	out := object{"events": []any{}}
	begin := page / 2 * cmp.Or(l.page, 2)
	end := min(begin+cmp.Or(l.page, 2), len(found))
	if page%2 == 0 {
		out["events"] = found[begin:end]
	}
	if end < len(found) {
		out["nextToken"] = strconv.Itoa(page + 1)
	}
	return out, nil
}

// on makes a fake answer from the events.
func (l *cloudLogs) on(f *fake) {
	f.on("logs:FilterLogEvents", l.answer)
}

func second(n float64) time.Time { return y2k.Add(time.Duration(n * float64(time.Second))) }

// texts returns the messages of events, which are to be in order of time.
func texts(t *testing.T, c *cloud.Client, o cloud.LogOptions) ([]string, error) {
	t.Helper()
	var got []string
	var before time.Time
	for e, err := range c.Logs(t.Context(), o) {
		if err != nil {
			return got, err
		}
		if e.Time.Before(before) {
			t.Errorf("%s is before what came before it", e)
		}
		before = e.Time
		got = append(got, e.Message)
	}
	return got, nil
}

// someLogs are of two groups.
func someLogs(t *testing.T) *cloudLogs {
	l := &cloudLogs{t: t}
	for i, text := range []string{"a", "b", "c", "d x", "e", "f x", "g"} {
		group := []string{"control", "step_clean"}[i%2]
		l.events = append(l.events, logged{group: group, stream: "s/default/" + strconv.Itoa(i%3), message: text + "\n", at: second(float64(i))})
	}
	return l
}

func TestLogs(t *testing.T) {
	both := []string{"control", "step_clean"}
	for name, test := range map[string]struct {
		o    cloud.LogOptions
		want string
	}{
		"one group":    {cloud.LogOptions{Jobs: both[:1]}, "a c e g"},
		"two groups":   {cloud.LogOptions{Jobs: both}, "a b c d x e f x g"},
		"since":        {cloud.LogOptions{Jobs: both, Since: second(3)}, "d x e f x g"},
		"since too":    {cloud.LogOptions{Jobs: both, Since: second(3.001)}, "e f x g"},
		"filter":       {cloud.LogOptions{Jobs: both, Filter: "x"}, "d x f x"},
		"stream":       {cloud.LogOptions{Jobs: both, Stream: "s/default/0"}, "a d x g"},
		"no event":     {cloud.LogOptions{Jobs: both, Filter: "y"}, ""},
		"since future": {cloud.LogOptions{Jobs: both, Since: second(3600)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				someLogs(t).on(f)
				got, err := texts(t, c, test.o)
				if err != nil || strings.Join(got, " ") != test.want {
					t.Errorf("got %q, error %v, want %q", got, err, test.want)
				}
			})
		})
	}
}

func TestLastLogs(t *testing.T) {
	both := []string{"control", "step_clean"}
	for n, want := range map[int]string{1: "g", 2: "f x g", 5: "c d x e f x g", 7: "a b c d x e f x g", 10_000: "a b c d x e f x g"} {
		bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
			time.Sleep(30 * 365 * 24 * time.Hour) // since 2024, AWS reads backwards
			l := someLogs(t)
			for i := range l.events {
				l.events[i].at = time.Now().Add(time.Duration(i) * time.Second)
			}
			l.on(f)
			got, err := texts(t, c, cloud.LogOptions{Jobs: both, Last: n})
			if err != nil || strings.Join(got, " ") != want {
				t.Errorf("last %d: got %q, error %v, want %q", n, got, err, want)
			}
			if n < 3 && l.asked != 2 {
				t.Errorf("last %d: asked for %d pages, want one of each group", n, l.asked)
			}
		})
	}
}

func TestLogsRefuse(t *testing.T) {
	for name, test := range map[string]struct {
		o    cloud.LogOptions
		on   answer
		want error
		says string
	}{
		"no group":      {cloud.LogOptions{}, nil, nil, "logs of demo: of 0 job definitions"},
		"too many":      {cloud.LogOptions{Jobs: []string{"control"}, Last: 10_001}, nil, nil, "0 to 10000"},
		"negative":      {cloud.LogOptions{Jobs: []string{"control"}, Last: -1}, nil, nil, "0 to 10000"},
		"missing group": {cloud.LogOptions{Jobs: []string{"control", "step_gone"}}, nil, cloud.ErrNotDeployed, "log group /textmill/demo/step_gone: not deployed yet"},
		"missing too":   {cloud.LogOptions{Jobs: []string{"step_gone"}, Last: 5}, nil, cloud.ErrNotDeployed, "log group /textmill/demo/step_gone: not deployed yet"},
		"following":     {cloud.LogOptions{Jobs: []string{"step_gone"}, Follow: true}, nil, cloud.ErrNotDeployed, "log group /textmill/demo/step_gone: not deployed yet"},
		"no stream":     {cloud.LogOptions{Jobs: []string{"step_gone"}, Stream: "s"}, nil, nil, "no log stream s in /textmill/demo/step_gone"},
		"denied":        {cloud.LogOptions{Jobs: []string{"control"}, Follow: true}, refused, nil, "missing permission logs:FilterLogEvents"},
		"bad filter":    {cloud.LogOptions{Jobs: []string{"control"}}, fails(400, "InvalidParameterException", "Invalid filter pattern"), nil, "Invalid filter pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				someLogs(t).on(f)
				if test.on != nil {
					f.on("logs:FilterLogEvents", test.on)
				}
				_, err := texts(t, c, test.o)
				if err == nil || !strings.Contains(err.Error(), test.says) || test.want != nil && !errors.Is(err, test.want) {
					t.Errorf("error %v, want one with %q", err, test.says)
				}
			})
		})
	}
}

// Pages that are refused for being too many are asked for again.
func TestLogsThrottled(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		l := someLogs(t)
		f.on("logs:FilterLogEvents", tooMany, l.answer, tooMany, tooMany, l.answer, fails(500, "InternalFailure", ""), l.answer)
		if got, err := texts(t, c, cloud.LogOptions{Jobs: []string{"control"}}); err != nil || strings.Join(got, "") != "aceg" {
			t.Errorf("got %q, error %v", got, err)
		}
	})
}

// Whoever has had enough of them is asked no more, and no more is asked for.
func TestLogsBreak(t *testing.T) {
	for _, o := range []cloud.LogOptions{{}, {Follow: true}} {
		for n := 1; n <= 5; n++ {
			bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
				l := someLogs(t)
				l.on(f)
				o.Jobs = []string{"control", "step_clean"}
				seen := 0
				for range c.Logs(t.Context(), o) {
					if seen++; seen == n {
						break
					}
				}
				if seen != n || l.asked > 2+n {
					t.Errorf("%d events of %d pages, want %d", seen, l.asked, n)
				}
			})
		}
	}
}

// follow reads for a while and returns the messages, and how often they were asked
// for.
func follow(t *testing.T, c *cloud.Client, o cloud.LogOptions, d time.Duration) (got []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	o.Follow = true
	for e, err := range c.Logs(ctx, o) {
		if err != nil {
			t.Errorf("following: %v", err)
			break
		}
		got = append(got, e.Message)
	}
	if ctx.Err() == nil {
		t.Error("it ended before its time")
	}
	return got
}

func TestFollow(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		l := &cloudLogs{t: t, events: []logged{
			{group: "control", message: "before", at: second(-500)},
			{group: "step_clean", message: "late", at: second(6), known: second(31)},
			{group: "step_clean", message: "on time", at: second(15)},
			{group: "control", message: "on time too", at: second(14)},
			{group: "control", message: "long after", at: second(5000), known: second(5000)},
			{group: "control", message: "an hour late", at: second(1389), known: second(5000)},
			{group: "control", message: "hardly an hour late", at: second(1391), known: second(5000)},
		}}
		for i := range l.events {
			if l.events[i].known.IsZero() {
				l.events[i].known = l.events[i].at
			}
		}
		l.on(f)
		got := strings.Join(follow(t, c, cloud.LogOptions{Jobs: []string{"control", "step_clean"}}, 5005*time.Second), ", ")
		if want := "before, on time too, on time, late, hardly an hour late, long after"; got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}

// What becomes known up to two minutes later than younger events is told, once,
// whatever came in between.
func TestFollowTellsEachOnce(t *testing.T) {
	for seed := range uint64(8) {
		bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
			random := rand.New(rand.NewPCG(seed, 1))
			l := &cloudLogs{t: t, page: 20}
			var want []string
			for i := range 300 {
				e := logged{group: []string{"control", "step_clean", "large_clean"}[random.IntN(3)], message: fmt.Sprint("event ", i)}
				e.at = second(float64(random.IntN(600)))
				e.known = e.at.Add(time.Duration(random.IntN(120)) * time.Second)
				l.events = append(l.events, e)
				want = append(want, e.message)
			}
			f.on("logs:FilterLogEvents", func(in map[string]any) (any, *fault) {
				if random.IntN(10) == 0 {
					return nil, &fault{Err: errors.New("connection reset")}
				}
				return l.answer(in)
			})
			got := follow(t, c, cloud.LogOptions{Jobs: []string{"control", "step_clean", "large_clean"}}, 15*time.Minute)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("seed %d: %d events, want %d", seed, len(got), len(want))
			}
		})
	}
}

// The last events come first, and then only what was logged after them.
func TestFollowAfterLast(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		time.Sleep(30 * 365 * 24 * time.Hour)
		now := time.Now()
		l := &cloudLogs{t: t}
		for i := range 10 {
			l.events = append(l.events, logged{group: "control", message: fmt.Sprint(i), at: now.Add(time.Duration(i-6) * 2 * time.Second), known: now.Add(time.Duration(i-6) * 2 * time.Second)})
		}
		l.on(f)
		got := strings.Join(follow(t, c, cloud.LogOptions{Jobs: []string{"control"}, Last: 2}, 65*time.Second), " ")
		if want := "5 6 7 8 9"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// Where nothing is logged, not all of the time is read again and again.
func TestFollowQuiet(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		l := &cloudLogs{t: t, events: []logged{{group: "control", message: "other", at: second(-1e6)}}}
		l.on(f)
		if got := follow(t, c, cloud.LogOptions{Jobs: []string{"control"}, Filter: "nothing"}, time.Hour); len(got) > 0 {
			t.Errorf("got %q", got)
		}
		if from := time.Until(time.UnixMilli(l.floor)); from < -time.Hour-time.Minute {
			t.Errorf("the last reading began at %v from now", from)
		}
	})
}

// It ends when AWS has not answered for ten minutes.
func TestFollowBroken(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		l := someLogs(t)
		f.on("logs:FilterLogEvents", l.answer, l.answer, l.answer, l.answer, breaks(errors.New("connection reset")))
		begun := time.Now()
		got, err := texts(t, c, cloud.LogOptions{Jobs: []string{"control"}, Follow: true})
		if took := time.Since(begun); err == nil || !strings.Contains(err.Error(), "AWS cannot be reached") || took < 10*time.Minute || took > 12*time.Minute {
			t.Errorf("got %q, error %v after %v", got, err, took)
		}
	})
}

func TestLogsCancelled(t *testing.T) {
	bubble(t, func(t *testing.T, f *fake, c *cloud.Client) {
		someLogs(t).on(f)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var err error
		for _, err = range c.Logs(ctx, cloud.LogOptions{Jobs: []string{"control"}}) {
			cancel()
		}
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
	})
}

func TestEventString(t *testing.T) {
	e := cloud.Event{Time: second(1.5), Job: "step_clean", Stream: "demo-step_clean/default/0123456789abcdef", Message: "a\tb \x1b[31mred\x1b[0m\r\nätsch \u202e"}
	if got, want := e.String(), `2000-01-01T00:00:01.500Z step_clean/01234567 a b \x1b[31mred\x1b[0m  ätsch \u202e`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := (cloud.Event{Time: y2k, Job: "control", Stream: "s"}).String(), "2000-01-01T00:00:00.000Z control/s "; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
