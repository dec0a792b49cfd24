import type { Cloud } from './cloud.ts'
import { cloudFromSettings } from './cloud-settings.ts'
import { readCloudFiles } from './cloud-files.ts'
import type { Settings, Surroundings } from './cloud-files.ts'
import { raise } from './errors.ts'

/** The name under which the OS_ variables of the environment are a cloud, as in openstacksdk. */
const OF_ENVIRONMENT = 'envvars'

/** Variables that choose or locate; all other OS_ variables are settings. */
const NO_SETTINGS = new Set([
  'OS_CLOUD',
  'OS_CLIENT_CONFIG_FILE',
  'OS_CLIENT_SECURE_FILE',
  'OS_CLIENT_VENDOR_FILE',
  'OS_IDENTITY_API_VERSION',
])

/**
 * The cloud to use: the named one, that of OS_CLOUD, the OS_ variables by themselves, or the only one in clouds.yaml.
 * `systemScope` takes the place of the scope there, as with the `openstack` client. Throws CLOUD_NOT_CHOSEN, CLOUD_UNKNOWN and what is wrong with the one that was chosen.
 */
export function chooseCloud(around: Surroundings, named?: string, systemScope?: string): Cloud {
  const files = readCloudFiles(around)
  const fromEnvironment = environmentSettings(around.environment)
  const name = named ?? (around.environment['OS_CLOUD'] || undefined)
  const known = Object.keys(files.clouds)
  if (name === undefined && fromEnvironment !== undefined) {
    return cloudFromSettings(OF_ENVIRONMENT, fromEnvironment, 'the OS_ variables', systemScope)
  }
  if (name === undefined && known.length !== 1) {
    const there = known.length === 0 ? 'there is no clouds.yaml' : `${files.path} has ${known.join(', ')}`
    throw raise('CLOUD_NOT_CHOSEN', { why: `none is named, no OS_AUTH_URL is set, and ${there}` })
  }
  const chosen = name ?? known[0] ?? ''
  const entry = files.clouds[chosen]
  if (entry !== undefined) return cloudFromSettings(chosen, entry, files.path ?? 'clouds.yaml', systemScope)
  if (chosen === OF_ENVIRONMENT && fromEnvironment !== undefined) {
    return cloudFromSettings(OF_ENVIRONMENT, fromEnvironment, 'the OS_ variables', systemScope)
  }
  if (files.path === undefined || known.length === 0) {
    const why = `"${chosen}" is named, and ${files.path === undefined ? 'there is no clouds.yaml' : `${files.path} has no cloud`}`
    throw raise('CLOUD_NOT_CHOSEN', { why })
  }
  throw raise('CLOUD_UNKNOWN', { cloud: chosen, where: files.path, known })
}

/** OS_PROJECT_NAME → `project_name`; undefined where nothing says how to log in. */
function environmentSettings(environment: Surroundings['environment']): Settings | undefined {
  const settings: Record<string, string> = {}
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('OS_') || NO_SETTINGS.has(name) || value === undefined || value === '') continue
    settings[name.slice('OS_'.length).toLowerCase()] = value
  }
  const says = ['auth_url', 'endpoint', 'baremetal_endpoint_override', 'image_endpoint_override']
  return says.some((name) => settings[name] !== undefined) ? settings : undefined
}
