import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OpenStackLab, REPOSITORY, atomicImage, isOn, labPath } from '../lab/index.ts'
import type { Machine } from '../lab/index.ts'
import { run } from '../lab/run.ts'
import { formatBytes } from '../src/core/index.ts'
import type { DeployPlan } from '../src/metal/index.ts'
import type { DeploymentReport } from '../src/runtime/metal/index.ts'
import type { Pushed } from '../src/runtime/image/push/index.ts'
import { askAtConsole } from './console-login.ts'
import { expect } from './story.ts'
import type { Chapter, Story } from './story.ts'

/** What the story showed, as it is kept in the test bed's directory. */
export type MetalRecord = Readonly<{
  schema: 'anneal.metal-story/1'
  /** RFC 3339. */
  startedAt: string
  seconds: number
  chapters: readonly Chapter[]
  image: string
  /** The name that the test bed's cloud had. */
  lab: string
  pushed: Pushed
  /** What the `openstack` client says of the base, and of the node while it was deployed. */
  openstack: Readonly<{ image: Readonly<Record<string, unknown>>; node: Readonly<Record<string, unknown>> }>
  plan: Pick<DeployPlan, 'route' | 'why' | 'refusedRoutes'>
  deployment: DeploymentReport
  /** What the deployed system said after a login on its console. */
  machine: Readonly<{ commandLine: string; root: string; deployment: string }>
  undeployed: Readonly<{ state: string; power: 'on' | 'off' }>
}>

/** Larger than the base, and with a GiB to spare: partitions of Ironic count in whole GiB. */
const DISK_GIB = 8
const IMAGE_NAME = 'fedora-atomic'

/**
 * The bare-metal half of all that Anneal does, on real services: an image is converted into Glance, a machine without
 * an operating system is enrolled and deployed, boots over the network, lets somebody log in, and is given back. Ends
 * with nothing left of it. Throws DemoFailure where a step does not do what it is there to show.
 */
export async function tellMetalStory(story: Story, signal: AbortSignal): Promise<MetalRecord> {
  const startedAt = new Date().toISOString()
  const began = performance.now()
  story.chapter('The image: a Debian with ostree in the layout of Fedora 21 Atomic (LVM, XFS)')
  const image = await atomicImage('lvm-xfs')
  story.say(image)

  story.chapter('OpenStack comes up: Keystone, Glance, Ironic, and a machine without an operating system')
  const directory = mkdtempSync(join(tmpdir(), 'anneal-story-'))
  const lab = await OpenStackLab.up({ nodes: [{ diskGiB: DISK_GIB }], deployRamdisk: true, signal })
  let told: Told
  try {
    for (const [service, seconds] of Object.entries(lab.description.readyAfterSeconds)) {
      story.say(`${service} after ${seconds} s`)
    }
    told = await tell(story, lab, image, directory, signal)
  } finally {
    story.chapter('Tear-down')
    await lab.down()
    rmSync(directory, { recursive: true, force: true })
    story.say('nothing is left but the image and what the test bed keeps')
  }
  const seconds = Math.round((performance.now() - began) / 100) / 10
  const { chapters } = story
  return keep({ schema: 'anneal.metal-story/1', startedAt, seconds, chapters, image, lab: lab.name, ...told })
}

/** Where the records of stories lie. */
export function recordPath(startedAt: string): string {
  return labPath('stories', `metal-${startedAt.replaceAll(':', '-')}.json`)
}

function keep(record: MetalRecord): MetalRecord {
  const path = recordPath(record.startedAt)
  mkdirSync(labPath('stories'), { recursive: true })
  writeFileSync(path, `${JSON.stringify(record, undefined, 2)}\n`)
  return record
}

type Told = Omit<MetalRecord, 'schema' | 'startedAt' | 'seconds' | 'chapters' | 'image' | 'lab'>

