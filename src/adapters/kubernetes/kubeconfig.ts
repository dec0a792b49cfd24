import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseDocument } from 'yaml'
import { isObject, systemReason, yamlValue } from '../../core/index.ts'
import { raiseCluster } from './errors.ts'
import { faultOfPair, isCertificate, isToken, serverOf } from './login-parts.ts'

/** How one apiserver is reached, and as whom. PEM texts. */
export type ClusterLogin = Readonly<{
  /** Without a slash at its end, and without a user in it. */
  server: string
  ca?: string
  /** The name in its certificate, where that is not the host of `server`. */
  serverName?: string
  token?: string
  cert?: string
  key?: string
}>

type Fields = Readonly<Record<string, unknown>>

type Unusable = (why: string, cause?: unknown) => Error

/** What a user can also have, and nothing here follows: a login by another program or of an earlier kind, and impersonation. */
const NOT_FOLLOWED = [
  'exec',
  'auth-provider',
  'username',
  'password',
  'as',
  'as-uid',
  'as-groups',
  'as-user-extra',
]

/**
 * The login of the current context, or of the one that is named. Throws KUBECONFIG_UNUSABLE.
 * https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/
 */
export async function readKubeconfig(path: string, context?: string): Promise<ClusterLogin> {
  const unusable: Unusable = (why, cause) => raiseCluster('KUBECONFIG_UNUSABLE', { path, why }, cause)
  const { cluster, user } = chosen(await fieldsOf(path, unusable), context, unusable)
  const strange = NOT_FOLLOWED.find((one) => isSet(user[one]))
  if (strange !== undefined) throw unusable(`its user logs in by "${strange}", which Anneal does not follow`)
  if (cluster['insecure-skip-tls-verify'] === true)
    throw unusable(
      'it turns off the verification of the apiserver’s certificate ("insecure-skip-tls-verify")',
    )
  if (isSet(cluster['proxy-url']))
    throw unusable('it reaches the apiserver by a proxy ("proxy-url"), which Anneal does not follow')
  const server = serverOf(cluster['server'])
  if (server === undefined) throw unusable('its server is no https:// URL')
  if (server.hasLogin) throw unusable('its server has a user or a password in its URL')

  const file = async (name: unknown): Promise<string | undefined> => {
    if (!isText(name)) return undefined
    try {
      return await readFile(resolve(dirname(path), name), 'utf8')
    } catch (error) {
      throw unusable(`it names "${name}", which cannot be read: ${systemReason(error)}`, error)
    }
  }
  /** A member's own text, or that of the file that it names. */
  const pem = async (of: Fields, member: string): Promise<string | undefined> => {
    const data = of[`${member}-data`]
    return isText(data) ? Buffer.from(data, 'base64').toString('utf8') : file(of[member])
  }
  // As kubectl does: the file goes first, for its token may be younger.
  const inline = isText(user['token']) ? user['token'] : undefined
  const token = ((await file(user['tokenFile'])) ?? inline)?.trim()
  const [ca, cert, key] = [
    await pem(cluster, 'certificate-authority'),
    await pem(user, 'client-certificate'),
    await pem(user, 'client-key'),
  ]
  if (token === undefined && cert === undefined)
    throw unusable('its user has neither a token nor a certificate')
  if (token !== undefined && !isToken(token))
    throw unusable('its token is empty, or has a character that no token has')
  if (ca !== undefined && !isCertificate(ca))
    throw unusable('its certificate-authority is no certificate in PEM')
  const fault = cert === undefined ? undefined : faultOfPair(cert, key)
  if (fault !== undefined) throw unusable(fault)
  const serverName = cluster['tls-server-name']
  return {
    server: server.url,
    ...(ca !== undefined && { ca }),
    ...(isText(serverName) && { serverName }),
    ...(token !== undefined && { token }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  }
}

async function fieldsOf(path: string, unusable: Unusable): Promise<Fields> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // kubectl takes such a list from KUBECONFIG.
    if (code === 'ENOENT' && path.includes(':')) throw unusable('it is a list of files, and Anneal reads one')
    throw unusable(systemReason(error), error)
  }
  let config: unknown
  try {
    config = yamlValue(parseDocument(text))
  } catch (error) {
    throw unusable((error as Error).message)
  }
  if (!isObject(config)) throw unusable('it holds no kubeconfig')
  return config
}

/** The cluster and the user of a context. */
function chosen(
  config: Fields,
  context: string | undefined,
  unusable: Unusable,
): Readonly<{ cluster: Fields; user: Fields }> {
  const named = (list: string, name: string, member: string): Fields => {
    const entries = Array.isArray(config[list]) ? (config[list] as readonly unknown[]) : []
    const entry = entries.find((one): one is Fields => isObject(one) && one['name'] === name)
    const value = entry?.[member]
    if (!isObject(value)) throw unusable(`it has no ${member} "${name}"`)
    return value
  }
  const name = context ?? config['current-context']
  if (!isText(name)) throw unusable('it has no current-context, and --context names none')
  const fields = named('contexts', name, 'context')
  const { cluster, user } = fields
  if (!isText(cluster)) throw unusable(`its context "${name}" names no cluster`)
  if (!isText(user)) throw unusable(`its context "${name}" names no user`)
  return { cluster: named('clusters', cluster, 'cluster'), user: named('users', user, 'user') }
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''

/** An empty text or list is as good as none. */
function isSet(value: unknown): boolean {
  return (
    value !== undefined && value !== null && value !== '' && !(Array.isArray(value) && value.length === 0)
  )
}
