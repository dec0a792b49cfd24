/**
 * `npm run lab:measure -- deploy [ramdisk|direct …] [redfish] [uefi] [clean]`: deployments of the test system by Ironic onto one virtual machine,
 * each from `available` to the machine's own word on its serial port and back; with the seconds of every state.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { BareMetal, OpenStackLab, deployRamdisk, pidsIn, placeFile, testSystem } from '../openstack/index.ts'
import type { Machine, Stay, TestSystem } from '../openstack/index.ts'

type Way = Readonly<{
  deployInterface: string
  instanceInfo: (lab: OpenStackLab, system: TestSystem) => Readonly<Record<string, unknown>>
}>

const WAYS: Readonly<Record<string, Way>> = {
  ramdisk: {
    deployInterface: 'ramdisk',
    instanceInfo: (lab) => ({
      kernel: `${lab.endpoints.web}/test.vmlinuz`,
      ramdisk: `${lab.endpoints.web}/test.initrd`,
      ramdisk_kernel_arguments: 'console=ttyS0,115200 via=ramdisk',
    }),
  },
  direct: {
    deployInterface: 'direct',
    instanceInfo: (lab, system) => ({
      image_source: `${lab.endpoints.web}/test.raw`,
      image_os_hash_algo: 'sha256',
      image_os_hash_value: createHash('sha256').update(readFileSync(system.disk)).digest('hex'),
      image_disk_format: 'raw',
      image_type: 'whole-disk',
      root_gb: 3,
    }),
  },
}

export async function deployments(...words: readonly string[]): Promise<void> {
  const wanted = Object.keys(WAYS).filter((name) => words.includes(name))
  const names = wanted.length > 0 ? wanted : Object.keys(WAYS)
  await deployRamdisk()
  const system = await testSystem()
  const began = performance.now()
  const lab = await OpenStackLab.up({
    nodes: [words.includes('uefi') ? { firmware: 'uefi' } : {}],
    deployRamdisk: true,
    automatedClean: words.includes('clean'),
  })
  try {
    tell('lab up', performance.now() - began)
    placeFile(system.kernel, `${lab.webRoot}/test.vmlinuz`)
    placeFile(system.ramdisk, `${lab.webRoot}/test.initrd`)
    placeFile(system.disk, `${lab.webRoot}/test.raw`)
    const [machine] = lab.nodes
    if (machine === undefined) return
    const bareMetal = new BareMetal(lab)
    const enrolling = performance.now()
    tellStays(await bareMetal.enroll(machine, words.includes('redfish') ? 'redfish' : 'ipmi'))
    tell('node enrolled and available', performance.now() - enrolling)
    for (const name of names) {
      const way = WAYS[name]
      if (way !== undefined) await deployOnce(lab, bareMetal, machine, name, way, system)
    }
    const mebibytes = (await memoryMiB(lab)).toFixed(0)
    process.stdout.write(`${mebibytes.padStart(8)} MiB  memory of all services\n`)
  } finally {
    await lab.down()
  }
}

async function deployOnce(
  lab: OpenStackLab,
  bareMetal: BareMetal,
  machine: Machine,
  name: string,
  way: Way,
  system: TestSystem,
): Promise<void> {
  const offset = readFileSync(machine.consoleLog, 'latin1').length
  await bareMetal.patch(machine.name, {
    deploy_interface: way.deployInterface,
    instance_info: way.instanceInfo(lab, system),
  })
  const began = performance.now()
  tellStays(await bareMetal.provision(machine.name, 'active', 'active'))
  tell(`${name}: active`, performance.now() - began)
  await said(machine, 'MARK system up', offset)
  tell(`${name}: the system is up`, performance.now() - began)
  const undeploying = performance.now()
  tellStays(await bareMetal.provision(machine.name, 'deleted', 'available'))
  tell(`${name}: available again`, performance.now() - undeploying)
}

async function said(machine: Machine, mark: string, offset: number): Promise<void> {
  for (let waited = 0; waited < 300_000; waited += 100) {
    if (readFileSync(machine.consoleLog, 'latin1').slice(offset).includes(mark)) return
    await sleep(100)
  }
  throw new Error(`the machine did not say "${mark}"`)
}

/** Memory of everything in the lab's namespace; pages that processes share are counted once. */
async function memoryMiB(lab: OpenStackLab): Promise<number> {
  const pids = await pidsIn(lab.description.network.namespace)
  const kib = pids.map((pid) => {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0)
  })
  return kib.reduce((sum, one) => sum + one, 0) / 1024
}

function tell(what: string, milliseconds: number): void {
  process.stdout.write(`${(milliseconds / 1000).toFixed(1).padStart(8)} s  ${what}\n`)
}

function tellStays(stays: readonly Stay[]): void {
  for (const { state, seconds } of stays) tell(`   ${state}`, seconds * 1000)
}
