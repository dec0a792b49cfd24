import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  BareMetal,
  ConductorLab,
  OpenStackLab,
  atomicImage,
  conductorRamdisk,
  isOn,
  labPath,
  placeFile,
  run,
  testSystem,
} from '../lab/index.ts'
import type { ConductorMachine, Machine, Stay } from '../lab/index.ts'
import { must } from '../lab/run.ts'
import { ROOT } from '../scripts/source/index.ts'
import type { DeploymentDocument } from '../src/contract/index.ts'
import { median, pairedRatio } from './statistics.ts'

/**
 * What a deployment costs without OpenStack, beside Ironic's `direct`:
 *
 *     npm run bench:metal -- [ROUNDS] [MACHINES]
 *
 * One disk of 6 GiB with some 1.06 GiB in use goes onto a virtual machine: once by `anneal metal serve` straight out of a
 * compressed qcow2, once by Ironic's `direct` and its agent out of the raw file, which the agent streams. Both machines are
 * alike but for their memory: Ironic's agent needs 2 GiB, Anneal's ramdisk 512 MiB. Time is from the request to what the
 * deployed system prints on its console. Bytes are what the machine's network card received. MACHINES above one deploys as many at
 * once by Anneal, after one alone. Needs root, and what both labs need; 15 GB where the lab keeps its images.
 */
const [rounds = '3', machines = '1'] = process.argv.slice(2)
const MIB = 2 ** 20
const MARK = 'MARK system up'
const DISK_GIB = 8
const directory = mkdtempSync(join(tmpdir(), 'anneal-bench-metal-'))

type Sample = Readonly<{
  /** From the request to the mark. */
  wallS: number
  /** While the disk is written: the stream of the ramdisk, the agent's `write_image`. */
  writeS: number
  receivedMiB: number
}>

try {
  if (Number(machines) > 1) await manyAtOnce(Number(machines))
  else await besideIronic(Number(rounds))
} finally {
  rmSync(directory, { recursive: true })
}

async function besideIronic(count: number): Promise<void> {
  const { raw, qcow2 } = await images()
  const theirs = await OpenStackLab.up({
    nodes: [{ diskGiB: DISK_GIB }],
    deployRamdisk: true,
  })
  const ours = await conductorLab(1)
  const samples = { ours: [] as Sample[], theirs: [] as Sample[] }
  try {
    placeFile(raw, `${theirs.webRoot}/bench.raw`)
    const bareMetal = new BareMetal(theirs)
    const [peer] = theirs.nodes
    const [machine] = ours.nodes
    if (peer === undefined || machine === undefined) throw new TypeError('no machines')
    await bareMetal.enroll(peer)
    await enroll(ours, [machine])
    const digest = await sha256(raw)
    const deploy = {
      ours: () => deployByAnneal(ours, machine, qcow2),
      theirs: () => deployByIronic(theirs, bareMetal, peer, digest),
    }
    for (let round = 1; round <= count; round += 1) {
      for (const who of round % 2 === 0 ? (['theirs', 'ours'] as const) : (['ours', 'theirs'] as const)) {
        const sample = await deploy[who]()
        samples[who].push(sample)
        process.stderr.write(`${round}/${count} ${who}: ${JSON.stringify(sample)}\n`)
      }
    }
  } finally {
    await Promise.all([theirs.down(), ours.down()])
  }
  const row = (name: string, all: readonly Sample[]): string => {
    const middle = (of: (one: Sample) => number): string => median(all.map(of)).toFixed(1)
    return `| ${name} | ${middle((one) => one.wallS)} s | ${middle((one) => one.writeS)} s | ${middle((one) => one.receivedMiB)} MiB |`
  }
  const ratio = (of: (one: Sample) => number): string =>
    pairedRatio(samples.ours.map(of), samples.theirs.map(of)).toFixed(2)
  process.stdout.write(
    `${[
      '| what | asked to system up | written in | received |',
      '| --- | --- | --- | --- |',
      row('`anneal metal serve`, `stream`', samples.ours),
      row('Ironic, `direct`', samples.theirs),
      '',
      `paired: ${ratio((one) => one.wallS)} in all, ${ratio((one) => one.writeS)} for writing, ${ratio((one) => one.receivedMiB)} of the bytes`,
      `image: ${(statSync(raw).size / MIB).toFixed(0)} MiB, ${((statSync(raw).blocks * 512) / MIB).toFixed(0)} in use, ${(statSync(qcow2).size / MIB).toFixed(0)} as qcow2`,
    ].join('\n')}\n`,
  )
}

async function manyAtOnce(count: number): Promise<void> {
  const { qcow2 } = await images()
  const lab = await conductorLab(count)
  try {
    await enroll(lab, lab.nodes)
    const [first] = lab.nodes
    if (first === undefined) throw new TypeError('no machines')
    const alone = await deployByAnneal(lab, first, qcow2)
    process.stderr.write(`one: ${JSON.stringify(alone)}\n`)
    const beganAt = performance.now()
    const all = await Promise.all(lab.nodes.map((machine) => deployByAnneal(lab, machine, qcow2)))
    const wallS = Math.max(...all.map((one) => one.wallS))
    process.stdout.write(
      `one: ${alone.wallS.toFixed(1)} s; ${count} at once: the last after ${wallS.toFixed(1)} s, ratio ${(wallS / alone.wallS).toFixed(2)}; received ${all.map((one) => one.receivedMiB.toFixed(0)).join(', ')} MiB; with their return ${secondsSince(beganAt).toFixed(1)} s\n`,
    )
  } finally {
    await lab.down()
  }
}

