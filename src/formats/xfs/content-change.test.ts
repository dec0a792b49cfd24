import { testGrowth } from '../../../test/fixtures/content-change-cases.ts'
import { openXfs } from './index.ts'

const HARD_LINKS = 'it has 2 names (hard links), and all of them would change'
const HOLE = 'not all of its bytes lie in blocks of its own'

testGrowth(import.meta.url, openXfs, {
  default: {
    grown: 2,
    refused: {
      '/linked': HARD_LINKS,
      '/shared': 'its blocks may be shared with another file (reflink)',
      '/prepared': 'its bytes lie nowhere: they were never written',
      '/sparse': HOLE,
    },
  },
  everything: { grown: 1, refused: { '/shared': 'its blocks may be shared with another file (reflink)' } },
  sparse: { grown: 0, refused: {} },
  'small-blocks': { grown: 122, refused: {} },
  'large-dirs': { grown: 7, refused: {} },
  'changed-uuid': { grown: 7, refused: {} },
  v4: { grown: 122, refused: {} },
  'v4-ascii-ci': { grown: 7, refused: {} },
  dirty: {
    grown: 0,
    refused: {
      '/etc/motd': 'the xfs file system was not unmounted cleanly, and its journal may write it again',
    },
  },
})
