package textmill

import (
	"encoding/json"
	"fmt"
)

// A StageInfo says which stage a pipeline has and how it is set, for the record.
type StageInfo struct {
	Name     string          `json:"name"`               // as in the report
	Type     string          `json:"type"`               // such as "filter.GopherQuality"
	Settings json.RawMessage `json:"settings,omitempty"` // the exported fields of the stage, as JSON
}

// Describe lists stages as a Pipeline counts them. What a closure does cannot be
// told, so a stage made by [Filter], [Map] or [PerShard] has no settings: give
// it a name that says what matters, or make it a struct.
func Describe(stages ...Stage) ([]StageInfo, error) {
	var out []StageInfo
	for _, s := range flatten(stages) {
		info := StageInfo{Name: NameOf(s)}
		if n, ok := s.(*named); ok {
			s = n.Stage
		}
		settings, err := settingsOf(s)
		if err != nil {
			return nil, fmt.Errorf("textmill: settings of stage %s: %w", info.Name, err)
		}
		info.Type, info.Settings = typeName(s), settings
		out = append(out, info)
	}
	return out, nil
}

func settingsOf(s Stage) (json.RawMessage, error) {
	switch s := s.(type) {
	case *mapper, *filter, *perShard, StageFunc:
		return nil, nil
	case chain: // one that was given a name
		infos, err := Describe(s...)
		if err != nil {
			return nil, err
		}
		return json.Marshal(infos)
	}
	b, err := json.Marshal(s)
	if string(b) == "{}" {
		return nil, err
	}
	return b, err
}
