import { setTimeout as delay } from 'node:timers/promises'

import type { ExecResult } from '../../ports/index.ts'
import type { Dialect } from './dialect.ts'
import type { EngineApi } from './engine-api.ts'
import { raise } from './errors.ts'
import { readFrames, readFramesInOrder } from './frames.ts'
import type { Output } from './frames.ts'
import { attempted } from './refusals.ts'

type ExecState = Readonly<{ Running?: boolean; ExitCode?: number | null; Pid?: number }>

/** How long an exec may still be `Running` after its output has ended. */
const SETTLE_MS = 5000
const POLL_MS = 10

/** Runs a program in a running container; its arguments go through the socket, not through this host's argv. */
export async function exec(
  dialect: Dialect,
  id: string,
  argv: readonly string[],
  options: Readonly<{ timeoutMs?: number; input?: string }>,
): Promise<ExecResult> {
  const command = argv[0] ?? ''
  const { timeoutMs, input } = options
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)
  const api = await dialect.api()
  const attempt = { engine: dialect.engine, action: `run ${command} in`, subject: id } as const
  let execId: string | undefined
  try {
    return await attempted({ ...attempt, code: 'EXEC_FAILED', data: { command } }, async () => {
      execId = await createExec(dialect, api, id, argv, input !== undefined, deadline)
      const output = await startExec(dialect, api, execId, input, deadline)
      const exitCode = await exitCodeOf(dialect, api, execId)
      // Where the runtime could not even start it, the engine says so in the stream and gives a shell's exit code.
      const said = `${output.stdout}${output.stderr}`.trim()
      if ((exitCode === 126 || exitCode === 127) && NOT_STARTED.test(said)) {
        throw raise('EXEC_FAILED', { command, subject: id, reason: said })
      }
      return { exitCode, ...output }
    })
  } catch (error) {
    if (deadline?.aborted !== true) throw error
    if (execId !== undefined) await endExec(dialect, api, execId)
    throw raise('EXEC_TIMEOUT', { command, subject: id, timeoutMs }, error)
  }
}

const NOT_STARTED = /OCI runtime (exec failed|attempted to invoke)|OCI permission denied/

async function createExec(
  dialect: Dialect,
  api: EngineApi,
  id: string,
  argv: readonly string[],
  hasInput: boolean,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { Id } = await api.json<{ Id: string }>({
    method: 'POST',
    path: `${dialect.prefix}/containers/${encodeURIComponent(id)}/exec`,
    body: { AttachStdin: hasInput, AttachStdout: true, AttachStderr: true, Tty: false, Cmd: argv },
    ...(signal === undefined ? {} : { signal }),
  })
  return Id
}

async function startExec(
  dialect: Dialect,
  api: EngineApi,
  execId: string,
  input: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Output> {
  const socket = await api.hijack({
    method: 'POST',
    path: `${dialect.prefix}/exec/${execId}/start`,
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

function inspectExec(dialect: Dialect, api: EngineApi, execId: string): Promise<ExecState> {
  return api.json<ExecState>({ method: 'GET', path: `${dialect.prefix}/exec/${execId}/json` })
}

/** The engine may say `Running` for a moment after the output has ended. */
async function exitCodeOf(dialect: Dialect, api: EngineApi, execId: string): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    const state = await inspectExec(dialect, api, execId)
    if (state.Running !== true || waitedMs >= SETTLE_MS) return state.ExitCode ?? -1
    await delay(POLL_MS)
  }
}

/**
 * No API of either engine ends an exec: its process is killed here, by the pid that the engine tells, which is the
 * host's. On a busy host it may not have started yet: it is awaited. Once only, for Podman goes on telling the pid of
 * an exec that has ended.
 */
async function endExec(dialect: Dialect, api: EngineApi, execId: string): Promise<void> {
  for (let waitedMs = 0; waitedMs < SETTLE_MS; waitedMs += POLL_MS) {
    const { Running: running, Pid: pid = 0, ExitCode: exitCode } = await inspectExec(dialect, api, execId)
    if (running === true && pid > 1) return killGroup(pid)
    // Docker has no exit code before the end; Podman has 0 from the beginning.
    if (typeof exitCode === 'number' && exitCode !== 0) return
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

/** The last lines of a container's output, stdout and stderr as they came. */
export async function logs(dialect: Dialect, id: string, lines: number, since?: string): Promise<string> {
  const api = await dialect.api()
  return attempted(
    { engine: dialect.engine, action: 'read the log of container', subject: id, code: 'ENGINE_REFUSED' },
    async () => readFramesInOrder(await logStream(dialect, api, id, String(lines), since)),
  )
}

export async function logStream(
  dialect: Dialect,
  api: EngineApi,
  id: string,
  tail: string,
  since?: string,
): Promise<AsyncIterable<Buffer>> {
  return api.stream({
    method: 'GET',
    path: `${dialect.prefix}/containers/${encodeURIComponent(id)}/logs`,
    query: {
      stdout: true,
      stderr: true,
      follow: false,
      tail,
      ...(since === undefined ? {} : { since: dialect.logsSince(since) }),
    },
  })
}
