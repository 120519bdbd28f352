package parquet

import _ "github.com/parquet-go/parquet-go"
