import { isIPv4, isIPv6 } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { ConductorOptions } from '../../app/conductor/index.ts'
import { openConductor, readBootPairs } from '../../app/conductor/index.ts'
import type { NetbootSettings } from '../../conductor/index.ts'
import { EXIT } from '../../core/index.ts'
import { readTls, serveConductor, urlOf, watchTls } from '../../server/index.ts'
import type { ServeOptions, ServedConductor, TlsIdentity } from '../../server/index.ts'
import { command } from '../command.ts'
import type { FlagTable, FlagValues } from '../command.ts'
import { COMMON_FLAGS } from '../common-flags.ts'
import { durationMs } from '../duration-flag.ts'
import { raise } from '../errors.ts'
import { readLogin } from '../read-login.ts'
import { STATE_FLAGS } from '../state-flags.ts'

const NAME = 'anneal metal serve'

const SERVE_FLAGS = {
  ...STATE_FLAGS,
  listen: {
    kind: 'text',
    placeholder: 'ADDR:PORT',
    help: 'Answer operators (Ironic’s API) here: IPv4, or [ADDR]:PORT of IPv6',
    default: '127.0.0.1:6385',
  },
  machines: {
    kind: 'text',
    placeholder: 'ADDR:PORT',
    help: 'Answer machines here: an address of this host on the machines’ network, IPv4 or [ADDR]:PORT of IPv6',
  },
  'ramdisk-dir': {
    kind: 'list',
    placeholder: 'DIR',
    help: 'Boot machines with the deploy ramdisk in DIR, as `anneal metal ramdisk` builds it; repeat it for machines with another processor',
  },
  'agent-dir': {
    kind: 'list',
    placeholder: 'DIR',
    help: 'Boot machines whose deploy interface is direct with vmlinuz and initrd in DIR, a ramdisk with ironic-python-agent; repeat it for another processor',
  },
  'ramdisk-karg': {
    kind: 'list',
    placeholder: 'ARG',
    help: 'Add a kernel argument to the deploy ramdisk and to the agent’s, such as console=ttyS0; can be repeated',
  },
  dhcp: {
    kind: 'choice',
    values: ['dhcp', 'proxy', 'none'],
    default: 'dhcp',
    help: 'Give addresses (dhcp), add boot options beside another DHCP server (proxy), or do nothing (none)',
  },
  interface: {
    kind: 'text',
    placeholder: 'NAME',
    help: 'Answer DHCP and TFTP on this network interface',
  },
  subnet: {
    kind: 'list',
    placeholder: 'NET/LEN',
    help: 'Give addresses of this network, such as 10.77.1.0/24 or fd00:77::/64; repeat it for networks (IPv4) behind relay agents',
  },
  gateway: {
    kind: 'list',
    placeholder: 'ADDR',
    help: 'Tell machines of the subnet with this address that it is their default gateway; can be repeated',
  },
  'name-server': {
    kind: 'list',
    placeholder: 'ADDR',
    help: 'Tell machines this name server; can be repeated',
  },
  'tls-cert': {
    kind: 'text',
    placeholder: 'FILE',
    help: 'Answer operators over HTTPS with the certificate in FILE (PEM)',
  },
  'tls-key': {
    kind: 'text',
    placeholder: 'FILE',
    help: 'Use the private key in FILE for that certificate (PEM)',
  },
  'machines-tls': {
    kind: 'text',
    placeholder: 'ADDR:PORT',
    help: 'Answer deploy ramdisks over HTTPS here; what boots them still comes over HTTP',
  },
  login: {
    kind: 'text',
    placeholder: 'FILE',
    help: 'Require operators to log in with the USER:PASSWORD in FILE (one line); without it no login is needed',
  },
  parallel: { kind: 'text', placeholder: 'N', help: 'Work on at most N machines at a time', default: '16' },
  stagger: {
    kind: 'text',
    placeholder: 'TIME',
    help: 'Wait this long between two machines that are switched on',
    default: '1s',
  },
  'power-sync': {
    kind: 'text',
    placeholder: 'TIME',
    help: 'Ask BMCs this often whether their machines are on; never: only for tasks',
    default: '2m',
  },
  wipe: {
    kind: 'choice',
    values: ['disks', 'nothing'],
    default: 'disks',
    help: 'Wipe a machine’s disks before it is available, or leave them as they are',
  },
} as const satisfies FlagTable

type Flags = FlagValues<typeof SERVE_FLAGS>

