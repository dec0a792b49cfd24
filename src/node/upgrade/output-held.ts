import type { Container, EngineFacts } from '../container.ts'
import type { Finding } from '../finding.ts'
import { executableName } from '../guests/index.ts'
import type { Endangered, KillSet } from '../kill-set/index.ts'
import { sameProcess } from '../process.ts'
import type { ProcessId, ProcessTable } from '../process.ts'

/** A process that can write to the output of a container, which is named by the pid of its first process. */
export type OutputHolder = ProcessId & Readonly<{ first: number }>

type Seen = Readonly<{
  engine: Pick<EngineFacts, 'waitsForOutput'>
  containers: readonly Container[]
  killSets: readonly KillSet[]
}>

/** The kill sets of containers whose output the engine waits for when it stops them, each with the container's first process. */
export function awaitedOutputs({
  engine,
  containers,
  killSets,
}: Seen): readonly Readonly<{ first: number; killSet: KillSet }>[] {
  if (engine.waitsForOutput !== true) return []
  return killSets.flatMap((killSet) => {
    const container = containers.find(({ name }) => name === killSet.containerName)
    const runs = container !== undefined && container.hostUnit === undefined && container.pid > 0
    return runs ? [{ first: container.pid, killSet }] : []
  })
}

/**
 * Processes that outlive a container and hold its output, or that of a command that `docker exec` runs in it. An engine that waits for
 * the end of the output then does not end the stop and answers no question about the container, or cannot start it again, until they
 * end: seen with Docker 26.1.5 and 28.5.2, containerd 1.7.24 and 2.1.9; Docker 20.10.24 waits 2 s. A rescued process also outlives the
 * container.
 */
export function outputHeld(
  seen: Seen &
    Readonly<{
      table: Pick<ProcessTable, 'processes'>
      endangered: readonly Pick<Endangered, 'pid'>[]
    }>,
  holders: readonly OutputHolder[],
  /** `plan`: the containers are to be stopped. `doctor`: they would be. */
  asked: 'plan' | 'doctor',
): readonly Finding[] {
  return awaitedOutputs(seen).flatMap(({ first, killSet: { containerName, doomed } }): readonly Finding[] => {
    const outliving = holders.filter(
      (one) =>
        one.first === first &&
        (!doomed.some((other) => sameProcess(other, one)) ||
          seen.endangered.some(({ pid }) => pid === one.pid)),
    )
    return outliving.map((one) => {
      const process = seen.table.processes.find((candidate) => sameProcess(candidate, one))
      const name = process === undefined ? 'a process' : executableName(process)
      return {
        code: 'OUTPUT_HELD',
        severity: asked === 'plan' ? 'refuse' : 'warn',
        subject: containerName,
        evidence: `${name} (pid ${one.pid}) outlives the container and has its output open, or that of a command run in it: until it ends, the engine would not end the stop, or could not start the container again`,
        remedy:
          'end the process, or let it write elsewhere: what starts it in the container has to send its output to a file or to /dev/null',
      }
    })
  })
}
