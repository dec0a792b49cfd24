/**
 * `anneal metal serve` as a process that ends by SIGKILL at the boundaries of its database, and starts again. The machine is played over
 * HTTP and Redfish: its firmware gives up where nobody answers. Whatever was accepted has to come to its end without another word.
 * `ANNEAL_KILLS=all` takes every boundary; by default every seventh, another one each day.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from '../../../lab/run.ts'
import { placeBootFiles } from '../../fixtures/conductor/index.ts'
import { PlayedMachine, ServedProcess, freePorts } from './support/killed-conductor.ts'
import type { Ports } from './support/killed-conductor.ts'
import { RedfishRack, systemOf } from './support/redfish-rack.ts'
import type { RackMachine } from './support/redfish-rack.ts'

const PATIENCE_MS = 90_000
const MACHINES = 2

let directory = ''
let rack: RedfishRack
let ports: Ports
let played: readonly PlayedMachine[] = []
const bed = new AsyncDisposableStack()
const machines: readonly RackMachine[] = Array.from({ length: MACHINES }, (_, index) => ({
  id: `0000000${index}-0000-4000-8000-00000000000${index}`,
  name: `m${index}`,
  mac: `52:54:00:14:00:0${index}`,
  isOn: false,
  boot: 'Hdd',
}))
const inside = (name: string): string => join(directory, name)

/** The state of a conductor with machines that are available, or deployed. */
const serve = (state: string, killAt?: number): Promise<ServedProcess> =>
  ServedProcess.start({
    state: inside(state),
    ramdisk: inside('ramdisk'),
    ports,
    log: inside('log'),
    ...(killAt === undefined ? {} : { killAt }),
  })

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'anneal-killed-'))
  bed.defer(() => rmSync(directory, { recursive: true }))
  placeBootFiles(inside('ramdisk'))
  const image = `
    truncate -s 8M ${inside('disk.raw')}
    printf 'label: gpt\\nstart=2048, type=linux\\n' | sfdisk -q ${inside('disk.raw')}
    mke2fs -q -t ext4 -E offset=1048576 ${inside('disk.raw')} 6M`
  assert.equal((await run(['bash', '-euc', image], {})).exitCode, 0)
  ports = await freePorts()
  played = machines.map((machine) => new PlayedMachine(machine, ports))
  rack = bed.use(
    await RedfishRack.start('127.0.0.1', machines, (machine) => played[machines.indexOf(machine)]?.start()),
  )
  writeFileSync(inside('log'), '')
  const conductor = await serve('available')
  for (const { name, id, mac } of machines) {
    const driver_info = { redfish_address: rack.url, redfish_system_id: systemOf({ id } as RackMachine) }
    const node = { name, driver: 'redfish', driver_info, extra: {} }
    const made = await conductor.ask('POST', '/nodes', node)
    assert.ok(made?.status === 201, conductor.words)
    const { uuid } = (await made.json()) as { uuid: string }
    await conductor.ask('POST', '/ports', { node_uuid: uuid, address: mac })
    await conductor.ask('PUT', `/nodes/${name}/states/provision`, { target: 'manage' })
    await until(conductor, name, 'manageable')
    await conductor.ask('PUT', `/nodes/${name}/states/provision`, { target: 'provide' })
    await until(conductor, name, 'available')
    const value = { image_source: inside('disk.raw') }
    await conductor.ask('PATCH', `/nodes/${name}`, [{ op: 'add', path: '/instance_info', value }])
  }
  await conductor.kill()
})

after(() => bed.disposeAsync())

type Node = Readonly<{
  provision_state: string
  target_provision_state: string | null
  last_error: string | null
}>

async function nodeOf(conductor: ServedProcess, name: string): Promise<Node | undefined> {
  return (await (await conductor.ask('GET', `/nodes/${name}`))?.json()) as Node | undefined
}

async function until(conductor: ServedProcess, name: string, state: string): Promise<void> {
  for (const sinceMs = Date.now(); ; await sleep(50)) {
    const found = await nodeOf(conductor, name)
    if (found?.provision_state === state) return
    assert.ok(!conductor.isDead, `the conductor ended\n${conductor.words}`)
    assert.ok(Date.now() - sinceMs < PATIENCE_MS, told(conductor, found, `${name} does not become ${state}`))
  }
}

function told(conductor: ServedProcess, node: Node | undefined, what: string): string {
  const words = played.map((one) => one.words.slice(-12).join('\n    '))
  return `${what}: ${JSON.stringify(node)}\n  machines:\n    ${words.join('\n  --\n    ')}\n  conductor:\n${conductor.words}`
}

