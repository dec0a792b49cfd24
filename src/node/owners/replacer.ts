import type { Container } from '../container.ts'
import type { Owner } from './owner.ts'

type Labels = Container['labels']

/** Programs that run in a container and replace or restart others. They are known by the last part of their image's name. */
const PROGRAMS: readonly Readonly<{
  image: string
  name: string
  /** Whether the labels of a container keep the program away from it. */
  spares: (labels: Labels) => boolean
}>[] = [
  {
    image: 'watchtower',
    name: 'Watchtower',
    spares: (labels) => labels['com.centurylinklabs.watchtower.enable'] === 'false',
  },
  {
    image: 'ouroboros',
    name: 'Ouroboros',
    spares: (labels) => labels['com.ouroboros.enable'] === 'false',
  },
  // Restarts what is unhealthy. Which label it looks for is a setting of its own: only a "false" is sure.
  { image: 'autoheal', name: 'Autoheal', spares: (labels) => labels['autoheal'] === 'false' },
]

/** Programs that replace the container when its image has a newer version, or restart it when it is unhealthy. */
export function replacers(container: Container, all: readonly Container[]): readonly Owner[] {
  const owner = (name: string, evidence: string): Owner => ({
    container: container.name,
    kind: 'replacer',
    name,
    effect: 'acts',
    evidence,
    source: '',
  })
  const policy = container.labels['io.containers.autoupdate']
  const running = all.filter(({ status, id }) => status === 'running' && id !== container.id)
  return [
    ...(policy === undefined || policy === 'disabled'
      ? []
      : [owner('podman auto-update', `its label io.containers.autoupdate is "${policy}"`)]),
    ...PROGRAMS.filter(({ spares }) => !spares(container.labels)).flatMap((program) =>
      running
        .filter(({ image }) => lastPart(image) === program.image)
        .map(({ name }) =>
          owner(name, `container "${name}" runs ${program.name}, and this one has not opted out`),
        ),
    ),
  ]
}

/** `registry:5000/a/watchtower:1.7@sha256:…` → `watchtower` */
function lastPart(image: string): string | undefined {
  return /([^/:@]+)(:[^/@]*)?(@.*)?$/.exec(image)?.[1]
}
