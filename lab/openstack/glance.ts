import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from '../run.ts'
import { ini } from './ini.ts'
import { adminOptions, answersTo } from './keystone.ts'
import type { Identity } from './keystone.ts'
import { prepare, writeSecret } from './prepared.ts'
import type { Service } from './service.ts'
import { sqliteUrl, useWriteAheadLog } from './sqlite.ts'
import { hasProgram, onGround, preparedName, versionsOn } from './suite-tree.ts'
import type { Ground } from './suite-tree.ts'
import { uwsgiConfiguration } from './uwsgi.ts'

const PORT = 9292
const CONFIGURATION = 'glance-api.conf'

export function glanceUrl(address: string): string {
  return `http://${address}:${PORT}`
}

/** Puts Glance's configuration and data base into `directory`; images are kept there as files. */
export async function placeGlance(
  directory: string,
  address: string,
  identity: Identity,
  ground: Ground,
): Promise<void> {
  const kept = await preparedGlance(ground)
  cpSync(kept, directory, { recursive: true })
  for (const one of ['images', 'staging', 'tasks', 'lock']) mkdirSync(join(directory, one))
  writeSecret(join(directory, CONFIGURATION), configuration(directory, address, identity, ground))
  writeFileSync(
    join(directory, 'uwsgi.ini'),
    uwsgiConfiguration({
      'http-socket': `${address}:${PORT}`,
      module: 'glance.wsgi.api:application',
      processes: 1,
      // Glance loads images and tells of them in threads of its own.
      'enable-threads': true,
      threads: 4,
      'lazy-apps': true,
      'http-chunked-input': true,
      'wsgi-manage-chunked-input': true,
    }),
  )
}

export function glanceService(directory: string, address: string, ground: Ground): Service {
  const isForWsgi = hasProgram(ground, '/usr/lib/python3/dist-packages/glance/wsgi/api.py')
  return {
    name: 'glance',
    // Glance 33 has no server of its own any more: its glance-api says so and ends.
    argv: isForWsgi
      ? ['uwsgi', '--ini', join(directory, 'uwsgi.ini')]
      : ['glance-api', '--config-file', join(directory, CONFIGURATION)],
    env: { OS_GLANCE_CONFIG_DIR: directory, OS_GLANCE_CONFIG_FILES: CONFIGURATION },
    ground: 'suite',
    // 300: several versions of the API to choose from.
    ready: async () => (await answersTo(`${glanceUrl(address)}/`)) === 300,
  }
}

async function preparedGlance(ground: Ground): Promise<string> {
  return prepare({
    name: preparedName(ground, 'glance'),
    inputs: [await versionsOn(ground, ['glance-api', 'python3-glance']), 'recipe 1'],
    make: async (directory) => {
      const path = join(directory, 'dbsync.conf')
      writeFileSync(path, ini({ database: { connection: sqliteUrl(join(directory, 'glance.db')) } }))
      await must(
        'prepare Glance',
        onGround(ground, ['glance-manage', '--config-file', path, 'db_sync'], [directory]),
        {
          env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        },
      )
      useWriteAheadLog(join(directory, 'glance.db'))
    },
  })
}

function configuration(directory: string, address: string, identity: Identity, ground: Ground): string {
  // The package's own script puts it below /etc; a tree has none of what such scripts do.
  const paste = ['/etc/glance/glance-api-paste.ini', '/usr/share/glance-common/glance-api-paste.ini']
  const pasteFile = paste.find((one) => hasProgram(ground, one)) ?? ''

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
    paste_deploy: { flavor: 'keystone', config_file: pasteFile },
    keystone_authtoken: { www_authenticate_uri: identity.authUrl, ...adminOptions(identity) },
  })
}
