import { lock, previewLock, writeLocked } from '../../../adapters/compose/index.ts'
import type { LockOptions as AdapterOptions, LockPreview, Locked } from '../../../adapters/compose/index.ts'
import { sha256 } from '../../../adapters/system/index.ts'
import type { Engine, PullProgress } from '../../../ports/index.ts'
import type { Environment } from '../../environment.ts'

export type LockOptions = Readonly<{
  environment: Environment
  /** Instead of the `.env` beside the file. */
  envFile?: string
  /** `missing`: the engine's own image where it has one. `always`: the registry is asked for a newer one. */
  pull: 'missing' | 'always'
  /** Where the locked file goes; by default beside the other one. */
  output?: string
  onPull?: (progress: PullProgress) => void
  signal?: AbortSignal
}>

/**
 * Pins every image of a Compose file by digest and writes the locked file. Throws what is wrong with the file,
 * LOCK_IMAGE_UNKNOWN, RELEASE_HOLDS_SECRETS, LOCK_MOVES_PATHS.
 */
export async function lockRelease(file: string, engine: Engine, options: LockOptions): Promise<Locked> {
  const locked = await lock(file, engine, adapterOptions(options))
  await writeLocked(locked)
  return locked
}

/** What `lockRelease` would do. Pulls nothing, and writes nothing. */
export function previewLockRelease(file: string, engine: Engine, options: LockOptions): Promise<LockPreview> {
  return previewLock(file, engine, adapterOptions(options))
}

function adapterOptions({ onPull, ...options }: LockOptions): AdapterOptions {
  return { ...options, digest: sha256, ...(onPull === undefined ? {} : { onProgress: onPull }) }
}
