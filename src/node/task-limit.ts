import type { Container, EngineFacts } from './container.ts'

type ZeroLimit = Pick<EngineFacts, 'passesZeroTaskLimit'>

/** How many tasks (processes and threads) the container may still start. Fewer than this is as good as none. */
const ROOM = 16

/** Why the container cannot fork, or could not once it is started again; undefined where nothing keeps it from that. */
export function forkProblem(container: Container, engine: ZeroLimit): string | undefined {
  const { taskLimit, status } = container
  if (taskLimit !== undefined && taskLimit.limit - taskLimit.current < ROOM) {
    return `pids.max of ${taskLimit.cgroup} is ${taskLimit.limit}, and ${taskLimit.current} tasks run: nothing more can be started in it`
  }
  return status === 'running' || status === 'paused' ? undefined : startProblem(container, engine)
}

/** The same about its next start alone. */
export function startProblem(container: Container, engine: ZeroLimit): string | undefined {
  const { pidsLimit, runtimeFamily: family, runtimeVersion: version } = container
  if (!engine.passesZeroTaskLimit || pidsLimit !== 0 || !takesZeroAsOne({ family, version })) return undefined
  return `it was created with a limit of 0 tasks, which runc ${version} takes as a limit of one: it could not fork`
}

/** runc's changelog, 1.4.0, breaking changes: a pids limit of 0 no longer means "none". */
export function takesZeroAsOne(
  runtime: Readonly<{ family: string; version: string | undefined }> | undefined,
): boolean {
  const [major = 0, minor = 0] = (runtime?.version ?? '').split('.').map(Number)
  return runtime?.family === 'runc' && (major > 1 || (major === 1 && minor >= 4))
}
