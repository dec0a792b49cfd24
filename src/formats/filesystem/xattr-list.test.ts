import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { XattrList } from './index.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a name has its name space before it, and name and value are copies', () => {
  const list = new XattrList(7n)
  const [name, value] = [bytes('note'), bytes('x')]
  list.add('user.', name, value)
  name[0] = value[0] = 0
  assert.deepEqual(list.all, [
    { name: 'user.note', nameBytes: bytes('user.note'), value: Uint8Array.of(0x78) },
  ])
})

test('an access control list has the form of the system call', () => {
  const list = new XattrList(7n)
  list.addAcl('access', [
    { tag: 1, permissions: 7, id: 0xffff_ffff },
    { tag: 2, permissions: 5, id: 1000 },
  ])
  assert.equal(list.all[0]?.name, 'system.posix_acl_access')
  // setfattr -n system.posix_acl_access takes these bytes.
  assert.equal(
    Buffer.from(list.all[0]?.value ?? '').toString('hex'),
    '0200000001000700ffffffff02000500e8030000',
  )
})

test('a value that getxattr would not give is refused before it is read', () => {
  const list = new XattrList(7n)
  list.reserve(4, 65_536)
  assert.throws(
    () => list.reserve(4, 65_537),
    (error) => isAnnealError(error, 'XATTRS_TOO_LARGE'),
  )
})

test('attributes without number are refused, also empty ones', () => {
  for (const size of [0, 65_536]) {
    const list = new XattrList(7n)
    assert.throws(
      () => {
        for (let count = 0; count < 1 << 20; count += 1) list.reserve(0, size)
      },
      (error) => isAnnealError(error, 'XATTRS_TOO_LARGE'),
    )
  }
})
