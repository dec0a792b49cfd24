import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Conductor } from '../app/conductor/index.ts'
import { isAnnealError } from '../core/index.ts'
import { startHttpService } from './http-service.ts'
import type { HttpService } from './http-service.ts'
import { fault, lacking, messageOf, statusOf } from './ironic/json-reply.ts'
import { refuseVersion, versionHeaders } from './ironic/microversions.ts'
import { ironicRoutes } from './ironic/routes.ts'
import { agentRoutes, isOfAgent } from './machines/agent-routes.ts'
import { bootRoutes, ramdiskRoutes, text } from './machines/routes.ts'
import type { BootFiles } from './machines/routes.ts'
import type { Reply, Routes } from './route.ts'
import type { TlsIdentity } from './tls.ts'

/** A config drive as JSON may be large. */
const MOST_OF_OPERATORS = 96 * 2 ** 20
/** A report of some hundred disks. Anybody on the machines’ network can send one. */
const MOST_OF_MACHINES = 2 ** 20

export type ServedAddress = Readonly<{ address: string; port: number }>

/** An address of IPv6 is in brackets (RFC 3986, 3.2.2). */
export function urlOf({ address, port }: ServedAddress, scheme: 'http' | 'https'): string {
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`
}

export type ServeOptions = Readonly<{
  /** Where operators and clients of Ironic ask. */
  api: ServedAddress
  /** Where machines fetch what they boot, and say how it went. */
  machines: ServedAddress
  files: BootFiles
  /** Of HTTPS for operators; without it they are answered over HTTP. */
  tls?: TlsIdentity
  /** Where deploy ramdisks ask over HTTPS. Nothing of theirs is then answered at `machines`. */
  ramdisks?: Readonly<{ listen: ServedAddress; tls: TlsIdentity }>
  /** `USER:PASSWORD` that the API wants (RFC 7617); without it whoever reaches it may ask. */
  login?: string
  /** Faults of the program itself. */
  say: (text: string) => void
}>

export type ServedConductor = AsyncDisposable &
  Readonly<{
    api: HttpService
    machines: HttpService
    ramdisks: HttpService | undefined
    /** A certificate was renewed. Gives whom it is for from now on: ramdisks know the key that their boot script named. */
    renewTls: (identity: TlsIdentity) => 'operators' | 'operators and ramdisks'
  }>

/** Listens for operators and for machines, until it is disposed of. Throws LISTEN_FAILED. */
export async function serveConductor(conductor: Conductor, options: ServeOptions): Promise<ServedConductor> {
  await using starting = new AsyncDisposableStack()
  const faults = (error: unknown, path: string): void => {
    if (isAnnealError(error)) return
    options.say(`a fault while answering ${path}: ${error instanceof Error ? error.stack : String(error)}`)
  }
  const { api, machines, files, login, tls, ramdisks } = options
  const scheme = tls === undefined ? 'http' : 'https'
  const apiService = starting.use(
    await startHttpService({
      ...api,
      rootPath: '/',
      mostBodyBytes: MOST_OF_OPERATORS,
      routes: ironicRoutes(conductor, urlOf(api, scheme)),
      ...(tls === undefined ? {} : { tls }),
      guard: (request) => refuseLogin(request, login) ?? refuseVersion(request),
      headers: versionHeaders,
      replyTo: (error, { path }) => {
        faults(error, path)
        return fault(statusOf(error), messageOf(error))
      },
      missing: ({ method, path }, methods) =>
        methods.length === 0 ? lacking(path) : fault(405, `${method} is not allowed for ${path}`),
    }),
  )
  const forMachines = async (at: ServedAddress, routes: Routes, identity?: TlsIdentity) =>
    starting.use(
      await startHttpService({
        ...at,
        rootPath: '/boot',
        mostBodyBytes: MOST_OF_MACHINES,
        routes,
        ...(identity === undefined ? {} : { tls: identity }),
        guard: (request) => (isOfAgent(request.url ?? '') ? refuseVersion(request) : undefined),
        headers: (request) => (isOfAgent(request.url ?? '') ? versionHeaders(request) : {}),
        replyTo: (error, { path }) => {
          faults(error, path)
          if (isOfAgent(path)) return fault(statusOf(error), messageOf(error))
          return text(statusOf(error), `${messageOf(error)}\n`)
        },
        missing: ({ path }) => (isOfAgent(path) ? lacking(path) : text(404, 'no such file\n')),
      }),
    )
  const tasks = ramdiskRoutes(conductor)
  const overHttp = { ...bootRoutes(conductor, files), ...agentRoutes(conductor) }
  const machineService = await forMachines(
    machines,
    ramdisks === undefined ? { ...overHttp, ...tasks } : overHttp,
  )
  const ramdiskService = ramdisks && (await forMachines(ramdisks.listen, tasks, ramdisks.tls))
  const kept = starting.move()
  return {
    api: apiService,
    machines: machineService,
    ramdisks: ramdiskService,
    renewTls(identity) {
      apiService.renew(identity)
      if (ramdisks?.tls.pin !== identity.pin) return 'operators'
      ramdiskService?.renew(identity)
      return 'operators and ramdisks'
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function refuseLogin({ headers }: IncomingMessage, login: string | undefined): Reply | undefined {
  if (login === undefined) return undefined
  const wanted = Buffer.from(`Basic ${Buffer.from(login).toString('base64')}`)
  const said = Buffer.from(headers.authorization ?? '')
  if (said.length === wanted.length && timingSafeEqual(said, wanted)) return undefined
  const reply = fault(401, 'The request is not authenticated: the conductor wants a user and a password')
  return { ...reply, headers: { ...reply.headers, 'www-authenticate': 'Basic realm="anneal"' } }
}
