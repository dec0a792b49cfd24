import type { Container, EngineFacts } from '../container.ts'
import type { Finding } from '../finding.ts'
import { executableName } from '../guests/index.ts'
import type { Endangered, KillSet } from '../kill-set/index.ts'
import { sameProcess } from '../process.ts'
import type { ProcessId, ProcessTable } from '../process.ts'

/** A process that has the pipe open for writing that is the output of another one, the writer. */
export type OutputHolder = ProcessId & Readonly<{ writer: number }>

/**
 * Processes that outlive a container and hold its output. An engine that waits for the end of the output then neither ends the stop nor
 * answers questions about the container, until they end (seen with Docker 26.1.5 and containerd 1.7.24; Docker 20.10.24 waits 2 s).
 * A rescued process outlives it, too.
 */
export function outputHeld(
  seen: Readonly<{
    engine: Pick<EngineFacts, 'waitsForOutput'>
    table: Pick<ProcessTable, 'processes'>
    containers: readonly Container[]
    killSets: readonly KillSet[]
    endangered: readonly Pick<Endangered, 'pid'>[]
  }>,
  holders: readonly OutputHolder[],
  /** `plan`: the containers are to be stopped. `doctor`: they would be. */
  asked: 'plan' | 'doctor',
): readonly Finding[] {
  if (seen.engine.waitsForOutput !== true) return []
  return seen.killSets.flatMap(({ containerName, doomed }): readonly Finding[] => {
    const container = seen.containers.find(({ name }) => name === containerName)
    const first = container === undefined || container.hostUnit !== undefined ? 0 : container.pid
    const outliving = holders.filter(
      (one) =>
        first > 0 &&
        one.writer === first &&
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
        evidence: `${name} (pid ${one.pid}) outlives the container and has its output open: the engine would wait for it in the stop, and answer no question about the container`,
        remedy:
          'end the process, or let it write elsewhere: what starts it in the container has to send its output to a file or to /dev/null',
      }
    })
  })
}
