import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseDocument } from 'yaml'
import { yamlValue } from '../../core/index.ts'
import { raise } from './errors.ts'

/** Settings as the files hold them: every scalar is text, so that a password of digits stays what it is. */
export type Settings = { readonly [name: string]: string | readonly unknown[] | Settings }

export type CloudFiles = Readonly<{
  /** clouds.yaml with secure.yaml laid over it: the entries under `clouds`. */
  clouds: Readonly<Record<string, Settings>>
  /** The clouds file that was read. */
  path: string | undefined
}>

export type Surroundings = Readonly<{
  environment: Readonly<Record<string, string | undefined>>
  workingDirectory: string
}>

const EXTENSIONS = ['.yaml', '.yml', '.json'] as const

/**
 * Reads clouds.yaml and secure.yaml from where openstacksdk looks for them: the file that OS_CLIENT_CONFIG_FILE
 * (OS_CLIENT_SECURE_FILE) names, else the first of the working directory, ~/.config/openstack and /etc/openstack that
 * has one. https://docs.openstack.org/openstacksdk/latest/user/config/configuration.html
 */
export function readCloudFiles(around: Surroundings): CloudFiles {
  const clouds = readFirst('clouds', around.environment['OS_CLIENT_CONFIG_FILE'], around)
  const secure = readFirst('secure', around.environment['OS_CLIENT_SECURE_FILE'], around)
  return {
    path: clouds?.path,
    clouds: merged(entriesOf(clouds), entriesOf(secure)) as Readonly<Record<string, Settings>>,
  }
}

type Found = Readonly<{ path: string; value: unknown }>

function readFirst(name: string, chosen: string | undefined, around: Surroundings): Found | undefined {
  if (chosen !== undefined && chosen !== '') return read(chosen, true)
  const home =
    around.environment['XDG_CONFIG_HOME'] ?? join(around.environment['HOME'] ?? homedir(), '.config')
  for (const directory of [around.workingDirectory, join(home, 'openstack'), '/etc/openstack']) {
    for (const extension of EXTENSIONS) {
      const found = read(join(directory, `${name}${extension}`), false)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function read(path: string, required: boolean): Found | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!required && (code === 'ENOENT' || code === 'ENOTDIR')) return undefined
    throw raise('CLOUD_FILE_UNREADABLE', { path, why: message }, error)
  }
  try {
    return { path, value: yamlValue(parseDocument(text, { schema: 'failsafe' })) }
  } catch (error) {
    throw raise('CLOUD_FILE_UNREADABLE', { path, why: (error as Error).message })
  }
}

function entriesOf(found: Found | undefined): Settings {
  if (found === undefined || found.value === '' || found.value === null) return {}
  if (!isSettings(found.value)) {
    throw raise('CLOUD_FILE_UNREADABLE', { path: found.path, why: 'it is not a map' })
  }
  const clouds = found.value['clouds'] ?? {}
  if (clouds === '') return {}
  if (!isSettings(clouds) || !Object.values(clouds).every((entry) => isSettings(entry))) {
    throw raise('CLOUD_FILE_UNREADABLE', { path: found.path, why: '"clouds" is not a map of clouds' })
  }
  return clouds
}

function merged(base: Settings, over: Settings): Settings {
  const result: Record<string, Settings[string]> = { ...base }
  for (const [name, value] of Object.entries(over)) {
    const under = result[name]
    result[name] = isSettings(under) && isSettings(value) ? merged(under, value) : value
  }
  return result
}

export function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
