import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Decompress } from '../../formats/qcow2/index.ts'
import type { InflateZlib } from '../../formats/vmdk/index.ts'
import { expandAll } from '../codec/index.ts'
import type { Codec } from '../codec/index.ts'

/**
 * To a worker: pieces to decompress, one behind the other in `slot` from `inputOffset` on; `parts` holds offset (from
 * there) and length of each. What comes out goes to the start of the slot, one behind the other.
 */
export type Batch = Readonly<{
  id: number
  codec: Codec
  outLength: number
  slot: SharedArrayBuffer
  inputOffset: number
  parts: Uint32Array<ArrayBuffer>
}>

/** From a worker: the indices of those that failed. */
export type BatchDone = Readonly<{ id: number; failed: readonly number[] }>

export type DecompressPool = Decompress & Readonly<{ zlib: InflateZlib }> & AsyncDisposable

type Job = Readonly<{
  codec: Codec
  bytes: Uint8Array
  into: Uint8Array
  resolve: () => void
  reject: (cause: Error) => void
}>

type UnderWay = Readonly<{ jobs: readonly Job[]; slot: SharedArrayBuffer }>

/** Slots are shared memory, used again and again: buffers that are sent to and fro would be garbage, a gigabyte of it. */
type Member = { worker: Worker; underWay: Map<number, UnderWay>; slots: SharedArrayBuffer[] }

/** What a message to a worker holds at most, of decompressed bytes: a few milliseconds of work. */
const BATCH_BYTES = 1024 * 1024
/** Batches that a worker has at a time: one to work on, and one for when it is done. */
const AHEAD = 2
/** So much is decompressed in place before threads are started: an inspection never needs them. */
const IN_PLACE_BYTES = 4 * 1024 * 1024

/**
 * Decompresses on as many threads as the machine has processors; with none, always in place. Dispose of it when done:
 * threads are ended, and what is under way rejects. Threads that have nothing to do keep no process from ending.
 *
 * INVARIANTS: each job settles exactly once; what is given must stay as it is until then; at most AHEAD
 * batches are with a worker, each in a slot that nobody else uses meanwhile.
 */
export function decompressPool(options: Readonly<{ threads?: number }> = {}): DecompressPool {
  const threads = options.threads ?? availableParallelism()
  const queue: Job[] = []
  const members: Member[] = []
  let inPlaceBytes = 0
  let nextId = 0
  let flushing = false
  let closed = false

  const expand = (codec: Codec, bytes: Uint8Array, into: Uint8Array): Promise<void> => {
    if (closed) return Promise.reject(new Error('the decompressor is closed'))
    if (threads === 0 || (members.length === 0 && inPlaceBytes < IN_PLACE_BYTES)) {
      inPlaceBytes += into.length
      return expandInPlace(codec, bytes, into)
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    queue.push({ codec, bytes, into, resolve, reject })
    if (!flushing) {
      flushing = true
      // Whoever reads a range asks for all of its clusters in one go: together they make batches.
      queueMicrotask(() => {
        flushing = false
        dispatch()
      })
    }
    return promise
  }

  const dispatch = (): void => {
    if (closed) return
    while (members.length < threads) members.push(startMember())
    for (let round = 0; round < AHEAD; round += 1) {
      for (const member of members) {
        if (queue.length === 0) return
        if (member.underWay.size <= round) send(member, takeJobs())
      }
    }
  }

  /** The next jobs of one kind: no more than a fair share, and no more than a batch holds. */
  const takeJobs = (): readonly Job[] => {
    const [first] = queue
    if (first === undefined) return []
    const most = Math.max(1, Math.floor(BATCH_BYTES / first.into.length))
    const share = Math.ceil(queue.length / members.length)
    let count = 1
    while (count < Math.min(most, share, queue.length)) {
      const job = queue[count]
      if (job?.codec !== first.codec || job.into.length !== first.into.length) break
      count += 1
    }
    return queue.splice(0, count)
  }

  const send = (member: Member, jobs: readonly Job[]): void => {
    const [first] = jobs
    if (first === undefined) return
    const outLength = first.into.length
    const inputOffset = outLength * jobs.length
    const slot = takeSlot(member, inputOffset + jobs.reduce((sum, { bytes }) => sum + bytes.length, 0))
    const input = new Uint8Array(slot, inputOffset)
    const parts = new Uint32Array(jobs.length * 2)
    let at = 0
    for (const [index, { bytes }] of jobs.entries()) {
      input.set(bytes, at)
      parts.set([at, bytes.length], index * 2)
      at += bytes.length
    }
    const id = (nextId += 1)
    member.worker.ref()
    member.underWay.set(id, { jobs, slot })
    const batch: Batch = { id, codec: first.codec, outLength, slot, inputOffset, parts }
    member.worker.postMessage(batch, [])
  }

  const startMember = (): Member => {
    const worker = new Worker(new URL('./decompress-worker.ts', import.meta.url), { execArgv: [] })
    worker.unref()
    const member: Member = { worker, underWay: new Map(), slots: [] }
    worker.on('message', ({ id, failed }: BatchDone) => {
      const done = member.underWay.get(id)
      member.underWay.delete(id)
      if (member.underWay.size === 0) worker.unref()
      if (done !== undefined) {
        settle(done, failed)
        member.slots.push(done.slot)
      }
      dispatch()
    })
    worker.on('error', (cause) => lose(member, cause))
    worker.on('exit', (code) => lose(member, new Error(`a decompressing thread ended (${code})`)))
    return member
  }

  /** A thread that is gone takes its jobs along; the next dispatch starts another in its place. */
  const lose = (member: Member, cause: Error): void => {
    const index = members.indexOf(member)
    if (index !== -1) members.splice(index, 1)
    for (const { jobs } of member.underWay.values()) for (const job of jobs) job.reject(cause)
    member.underWay.clear()
    if (queue.length > 0) dispatch()
  }

  return {
    inflateRaw: (bytes, into) => expand('deflate', bytes, into),
    zlib: (bytes, into) => expand('zlib', bytes, into),
    zstd: (bytes, into) => expand('zstd', bytes, into),
    async [Symbol.asyncDispose]() {
      closed = true
      const cause = new Error('the decompressor was closed')
      for (const job of queue.splice(0)) job.reject(cause)
      await Promise.all(members.map(({ worker }) => worker.terminate()))
    },
  }
}

/** A free slot that is large enough; the first is made for a whole batch. */
function takeSlot(member: Member, sizeBytes: number): SharedArrayBuffer {
  const slot = member.slots.pop()
  if (slot !== undefined && slot.byteLength >= sizeBytes) return slot
  return new SharedArrayBuffer(Math.max(sizeBytes, 2 * BATCH_BYTES))
}

function settle({ jobs, slot }: UnderWay, failed: readonly number[]): void {
  for (const [index, job] of jobs.entries()) {
    if (failed.includes(index)) {
      job.reject(notDecompressed())
      continue
    }
    job.into.set(new Uint8Array(slot, index * job.into.length, job.into.length))
    job.resolve()
  }
}

async function expandInPlace(codec: Codec, bytes: Uint8Array, into: Uint8Array): Promise<void> {
  const parts = Uint32Array.of(0, bytes.length)
  if (expandAll(codec, bytes, parts, into.length, into).length > 0) throw notDecompressed()
}

function notDecompressed(): Error {
  return new Error('it does not decompress to the expected number of bytes')
}
