package dedup

// Annotations of documents that have near-duplicates, whether they stay or not.
const (
	ClusterKey     = "dedup.cluster"      // the survivor's ID
	ClusterSizeKey = "dedup.cluster_size" // how many documents, the survivor included
)
