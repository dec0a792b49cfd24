/**
 * Damaged requests at the HTTP side of a conductor, in one process with it: `ANNEAL_FUZZ_REQUESTS` of them (1500), as they follow
 * from `ANNEAL_FUZZ_SEED` (1). The server lives, answers each, and answers in its own words.
 */
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { SimulatedRack } from '../../fixtures/conductor/index.ts'
import { Random } from '../../fuzz/harness/random.ts'
import { damagedRequest } from '../../fuzz/http/damage.ts'
import { serveConductor } from '../../../src/server/index.ts'

const REQUESTS = Number(process.env['ANNEAL_FUZZ_REQUESTS'] ?? 1500)
const SEED = Number(process.env['ANNEAL_FUZZ_SEED'] ?? 1)
const TOGETHER = 8
/** A server that says nothing for this long hangs. */
const HANGS_MS = 30_000
const MOST_GROWTH_BYTES = 64 * 2 ** 20
const LISTEN = { address: '127.0.0.1', port: 0 }

describe('the HTTP side of a conductor', () => {
  test('answers whatever is sent, in its own words, and lives on', async () => {
    const rack = new SimulatedRack()
    rack.enroll()
    await rack.conductor.ask(rack.conductor.machines.find('one'), 'manage')
    await rack.rest()
    const faults: string[] = []
    await using served = await serveConductor(rack.conductor, {
      api: LISTEN,
      machines: LISTEN,
      files: { programs: '/nonexistent' },
      say: (text) => void faults.push(text),
    })
    const ports = { operators: served.api.port, machines: served.machines.port }
    const random = new Random(SEED)
    const wrong: string[] = []
    const statuses = new Map<number, number>()
    const ask = async (): Promise<void> => {
      const { to, bytes, told } = damagedRequest(random)
      const answer = await send(ports[to], bytes)
      const found = judged(to, answer)
      statuses.set(found.status, (statuses.get(found.status) ?? 0) + 1)
      if (found.why !== undefined) wrong.push(`${told}: ${found.why}: ${answer.slice(0, 300)}`)
    }
    // What modules and connections take once is not growth.
    for (let count = 0; count < 100; count += 1) await ask()
    const before = memoryBytes()
    for (let count = 0; count < REQUESTS; count += TOGETHER) {
      await Promise.all(Array.from({ length: TOGETHER }, ask))
    }
    assert.deepEqual(faults.slice(0, 3), [])
    assert.deepEqual(wrong.slice(0, 3), [], `${wrong.length} wrong answers`)
    const growth = memoryBytes() - before
    assert.ok(growth < MOST_GROWTH_BYTES, `${growth} bytes more`)
    assert.ok((statuses.get(0) ?? 0) < REQUESTS / 8, `${statuses.get(0)} without an answer`)
    assert.ok((statuses.get(200) ?? 0) > REQUESTS / 50 && (statuses.get(400) ?? 0) > REQUESTS / 50)
    assert.equal((await fetch(`http://127.0.0.1:${ports.operators}/v1`)).status, 200)
    assert.equal((await fetch(`http://127.0.0.1:${ports.machines}/boot/ipxe?mac=x`)).status, 200)
    await rack.conductor.stop()
  })
})

/** All that the server sends until it closes the connection. */
function send(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = connect(port, '127.0.0.1')
    const hangs = setTimeout(() => {
      answer = 'HANGS'
      socket.destroy()
    }, HANGS_MS)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => (answer += text))
    // An answer may come before all was sent: the rest then breaks.
    socket.on('error', () => undefined)
    socket.on('close', () => {
      clearTimeout(hangs)
      resolve(answer)
    })
    socket.end(bytes)
  })
}

/** What is wrong with an answer; it has no words of its own where the request’s method was HEAD. */
function judged(to: 'operators' | 'machines', whole: string): Readonly<{ status: number; why?: string }> {
  const answer = whole.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')
  // Nothing that could be answered was sent: the request ends before its head or its body does.
  if (answer === '') return { status: 0 }
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(answer)?.[1])
  if (!(status >= 200 && status < 500)) return { status, why: 'no status of an answer' }
  const body = answer.slice(answer.indexOf('\r\n\r\n') + 4)
  const isJson = /^content-type: application\/json/im.test(answer)
  if (status < 400 || body === '') return { status }
  if (!isJson) return to === 'machines' && /\S/.test(body) ? { status } : { status, why: 'no JSON' }
  try {
    const { error_message: text } = JSON.parse(Buffer.from(body, 'latin1').toString()) as {
      error_message: string
    }
    const { faultstring } = JSON.parse(text) as { faultstring: unknown }
    return typeof faultstring === 'string' && faultstring !== '' ? { status } : { status, why: 'no words' }
  } catch (error) {
    return { status, why: String(error) }
  }
}

setFlagsFromString('--expose_gc')
const collect = runInNewContext('gc') as () => void

function memoryBytes(): number {
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
