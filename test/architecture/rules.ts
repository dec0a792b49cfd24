import { basename } from 'node:path/posix'
import { lineAt, nameOf, nodesIn } from '../../scripts/source/index.ts'
import type { Module, Reference } from '../../scripts/source/index.ts'
import {
  EDGES,
  EXCEPTIONS,
  PURE_PACKAGES,
  PURE_ROOMS,
  ROOMS,
  ROOMS_OF_ROOMS,
  SHARED,
  SUB_ROOMS,
} from './house.ts'
import { impurities, isOfTheProcess, ownWay } from './purity.ts'

/** A rule broken at a place: `src/core/a.ts:3: core may not import node`. */
export type Breach = string

export type Rule = (modules: readonly Module[]) => readonly Breach[]

export const MOST_LINES = 400

const CONVERSION = ['runtime/image', 'image', 'formats', 'adapters/convert', 'adapters/image-source']

/** What commands do not load: reading it takes longer than all else that they do. */
const STRANGE: readonly (readonly [commands: RegExp, folders: readonly string[]])[] = [
  [/^src\/cli\/commands\/node-[\w-]+\.ts$/, [...CONVERSION, 'runtime/metal', 'adapters/openstack']],
  [/^src\/cli\/commands\/metal-(?!serve\.)[\w-]+\.ts$/, [...CONVERSION, 'runtime/node', 'adapters/docker']],
  [
    /^src\/cli\/commands\/image-(list|prune)\.ts$/,
    ['image', 'formats', 'adapters/convert', 'adapters/image-source', 'runtime/node', 'adapters/docker'],
  ],
  // Who looks into a disk waits for no client of registries, and for no reader of what is not in it.
  [
    /^src\/cli\/commands\/image-(inspect|files)\.ts$/,
    ['adapters/container-image', 'image/boot/container', 'formats/qcow2', 'formats/lzo'],
  ],
]

export const RULES = {
  'rooms import downwards only': (modules) =>
    references(modules).flatMap(({ module, reference }) => {
      const why = edgeProblem(module, reference)
      return why === undefined ? [] : [at(module, reference.offset, why)]
    }),

  'a room is entered through its index.ts only': (modules) =>
    references(modules).flatMap(({ module, reference }) => {
      const why = doorProblem(module, reference)
      return why === undefined ? [] : [at(module, reference.offset, why)]
    }),

  'pure rooms use neither Node, nor a clock, nor chance': (modules) =>
    inSource(modules)
      .filter((module) => PURE_ROOMS.includes(roomOf(module.path)))
      .flatMap((module) => [
        ...module.references
          .filter((one) => one.target === undefined && !PURE_PACKAGES.includes(one.specifier))
          .map((one) => at(module, one.offset, `imports "${one.specifier}"`)),
        ...module.free.flatMap((one) => {
          const why = impurities(one)
          return why === undefined ? [] : [at(module, one.offset, why)]
        }),
      ]),

  'use cases leave the process to whoever calls them': (modules) =>
    inSource(modules)
      .filter((module) => roomOf(module.path) === 'app')
      .flatMap((module) => [
        ...module.references
          .filter(({ specifier }) => isOfTheProcess(specifier))
          .map((one) => at(module, one.offset, `imports "${one.specifier}"`)),
        ...module.free.flatMap((one) => {
          const why = ownWay(one)
          return why === undefined ? [] : [at(module, one.offset, why)]
        }),
      ]),

  'nothing is exported as default': (modules) =>
    modules
      .filter((module) => module.hasDefaultExport)
      .map((module) => at(module, 0, 'has a default export')),

  'nothing is named for being left over': (modules) =>
    modules.flatMap((module) => {
      const words = module.path.split('/').map((part) => part.replace(/\..*$/, ''))
      const bad = words.find((word) => LEFT_OVER.has(word))
      return bad === undefined ? [] : [at(module, 0, `"${bad}" does not say what is in it`)]
    }),

  'a command loads no code of another product': (modules) => {
    const byPath = new Map(modules.map((module) => [module.path, module]))
    return modules.flatMap((module) => {
      const [, strange] = STRANGE.find(([commands]) => commands.test(module.path)) ?? []
      if (strange === undefined) return []
      return loadedBy(module.path, byPath)
        .filter((path) => strange.some((folder) => path.startsWith(`src/${folder}/`)))
        .slice(0, 1)
        .map((path) => at(module, 0, `loads ${path}`))
    })
  },

  'hooks of each test stand in a describe': (modules) =>
    modules
      .filter((module) => module.path.endsWith('.test.ts'))
      .flatMap((module) =>
        nodesIn(module.program['body']).flatMap((statement) => {
          const [call] = nodesIn(statement['expression'])
          const name = nameOf(call?.['callee'])
          // All unit tests share a process: outside of a describe, a hook runs for each test of every file.
          return name === 'beforeEach' || name === 'afterEach'
            ? [at(module, statement.start, `${name} is not in a describe`)]
            : []
        }),
      ),

  [`no file has more than ${MOST_LINES} lines`]: (modules) =>
    modules
      .filter((module) => module.lines > MOST_LINES)
      .map((module) => at(module, module.text.length - 1, `has ${module.lines} lines: split it by idea`)),

  'every exception is still needed': (modules) => {
    const used = new Set(
      inSource(modules).flatMap((module) =>
        module.references.flatMap((reference) => [
          ...(isBroken(module, reference) ? [`${module.path} ${reference.target}`] : []),
          `${roomsAround(module.path)[1]} ${roomsAround(reference.target ?? '')[1]}`,
        ]),
      ),
    )
    return [...EXCEPTIONS, ...EDGES]
      .filter(({ from, to }) => !used.has(`${from} ${to}`))
      .map(({ from, to }) => `${from}: the exception for ${to} excuses nothing`)
  },
} as const satisfies Readonly<Record<string, Rule>>

