import { randomBytes } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { must } from '../run.ts'
import { glanceUrl } from './glance.ts'
import { ini } from './ini.ts'
import type { Ini } from './ini.ts'
import { adminOptions, answersTo } from './keystone.ts'
import type { Identity } from './keystone.ts'
import { placeFile } from './place-file.ts'
import { prepare, writeSecret } from './prepared.ts'
import type { Service } from './service.ts'
import { sqliteUrl, useWriteAheadLog } from './sqlite.ts'
import { groundFile, onGround, preparedName, versionsOn } from './suite-tree.ts'
import type { Ground } from './suite-tree.ts'
import type { BootFiles } from './systems.ts'

/** How an API tells who calls: by Keystone's tokens, by user and password, or not at all. */
export type IronicAuth = 'keystone' | 'none' | 'basic'

/** One conductor, and beside each other an API for each way to log in: all of them see the same nodes. */
const PORTS: Readonly<Record<IronicAuth, number>> = { keystone: 6385, none: 6386, basic: 6387 }
const STRATEGIES: Readonly<Record<IronicAuth, string>> = {
  keystone: 'keystone',
  none: 'noauth',
  basic: 'http_basic',
}
const WEB_PORT = 8080
const DEPLOY_FILES = { kernel: 'deploy.vmlinuz', ramdisk: 'deploy.initrd' } as const

export type IronicOptions = Readonly<{
  address: string
  identity: Identity
  /** Disks are wiped between deployments. */
  automatedClean: boolean
  ground: Ground
}>

export function ironicUrl(address: string, auth: IronicAuth): string {
  return `http://${address}:${PORTS[auth]}`
}

export function webUrl(address: string): string {
  return `http://${address}:${WEB_PORT}`
}

/** What Ironic hands out by HTTP: boot scripts, kernels, images. */
export function webRoot(directory: string): string {
  return join(directory, 'http')
}

export function tftpRoot(directory: string): string {
  return join(directory, 'tftp')
}

export const BASIC_USER = 'lab'

/** Puts Ironic's configuration and data base into `directory`. Gives the password of the basic API's user. */
export async function placeIronic(directory: string, options: IronicOptions): Promise<string> {
  const kept = await preparedIronic(options.ground)
  cpSync(kept, directory, { recursive: true })
  for (const one of ['lock', 'tftp', 'http', 'images', 'master', 'tmp']) mkdirSync(join(directory, one))
  for (const loader of ['undionly.kpxe', 'ipxe.efi', 'snponly.efi']) {
    cpSync(groundFile(options.ground, `/usr/lib/ipxe/${loader}`), join(tftpRoot(directory), loader))
  }
  // Some versions look for the boot loader beside the boot scripts.
  symlinkSync(join(tftpRoot(directory), 'undionly.kpxe'), join(webRoot(directory), 'undionly.kpxe'))
  writeSecret(join(directory, 'conductor.conf'), ini(configuration(directory, options)))
  for (const auth of Object.keys(PORTS) as IronicAuth[]) {
    writeSecret(join(directory, `api-${auth}.conf`), ini(apiConfiguration(directory, options, auth)))
  }
  return basicPassword(directory)
}

function basicPassword(directory: string): string {
  return readFileSync(join(directory, 'basic-password'), 'utf8')
}

/** Puts the deploy ramdisk where the configuration says it is. */
export function placeDeployRamdisk(directory: string, files: BootFiles): void {
  const { kernel, ramdisk } = DEPLOY_FILES
  placeFile(files.kernel, join(webRoot(directory), kernel))
  placeFile(files.ramdisk, join(webRoot(directory), ramdisk))
}

/** `authority`: of a registry that it fetches images from. */
export function conductorService(directory: string, address: string, authority?: string): Service {
  return {
    name: 'ironic-conductor',
    ...(authority === undefined ? {} : { env: { REQUESTS_CA_BUNDLE: authority } }),
    argv: ['ironic-conductor', '--config-file', join(directory, 'conductor.conf')],
    ground: 'suite',
    // It listens once it has registered its drivers. There is no call without effect: a refused method will do.
    ready: async () => (await answersTo(`http://${address}:8089/`)) !== undefined,
  }
}

export function apiService(directory: string, address: string, auth: IronicAuth): Service {
  return {
    name: `ironic-api-${auth}`,
    argv: ['ironic-api', '--config-file', join(directory, `api-${auth}.conf`)],
    ground: 'suite',
    ready: async () => (await answersTo(`${ironicUrl(address, auth)}/v1`)) === 200,
  }
}

/** Hands out the web root; also to HEAD and to parts of a file. */
export function webService(directory: string, address: string): Service {
  return {
    name: 'web',
    argv: ['busybox', 'httpd', '-f', '-p', `${address}:${WEB_PORT}`, '-h', webRoot(directory)],
    ready: async () => (await answersTo(`${webUrl(address)}/undionly.kpxe`)) === 200,
  }
}

/** Keystone brings the library along; the only hash that Ironic takes. */
const BCRYPT = 'import bcrypt, sys; print(bcrypt.hashpw(sys.stdin.buffer.read(), bcrypt.gensalt(4)).decode())'

