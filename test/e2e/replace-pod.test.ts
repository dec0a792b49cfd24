/**
 * A real cluster of one node (etcd, apiserver, controllers, kubelet; built from Debian's source where they are missing): a pod of a
 * DaemonSet like that of openstack-helm's libvirt is replaced under a guest, put back, refused for each reason, and replaced by an
 * Anneal that is killed behind every line of its journal.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { REPOSITORY, inKubernetesTree, libvirtFiles, run } from '../../lab/index.ts'

type Step = Readonly<{
  name: string
  exitCode: number
  value: Readonly<{ outcome?: string; code?: string; reason?: Readonly<{ code: string }> }>
  guestAlive: boolean
  pods: readonly string[]
  template: string
  wanted?: string
  killedAfter?: string
  /** Of a real guest. */
  alive?: boolean
  goesOn?: boolean
  lost?: number
  listed?: readonly string[]
}>

const REFUSED: Readonly<Record<string, readonly [exit: number, code: string]>> = {
  'guest inside': [3, 'POD_GUESTS_WOULD_END'],
  'no rights': [4, 'CLUSTER_REFUSES'],
  'no such node': [2, 'CLUSTER_NODE_UNKNOWN'],
  'rolling update': [4, 'DAEMON_SET_ROLLS'],
  'not observed': [4, 'DAEMON_SET_UNSETTLED'],
  'not pinned': [4, 'POD_IMAGE_NOT_HELD'],
  'not on the node': [4, 'POD_IMAGE_NOT_HELD'],
  'pulled always': [4, 'POD_IMAGE_NOT_HELD'],
  misscheduled: [4, 'DAEMON_SET_UNSETTLED'],
  'node not ready': [4, 'CLUSTER_NODE_NOT_READY'],
  'two pods': [4, 'DAEMON_SET_PODS'],
  'no way back': [4, 'POD_NO_WAY_BACK'],
  'no apiserver': [8, 'CLUSTER_UNREACHABLE'],
}

describe('the pod of a DaemonSet', { concurrency: false }, () => {
  let entry: readonly string[]
  let programs: string

  before(async () => {
    const tree = await inKubernetesTree('bookworm', 'machine')
    ;[entry, programs] = [tree.entry, tree.programs]
  })

  async function play(...words: readonly string[]): Promise<readonly Step[]> {
    return playScript('on-node.ts', words)
  }

  async function playScript(name: string, words: readonly string[]): Promise<readonly Step[]> {
    const script = join(REPOSITORY, 'test/e2e/support/cluster', name)
    const node = [process.execPath, '--disable-warning=ExperimentalWarning', script, programs, ...words]
    const { exitCode, stdout, stderr } = await run([...entry, ...node], { timeoutMs: 900_000 })
    assert.equal(exitCode, 0, stderr.slice(-3000))
    return stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Step)
  }

  test('is replaced by one of the present template, and put back where that is not ready', async () => {
    const [plan, upgrade, again, back] = await play('story')
    const told = (step: Step | undefined) => [
      step?.exitCode,
      step?.value.outcome,
      step?.guestAlive,
      step?.pods,
      step?.template,
    ]
    assert.deepEqual(told(plan), [0, 'planned', true, ['one'], 'two'])
    assert.deepEqual(told(upgrade), [0, 'replaced', true, ['two'], 'two'])
    assert.deepEqual(told(again), [0, 'current', true, ['two'], 'two'])
    assert.deepEqual(told(back), [6, 'wentBack', true, ['two'], 'two'])
    assert.equal(back?.value.reason?.code, 'POD_NOT_READY_IN_TIME')
  })

  test('of a real libvirt is replaced, 9.0 by 11.3 and back, and its QEMU guest loses no tick', async () => {
    const { old, next, bootSector } = await libvirtFiles('bookworm', 'machine')
    const steps = await playScript('libvirt-on-node.ts', [old, next, bootSector])
    assert.deepEqual(
      steps.map(({ name, exitCode, alive, goesOn, lost, listed }) => [
        name,
        exitCode,
        alive,
        goesOn,
        lost,
        listed?.length,
      ]),
      [
        ['guest inside', 3, true, true, 0, 1],
        ['upgrade', 0, true, true, 0, 1],
        ['configuration', 0, true, true, 0, 1],
        ['downgrade', 0, true, true, 0, 1],
      ],
    )
  })

  test('is left alone for each reason', async () => {
    const [current, ...steps] = await play('refusals')
    assert.deepEqual([current?.exitCode, current?.value.outcome], [0, 'current'])
    const seen = steps.map((step) => [step.name, [step.exitCode, step.value.code]] as const)
    assert.deepEqual(Object.fromEntries(seen), REFUSED)
    assert.ok(steps.every(({ guestAlive, pods }) => guestAlive && pods.every((version) => version === 'one')))
  })

  test('comes to the present template whenever Anneal is killed', async () => {
    const steps = await play('crashes')
    assert.ok(steps.length > 8, `${steps.length} boundaries`)
    for (const { killedAfter, wanted, exitCode, guestAlive, pods, template } of steps) {
      assert.deepEqual([exitCode, guestAlive, pods, template], [0, true, [wanted], wanted], killedAfter)
    }
  })
})
