import { createHash } from 'node:crypto'
import { fromBytes } from '../../../../bytes/index.ts'
import type { ChunkConverter, ChunkResult, ChunkUse, Digests, ScratchFile } from '../../../../ports/index.ts'
import type { BaseJob } from '../../base-stream.ts'
import type { Conversion } from '../../convert-image.ts'
import { pushImage } from '../push-image.ts'
import type { Pushed, PushStep, PushWishes, PushWorld } from '../pushed.ts'
import type { FakeStore } from './fake-store.ts'

/** Small, for many runs. A base that is packed needs whole clusters of a qcow2: 64 KiB. */
const CHUNK_BYTES = 8192

/** A system of some bytes: a kernel, two initrds, and a base whose middle is free. */
export class SmallPush {
  readonly store: FakeStore
  readonly #chunkBytes: number
  kernel = Buffer.from('the kernel')
  initrds = [Buffer.from('early'), Buffer.from('the initrd')]
  first: Buffer
  last: Buffer
  /** Milliseconds since the epoch. */
  now = 0
  /** So many turns of others pass before each chunk is there. */
  slowness = 0
  /** How often all of the base was read. */
  reads = 0
  steps: PushStep[] = []
  wishes: Partial<PushWishes> = {}

  constructor(store: FakeStore, chunkBytes: number = CHUNK_BYTES) {
    this.store = store
    this.#chunkBytes = chunkBytes
    this.first = Buffer.alloc(chunkBytes, 'a')
    this.last = Buffer.alloc(chunkBytes / 2, 'z')
  }

  /** As a store must have them: free space as zeros. */
  get baseBytes(): Buffer {
    return Buffer.concat([this.first, Buffer.alloc(2 * this.#chunkBytes), this.last])
  }

  get ramdiskBytes(): Buffer {
    const [early = Buffer.alloc(0), main = Buffer.alloc(0)] = this.initrds
    return Buffer.concat([early, Buffer.alloc((4 - (early.length % 4)) % 4), main])
  }

  run(signal: AbortSignal = new AbortController().signal): Promise<Pushed> {
    return pushImage(
      this.#world,
      this.#conversion,
      this.#job,
      {
        name: 'small',
        containerFormat: 'ami',
        diskFormat: 'raw',
        compression: 'zstd',
        visibility: 'private',
        protection: 'open',
        properties: {},
        mode: 'apply',
        ...this.wishes,
      },
      (step) => this.steps.push(step),
      signal,
    )
  }

  get #world(): PushWorld {
    const chunks: ChunkConverter = {
      convert: (run) => this.#convert(run.use),
      async *read(source) {
        yield await source.read(0, source.size)
      },
    }
    return {
      store: this.store,
      chunks,
      streamDigest,
      scratch: () => Promise.resolve(scratchInMemory()),
      sha256: (text) => createHash('sha256').update(text).digest('hex'),
      clock: {
        now: () => this.now,
        monotonic: () => this.now,
        sleep: (ms) => {
          this.now += ms
          return Promise.resolve()
        },
      },
    }
  }

  async *#convert(use: ChunkUse): ReturnType<ChunkConverter['convert']> & AsyncGenerator {
    this.reads += 1
    for (const [index, bytes] of [this.first, this.last].entries()) {
      const chunk = this.#job.chunks[index]
      if (chunk === undefined) return
      const { offsetBytes } = chunk
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      for (let turn = 0; turn <= this.slowness; turn += 1) await Promise.resolve()
      yield {
        chunk,
        mapped: [{ offsetBytes, lengthBytes: bytes.length, sha256 }],
        readBytes: bytes.length,
        writtenBytes: 0,
        ...(use === 'bytes' ? { bytes: Uint8Array.from(bytes) } : {}),
        ...(use.startsWith('clusters') ? storedCluster(bytes, this.#chunkBytes) : {}),
      }
    }
  }

  get #job(): BaseJob {
    const used = (offsetBytes: number, lengthBytes: number) => ({
      offsetBytes,
      lengthBytes,
      used: [{ offsetBytes, lengthBytes, kind: 'data' } as const],
    })
    const { source: base } = this.#conversion.base
    const chunks = [used(0, this.#chunkBytes), used(3 * this.#chunkBytes, this.last.length)]
    return { base, sizeBytes: this.baseBytes.length, chunkBytes: this.#chunkBytes, chunks }
  }

  get #conversion(): Conversion {
    const file = (name: string, parts: readonly Buffer[]) => ({
      name,
      from: parts.map((part, index) => ({ path: `/${name}${index}`, source: fromBytes(part, name) })),
    })
    const deployment = { stateroot: 'os', commit: 'c0ffee', serial: 1 }
    return {
      kernel: file('kernel', [this.kernel]),
      ramdisk: file('ramdisk', this.initrds),
      base: {
        source: fromBytes(this.baseBytes, 'small'),
        pieces: [],
        patches: [],
        from: 'p2',
        holds: 'filesystem',
      },
      extents: () => {
        throw new Error('the job is made already')
      },
      about: {
        source: { name: 'small.qcow2', format: 'qcow2', sizeBytes: 1 },
        boot: {
          commandLine: 'root=LABEL=r',
          firmware: 'either',
          arguments: [],
          os: { id: 'fedora', versionId: '21' },
          deployment: { ...deployment, address: 'p1', path: '/ostree', origin: '' },
        },
        changes: [],
        warnings: [],
      },
    }
  }
}

function storedCluster(bytes: Buffer, lengthBytes: number): Pick<ChunkResult, 'bytes' | 'clusters'> {
  const whole = new Uint8Array(lengthBytes)
  whole.set(bytes)
  return { bytes: whole, clusters: [{ at: 0, lengthBytes, form: 'stored' }] }
}

function scratchInMemory(): ScratchFile {
  let held = Buffer.alloc(0)
  return {
    write(bytes, offsetBytes) {
      const end = Math.max(held.length, offsetBytes + bytes.length)
      held = Buffer.concat([held, Buffer.alloc(end - held.length)])
      held.set(bytes, offsetBytes)
      return Promise.resolve()
    },
    async *read(fromByte) {
      yield Uint8Array.from(held.subarray(fromByte))
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function streamDigest(): ReturnType<PushWorld['streamDigest']> {
  const sha256 = createHash('sha256')
  const sha512 = createHash('sha512')
  const update = (bytes: Uint8Array): Promise<void> => {
    sha256.update(bytes)
    sha512.update(bytes)
    return Promise.resolve()
  }
  return {
    update,
    updateZeros: (lengthBytes) => update(new Uint8Array(lengthBytes)),
    end: () =>
      Promise.resolve({ sha256: sha256.digest('hex'), sha512: sha512.digest('hex') } satisfies Digests),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
