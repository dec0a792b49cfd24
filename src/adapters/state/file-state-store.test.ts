import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { FileStateStore } from './file-state-store.ts'

const FIXTURE = join(import.meta.dirname, '../../contract/fixtures/e6479d3')

const made: string[] = []
describe('state in files', () => {
  afterEach(() => {
    for (const directory of made.splice(0)) rmSync(directory, { recursive: true })
  })

  function copied(): string {
    const directory = mkdtempSync(join(tmpdir(), 'anneal-state-'))
    made.push(directory)
    cpSync(FIXTURE, directory, { recursive: true })
    return directory
  }

  function edited(file: string, edit: (text: string) => string): FileStateStore {
    const directory = copied()
    const path = join(directory, file)
    writeFileSync(path, edit(readFileSync(path, 'utf8')))
    return new FileStateStore(directory)
  }

  function unreadable(why: RegExp): (error: unknown) => boolean {
    return (error) => isAnnealError(error, 'STATE_UNREADABLE') && why.test(error.message)
  }

  describe('the state directory of an earlier version', () => {
    test('is read: the releases, the journal and the chained history', async () => {
      const store = new FileStateStore(copied())
      const { current, previous } = await store.readDeployments()
      assert.deepEqual([current?.project, previous?.project], ['compute', 'compute'])
      assert.equal((await store.readJournal()).at(-1)?.type, 'ended')
      assert.equal((await store.readHistory()).length, 3)
    })

    test('goes on: a record is chained to those that are there', async () => {
      const store = new FileStateStore(copied())
      const [first] = await store.readHistory()
      assert.ok(first)
      await store.appendHistory(first.record)
      assert.equal((await store.readHistory()).length, 4)
    })

    test('may have members that are not known', async () => {
      const store = edited('deployments.json', (text) => text.replace('{', '{ "later": 1,'))
      assert.equal((await store.readDeployments()).current?.project, 'compute')
    })
  })

  describe('a damaged file is refused with its path and the place of the damage', () => {
    test('deployments.json without a member', async () => {
      const store = edited('deployments.json', (text) => text.replace('"containerName"', '"name2"'))
      await assert.rejects(
        store.readDeployments(),
        unreadable(/deployments\.json": \/current\/services\/0\/containerName is missing/),
      )
    })

    test('deployments.json of a version that is not known', async () => {
      const store = edited('deployments.json', (text) => text.replace('"version": 1', '"version": 2'))
      await assert.rejects(store.readDeployments(), unreadable(/\/version is 2, expected 1/))
    })

    test('a line of the journal', async () => {
      const store = edited('journal.jsonl', (text) => text.replace('"sequence":1,', '"sequence":"1",'))
      await assert.rejects(
        store.readJournal(),
        unreadable(/line 2: \/sequence is "1", expected a whole number/),
      )
    })

    test('a line of the history that is not JSON', async () => {
      const store = edited('history.jsonl', (text) => text.replace('{', ''))
      await assert.rejects(store.readHistory(), unreadable(/history\.jsonl": line 1: /))
    })
  })
})
