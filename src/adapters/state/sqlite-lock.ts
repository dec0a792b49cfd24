import { readFileSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { Lock } from '../../ports/index.ts'
import { raise } from './errors.ts'

/**
 * A lock that ends with the process, however it ends: an open exclusive transaction of the embedded SQLite, which
 * the kernel's file locks hold (docs/adr/0002-sqlite-lock.md). The name of the holder stands in a file beside it.
 */
export function takeLock(path: string, holder: string): Lock {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    if (/locked|busy/.test((error as Error).message))
      throw raise('NODE_LOCKED', { holder: readHolder(path) }, error)
    throw raise('STATE_UNWRITABLE', { path, why: (error as Error).message }, error)
  }
  writeFileSync(`${path}.holder`, holder, { mode: 0o600 })
  return {
    release: async () => {
      database.exec('ROLLBACK')
      database.close()
    },
  }
}

function readHolder(path: string): string {
  try {
    return readFileSync(`${path}.holder`, 'utf8')
  } catch {
    return 'unknown'
  }
}
