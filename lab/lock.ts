import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { raise } from './errors.ts'
import { say } from './run.ts'

const TELL_EVERY_MS = 60_000

/**
 * Runs `work` while no other process of this machine holds `path`. Test files run side by side: without this, two of
 * them would build the same image. A lock whose holder died is taken over; who waits says so every minute.
 */
export async function withLock<T>(path: string, work: () => Promise<T>, timeoutMs = 3_600_000): Promise<T> {
  mkdirSync(dirname(path), { recursive: true })
  const startedAt = Date.now()
  let toldAt = startedAt
  while (!acquire(path)) {
    const now = Date.now()
    if (now - toldAt > TELL_EVERY_MS) {
      toldAt = now
      say(`waiting for ${path}, held by pid ${holder(path) ?? 0} (${Math.round((now - startedAt) / 1000)} s)`)
    }
    if (now - startedAt > timeoutMs) {
      throw raise('LAB_LOCKED', { path, pid: holder(path) ?? 0, seconds: timeoutMs / 1000 })
    }
    await sleep(150)
  }
  try {
    return await work()
  } finally {
    rmSync(path, { force: true })
  }
}

function acquire(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const pid = holder(path)
  if (pid !== undefined && !alive(pid)) rmSync(path, { force: true })
  return false
}

function holder(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    // Empty: its holder is between creating and writing.
    return pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
