import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { plainSpec } from '../../../src/adapters/containers/index.ts'
import type { Container } from '../../../src/node/index.ts'
import type { BedKind } from './bed.ts'
import type { ContainerSpec, Engine } from '../../../src/ports/index.ts'
import { NEEDS, busyboxRoot, erase, missing, openBed } from './bed.ts'
import type { Bed } from './bed.ts'
import { openLyingRegistry, openRegistry, openSlowRegistry, pushImage } from './registry.ts'
import type { Registry } from './registry.ts'

/** The image of busybox that every engine under test holds. */
export const IMAGE = 'localhost/anneal-contract:1'

/** Ends on SIGTERM with 7, at once. */
export const POLITE = ['sh', '-c', 'trap "exit 7" TERM; echo ready; while :; do sleep 1000 & wait; done']
/** Does not end on SIGTERM. */
export const STUBBORN = ['sh', '-c', 'trap "" TERM; echo ready; while :; do sleep 1; done']

type Registries = Readonly<{ open: Registry; closed: Registry; lying: Registry; slow: Registry }>

/** An engine that the contract is asked of, with registries to pull from. `open` it before the first test. */
export class EngineUnderTest {
  readonly kind: BedKind
  readonly needsEngine: Readonly<{ skip: string | false }>
  readonly needsRegistry: Readonly<{ skip: string | false }>
  /** Images of the registries: the one that is pulled, another of the same name, and one that nobody pulls by its tag. */
  digest = ''
  otherDigest = ''
  unseenDigest = ''
  /** A folder of this engine's test. */
  dir = ''
  /** How many containers were described. */
  count = 0
  readonly #silent = createServer(() => {})
  #bed: Bed | undefined
  #registries: Registries | undefined

  constructor(kind: BedKind) {
    this.kind = kind
    const lacking = missing(NEEDS[kind])
    this.needsEngine = { skip: lacking ?? false }
    this.needsRegistry = { skip: lacking ?? missing(['docker-registry']) ?? false }
  }

  get bed(): Bed {
    assert.ok(this.#bed, 'the engine was opened')
    return this.#bed
  }

  get engine(): Engine {
    return this.bed.engine
  }

  get registries(): Registries {
    assert.ok(this.#registries, 'the registries were opened')
    return this.#registries
  }

  /** A registry that never answers. */
  silentHost(): string {
    return `127.0.0.1:${(this.#silent.address() as AddressInfo).port}`
  }

  async open(): Promise<void> {
    if (this.needsEngine.skip !== false) return
    this.dir = mkdtempSync(join(tmpdir(), 'anneal-contract-'))
    const busybox = busyboxRoot(this.dir)
    if (this.needsRegistry.skip === false) await this.#openRegistries(readFileSync(busybox))
    const hosts =
      this.#registries === undefined
        ? []
        : [...Object.values(this.#registries).map(({ host }) => host), this.silentHost()]
    this.#bed = await openBed(this.kind, { insecureRegistries: hosts })
    const labels = { 'io.anneal.what': 'say "$HOME" \\ twice' }
    await this.engine.importImage(createReadStream(busybox), IMAGE, labels)
  }

  async close(): Promise<void> {
    if (this.needsEngine.skip !== false) return
    this.#silent.closeAllConnections()
    this.#silent.close()
    // Those that the others ask come last.
    const { lying, slow, open, closed } = this.#registries ?? {}
    const closings = await Promise.allSettled(
      [this.#bed, lying, slow, open, closed].map(async (one?: { close: () => Promise<void> }) =>
        one?.close(),
      ),
    )
    for (const closing of closings) if (closing.status === 'rejected') throw closing.reason
    await erase(this.dir)
  }

  async #openRegistries(layer: Buffer): Promise<void> {
    const { dir } = this
    const open = await openRegistry(join(dir, 'open'), { auth: false })
    const closed = await openRegistry(join(dir, 'closed'), { auth: true })
    this.digest = await pushImage(open.host, 'forge/hammer', layer, dir, 'one')
    this.otherDigest = await pushImage(open.host, 'forge/hammer', layer, dir, 'two')
    this.unseenDigest = await pushImage(open.host, 'forge/hammer', layer, dir, 'unseen')
    await pushImage(closed.host, 'forge/anvil', layer, dir, 'one')
    await new Promise<void>((resolve) => this.#silent.listen(0, '127.0.0.1', resolve))
    const lying = await openLyingRegistry(open.host, this.otherDigest)
    const slow = await openSlowRegistry(open.host)
    this.#registries = { open, closed, lying, slow }
  }

  readonly spec = (changes: Partial<ContainerSpec> = {}): ContainerSpec =>
    plainSpec({
      name: `contract-${(this.count += 1)}`,
      image: IMAGE,
      labels: { 'io.anneal.test': 'contract' },
      command: POLITE,
      ...changes,
    })

  readonly running = async (changes: Partial<ContainerSpec> = {}): Promise<Container> => {
    const id = await this.engine.createContainer(this.spec(changes))
    await this.engine.startContainer(id)
    return this.inspected(id)
  }

  readonly inspected = async (id: string): Promise<Container> => {
    const container = await this.engine.inspectContainer(id)
    assert.ok(container, `${id} is there`)
    return container
  }

  readonly output = async (id: string, command: string): Promise<string> =>
    (await this.engine.exec(id, ['sh', '-c', command])).stdout.trim()

  /** The engine's major version. */
  readonly major = async (): Promise<number> => Number((await this.engine.facts()).version.split('.')[0])
}
