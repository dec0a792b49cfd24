import { byHandArguments } from '../../../lab/index.ts'
import type { ByHand } from '../../../lab/index.ts'

/** One libvirt container, in the words of each tool that is compared. */
export type Arrangement = Readonly<{
  name: string
  image: string
  volumes: readonly string[]
  cgroupNamespace: string
  environment: readonly string[]
}>

/** The arrangement that `run` would be given. */
export function arrangementOf(container: ByHand): Arrangement {
  const words = byHandArguments(container)
  const behind = (flag: string): readonly string[] => words.filter((_, index) => words[index - 1] === flag)
  return {
    name: container.name,
    image: words.at(-1) ?? '',
    volumes: behind('--volume'),
    cgroupNamespace: behind('--cgroupns')[0] ?? 'host',
    environment: words.flatMap((word) => /^--env=(.+)$/.exec(word)?.[1] ?? []),
  }
}

/** A Compose file. */
export function composeText(one: Arrangement): string {
  return `services:
  libvirt:
    image: ${one.image}
    container_name: ${one.name}
    privileged: true
    network_mode: host
    pid: host
    cgroup: ${one.cgroupNamespace}
    restart: unless-stopped
    environment: [${one.environment.join(', ')}]
    volumes:
${one.volumes.map((volume) => `      - ${volume}`).join('\n')}
`
}

/** A unit of Quadlet, Podman's generator for systemd. */
export function quadletText(one: Arrangement): string {
  return [
    '[Unit]',
    'Description=libvirt',
    '[Container]',
    `ContainerName=${one.name}`,
    `Image=${one.image}`,
    'Pull=never',
    'Network=host',
    `PodmanArgs=--privileged --pid=host --cgroupns=${one.cgroupNamespace}`,
    ...one.environment.map((pair) => `Environment=${pair}`),
    ...one.volumes.map((volume) => `Volume=${volume}`),
    '[Service]',
    'Restart=always',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n')
}
