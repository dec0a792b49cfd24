import { setTimeout as delay } from 'node:timers/promises'

import type { ExecResult } from '../../ports/index.ts'
import type { Dialect } from './dialect.ts'
import type { EngineApi } from './engine-api.ts'
import { raise } from './errors.ts'
import { readFrames, readFramesInOrder } from './frames.ts'
import { attempted } from './refusals.ts'

type ExecState = Readonly<{ Running?: boolean; ExitCode?: number | null; Pid?: number }>

/** How long an exec may still be `Running` after its output has ended. */
const SETTLE_MS = 5000

/** Runs a program in a running container; its arguments go through the socket, not through this host's argv. */
export async function exec(
  dialect: Dialect,
  id: string,
  argv: readonly string[],
  options: Readonly<{ timeoutMs?: number; input?: string }>,
): Promise<ExecResult> {
  const command = argv[0] ?? ''
  const api = await dialect.api()
  const attempt = { engine: dialect.engine, action: `run ${command} in`, subject: id } as const
  return attempted({ ...attempt, code: 'EXEC_FAILED', data: { command } }, async () => {
    const { Id: execId } = await api.json<{ Id: string }>({
      method: 'POST',
      path: `${dialect.prefix}/containers/${encodeURIComponent(id)}/exec`,
      body: {
        AttachStdin: options.input !== undefined,
        AttachStdout: true,
        AttachStderr: true,
        Tty: false,
        Cmd: argv,
      },
    })
    const inspect = () =>
      api.json<ExecState>({ method: 'GET', path: `${dialect.prefix}/exec/${execId}/json` })
    const socket = await api.hijack({
      method: 'POST',
      path: `${dialect.prefix}/exec/${execId}/start`,
      body: { Detach: false, Tty: false },
    })
    const deadline = new AbortController()
    const timer =
      options.timeoutMs === undefined ? undefined : setTimeout(() => deadline.abort(), options.timeoutMs)
    deadline.signal.addEventListener('abort', () => socket.destroy(), { once: true })
    try {
      if (options.input !== undefined) socket.end(options.input)
      const output = await readFrames(socket)
      if (deadline.signal.aborted) throw new Error('aborted')
      const exitCode = await exitCodeOf(inspect)
      // Where the runtime could not even start it, the engine says so in the stream and gives a shell's exit code.
      const said = `${output.stdout}${output.stderr}`.trim()
      if (
        (exitCode === 126 || exitCode === 127) &&
        /OCI runtime (exec failed|attempted to invoke)|OCI permission denied/.test(said)
      ) {
        throw raise('EXEC_FAILED', { command, subject: id, reason: said })
      }
      return { exitCode, ...output }
    } catch (error) {
      if (!deadline.signal.aborted) throw error
      killGroup((await inspect()).Pid ?? 0)
      throw raise('EXEC_TIMEOUT', { command, subject: id, timeoutMs: options.timeoutMs }, error)
    } finally {
      clearTimeout(timer)
      socket.destroy()
    }
  })
}

async function exitCodeOf(inspect: () => Promise<ExecState>): Promise<number> {
  for (let waitedMs = 0; ; waitedMs += 10) {
    const state = await inspect()
    if (state.Running !== true || waitedMs >= SETTLE_MS) return state.ExitCode ?? -1
    await delay(10)
  }
}

/**
 * No API of either engine ends an exec: its process is killed here. The runtime made it the leader of a session of its
 * own, so its group goes with it; the pid is the host's.
 */
function killGroup(pid: number): void {
  if (pid <= 1) return
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }
}

/** The last lines of a container's output, stdout and stderr as they came. */
export async function logs(dialect: Dialect, id: string, lines: number): Promise<string> {
  const api = await dialect.api()
  return attempted(
    { engine: dialect.engine, action: 'read the log of container', subject: id, code: 'ENGINE_REFUSED' },
    async () => readFramesInOrder(await logStream(dialect, api, id, String(lines))),
  )
}

export async function logStream(
  dialect: Dialect,
  api: EngineApi,
  id: string,
  tail: string,
): Promise<AsyncIterable<Buffer>> {
  return api.stream({
    method: 'GET',
    path: `${dialect.prefix}/containers/${encodeURIComponent(id)}/logs`,
    query: { stdout: true, stderr: true, follow: false, tail },
  })
}
