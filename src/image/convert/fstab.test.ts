import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCrypttab, parseFstab } from '../boot/index.ts'
import type { FstabEntry } from '../boot/index.ts'
import { editFstab } from './fstab.ts'
import type { DevicePlace } from './device-place.ts'

const encode = (text: string): Uint8Array => new TextEncoder().encode(text)
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)

const FEDORA = `
#
# /etc/fstab
/dev/mapper/atomicos-root /                       xfs     defaults        0 0
UUID=6a1b-boot /boot                   ext4    defaults        1 2
\tUUID=ABCD-1234\t/boot/efi vfat umask=0077,shortname=winnt 0 2
/dev/sda3 none swap sw 0 0
tmpfs /tmp tmpfs defaults 0 0
nas:/export/boot /srv/boot nfs defaults 0 0
/dev/sdb1 /srv/my\\040data xfs nofail 0 0
`

const places: Record<string, DevicePlace> = {
  'UUID=6a1b-boot': { at: 'left behind', what: 'partition 1' },
  'UUID=ABCD-1234': { at: 'left behind', what: 'partition 2' },
  '/dev/sda3': { at: 'unknown' },
  '/dev/sdb1': { at: 'unknown' },
}
const placeOf = ({ device }: FstabEntry): DevicePlace => places[device] ?? { at: 'there' }

describe('an fstab', () => {
  it('is read field by field, with octal escapes and defaults', () => {
    const entries = parseFstab(encode(FEDORA))
    assert.deepEqual(
      entries.map(({ line, mountPoint }) => [line, mountPoint]),
      [
        [4, '/'],
        [5, '/boot'],
        [6, '/boot/efi'],
        [7, 'none'],
        [8, '/tmp'],
        [9, '/srv/boot'],
        [10, '/srv/my data'],
      ],
    )
    assert.deepEqual(entries[2]?.options, ['umask=0077', 'shortname=winnt'])
    assert.deepEqual(parseFstab(encode('/dev/sda1 /x'))[0]?.type, 'auto')
  })

  it('loses exactly the mounts that stay behind, and keeps its length', () => {
    const { bytes, removed, doubtful } = editFstab(encode(FEDORA), placeOf)
    assert.equal(bytes.length, encode(FEDORA).length)
    assert.deepEqual(
      removed.map(({ entry }) => entry.mountPoint),
      ['/boot', '/boot/efi', 'none'],
    )
    assert.deepEqual(
      doubtful.map(({ device }) => device),
      ['/dev/sdb1'],
    )
    assert.deepEqual(
      parseFstab(bytes).map(({ mountPoint }) => mountPoint),
      ['/', '/tmp', '/srv/boot', '/srv/my data'],
    )
    const changed = decode(bytes).split('\n')
    assert.equal(changed[4], '#UUID=6a1b-boot /boot                   ext4    defaults        1 ')
    assert.equal(changed[5], '#UUID=ABCD-1234\t/boot/efi vfat umask=0077,shortname=winnt 0 2')
  })

  it('that needs no change is the very same bytes', () => {
    const bytes = encode('/dev/vda1 / ext4 defaults 0 1\n')
    assert.equal(editFstab(bytes, () => ({ at: 'there' })).bytes, bytes)
  })

  it('is never changed itself, also where it is a Buffer, whose slice is no copy', () => {
    const bytes = Buffer.from('/dev/sda1 /boot ext4\n')
    editFstab(bytes, () => ({ at: 'left behind', what: 'p1' }))
    assert.equal(bytes.toString(), '/dev/sda1 /boot ext4\n')
  })

  it('may end without a newline and hold bytes that are no UTF-8', () => {
    const bytes = Uint8Array.from([...encode('# caf'), 0xe9, ...encode('\n/dev/sda1 /boot ext4')])
    const { bytes: edited, removed } = editFstab(bytes, () => ({ at: 'left behind', what: 'p1' }))
    assert.equal(removed.length, 1)
    assert.equal(edited[5], 0xe9)
    assert.equal(decode(edited.subarray(7)), '#/dev/sda1 /boot ext')
  })

  it('gives a device of the base the name that lasts, and moves no line that is after it', () => {
    const text = 'PARTUUID=0d5c1a3e-1111-4222-8333-123456789abc / ext4 rw 0 1\n# behind\n'
    const { bytes, renamed, removed } = editFstab(encode(text), () => ({ at: 'renamed', by: 'UUID=1-2' }))
    assert.equal(decode(bytes), `UUID=1-2${' '.repeat(37)} / ext4 rw 0 1\n# behind\n`)
    assert.deepEqual([renamed.length, removed.length], [1, 0])
  })

  it('grows where the name that lasts is longer, and keeps indents and other lines', () => {
    const text = '\t/dev/vda1\t/ ext4\nUUID=9 /boot ext4 x 0 2\n'
    const { bytes } = editFstab(encode(text), ({ device }) =>
      device === '/dev/vda1' ? { at: 'renamed', by: 'UUID=1234-5678' } : { at: 'left behind', what: 'p2' },
    )
    assert.equal(decode(bytes), '\tUUID=1234-5678\t/ ext4\n#UUID=9 /boot ext4 x 0 \n')
  })

  it('in a crypttab the second field is the device', () => {
    const text = 'data UUID=9-9 none luks\nroot /dev/sda2 none luks\n'
    const devices: Record<string, DevicePlace> = {
      'UUID=9-9': { at: 'left behind', what: 'partition 3' },
      '/dev/sda2': { at: 'renamed', by: 'UUID=7' },
    }
    const { bytes, removed } = editFstab(
      encode(text),
      ({ device }) => devices[device] ?? { at: 'there' },
      parseCrypttab,
    )
    assert.equal(decode(bytes), '#data UUID=9-9 none luk\nroot UUID=7    none luks\n')
    assert.match(removed[0]?.reason ?? '', /^data is on partition 3/)
  })
})
