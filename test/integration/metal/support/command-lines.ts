import { readFileSync, readdirSync } from 'node:fs'

/** The arguments of every process of this machine, as proc(5) gives them. */
export function commandLines(): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/cmdline`, 'utf8')
      } catch {
        return ''
      }
    })
}
