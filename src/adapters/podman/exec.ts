import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

import type { ExecResult } from '../../ports/index.ts'
import { EngineRefusal, attempted, raise } from '../containers/index.ts'
import { podmanCommand } from './options.ts'
import type { PodmanOptions } from './options.ts'

/** In the environment of what an exec runs, so that it can be found and ended. */
const MARK = 'ANNEAL_EXEC'

/** How long a process that was just being started when its time ran out is looked for. */
const SETTLE_MS = 1000
const POLL_MS = 50

/**
 * Runs a program in a running container, through the command line: the API leaves two conmon processes behind for
 * five minutes after every exec (https://github.com/containers/podman/issues/15377), and readiness is asked by exec
 * many times a second. See docs/adr/0011.
 */
export async function exec(
  options: PodmanOptions,
  id: string,
  argv: readonly string[],
  { timeoutMs, input }: Readonly<{ timeoutMs?: number; input?: string }>,
): Promise<ExecResult> {
  const command = argv[0] ?? ''
  const { binary, flags, env } = await podmanCommand(options)
  const mark = `${MARK}=${randomUUID()}`
  const interactive = input === undefined ? [] : ['--interactive']
  // Podman's own warnings would come among the program's words.
  const child = spawn(
    binary,
    [...flags, '--log-level=error', 'exec', ...interactive, '--env', mark, id, ...argv],
    {
      env,
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    },
  )
  let timedOut = false
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => {
          timedOut = true
          child.kill('SIGKILL')
        }, timeoutMs)
  try {
    const attempt = { engine: 'Podman', action: `run ${command} in`, subject: id } as const
    return await attempted({ ...attempt, code: 'EXEC_FAILED', data: { command } }, async () => {
      const result = await outcome(child, input)
      if (timedOut && timeoutMs !== undefined) {
        await endMarked(mark)
        throw raise('EXEC_TIMEOUT', { command, subject: id, timeoutMs })
      }
      const refusal = refusalIn(result)
      if (refusal !== undefined) throw new EngineRefusal(result.exitCode, refusal)
      return result
    })
  } finally {
    clearTimeout(timer)
  }
}

function outcome(child: ChildProcess, input: string | undefined): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk))
    child.once('error', reject)
    child.once('close', (code) => {
      const [stdout, stderr] = [Buffer.concat(out).toString('utf8'), Buffer.concat(err).toString('utf8')]
      resolve({ exitCode: code ?? -1, stdout, stderr })
    })
    // A program may end without having read what it was given.
    child.stdin?.on('error', () => {})
    child.stdin?.end(input)
  })
}

/**
 * Podman exits as the program does, or with 125 where it could not do its part (255 in a container that does not run),
 * 126 and 127 where the runtime could not start the program: podman-exec(1). A program may use these codes too: its
 * stderr tells them apart.
 */
function refusalIn({ exitCode, stderr }: ExecResult): string | undefined {
  const said = stderr.trim()
  if ((exitCode === 125 || exitCode === 255) && said.startsWith('Error: '))
    return said.slice('Error: '.length)
  const notStarted = exitCode === 126 || exitCode === 127
  if (notStarted && /^Error: .*OCI (runtime|permission denied)/m.test(said))
    return said.slice('Error: '.length)
  return undefined
}

/** Kills every process that carries the mark. It may be only just starting: looked for until none came for a while. */
async function endMarked(mark: string): Promise<void> {
  for (let quietMs = 0; quietMs < SETTLE_MS; quietMs += POLL_MS) {
    for (const pid of await readdir('/proc')) {
      if (!/^\d+$/.test(pid)) continue
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')
      if (!environment.split('\0').includes(mark)) continue
      try {
        process.kill(Number(pid), 'SIGKILL')
        quietMs = 0
      } catch {
        // Gone already.
      }
    }
    await delay(POLL_MS)
  }
}
