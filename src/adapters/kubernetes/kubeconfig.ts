import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import { isObject } from '../../core/index.ts'
import { raiseCluster } from './errors.ts'

/** How one apiserver is reached, and as whom. PEM texts. */
export type ClusterLogin = Readonly<{
  /** Without a slash at its end. */
  server: string
  ca?: string
  /** The name in its certificate, where that is not the host of `server`. */
  serverName?: string
  token?: string
  cert?: string
  key?: string
}>

type Fields = Readonly<Record<string, unknown>>

/** What a kubeconfig can also hold, and nothing here follows: a login by another program or of an earlier kind. */
const NOT_FOLLOWED = ['exec', 'auth-provider', 'username', 'as', 'as-uid', 'as-groups']

/**
 * The login of the current context, or of the one that is named. Throws KUBECONFIG_UNUSABLE.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export async function readKubeconfig(path: string, context?: string): Promise<ClusterLogin> {
  const unusable = (why: string, cause?: unknown) => raiseCluster('KUBECONFIG_UNUSABLE', { path, why }, cause)
  let config: unknown
  try {
    config = parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw unusable(error instanceof Error ? (error.message.split('\n')[0] ?? '') : 'it cannot be read', error)
  }
  if (!isObject(config)) throw unusable('it is no YAML of a kubeconfig')
  const all: Fields = config
  const named = (list: string, name: unknown, member: string): Fields => {
    const entries = Array.isArray(all[list]) ? (all[list] as readonly unknown[]) : []
    const entry = entries.find((one): one is Fields => isObject(one) && one['name'] === name)
    const value = entry?.[member]
    if (!isObject(value)) throw unusable(`it has no ${member} "${String(name)}"`)
    return value
  }
  const chosen = named('contexts', context ?? all['current-context'], 'context')
  const cluster = named('clusters', chosen['cluster'], 'cluster')
  const user = named('users', chosen['user'], 'user')
  const strange = NOT_FOLLOWED.find((one) => user[one] !== undefined)
  if (strange !== undefined) throw unusable(`its user logs in by "${strange}", which Anneal does not follow`)
  if (cluster['insecure-skip-tls-verify'] === true)
    throw unusable('it takes any certificate for the apiserver’s')

  /** A member's own text, or that of the file that `…` or `…-data` names. */
  const pem = async (of: Fields, member: string): Promise<string | undefined> => {
    const data = of[`${member}-data`]
    if (typeof data === 'string') return Buffer.from(data, 'base64').toString('utf8')
    return file(of[member])
  }
  const file = async (name: unknown): Promise<string | undefined> => {
    if (typeof name !== 'string' || name === '') return undefined
    try {
      return await readFile(resolve(dirname(path), name), 'utf8')
    } catch (error) {
      throw unusable(`it names "${name}", which cannot be read`, error)
    }
  }
  const server = cluster['server']
  if (typeof server !== 'string' || !server.startsWith('https://'))
    throw unusable('its server is no https:// URL')
  const token = typeof user['token'] === 'string' ? user['token'] : (await file(user['tokenFile']))?.trim()
  const [ca, cert, key] = [
    await pem(cluster, 'certificate-authority'),
    await pem(user, 'client-certificate'),
    await pem(user, 'client-key'),
  ]
  const serverName = cluster['tls-server-name']
  if (token === undefined && cert === undefined)
    throw unusable('its user has neither a token nor a certificate')
  return {
    server: server.replace(/\/+$/, ''),
    ...(ca !== undefined && { ca }),
    ...(typeof serverName === 'string' && { serverName }),
    ...(token !== undefined && { token }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}