type Story = Readonly<{
  /** Where the machine is when all is done. */
  rests: string
  /** What is asked for, by whom it is called. Gives whether each request was accepted. */
  ask: (conductor: ServedProcess) => Promise<readonly boolean[]>
  /** What has to come of what was accepted. */
  ends: (conductor: ServedProcess, accepted: readonly boolean[]) => Promise<void>
}>

async function put(conductor: ServedProcess, name: string, target: string): Promise<boolean> {
  const answer = await conductor.ask('PUT', `/nodes/${name}/states/provision`, { target })
  return answer?.status === 202
}

/** Kills at boundary after boundary until the story is over before one is reached. */
async function killEverywhere(context: TestContext, story: Story): Promise<void> {
  const all = process.env['ANNEAL_KILLS'] === 'all'
  const step = all ? 1 : 7
  const first = all
    ? Number(process.env['ANNEAL_KILLS_FROM'] ?? 0)
    : Math.floor(Date.now() / 86_400_000) % step
  const wrong: string[] = []
  let kills = 0
  for (let at = first; ; at += step) {
    rmSync(inside('state'), { recursive: true, force: true })
    cpSync(inside('available'), inside('state'), { recursive: true })
    for (const machine of machines) Object.assign(machine, { isOn: false, boot: 'Hdd' })
    for (const one of played) one.reset()
    writeFileSync(inside('log'), '')
    const doomed = await serve('state', at)
    const accepted = doomed.isDead ? [] : await story.ask(doomed)
    const isOver = await lives(doomed, story)
    await doomed.kill()
    if (isOver) break
    kills += 1
    const next = await serve('state')
    try {
      await story.ends(next, accepted)
    } catch (error) {
      wrong.push(`killed at boundary ${at}: ${(error as Error).message}`)
      context.diagnostic(wrong.at(-1) ?? '')
    } finally {
      await next.kill()
    }
  }
  context.diagnostic(`${kills} kills`)
  assert.equal(wrong.length, 0, `${wrong.length} of ${kills}:\n${wrong.join('\n\n')}`)
  assert.ok(kills > 3)
}

/** Whether it has done everything, and was not killed. */
async function lives(doomed: ServedProcess, { rests }: Story): Promise<boolean> {
  for (let quietMs = 0; !doomed.isDead; quietMs += 50) {
    const node = await nodeOf(doomed, 'm0').catch(() => undefined)
    const isAtRest = node?.provision_state === rests && node.target_provision_state === null
    if (isAtRest && quietMs > 500) return true
    if (!isAtRest) quietMs = 0
    await sleep(50)
  }
  return false
}

describe('a conductor that is killed', () => {
  test('finishes a deployment that it accepted', async (context) => {
    await killEverywhere(context, {
      rests: 'active',
      ask: async (conductor) => [await put(conductor, 'm0', 'active')],
      ends: async (conductor, [accepted]) => {
        if (accepted !== true) return untilRests(conductor, 'm0', ['available', 'active'])
        await until(conductor, 'm0', 'active')
        await sleep(3 * 100)
        assert.deepEqual(played[0]?.booted, ['whole'], told(conductor, undefined, 'it booted something else'))
      },
    })
  })

  test('finishes an undeploying that called a deployment off', async (context) => {
    await killEverywhere(context, {
      rests: 'available',
      ask: async (conductor) => {
        const deployed = await put(conductor, 'm0', 'active')
        for (let tries = 0; tries < 100 && !conductor.isDead; tries += 1) {
          const node = await nodeOf(conductor, 'm0').catch(() => undefined)
          if (node?.provision_state === 'wait call-back' || node?.provision_state === 'deploying') break
          await sleep(5)
        }
        return [deployed, await put(conductor, 'm0', 'deleted')]
      },
      ends: async (conductor, [, deleted]) => {
        if (deleted === true) return until(conductor, 'm0', 'available')
        await untilRests(conductor, 'm0', ['available', 'active', 'deploy failed'])
      },
    })
  })
})

async function untilRests(conductor: ServedProcess, name: string, states: readonly string[]): Promise<void> {
  for (const sinceMs = Date.now(); ; await sleep(50)) {
    const found = await nodeOf(conductor, name)
    const isAtRest = found !== undefined && states.includes(found.provision_state)
    if (isAtRest && found.target_provision_state === null) return
    assert.ok(Date.now() - sinceMs < PATIENCE_MS, told(conductor, found, `${name} does not rest`))
  }
}
