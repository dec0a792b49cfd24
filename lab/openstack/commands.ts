import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { DRY_RUN_FLAG, command } from '../../src/cli/index.ts'
import type { Command } from '../../src/cli/index.ts'
import type { LabDocument, LabNode, LabSummary } from '../../src/contract/index.ts'
import { EXIT } from '../../src/core/index.ts'
import type { ExitCode } from '../../src/core/index.ts'
import { allLabs, findLab } from '../any-lab.ts'
import type { AnyLab } from '../any-lab.ts'
import { upConductorLab } from '../conductor/up-conductor-lab.ts'
import { DEFAULT_LAB, HELP_FLAG, JSON_FLAGS, LAB_FLAG } from '../lab-flags.ts'
import { attachConsole } from './console.ts'
import { raise } from './errors.ts'
import type { IronicAuth } from './ironic.ts'
import { isOn } from './machine.ts'
import type { Machine } from './machine.ts'
import { OPENSTACK_SUITES } from './suite-tree.ts'
import { OpenStackLab, isAbandoned, labNames, removeLab } from './openstack-lab.ts'

/** `anneal lab …`: OpenStack services and machines to deploy. */
export const OPENSTACK_COMMANDS: readonly Command[] = [
  command({
    path: ['lab', 'up'],
    summary: 'Start virtual machines to deploy, with Keystone, Glance and Ironic or Anneal’s conductor',
    operands: '',
    count: { min: 0, max: 0 },
    flags: {
      ...LAB_FLAG,
      nodes: { kind: 'text', placeholder: 'N', default: '1', help: 'Make N machines', flagOnly: true },
      auth: {
        kind: 'text',
        placeholder: 'LIST',
        default: 'keystone,none',
        help: 'Let Ironic’s API take these logins: keystone, none, basic',
        flagOnly: true,
      },
      uefi: { kind: 'switch', help: 'Give the machines UEFI instead of BIOS', flagOnly: true },
      conductor: {
        kind: 'switch',
        help: 'Start Anneal’s own conductor, and no OpenStack; machines alternate between BIOS and UEFI',
        flagOnly: true,
      },
      nova: {
        kind: 'switch',
        help: 'Start Nova, Placement, Neutron’s API and RabbitMQ',
        flagOnly: true,
      },
      suite: {
        kind: 'choice',
        values: OPENSTACK_SUITES,
        help: 'Run the OpenStack of this Debian suite, in a tree of its own',
        flagOnly: true,
      },
      clean: { kind: 'switch', help: 'Have Ironic wipe disks between deployments', flagOnly: true },
      'without-deploy-ramdisk': {
        kind: 'switch',
        help: 'Build no deploy ramdisk: only ramdisk deployments work then',
        flagOnly: true,
      },
      ...JSON_FLAGS,
    },
    async run({ flags, output, signal }) {
      const name = flags.lab
      const nodes = Number(flags.nodes)
      if (!Number.isSafeInteger(nodes) || nodes < 0 || nodes > 32) {
        throw raise('LAB_USAGE', { command: 'up', why: `--nodes is "${flags.nodes}", not 0 to 32` })
      }
      // Nobody uses what an interrupted attempt left.
      if (isAbandoned(name)) await removeLab(name)
      const began = performance.now()
      if (flags.conductor) {
        if (flags.nova || flags.suite !== undefined || flags.clean) {
          const why = '--nova, --suite and --clean are for OpenStack, which --conductor does without'
          throw raise('LAB_USAGE', { command: 'up', why })
        }
        const up = await upConductorLab({
          name,
          nodes,
          firmware: flags.uefi ? 'uefi' : 'both',
          serves: flags['without-deploy-ramdisk'] ? 'no' : 'yes',
          signal,
        })
        output.say(`lab ${name} is up after ${((performance.now() - began) / 1000).toFixed(1)} s`)
        for (const line of up.advice) output.say(line)
        const value: LabDocument = {
          schema: 'anneal.lab/1',
          ...summary(up.lab),
          inventoryFile: up.lab.description.inventoryFile,
        }
        output.data(value, () => describeLab(value))
        return EXIT.ok
      }
      const ironicAuth = flags.auth.split(',')
      if (!ironicAuth.every(isIronicAuth)) {
        const why = `--auth is "${flags.auth}", not a list of keystone, none, basic`
        throw raise('LAB_USAGE', { command: 'up', why })
      }
      const { suite } = flags
      if (suite !== undefined && flags.nova) {
        const why = '--nova runs the machine’s own packages, not those of --suite'
        throw raise('LAB_USAGE', { command: 'up', why })
      }
      const lab = await OpenStackLab.up({
        name,
        nodes: Array.from({ length: nodes }, () => ({ firmware: flags.uefi ? 'uefi' : 'bios' }) as const),
        ironicAuth,
        nova: flags.nova,
        ...(suite === undefined ? {} : { suite }),
        automatedClean: flags.clean,
        deployRamdisk: !flags['without-deploy-ramdisk'],
        signal,
      })
      output.say(`lab ${name} is up after ${((performance.now() - began) / 1000).toFixed(1)} s`)
      output.say(
        `eval "$(anneal lab env${name === DEFAULT_LAB ? '' : ` --lab ${name}`})" # then: openstack …`,
      )
      const value: LabDocument = { schema: 'anneal.lab/1', ...summary(lab) }
      output.data(value, () => describeLab(value))
      return EXIT.ok
    },
  }),
  command({
    path: ['lab', 'down'],
    summary: 'Stop a lab and remove it, however it was left',
    operands: '',
    count: { min: 0, max: 0 },
    flags: {
      ...LAB_FLAG,
      all: { kind: 'switch', help: 'Remove every lab', flagOnly: true },
      ...DRY_RUN_FLAG,
      ...HELP_FLAG,
    },
    async run({ flags, output }) {
      for (const name of flags.all ? labNames() : [flags.lab]) {
        // The namespace of a lab can outlive its directory.
        if (!flags['dry-run']) await removeLab(name)
        output.say(`${flags['dry-run'] ? 'would remove' : 'removed'} lab ${name}`)
      }
      return EXIT.ok
    },
  }),
  command({
    path: ['lab', 'nodes'],
    summary: 'List the machines of a lab: power, boot device, addresses',
    operands: '',
    count: { min: 0, max: 0 },
    flags: { ...LAB_FLAG, ...JSON_FLAGS },
    async run({ flags, output }) {
      const nodes = findLab(flags.lab).nodes.map((node): LabNode => ({
        ...node,
        power: isOn(node) ? 'on' : 'off',
        boot: bootDevice(node),
      }))
      output.data({ schema: 'anneal.lab-nodes/1', nodes }, () =>
        nodes
          .map(({ name, power, boot, mac, address, ipmi }) =>
            [name, power, `boot ${boot}`, mac, address, `ipmi ${ipmi.address}:${ipmi.port}`].join('  '),
          )
          .join('\n'),
      )
      return EXIT.ok
    },
  }),
  command({
    path: ['lab', 'console'],
    summary: 'Attach the terminal to the serial port of a machine',
    operands: '[NODE]',
    count: { min: 0, max: 1 },
    flags: {
      ...LAB_FLAG,
      log: { kind: 'switch', help: 'Print all that the machine has written, and exit', flagOnly: true },
      ...HELP_FLAG,
    },
    details: 'Without NODE it attaches to the first machine. Ctrl-] leaves the console.',
    async run({ flags, args: [wanted], output }) {
      const lab = findLab(flags.lab)
      const node = wanted === undefined ? lab.nodes[0] : nodeOf(lab, wanted)
      if (node === undefined) throw raise('LAB_USAGE', { command: 'console', why: 'this lab has no nodes' })
      if (flags.log) output.raw(readFileSync(node.consoleLog, 'utf8'))
      else await attachConsole(node)
      return EXIT.ok
    },
  }),
  command({
    path: ['lab', 'env'],
    summary: 'Print variables for the openstack client and for anneal: eval "$(anneal lab env)"',
    operands: '',
    count: { min: 0, max: 0 },
    flags: { ...LAB_FLAG, ...JSON_FLAGS },
    async run({ flags, output }) {
      const { environment } = findLab(flags.lab)
      output.data({ schema: 'anneal.lab-environment/1', environment }, () =>
        Object.entries(environment)
          .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`)
          .join('\n'),
      )
      return EXIT.ok
    },
  }),
  command({
    path: ['lab', 'shell'],
    summary: 'Open a shell in the network namespace of a lab, or run a command there',
    operands: '[COMMAND…]',
    count: { min: 0, max: 1000 },
    passesOn: true,
    flags: { ...LAB_FLAG, ...HELP_FLAG },
    async run({ flags, args }) {
      const lab = findLab(flags.lab)
      const words = args.length > 0 ? args : [process.env['SHELL'] ?? 'sh']
      const result = spawnSync('ip', ['netns', 'exec', lab.description.network.namespace, ...words], {
        stdio: 'inherit',
        env: { ...process.env, ...lab.environment },
      })
      // The exit code is the command's own.
      return (result.status ?? EXIT.failed) as ExitCode
    },
  }),
]

/** Every lab with its services, and the names of those that did not come up whole. */
export function openStackStatus(): Readonly<{ labs: readonly LabSummary[]; broken: readonly string[] }> {
  const labs = allLabs().map(summary)
  const whole = new Set(labs.map((lab) => lab.name))
  return { labs, broken: labNames().filter((name) => !whole.has(name)) }
}

function summary(lab: AnyLab): LabSummary {
  return {
    name: lab.name,
    suite: lab instanceof OpenStackLab ? (lab.description.suite?.suite ?? null) : null,
    directory: lab.directory,
    namespace: lab.description.network.namespace,
    environment: lab.environment,
    endpoints: lab.endpoints,
    services: Object.fromEntries(Object.entries(lab.services()).map(([name, pid]) => [name, pid ?? null])),
    nodes: lab.nodes.map((node) => ({ name: node.name, power: isOn(node) ? 'on' : 'off' })),
  }
}

export function describeLab({ name, directory, endpoints, services, nodes }: LabSummary): string {
  const down = Object.entries(services).flatMap(([service, pid]) => (pid === null ? [service] : []))
  return [
    `lab ${name} in ${directory}`,
    ...Object.entries(endpoints).map(([service, url]) => `  ${service} ${url}`),
    ...nodes.map((node) => `  node ${node.name} is ${node.power}`),
    ...(down.length === 0 ? [] : [`  not running: ${down.join(', ')}`]),
  ].join('\n')
}

/** A machine by its name. Throws LAB_MACHINE_UNKNOWN. */
function nodeOf(lab: AnyLab, name: string): Machine {
  const found = lab.nodes.find((one) => one.name === name)
  if (found !== undefined) return found
  throw raise('LAB_MACHINE_UNKNOWN', { name, lab: lab.name, known: lab.nodes.map((one) => one.name) })
}

function bootDevice(node: Machine): string {
  const path = `${node.directory}/boot`
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : 'default'
}

function isIronicAuth(word: string): word is IronicAuth {
  return word === 'keystone' || word === 'none' || word === 'basic'
}
