import { checkFiles, loadRelease } from '../../../adapters/compose/index.ts'
import { sha256 } from '../../../adapters/system/index.ts'
import type { Environment } from '../../environment.ts'
import type { LoadedRelease } from '../plan-run.ts'

export type ReleaseFileOptions = Readonly<{
  /** Where the variables of the file come from, before its `.env`. */
  environment: Environment
  /** Instead of the `.env` beside the file. */
  envFile?: string
}>

/**
 * The release of a locked Compose file, and what is wrong with the files of this host that it names. Throws
 * RELEASE_INVALID, RELEASE_UNPINNED, RELEASE_HOLDS_SECRETS, COMPOSE_FILE_UNREADABLE.
 */
export async function releaseFile(file: string, options: ReleaseFileOptions): Promise<LoadedRelease> {
  const release = await loadRelease(file, { ...options, digest: sha256 })
  return { release, findings: await checkFiles(release) }
}
