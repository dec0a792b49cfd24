import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { makeFolderSync } from '../folders/index.ts'
import { raise } from './errors.ts'

/** Replaces a file so that after a power cut either the old or the new content is there, whole. Mode 0600. */
export function replaceFile(path: string, text: string): void {
  guarded(path, () => {
    const next = `${path}.new`
    const file = openSync(next, 'w', 0o600)
    try {
      writeAll(file, text)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(next, path)
    syncDirectory(dirname(path))
  })
}

/**
 * Appends a line and syncs it. Where the disk is full, the reserve beside the file is given up first: a run that has
 * begun must be able to write down how it ends.
 */
export function appendLine(path: string, line: string, reserve?: string): void {
  guarded(path, () => {
    const file = openSync(path, 'a', 0o600)
    try {
      appendWhole(file, `${line}\n`, reserve)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  })
}

/** A file of zeros that holds space for appendLine. */
export function reserveSpace(path: string, sizeBytes: number): void {
  guarded(path, () => {
    makeFolderSync(dirname(path), { mode: 0o700 })
    const file = openSync(path, 'w', 0o600)
    try {
      writeAll(file, '\0'.repeat(sizeBytes))
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  })
}

/** Cuts a file back, so that a torn last line does not stand before the next one. */
export function truncateFile(path: string, sizeBytes: number): void {
  guarded(path, () => {
    const file = openSync(path, 'r+')
    try {
      ftruncateSync(file, sizeBytes)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  })
}

function appendWhole(file: number, text: string, reserve: string | undefined): void {
  try {
    writeAll(file, text)
  } catch (error) {
    if (reserve === undefined || (error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    rmSync(reserve, { force: true })
    writeAll(file, text)
  }
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let offset = 0; offset < bytes.length;) offset += writeSync(file, bytes, offset)
}

/** The whole text of a file; undefined where there is none. Throws STATE_UNREADABLE. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw raise('STATE_UNREADABLE', { path, why: (error as Error).message }, error)
  }
}

export function syncDirectory(path: string): void {
  const directory = openSync(path, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

function guarded(path: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    throw raise('STATE_UNWRITABLE', { path, why: (error as Error).message }, error)
  }
}
