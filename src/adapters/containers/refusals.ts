import type { ErrorData } from '../../core/index.ts'
import { AnnealError, isAnnealError } from '../../core/index.ts'
import { missingCapabilitiesHere } from './capabilities.ts'
import { EngineRefusal } from './engine-api.ts'
import { raise } from './errors.ts'
import type { ENGINE_ERRORS } from './errors.ts'

export type EngineErrorCode = keyof typeof ENGINE_ERRORS

/** What was being done when the engine refused. `code` is for a refusal that no pattern knows. */
export type Attempt = Readonly<{
  engine: 'Docker' | 'Podman'
  /** A verb for messages: `start container`. */
  action: string
  subject: string
  code: EngineErrorCode
  data?: ErrorData
}>

/** The engines' texts, as measured with Docker 20.10 and 26, Podman 4.3 and 5.4 (refusals.test.ts quotes them). */
const PATTERNS: readonly Readonly<{ code: EngineErrorCode; text: RegExp; only?: string }>[] = [
  { code: 'DISK_FULL', text: /no space left on device|disk quota exceeded/i },
  {
    code: 'CAPABILITY_MISSING',
    text: /unable to apply caps|setting rlimits.*operation not permitted|set.* capabilities: operation not permitted/i,
  },
  {
    code: 'CONTAINER_NAME_TAKEN',
    text: /container name "[^"]*" is already in use|that name is already in use/i,
  },
  { code: 'CONTAINERD_UNREACHABLE', text: /: unavailable$|transport is closing/ },
  { code: 'CONTAINER_NOT_FOUND', text: /no such container|no container with (name|id)/i },
  {
    code: 'IMAGE_DIGEST_MISMATCH',
    only: 'pull',
    text: /manifest verification failed|does not match provided manifest digest|filesystem layer verification failed|digest did not match|(unexpected commit|failed commit).*digest|manifest digest .* but does not match|Digest .* does not match/i,
  },
  {
    code: 'REGISTRY_AUTH_REQUIRED',
    only: 'pull',
    text: /no basic auth credentials|unauthorized|authentication required|incorrect username\/password|access .*denied|requested access to the resource is denied|\b401\b|\b403 Forbidden/i,
  },
  {
    code: 'IMAGE_NOT_FOUND',
    text: /manifest unknown|manifest for .* not found|image not known|no such image|name unknown|repository name not known|: not found$/i,
  },
  {
    code: 'REGISTRY_UNREACHABLE',
    only: 'pull',
    text: /connection refused|no such host|i\/o timeout|deadline exceeded|tls: |x509: |http response to https client|connection reset|no route to host|network is unreachable|pinging container registry|unexpected EOF|\bEOF$|50[0-9] [A-Z]/i,
  },
]

/** Which values a text quotes depends on the code: an attempt has in its `data` those that not all of them quote. */
const raiseBy = raise as (code: EngineErrorCode, data: ErrorData, cause: unknown) => AnnealError

/** Turns an engine's refusal into the error that people and programs can act upon. Other errors pass unchanged. */
export async function explain(error: unknown, attempt: Attempt): Promise<Error> {
  if (!(error instanceof EngineRefusal)) return error instanceof Error ? error : new Error(String(error))
  const kind = attempt.action.split(' ')[0]
  const code =
    PATTERNS.find(({ text, only }) => (only === undefined || only === kind) && text.test(error.message))
      ?.code ?? attempt.code
  const capabilities = code === 'CAPABILITY_MISSING' ? await missingCapabilitiesHere() : []
  // The same text also comes from a runtime that lacks a right for another reason: then no capability is to blame.
  const known = code === 'CAPABILITY_MISSING' && capabilities.length === 0 ? attempt.code : code
  return raiseBy(
    known,
    {
      engine: attempt.engine,
      action: attempt.action,
      subject: attempt.subject,
      image: attempt.subject,
      reason: error.message,
      state: error.message,
      capabilities,
      ...attempt.data,
    },
    error,
  )
}

/** Runs one request of an attempt and explains its refusal. */
export async function attempted<T>(attempt: Attempt, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof AnnealError ? error : await explain(error, attempt)
  }
}

/** The engine's `404 no such container` as `undefined`. */
export async function unlessAbsent<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof EngineRefusal && error.status === 404) return undefined
    if (isAnnealError(error, 'CONTAINER_NOT_FOUND')) return undefined
    throw error
  }
}
