import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { MetalNode } from '../node.ts'
import { planByConductor } from './plan-by-conductor.ts'
import type { ConductorWishes } from './plan-by-conductor.ts'
import type { ConductorImage } from './preparation.ts'
import { shownPlan } from './shown-plan.ts'

const NODE = { uuid: '1', name: 'one', driverInfo: {}, properties: {}, instanceInfo: {}, extra: {} }
const IMAGE: ConductorImage = { location: '/image', form: 'whole-disk', verify: 'sample' }
const LIVE: ConductorImage = { ...IMAGE, location: '/srv/live', form: 'live' }
const ANNEAL = ['stream', 'iscsi', 'direct', 'ramdisk']

function plan(
  node: Partial<MetalNode>,
  wishes: Partial<ConductorWishes>,
  { image = IMAGE, enabled = ANNEAL }: { image?: ConductorImage; enabled?: readonly string[] } = {},
) {
  const all = { addedArguments: [], deletedArguments: [], keeps: [], ...wishes }
  const machine = { ...NODE, ...node } as MetalNode
  const planned = planByConductor(machine, image, all, enabled, (text) => `sha256:${text.length}`)
  return shownPlan(planned, machine)
}

describe('the route to a machine of a conductor', () => {
  test('is the one that is named, else the deploy interface of the machine, else stream', () => {
    const routes = [
      plan({}, {}),
      plan({ deployInterface: 'direct' }, {}),
      plan({ deployInterface: 'ramdisk' }, {}),
      plan({ deployInterface: 'direct' }, { route: 'iscsi' }),
    ].map(({ route, instanceInfo }) => [route, instanceInfo['deploy_interface']])
    assert.deepEqual(routes, [
      ['stream', 'stream'],
      ['direct', 'direct'],
      ['stream', 'stream'],
      ['iscsi', 'iscsi'],
    ])
  })

  for (const [what, options] of [
    ['on an Ironic of OpenStack', { enabled: ['direct', 'ramdisk'] }],
    ['with a root file system alone', { image: { ...IMAGE, form: 'trio' } }],
    ['where all is to be read back', { image: { ...IMAGE, verify: 'all' } }],
  ] as const) {
    test(`is not direct ${what}`, () => {
      const planned = (): unknown => plan({}, { route: 'direct' }, options)
      assert.throws(planned, (error) => isAnnealError(error, 'METAL_NO_ROUTE'))
    })
  }
})

describe('a live image', () => {
  test('goes by ramdisk, whatever the machine’s own route is, and nothing of a disk is said', () => {
    for (const node of [{}, { deployInterface: 'direct' }, { deployInterface: 'ramdisk' }]) {
      const { route, instanceInfo, why } = plan(node, { addedArguments: ['quiet'] }, { image: LIVE })
      assert.equal(route, 'ramdisk')
      assert.match(why, /no disk is written/)
      assert.deepEqual(
        { ...instanceInfo, anneal_deployment: '' },
        {
          image_source: '/srv/live',
          deploy_interface: 'ramdisk',
          anneal_added_arguments: 'quiet',
          anneal_deployment: '',
        },
      )
    }
  })

  for (const [what, wishes, image, why] of [
    ['to a disk', { route: 'stream' }, LIVE, /written to no disk/],
    ['with a config drive', { configDrive: { metaData: {} } }, LIVE, /hold a config drive/],
    ['where disks are to be kept', { keeps: ['label=data'] }, LIVE, /--keep has no meaning/],
    ['where all is to be read back', {}, { ...LIVE, verify: 'all' }, /nothing is written that could/],
    ['of another form', { route: 'ramdisk' }, IMAGE, /--form whole-disk is about one/],
  ] as const) {
    test(`does not go ${what}`, () => {
      assert.throws(
        () => plan({}, wishes, { image }),
        (error) => isAnnealError(error, 'METAL_NO_ROUTE') && why.test(error.message),
      )
    })
  }
})
