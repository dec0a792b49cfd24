import { copyFileSync, linkSync, rmSync } from 'node:fs'

/** The same file under another path: no bytes are copied where both are on one file system. */
export function placeFile(source: string, target: string): void {
  rmSync(target, { force: true })
  try {
    linkSync(source, target)
  } catch {
    copyFileSync(source, target)
  }
}
