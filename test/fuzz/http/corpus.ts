import { MAC, MACHINE, REPORT } from '../../fixtures/conductor/index.ts'

/** One request as a client would send it, and to which of the two services. */
export type Sent = Readonly<{
  to: 'operators' | 'machines'
  method: string
  path: string
  headers: Readonly<Record<string, string>>
  body: string
}>

const JSON_BODY = { 'content-type': 'application/json' }

function api(method: string, path: string, body?: unknown): Sent {
  const headers = { 'x-openstack-ironic-api-version': '1.82', ...(body === undefined ? {} : JSON_BODY) }
  return { to: 'operators', method, path, headers, body: body === undefined ? '' : JSON.stringify(body) }
}

function ramdisk(method: string, path: string, body: string, token = 'token-1'): Sent {
  return { to: 'machines', method, path, headers: { 'x-anneal-token': token }, body }
}

const NODE = `/v1/nodes/${MACHINE}`
const AGENT = { callback_url: 'http://10.0.0.9:9999', agent_token: 'token', agent_version: '9.1.0' }

/** What clients and machines really send. Requests are made of these by damage. */
export const CORPUS: readonly Sent[] = [
  api('GET', '/'),
  api('GET', '/v1'),
  api('GET', '/v1/nodes?limit=2&marker=x&fields=uuid,name&maintenance=true'),
  api('GET', '/v1/nodes/detail'),
  api('POST', '/v1/nodes', {
    name: 'two',
    driver: 'ipmi',
    driver_info: { ipmi_address: '10.0.0.2', ipmi_password: 'secret' },
    properties: { root_device: { size: '>= 4' }, anneal_keep: 'label=a' },
    extra: {},
    resource_class: 'baremetal',
  }),
  api('GET', NODE),
  api('PATCH', NODE, [
    { op: 'add', path: '/instance_info/image_source', value: '/image' },
    { op: 'replace', path: '/properties/capabilities', value: 'boot_mode:uefi' },
    { op: 'remove', path: '/extra/a~1b' },
  ]),
  api('DELETE', '/v1/nodes/two'),
  api('GET', `${NODE}/validate`),
  api('GET', `${NODE}/states`),
  api('PUT', `${NODE}/states/provision`, {
    target: 'active',
    configdrive: { meta_data: { hostname: 'a' }, user_data: 'b', network_data: {} },
    deploy_steps: [{ interface: 'deploy', step: 'boot_instance', priority: 0, args: {} }],
  }),
  api('PUT', `${NODE}/states/provision`, { target: 'manage' }),
  api('PUT', `${NODE}/states/provision`, { target: 'provide' }),
  api('PUT', `${NODE}/states/provision`, { target: 'deleted' }),
  api('PUT', `${NODE}/states/power`, { target: 'rebooting' }),
  api('PUT', `${NODE}/management/boot_device`, { boot_device: 'pxe', persistent: true }),
  api('PUT', `${NODE}/maintenance`, { reason: 'a fan is loud' }),
  api('DELETE', `${NODE}/maintenance`),
  api('PUT', `${NODE}/traits`, { traits: ['CUSTOM_A'] }),
  api('GET', `${NODE}/inventory`),
  api('GET', `/v1/ports?node=${MACHINE}&address=${MAC}`),
  api('POST', '/v1/ports', {
    node_uuid: MACHINE,
    address: '52:54:00:00:00:02',
    extra: {},
    pxe_enabled: true,
  }),
  api('DELETE', `/v1/ports/${MAC}`),
  api('GET', '/v1/drivers/ipmi'),
  api('GET', '/v1/conductors'),
  ramdisk('GET', `/boot/ipxe?mac=${MAC}`, ''),
  ramdisk('GET', '/boot/ramdisk/x86_64/kernel', ''),
  ramdisk('GET', '/boot/program/snponly.efi', ''),
  ramdisk('GET', '/boot/instance/token-3/kernel', ''),
  ramdisk('POST', '/ramdisk/hello', `${REPORT}holds disk=vda on=vda1 type=ext4 label=a\ncontents known\n`),
  ramdisk('GET', '/ramdisk/piece/0', '', 'token-2'),
  ramdisk('POST', '/ramdisk/progress', 'written 4096\n', 'token-2'),
  ramdisk('POST', '/ramdisk/ready', 'target 10.0.0.9 3260 iqn.x\n', 'token-2'),
  ramdisk('POST', '/ramdisk/done', 'wiped vda blkdiscard\n', 'token-2'),
  ramdisk('POST', '/ramdisk/failed', 'DISK_WRITE\nI/O error\n', 'token-2'),
  ramdisk('GET', `/v1/lookup?addresses=${MAC}&node_uuid=${MACHINE}`, ''),
  ramdisk('POST', `/v1/heartbeat/${MACHINE}`, JSON.stringify(AGENT)),
]
