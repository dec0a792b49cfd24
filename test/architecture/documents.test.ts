import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { LAB_COMMANDS } from '../../lab/commands.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { DOCUMENTS, STATE_FILES } from '../../src/contract/index.ts'
import type { DocumentSpec } from '../../src/contract/index.ts'
import { cloudScenarios } from './documents/cloud-commands.ts'
import { conductorScenarios } from './documents/conductor-commands.ts'
import { FakeOpenStack } from './documents/fake-openstack.ts'
import { CAN_MAKE_LIVE_IMAGES, imageScenarios } from './documents/image-commands.ts'
import { labScenarios } from './documents/lab-commands.ts'
import { nodeScenarios } from './documents/node-commands.ts'
import { ramdiskScenarios } from './documents/ramdisk-commands.ts'
import { ROOT } from '../../scripts/source/index.ts'
import {
  NAMES,
  problemsOf,
  problemsOfEarlier,
  problemsOfProgress,
  problemsOfStateFile,
  progressEvents,
  readSchema,
} from './documents/schemas.ts'

const directory = mkdtempSync(join(tmpdir(), 'anneal-documents-'))
const cloud = await FakeOpenStack.start()
after(async () => {
  await cloud.stop()
  rmSync(directory, { recursive: true })
})

const SCENARIOS = {
  image: imageScenarios(directory),
  node: nodeScenarios(directory),
  cloud: cloudScenarios(directory, cloud),
  conductor: conductorScenarios(directory),
  ramdisk: ramdiskScenarios(directory),
  lab: labScenarios(directory),
}

/** Names of the documents that a command was seen to print. */
const seen = new Set<string>()

/** Kinds of progress that were seen. */
const events = new Set<string>()

for (const [about, scenarios] of Object.entries(SCENARIOS)) {
  describe(`a document has nothing but what its schema names: ${about}`, () => {
    for (const { name, run, exit = 0, kept } of scenarios) {
      test(name, async () => {
        const ran = await run()
        assert.equal(ran.exit, exit, `${ran.stderr}\n${ran.stdout.slice(-5000)}`)
        const files = kept?.() ?? []
        for (const { file, text } of files) {
          if (file === undefined) continue
          assert.deepEqual(problemsOfStateFile(file, JSON.parse(text)), [], text)
          seen.add(file)
        }
        for (const line of progressOf(ran.stderr)) {
          assert.deepEqual(problemsOfProgress(line), [], JSON.stringify(line))
          events.add(line.event)
        }
        const texts = files.flatMap(({ file, text }) => (file === undefined ? [text] : []))
        const documents = [ran.stdout, lastLine(ran.stderr), ...texts].flatMap((text) => parsed(text))
        assert.notEqual(documents.length, 0, 'it printed no document')
        for (const document of documents) {
          assert.deepEqual(problemsOf(document), [], JSON.stringify(document, undefined, 1).slice(0, 4000))
          seen.add((document as { schema: string }).schema)
        }
      })
    }
  })
}

/**
 * A lab that runs is in test/integration/metal/lab-documents.test.ts. The images of the test bed take minutes to build; they are described
 * by a type that `anneal.images/1` has as well.
 */
const OF_RUNNING_LABS = ['anneal.lab/1', 'anneal.lab-images/1']

test('every document and state file of the tables was written', () => {
  assert.deepEqual(
    [...NAMES, ...Object.keys(STATE_FILES)].filter((name) => !seen.has(name)),
    OF_RUNNING_LABS,
  )
})

test('every kind of progress that the schema names was printed', () => {
  assert.deepEqual(
    progressEvents().filter((event) => !events.has(event)),
    CAN_MAKE_LIVE_IMAGES ? [] : ['live'],
  )
})

describe('the check of documents', () => {
  const good = { schema: 'anneal.image-extract/1', file: 'a', sizeBytes: 1 }

  test('lets pass what the schema names', () => {
    assert.deepEqual(problemsOf(good), [])
  })

  test('reports a member too many, one that is missing, and one of another kind', () => {
    assert.match(problemsOf({ ...good, more: 1 }).join(), /must NOT have additional properties/)
    assert.match(problemsOf({ schema: good.schema, file: 'a' }).join(), /must have required property/)
    assert.match(problemsOf({ ...good, sizeBytes: '1' }).join(), /\/sizeBytes: must be number/)
  })

  test('reports a member too many inside of a list', () => {
    const entries = [{ name: 'a', kind: 'file', more: 1 }]
    const list = { schema: 'anneal.image-list/1', address: 'p1', root: '/', entries }
    assert.match(problemsOf(list).join(), /\/entries\/0: must NOT have additional properties/)
  })

  test('reports a line of progress with a member too many, or of an unknown kind', () => {
    const line = { event: 'convert', doneBytes: 1, totalBytes: 2 }
    assert.deepEqual(problemsOfProgress(line), [])
    assert.notDeepEqual(problemsOfProgress({ ...line, more: 1 }), [])
    assert.notDeepEqual(problemsOfProgress({ event: 'unheard-of' }), [])
  })

  test('reports a document that is not in the table', () => {
    assert.match(problemsOf({ schema: 'anneal.unheard-of/1' }).join(), /not in DOCUMENTS/)
  })
})

describe('documents of earlier versions fit the schemas of today', () => {
  const FIXTURES = join(ROOT, 'src/contract/fixtures')
  const versions = readdirSync(FIXTURES).filter((name) => !name.endsWith('.md'))

  test('there are some', () => {
    assert.ok(versions.length > 0)
  })

  for (const version of versions) {
    for (const file of readdirSync(join(FIXTURES, version))) {
      test(`${file} of ${version}`, () => {
        const content = readFileSync(join(FIXTURES, version, file), 'utf8')
        const texts = file.endsWith('.jsonl') ? content.trimEnd().split('\n') : [content]
        for (const text of texts) {
          const value = JSON.parse(text) as Readonly<{ schema?: string }>
          assert.deepEqual(problemsOfEarlier(value.schema ?? file, value), [], text)
        }
      })
    }
  }
})

test('the table names commands that there are', () => {
  const commands = [...COMMANDS, ...LAB_COMMANDS].map(({ path }) => path.join(' '))
  const named = Object.values<DocumentSpec>(DOCUMENTS).flatMap(({ printedBy }) => printedBy)
  const unknown = named.filter((one) => !commands.includes(one.replace(/ --.*$/, '')))
  assert.deepEqual(unknown, ['every command that fails'])
})

for (const name of NAMES) {
  test(`the schema of ${name} says that name and forbids no member`, () => {
    const schema = readSchema(name) as { properties: { schema: { const: string } } }
    assert.equal(schema.properties.schema.const, name)
    assert.doesNotMatch(JSON.stringify(schema), /"additionalProperties":false/)
  })
}

/** Lines of progress: they have no `schema`. */
function progressOf(text: string): readonly Readonly<{ event: string }>[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Readonly<{ event: string; schema?: string }>)
    .filter(({ schema }) => schema === undefined)
}

/** The error of a command is its last line. */
function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}

/** Progress has no `schema`. */
function parsed(text: string): readonly unknown[] {
  if (!text.startsWith('{')) return []
  const value = JSON.parse(text) as Readonly<Record<string, unknown>>
  return 'schema' in value ? [value] : []
}
