import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from '../run.ts'
import { ini } from './ini.ts'
import { adminOptions, answersTo } from './keystone.ts'
import type { Identity } from './keystone.ts'
import { packageVersions, prepare, writeSecret } from './prepared.ts'
import type { Service } from './service.ts'
import { sqliteUrl, useWriteAheadLog } from './sqlite.ts'

const PORT = 9292

export function glanceUrl(address: string): string {
  return `http://${address}:${PORT}`
}

/** Puts Glance's configuration and data base into `directory`; images are kept there as files. */
export async function placeGlance(directory: string, address: string, identity: Identity): Promise<void> {
  const kept = await preparedGlance()
  cpSync(kept, directory, { recursive: true })
  for (const one of ['images', 'staging', 'tasks', 'lock']) mkdirSync(join(directory, one))
  writeSecret(join(directory, 'glance-api.conf'), configuration(directory, address, identity))
}

export function glanceService(directory: string, address: string): Service {
  return {
    name: 'glance',
    argv: ['glance-api', '--config-file', join(directory, 'glance-api.conf')],
    // 300: several versions of the API to choose from.
    ready: async () => (await answersTo(`${glanceUrl(address)}/`)) === 300,
  }
}

async function preparedGlance(): Promise<string> {
  return prepare({
    name: 'glance',
    inputs: [await packageVersions(['glance-api', 'python3-glance']), 'recipe 1'],
    make: async (directory) => {
      const path = join(directory, 'dbsync.conf')
      writeFileSync(path, ini({ database: { connection: sqliteUrl(join(directory, 'glance.db')) } }))
      await must('prepare Glance', ['glance-manage', '--config-file', path, 'db_sync'], {
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      })
      useWriteAheadLog(join(directory, 'glance.db'))
    },
  })
}

function configuration(directory: string, address: string, identity: Identity): string {
  return ini({
    DEFAULT: {
      bind_host: address,
      bind_port: PORT,
      workers: 1,
      log_file: join(directory, 'glance.log'),
      enabled_backends: 'file:file',
    },
    glance_store: { default_backend: 'file' },
    file: { filesystem_store_datadir: join(directory, 'images') },
    os_glance_staging_store: { filesystem_store_datadir: join(directory, 'staging') },
    os_glance_tasks_store: { filesystem_store_datadir: join(directory, 'tasks') },
    database: { connection: sqliteUrl(join(directory, 'glance.db')) },
    oslo_concurrency: { lock_path: join(directory, 'lock') },
    // Looked for beside the configuration otherwise.
    paste_deploy: { flavor: 'keystone', config_file: '/etc/glance/glance-api-paste.ini' },
    keystone_authtoken: { www_authenticate_uri: identity.authUrl, ...adminOptions(identity) },
  })
}
