package sample

import (
	"fmt"
	"strings"
	"time"
)

// A page is an article before it becomes a record: its lines by what they are.
type page struct {
	name    string // unique; seeds everything random about it
	corpus  corpus
	site    string
	path    string
	title   string
	menu    []string
	byline  string // may be ""
	body    []string
	footer  string // may be ""
	choices int    // made in filling it
}

// newPage writes an article on a topic of c. Equal arguments make equal pages
// but for the choices listed in other, which turn out otherwise.
func newPage(c corpus, topicIndex, number int, other []int) page {
	p := page{name: fmt.Sprintf("%s/%d/%d", c.language, topicIndex, number), corpus: c}
	t := c.topics[topicIndex]
	layout := newRandom(p.name + "/layout")
	f := newFiller(c, newRandom(p.name))
	f.other = other

	p.site = pick(layout, c.names["site"])
	p.title = f.fill(t.title)
	p.path = pathOf(p.title, layout)
	if layout.below(5) < 3 {
		for _, i := range some(layout, 4+layout.below(3), len(c.names["menu"])) {
			p.menu = append(p.menu, c.names["menu"][i])
		}
	}
	if c.language == "en" && layout.below(2) == 0 {
		p.byline = f.fill(fmt.Sprintf("By <person>, %d <month> 2024", 1+layout.below(28)))
		delete(f.settled, "person") // the one written about is someone else
	}
	n := len(t.paragraphs)
	if n > 4 {
		n = 4 + layout.below(n-4)
	}
	for _, i := range some(layout, n, len(t.paragraphs)) {
		p.body = append(p.body, f.fill(t.paragraphs[i]))
	}
	if layout.below(5) < 3 {
		p.footer = fmt.Sprintf("© %d %s. %s", 2015+layout.below(10), p.site, pick(layout, c.names["footer"]))
	}
	p.choices = f.choices
	return p
}

// again returns the page with n of its choices made otherwise.
func (p page) again(n int) page {
	var topicIndex, number int
	if _, err := fmt.Sscanf(strings.TrimPrefix(p.name, p.corpus.language), "/%d/%d", &topicIndex, &number); err != nil {
		panic(err)
	}
	q := newPage(p.corpus, topicIndex, number, some(newRandom(p.name+"/again"), n, p.choices))
	q.path += "-2"
	return q
}

// text returns the page as a WET file has it: lines, the title first.
func (p page) text() string {
	lines := append([]string{p.title + " | " + p.site}, p.menu...)
	if p.byline != "" {
		lines = append(lines, p.byline)
	}
	lines = append(lines, p.body...)
	if p.footer != "" {
		lines = append(lines, p.footer)
	}
	return strings.Join(lines, "\n")
}

// record returns the page as a record of the given kind.
func (p page) record(k Kind) Record {
	return Record{
		Kind:     k,
		ID:       newID(p.name + "/" + string(k)),
		URL:      "https://" + hostOf(p.site, p.corpus.language) + p.path,
		Date:     newDate(p.name + "/" + string(k)),
		Language: p.corpus.language,
		Text:     p.text(),
	}
}

// hostOf makes a host name of a site's name, under a domain reserved for examples.
func hostOf(site, language string) string {
	if s := slug(site); s != "" {
		return "www." + s + ".example"
	}
	return fmt.Sprintf("site%d.%s.example", newRandom(site).below(900)+100, language)
}

// pathOf makes the path of an address from a title.
func pathOf(title string, r *random) string {
	if s := slug(title); s != "" {
		return fmt.Sprintf("/%d/%02d/%s", 2016+r.below(9), 1+r.below(12), s)
	}
	return fmt.Sprintf("/articles/%d", 1000+r.below(9000))
}

// slug returns s in lower case with dashes between words, or "" if fewer than
// half of its bytes are ASCII letters.
func slug(s string) string {
	var sb strings.Builder
	letters := 0
	for _, r := range strings.ToLower(s) {
		switch {
		case 'a' <= r && r <= 'z':
			letters++
			sb.WriteRune(r)
		case sb.Len() > 0 && !strings.HasSuffix(sb.String(), "-") && (r == ' ' || r == '-'):
			sb.WriteByte('-')
		}
	}
	if 2*letters < len(s) {
		return ""
	}
	return strings.Trim(sb.String(), "-")
}

// newID makes a record ID, of the form of a random UUID, from a name.
func newID(name string) string {
	r := newRandom("id/" + name)
	a, b := r.next(), r.next()
	a = a&^0xf000 | 0x8000     // version 8: made by rules of one's own
	b = b&^(0xc<<60) | 0x8<<60 // the variant of RFC 9562
	return fmt.Sprintf("urn:uuid:%08x-%04x-%04x-%04x-%012x", a>>32, a>>16&0xffff, a&0xffff, b>>48, b&0xffffffffffff)
}

// newDate returns when the crawler came by: within the two weeks of the crawl.
func newDate(name string) time.Time {
	return crawlBegin.Add(time.Duration(newRandom("date/"+name).below(14*24*3600)) * time.Second)
}

var crawlBegin = time.Date(2025, time.March, 8, 0, 0, 0, 0, time.UTC)
