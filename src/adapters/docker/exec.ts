import { setTimeout as delay } from 'node:timers/promises'

import type { ExecResult } from '../../ports/index.ts'
import { attempted, raise, readFrames } from '../containers/index.ts'
import type { EngineApi, Output } from '../containers/index.ts'

type ExecState = Readonly<{ Running?: boolean; ExitCode?: number | null; Pid?: number }>

/** How long an exec may still be `Running` after its output has ended. */
const SETTLE_MS = 5000
const POLL_MS = 10

/** Runs a program in a running container; its arguments go through the socket, not through this host's argv. */
export async function exec(
  api: EngineApi,
  id: string,
  argv: readonly string[],
  options: Readonly<{ timeoutMs?: number; input?: string }>,
): Promise<ExecResult> {
  const command = argv[0] ?? ''
  const { timeoutMs, input } = options
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
  const attempt = { engine: 'Docker', action: `run ${command} in`, subject: id } as const
  let execId: string | undefined
  try {
    return await attempted({ ...attempt, code: 'EXEC_FAILED', data: { command } }, async () => {
      execId = await createExec(api, id, argv, input !== undefined, deadline)
      const output = await startExec(api, execId, input, deadline)
      const exitCode = await exitCodeOf(api, execId)
      // Where the runtime could not even start it, the engine says so in the stream and gives a shell's exit code.
      const said = `${output.stdout}${output.stderr}`.trim()
      if ((exitCode === 126 || exitCode === 127) && NOT_STARTED.test(said)) {
        throw raise('EXEC_FAILED', { command, subject: id, reason: said })
      }
      return { exitCode, ...output }
    })
  } catch (error) {
    if (deadline?.aborted !== true || timeoutMs === undefined) throw error
    if (execId !== undefined) await endExec(api, execId)
    throw raise('EXEC_TIMEOUT', { command, subject: id, timeoutMs }, error)
  }
}

const NOT_STARTED = /OCI runtime exec failed/

async function createExec(
  api: EngineApi,
  id: string,
  argv: readonly string[],
  hasInput: boolean,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { Id } = await api.json<{ Id: string }>({
    method: 'POST',
    path: `/containers/${encodeURIComponent(id)}/exec`,
    body: { AttachStdin: hasInput, AttachStdout: true, AttachStderr: true, Tty: false, Cmd: argv },
    ...(signal === undefined ? {} : { signal }),
  })
  return Id
}

async function startExec(
  api: EngineApi,
  execId: string,
  input: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Output> {
  const socket = await api.hijack({
    method: 'POST',
    path: `/exec/${execId}/start`,
    body: { Detach: false, Tty: false },
    ...(signal === undefined ? {} : { signal }),
  })
  const giveUp = () => socket.destroy(new Error('it took too long'))
  signal?.addEventListener('abort', giveUp, { once: true })
  try {
    if (input !== undefined) socket.end(input)
    return await readFrames(socket)
  } finally {
    signal?.removeEventListener('abort', giveUp)
    socket.destroy()
  }
}

function inspectExec(api: EngineApi, execId: string): Promise<ExecState> {
  return api.json<ExecState>({ method: 'GET', path: `/exec/${execId}/json` })
}

/** The engine may say `Running` for a moment after the output has ended. */
async function exitCodeOf(api: EngineApi, execId: string): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const state = await inspectExec(api, execId)
    if (state.Running !== true || waitedMs >= SETTLE_MS) return state.ExitCode ?? -1
    await delay(POLL_MS)
  }
}

/**
 * The API has nothing to end an exec with: its process is killed here, by the pid that the engine tells, which is the
 * host's. On a busy host it may not have started yet: it is awaited.
 */
async function endExec(api: EngineApi, execId: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += POLL_MS) {
    const { Running: running, Pid: pid = 0, ExitCode: exitCode } = await inspectExec(api, execId)
    if (running === true && pid > 1) return killGroup(pid)
    // There is no exit code before the end.
    if (typeof exitCode === 'number') return
    await delay(POLL_MS)
  }
}

/** The runtime made it the leader of a session of its own: what it started and did not detach goes with it. */
function killGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }
}
