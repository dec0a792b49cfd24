import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Module, filesBelow, readModulesBelow, ROOT } from '../../scripts/source/index.ts'
import { EDGES, EXCEPTIONS, SHARED } from './house.ts'
import { MOST_LINES, RULES } from './rules.ts'

type RuleName = keyof typeof RULES

/** Files that break a rule, each with the word that the breach must be told with. `ok` files must not be told. */
const BREACHES: Readonly<
  Record<RuleName, readonly Readonly<{ path: string; text: string; breach: RegExp | 'none' }>[]>
> = {
  'rooms import downwards only': [
    {
      path: 'src/core/a.ts',
      text: `import { x } from '../node/index.ts'`,
      breach: /core may not import node/,
    },
    {
      path: 'src/core/a.ts',
      text: `import type { X } from '../node/index.ts'`,
      breach: /may not import node/,
    },
    { path: 'src/core/a.ts', text: `export * from '../bytes/index.ts'`, breach: /may not import bytes/ },
    { path: 'src/core/a.ts', text: `export { x } from '../ports/index.ts'`, breach: /may not import ports/ },
    { path: 'src/node/a.ts', text: `await import('../fleet/index.ts')`, breach: /node may not import fleet/ },
    { path: 'src/node/a.ts', text: `type X = import('../metal/index.ts').X`, breach: /may not import metal/ },
    {
      path: 'src/node/a.ts',
      text: `import x = require('../ports/index.ts')`,
      breach: /may not import ports/,
    },
    { path: 'src/node/a.ts', text: `import '../../lab/index.ts'`, breach: /outside of the rooms/ },
    { path: 'src/node/a.ts', text: `export const x = await import(name)`, breach: /computed/ },
    { path: 'src/runtime/a.ts', text: `import '../adapters/docker/index.ts'`, breach: /not import adapters/ },
    {
      path: 'src/adapters/x/a.ts',
      text: `import '../../runtime/index.ts'`,
      breach: /may not import runtime/,
    },
    {
      path: 'src/adapters/x/a.ts',
      text: `import '../docker/index.ts'`,
      breach: /not import adapters\/docker/,
    },
    { path: 'src/formats/xfs/a.ts', text: `import '../ext4/index.ts'`, breach: /not import formats\/ext4/ },
    {
      path: 'src/runtime/node/a.ts',
      text: `import '../image/index.ts'`,
      breach: /not import runtime\/image/,
    },
    { path: 'src/runtime/node/a.ts', text: `import '../saga/index.ts'`, breach: 'none' },
    { path: 'src/ports/a.ts', text: `import '../cli/index.ts'`, breach: /ports may not import cli/ },
    { path: 'src/attic/a.ts', text: `import '../core/index.ts'`, breach: /stands in no room \(attic\)/ },
    {
      path: 'src/adapters/proc/a.ts',
      text: `import '../cgroup/index.ts'`,
      breach: /not import adapters\/cgroup/,
    },
    { path: 'src/adapters/x/a.ts', text: `import '../containers/index.ts'`, breach: 'none' },
    { path: 'src/adapters/cgroup/a.ts', text: `import '../proc/index.ts'`, breach: 'none' },
    { path: 'src/image/a.ts', text: `import '../formats/xfs/index.ts'`, breach: 'none' },
    {
      path: 'src/cli/a.ts',
      text: `import '../adapters/docker/index.ts'`,
      breach: /cli may not import adapters/,
    },
    {
      path: 'src/server/a.ts',
      text: `import '../runtime/index.ts'`,
      breach: /server may not import runtime/,
    },
    { path: 'src/app/node/a.ts', text: `import '../../adapters/docker/index.ts'`, breach: 'none' },
    { path: 'src/app/a.ts', text: `import '../cli/index.ts'`, breach: /app may not import cli/ },
    { path: 'src/cli/a.ts', text: `import '../app/node/index.ts'`, breach: 'none' },
    { path: 'src/core/a.test.ts', text: `import '../node/index.ts'`, breach: 'none' },
  ],
  'a room is entered through its index.ts only': [
    { path: 'src/cli/a.ts', text: `import '../node/finding.ts'`, breach: /enters node through finding.ts/ },
    {
      path: 'src/cli/a.ts',
      text: `import '../node/release/names.ts'`,
      breach: /enters node\/release through/,
    },
    {
      path: 'src/node/a.ts',
      text: `import './upgrade/plan.ts'`,
      breach: /enters node\/upgrade through plan/,
    },
    {
      path: 'src/cli/a.ts',
      text: `export * from '../adapters/docker/engine.ts'`,
      breach: /adapters\/docker/,
    },
    { path: 'src/app/a.ts', text: `import '../adapters/index.ts'`, breach: 'none' },
    { path: 'src/cli/a.ts', text: `import '../node/release/index.ts'`, breach: 'none' },
    { path: 'src/node/release/a.ts', text: `import '../finding.ts'`, breach: 'none' },
    { path: 'src/cli/commands/a.ts', text: `import '../command.ts'`, breach: 'none' },
  ],
  'pure rooms use neither Node, nor a clock, nor chance': [
    { path: 'src/core/a.ts', text: `import { join } from 'node:path'`, breach: /imports "node:path"/ },
    { path: 'src/core/a.ts', text: `import Docker from 'dockerode'`, breach: /imports "dockerode"/ },
    { path: 'src/node/a.ts', text: `export const a = Date.now()`, breach: /reads the clock/ },
    { path: 'src/node/a.ts', text: `export const a = new Date()`, breach: /reads the clock/ },
    { path: 'src/node/a.ts', text: `export const { now } = Date`, breach: /reads the clock/ },
    { path: 'src/node/a.ts', text: `export const a = Math.random()`, breach: /draws from Math.random/ },
    { path: 'src/node/a.ts', text: `export const { random } = Math`, breach: /passes Math on/ },
    { path: 'src/fleet/a.ts', text: `export const a = performance.now()`, breach: /uses performance/ },
    { path: 'src/fleet/a.ts', text: `export const a = process.env['HOME']`, breach: /uses process/ },
    { path: 'src/fleet/a.ts', text: `export const a = globalThis.process`, breach: /uses globalThis/ },
    {
      path: 'src/fleet/a.ts',
      text: `if (a) { const process = 1 }\nexport const b = process`,
      breach: /:2: uses/,
    },
    { path: 'src/image/a.ts', text: `console.log(1)`, breach: /uses console/ },
    { path: 'src/image/a.ts', text: `setTimeout(() => 1, 1)`, breach: /uses setTimeout/ },
    { path: 'src/bytes/a.ts', text: `await fetch('http://host')`, breach: /uses fetch/ },
    { path: 'src/bytes/a.ts', text: `export type A = NodeJS.ReadableStream`, breach: /uses NodeJS/ },
    { path: 'src/node/a.ts', text: `export const f = (process: number) => process + 1`, breach: 'none' },
    { path: 'src/node/a.ts', text: `for (const process of []) String(process)`, breach: 'none' },
    {
      path: 'src/node/a.ts',
      text: `export const f = ({ process }: P) => ({ process, console: 1 })`,
      breach: 'none',
    },
    { path: 'src/node/a.ts', text: `// Date.now()\nexport const a = 'Math.random'`, breach: 'none' },
    {
      path: 'src/node/a.ts',
      text: `export const a = [new Date(0), Math.max(1, 2), [].process]`,
      breach: 'none',
    },
    { path: 'src/adapters/x/a.ts', text: `export const a = Date.now() + process.pid`, breach: 'none' },
  ],
  'use cases leave the process to whoever calls them': [
    { path: 'src/app/node/a.ts', text: `export const a = process.env['HOME']`, breach: /uses process.env/ },
    { path: 'src/app/node/a.ts', text: `export const { env } = process`, breach: /uses process:/ },
    { path: 'src/app/a.ts', text: `export const a = process.argv.slice(2)`, breach: /uses process.argv/ },
    { path: 'src/app/a.ts', text: `process.stdout.write('a')`, breach: /uses process.stdout/ },
    { path: 'src/app/a.ts', text: `process.stderr.write('a')`, breach: /uses process.stderr/ },
    { path: 'src/app/a.ts', text: `process.exitCode = 1`, breach: /uses process.exitCode/ },
    { path: 'src/app/a.ts', text: `export const a = process.cwd()`, breach: /uses process.cwd/ },
    { path: 'src/app/a.ts', text: `export const a = process['env']`, breach: /uses process/ },
    { path: 'src/app/image/a.ts', text: `console.error('a')`, breach: /uses console/ },
    { path: 'src/app/image/a.ts', text: `globalThis.process.exit(1)`, breach: /uses globalThis/ },
    { path: 'src/app/a.ts', text: `import { env } from 'node:process'`, breach: /imports "node:process"/ },
    {
      path: 'src/app/a.ts',
      text: `import { createInterface } from 'readline'`,
      breach: /imports "readline"/,
    },
    { path: 'src/app/a.ts', text: `export const a = [process.pid, process.getuid?.()]`, breach: 'none' },
    { path: 'src/app/a.ts', text: `export const f = (console: C) => console.read()`, breach: 'none' },
    { path: 'src/cli/a.ts', text: `process.stdout.write(process.env['HOME'])`, breach: 'none' },
  ],
  'nothing is exported as default': [
    { path: 'src/core/a.ts', text: `export default 1`, breach: /default export/ },
    { path: 'src/core/a.ts', text: `const a = 1\nexport { a as default }`, breach: /default export/ },
    { path: 'src/core/a.ts', text: `export const a = 1`, breach: 'none' },
  ],
  'nothing is named for being left over': [
    { path: 'src/core/utils.ts', text: '', breach: /"utils"/ },
    { path: 'src/cli/helpers/a.ts', text: '', breach: /"helpers"/ },
    { path: 'src/cli/misc.test.ts', text: '', breach: /"misc"/ },
    { path: 'src/cli/common-flags.ts', text: '', breach: 'none' },
  ],
  'a command loads no code of another product': [
    {
      path: 'src/cli/commands/node-status.ts',
      text: `import { placeOf } from '../../app/image/index.ts'`,
      breach: /node-status.ts:1: loads src\/(image|formats|adapters)\//,
    },
    {
      path: 'src/cli/commands/image-list.ts',
      text: `export { pushImage } from '../../app/image/push/index.ts'`,
      breach: /image-list.ts:1: loads src\//,
    },
    {
      path: 'src/cli/commands/image-inspect.ts',
      text: `import { openContainer } from '../../adapters/container-image/index.ts'`,
      breach: /image-inspect.ts:1: loads src\/adapters\/container-image\//,
    },
    {
      path: 'src/cli/commands/node-status.ts',
      text: `import type { DiskImage } from '../../app/image/index.ts'\nawait import('../../app/image/index.ts')`,
      breach: 'none',
    },
  ],
  'hooks of each test stand in a describe': [
    { path: 'src/core/a.test.ts', text: `afterEach(() => 1)`, breach: /:1: afterEach is not in a describe/ },
    { path: 'src/core/a.test.ts', text: `\nbeforeEach(async () => 1)`, breach: /:2: beforeEach is not in/ },
    { path: 'src/core/a.test.ts', text: `describe('a', () => { afterEach(() => 1) })`, breach: 'none' },
    { path: 'src/core/a.test.ts', text: `after(() => 1)`, breach: 'none' },
  ],
  'no file has more than 400 lines': [
    { path: 'src/core/a.ts', text: '// line\n'.repeat(401), breach: /has 401 lines/ },
    { path: 'src/core/a.ts', text: '// line\n'.repeat(400), breach: 'none' },
  ],
  'every exception is still needed': [
    {
      path: 'src/cli/main.ts',
      text: `export const a = 1`,
      breach: /exception for package.json excuses nothing/,
    },
  ],
}

