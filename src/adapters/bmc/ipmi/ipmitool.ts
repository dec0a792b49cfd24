import { execFile } from 'node:child_process'
import type { ExecFileException } from 'node:child_process'
import type { BmcAddress } from '../../../conductor/index.ts'
import { SYSTEM_PATH, endingWithUs } from '../../programs/index.ts'
import { ipmiFailure } from './ipmi-failure.ts'

export type IpmiAddress = Extract<BmcAddress, { kind: 'ipmi' }>

/** One whose cipher suite is chosen. */
export type SuiteAddress = IpmiAddress & Readonly<{ cipherSuite: number }>

/**
 * Cipher suites that are tried where none is named, best first: HMAC-SHA256, and HMAC-SHA1 for controllers that know no other.
 * ipmitool would choose by itself, but takes ten seconds a call for that with some controllers.
 */
const SUITES = [17, 3]

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

type RunOptions = Readonly<{ signal: AbortSignal | undefined; wait: (ms: number) => Promise<void> }>

/**
 * Runs one command of ipmitool against a controller, again while it is busy. The password goes by the environment, which
 * only root and the same user can read. Throws BMC_…, and the signal's reason.
 */
export async function ipmitool(
  address: IpmiAddress,
  action: string,
  command: readonly string[],
  options: RunOptions,
): Promise<string> {
  return (await inItsSuite(address, action, command, options)).stdout
}

/** The address with a cipher suite that the controller takes. Throws as `ipmitool`. */
export async function withSuite(
  address: IpmiAddress,
  action: string,
  options: RunOptions,
): Promise<SuiteAddress> {
  const { cipherSuite } = address
  if (cipherSuite !== undefined) return { ...address, cipherSuite }
  const { suite } = await inItsSuite(address, action, ['chassis', 'power', 'status'], options)
  return { ...address, cipherSuite: suite }
}

async function inItsSuite(
  address: IpmiAddress,
  action: string,
  command: readonly string[],
  options: RunOptions,
): Promise<Readonly<{ stdout: string; suite: number }>> {
  const suites = address.cipherSuite === undefined ? SUITES : [address.cipherSuite]
  let [suite, ...others] = suites as [number, ...number[]]
  for (let attempt = 0; ;) {
    options.signal?.throwIfAborted()
    const said = await runOnce({ ...address, cipherSuite: suite }, command, options.signal)
    options.signal?.throwIfAborted()
    if (said.error === undefined) return { stdout: said.stdout, suite }
    const failure = ipmiFailure(action, address, said)
    const [next] = others
    if (failure.means === 'suite' && next !== undefined) {
      ;[suite, ...others] = [next, ...others.slice(1)]
      continue
    }
    const wait = BUSY_WAITS_MS[attempt]
    if (failure.means !== 'busy' || wait === undefined) throw failure.error
    attempt += 1
    // Who gives up meanwhile is told so by the next turn.
    await options.wait(wait).catch(() => undefined)
  }
}

/** How a controller is named to ipmitool, and the password, which goes by the environment alone. */
export function ipmitoolCall(address: SuiteAddress): Readonly<{
  argv: readonly string[]
  env: Readonly<Record<string, string>>
}> {
  const { host, port, username, password, privilege, cipherSuite } = address
  const argv = ['-I', 'lanplus', '-H', host, '-p', String(port), '-U', username, '-E', '-L', privilege]
  argv.push('-C', String(cipherSuite))
  const path = process.env['PATH'] ?? SYSTEM_PATH
  return { argv, env: { PATH: path, LANG: 'C', IPMI_PASSWORD: password } }
}

export type Said = Readonly<{ stdout: string; stderr: string; error: ExecFileException | undefined }>

function runOnce(
  address: SuiteAddress,
  command: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Said> {
  const { argv: words, env } = ipmitoolCall(address)
  // Why a session was refused is told with -v alone.
  const argv = [...words, '-N', String(RETRY_S), '-R', String(RETRIES), '-v', ...command]
  // A machine must not be switched by what a conductor asked that was killed since.
  const run = endingWithUs('ipmitool', argv)
  return new Promise((resolve) => {
    execFile(
      run.program,
      run.words,
      { env, timeout: TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) },
      (error, stdout, stderr) => resolve({ stdout, stderr, error: error ?? undefined }),
    )
  })
}
