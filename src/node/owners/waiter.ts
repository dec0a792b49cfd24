import type { Process } from '../process.ts'
import { engineCalls, waitsFor } from './engine-calls.ts'
import type { EngineCall, Named } from './engine-calls.ts'

/** What a process calls an engine for where it waits for this container to end; undefined where it does not. */
export function waitingCall({ argv }: Process, container: Named): EngineCall | undefined {
  const [program] = argv
  if (program === undefined || !/(^|\/)(docker|podman|nerdctl)$/.test(program)) return undefined
  const [call] = engineCalls(argv)
  return call !== undefined && waitsFor(call, container) ? call : undefined
}

export function waitsForContainer(process: Process, container: Named): boolean {
  return waitingCall(process, container) !== undefined
}
