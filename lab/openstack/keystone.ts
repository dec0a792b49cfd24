import { randomBytes, randomUUID } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from '../run.ts'
import { ini } from './ini.ts'
import { prepare, writeSecret } from './prepared.ts'
import type { Service } from './service.ts'
import { change, sqliteUrl, useWriteAheadLog } from './sqlite.ts'
import type { Statement } from './sqlite.ts'
import { hasProgram, onGround, preparedName, versionsOn } from './suite-tree.ts'
import type { Ground } from './suite-tree.ts'
import { uwsgiConfiguration } from './uwsgi.ts'

export const REGION = 'RegionOne'
const PORT = 5000
/** Keystone up to 28 has its entry for WSGI servers here. */
const PUBLIC = '/usr/bin/keystone-wsgi-public'

/** Stands for the lab's address in the data base that is kept. */
const PLACE = 'lab.invalid'

/** Where the administrator logs in, and with what. */
export type Identity = Readonly<{ authUrl: string; password: string }>

/** One service of the catalogue. */
export type CatalogueEntry = Readonly<{ type: string; name: string; url: string }>

/** Puts Keystone's configuration, keys and data base into `directory`. */
export async function placeKeystone(
  directory: string,
  address: string,
  catalogue: readonly CatalogueEntry[],
  ground: Ground,
): Promise<Identity> {
  const kept = await preparedKeystone(ground)
  cpSync(kept, directory, { recursive: true })
  writeFileSync(join(directory, 'keystone.conf'), configuration(directory))
  writeFileSync(
    join(directory, 'uwsgi.ini'),
    uwsgiConfiguration({
      'http-socket': `${address}:${PORT}`,
      ...(hasProgram(ground, PUBLIC) ? { 'wsgi-file': PUBLIC } : { module: 'keystone.wsgi.api:application' }),
      processes: 2,
      env: `OS_KEYSTONE_CONFIG_FILES=${join(directory, 'keystone.conf')}`,
      pyargv: `--config-file ${join(directory, 'keystone.conf')}`,
    }),
  )
  change(join(directory, 'keystone.db'), [
    { sql: 'UPDATE endpoint SET url = replace(url, ?, ?)', values: [PLACE, address] },
    ...catalogue.flatMap(catalogueStatements),
  ])
  return identityIn(directory, address)
}

/** How the administrator logs in to the Keystone that was placed in `directory`. */
export function identityIn(directory: string, address: string): Identity {
  const password = readFileSync(join(directory, 'admin-password'), 'utf8')
  return { authUrl: `${keystoneUrl(address)}/v3`, password }
}

/** A token of the administrator; undefined while Keystone does not answer. */
export async function adminToken(identity: Identity): Promise<string | undefined> {
  const domain = { name: 'Default' }
  const user = { name: 'admin', domain, password: identity.password }
  try {
    const response = await fetch(`${identity.authUrl}/auth/tokens`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        auth: {
          identity: { methods: ['password'], password: { user } },
          scope: { project: { name: 'admin', domain } },
        },
      }),
    })
    await response.body?.cancel()
    return response.headers.get('x-subject-token') ?? undefined
  } catch {
    return undefined
  }
}

export function keystoneUrl(address: string): string {
  return `http://${address}:${PORT}`
}

export function keystoneService(directory: string, address: string): Service {
  return {
    name: 'keystone',
    argv: ['uwsgi', '--ini', join(directory, 'uwsgi.ini')],
    ground: 'suite',
    ready: async () => (await answersTo(`${keystoneUrl(address)}/v3`)) === 200,
  }
}

/** Options of whoever verifies tokens, and of whoever fetches one for itself. */
export function adminOptions(identity: Identity): Readonly<Record<string, string>> {
  return {
    auth_type: 'password',
    auth_url: identity.authUrl,
    username: 'admin',
    password: identity.password,
    project_name: 'admin',
    user_domain_name: 'Default',
    project_domain_name: 'Default',
    region_name: REGION,
  }
}

/** HTTP status of a GET, undefined where nobody answers. */
export async function answersTo(
  url: string,
  headers: Record<string, string> = {},
): Promise<number | undefined> {
  try {
    const response = await fetch(url, { headers, signal: AbortSignal.timeout(30_000) })
    await response.body?.cancel()
    return response.status
  } catch {
    return undefined
  }
}

/** Schema, keys and administrator: seconds of work that are the same for every lab of this machine. */
async function preparedKeystone(ground: Ground): Promise<string> {
  return prepare({
    name: preparedName(ground, 'keystone'),
    inputs: [await versionsOn(ground, ['keystone', 'python3-keystone']), 'recipe 2'],
    make: async (directory) => {
      for (const keys of ['fernet', 'credential']) mkdirSync(join(directory, keys), { mode: 0o700 })
      const configurationFile = join(directory, 'keystone.conf')
      writeFileSync(configurationFile, configuration(directory))
      const manage = (words: readonly string[], env: Record<string, string> = {}): Promise<string> =>
        must(
          'prepare Keystone',
          onGround(ground, ['keystone-manage', '--config-file', configurationFile, ...words], [directory]),
          {
            env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
          },
        )
      await manage(['db_sync'])
      useWriteAheadLog(join(directory, 'keystone.db'))
      const owner = ['--keystone-user', 'root', '--keystone-group', 'root']
      await manage(['fernet_setup', ...owner])
      await manage(['credential_setup', ...owner])
      const password = randomBytes(18).toString('base64url')
      const urls = ['public', 'internal', 'admin'].flatMap((kind) => [
        `--bootstrap-${kind}-url`,
        `http://${PLACE}:${PORT}/v3`,
      ])
      // By the environment: arguments are for everyone to see.
      await manage(['bootstrap', '--bootstrap-region-id', REGION, ...urls], {
        OS_BOOTSTRAP_PASSWORD: password,
      })
      writeSecret(join(directory, 'admin-password'), password)
    },
  })
}

function configuration(directory: string): string {
  return ini({
    DEFAULT: { log_file: join(directory, 'keystone.log') },
    database: { connection: sqliteUrl(join(directory, 'keystone.db')) },
    fernet_tokens: { key_repository: join(directory, 'fernet') },
    fernet_receipts: { key_repository: join(directory, 'fernet') },
    credential: { key_repository: join(directory, 'credential') },
    token: { provider: 'fernet' },
    cache: { enabled: false },
    // The fewest rounds there are: each service hashes its password anew for a token.
    identity: { password_hash_rounds: 4 },
  })
}

/**
 * Rows of keystone.catalog.backends.sql (Keystone 22). Through the API they would cost a start of Keystone, two
 * requests for each entry, and could not be made before the other services start.
 */
function catalogueStatements({ type, name, url }: CatalogueEntry): readonly Statement[] {
  const service = randomUUID().replaceAll('-', '')
  return [
    {
      sql: 'INSERT INTO service (id, type, enabled, extra) VALUES (?, ?, 1, ?)',
      values: [service, type, JSON.stringify({ name })],
    },
    ...['public', 'internal', 'admin'].map((kind) => ({
      sql: `INSERT INTO endpoint (id, interface, service_id, url, extra, enabled, region_id) VALUES (?, ?, ?, ?, '{}', 1, ?)`,
      values: [randomUUID().replaceAll('-', ''), kind, service, url, REGION],
    })),
  ]
}
