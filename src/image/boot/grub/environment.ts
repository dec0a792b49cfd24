import type { ArgumentSource } from '../contract.ts'

/** The first line of an environment block (grub-core/lib/envblk.c). */
export const ENVIRONMENT_HEADER = '# GRUB Environment Block\n'

/** A variable, and what set it. */
export type Variable = Readonly<{ value: string; source: ArgumentSource }>

export type Variables = ReadonlyMap<string, Variable>

/**
 * The variables of a GRUB environment block (grub-core/lib/envblk.c): lines `name=value` after a header, `\` before a
 * newline or a backslash of a value, filled up with `#`. undefined where the header is not there.
 */
export function parseEnvironmentBlock(text: string, file: string): Variables | undefined {
  if (!text.startsWith(ENVIRONMENT_HEADER)) return undefined
  const variables = new Map<string, Variable>()
  let line = 1
  for (const entry of splitEnvironment(text)) {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(entry) ?? []
    if (name !== undefined && value !== undefined) {
      variables.set(name, {
        value: unescapeEnvironment(value),
        source: { kind: 'grubenv', file, line },
      })
    }
    line += entry.split('\n').length
  }
  return variables
}

/** The lines of a block: a newline behind a backslash that is not escaped itself belongs to a value. */
export function splitEnvironment(text: string): readonly string[] {
  return text.split(/(?<!(?:^|[^\\])(?:\\\\)*\\)\n/)
}

/** The value that is meant by one as it stands in the block. */
export function unescapeEnvironment(value: string): string {
  return value.replaceAll(/\\(.)/gs, '$1')
}
