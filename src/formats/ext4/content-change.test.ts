import { testGrowth } from '../../../test/fixtures/content-change-cases.ts'
import { openExt4 } from './index.ts'

const HARD_LINKS = 'it has 2 names (hard links), and all of them would change'
const HOLE = 'not all of its bytes lie in blocks of its own'
const NO_ROOM = 'it would grow by 1 bytes, and its last block has room for 0'

testGrowth(import.meta.url, openExt4, {
  default: { grown: 7, refused: { '/empty': NO_ROOM, '/sparse': HOLE, '/linked': HARD_LINKS } },
  indirect: { grown: 7, refused: { '/sparse': HOLE, '/linked-too': HARD_LINKS } },
  'no-filetype': { grown: 7, refused: { '/linked': HARD_LINKS } },
  'revision-0': { grown: 1, refused: { '/sparse': HOLE } },
  inline: { grown: 2, refused: { '/etc/fstab': 'its bytes lie inside its inode' } },
  deep: { grown: 0, refused: { '/comb': NO_ROOM } },
  bigalloc: { grown: 7, refused: {} },
  'meta-bg': { grown: 7, refused: {} },
  uninit: { grown: 7, refused: {} },
  'blocks-64k': { grown: 7, refused: {} },
})
