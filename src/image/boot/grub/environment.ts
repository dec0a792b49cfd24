import type { ArgumentSource } from '../contract.ts'

/** A variable, and what set it. */
export type Variable = Readonly<{ value: string; source: ArgumentSource }>

export type Variables = ReadonlyMap<string, Variable>

/**
 * The variables of a GRUB environment block (grub-core/lib/envblk.c): lines `name=value` after a header, `\` before a
 * newline or a backslash of a value, filled up with `#`. undefined where the header is not there.
 */
export function parseEnvironmentBlock(text: string, file: string): Variables | undefined {
  if (!text.startsWith('# GRUB Environment Block\n')) return undefined
  const variables = new Map<string, Variable>()
  let line = 1
  for (const entry of text.split(/(?<!(?:^|[^\\])(?:\\\\)*\\)\n/)) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(entry) ?? []
    if (name !== undefined && value !== undefined) {
      variables.set(name, {
        value: value.replaceAll(/\\(.)/gs, '$1'),
        source: { kind: 'grubenv', file, line },
      })
    }
    line += entry.split('\n').length
  }
  return variables
}
