import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { asDeploymentNote } from './metal/deployment.ts'
import { decodeHistoryLine } from './node/history.ts'
import { decodeDeployments, decodeJournalLine } from './node/state-files.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')
const VERSIONS = readdirSync(FIXTURES).filter((name) => !name.endsWith('.md'))

for (const version of VERSIONS) {
  describe(`the files of ${version} are read`, () => {
    const read = (name: string): string => readFileSync(join(FIXTURES, version, name), 'utf8')
    const lines = (name: string): readonly string[] => read(name).trimEnd().split('\n')

    test('deployments.json', () => {
      const { current, previous } = decodeDeployments(read('deployments.json'))
      assert.deepEqual(
        [current, previous].map((one) => one?.services.map(({ name }) => name)),
        [
          ['libvirt', 'agent', 'compute'],
          ['libvirt', 'agent', 'compute'],
        ],
      )
    })

    test('journal.jsonl', () => {
      const entries = lines('journal.jsonl').map((line) => decodeJournalLine(line))
      assert.deepEqual([entries[0]?.type, entries.at(-1)?.type], ['planned', 'ended'])
    })

    test('history.jsonl', () => {
      const records = lines('history.jsonl').map((line) => decodeHistoryLine(line).record)
      assert.deepEqual(
        records.map(({ outcome }) => outcome),
        ['committed', 'committed', 'rolledBack'],
      )
    })

    test('the note of a deployment', () => {
      const note = asDeploymentNote(JSON.parse(read('deployment-note.json')))
      assert.equal(note?.deployment, 'e66c3117c29bf4479750f6d5576c1718')
      assert.equal(asDeploymentNote(JSON.parse(read('deployment.json'))), undefined)
    })
  })
}
