package fargate

// Prices are what AWS asks, in US dollars. What is said to be a GB there is 2^30
// bytes. Taxes, free tiers and agreements with AWS are left out.
type Prices struct {
	Region string `json:"region"`
	Date   string `json:"date"` // on which they were gathered

	// Fargate, Linux on x86: for an hour, paid by the second, a minute at least.
	VCPUHour     float64 `json:"vcpu_hour"`
	GBHour       float64 `json:"gb_hour"`      // of memory
	DiskGBHour   float64 `json:"disk_gb_hour"` // above MinDisk; on Spot too
	SpotVCPUHour float64 `json:"spot_vcpu_hour"`
	SpotGBHour   float64 `json:"spot_gb_hour"`

	// S3 Standard.
	Put            float64 `json:"put"` // a PUT, COPY, POST or LIST; DELETE is free
	Get            float64 `json:"get"` // a GET or HEAD
	StorageGBMonth float64 `json:"storage_gb_month"`

	Transition float64 `json:"transition"` // of a state, Step Functions Standard
	LogsGB     float64 `json:"logs_gb"`    // taken in by CloudWatch Logs

	EndpointHour float64 `json:"endpoint_hour"` // an interface endpoint in one zone
	NATHour      float64 `json:"nat_hour"`
	NATGB        float64 `json:"nat_gb"`
	AddressHour  float64 `json:"address_hour"` // a public IPv4 address, which a NAT gateway has

	KeyMonth   float64 `json:"key_month"`   // a key of KMS
	KeyRequest float64 `json:"key_request"` // a use of it
}

// HoursMonth is how long AWS takes a month to be.
const HoursMonth = 730

// Page is where AWS says what Fargate costs today.
const Page = "https://aws.amazon.com/fargate/pricing/"

// USEast1 returns the prices of us-east-1 (Northern Virginia), where Common Crawl's
// data are. They were gathered on the date they carry, from published copies of
// AWS's price lists, not from AWS: check them before you rely on them. Those of Spot
// change with supply and demand: AWS says up to 70 % below the others, these are 67 %.
// Most other regions ask for more.
func USEast1() Prices {
	return Prices{
		Region: "us-east-1",
		Date:   "2026-11-29",

		VCPUHour:     0.04048,
		GBHour:       0.004445,
		DiskGBHour:   0.000111,
		SpotVCPUHour: 0.01334053,
		SpotGBHour:   0.00146489,

		Put:            0.005 / 1000,
		Get:            0.0004 / 1000,
		StorageGBMonth: 0.023, // the first 50 TB; 0.022 and 0.021 beyond

		Transition: 0.025 / 1000,
		LogsGB:     0.50,

		EndpointHour: 0.01,
		NATHour:      0.045,
		NATGB:        0.045,
		AddressHour:  0.005,

		KeyMonth:   1,
		KeyRequest: 0.03 / 10000,
	}
}
