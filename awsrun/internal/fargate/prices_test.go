package fargate_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/textmill/textmill/awsrun/internal/fargate"
)

// A price that was left out would make a run seem cheap.
func TestPricesAreThere(t *testing.T) {
	p := fargate.USEast1()
	v := reflect.ValueOf(p)
	for i := range v.NumField() {
		if v.Field(i).IsZero() {
			t.Errorf("%s is not set", v.Type().Field(i).Name)
		}
	}
	if _, err := time.Parse(time.DateOnly, p.Date); err != nil {
		t.Error(err)
	}
	if p.SpotVCPUHour >= p.VCPUHour || p.SpotGBHour >= p.GBHour || p.Get >= p.Put {
		t.Errorf("prices are mixed up: %+v", p)
	}
}
