import { agentNode, conductorError, isAgentTooOld, LEAST_AGENT } from '../../conductor/index.ts'
import type { MachineRecord, Members } from '../../conductor/index.ts'
import type { AgentAddress, ConductorWorld, DeployImage, RamdiskSession } from '../../ports/index.ts'
import { noteHeard, PRESENT_MS } from './machine-calls.ts'
import type { RamdiskLine } from './ramdisk-line.ts'
import type { TaskRunner } from './task-runner.ts'
import { partsOf } from '../../bytes/index.ts'

/** Agents call after 0.3 to 0.6 of this (ironic_python_agent/agent.py): a restarted conductor hears of them soon. */
const HEARTBEAT_SECONDS = 60
/** Stands for a token that is not told: the agent has its own from its boot script (Ironic’s own word). */
const TOKEN_NOT_TOLD = '******'

export type Heartbeat = Readonly<{
  callbackUrl: string
  token: string
  version?: string
  certificate?: string
}>

/**
 * What an ironic-python-agent says and fetches: Ironic’s lookup and heartbeat, the image and the config drive. The token of a
 * heartbeat was in the boot script of this machine and task; any other is refused with AGENT_TOKEN_INVALID.
 */
export class AgentCalls {
  readonly #world: ConductorWorld
  readonly #tasks: TaskRunner

  constructor(world: ConductorWorld, tasks: TaskRunner) {
    this.#world = world
    this.#tasks = tasks
  }

  /**
   * The machine that has one of these MAC addresses, or this uuid, and waits for its agent. It tells no secret: anybody may
   * ask. Throws AGENT_LOOKUP_UNKNOWN, the same for a machine that does not wait.
   */
  lookup(addresses: readonly string[], uuid: string | undefined, from: string): Members {
    const { store } = this.#world
    const macs = new Set(addresses.map((one) => one.toLowerCase()))
    const named = uuid ?? store.ports().find(({ address }) => macs.has(address))?.machine
    const machine = named === undefined ? undefined : store.machine(named)
    const waits = machine !== undefined && store.session(machine.uuid)?.boots === 'agent'
    if (!waits || this.#tasks.line(machine.uuid) === undefined) {
      const what = uuid === undefined ? `the MAC address ${[...macs].join(' or ')}` : `the uuid ${uuid}`
      throw conductorError('AGENT_LOOKUP_UNKNOWN', { from, what })
    }
    return {
      node: agentNode(machine),
      config: {
        heartbeat_timeout: HEARTBEAT_SECONDS,
        agent_token: TOKEN_NOT_TOLD,
        agent_token_required: true,
        agent_md5_checksum_enable: false,
        metrics: {},
        metrics_statsd: {},
      },
    }
  }

