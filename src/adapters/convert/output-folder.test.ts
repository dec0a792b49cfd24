import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openOutputFolder } from './output-folder.ts'
import type { OutputFolderOptions } from './output-folder.ts'

const directory = mkdtempSync(join(tmpdir(), 'anneal-output-'))
after(() => rmSync(directory, { recursive: true }))

const NAMES = ['kernel', 'base.raw', 'boot.json']

function opened(below: string, more: Partial<OutputFolderOptions> = {}): ReturnType<typeof openOutputFolder> {
  return openOutputFolder({
    directory: join(directory, below),
    names: NAMES,
    existing: 'refuse',
    neededBytes: 0,
    ...more,
  })
}

async function fill(folder: Awaited<ReturnType<typeof opened>>, text: string, names = NAMES): Promise<void> {
  for (const name of names) {
    const file = await folder.create(name, 0)
    await file.write(new TextEncoder().encode(text), 0)
  }
}

const contents = (below: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(join(directory, below)).map((name) => [
      name,
      readFileSync(join(directory, below, name), 'utf8'),
    ]),
  )

test('of two conversions into one directory the slower one is refused, and leaves nothing', async () => {
  const [one, two] = [await opened('both'), await opened('both')]
  // They need not write the same files.
  await fill(one, 'one', ['base.raw', 'boot.json'])
  await fill(two, 'two')
  await one.commit()
  await assert.rejects(two.commit(), { code: 'OUTPUT_EXISTS' })
  await two.discard()
  assert.deepEqual(contents('both'), { 'base.raw': 'one', 'boot.json': 'one' })
})

test('a conversion replaces earlier results where it may', async () => {
  for (const text of ['one', 'two']) {
    const folder = await opened('again', { existing: 'replace' })
    await fill(folder, text)
    await folder.commit()
  }
  assert.deepEqual(contents('again'), { kernel: 'two', 'base.raw': 'two', 'boot.json': 'two' })
})

test('results get no name where the check before that fails', async () => {
  const beforeCommit = async (): Promise<void> => {
    throw new Error('changed')
  }
  const folder = await opened('checked', { beforeCommit })
  await fill(folder, 'one')
  await assert.rejects(folder.commit(), /changed/)
  await folder.discard()
  assert.deepEqual(contents('checked'), {})
})
