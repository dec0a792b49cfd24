import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, isAbsolute, resolve } from 'node:path'
import { isAnnealError, systemReason } from '../../core/index.ts'
import type { EnvFileEntry, Lookup, Problem, Tree } from '../../node/release/index.ts'
import { envFileEntries, envFileKey, isMap, parseEnvFile } from '../../node/release/index.ts'
import { raise } from './errors.ts'
import { MAX_BYTES } from './yaml-tree.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Reads a text file of bounded size. Throws COMPOSE_FILE_UNREADABLE. */
export async function readText(file: string): Promise<string> {
  try {
    const { size } = await stat(file)
    if (size > MAX_BYTES)
      throw raise('COMPOSE_FILE_UNREADABLE', { file, reason: `it is larger than ${MAX_BYTES} bytes` })
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isAnnealError(error)) throw error
    const reason = `${systemReason(error)}${file === '-' ? ', and standard input is not read' : ''}`
    throw raise('COMPOSE_FILE_UNREADABLE', { file, reason }, error)
  }
}

function isAbsent(error: unknown): boolean {
  return isAnnealError(error) && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
}

/** Where variables come from: the environment first, then the `.env` file beside the Compose file (or another one). */
export async function variableSource(
  directory: string,
  environment: Environment,
  envFile?: string,
): Promise<Lookup> {
  const own: Lookup = (name) => environment[name]
  const file = envFile === undefined ? resolve(directory, '.env') : resolve(envFile)
  let text: string
  try {
    text = await readText(file)
  } catch (error) {
    const absent =
      isAnnealError(error) && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT'
    if (absent && envFile === undefined) return own
    throw error
  }
  const values = parseEnvFile(text, { file: basename(file), lookup: own })
  return (name) => own(name) ?? values.get(name)
}

/** Reads every `env_file` that the services name. What cannot be read becomes a problem at its place. */
export async function readEnvFiles(
  tree: Tree,
  directory: string,
  lookup: Lookup,
): Promise<Readonly<{ files: Map<string, ReadonlyMap<string, string>>; problems: readonly Problem[] }>> {
  const files = new Map<string, ReadonlyMap<string, string>>()
  const problems: Problem[] = []
  const services = isMap(tree) && isMap(tree['services']) ? Object.entries(tree['services']) : []
  for (const [name, service] of services) {
    for (const entry of envFileEntries(isMap(service) ? service['env_file'] : undefined)) {
      if (files.has(envFileKey(entry))) continue
      try {
        files.set(envFileKey(entry), await readEnvFile(entry, directory, lookup))
      } catch (error) {
        if (!isAnnealError(error)) throw error
        problems.push({ path: ['services', name, 'env_file'], error, at: 'value' })
      }
    }
  }
  return { files, problems }
}

async function readEnvFile(
  entry: EnvFileEntry,
  directory: string,
  lookup: Lookup,
): Promise<ReadonlyMap<string, string>> {
  const file = isAbsolute(entry.path) ? entry.path : resolve(directory, entry.path)
  let text: string
  try {
    text = await readText(file)
  } catch (error) {
    if (!isAnnealError(error)) throw error
    if (!entry.required && isAbsent(error)) return new Map()
    throw raise(
      'ENV_FILE_UNREADABLE',
      { file: entry.path, reason: error.data['reason'] ?? error.message },
      error,
    )
  }
  return parseEnvFile(text, { file: entry.path, format: entry.format, lookup })
}

/** The absolute directory in which the file's relative paths start. */
export function directoryOf(file: string): string {
  return dirname(resolve(file))
}
