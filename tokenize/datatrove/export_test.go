package datatrove

var (
	Metric    = metric
	TokenSize = sizeFor
)