  /** Throws MACHINE_UNKNOWN, AGENT_TOKEN_INVALID, AGENT_TOO_OLD, AGENT_HEARTBEAT_INVALID. */
  heartbeat(machine: MachineRecord, beat: Heartbeat, from: string): void {
    const { store, secrets, clock } = this.#world
    const { uuid } = machine
    const digest = secrets.digest(beat.token)
    const session = store.session(uuid)
    const line = this.#tasks.line(uuid)
    const isBoot = session?.bootToken === digest
    const isWork = session?.workToken === digest
    if (session?.boots !== 'agent' || line === undefined || !(isBoot || isWork)) {
      throw conductorError('AGENT_TOKEN_INVALID', { from })
    }
    const agent = addressOf(beat, from)
    if (isAgentTooOld(beat.version)) {
      const found = beat.version ?? 'of an unknown version'
      const error = conductorError('AGENT_TOO_OLD', { from, found, least: LEAST_AGENT })
      line.say(
        { kind: 'failed', code: 'AGENT_TOO_OLD', lines: `${error.message}. ${error.remedy}` },
        line.heardMs,
      )
      throw error
    }
    const nowMs = clock.monotonic()
    if (isWork) this.#again(agent, session, line, from)
    else this.#first(machine, session, digest, line, from)
    if (line.agent?.token !== agent.token) line.say({ kind: 'heartbeat', agent }, nowMs)
    line.agent = agent
    line.heardMs = nowMs
    noteHeard(this.#world, uuid)
  }

  /** What the agent of one machine fetches while it writes the disk. Throws AGENT_TOKEN_INVALID. */
  async file(token: string, which: 'image' | 'config-drive', from: string): Promise<AgentStream> {
    const { store, secrets, clock } = this.#world
    const digest = secrets.digest(token)
    const found = store
      .sessions()
      .find(({ session }) => session.boots === 'agent' && session.imageToken === digest)
    const line = found && this.#tasks.line(found.machine)
    if (line === undefined || found?.session.reportedFrom !== from) {
      throw conductorError('AGENT_TOKEN_INVALID', { from })
    }
    // After a restart of the conductor the agent asks again before the image is open.
    const { image, configDrive } = await line.files()
    if (which === 'image') {
      return agentStream(image, (bytes) => {
        line.writtenBytes = bytes
        line.heardMs = clock.monotonic()
      })
    }
    if (configDrive === undefined) throw conductorError('AGENT_TOKEN_INVALID', { from })
    return { sizeBytes: configDrive.length, parts: [configDrive] }
  }

  /** The agent of this boot may not become another one: what it said first stands. */
  #again(agent: AgentAddress, session: RamdiskSession, line: RamdiskLine, from: string): void {
    const known = line.agent?.token === agent.token ? line.agent : undefined
    const same = known === undefined || (known.url === agent.url && known.certificate === agent.certificate)
    if (session.reportedFrom !== from || !same) throw conductorError('AGENT_TOKEN_INVALID', { from })
  }

  /** An agent that has just booted: from now on its token is that of the work, and the one before it is nobody’s. */
  #first(
    { uuid }: MachineRecord,
    session: RamdiskSession,
    digest: string,
    line: RamdiskLine,
    from: string,
  ): void {
    const { store, clock } = this.#world
    const { bootToken: _boot, imageToken: _image, reportedFrom: first, ...rest } = session
    const nowMs = clock.monotonic()
    if (first !== undefined && first !== from && nowMs - line.heardMs < PRESENT_MS) {
      line.say({ kind: 'twice', first, second: from }, nowMs)
      throw conductorError('AGENT_TOKEN_INVALID', { from })
    }
    store.saveSession(uuid, { ...rest, workToken: digest, reportedFrom: from })
  }
}

/** The conductor calls back who called, and nobody else. */
function addressOf({ callbackUrl, token, certificate }: Heartbeat, from: string): AgentAddress {
  const url = URL.parse(callbackUrl)
  const invalid = (why: string): Error => conductorError('AGENT_HEARTBEAT_INVALID', { from, why })
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw invalid(`its callback_url "${callbackUrl}" is no HTTP address`)
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (host !== from || url.username !== '' || url.pathname !== '/' || url.search !== '') {
    throw invalid(`its callback_url "${callbackUrl}" is not an address of ${from}`)
  }
  if (url.protocol === 'https:' && certificate === undefined) {
    throw invalid('it listens by HTTPS, and tells no certificate (agent_verify_ca)')
  }
  return {
    url: url.origin,
    token,
    ...(url.protocol === 'https:' && certificate !== undefined ? { certificate } : {}),
  }
}

const PART_BYTES = 2 ** 20

/** Something that is sent to an agent: so many bytes, part by part. */
type AgentStream = Readonly<{
  sizeBytes: number
  parts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}>

/** The whole disk of an image, zeros included: what is not in use is not read. `onSent` gets how much was taken so far. */
function agentStream(image: DeployImage, onSent: (bytes: number) => void): AgentStream {
  return { sizeBytes: image.disk.size, parts: told(image, onSent) }
}

async function* told(image: DeployImage, onSent: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  using _ = image.hold()
  let sentBytes = 0
  for await (const part of partsOf(image.disk, PART_BYTES)) {
    yield part
    sentBytes += part.length
    onSent(sentBytes)
  }
}
