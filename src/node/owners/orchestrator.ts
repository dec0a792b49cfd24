import type { Container } from '../container.ts'
import type { Owner } from './owner.ts'

/**
 * Labels by which an orchestrator knows the containers that it made. When one of them stops, it starts that one or another
 * one. Docker does not let a label be changed later.
 */
const ORCHESTRATORS = [
  // https://github.com/moby/swarmkit: the task of a service
  { label: 'com.docker.swarm.task.id', name: 'Docker Swarm' },
  // cri-dockerd and dockershim: https://github.com/Mirantis/cri-dockerd/blob/master/core/labels.go
  { label: 'io.kubernetes.pod.uid', name: 'a kubelet' },
  // https://developer.hashicorp.com/nomad/docs/drivers/docker: extra_labels
  { label: 'com.hashicorp.nomad.alloc_id', name: 'Nomad' },
  // https://docs.aws.amazon.com/AmazonECS/latest/developerguide/container-metadata.html
  { label: 'com.amazonaws.ecs.task-arn', name: 'the agent of Amazon ECS' },
] as const

/** The orchestrator that made the container. */
export function orchestrators(container: Container): readonly Owner[] {
  return ORCHESTRATORS.filter(({ label }) => label in container.labels).map(({ label, name }) => ({
    container: container.name,
    kind: 'orchestrator',
    name,
    effect: 'acts',
    evidence: `its label ${label} says that ${name} made it, and starts it or another one when it stops`,
    source: '',
  }))
}
