import { DatabaseSync } from 'node:sqlite'

/** One statement with its values. */
export type Statement = Readonly<{ sql: string; values?: readonly string[] }>

/** For SQLAlchemy. Whoever finds the data base locked waits for a minute, not for five seconds: machines are slow. */
export function sqliteUrl(path: string): string {
  return `sqlite:///${path}?timeout=60`
}

/** Runs statements in one transaction on a data base that no service has open yet. */
export function change(path: string, statements: readonly Statement[]): void {
  const database = new DatabaseSync(path)
  try {
    database.exec('BEGIN')
    for (const { sql, values = [] } of statements) database.prepare(sql).run(...values)
    database.exec('COMMIT')
  } finally {
    database.close()
  }
}

/**
 * Write-ahead logging, kept in the file: without it several processes on one SQLite file get in each other's way, and
 * Keystone answers 500 ("database is locked").
 */
export function useWriteAheadLog(path: string): void {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA journal_mode = WAL')
  } finally {
    database.close()
  }
}
