import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extract } from 'tar-stream'
import type { Header } from 'tar-stream'
import { TAR_END_BYTES, sparseMap, tarHeader, tarPadded } from './index.ts'
import type { NewTarMember } from './index.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const plain: NewTarMember = {
  path: bytes('etc/motd'),
  kind: 'file',
  sizeBytes: 0,
  mode: 0o644,
  uid: 0,
  gid: 0,
  modifiedSeconds: 1_700_000_000,
  xattrs: [],
}

/** What tar-stream reads, which is not ours. */
async function read(member: NewTarMember, content: Uint8Array = new Uint8Array(0)): Promise<Header> {
  const reader = extract()
  reader.write(tarHeader(member))
  const padding = new Uint8Array(tarPadded(content.length) - content.length)
  reader.end(Buffer.concat([content, padding, new Uint8Array(TAR_END_BYTES)]))
  for await (const entry of reader) {
    entry.resume()
    return entry.header
  }
  return assert.fail('no member')
}

test('a plain member takes one block, and says what it is', async () => {
  assert.equal(tarHeader(plain).length, 512)
  const header = await read({ ...plain, sizeBytes: 3, mode: 0o4755, uid: 12, gid: 13 }, bytes('abc'))
  assert.deepEqual(
    { ...header, mtime: header.mtime?.getTime() },
    {
      ...header,
      name: 'etc/motd',
      size: 3,
      mode: 0o4755,
      uid: 12,
      gid: 13,
      type: 'file',
      mtime: 1_700_000_000_000,
    },
  )
})

test('long names, links and large owners go into an extended header', async () => {
  for (const length of [99, 100, 101, 255, 4000]) {
    const path = `d/${'ü'.repeat(length / 2)}${'x'.repeat(length)}`
    const header = await read({ ...plain, path: bytes(path), kind: 'symlink', target: bytes(path) })
    assert.equal(header.name, path)
    assert.equal(header.linkname, path)
  }
  const header = await read({ ...plain, uid: 4_000_000_000, gid: 2_097_151 })
  const { uid } = header.pax as Readonly<Record<string, string>>
  assert.deepEqual([uid, header.gid], ['4000000000', 2_097_151])
})

test('the length of a record counts itself, whatever it is', () => {
  for (let length = 0; length < 1200; length += 1) {
    const value = new Uint8Array(length).fill(0x61)
    const header = tarHeader({ ...plain, xattrs: [{ nameBytes: bytes('user.x'), value }] })
    const text = new TextDecoder().decode(header.subarray(512, header.length - 512))
    const [record = ''] = text.split('\n')
    assert.equal(Number.parseInt(record, 10), record.length + 1)
    assert.match(record, /^\d+ SCHILY\.xattr\.user\.x=a*$/)
  }
})

test('values of attributes are the bytes that they are', () => {
  const value = Uint8Array.of(0, 0xff, 0x0a, 0x3d, 0)
  const header = tarHeader({ ...plain, xattrs: [{ nameBytes: bytes('security.capability'), value }] })
  const at = Buffer.from(header).indexOf('security.capability=')
  assert.deepEqual(header.slice(at + 20, at + 26), Uint8Array.of(0, 0xff, 0x0a, 0x3d, 0, 0x0a))
})

test('devices have their numbers', async () => {
  const header = await read({ ...plain, kind: 'block device', device: { major: 4095, minor: 1_048_575 } })
  assert.deepEqual([header.type, header.devmajor, header.devminor], ['block-device', 4095, 1_048_575])
})

test('the map of a sparse file has whole blocks', () => {
  const map = sparseMap([
    { offsetBytes: 4096, lengthBytes: 10 },
    { offsetBytes: 1 << 30, lengthBytes: 4096 },
  ])
  assert.equal(map.length, 512)
  assert.match(new TextDecoder().decode(map), /^2\n4096\n10\n1073741824\n4096\n\0+$/)
})
