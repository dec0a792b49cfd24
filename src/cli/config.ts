import { readFileSync } from 'node:fs'
import { yamlValue } from '../core/index.ts'
import type { Command } from './command.ts'
import { raise } from './errors.ts'
import { nearest, offer } from './nearest.ts'

const DEFAULT_CONFIG = '/etc/anneal/config.yaml'

/**
 * Settings from a YAML file whose keys are the long names of flags. The default file may be absent, a named one may
 * not. A key that no command has is refused: a typo must not pass for a setting.
 */
export async function readConfig(
  file: string | undefined,
  allCommands: () => Promise<readonly Command[]>,
): Promise<Readonly<Record<string, unknown>>> {
  const path = file ?? DEFAULT_CONFIG
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (file === undefined && (error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw raise('CONFIG_INVALID', { file: path, why: (error as Error).message }, error)
  }
  // The file that the Debian package installs holds comments alone: the reader of YAML costs more than a short command.
  if (!/^\s*[^\s#]/m.test(text)) return {}
  // Loaded only where there is a setting, as are all commands.
  const { parseDocument } = await import('yaml')
  let value: unknown
  try {
    // Numbers and dates are texts for a flag, as on a command line.
    value = yamlValue(parseDocument(text, { schema: 'failsafe' }))
  } catch (error) {
    throw raise('CONFIG_INVALID', { file: path, why: (error as Error).message }, error)
  }
  if (value === '' || value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw raise('CONFIG_INVALID', { file: path, why: 'it is not a map of settings' })
  }
  const known = settings(await allCommands())
  for (const spec of known.values()) if (spec.was !== undefined) known.set(spec.was, spec)
  const read: Record<string, unknown> = {}
  for (const [key, setting] of Object.entries(value)) {
    const spec = known.get(key)
    if (spec === undefined) {
      const why = `"${key}" is not a setting${offer(nearest(key, [...known.keys()]))}`
      throw raise('CONFIG_INVALID', { file: path, why })
    }
    read[key] = settingOf(spec.kind, setting)
    if (read[key] === undefined) {
      throw raise('CONFIG_INVALID', { file: path, why: `"${key}" is not ${KINDS[spec.kind]}` })
    }
  }
  return read
}

const KINDS = {
  switch: 'true or false',
  list: 'a list of texts',
  text: 'a text',
  choice: 'a text',
} as const

/** Undefined where the value is none for that kind of flag. */
function settingOf(kind: keyof typeof KINDS, value: unknown): unknown {
  switch (kind) {
    case 'switch':
      return value === 'true' || value === 'false' ? value === 'true' : undefined
    case 'list':
      // One text is a list of one.
      if (typeof value === 'string') return [value]
      return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value : undefined
    case 'text':
    case 'choice':
      return typeof value === 'string' ? value : undefined
  }
}

/** An example with every setting, commented out, at its default. */
export function configExample(commands: readonly Command[]): string {
  const lines = [
    `# Settings of anneal; by default ${DEFAULT_CONFIG}. Flags and environment variables win over them.`,
  ]
  for (const [name, spec] of settings(commands)) {
    const value =
      spec.kind === 'switch'
        ? 'false'
        : spec.kind === 'list'
          ? '[]'
          : (spec.default ?? (spec.kind === 'choice' ? spec.values[0] : '""'))
    lines.push(
      '',
      `# ${spec.help}${spec.kind === 'choice' ? ` (${spec.values.join(', ')})` : ''}`,
      `# ${name}: ${value}`,
    )
  }
  return `${lines.join('\n')}\n`
}

function settings(commands: readonly Command[]): Map<string, Command['flags'][string]> {
  const found = new Map<string, Command['flags'][string]>()
  for (const command of commands) {
    for (const [name, spec] of Object.entries(command.flags)) {
      if (spec.flagOnly !== true && !found.has(name)) found.set(name, spec)
    }
  }
  return found
}
