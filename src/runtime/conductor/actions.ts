import type { TaskKind } from '../../conductor/index.ts'

/** What a task does, for messages: `deploy on machine "rack1-7"`. */
export const ACTIONS: Readonly<Record<TaskKind, string>> = {
  verify: 'manage',
  inspect: 'inspect',
  clean: 'clean',
  deploy: 'deploy on',
  boot: 'boot',
  release: 'release',
}
