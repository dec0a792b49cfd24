import { fromGlob } from './glob.ts'
import { knows } from './since.ts'

/** What a loader.conf says of which entry boots by itself (loader.conf(5)). */
export type LoaderConf = Readonly<{
  default?: string
  /** Since systemd 260: before `default`, and it passes over entries that have no tries left. */
  preferred?: string
}>

/** Of several lines with a key the last one counts; what stands behind a value is a part of it, also a `#`. */
export function parseLoaderConf(text: string): LoaderConf {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, key, value] = /^[ \t\r]*([^ \t\r#][^ \t\r]*)[ \t\r]+(.*?)[ \t\r]*$/.exec(line) ?? []
    if (key !== undefined && value !== undefined && value !== '') values.set(key, value)
  }
  const [byDefault, preferred] = [values.get('default'), values.get('preferred')]
  return {
    ...(byDefault !== undefined && { default: byDefault }),
    ...(preferred !== undefined && { preferred }),
  }
}

export type NamedEntry = Readonly<{ name: string; triesLeft?: number; profile?: number }>

/**
 * Of entries in the order of the menu, by their file names without boot counters: the first one that a pattern fits, else the
 * first one; newer versions take no profile by themselves but the first of an image. `@saved` and other words with `@` are in
 * the firmware's variables, not in the image.
 */
export function defaultEntry(entries: readonly NamedEntry[], conf: LoaderConf, systemdBoot?: number): number {
  const preferred = knows(systemdBoot, 'preferred') ? conf.preferred : undefined
  for (const [pattern, isGood] of [
    [preferred, ({ triesLeft }: NamedEntry) => triesLeft !== 0],
    [conf.default, () => true],
  ] as const) {
    if (pattern === undefined || pattern.startsWith('@')) continue
    const fits = fromGlob(pattern)
    const found = entries.findIndex((entry) => fits(entry.name) && isGood(entry))
    if (found !== -1) return found
  }
  if (!knows(systemdBoot, 'firstProfiles')) return 0
  return Math.max(
    0,
    entries.findIndex(({ profile = 0 }) => profile === 0),
  )
}
