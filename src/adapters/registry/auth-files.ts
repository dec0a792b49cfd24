import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { isObject } from '../../core/index.ts'
import { raise } from './errors.ts'

/**
 * The part of Docker's config.json and of containers-auth.json(5) that tells how to log in. They are one format:
 * https://github.com/containers/image/blob/main/docs/containers-auth.json.5.md
 */
export type AuthFile = Readonly<{
  path: string
  /** By registry, or by registry and path (`quay.io/team`): base64 of `user:password`, or a token. */
  auths: Readonly<
    Record<string, Readonly<{ auth?: string; identitytoken?: string; username?: string; password?: string }>>
  >
  /** Registry → name of the helper program, without `docker-credential-`. */
  credHelpers: Readonly<Record<string, string>>
  /** The helper for every registry that has none of its own. */
  credsStore: string | undefined
}>

export type Environment = Readonly<Record<string, string | undefined>>

/** Where the two families of tools keep logins; which family goes first is the engine's. */
export function authFilePaths(
  first: 'docker' | 'containers',
  env: Environment,
  uid: number,
): readonly string[] {
  const home = env['HOME'] ?? homedir()
  const docker = [join(env['DOCKER_CONFIG'] ?? join(home, '.docker'), 'config.json')]
  const runtime = env['XDG_RUNTIME_DIR']
  const containers =
    env['REGISTRY_AUTH_FILE'] === undefined
      ? [
          ...(runtime === undefined ? [] : [join(runtime, 'containers/auth.json')]),
          `/run/containers/${uid}/auth.json`,
          join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'containers/auth.json'),
        ]
      : [env['REGISTRY_AUTH_FILE']]
  return first === 'docker' ? [...docker, ...containers] : [...containers, ...docker]
}

/** `undefined` where there is no such file; REGISTRY_AUTH_FILE_BROKEN where there is one that cannot be read. */
export async function readAuthFile(path: string): Promise<AuthFile | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw raise('REGISTRY_AUTH_FILE_BROKEN', { path, state: `it cannot be opened (${code})` }, error)
  }
  let parsed: unknown
  try {
    parsed = text.trim() === '' ? {} : JSON.parse(text)
  } catch {
    // The parser's own message quotes the text, which may be a password: it is not passed on.
    throw raise('REGISTRY_AUTH_FILE_BROKEN', { path, state: 'it is not JSON' })
  }
  if (!isObject(parsed)) throw raise('REGISTRY_AUTH_FILE_BROKEN', { path, state: 'it is not a JSON object' })
  return {
    path,
    auths: isObject(parsed['auths']) ? (parsed['auths'] as AuthFile['auths']) : {},
    credHelpers: isObject(parsed['credHelpers']) ? (parsed['credHelpers'] as AuthFile['credHelpers']) : {},
    credsStore:
      typeof parsed['credsStore'] === 'string' && parsed['credsStore'] !== ''
        ? parsed['credsStore']
        : undefined,
  }
}
