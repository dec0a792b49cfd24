import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBytes } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { makePe } from './make-pe.ts'
import { openPe, probePe } from './index.ts'

const image = (): Uint8Array =>
  makePe({ '.linux': 'kernel', '.cmdline': 'root=UUID=1\0', '.osrel': 'ID=x\n' })

test('sections are found with their content, without what fills up the block', async () => {
  const { machine, sections } = await openPe(fromBytes(image()))
  assert.equal(machine, 0x8664)
  const contents = await Promise.all(
    sections.map(async ({ name, source }) => [
      name,
      new TextDecoder().decode(await source.read(0, source.size)),
    ]),
  )
  assert.deepEqual(contents, [
    ['.linux', 'kernel'],
    ['.cmdline', 'root=UUID=1\0'],
    ['.osrel', 'ID=x\n'],
  ])
})

test('a file that is not a PE image is refused', async () => {
  for (const bytes of [new Uint8Array(10), new Uint8Array(100), image().fill(0, 128, 132)]) {
    await assert.rejects(openPe(fromBytes(bytes)), (error) => isAnnealError(error, 'PE_MISSING'))
  }
  assert.equal(await probePe(fromBytes(image())), true)
  assert.equal(await probePe(fromBytes(new Uint8Array(4096))), false)
})

test('a section beyond the file, and more sections than there may be, are refused', async () => {
  const beyond = image()
  new DataView(beyond.buffer).setUint32(128 + 24 + 240 + 20, 1 << 30, true)
  await assert.rejects(openPe(fromBytes(beyond)), (error) => isAnnealError(error, 'PE_DAMAGED'))
  const many = image()
  new DataView(many.buffer).setUint16(128 + 6, 5000, true)
  await assert.rejects(openPe(fromBytes(many)), (error) => isAnnealError(error, 'PE_DAMAGED'))
})