async function tell(
  story: Story,
  lab: OpenStackLab,
  image: string,
  directory: string,
  signal: AbortSignal,
): Promise<Told> {
  const machine = lab.node('node0')
  const { name } = machine
  const anneal = async <T>(...words: readonly string[]): Promise<T> => {
    signal.throwIfAborted()
    story.say(`$ anneal ${words.join(' ')}`)
    const { exitCode, stdout, stderr } = await run([join(REPOSITORY, 'anneal'), ...words, '--json'], {
      env: { ...lab.environment, ANNEAL_STATE: directory, NO_COLOR: '1' },
      onStderrLine: (line) => story.say(line),
    })
    signal.throwIfAborted()
    expect(exitCode === 0, `anneal ${words.join(' ')} ended with ${exitCode}`, stderr)
    return JSON.parse(stdout) as T
  }

  story.chapter('Push: kernel, ramdisk and base to Glance, out of the conversion, no file in between')
  const push = ['image', 'push', image, '--name', IMAGE_NAME]
  const pushed = await anneal<Pushed & Readonly<{ sentBytes: number; tookMs: number }>>(...push)
  story.fact('pushed', `${formatBytes(pushed.sentBytes)} in ${(pushed.tookMs / 1000).toFixed(1)} s`)
  const seenImage = await openstack(lab, 'image', 'show', IMAGE_NAME)

  story.chapter('Enroll: Ironic knows the machine, reaches its BMC, and may have it')
  const inventory = join(directory, 'machines.json')
  writeFileSync(inventory, JSON.stringify({ nodes: [inventoryNode(machine)] }))
  await anneal('metal', 'enroll', inventory)
  await anneal('metal', 'provide', name)

  story.chapter('Deploy: the base onto its disk, then kernel and ramdisk over the network, to a login prompt')
  // Of this deployment alone: a kernel that writes its notices behind the prompt would be read as part of it.
  const deploy = ['metal', 'deploy', name, '--image', IMAGE_NAME, '--karg', 'loglevel=4']
  const ready = ['--ready', 'console:login:', '--console', `file:${machine.consoleLog}`]
  const { plan } = await anneal<Readonly<{ plan: DeployPlan }>>(...deploy, ...ready, '--dry-run')
  story.fact('route', `${plan.route}: ${plan.why}`)
  const report = await anneal<DeploymentReport>(...deploy, ...ready)
  for (const { state, step, power, seconds } of report.timeline) {
    story.fact([state, step, power].filter(Boolean).join(', '), `${seconds.toFixed(1)} s`)
  }
  story.fact(`deployed ("${report.answer ?? ''}")`, `${report.seconds.toFixed(1)} s`)
  const seenNode = await openstack(lab, 'baremetal', 'node', 'show', name)

  story.chapter('Login on the console: what runs there')
  const [commandLine, root, deployment] = await askAtConsole(machine, [
    'cat /proc/cmdline',
    'findmnt --noheadings --output SOURCE,FSTYPE /sysroot',
    'findmnt --noheadings --output FSROOT /',
  ])
  story.fact('command line', commandLine)
  story.fact('root', root)
  story.fact('deployment', deployment)

  story.chapter('Undeploy: the machine is off, and may be deployed again')
  await anneal('metal', 'undeploy', name)
  const after = await openstack(lab, 'baremetal', 'node', 'show', name)
  const undeployed = {
    state: String(after['provision_state']),
    power: isOn(machine) ? ('on' as const) : ('off' as const),
  }
  story.fact('undeployed', `${undeployed.state}, power ${undeployed.power}`)
  const { route, why, refusedRoutes } = plan
  return {
    pushed,
    openstack: { image: seenImage, node: seenNode },
    plan: { route, why, refusedRoutes },
    deployment: report,
    machine: { commandLine, root, deployment },
    undeployed,
  }
}

/** What OpenStack's own client says of one thing. */
async function openstack(
  lab: OpenStackLab,
  ...words: readonly string[]
): Promise<Readonly<Record<string, unknown>>> {
  const { exitCode, stdout, stderr } = await lab.openstack([...words, '-f', 'json'])
  expect(exitCode === 0, `openstack ${words.join(' ')} ended with ${exitCode}`, stderr)
  return JSON.parse(stdout) as Record<string, unknown>
}

/** The machine as an inventory has it: docs/metal.md. */
function inventoryNode(machine: Machine): Readonly<Record<string, unknown>> {
  const { name, bmc, ipmi, mac, address } = machine
  return {
    name,
    driver: 'ipmi',
    resource_class: 'baremetal',
    interfaces: { boot: 'ipxe', network: 'noop' },
    properties: { cpu_arch: 'x86_64', local_gb: DISK_GIB - 1, capabilities: 'boot_mode:bios' },
    bmc: {
      address: ipmi.address,
      port: ipmi.port,
      username: bmc.username,
      password: { file: bmc.passwordFile },
      options: { ipmi_cipher_suite: ipmi.cipherSuite },
    },
    ports: [mac],
    address,
  }
}