const LEFT_OVER = new Set(['util', 'utils', 'misc', 'helper', 'helpers', 'common', 'shared', 'lib'])

function at(module: Module, offset: number, why: string): Breach {
  return `${module.path}:${lineAt(module.text, offset)}: ${why}`
}

/** Tests may reach for anything: they stand beside the house, not in it. */
function inSource(modules: readonly Module[]): readonly Module[] {
  return modules.filter((module) => !module.path.endsWith('.test.ts'))
}

function references(
  modules: readonly Module[],
): readonly Readonly<{ module: Module; reference: Reference }>[] {
  return inSource(modules).flatMap((module) =>
    module.references
      .filter((one) => !EXCEPTIONS.some(({ from, to }) => from === module.path && to === one.target))
      .map((reference) => ({ module, reference })),
  )
}

function isBroken(module: Module, reference: Reference): boolean {
  return edgeProblem(module, reference) !== undefined || doorProblem(module, reference) !== undefined
}

/** The files that are loaded with a file, itself among them. */
function loadedBy(path: string, modules: ReadonlyMap<string, Module>): readonly string[] {
  const loaded = new Set([path])
  for (const one of loaded) {
    for (const { target, when } of modules.get(one)?.references ?? []) {
      if (target !== undefined && when === 'loaded') loaded.add(target)
    }
  }
  return [...loaded]
}

/** `src/adapters/docker/engine.ts` → `adapters`; '' for a file of no room. */
function roomOf(path: string): string {
  const [top, room, ...rest] = path.split('/')
  return top === 'src' && room !== undefined && rest.length > 0 ? room : ''
}

/** The rooms and sub-rooms that a file is in, from the outside in: `['node', 'node/release']`. */
function roomsAround(path: string): readonly string[] {
  const parts = path.split('/').slice(1, -1)
  return parts
    .map((_, index) => parts.slice(0, index + 1).join('/'))
    .filter((folder) => !folder.includes('/') || isSubRoom(folder))
}

function isSubRoom(folder: string): boolean {
  const [room = '', ...rest] = folder.split('/')
  return SUB_ROOMS.includes(folder) || (ROOMS_OF_ROOMS.includes(room) && rest.length === 1)
}

function edgeProblem(module: Module, reference: Reference): string | undefined {
  const from = roomOf(module.path)
  const allowed = ROOMS[from]
  if (allowed === undefined) return `stands in no room (${from || 'src'}): give it a line in house.ts`
  if (reference.target === undefined) {
    return reference.specifier === '(computed)' ? 'imports a name that is computed' : undefined
  }
  const to = roomOf(reference.target)
  if (to === '') return `imports "${reference.target}" from outside of the rooms`
  if (to !== from) return allowed.includes(to) ? undefined : `${from} may not import ${to}`
  if (!ROOMS_OF_ROOMS.includes(from)) return undefined
  const [, here] = roomsAround(module.path)
  const [, there] = roomsAround(reference.target)
  if (here === there || SHARED.some(({ folder }) => folder === there)) return undefined
  if (EDGES.some((edge) => edge.from === here && edge.to === there)) return undefined
  return `${here ?? from} may not import ${there ?? 'what is in no folder'}`
}

function doorProblem(module: Module, reference: Reference): string | undefined {
  if (reference.target === undefined || roomOf(reference.target) === '') return undefined
  const inside = roomsAround(module.path)
  const entered = roomsAround(reference.target).findLast((room) => !inside.includes(room))
  if (entered === undefined || reference.target === `src/${entered}/index.ts`) return undefined
  return `enters ${entered} through ${basename(reference.target)}, not through its index.ts`
}
