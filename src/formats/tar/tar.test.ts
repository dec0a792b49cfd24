import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
  closeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { extentsOf, fromBytes } from '../../bytes/index.ts'
import { isTarHeader, tarMembers } from './index.ts'

const hasTar = String(spawnSync('tar', ['--version']).stdout).includes('GNU tar')
const directory = mkdtempSync(join(tmpdir(), 'anneal-tar-'))
after(() => rmSync(directory, { recursive: true }))
const LONG = 'a'.repeat(120)

/** 8 MiB with a few bytes in it at places that need more than four parts of a map, and more than 25. */
function sparseImage(): string {
  const path = join(directory, 'disk.raw')
  const fd = openSync(path, 'w')
  for (let index = 0; index < 40; index += 1) writeSync(fd, `part ${index}`, index * 200_704 + 4096)
  closeSync(fd)
  truncateSync(path, 8 * 1024 * 1024 + 13)
  return path
}

const FORMS: Readonly<Record<string, readonly string[]>> = {
  'old GNU': ['--format=oldgnu'],
  GNU: ['--format=gnu'],
  'pax 0.0': ['--format=pax', '--sparse-version=0.0'],
  'pax 0.1': ['--format=pax', '--sparse-version=0.1'],
  'pax 1.0': ['--format=pax', '--sparse-version=1.0'],
}

describe('members that GNU tar packed', () => {
  for (const [name, options] of Object.entries(FORMS)) {
    test(`${name}: files come out as they were, holes as zeros that are known`, async (t) => {
      if (!hasTar) return t.skip('needs GNU tar')
      sparseImage()
      writeFileSync(join(directory, LONG), 'long')
      writeFileSync(join(directory, 'ü'), 'umlaut')
      const path = join(directory, 'packed.tar')
      execFileSync('tar', ['-C', directory, '-cSf', path, ...options, '--add-file=disk.raw', LONG, 'ü'])
      const source = fromBytes(readFileSync(path))
      const found: Record<string, string> = {}
      for await (const { name: member, file } of tarMembers(source)) {
        assert.ok(file !== undefined)
        const bytes = await file.read(0, file.size)
        found[member] = createHash('sha256').update(bytes).digest('hex')
        if (member !== 'disk.raw') continue
        const kinds = new Set<string>()
        for await (const { kind } of extentsOf(file)) kinds.add(kind)
        assert.deepEqual([...kinds].toSorted(), ['data', 'zero'])
      }
      const expected = Object.fromEntries(
        ['disk.raw', LONG, 'ü'].map((member) => [
          member,
          createHash('sha256')
            .update(readFileSync(join(directory, member)))
            .digest('hex'),
        ]),
      )
      assert.deepEqual(found, expected)
    })
  }

  test('v7 and ustar are read, and what is no file has no bytes', async (t) => {
    if (!hasTar) return t.skip('needs GNU tar')
    writeFileSync(join(directory, 'one'), 'first')
    execFileSync('ln', ['-sf', 'one', join(directory, 'link')])
    for (const format of ['v7', 'ustar']) {
      const path = join(directory, 'packed.tar')
      execFileSync('tar', ['-C', directory, '-cf', path, `--format=${format}`, 'link', 'one'])
      const members: (readonly [string, number | undefined])[] = []
      for await (const { name, file } of tarMembers(fromBytes(readFileSync(path)))) {
        members.push([name, file?.size])
      }
      assert.deepEqual(members, [
        ['link', undefined],
        ['one', 5],
      ])
    }
  })
})

describe('a damaged archive', () => {
  const packed = (): Buffer => {
    sparseImage()
    const path = join(directory, 'packed.tar')
    execFileSync('tar', ['-C', directory, '-cSf', path, '--format=oldgnu', 'disk.raw'])
    return readFileSync(path)
  }
  const read = async (bytes: Uint8Array): Promise<void> => {
    for await (const { file } of tarMembers(fromBytes(bytes))) await file?.read(0, Math.min(file.size, 4096))
  }
  const isDamaged = (error: unknown): boolean => isAnnealError(error, 'TAR_DAMAGED')

  test('cut anywhere within its member is refused', async (t) => {
    if (!hasTar) return t.skip('needs GNU tar')
    const bytes = packed()
    for (const length of [513, 1024, 2048, 20_000, bytes.length - 12_000]) {
      await assert.rejects(read(bytes.subarray(0, length)), isDamaged, `cut at ${length}`)
    }
  })

  test('a map that does not fit is refused', async (t) => {
    if (!hasTar) return t.skip('needs GNU tar')
    const bytes = packed()
    // The second part begins before the first ends.
    bytes.write('00000000001', 386 + 24, 'latin1')
    let sum = 0
    for (let index = 0; index < 512; index += 1) sum += index >= 148 && index < 156 ? 32 : (bytes[index] ?? 0)
    bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    assert.ok(isTarHeader(bytes.subarray(0, 512)))
    await assert.rejects(read(bytes), isDamaged)
  })

  test('a header that is none is refused', async () => {
    await assert.rejects(read(Buffer.alloc(1024, 'x')), isDamaged)
  })
})
