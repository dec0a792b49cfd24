import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../core/index.ts'
import { conductorWay } from './conductor-wishes.ts'

type Flags = Parameters<typeof conductorWay>[0]

const NONE: Flags = {
  conductor: 'http://conductor',
  via: 'ironic',
  route: undefined,
  image: '/srv/live',
  kernel: undefined,
  checksum: undefined,
  boot: undefined,
  karg: [],
  'delete-karg': [],
  form: undefined,
  keep: [],
  verify: undefined,
}
const way = (flags: Partial<Flags>) => conductorWay({ ...NONE, ...flags }, 'x')

describe('what is asked of a conductor', () => {
  test('is a live image by --form live, and by --route ramdisk', () => {
    assert.deepEqual(
      [way({ form: 'live' }), way({ route: 'ramdisk' })].map((one) => one?.image),
      Array.from({ length: 2 }, () => ({ location: '/srv/live', form: 'live', verify: 'sample' })),
    )
  })

  test('is a whole disk by default', () => {
    assert.equal(way({})?.image.form, 'whole-disk')
  })

  test('is a kernel and a ramdisk of another server, as of Ironic, where they are named', () => {
    const pair = { route: 'ramdisk', kernel: 'http://files/kernel', image: undefined } as const
    assert.equal(way(pair), undefined)
  })

  for (const [what, flags] of [
    ['--form live without a conductor', { conductor: undefined, form: 'live' }],
    ['--form live with a kernel of another server', { form: 'live', kernel: 'http://files/kernel' }],
    ['--form live without an image', { form: 'live', image: undefined }],
    [
      '--keep where kernel and ramdisk are named',
      { route: 'ramdisk', kernel: 'http://k', keep: ['label=a'] },
    ],
  ] as const) {
    test(`is not ${what}`, () => {
      assert.throws(
        () => way(flags),
        (error) => isAnnealError(error, 'USAGE'),
      )
    })
  }
})
