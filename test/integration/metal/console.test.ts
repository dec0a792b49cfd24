/**
 * The console of a machine by Serial over LAN: OpenIPMI's simulator is the BMC, a TCP server is the machine's serial line. Read by
 * `anneal metal console`, `openstack baremetal` and curl.
 */
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { REPOSITORY } from '../../../lab/paths.ts'
import { openBmc } from '../../../src/adapters/bmc/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import type { ServedConductor } from '../../../src/server/index.ts'
import { MACHINE, SimulatedRack } from '../../fixtures/conductor/index.ts'
import { commandLines } from './support/command-lines.ts'
import { IpmiSim } from './support/ipmi-sim.ts'
import { serveRackWithBmc } from './support/rack-with-bmc.ts'

const execute = promisify(execFile)

/** The serial line of a machine: it says a line again and again, and keeps what is typed to it. */
class SerialLine {
  typed = ''
  readonly #server = createServer((socket) => this.#serve(socket))
  readonly #sockets = new Set<Socket>()

  async start(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return (this.#server.address() as AddressInfo).port
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    let count = 0
    const timer = setInterval(() => socket.write(`line ${(count += 1)} of the machine\r\n`), 200)
    socket.on('data', (bytes) => (this.typed += bytes.toString('latin1')))
    socket.on('error', () => undefined)
    socket.on('close', () => clearInterval(timer))
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

describe('the console of a machine', () => {
  const rack = new SimulatedRack()
  const line = new SerialLine()
  let bmc: IpmiSim
  let served: ServedConductor
  let directory = ''
  let url = ''

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-console-'))
    bmc = new IpmiSim(await line.start())
    await bmc.start()
    served = await serveRackWithBmc(rack, bmc)
    url = `http://127.0.0.1:${served.api.port}`
  })
  after(async () => {
    await rack.conductor.consoles.stop()
    await served?.[Symbol.asyncDispose]()
    await bmc?.[Symbol.asyncDispose]()
    await line.stop()
    rmSync(directory, { recursive: true })
  })

  /** Runs a program until it has said this, and ends it. */
  async function heard(words: readonly string[], text: RegExp): Promise<string> {
    const [program = '', ...argv] = words
    const env = { PATH: process.env['PATH'], HOME: directory, ANNEAL_STATE: join(directory, 'state') }
    const child = spawn(program, argv, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (said += String(bytes)))
    const ended = new Promise((resolve) => child.once('close', resolve))
    for (const sinceMs = Date.now(); !text.test(said) && child.exitCode === null; await sleep(50)) {
      assert.ok(Date.now() - sinceMs < 90_000, said)
    }
    child.kill('SIGINT')
    await ended
    assert.match(said, text)
    return said
  }

  const anneal = (): readonly string[] => [
    join(REPOSITORY, 'anneal'),
    'metal',
    'console',
    'one',
    '--conductor',
    url,
  ]
  const openstack = (...words: readonly string[]) =>
    execute('openstack', ['baremetal', 'node', 'console', ...words], {
      env: { PATH: process.env['PATH'], OS_AUTH_TYPE: 'none', OS_ENDPOINT: url },
    })

  test('is not passed on until somebody enables it, as with Ironic', async () => {
    const { stdout } = await openstack('show', 'one', '-f', 'json')
    assert.deepEqual(JSON.parse(stdout), { console_enabled: false, console_info: null })
    assert.equal((await fetch(`${url}/v1/nodes/one/console`)).status, 400)
  })

  test('is printed by `anneal metal console`, and nothing is typed to the machine', async () => {
    const said = await heard(anneal(), /line \d+ of the machine[^]*line \d+ of the machine/)
    assert.match(said, /the console of one \(conductor:/)
    assert.doesNotMatch(said, /SOL Session/)
    const { stdout } = await openstack('show', 'one', '-f', 'json')
    const { console_info: info } = JSON.parse(stdout) as { console_info: { type: string; url: string } }
    assert.deepEqual([info.type, new URL(info.url).pathname], ['anneal', `/v1/nodes/${MACHINE}/console`])
    assert.equal(line.typed, '')
  })

  test('is heard by several at a time, and the password of the BMC is in no arguments', async () => {
    const seen: string[] = []
    const watching = setInterval(() => seen.push(...commandLines()), 100)
    try {
      const curl = ['curl', '-sN', `${url}/v1/nodes/one/console`]
      const all = await Promise.all([
        heard(curl, /line \d+ of[^]*line \d+ of/),
        heard(curl, /line \d+ of[^]*line \d+ of/),
        heard(anneal(), /line \d+ of[^]*line \d+ of/),
      ])
      assert.equal(all.length, 3)
    } finally {
      clearInterval(watching)
    }
    assert.ok(seen.some((one) => one.includes('sol\0activate')))
    assert.ok(!seen.some((one) => one.includes(bmc.address.password)))
    assert.equal(line.typed, '')
  })

  test('is refused with a reason while somebody else has the session of the BMC', async () => {
    const other = await openBmc(bmc.address).openConsole()
    try {
      await assert.rejects(openBmc(bmc.address).openConsole(), (error) => {
        assert.ok(isAnnealError(error, 'BMC_REFUSED'), String(error))
        assert.match(error.message, /somebody else has its one session/)
        assert.match(error.remedy, /sol deactivate/)
        return true
      })
      const answer = await fetch(`${url}/v1/nodes/one/console`)
      assert.equal(answer.status, 400)
      assert.match(await answer.text(), /somebody else has its one session/)
    } finally {
      await other.close()
    }
    await heard(['curl', '-sN', `${url}/v1/nodes/one/console`], /line \d+ of/)
  })

  test('needs the right password, which no error has', async () => {
    await rack.conductor.consoles.stop()
    const wrong = { ...bmc.address, password: 'wrong-password' }
    await assert.rejects(
      openBmc(wrong).openConsole(),
      (error) => isAnnealError(error, 'BMC_CREDENTIALS') && !error.message.includes('wrong-password'),
    )
  })

  test('of a machine without IPMI is refused with what can be done', async () => {
    const machine = rack.conductor.machines.find('one')
    rack.conductor.machines.save({
      ...machine,
      driver: 'manual-management',
      driverInfo: { wol_host: '127.0.0.1' },
    })
    await assert.rejects(openstack('enable', 'one'), /Wake-on-LAN can wake a machine, and nothing more/)
  })
})
