package temporal

import (
	"github.com/google/uuid"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/primitives"
)

const clusterName = "active" // Temporal's own name for the only cluster

func clusterMetadata(ports servicePorts) *cluster.Config {
	return &cluster.Config{
		FailoverVersionIncrement: 10,
		MasterClusterName:        clusterName,
		CurrentClusterName:       clusterName,
		ClusterInformation: map[string]cluster.ClusterInformation{clusterName: {
			Enabled: true, InitialFailoverVersion: 1,
			RPCAddress: ports.addr(primitives.FrontendService),
			ClusterID:  uuid.NewString(), // the first one is stored, later ones are ignored
		}},
	}
}
