import { readFileSync } from 'node:fs'
import type { Command } from './command.ts'
import { raise } from './errors.ts'

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
  const { parse } = await import('yaml')
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw raise('CONFIG_INVALID', { file: path, why: (error as Error).message }, error)
  }
  if (value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw raise('CONFIG_INVALID', { file: path, why: 'it is not a map of settings' })
  }
  const known = settings(await allCommands())
  for (const spec of known.values()) if (spec.was !== undefined) known.set(spec.was, spec)
  const read: Record<string, unknown> = {}
  for (const [key, setting] of Object.entries(value)) {
    const spec = known.get(key)
    if (spec === undefined) throw raise('CONFIG_INVALID', { file: path, why: `"${key}" is not a setting` })
    // One text is a list of one.
    read[key] = spec.kind === 'list' && typeof setting === 'string' ? [setting] : setting
    if (!isOfKind(spec.kind, read[key])) {
      throw raise('CONFIG_INVALID', { file: path, why: `"${key}" is not a ${spec.kind}` })
    }
  }
  return read
}

function isOfKind(kind: Command['flags'][string]['kind'], value: unknown): boolean {
  if (kind === 'switch') return typeof value === 'boolean'
  if (kind === 'list') return Array.isArray(value) && value.every((one) => typeof one === 'string')
  return typeof value === 'string'
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
