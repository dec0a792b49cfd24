import { authFilePaths, readAuthFile } from './auth-files.ts'
import type { AuthFile, Environment } from './auth-files.ts'
import { askHelper } from './credential-helper.ts'
import { parseReference, repositoryName } from './reference.ts'

export type Credentials =
  | Readonly<{ username: string; password: string }>
  /** An OAuth refresh token in place of a password. */
  | Readonly<{ identityToken: string }>

/** The key Docker stores its own registry's login under, since before there were others. */
const DOCKER_HUB_SERVER = 'https://index.docker.io/v1/'

/**
 * The login for the registry that `image` names, from the usual files: in each, the registry's own helper, then the
 * entry with the longest matching path, then the helper for all. The first file that has one wins.
 * `undefined`: pull without.
 */
export async function credentialsFor(
  image: string,
  options: Readonly<{ first: 'docker' | 'containers'; env?: Environment; uid?: number }>,
): Promise<Credentials | undefined> {
  const env = options.env ?? process.env
  for (const path of authFilePaths(options.first, env, options.uid ?? process.getuid?.() ?? 0)) {
    const file = await readAuthFile(path)
    if (file === undefined) continue
    const found = await credentialsIn(file, image, env)
    if (found !== undefined) return found
  }
  return undefined
}

async function credentialsIn(
  file: AuthFile,
  image: string,
  env: Environment,
): Promise<Credentials | undefined> {
  const reference = parseReference(image)
  const server = reference.registry === 'docker.io' ? DOCKER_HUB_SERVER : reference.registry
  const helper = file.credHelpers[reference.registry] ?? file.credHelpers[server]
  if (helper !== undefined) return fromHelper(helper, server, file.path, env)

  const scopes = scopesOf(repositoryName(reference))
  const entries = Object.entries(file.auths).map(([key, entry]) => [normalKey(key), entry] as const)
  for (const scope of scopes) {
    const entry = entries.find(([key]) => key === scope)?.[1]
    const found = entry === undefined ? undefined : fromEntry(entry)
    if (found !== undefined) return found
  }
  return file.credsStore === undefined ? undefined : fromHelper(file.credsStore, server, file.path, env)
}

async function fromHelper(
  name: string,
  server: string,
  path: string,
  env: Environment,
): Promise<Credentials | undefined> {
  const answer = await askHelper(name, server, path, env)
  if (answer === undefined) return undefined
  return answer.Username === '<token>'
    ? { identityToken: answer.Secret }
    : { username: answer.Username, password: answer.Secret }
}

function fromEntry(entry: AuthFile['auths'][string]): Credentials | undefined {
  if (typeof entry.identitytoken === 'string' && entry.identitytoken !== '')
    return { identityToken: entry.identitytoken }
  if (typeof entry.auth === 'string' && entry.auth !== '') {
    const decoded = Buffer.from(entry.auth, 'base64').toString('utf8')
    const colon = decoded.indexOf(':')
    // Docker pads some passwords with NUL: cli/config/configfile, decodeAuth.
    if (colon > 0)
      return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1).replace(/\0+$/, '') }
  }
  if (typeof entry.username === 'string' && typeof entry.password === 'string') {
    return { username: entry.username, password: entry.password }
  }
  return undefined
}

/** `quay.io/team/app` → itself, `quay.io/team`, `quay.io`. */
function scopesOf(name: string): readonly string[] {
  const parts = name.split('/')
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('/'))
}

/** Docker writes some keys as addresses: `https://index.docker.io/v1/` is docker.io. */
function normalKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, '').replace(/\/(v1|v2)?\/?$/, '')
  return bare === 'index.docker.io' || bare === 'registry-1.docker.io' ? 'docker.io' : bare
}

/** The value of the X-Registry-Auth header: padded base64url of JSON (Docker Engine API, "Authentication"). */
export function registryAuthHeader(credentials: Credentials, server: string): string {
  const config =
    'identityToken' in credentials
      ? { identitytoken: credentials.identityToken, serveraddress: server }
      : { username: credentials.username, password: credentials.password, serveraddress: server }
  const text = Buffer.from(JSON.stringify(config)).toString('base64')
  // Both engines' decoders want the padding that Node's own base64url leaves out.
  return text.replaceAll('+', '-').replaceAll('/', '_')
}
