import { execFile } from 'node:child_process'
import type { ExecFileException } from 'node:child_process'
import type { BmcAddress } from '../../../conductor/index.ts'
import { SYSTEM_PATH } from '../../programs/index.ts'
import { ipmiFailure } from './ipmi-failure.ts'

export type IpmiAddress = Extract<BmcAddress, { kind: 'ipmi' }>

/**
 * Seconds until ipmitool sends a request again, and how often. A slow controller works through every copy of a request: with
 * one second, more copies come than it can answer.
 */
const RETRY_S = 3
const RETRIES = 3
/** For an ipmitool that does not end by itself. */
const TIMEOUT_MS = 90_000
/** A busy controller answers when asked a little later. */
const BUSY_WAITS_MS = [1_000, 2_000, 4_000, 8_000]

/**
 * Runs one command of ipmitool against a controller, again while it is busy. The password goes by the environment, which
 * only root and the same user can read. Throws BMC_…, and the signal's reason.
 */
export async function ipmitool(
  address: IpmiAddress,
  action: string,
  command: readonly string[],
  options: Readonly<{ signal: AbortSignal | undefined; wait: (ms: number) => Promise<void> }>,
): Promise<string> {
  for (let attempt = 0; ; attempt += 1) {
    options.signal?.throwIfAborted()
    const said = await runOnce(address, command, options.signal)
    options.signal?.throwIfAborted()
    if (said.error === undefined) return said.stdout
    const failure = ipmiFailure(action, address, said)
    const wait = BUSY_WAITS_MS[attempt]
    if (!failure.busy || wait === undefined) throw failure.error
    // Who gives up meanwhile is told so by the next turn.
    await options.wait(wait).catch(() => undefined)
  }
}

/** How a controller is named to ipmitool, and the password, which goes by the environment alone. */
export function ipmitoolCall({ host, port, username, password, cipherSuite }: IpmiAddress): Readonly<{
  argv: readonly string[]
  env: Readonly<Record<string, string>>
}> {
  const argv = ['-I', 'lanplus', '-H', host, '-p', String(port), '-U', username, '-E', '-L', 'ADMINISTRATOR']
  // Without a suite ipmitool tries one after the other, for ten seconds a call.
  argv.push('-C', String(cipherSuite))
  const path = process.env['PATH'] ?? SYSTEM_PATH
  return { argv, env: { PATH: path, LANG: 'C', IPMI_PASSWORD: password } }
}

export type Said = Readonly<{ stdout: string; stderr: string; error: ExecFileException | undefined }>

function runOnce(
  address: IpmiAddress,
  command: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Said> {
  const { argv: words, env } = ipmitoolCall(address)
  // Why a session was refused is told with -v alone.
  const argv = [...words, '-N', String(RETRY_S), '-R', String(RETRIES), '-v', ...command]
  return new Promise((resolve) => {
    execFile(
      'ipmitool',
      argv,
      { env, timeout: TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) },
      (error, stdout, stderr) => resolve({ stdout, stderr, error: error ?? undefined }),
    )
  })
}
