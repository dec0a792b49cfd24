import type { Volume } from '../../stack/index.ts'
import type { ImageFiles } from '../image-files.ts'
import { unescape } from './expand.ts'

type Place = Readonly<{
  files: ImageFiles
  /** The volume of a device, `$root` where there is none. */
  volumeOf: (device: string | undefined) => Volume | undefined
}>

/** What one word may become. */
const MOST_PATHS = 1024
/** A name and a pattern beyond this are none. */
const MOST_CHARACTERS = 4096

/**
 * The paths that a pattern stands for (grub-core/commands/wildcard.c), in the order of their directories: `*` and `?` in
 * names. undefined where there are none, and the word stands for itself. `unclear` where it would stand for devices.
 */
export async function matchPaths(
  pattern: string,
  place: Place,
): Promise<readonly string[] | undefined | 'unclear'> {
  const [, device = '', path = ''] = /^(\((?:[^)\\]|\\[^])*\))?([^]*)$/.exec(pattern) ?? []
  if (hasWildcard(device) || !path.startsWith('/')) return 'unclear'
  const parts = path.split('/').slice(1)
  let paths: readonly string[] = [unescape(device, false)]
  let isFound = false
  for (const [index, part] of parts.entries()) {
    const next: string[] = []
    for (const directory of paths) {
      if (next.length >= MOST_PATHS) break
      if (hasWildcard(part)) {
        const names = await namesIn(`${directory}/`, place)
        next.push(...names.filter((name) => fits(name, part)).map((name) => `${directory}/${name}`))
      } else {
        const whole = `${directory}/${unescape(part, false)}`
        if (!isFound || (await isThere(whole, place))) next.push(whole)
      }
    }
    isFound ||= hasWildcard(part)
    paths = next.slice(0, MOST_PATHS)
    if (paths.length === 0) return undefined
    if (index === parts.length - 1) return paths
  }
  return paths
}

async function namesIn(path: string, { files, volumeOf }: Place): Promise<readonly string[]> {
  const [, device, directory = path] = /^\(([^)]*)\)([^]*)$/.exec(path) ?? []
  const volume = volumeOf(device)
  return volume === undefined ? [] : files.listed(volume, directory)
}

async function isThere(path: string, { files, volumeOf }: Place): Promise<boolean> {
  const [, device, rest = path] = /^\(([^)]*)\)([^]*)$/.exec(path) ?? []
  const volume = volumeOf(device)
  return volume !== undefined && (await files.find(volume, rest, { lastLink: 'keep' })) !== undefined
}

function hasWildcard(part: string): boolean {
  return /^(?:[^\\*?]|\\[^])*[*?]/.test(part)
}

/** By going back to the last `*` alone: in the time of name times pattern. */
function fits(name: string, pattern: string): boolean {
  if (name.length > MOST_CHARACTERS || pattern.length > MOST_CHARACTERS) return false
  const parts = pattern.match(/\\[^]|[^]/g) ?? []
  let [at, part, star, mark] = [0, 0, -1, 0]
  while (at < name.length) {
    const wanted = parts[part]
    if (wanted === '*') {
      star = part
      mark = at
      part += 1
    } else if (
      wanted !== undefined &&
      (wanted === '?' || (wanted.length === 2 ? wanted[1] : wanted) === name[at])
    ) {
      at += 1
      part += 1
    } else if (star !== -1) {
      part = star + 1
      mark += 1
      at = mark
    } else return false
  }
  while (parts[part] === '*') part += 1
  return part === parts.length
}
