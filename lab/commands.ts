import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DRY_RUN_FLAG, command } from '../src/cli/index.ts'
import type { Command, CommandEntry } from '../src/cli/index.ts'
import type { LabStatusDocument } from '../src/contract/index.ts'
import { EXIT, formatBytes } from '../src/core/index.ts'
import { enginePid, startEngine, stopEngine } from './engine.ts'
import { HOST_COMMANDS, everyHost } from './host-commands.ts'
import { defaultNames, recipeBook } from './image-recipe.ts'
import { ensureImages } from './images.ts'
import { HELP_FLAG, JSON_FLAGS } from './lab-flags.ts'
import { OPENSTACK_COMMANDS, describeLab, openStackStatus } from './openstack/commands.ts'
import { labNames, removeLab } from './openstack/index.ts'
import { ensurePackages } from './packages.ts'
import { labDirectory } from './paths.ts'

const labStatus = command({
  path: ['lab', 'status'],
  summary: 'Show labs with their services and machines, and compute hosts',
  operands: '',
  count: { min: 0, max: 0 },
  flags: JSON_FLAGS,
  async run({ output }) {
    const engine = enginePid()
    const hosts = (await everyHost()).map((host) => host.spec)
    const openstack = openStackStatus()
    const value: LabStatusDocument = {
      schema: 'anneal.lab-status/1',
      directory: labDirectory(),
      engine: engine ?? null,
      hosts,
      ...openstack,
    }
    output.data(value, () =>
      [
        `directory ${labDirectory()}`,
        engine === undefined
          ? 'the engine of compute hosts is down'
          : `engine of compute hosts: pid ${engine}`,
        ...openstack.labs.map(describeLab),
        ...openstack.broken.map((name) => `lab ${name} is incomplete: anneal lab down --lab ${name}`),
        ...hosts.map(({ name, suite = 'bookworm', engine: engines }) => `host ${name}  ${suite}  ${engines}`),
      ].join('\n'),
    )
    return EXIT.ok
  },
})

const labImages = command({
  path: ['lab', 'images'],
  summary: 'Build the container images of the test bed',
  operands: '[NAME…]',
  count: { min: 0, max: 20 },
  flags: JSON_FLAGS,
  details: 'Without names it builds all images but those of Debian suites other than bookworm.',
  async run({ args, output }) {
    await ensurePackages()
    await startEngine()
    const images = await ensureImages(args.length > 0 ? args : defaultNames(recipeBook()))
    output.data({ schema: 'anneal.lab-images/1', images }, () =>
      images
        .map(({ reference, id, sizeBytes }) => `${reference}  ${id.slice(0, 19)}  ${formatBytes(sizeBytes)}`)
        .join('\n'),
    )
    return EXIT.ok
  },
})

const labClean = command({
  path: ['lab', 'clean'],
  summary: 'Remove everything that the test bed made',
  operands: '',
  count: { min: 0, max: 0 },
  flags: { ...DRY_RUN_FLAG, ...HELP_FLAG },
  async run({ flags, output }) {
    const hosts = await everyHost()
    const removed = [
      ...labNames().map((name) => `lab ${name}`),
      ...hosts.map(({ name }) => `host ${name}`),
      labDirectory(),
    ]
    if (flags['dry-run']) {
      output.text(removed.map((one) => `would remove ${one}`).join('\n'))
      return EXIT.ok
    }
    for (const name of labNames()) await removeLab(name)
    for (const host of hosts) await host.down()
    await stopEngine()
    // A deployment of ostree is immutable. The build of a test system makes it so, and leaves it if it is killed.
    const trees = join(labDirectory(), 'atomic')
    if (existsSync(trees)) spawnSync('chattr', ['-R', '-f', '-i', trees])
    rmSync(labDirectory(), { recursive: true, force: true, maxRetries: 3 })
    for (const one of removed) output.say(`removed ${one}`)
    return EXIT.ok
  },
})

const ALL: readonly Command[] = [...OPENSTACK_COMMANDS, ...HOST_COMMANDS, labStatus, labImages, labClean]

/** `anneal lab …`. */
export const LAB_COMMANDS: readonly CommandEntry[] = ALL.map((one) => ({
  path: one.path,
  load: async () => one,
  ...(one.passesOn === true ? { passesOn: true as const } : {}),
}))
