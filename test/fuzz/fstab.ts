import assert from 'node:assert/strict'
import { bytesOfLatin1, latin1Of, namedBy, parseFstab } from '../../src/image/boot/index.ts'
import { editFstab } from '../../src/image/convert/index.ts'
import type { DevicePlace } from '../../src/image/convert/index.ts'
import { TokenText, everyByte } from './text/token-text.ts'
import type { FuzzTarget } from './target.ts'

const language = new TokenText(
  ['\n', ' ', '\t', '#', '/', ',', '\r', '\\040', '\\', '"', '=', '/dev/sda1', 'UUID=1-2', 'LABEL=x'],
  ['none', 'swap', '/boot', '/boot/efi', 'ext4', 'vfat', 'defaults', 'nofail', '0', '\\777', '  ', 'bind'],
)

const SEEDS = [
  '# a comment\nUUID=1-2 / ext4 defaults 0 1\nLABEL=x /boot ext4 nofail 0 2\n/dev/sda1 none swap defaults 0 0\n',
  '\t/dev/sda1\t/boot/efi vfat defaults\nUUID=1-2 /my\\040data ext4\nnone /proc bind\n/dev/sda1 /',
]

/** By what the device is called: some stay, some stay behind, some nobody knows. */
function placeOf(device: string): DevicePlace {
  if (namedBy(device) === 'nothing') return { at: 'there' }
  const places: readonly DevicePlace[] = [
    { at: 'there' },
    { at: 'left behind', what: 'x' },
    { at: 'unknown' },
    { at: 'renamed', by: 'UUID=1-2-3-4' },
  ]
  return places[device.length % 4] ?? { at: 'there' }
}

/** An edited fstab is never shorter than it was, and holds, under their new names, the entries that were kept, and no others. */
export const fstab: FuzzTarget = {
  name: 'fstab',
  seeds: async () => language.seeds(SEEDS),
  fields: everyByte,
  async exercise(source) {
    const before = bytesOfLatin1(language.decode(await source.read(0, source.size)))
    const entries = parseFstab(before)
    const { bytes, removed, renamed } = editFstab(before, ({ device }) => placeOf(device))
    assert.ok(bytes.length >= before.length)
    if (renamed.length === 0) assert.equal(bytes.length, before.length)
    assert.equal(latin1Of(bytes).split('\n').length, latin1Of(before).split('\n').length)
    const gone = new Set(removed.map(({ entry }) => entry.line))
    const names = new Map(renamed.map(({ entry, name }) => [entry.line, name]))
    const told = ({ line, device, mountPoint, type, options }: (typeof entries)[number]) => ({
      line,
      device: names.get(line) ?? device,
      mountPoint,
      type,
      options,
    })
    assert.deepEqual(parseFstab(bytes).map(told), entries.filter((entry) => !gone.has(entry.line)).map(told))
  },
}
