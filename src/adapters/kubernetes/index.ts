export { kubernetesCluster } from './cluster.ts'
export { raiseCluster } from './errors.ts'
