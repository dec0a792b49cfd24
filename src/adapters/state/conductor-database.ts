import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolderSync } from '../folders/index.ts'
import type { MachineRecord, PortRecord } from '../../conductor/index.ts'
import type { ConductorStore, RamdiskSession } from '../../ports/index.ts'
import type { SagaEntry } from '../../saga/index.ts'
import { readIfThere, replaceFile } from './durable-file.ts'
import { raise } from './errors.ts'

/** Of this layout; a database of a later one is refused. */
const LAYOUT = 1

const TABLES = `
  CREATE TABLE IF NOT EXISTS machine (uuid TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS port (uuid TEXT PRIMARY KEY, machine TEXT NOT NULL, address TEXT NOT NULL UNIQUE,
    record TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS journal (machine TEXT NOT NULL, run TEXT NOT NULL, sequence INTEGER NOT NULL,
    entry TEXT NOT NULL, PRIMARY KEY (machine, run, sequence)) STRICT;
  CREATE TABLE IF NOT EXISTS session (machine TEXT PRIMARY KEY, session TEXT NOT NULL) STRICT;
`

/**
 * The store of a conductor: `conductor.db` in its state directory, held exclusively by one process. Credentials and config
 * drives are files of mode 0600 below `machines/UUID`. Throws CONDUCTOR_LOCKED, CONDUCTOR_DATABASE_NEWER, STATE_UNWRITABLE.
 */
export function openConductorStore(directory: string): ConductorStore {
  const path = join(directory, 'conductor.db')
  const database = opened(directory, path)
  const rows = (sql: string, column: string, ...values: string[]): readonly unknown[] =>
    database
      .prepare(sql)
      .all(...values)
      .map((row): unknown => JSON.parse(String(row[column])))
  const run = (sql: string, ...values: (string | number)[]): void => {
    try {
      database.prepare(sql).run(...values)
    } catch (error) {
      throw raise('STATE_UNWRITABLE', { path, why: (error as Error).message }, error)
    }
  }
  const secret = (machine: string, name: string): string => join(directory, 'machines', machine, name)
  return {
    machines: () => rows('SELECT record FROM machine ORDER BY uuid', 'record') as readonly MachineRecord[],
    machine: (uuid) =>
      rows('SELECT record FROM machine WHERE uuid = ?', 'record', uuid)[0] as MachineRecord | undefined,
    saveMachine(machine) {
      run('INSERT OR REPLACE INTO machine VALUES (?, ?)', machine.uuid, JSON.stringify(machine))
    },
    removeMachine(uuid) {
      database.exec('BEGIN')
      for (const table of ['port', 'journal', 'session']) run(`DELETE FROM ${table} WHERE machine = ?`, uuid)
      run('DELETE FROM machine WHERE uuid = ?', uuid)
      database.exec('COMMIT')
      rmSync(join(directory, 'machines', uuid), { recursive: true, force: true })
    },
    ports: () => rows('SELECT record FROM port ORDER BY uuid', 'record') as readonly PortRecord[],
    savePort(port) {
      run(
        'INSERT OR REPLACE INTO port VALUES (?, ?, ?, ?)',
        port.uuid,
        port.machine,
        port.address,
        JSON.stringify(port),
      )
    },
    removePort: (uuid) => run('DELETE FROM port WHERE uuid = ?', uuid),
    journal: (machine) =>
      rows(
        'SELECT entry FROM journal WHERE machine = ? ORDER BY sequence',
        'entry',
        machine,
      ) as readonly SagaEntry[],
    appendJournal(machine, entry) {
      run('DELETE FROM journal WHERE machine = ? AND run <> ?', machine, entry.run)
      run(
        'INSERT INTO journal VALUES (?, ?, ?, ?)',
        machine,
        entry.run,
        entry.sequence,
        JSON.stringify(entry),
      )
    },
    session: (machine) =>
      rows('SELECT session FROM session WHERE machine = ?', 'session', machine)[0] as
        | RamdiskSession
        | undefined,
    sessions: () =>
      database
        .prepare('SELECT machine, session FROM session')
        .all()
        .map(({ machine, session }) => ({
          machine: String(machine),
          session: JSON.parse(String(session)) as RamdiskSession,
        })),
    saveSession(machine, session) {
      if (session === undefined) run('DELETE FROM session WHERE machine = ?', machine)
      else run('INSERT OR REPLACE INTO session VALUES (?, ?)', machine, JSON.stringify(session))
    },
    credentials: (machine) =>
      JSON.parse(jsonIn(secret(machine, 'credentials.json')) ?? '{}') as Record<string, string>,
    saveCredentials: (machine, credentials) =>
      saveSecret(secret(machine, 'credentials.json'), JSON.stringify(credentials)),
    configDrive: (machine) => jsonIn(secret(machine, 'config-drive.json')),
    saveConfigDrive(machine, drive) {
      const file = secret(machine, 'config-drive.json')
      if (drive === undefined) rmSync(file, { force: true })
      else saveSecret(file, drive)
    },
    close: () => database.close(),
  }
}

function opened(directory: string, path: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    makeFolderSync(join(directory, 'machines'), { mode: 0o700 })
    database = new DatabaseSync(path)
    chmodSync(path, 0o600)
    // The lock is taken with the first read and kept until the process ends, however it ends.
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL')
    database.exec('BEGIN EXCLUSIVE; COMMIT')
  } catch (error) {
    database?.close()
    if (/locked|busy/.test((error as Error).message)) throw raise('CONDUCTOR_LOCKED', { path }, error)
    throw raise('STATE_UNWRITABLE', { path, why: (error as Error).message }, error)
  }
  const layout = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (layout > LAYOUT) {
    database.close()
    throw raise('CONDUCTOR_DATABASE_NEWER', { path, layout, known: LAYOUT })
  }
  database.exec(`${TABLES} PRAGMA user_version = ${LAYOUT};`)
  return database
}

function saveSecret(path: string, text: string): void {
  makeFolderSync(join(path, '..'), { mode: 0o700 })
  replaceFile(path, text)
}

/** The text of a file of JSON, undefined where it is not there. What the parser says quotes the text, and these hold secrets. */
function jsonIn(path: string): string | undefined {
  const text = readIfThere(path)
  if (text === undefined) return undefined
  try {
    JSON.parse(text)
    return text
  } catch {
    throw raise('STATE_UNREADABLE', { path, why: 'it is not JSON' })
  }
}
