import { TomlError, parse } from 'smol-toml'

export type Toml = Readonly<Record<string, unknown>>

/** A table of TOML, or why it is none, as the end of a sentence. */
export function parseToml(text: string): Readonly<{ table: Toml } | { problem: string }> {
  try {
    return { table: parse(text) }
  } catch (error) {
    if (error instanceof TomlError) {
      const [what = ''] = error.message.split('\n')
      return { problem: `line ${error.line}: ${what}` }
    }
    throw error
  }
}

export function tableOf(value: unknown): Toml | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Toml) : undefined
}

/** Undefined where it is no list of texts. */
export function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined
}

/** The line on which a text stands, from 1: the parser does not say. Undefined where it is written otherwise there. */
export function lineOf(file: string, text: string): number | undefined {
  const index = file.split('\n').findIndex((line) => !line.trimStart().startsWith('#') && line.includes(text))
  return index === -1 ? undefined : index + 1
}
