package shareddata

import "testing"

// The corpus is as its README counts it.
func TestCorpus(t *testing.T) {
	files, known, ids := map[string]int{}, 0, map[string]bool{}
	for _, p := range Corpus(t) {
		files[p.File]++
		ids[p.ID] = true
		if p.Language != "" {
			known++
		}
		if p.Text == "" || p.URL == "" || p.ID == "" {
			t.Errorf("page %+v", p)
		}
	}
	t.Log(files, known, len(ids))
	if len(files) != 2 || known == 0 || len(ids) != files["CC-SYN-SHARE-00000.warc.wet.gz"]+files["CC-SYN-SHARE-00001.warc.wet.gz"] {
		t.Errorf("files %v, %d of a known language, %d ids", files, known, len(ids))
	}
}
