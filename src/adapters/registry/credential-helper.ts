import { spawn } from 'node:child_process'

import { raise } from './errors.ts'

export type HelperAnswer = Readonly<{ Username: string; Secret: string }>

const TIMEOUT_MS = 30_000

/**
 * Asks `docker-credential-<name> get`, the server's name on its stdin.
 * https://github.com/docker/docker-credential-helpers#development
 * `undefined` where the helper knows no login; CREDENTIAL_HELPER_FAILED where it could not be asked.
 */
export async function askHelper(
  name: string,
  server: string,
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HelperAnswer | undefined> {
  const helper = `docker-credential-${name}`
  const failed = (state: string, cause?: unknown) =>
    raise('CREDENTIAL_HELPER_FAILED', { registry: server, helper, path, state }, cause)
  if (!/^[\w.-]+$/.test(name)) throw failed('that is no name of a helper')

  const { code, stdout, stderr } = await new Promise<{ code: number | null; stdout: string; stderr: string }>(
    (resolve, reject) => {
      // A signal and no `timeout`: that one's timer would outlive a helper that cannot be started.
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const child = spawn(helper, ['get'], { env, stdio: 'pipe', signal })
      let stdoutText = ''
      let stderrText = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (stdoutText += text))
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderrText += text))
      child.once('error', (error: NodeJS.ErrnoException) => reject(failed(notStarted(error), error)))
      child.once('close', (exit) => resolve({ code: exit, stdout: stdoutText, stderr: stderrText }))
      // A helper may answer and leave without reading its input.
      child.stdin.on('error', () => {})
      child.stdin.end(server)
    },
  )
  if (code !== 0) {
    const said = (stdout.trim() || stderr.trim()).split('\n')[0] ?? ''
    // The one answer that means "none" is this text: docker-credential-helpers, credentials/error.go.
    if (/credentials not found/i.test(said)) return undefined
    throw failed(
      code === null ? `it did not answer within ${TIMEOUT_MS} ms` : `it exited with status ${code}`,
    )
  }
  try {
    const answer = JSON.parse(stdout) as Partial<HelperAnswer>
    if (typeof answer.Username === 'string' && typeof answer.Secret === 'string') {
      return { Username: answer.Username, Secret: answer.Secret }
    }
  } catch {
    // Said below, without the text: it may hold the secret.
  }
  throw failed('its answer is not the JSON of a login')
}

function notStarted(error: NodeJS.ErrnoException): string {
  if (error.name === 'AbortError') return `it did not answer within ${TIMEOUT_MS} ms`
  return error.code === 'ENOENT' ? 'it is not installed' : `it cannot be started (${error.code})`
}
