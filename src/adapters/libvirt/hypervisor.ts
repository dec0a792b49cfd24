import { isAnnealError } from '../../core/index.ts'
import type { Domain, Hypervisor } from '../../ports/index.ts'
import { Connection } from './connection.ts'
import { raiseLibvirt } from './errors.ts'
import { AUTH, AUTH_TYPES_MAX, DOMAINS_MAX, readDomain } from './protocol.ts'
import type { RemoteDomain } from './protocol.ts'
import { xdrInt, xdrJoin, xdrOpaque, xdrOptional, xdrString, xdrUint } from './xdr.ts'

export type HypervisorOptions = Readonly<{
  /**
   * Sockets that may be libvirt's, best first: the next is tried where one is absent or nobody listens.
   * By default that of libvirtd, then that of the modular virtqemud.
   */
  sockets?: readonly string[]
  uri?: string
  /** For `domains`; `ping` is told each time. */
  timeoutMs?: number
}>

const SOCKETS = ['/run/libvirt/libvirt-sock', '/run/libvirt/virtqemud-sock']

/** enum virDomainState of libvirt's include/libvirt/libvirt-domain.h */
const STATES = [
  'nostate',
  'running',
  'blocked',
  'paused',
  'shutdown',
  'shutoff',
  'crashed',
  'pmsuspended',
] as const satisfies readonly Domain['state'][]

/** enum virDomainPausedReason and virDomainShutoffReason of the same file, in the words of `virsh domstate --reason`. */
const REASONS: Readonly<Partial<Record<Domain['state'], readonly string[]>>> = {
  paused: [
    'unknown',
    'user',
    'migrating',
    'saving',
    'dumping',
    'I/O error',
    'watchdog',
    'from snapshot',
    'shutting down',
    'creating snapshot',
    'crashed',
    'starting up',
    'post-copy',
    'post-copy failed',
    'api error',
  ],
  shutoff: [
    'unknown',
    'shutdown',
    'destroyed',
    'crashed',
    'migrated',
    'saved',
    'failed',
    'from snapshot',
    'daemon',
  ],
}

/** VIR_ERR_NO_DOMAIN of libvirt's include/libvirt/virterror.h */
const NO_DOMAIN = 42

/** libvirt over its read-write unix socket. Each call is a connection of its own: nothing is held while libvirt is replaced. */
export function libvirtHypervisor(options: HypervisorOptions = {}): Hypervisor {
  const sockets = options.sockets ?? SOCKETS
  const uri = options.uri ?? 'qemu:///system'
  const session = <T>(timeoutMs: number, work: (connection: Connection) => Promise<T>): Promise<T> =>
    withConnection(sockets, uri, timeoutMs, work)
  return {
    ping: (timeoutMs) => session(timeoutMs, libraryVersion),
    domains: () => session(options.timeoutMs ?? 10_000, listDomains),
  }
}

async function withConnection<T>(
  sockets: readonly string[],
  uri: string,
  timeoutMs: number,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  let failure: unknown
  for (const socket of sockets) {
    const connection = new Connection(socket, Math.max(1, deadline - performance.now()))
    try {
      await open(connection, uri)
      const result = await work(connection)
      // Said and heard out: libvirt logs an error for each client that just goes away. The result stands all the same.
      await connection.call('connectClose', new Uint8Array(), () => undefined).catch(() => undefined)
      return result
    } catch (error) {
      failure ??= error
      if (!isNobodyThere(error)) throw error
    } finally {
      connection.close()
    }
  }
  throw failure
}

async function open(connection: Connection, uri: string): Promise<void> {
  const offered = await connection.call('authList', new Uint8Array(), (reader) =>
    reader.array(AUTH_TYPES_MAX, () => reader.int()),
  )
  if (offered.length > 0 && !offered.includes(0)) {
    const methods = offered.map((type) => AUTH[type] ?? `type ${type}`)
    throw raiseLibvirt('HYPERVISOR_AUTH_REQUIRED', { socket: connection.path, methods })
  }
  await connection.call('connectOpen', xdrJoin([xdrOptional(xdrString(uri)), xdrUint(0)]), () => undefined)
}

/** libvirt packs `major * 1000000 + minor * 1000 + release`. */
async function libraryVersion(connection: Connection): Promise<string> {
  const packed = Number(
    await connection.call('connectGetLibVersion', new Uint8Array(), (reader) => reader.uhyper()),
  )
  return [Math.floor(packed / 1_000_000), Math.floor(packed / 1000) % 1000, packed % 1000].join('.')
}

async function listDomains(connection: Connection): Promise<readonly Domain[]> {
  // need_results = 1; flags = 0 asks for active and inactive ones.
  const found = await connection.call('connectListAllDomains', xdrJoin([xdrInt(1), xdrUint(0)]), (reader) => {
    const domains = reader.array(DOMAINS_MAX, () => readDomain(reader))
    reader.uint() // how many there are
    return domains
  })
  const domains: Domain[] = []
  for (const domain of found) {
    const state = await domainState(connection, domain)
    if (state !== undefined)
      domains.push({ uuid: formatUuid(domain.uuid), name: domain.name, id: domain.id, ...state })
  }
  return domains
}

/** undefined where the domain was undefined between the list and now. */
async function domainState(
  connection: Connection,
  domain: RemoteDomain,
): Promise<Pick<Domain, 'state' | 'reason'> | undefined> {
  const args = xdrJoin([xdrString(domain.name), xdrOpaque(domain.uuid), xdrInt(domain.id), xdrUint(0)])
  try {
    return await connection.call('domainGetState', args, (reader) => {
      const state = STATES[reader.int()] ?? 'nostate'
      const number = reader.int()
      const reason = REASONS[state]?.[number]
      return reason === undefined ? { state } : { state, reason }
    })
  } catch (error) {
    if (isAnnealError(error, 'HYPERVISOR_REFUSED') && error.data['libvirtCode'] === NO_DOMAIN)
      return undefined
    throw error
  }
}

/** No such socket, or one that a dead libvirt left behind: worth trying the next. */
function isNobodyThere(error: unknown): boolean {
  if (!isAnnealError(error, 'HYPERVISOR_UNREACHABLE')) return false
  return error.data['state'] === 'ENOENT' || error.data['state'] === 'ECONNREFUSED'
}

function formatUuid(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
