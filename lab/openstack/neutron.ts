import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from '../run.ts'
import { ini } from './ini.ts'
import { adminOptions, adminToken, answersTo } from './keystone.ts'
import type { Identity } from './keystone.ts'
import { packageVersions, prepare, writeSecret } from './prepared.ts'
import type { Service } from './service.ts'
import { sqliteUrl, useWriteAheadLog } from './sqlite.ts'

const PORT = 9696

export function neutronUrl(address: string): string {
  return `http://${address}:${PORT}`
}

export type NeutronOptions = Readonly<{ address: string; identity: Identity; transportUrl: string }>

/** Puts the configuration and data base of Neutron's API into `directory`: ML2 with Linux bridges, no router. */
export async function placeNeutron(directory: string, options: NeutronOptions): Promise<void> {
  cpSync(await preparedNeutron(), directory, { recursive: true })
  mkdirSync(join(directory, 'lock'))
  writeSecret(
    join(directory, 'neutron.conf'),
    ini({
      DEFAULT: {
        core_plugin: 'ml2',
        service_plugins: '',
        transport_url: options.transportUrl,
        auth_strategy: 'keystone',
        bind_host: options.address,
        bind_port: PORT,
        api_workers: 1,
        rpc_workers: 1,
        rpc_state_report_workers: 0,
        state_path: directory,
        log_file: join(directory, 'neutron.log'),
        notify_nova_on_port_status_changes: false,
        notify_nova_on_port_data_changes: false,
        api_paste_config: '/etc/neutron/api-paste.ini',
      },
      database: { connection: sqliteUrl(join(directory, 'neutron.db')) },
      keystone_authtoken: {
        www_authenticate_uri: options.identity.authUrl,
        ...adminOptions(options.identity),
      },
      ml2: {
        type_drivers: 'flat,local',
        tenant_network_types: 'local',
        // What no agent binds the lab's own driver does: ports of bare-metal machines.
        mechanism_drivers: 'linuxbridge,lab',
      },
      ml2_type_flat: { flat_networks: 'provision' },
      // The agent of the compute node's release. Neutron counts it as experimental since Zed.
      experimental: { linuxbridge: true },
      oslo_concurrency: { lock_path: join(directory, 'lock') },
    }),
  )
}

/**
 * Ready only after a query of another kind: asked for ports first, Neutron 21 answers 500 ("type object 'Port' has no
 * attribute 'port_forwardings'"), as its models are only joined by the first query that it has begun.
 */
export function neutronService(directory: string, address: string, identity: Identity): Service {
  return {
    name: 'neutron-server',
    argv: ['neutron-server', '--config-file', join(directory, 'neutron.conf')],
    // Nothing is written beside the source.
    env: { PYTHONPATH: join(import.meta.dirname, 'ml2'), PYTHONDONTWRITEBYTECODE: '1' },
    ready: async () => {
      if ((await answersTo(`${neutronUrl(address)}/`)) !== 200) return false
      const token = await adminToken(identity)
      if (token === undefined) return false
      return (await answersTo(`${neutronUrl(address)}/v2.0/networks`, { 'x-auth-token': token })) === 200
    },
  }
}

/**
 * Neutron's migrations alter constraints, which SQLite cannot. So the tables are made from the models, as Neutron's own
 * functional tests do, and stamped as migrated.
 */
const MAKE_TABLES = `
import sys
import sqlalchemy
from neutron.db.migration.models import head
engine = sqlalchemy.create_engine(sys.argv[1])
head.get_metadata().create_all(engine)
`

async function preparedNeutron(): Promise<string> {
  return prepare({
    name: 'neutron',
    inputs: [await packageVersions(['neutron-server', 'python3-neutron']), 'recipe 1'],
    make: async (directory) => {
      const connection = sqliteUrl(join(directory, 'neutron.db'))
      const path = join(directory, 'dbsync.conf')
      writeFileSync(path, ini({ DEFAULT: { core_plugin: 'ml2' }, database: { connection } }))
      const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
      await must('make the tables of Neutron', ['/usr/bin/python3', '-c', MAKE_TABLES, connection], { env })
      await must(
        'stamp the data base of Neutron',
        ['neutron-db-manage', '--config-file', path, 'stamp', 'heads'],
        {
          env,
        },
      )
      useWriteAheadLog(join(directory, 'neutron.db'))
    },
  })
}