export const metalServe = command({
  path: ['metal', 'serve'],
  summary: 'Run a conductor: deploy machines without OpenStack',
  operands: '',
  count: { min: 0, max: 0 },
  flags: { ...SERVE_FLAGS, ...COMMON_FLAGS },
  details:
    'Runs until it is interrupted. Tasks on machines survive: the next start goes on with them.\nUse it with `anneal metal … --conductor URL`, or with `openstack baremetal` (auth type none).\nExit codes: 0, interrupted. 5, another conductor has the state directory. 8, something that it needs has ended, or an address is taken.',
  async run({ flags, output, signal }) {
    const { conductorOptions, serveOptions } = await optionsOf(flags)
    const fault = Promise.withResolvers<never>()
    fault.promise.catch(() => undefined)
    await using opened = await openConductor({
      ...conductorOptions,
      say: (machine, text) => output.progress({ event: 'machine', machine, text }, `${machine}: ${text}`),
      onFault: fault.reject,
    })
    await using served = await serveConductor(opened.conductor, {
      ...serveOptions,
      say: (text) => output.say(text),
    })
    using watching = new DisposableStack()
    watching.use(renewals(flags, serveOptions.tls, served, (text) => output.say(text)))
    await opened.conductor.start()
    const { api, machines } = served
    const operators = urlOf(api, serveOptions.tls === undefined ? 'http' : 'https')
    output.progress(
      {
        event: 'ready',
        api: operators.replace(/^\w+:\/\//, ''),
        machines: urlOf(machines, 'http').replace(/^\w+:\/\//, ''),
      },
      `ready: operators at ${operators}, machines at ${urlOf(machines, 'http')}`,
    )
    const interrupted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
    const ended = await Promise.race([interrupted, opened.netbootEnded, fault.promise])
    if (ended !== undefined) throw ended
    return EXIT.ok
  },
})

async function optionsOf(flags: Flags): Promise<
  Readonly<{
    conductorOptions: Omit<ConductorOptions, 'say' | 'onFault'>
    serveOptions: Omit<ServeOptions, 'say'>
  }>
> {
  const fail = (why: string): Error => raise('USAGE', { command: NAME, why, help: `${NAME} --help` })
  if (flags.machines === undefined) throw fail('it needs --machines')
  if (flags['ramdisk-dir'].length === 0) throw fail('it needs --ramdisk-dir')
  const machines = addressOf(flags.machines, 'machines')
  const stateDirectory = join(flags.state, 'conductor')
  const url = urlOf(machines, 'http')
  const parallel = Number(flags.parallel)
  if (!Number.isInteger(parallel) || parallel < 1) throw fail(`--parallel "${flags.parallel}" is no count`)
  const login = flags.login === undefined ? undefined : readLogin(flags.login)
  const netboot = netbootOf(flags, machines.address, url)
  const tls = tlsOf(flags)
  const ramdisks = ramdisksOf(flags, tls)
  return {
    conductorOptions: {
      stateDirectory,
      url,
      ...(ramdisks === undefined
        ? {}
        : { ramdisks: { url: `https://${flags['machines-tls']}`, pin: ramdisks.tls.pin } }),
      ramdiskArguments: flags['ramdisk-karg'],
      deployRamdisks: await readBootPairs(flags['ramdisk-dir']),
      agents: await readBootPairs(flags['agent-dir']),
      host: hostname(),
      wipes: flags.wipe,
      parallel,
      staggerMs: durationMs(flags.stagger, 'stagger', NAME),
      powerSyncMs: flags['power-sync'] === 'never' ? 0 : durationMs(flags['power-sync'], 'power-sync', NAME),
      ...(netboot === undefined ? {} : { netboot }),
    },
    serveOptions: {
      api: addressOf(flags.listen, 'listen'),
      ...(tls === undefined ? {} : { tls }),
      ...(ramdisks === undefined ? {} : { ramdisks }),
      machines,
      files: netboot === undefined ? {} : { programs: join(stateDirectory, 'netboot', 'boot-programs') },
      ...(login === undefined ? {} : { login: `${login.user}:${login.password}` }),
    },
  }
}

function tlsOf(flags: Flags): TlsIdentity | undefined {
  const { 'tls-cert': certificate, 'tls-key': key } = flags
  if (certificate !== undefined && key !== undefined) return readTls({ certificate, key })
  if (certificate === undefined && key === undefined) return undefined
  throw raise('USAGE', { command: NAME, why: '--tls-cert and --tls-key go together', help: `${NAME} --help` })
}

const LOOK_AT_TLS_MS = 10_000

function renewals(
  { 'tls-cert': certificate, 'tls-key': key }: Flags,
  first: TlsIdentity | undefined,
  served: ServedConductor,
  say: (text: string) => void,
): Disposable | undefined {
  if (first === undefined || certificate === undefined || key === undefined) return undefined
  return watchTls({ certificate, key }, first, {
    everyMs: LOOK_AT_TLS_MS,
    renewed(identity) {
      const whom = served.renewTls(identity)
      say(`a renewed certificate is in "${certificate}": it is for ${whom} from now on`)
    },
    broken: (why) => say(`${why}; the certificate of before stays in use`),
  })
}

function ramdisksOf(flags: Flags, tls: TlsIdentity | undefined): ServeOptions['ramdisks'] {
  const at = flags['machines-tls']
  if (at === undefined) return undefined
  if (tls !== undefined) return { listen: addressOf(at, 'machines-tls'), tls }
  throw raise('USAGE', { command: NAME, why: '--machines-tls needs --tls-cert', help: `${NAME} --help` })
}

function netbootOf(flags: Flags, address: string, bootUrl: string): NetbootSettings | undefined {
  const fail = (why: string): Error => raise('USAGE', { command: NAME, why, help: `${NAME} --help` })
  if (flags.dhcp === 'none') return undefined
  if (flags.interface === undefined) throw fail('it needs --interface, or --dhcp none')
  if (flags.subnet.length === 0) throw fail('it needs --subnet, or --dhcp none')
  return {
    interface: flags.interface,
    address,
    mode: flags.dhcp,
    subnets: flags.subnet,
    gateways: flags.gateway,
    nameServers: flags['name-server'],
    bootUrl,
  }
}

/** An address of IPv6 is in brackets, as in URLs. */
function addressOf(text: string, flag: string): Readonly<{ address: string; port: number }> {
  const [, six = '', four = '', digits = ''] =
    /^(?:\[([0-9a-fA-F:.]+)\]|(\d+(?:\.\d+){3})):(\d+)$/.exec(text) ?? []
  const port = Number(digits)
  if (digits !== '' && port < 65_536 && (isIPv4(four) || isIPv6(six))) return { address: four || six, port }
  const why = `--${flag} "${text}" is not ADDRESS:PORT, such as 10.77.1.1:6386 or [fd00:77::1]:6386`
  throw raise('USAGE', { command: NAME, why, help: `${NAME} --help` })
}
