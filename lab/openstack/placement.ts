import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from '../run.ts'
import { ini } from './ini.ts'
import { adminOptions, answersTo } from './keystone.ts'
import type { Identity } from './keystone.ts'
import { packageVersions, prepare, writeSecret } from './prepared.ts'
import type { Service } from './service.ts'
import { sqliteUrl, useWriteAheadLog } from './sqlite.ts'
import { uwsgiConfiguration } from './uwsgi.ts'

const PORT = 8778

export function placementUrl(address: string): string {
  return `http://${address}:${PORT}`
}

/** Puts Placement's configuration and data base into `directory`. */
export async function placePlacement(directory: string, address: string, identity: Identity): Promise<void> {
  cpSync(await preparedPlacement(), directory, { recursive: true })
  writeSecret(
    join(directory, 'placement.conf'),
    ini({
      DEFAULT: { log_file: join(directory, 'placement.log') },
      placement_database: { connection: sqliteUrl(join(directory, 'placement.db')) },
      api: { auth_strategy: 'keystone' },
      keystone_authtoken: { www_authenticate_uri: identity.authUrl, ...adminOptions(identity) },
    }),
  )
  writeFileSync(
    join(directory, 'uwsgi.ini'),
    uwsgiConfiguration({
      'http-socket': `${address}:${PORT}`,
      'wsgi-file': '/usr/bin/placement-api',
      processes: 1,
      env: `OS_PLACEMENT_CONFIG_DIR=${directory}`,
    }),
  )
}

export function placementService(directory: string, address: string): Service {
  return {
    name: 'placement',
    argv: ['uwsgi', '--ini', join(directory, 'uwsgi.ini')],
    ready: async () => (await answersTo(`${placementUrl(address)}/`)) === 200,
  }
}

async function preparedPlacement(): Promise<string> {
  return prepare({
    name: 'placement',
    inputs: [await packageVersions(['placement-api', 'python3-placement']), 'recipe 1'],
    make: async (directory) => {
      const connection = sqliteUrl(join(directory, 'placement.db'))
      writeFileSync(join(directory, 'placement.conf'), ini({ placement_database: { connection } }))
      await must('prepare Placement', ['placement-manage', '--config-dir', directory, 'db', 'sync'], {
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', OS_PLACEMENT_CONFIG_DIR: directory },
      })
      useWriteAheadLog(join(directory, 'placement.db'))
    },
  })
}
