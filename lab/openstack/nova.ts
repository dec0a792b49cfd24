import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from '../run.ts'
import { glanceUrl } from './glance.ts'
import { ini } from './ini.ts'
import type { Ini } from './ini.ts'
import { ironicUrl } from './ironic.ts'
import { adminOptions, answersTo } from './keystone.ts'
import type { Identity } from './keystone.ts'
import { packageVersions, prepare, writeSecret } from './prepared.ts'
import type { Service } from './service.ts'
import { change, sqliteUrl, useWriteAheadLog } from './sqlite.ts'

const PORT = 8774
const CELLS = ['nova_api.db', 'nova_cell0.db', 'nova_cell1.db'] as const

export type NovaOptions = Readonly<{ address: string; identity: Identity; transportUrl: string }>

export function novaUrl(address: string): string {
  return `http://${address}:${PORT}`
}

/** Puts the configuration of Nova's services and their data bases into `directory`. */
export async function placeNova(directory: string, options: NovaOptions): Promise<void> {
  const kept = await preparedNova()
  cpSync(kept, directory, { recursive: true })
  for (const one of ['lock', 'instances']) mkdirSync(join(directory, one), { recursive: true })
  // The cells' data bases are named in the data base of all of them.
  const madeIn = readFileSync(join(directory, 'made-in'), 'utf8')
  change(join(directory, 'nova_api.db'), [
    {
      sql: 'UPDATE cell_mappings SET database_connection = replace(database_connection, ?, ?)',
      values: [madeIn, directory],
    },
    {
      sql: `UPDATE cell_mappings SET transport_url = ? WHERE name = 'cell1'`,
      values: [options.transportUrl],
    },
  ])
  writeSecret(join(directory, 'nova.conf'), ini(controlConfiguration(directory, options)))
  const credentials = { DEFAULT: { transport_url: options.transportUrl }, ...common(options) }
  writeSecret(join(directory, COMPUTE_NODE), JSON.stringify(credentials))
  writeSecret(join(directory, 'compute-ironic.conf'), ini(ironicCompute(directory, options)))
}

/** API, conductor, scheduler, and a compute service whose hypervisor is Ironic. */
export function novaServices(directory: string, address: string): readonly Service[] {
  const one = (name: string, ready: Service['ready'], file = 'nova.conf'): Service => ({
    name,
    argv: [name === 'nova-compute-ironic' ? 'nova-compute' : name, '--config-file', join(directory, file)],
    ready,
  })
  const logged = (file: string, mark: string) => (): Promise<boolean> =>
    Promise.resolve(contains(join(directory, file), mark))
  return [
    one('nova-conductor', logged('nova-conductor.log', 'Starting conductor')),
    one('nova-scheduler', logged('nova-scheduler.log', 'Starting scheduler')),
    one('nova-api', async () => (await answersTo(`${novaUrl(address)}/`)) === 200),
    one('nova-compute-ironic', logged('compute-ironic.log', 'Starting compute'), 'compute-ironic.conf'),
  ]
}

/** Settings of a compute node with libvirt and without KVM, and what of them nobody else may see. */
export type ComputeNodeFiles = Readonly<{ settings: string; credentials: string }>

const COMPUTE_NODE = 'compute-node.json'

/** What nova-compute on a compute node reads to join this lab. */
export function computeNodeFiles(directory: string, nodeAddress: string): ComputeNodeFiles {
  const credentials = JSON.parse(readFileSync(join(directory, COMPUTE_NODE), 'utf8')) as Ini
  return {
    settings: ini({
      DEFAULT: {
        compute_driver: 'libvirt.LibvirtDriver',
        state_path: '/var/lib/nova',
        use_stderr: true,
        my_ip: nodeAddress,
        report_interval: 2,
        force_raw_images: false,
        reserved_host_memory_mb: 64,
      },
      libvirt: { virt_type: 'qemu', cpu_mode: 'none' },
      oslo_concurrency: { lock_path: '/var/lib/nova/tmp' },
    }),
    credentials: ini(credentials),
  }
}

async function preparedNova(): Promise<string> {
  return prepare({
    name: 'nova',
    inputs: [await packageVersions(['nova-common', 'python3-nova']), 'recipe 2'],
    make: async (directory) => {
      const path = join(directory, 'nova.conf')
      writeFileSync(path, ini({ DEFAULT: { transport_url: 'fake:///' }, ...databases(directory) }))
      const manage = (...words: readonly string[]): Promise<string> =>
        must('prepare Nova', ['nova-manage', '--config-file', path, ...words], {
          env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        })
      await manage('api_db', 'sync')
      const cell0 = sqliteUrl(join(directory, 'nova_cell0.db'))
      await manage('cell_v2', 'map_cell0', '--database_connection', cell0)
      await manage('db', 'sync')
      await manage('cell_v2', 'create_cell', '--name', 'cell1')
      for (const one of CELLS) useWriteAheadLog(join(directory, one))
      writeFileSync(join(directory, 'made-in'), directory)
    },
  })
}

function databases(directory: string): Ini {
  return {
    api_database: { connection: sqliteUrl(join(directory, 'nova_api.db')) },
    database: { connection: sqliteUrl(join(directory, 'nova_cell1.db')) },
  }
}

function common({ address, identity }: NovaOptions): Ini {
  const login = adminOptions(identity)
  return {
    keystone_authtoken: { www_authenticate_uri: identity.authUrl, ...login },
    placement: login,
    neutron: login,
    cinder: login,
    service_user: { send_service_user_token: false },
    glance: { endpoint_override: glanceUrl(address) },
    vnc: { enabled: false },
    cache: { enabled: false },
    // Debian's security update refuses every ami image without it ("Image content does not match disk_format").
    workarounds: { disable_deep_image_inspection: true },
  }
}

function controlConfiguration(directory: string, options: NovaOptions): Ini {
  return {
    DEFAULT: {
      transport_url: options.transportUrl,
      my_ip: options.address,
      state_path: directory,
      log_dir: directory,
      enabled_apis: 'osapi_compute',
      osapi_compute_listen: options.address,
      osapi_compute_workers: 1,
      rootwrap_config: '/etc/nova/rootwrap.conf',
    },
    ...databases(directory),
    ...common(options),
    api: { auth_strategy: 'keystone' },
    conductor: { workers: 1 },
    scheduler: { workers: 1, discover_hosts_in_cells_interval: 5 },
    oslo_concurrency: { lock_path: join(directory, 'lock') },
  }
}

function ironicCompute(directory: string, options: NovaOptions): Ini {
  return {
    ...common(options),
    DEFAULT: {
      compute_driver: 'ironic.IronicDriver',
      host: 'lab-ironic',
      transport_url: options.transportUrl,
      my_ip: options.address,
      state_path: directory,
      log_file: join(directory, 'compute-ironic.log'),
      instances_path: join(directory, 'instances'),
      update_resources_interval: 10,
      reserved_host_memory_mb: 0,
    },
    ironic: {
      ...adminOptions(options.identity),
      endpoint_override: ironicUrl(options.address, 'keystone'),
      api_retry_interval: 1,
    },
    oslo_concurrency: { lock_path: join(directory, 'lock') },
  }
}

function contains(path: string, mark: string): boolean {
  try {
    return readFileSync(path, 'utf8').includes(mark)
  } catch {
    return false
  }
}