async function preparedIronic(ground: Ground): Promise<string> {
  return prepare({
    name: preparedName(ground, 'ironic'),
    inputs: [await versionsOn(ground, ['ironic-common', 'python3-ironic']), 'recipe 1'],
    make: async (directory) => {
      const path = join(directory, 'dbsync.conf')
      writeFileSync(path, ini({ database: { connection: sqliteUrl(join(directory, 'ironic.db')) } }))
      await must(
        'prepare Ironic',
        onGround(ground, ['ironic-dbsync', '--config-file', path, 'create_schema'], [directory]),
        {
          env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        },
      )
      useWriteAheadLog(join(directory, 'ironic.db'))
      const password = randomBytes(18).toString('base64url')
      const hashed = await must('hash a password', onGround(ground, ['/usr/bin/python3', '-c', BCRYPT], []), {
        input: password,
      })
      writeSecret(join(directory, 'basic-password'), password)
      writeSecret(join(directory, 'basic-users'), `${BASIC_USER}:${hashed.trim()}\n`)
    },
  })
}

function apiConfiguration(directory: string, options: IronicOptions, auth: IronicAuth): Ini {
  const common = configuration(directory, options)
  return {
    ...common,
    DEFAULT: {
      ...common['DEFAULT'],
      auth_strategy: STRATEGIES[auth],
      ...(auth === 'basic' ? { http_basic_auth_user_file: join(directory, 'basic-users') } : {}),
    },
    api: {
      host_ip: options.address,
      port: PORTS[auth],
      api_workers: 1,
      enable_ssl_api: false,
      public_endpoint: ironicUrl(options.address, auth),
    },
    keystone_authtoken: {
      www_authenticate_uri: options.identity.authUrl,
      ...adminOptions(options.identity),
    },
  }
}

/** Deploy interfaces that Ironic has since 29, and since 35. */
function newerDeploy(ground: Ground): readonly string[] {
  if (ground?.suite === 'sid') return ['bootc', 'autodetect']
  return ground?.suite === 'trixie' ? ['bootc'] : []
}

function configuration(directory: string, options: IronicOptions): Ini {
  const { address, identity } = options
  const fileUrl = (file: string): string => `file://${join(webRoot(directory), file)}`
  return {
    DEFAULT: {
      // Also where the API finds the conductor: it must be an address that is there.
      host: address,
      my_ip: address,
      state_path: directory,
      tempdir: join(directory, 'tmp'),
      log_dir: directory,
      rpc_transport: 'json-rpc',
      rootwrap_config: '/etc/ironic/rootwrap.conf',
      enabled_hardware_types: 'ipmi,redfish,fake-hardware,manual-management',
      enabled_boot_interfaces: 'ipxe,pxe,redfish-virtual-media,fake',
      enabled_deploy_interfaces: ['direct,ramdisk,custom-agent,fake', ...newerDeploy(options.ground)].join(
        ',',
      ),
      enabled_power_interfaces: 'ipmitool,redfish,fake,agent',
      enabled_management_interfaces: 'ipmitool,redfish,fake,noop',
      enabled_network_interfaces: 'noop',
      default_network_interface: 'noop',
      enabled_inspect_interfaces: 'no-inspect,redfish,fake',
      enabled_raid_interfaces: 'no-raid,agent,fake',
      enabled_bios_interfaces: 'no-bios,redfish,fake',
      enabled_vendor_interfaces: 'no-vendor,ipmitool,redfish,fake',
      enabled_console_interfaces: 'no-console,ipmitool-socat,fake',
      enabled_rescue_interfaces: 'no-rescue,fake',
      enabled_storage_interfaces: 'noop,fake',
      default_boot_interface: 'ipxe',
      default_deploy_interface: 'direct',
      force_raw_images: false,
    },
    // Whoever may call the conductor rules the machine that it runs on.
    json_rpc: {
      auth_strategy: 'http_basic',
      http_basic_auth_user_file: join(directory, 'basic-users'),
      auth_type: 'http_basic',
      username: BASIC_USER,
      password: basicPassword(directory),
      host_ip: address,
      port: 8089,
    },
    database: { connection: sqliteUrl(join(directory, 'ironic.db')) },
    // The lab's dnsmasq serves every node; there is no Neutron to tell.
    dhcp: { dhcp_provider: 'none' },
    conductor: {
      automated_clean: options.automatedClean,
      file_url_allowed_paths: directory,
      deploy_kernel: fileUrl(DEPLOY_FILES.kernel),
      deploy_ramdisk: fileUrl(DEPLOY_FILES.ramdisk),
      power_state_sync_max_retries: 1,
      sync_power_state_interval: 15,
      heartbeat_timeout: 300,
      // Newer conductors start so many threads at once that fewer than 26 are refused.
      workers_pool_size: 100,
    },
    deploy: {
      default_boot_option: 'local',
      http_url: webUrl(address),
      http_root: webRoot(directory),
      erase_devices_priority: 0,
      fast_track: false,
    },
    agent: {
      certificates_path: join(directory, 'certificates'),
      image_download_source: 'http',
      post_deploy_get_power_state_retries: 2,
      post_deploy_get_power_state_retry_interval: 1,
    },
    pxe: {
      tftp_server: address,
      tftp_root: tftpRoot(directory),
      tftp_master_path: join(directory, 'master'),
      images_path: join(directory, 'images'),
      instance_master_path: join(directory, 'master'),
      image_cache_size: 4096,
      ipxe_bootfile_name: 'undionly.kpxe',
      kernel_append_params: 'nofb nomodeset console=ttyS0,115200 ipa-insecure=1',
    },
    ipmi: { command_retry_timeout: 30, min_command_interval: 1, use_ipmitool_retries: false },
    service_catalog: { auth_type: 'none', endpoint_override: ironicUrl(address, 'keystone') },
    glance: { ...adminOptions(identity), endpoint_override: glanceUrl(address) },
    oslo_concurrency: { lock_path: join(directory, 'lock') },
  }
}
