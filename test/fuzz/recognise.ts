import { recognise, refusalOf } from '../../src/formats/recognise/index.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import type { FuzzTarget } from './target.ts'

export const recogniseTarget: FuzzTarget = {
  name: 'recognise',
  seeds: () => loadFixtures('recognise'),
  async exercise(source) {
    refusalOf(source, await recognise(source))
  },
}
