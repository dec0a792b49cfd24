import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { stringify } from 'yaml'
import type { ServiceDraft } from '../../node/release/index.ts'
import { draftRelease, replaceVariables, sealRelease } from '../../node/release/index.ts'
import { schemaProblems } from './schema-problems.ts'
import { validateCompose } from './schemas.ts'
import { needsQuotes } from './yaml-numbers.ts'
import { readYaml } from './yaml-tree.ts'

const digest = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

/** What a service means, apart from any spelling. */
type Meaning = Readonly<{
  image: string
  environment: Readonly<Record<string, string>>
  binds: readonly Readonly<{ source: string; target: string; readOnly: boolean }>[]
  capAdd: readonly string[]
  ulimit: number | undefined
  graceSeconds: number
  command: readonly string[] | undefined
  healthSeconds: number | undefined
  order: number
  privileged: boolean
  memoryMiB: number | undefined
}>

const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,8}$/)
const part = fc.stringMatching(/^[a-z][a-z0-9]{0,6}$/)
/** Values that every reader takes for texts: without quotes, the others are refused. */
const clear = fc.string({ unit: 'grapheme-ascii', maxLength: 8 }).filter((text) => !needsQuotes(text))
const meaning: fc.Arbitrary<Meaning> = fc.record({
  image: part.map((text) => `a/${text}@sha256:${'0f'.repeat(32)}`),
  environment: fc.dictionary(name, clear, { maxKeys: 4 }),
  binds: fc.uniqueArray(
    fc.record({
      source: part.map((text) => `/${text}`),
      target: part.map((text) => `/m/${text}`),
      readOnly: fc.boolean(),
    }),
    { maxLength: 3, selector: (bind) => bind.target },
  ),
  capAdd: fc.uniqueArray(fc.constantFrom('NET_ADMIN', 'SYS_ADMIN', 'SYS_PTRACE'), { maxLength: 3 }),
  ulimit: fc.option(fc.nat(65536), { nil: undefined }),
  graceSeconds: fc.nat(300),
  command: fc.option(fc.array(part, { maxLength: 3 }), { nil: undefined }),
  healthSeconds: fc.option(fc.integer({ min: 1, max: 600 }), { nil: undefined }),
  order: fc.nat(1000),
  privileged: fc.boolean(),
  memoryMiB: fc.option(fc.integer({ min: 8, max: 4096 }), { nil: undefined }),
})

/** A stream of choices: which of two spellings is taken, and how things are ordered. */
type Choices = () => boolean

function spell(it: Meaning, choose: Choices): Record<string, unknown> {
  const escaped = (text: string): string => text.replaceAll('$', '$$$$')
  const minutes = (seconds: number): string =>
    choose() || seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
  const shuffled = <T>(items: readonly T[]): T[] => (choose() ? [...items] : items.toReversed())
  const variables = shuffled(Object.entries(it.environment)).map(
    ([key, value]) => [key, escaped(value)] as const,
  )
  const fields: [string, unknown][] = [
    ['image', it.image],
    ['network_mode', 'host'],
    [
      'environment',
      choose() ? Object.fromEntries(variables) : variables.map(([key, value]) => `${key}=${value}`),
    ],
    [
      'volumes',
      shuffled(it.binds).map(({ source, target, readOnly }) =>
        choose()
          ? `${source}${choose() ? '/' : ''}:${target}${readOnly ? ':ro' : choose() ? ':rw' : ''}`
          : {
              type: 'bind',
              source,
              target: choose() ? target : `${target}/`,
              ...(readOnly || choose() ? { read_only: readOnly } : {}),
            },
      ),
    ],
    ['cap_add', shuffled(it.capAdd).map((cap) => (choose() ? cap : `CAP_${cap}`))],
    ['stop_grace_period', minutes(it.graceSeconds)],
    ['privileged', choose() ? it.privileged : String(it.privileged)],
    [
      'x-anneal',
      {
        order: it.order,
        ...(choose() ? { replace: 'always' } : {}),
        ...(choose() ? { guests: 'never' } : {}),
      },
    ],
  ]
  if (it.ulimit !== undefined) {
    const { ulimit } = it
    fields.push(['ulimits', { nofile: choose() ? ulimit : { hard: ulimit, soft: ulimit } }])
  }
  if (it.command !== undefined) {
    fields.push([
      'command',
      choose() ? it.command : it.command.map((word) => (choose() ? word : `"${word}"`)).join('  '),
    ])
  }
  if (it.healthSeconds !== undefined) {
    const interval = minutes(it.healthSeconds)
    fields.push(['healthcheck', { interval, test: choose() ? 'true' : ['CMD-SHELL', 'true'] }])
  }
  if (it.memoryMiB !== undefined) {
    const size = choose() ? `${it.memoryMiB}m` : String(it.memoryMiB * 1024 * 1024)
    fields.push(choose() ? ['mem_limit', size] : ['deploy', { resources: { limits: { memory: size } } }])
  }
  return Object.fromEntries(shuffled(fields))
}