/** Built once and kept in the lab. */
async function images(): Promise<Readonly<{ raw: string; qcow2: string }>> {
  const raw = labPath('bench-metal', 'disk.raw')
  const qcow2 = labPath('bench-metal', 'disk.qcow2')
  mkdirSync(labPath('bench-metal'), { recursive: true })
  if (!existsSync(raw)) {
    // The tree of packages comes with it.
    await atomicImage('lvm-xfs')
    const { disk } = await testSystem()
    await must('make the disk', [join(ROOT, 'bench/metal-disk.sh'), disk, labPath('atomic', 'tree.tar'), raw])
  }
  if (!existsSync(qcow2))
    await must('make the qcow2', ['qemu-img', 'convert', '-c', '-O', 'qcow2', raw, qcow2])
  return { raw, qcow2 }
}

async function conductorLab(count: number): Promise<ConductorLab> {
  const ramdisk = await conductorRamdisk()
  const nodes = Array.from({ length: count }, () => ({
    firmware: 'bios' as const,
    driver: 'ipmi' as const,
    memoryMiB: 512,
    diskGiB: DISK_GIB,
  }))
  return ConductorLab.up({ nodes, ramdisk })
}

async function enroll(lab: ConductorLab, nodes: readonly ConductorMachine[]): Promise<void> {
  await anneal(lab, 'metal', 'enroll', lab.description.inventoryFile)
  await anneal(lab, 'metal', 'provide', ...nodes.map(({ name }) => name))
}

async function deployByAnneal(lab: ConductorLab, machine: ConductorMachine, image: string): Promise<Sample> {
  const sample = await measured(lab.description.network.namespace, machine, async () => {
    const words = ['metal', 'deploy', machine.name, '--image', image, '--ready', 'active', '--json']
    const { timeline } = JSON.parse(await anneal(lab, ...words)) as DeploymentDocument
    return timeline.map(({ step = '', seconds }) => ({ state: step, seconds }))
  })
  await anneal(lab, 'metal', 'undeploy', machine.name)
  return sample
}

async function deployByIronic(
  lab: OpenStackLab,
  bareMetal: BareMetal,
  machine: Machine,
  digest: string,
): Promise<Sample> {
  await bareMetal.patch(machine.name, {
    deploy_interface: 'direct',
    instance_info: {
      image_source: `${lab.endpoints.web}/bench.raw`,
      image_os_hash_algo: 'sha256',
      image_os_hash_value: digest,
      image_disk_format: 'raw',
      image_type: 'whole-disk',
      root_gb: DISK_GIB - 1,
    },
  })
  const sample = await measured(lab.description.network.namespace, machine, () =>
    bareMetal.provision(machine.name, 'active', 'active'),
  )
  await bareMetal.provision(machine.name, 'deleted', 'available')
  return sample
}

/** Until the mark, whether the deployment is done before it or after. `deploy` gives the states that it went through. */
async function measured(
  namespace: string,
  machine: Machine,
  deploy: () => Promise<readonly Stay[]>,
): Promise<Sample> {
  const before = await receivedMiB(namespace, machine)
  const offset = statSync(machine.consoleLog).size
  const beganAt = performance.now()
  const up = async (): Promise<Omit<Sample, 'writeS'>> => {
    await saysMark(machine, offset)
    const wallS = secondsSince(beganAt)
    return { wallS, receivedMiB: (await receivedMiB(namespace, machine)) - before }
  }
  const [stays, seen] = await Promise.all([deploy(), up()])
  const writing = stays.filter(({ state }) => state.includes('write_image'))
  return { ...seen, writeS: writing.reduce((sum, { seconds }) => sum + seconds, 0) }
}

async function saysMark(machine: Machine, offset: number): Promise<void> {
  for (const beganAt = performance.now(); ;) {
    if (readFileSync(machine.consoleLog).subarray(offset).includes(MARK)) return
    if (secondsSince(beganAt) > 1800)
      throw new Error(`${machine.name} does not print "${MARK}", on: ${isOn(machine)}`)
    await sleep(100)
  }
}

/** What the machine's card has received: sent to its tap device. */
async function receivedMiB(namespace: string, { directory: home }: Machine): Promise<number> {
  const tap = /^TAP=(.+)$/m.exec(readFileSync(join(home, 'machine.env'), 'utf8'))?.[1] ?? ''
  const path = `/sys/class/net/${tap}/statistics/tx_bytes`
  const { stdout } = await run(['ip', 'netns', 'exec', namespace, 'cat', path])
  return Number(stdout) / MIB
}

async function anneal(lab: ConductorLab, ...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await lab.anneal(words, { state: directory, timeoutMs: 1_800_000 })
  if (exitCode !== 0) throw new Error(`anneal ${words.join(' ')}: ${stderr}`)
  return stdout
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path, { highWaterMark: MIB })) hash.update(chunk as Buffer)
  return hash.digest('hex')
}

function secondsSince(beganAt: number): number {
  return (performance.now() - beganAt) / 1000
}
