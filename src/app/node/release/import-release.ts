import { importCommand, importFile } from '../../../adapters/compose/index.ts'
import type { ImportResult } from '../../../adapters/compose/index.ts'
import type { Environment } from '../../environment.ts'

export type ImportOptions = Readonly<{
  /** Values of the variables in the old form. */
  environment: Environment
  /** Name of the project; by default that of the file or of its directory. */
  project?: string
}>

/**
 * Turns a fig.yml, an old Compose file or a script (`{ file }`), or one `docker run` line (`{ command }`, word by word)
 * into a Compose file. Writes nothing. Throws IMPORT_UNKNOWN_FORMAT and what says what is wrong in it.
 */
export function importRelease(
  from: Readonly<{ file: string }> | Readonly<{ command: readonly string[] }>,
  options: ImportOptions,
): Promise<ImportResult> {
  return 'file' in from ? importFile(from.file, options) : importCommand(from.command, options)
}