/** The file as text: block or flow style, quotes or none, comments or none, in place or through an anchor. */
function write(service: Record<string, unknown>, choose: Choices): string {
  const options = {
    collectionStyle: choose() ? 'block' : 'any',
    defaultStringType: choose() ? 'PLAIN' : 'QUOTE_DOUBLE',
    indent: choose() ? 2 : 4,
  } as const
  const comment = choose() ? '# what runs here\n' : ''
  if (choose()) return comment + stringify({ name: 'compute', services: { it: service } }, options)
  const shared = stringify({ name: 'compute', 'x-it': service, services: { it: 'HERE' } }, options)
  return comment + shared.replace(/"?x-it"?:/, '$& &it').replace(/"?HERE"?/, choose() ? '*it' : '{<<: *it}')
}

function idOf(text: string): string {
  const yaml = readYaml(text)
  assert.deepEqual(
    yaml.problems.map(({ error }) => error.message),
    [],
    text,
  )
  const { tree, problems } = replaceVariables(yaml.tree, () => undefined)
  const all = [...problems, ...schemaProblems(validateCompose(tree))]
  const { draft, problems: meant } = draftRelease({
    tree,
    directory: '/srv',
    envFiles: new Map(),
    lookup: () => undefined,
  })
  assert.deepEqual(
    [...all, ...meant].map(({ error }) => error.message),
    [],
    text,
  )
  return sealRelease(draft, digest, 'compose.yaml').id
}

const choices = fc.infiniteStream(fc.boolean()).map(
  (stream): Choices =>
    () =>
      stream.next().value as boolean,
)

test('the same meaning in another spelling has the same id', () => {
  fc.assert(
    fc.property(meaning, choices, choices, (it, one, other) => {
      assert.equal(idOf(write(spell(it, one), one)), idOf(write(spell(it, other), other)))
    }),
    { numRuns: 80 },
  )
})

test('another meaning has another id, in whatever spelling', () => {
  const normal = (it: Meaning): unknown => ({
    ...it,
    binds: it.binds.toSorted((a, b) => (a.target < b.target ? -1 : 1)),
    capAdd: it.capAdd.toSorted(),
  })
  fc.assert(
    fc.property(
      meaning,
      meaning,
      fc.constantFrom(...(Object.keys(EXAMPLE) as (keyof Meaning)[])),
      choices,
      (a, b, key, choose) => {
        const changed = { ...a, [key]: b[key] }
        fc.pre(JSON.stringify(normal(a)) !== JSON.stringify(normal(changed)))
        assert.notEqual(idOf(write(spell(a, choose), choose)), idOf(write(spell(changed, choose), choose)))
      },
    ),
    { numRuns: 80 },
  )
})

const EXAMPLE: Record<keyof Meaning, true> = {
  image: true,
  environment: true,
  binds: true,
  capAdd: true,
  ulimit: true,
  graceSeconds: true,
  command: true,
  healthSeconds: true,
  order: true,
  privileged: true,
  memoryMiB: true,
}

test('each field of a draft is part of the id', () => {
  const text =
    'name: compute\nservices: {it: {image: "sha256:' + '0f'.repeat(32) + '", network_mode: host}}\n'
  const { draft } = draftRelease({
    tree: readYaml(text).tree,
    directory: '/',
    envFiles: new Map(),
    lookup: () => undefined,
  })
  const [service] = draft.services
  assert.ok(service)
  const before = sealRelease(draft, digest, '').id
  for (const key of Object.keys(service) as (keyof ServiceDraft)[]) {
    if (key === 'image') continue
    const changed = { ...service, [key]: 'changed' } as ServiceDraft
    assert.notEqual(sealRelease({ ...draft, services: [changed] }, digest, '').id, before, key)
  }
})
