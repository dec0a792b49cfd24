import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { ParseArgsConfig } from 'node:util'
import { say } from '../run.ts'
import { attachConsole } from './console.ts'
import { raise } from './errors.ts'
import type { IronicAuth } from './ironic.ts'
import { isOn } from './machine.ts'
import type { Machine } from './machine.ts'
import { OPENSTACK_SUITES } from './suite-tree.ts'
import type { OpenStackSuite } from './suite-tree.ts'
import { OpenStackLab, isAbandoned, labNames, removeLab } from './openstack-lab.ts'

const DEFAULT_NAME = 'lab'
const NAME = { name: { type: 'string', default: DEFAULT_NAME } } as const

/** `anneal lab …`: OpenStack services and machines to deploy. */
export const OPENSTACK_COMMANDS: Readonly<Record<string, (argv: readonly string[]) => Promise<void>>> = {
  up: async (argv) => {
    const { values } = parse('up', argv, {
      ...NAME,
      nodes: { type: 'string', default: '1' },
      auth: { type: 'string', default: 'keystone,none' },
      clean: { type: 'boolean', default: false },
      uefi: { type: 'boolean', default: false },
      nova: { type: 'boolean', default: false },
      suite: { type: 'string' },
      'without-deploy-ramdisk': { type: 'boolean', default: false },
    })
    const name = values.name
    const nodes = Number(values.nodes)
    if (!Number.isSafeInteger(nodes) || nodes < 0 || nodes > 32) {
      throw raise('LAB_USAGE', { command: 'up', why: `--nodes is "${values.nodes}", not 0 to 32` })
    }
    const ironicAuth = values.auth.split(',')
    if (!ironicAuth.every(isIronicAuth)) {
      throw raise('LAB_USAGE', {
        command: 'up',
        why: `--auth is "${values.auth}", not of keystone, none, basic`,
      })
    }
    const { suite } = values
    if (suite !== undefined && !isSuite(suite)) {
      throw raise('LAB_USAGE', {
        command: 'up',
        why: `--suite is "${suite}", not one of ${OPENSTACK_SUITES.join(', ')}`,
      })
    }
    if (suite !== undefined && values.nova) {
      throw raise('LAB_USAGE', {
        command: 'up',
        why: '--nova runs the machine’s own packages, not those of --suite',
      })
    }
    // What an interrupted attempt left behind is in nobody's use.
    if (isAbandoned(name)) await removeLab(name)
    const began = performance.now()
    const lab = await interruptible((signal) =>
      OpenStackLab.up({
        name,
        nodes: Array.from({ length: nodes }, () => ({ firmware: values.uefi ? 'uefi' : 'bios' }) as const),
        ironicAuth,
        nova: values.nova,
        ...(suite === undefined ? {} : { suite }),
        automatedClean: values.clean,
        deployRamdisk: !values['without-deploy-ramdisk'],
        signal,
      }),
    )
    say(`lab ${name} is up after ${((performance.now() - began) / 1000).toFixed(1)} s`)
    say(`eval "$(anneal lab env${name === DEFAULT_NAME ? '' : ` --name ${name}`})" # then: openstack …`)
    process.stdout.write(`${JSON.stringify(summary(lab), undefined, 2)}\n`)
  },
  down: async (argv) => {
    const { values } = parse('down', argv, { ...NAME, all: { type: 'boolean', default: false } })
    const names = values.all ? labNames() : [values.name]
    for (const name of names) {
      // Also where no directory tells of it: its namespace may have outlived that.
      await removeLab(name)
      say(`lab ${name} is gone`)
    }
  },
  nodes: (argv) => {
    const { values } = parse('nodes', argv, { ...NAME, json: { type: 'boolean', default: false } })
    const { nodes } = OpenStackLab.find(values.name)
    const rows = nodes.map((node) => ({ ...node, power: isOn(node) ? 'on' : 'off', boot: bootDevice(node) }))
    if (values.json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`)
    else {
      for (const { name, power, boot, mac, address, ipmi } of rows) {
        const columns = [name, power, `boot ${boot}`, mac, address, `ipmi ${ipmi.address}:${ipmi.port}`]
        process.stdout.write(`${columns.join('  ')}\n`)
      }
    }
    return Promise.resolve()
  },
  console: async (argv) => {
    const { values, positionals } = parse('console', argv, {
      ...NAME,
      log: { type: 'boolean', default: false },
    })
    const [wanted] = positionals
    const lab = OpenStackLab.find(values.name)
    const node = wanted === undefined ? lab.nodes[0] : lab.node(wanted)
    if (node === undefined) throw raise('LAB_USAGE', { command: 'console', why: 'this lab has no nodes' })
    if (values.log) process.stdout.write(readFileSync(node.consoleLog))
    else await attachConsole(node)
  },
  env: (argv) => {
    const { values } = parse('env', argv, NAME)
    for (const [name, value] of Object.entries(OpenStackLab.find(values.name).environment)) {
      process.stdout.write(`export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    }
    return Promise.resolve()
  },
  shell: (argv) => {
    const { values, positionals } = parse('shell', argv, NAME)
    const lab = OpenStackLab.find(values.name)
    const command = positionals.length > 0 ? positionals : [process.env['SHELL'] ?? 'sh']
    const result = spawnSync('ip', ['netns', 'exec', lab.description.network.namespace, ...command], {
      stdio: 'inherit',
      env: { ...process.env, ...lab.environment },
    })
    process.exitCode = result.status ?? 1
    return Promise.resolve()
  },
}

/** Every lab with its services, and the names of those that did not come up whole. */
export function openStackStatus(argv: readonly string[]): Readonly<Record<string, unknown>> {
  parse('status', argv, {})
  const labs = OpenStackLab.list().map(summary)
  const whole = new Set(labs.map((lab) => lab.name))
  return { labs, broken: labNames().filter((name) => !whole.has(name)) }
}

function summary(lab: OpenStackLab): Readonly<Record<string, unknown>> & { name: string } {
  return {
    name: lab.name,
    suite: lab.description.suite?.suite ?? null,
    directory: lab.directory,
    namespace: lab.description.network.namespace,
    environment: lab.environment,
    endpoints: lab.endpoints,
    services: Object.fromEntries(Object.entries(lab.services()).map(([name, pid]) => [name, pid ?? null])),
    nodes: lab.nodes.map((node) => ({ name: node.name, power: isOn(node) ? 'on' : 'off' })),
  }
}

function bootDevice(node: Machine): string {
  const path = `${node.directory}/boot`
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : 'default'
}

function isSuite(word: string): word is OpenStackSuite {
  return (OPENSTACK_SUITES as readonly string[]).includes(word)
}

function isIronicAuth(word: string): word is IronicAuth {
  return word === 'keystone' || word === 'none' || word === 'basic'
}

/** Runs `work` with a signal that Ctrl-C gives. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const interrupt = (): void => {
    if (!controller.signal.aborted) say('interrupted: taking down what was started')
    controller.abort(raise('LAB_INTERRUPTED'))
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  try {
    return await work(controller.signal)
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
  }
}

type Parsed<T extends ParseArgsConfig['options']> = ReturnType<
  typeof parseArgs<{ options: NonNullable<T>; allowPositionals: true; strict: true }>
>

function parse<const T extends NonNullable<ParseArgsConfig['options']>>(
  command: string,
  argv: readonly string[],
  options: T,
): Parsed<T> {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (cause) {
    throw raise('LAB_USAGE', { command, why: cause instanceof Error ? cause.message : String(cause) }, cause)
  }
}
