import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import { formatBlockMap } from './block-map.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

it('a block map lists used ranges in blocks and carries its own checksum', () => {
  const text = formatBlockMap(
    5 * 4096 + 10,
    [
      { offsetBytes: 0, lengthBytes: 4096, sha256: 'aa' },
      { offsetBytes: 3 * 4096, lengthBytes: 2 * 4096 + 10, sha256: 'bb' },
    ],
    sha256,
  )
  assert.match(text, /<BlocksCount> 6 </)
  assert.match(text, /<MappedBlocksCount> 4 </)
  assert.match(text, /<Range chksum="aa"> 0 <\/Range>\n\s+<Range chksum="bb"> 3-5 <\/Range>/)
  const [, own = ''] = /<BmapFileChecksum> (\S+) </.exec(text) ?? []
  assert.equal(sha256(text.replace(own, '0'.repeat(64))), own)
})
