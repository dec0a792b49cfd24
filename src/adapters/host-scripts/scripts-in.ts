import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Longest script that is read. */
const MAX_SCRIPT_BYTES = 256 * 1024

/** What a unit, a job or a script has to mention to have to do with containers. */
export function mentionsEngine(text: string): boolean {
  return /\b(docker|podman|nerdctl)\b/.test(text)
}

/** Texts of the scripts among the absolute paths of command lines. `root` is where the host's files are. */
export function scriptsIn(lines: readonly string[], root: string): readonly string[] {
  const paths = new Set(
    lines.flatMap((line) =>
      line.split(/[\s"';]+/).flatMap((word) => /^[-@:+!]*(\/[^\s]+)$/.exec(word)?.[1] ?? []),
    ),
  )
  return [...paths].map((path) => readScript(join(root, path))).filter((script) => script !== undefined)
}

/** Text of a file that begins with `#!`; undefined for anything else. Does not wait for a pipe or a device. */
export function readScript(path: string): string | undefined {
  let file: number | undefined
  try {
    if (!statSync(path).isFile()) return undefined
    file = openSync(path, 'r')
    const begin = Buffer.alloc(2)
    readSync(file, begin, 0, 2, 0)
    if (begin.toString('latin1') !== '#!' || fstatSync(file).size > MAX_SCRIPT_BYTES) return undefined
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}
