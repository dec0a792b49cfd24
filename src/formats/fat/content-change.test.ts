import { testGrowth } from '../../../test/fixtures/content-change-cases.ts'
import { openFat } from './index.ts'

const NO_ROOM = 'it would grow by 1 bytes, and its last block has room for 0'

testGrowth(import.meta.url, openFat, {
  fat12: { grown: 8, refused: { '/UPPER.TXT': NO_ROOM } },
  fat16: { grown: 67, refused: {} },
  fat32: { grown: 66, refused: { '/Mixed.Txt': NO_ROOM } },
  'sectors-4096': { grown: 8, refused: {} },
})
