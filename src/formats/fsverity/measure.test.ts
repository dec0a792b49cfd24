import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ALGORITHMS } from '../../adapters/codec/index.ts'
import { fromBytes, mapped } from '../../bytes/index.ts'
import { measureFsVerity } from './index.ts'
import type { FsVerityHash } from './index.ts'

/** `seq 1 200000 | head -c SIZE`, and what `fsverity digest --hash-alg` of fsverity-utils 1.5 says of it. */
const KNOWN: readonly (readonly [size: number, hash: FsVerityHash, digest: string])[] = [
  [0, 'sha256', '3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95'],
  [
    0,
    'sha512',
    'ccf9e5aea1c2a64efa2f2354a6024b90dffde6bbc017825045dce374474e13d10adb9dadcc6ca8e17a3c075fbd31336e8f266ae6fa93a6c3bed66f9e784e5abf',
  ],
  [1, 'sha256', '562a2033a6f212d5b21c2257fea4a3d19f8df6a3a4d670a8f8dd5bf89cf98b40'],
  [4096, 'sha256', '58f17abdc2f0eb12f0dffe7f468742e5e358f9fdd208a928254a8945a408052c'],
  [4097, 'sha256', 'a09061f9b47b90712292bddc2a0a0ccb524bef36efac0ca8f697d2e971045f12'],
  [
    4097,
    'sha512',
    'e3faf6f18337094523da0942f015eef65babfe5daefb0233f2585cc63de793303739fa0315a3499997b1112a30caf50b26859cb488ed575e1fa7f50b529c74ea',
  ],
  [524_288, 'sha256', '7b115be9194352a254fcd63e6270e384c298b3703e90d6c28ab0664ee61a5bdd'],
  [524_289, 'sha256', '64b57ac3c4c261962d7633720abd2be9d31d7ac2360f535c4e39c040e3cb3058'],
  [
    524_289,
    'sha512',
    '08f5a4da07bfff5de189d2d4127165996b45ff1795b1d523ab8847915778c7d92ad6b3089f9fb60b47ab5ca9634eaf49516935bfc2c0355f9168a1ea4c7bd17f',
  ],
]

const NUMBERS = new TextEncoder().encode(
  Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join(''),
)

suite('fs-verity', () => {
  test('files have the digests that fsverity measures, around the ends of blocks and of levels', async () => {
    for (const [size, hash, digest] of KNOWN)
      assert.equal(await measureFsVerity(fromBytes(NUMBERS.subarray(0, size)), hash, ALGORITHMS), digest)
  })

  test('holes count as their zeros, without being read', async () => {
    const BLOCK = 4096
    for (const [before, hole, after] of [
      [BLOCK, 200 * BLOCK, 1],
      [1, 5000, BLOCK],
      [0, 128 * 130 * BLOCK, 0],
      [BLOCK * 127, 2 * BLOCK, 0],
      [0, 100, 0],
    ] as const) {
      const [head, tail] = [NUMBERS.subarray(0, before), NUMBERS.subarray(0, after)]
      const dense = new Uint8Array(before + hole + after)
      dense.set(head)
      dense.set(tail, before + hole)
      const pieces = [
        { lengthBytes: before, source: fromBytes(head), sourceOffsetBytes: 0 },
        { lengthBytes: hole, hole: 'zero' as const },
        { lengthBytes: after, source: fromBytes(tail), sourceOffsetBytes: 0 },
      ].filter(({ lengthBytes }) => lengthBytes > 0)
      for (const hash of ['sha256', 'sha512'] as const)
        assert.equal(
          await measureFsVerity(mapped(pieces, 'sparse'), hash, ALGORITHMS),
          await measureFsVerity(fromBytes(dense), hash, ALGORITHMS),
        )
    }
  })

  test('a hole of 16 TiB is measured at once', async () => {
    const vast = mapped([{ lengthBytes: 2 ** 44, hole: 'zero' }], 'vast')
    assert.match(await measureFsVerity(vast, 'sha256', ALGORITHMS), /^[0-9a-f]{64}$/)
  })
})