const house = readModulesBelow('src')

const OF_THE_HOUSE: readonly string[] = [
  'every exception is still needed',
  'a command loads no code of another product',
]

/** These rules look at the house as a whole; the others judge a file by itself. */
function withOnly(module: Module): readonly Module[] {
  return [...house.filter((one) => one.path !== module.path), module]
}

test('the house was read', () => {
  assert.ok(house.length > 100, `only ${house.length} files under src`)
  const seen = house.reduce((count, module) => count + module.references.length, 0)
  assert.ok(seen > house.length, `only ${seen} references in ${house.length} files`)
})

for (const [name, rule] of Object.entries(RULES)) {
  describe(name, () => {
    test('holds for every file under src', () => {
      assert.deepEqual(rule(house), [])
    })

    for (const { path, text, breach } of BREACHES[name as RuleName]) {
      const told = `${path} with ${JSON.stringify(text.slice(0, 60))}`
      if (breach === 'none') {
        test(`lets pass: ${told}`, () => {
          const module = new Module(path, text)
          assert.deepEqual(rule(OF_THE_HOUSE.includes(name) ? withOnly(module) : [module]), [])
        })
      } else {
        test(`reports: ${told}`, () => {
          const module = new Module(path, text)
          const breaches = OF_THE_HOUSE.includes(name) ? rule(withOnly(module)) : rule([module])
          assert.ok(
            breaches.some((one) => breach.test(one)),
            `told ${JSON.stringify(breaches)}`,
          )
        })
      }
    }
  })
}

test('no file beside the house is longer either', () => {
  const long = ['bench', 'demo', 'lab', 'scripts', 'test']
    .flatMap((folder) => filesBelow(folder))
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [path, readFileSync(join(ROOT, path), 'utf8').split('\n').length - 1] as const)
    .filter(([, lines]) => lines > MOST_LINES)
  assert.deepEqual(long, [])
})

test('every exception says why', () => {
  for (const one of [...EXCEPTIONS, ...EDGES, ...SHARED])
    assert.ok(one.reason.length > 20, JSON.stringify(one))
})
