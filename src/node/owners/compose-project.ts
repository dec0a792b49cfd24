import type { Container } from '../container.ts'
import { LABELS } from '../release/index.ts'
import type { Owner } from './owner.ts'

/**
 * What each command of Compose does to a container of its project that was stopped from outside, and that the file of the
 * project still names. Tried with Compose 1.29.2, 2.26.1 and 2.40.3: they agree
 * (test/integration/engine/compose.test.ts). A container without Compose's labels is left alone by all of them.
 */
export const COMPOSE_COMMANDS = {
  ps: 'leaves',
  stop: 'leaves',
  up: 'starts',
  start: 'starts',
  restart: 'starts',
  /** The service got a profile that is not asked for. */
  'up, with a profile given to the service': 'leaves',
  /** The image, the file or the environment of the service has changed. */
  'up, with another image or file': 'replaces',
  'up --force-recreate': 'replaces',
  'up --remove-orphans, without the service in the file': 'removes',
  down: 'removes',
  rm: 'removes',
} as const satisfies Readonly<Record<string, 'leaves' | 'starts' | 'replaces' | 'removes'>>

/** The project, the service and the files of a container that Compose made; undefined for all others. */
export function composeProject({ labels }: Pick<Container, 'labels'>): ComposeProject | undefined {
  const project = labels['com.docker.compose.project']
  if (project === undefined || labels[LABELS.project] !== undefined) return undefined
  const directory = labels['com.docker.compose.project.working_dir'] ?? ''
  const files = (labels['com.docker.compose.project.config_files'] ?? '')
    .split(',')
    .filter((file) => file !== '')
    // Compose 1 writes the names as they were given, from the directory of the project.
    .map((file) => (file.startsWith('/') || directory === '' ? file : `${directory}/${file}`))
  return { project, service: labels['com.docker.compose.service'] ?? '', directory, files }
}

export type ComposeProject = Readonly<{
  project: string
  service: string
  /** Absolute; empty where the label is missing. */
  directory: string
  files: readonly string[]
}>

/** The project as somebody who acts on the container, when somebody calls Compose. */
export function composeOwner(container: Container): readonly Owner[] {
  const found = composeProject(container)
  if (found === undefined) return []
  const where = found.files.length === 0 ? '' : ` (${found.files.join(', ')})`
  return [
    {
      container: container.name,
      kind: 'compose',
      name: found.project,
      effect: 'idle',
      evidence: `it is service "${found.service}" of the Compose project "${found.project}"${where}`,
      source: '',
    },
  ]
}

/** What a plan that stops and keeps the container has to say of the commands of its Compose project. */
export function composeConsequences(): string {
  const listed = (effect: string): string =>
    Object.entries(COMPOSE_COMMANDS)
      .filter(([command, does]) => does === effect && !command.includes(','))
      .map(([command]) => `\`${command}\``)
      .join(', ')
  return `while Anneal manages it, ${listed('starts')} in that project start this container beside Anneal’s, ${listed('replaces')} (and \`up\` with a changed file or image) replace it and start it, and ${listed('removes')} remove it, which is the way back`
}
