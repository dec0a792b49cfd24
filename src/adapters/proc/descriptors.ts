import { lstatSync, readdirSync } from 'node:fs'
import { goneOrThrow } from './proc-files.ts'

/** The links in /proc/PID/fd; none where the process is gone, or may not be read. */
export function descriptorsOf(processDir: string): readonly string[] {
  try {
    return readdirSync(`${processDir}/fd`).map((fd) => `${processDir}/fd/${fd}`)
  } catch (error) {
    return goneOrThrow(error) ?? []
  }
}

/** proc(5): the owner's bits of the link are the mode of the descriptor. */
export function isWritable(link: string): boolean {
  try {
    return (lstatSync(link).mode & 0o200) !== 0
  } catch (error) {
    return goneOrThrow(error) ?? false
  }
}
