import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { MetalNode } from '../node.ts'
import { sampleNode, sampleTrio } from '../testing/index.ts'
import { beginDeploy, decideDeploy, effectOf } from './decide.ts'
import type { DeployEvent, DeployRun } from './decide.ts'
import { examineNode } from './examine.ts'
import { judgeDeploying, mustRun } from './judge.ts'
import { BASE_WRITTEN, MARK } from './instance-info.ts'
import { planDeployment } from './plan.ts'
import { DEPLOY_STATES, isAtRest } from './states.ts'
import type { DeployState } from './states.ts'

const REASON = { code: 'CODE', message: 'Cannot: no', remedy: 'none' }

function after(...events: readonly DeployEvent[]): DeployRun {
  return events.reduce<DeployRun>((run, event) => {
    const decision = decideDeploy(run, event)
    assert.ok(decision.legal, decision.legal ? '' : decision.why)
    return decision.next
  }, beginDeploy('ironic'))
}

const FRESH: DeployEvent = { type: 'nodeExamined', enter: 'preparing' }
const DONE: DeployEvent = { type: 'effectDone' }
const FAILED: DeployEvent = { type: 'effectFailed', reason: REASON, retry: false }
const CANCELLED: DeployEvent = { type: 'cancelled' }

describe('a deployment', () => {
  test('goes from the look at the node to the machine’s answer', () => {
    assert.equal(after(FRESH, DONE, DONE, DONE, DONE, DONE, DONE).state, 'ready')
  })

  test('joins in where an earlier run was interrupted', () => {
    assert.equal(effectOf(after({ type: 'nodeExamined', enter: 'deploying' })), 'askForActive')
    assert.equal(effectOf(after({ type: 'nodeExamined', enter: 'proving' })), 'askForPower')
  })

  test('that writes the base first goes on to the boot over the network', () => {
    const begin = beginDeploy('ironicTwice')
    const states: DeployState[] = []
    for (let run = begin; !isAtRest(run.state);) {
      if (states.at(-1) !== run.state) states.push(run.state)
      const decision = decideDeploy(run, run === begin ? FRESH : DONE)
      assert.ok(decision.legal)
      run = decision.next
    }
    assert.deepEqual(states, ['examining', 'preparing', 'deploying', 'switching', 'booting', 'proving'])
  })

  test('that Ironic does not find valid takes away what it wrote, and keeps the first reason', () => {
    const clearing = after(FRESH, DONE, FAILED)
    assert.equal(effectOf(clearing), 'clearInstance')
    const other = { ...REASON, code: 'OTHER' }
    const ended = after(FRESH, DONE, FAILED, { type: 'effectFailed', reason: other, retry: false })
    assert.deepEqual([ended.state, ended.reason?.code], ['failed', 'CODE'])
  })

  test('through Nova, which has nothing to clear, is refused if preparing it fails', () => {
    const run = [FRESH, FAILED].reduce<DeployRun>((at, event) => {
      const decision = decideDeploy(at, event)
      assert.ok(decision.legal)
      return decision.next
    }, beginDeploy('nova'))
    assert.equal(run.state, 'refused')
  })

  test('that fails ends by how far it came', () => {
    assert.equal(after(FAILED).state, 'refused')
    assert.equal(after(FRESH, DONE, DONE, FAILED).state, 'failed')
    assert.equal(after(FRESH, DONE, DONE, DONE, DONE, FAILED).state, 'silent')
  })

  test('that is cancelled clears before Ironic was asked, and leaves Ironic to it afterwards', () => {
    assert.equal(after(CANCELLED).state, 'refused')
    assert.equal(after(FRESH, CANCELLED).state, 'clearing')
    assert.equal(after(FRESH, CANCELLED, DONE).state, 'refused')
    assert.equal(after(FRESH, DONE, DONE, CANCELLED).state, 'left')
  })

  test('at rest takes no more events, and no effect ends with another’s event', () => {
    assert.equal(decideDeploy(after(FAILED), DONE).legal, false)
    assert.equal(decideDeploy(beginDeploy('ironic'), DONE).legal, false)
    assert.equal(decideDeploy(after(FRESH), FRESH).legal, false)
  })

  test('reaches every state of the table by some events', () => {
    const seen = new Set<DeployState>()
    const waiting = [beginDeploy('ironicTwice')]
    const keys = new Set<string>()
    const enters = (['preparing', 'deploying', 'switching', 'booting', 'proving'] as const).map(
      (enter): DeployEvent => ({
        type: 'nodeExamined',
        enter,
      }),
    )
    for (let run = waiting.pop(); run !== undefined; run = waiting.pop()) {
      seen.add(run.state)
      const key = `${run.state} ${run.cursor}`
      if (keys.has(key) || isAtRest(run.state)) continue
      keys.add(key)
      for (const event of [...enters, DONE, FAILED, CANCELLED]) {
        const decision = decideDeploy(run, event)
        if (decision.legal) waiting.push(decision.next)
      }
    }
    assert.deepEqual([...seen].toSorted(), Object.keys(DEPLOY_STATES).toSorted())
  })
})

const plan = planDeployment(
  sampleNode(),
  sampleTrio(),
  { contract: [], addedArguments: [], deletedArguments: [] },
  ['ramdisk'],
  () => `sha256:${'a'.repeat(64)}`,
)
const OURS = { [MARK]: plan.id }

describe('a node', () => {
  const cases: readonly (readonly [string, Partial<MetalNode>, string])[] = [
    ['that is available is prepared', {}, 'preparing'],
    ['on which a deployment failed is prepared anew', { provisionState: 'deploy failed' }, 'preparing'],
    [
      'that is being deployed so is waited for',
      { provisionState: 'deploying', instanceInfo: OURS },
      'deploying',
    ],
    ['that calls back is waited for', { provisionState: 'wait call-back', instanceInfo: OURS }, 'deploying'],
    ['that has it already is proven', { provisionState: 'active', instanceInfo: OURS }, 'proving'],
    [
      'with another deployment is occupied',
      { provisionState: 'active', instanceInfo: { [MARK]: 'x' } },
      'METAL_NODE_OCCUPIED',
    ],
    ['with something else is occupied', { provisionState: 'deploying' }, 'METAL_NODE_OCCUPIED'],
    ['of Nova’s is occupied', { instanceUuid: 'i' }, 'METAL_NODE_OCCUPIED'],
    [
      'in maintenance is left alone',
      { maintenance: true, instanceInfo: OURS, provisionState: 'active' },
      'METAL_NODE_MAINTENANCE',
    ],
    ['that is only enrolled is not ready', { provisionState: 'enroll' }, 'METAL_NODE_STATE'],
    ['that is being cleaned is not ready', { provisionState: 'cleaning' }, 'METAL_NODE_STATE'],
    ['in a state that nobody knows is not ready', { provisionState: 'levitating' }, 'METAL_NODE_STATE'],
  ]
  for (const [what, node, expected] of cases) {
    test(what, () => {
      const found = examineNode(sampleNode(node), plan)
      assert.equal(found.ok ? found.enter : found.error.code, expected)
    })
  }

  const written = planDeployment(
    sampleNode(),
    sampleTrio(),
    { contract: [], addedArguments: ['root=LABEL=r'], deletedArguments: [] },
    ['direct', 'ramdisk'],
    () => `sha256:${'b'.repeat(64)}`,
  )
  const BASE = { [MARK]: written.id }
  const BOOT = { [MARK]: written.id, [BASE_WRITTEN]: '10:00' }
  const ways: readonly (readonly [string, Partial<MetalNode>, string])[] = [
    [
      'that gets its base is waited for',
      { provisionState: 'wait call-back', instanceInfo: BASE },
      'deploying',
    ],
    ['that has its base is switched', { provisionState: 'active', instanceInfo: BASE }, 'switching'],
    [
      'that is switched is booted',
      { provisionState: 'active', instanceInfo: BOOT, provisionUpdatedAt: '10:00' },
      'booting',
    ],
    [
      'that boots is waited for',
      { provisionState: 'deploying', instanceInfo: BOOT, provisionUpdatedAt: '10:01' },
      'booting',
    ],
    [
      'whose boot failed is booted again, and its base not written again',
      { provisionState: 'deploy failed', instanceInfo: BOOT, provisionUpdatedAt: '10:02' },
      'booting',
    ],
    [
      'whose base could not be written is prepared anew',
      { provisionState: 'deploy failed', instanceInfo: BASE },
      'preparing',
    ],
    [
      'that was booted is proven',
      { provisionState: 'active', instanceInfo: BOOT, provisionUpdatedAt: '10:02' },
      'proving',
    ],
    [
      'with the base of another deployment is prepared anew',
      { provisionState: 'deploy failed', instanceInfo: { ...BOOT, [MARK]: 'x' } },
      'preparing',
    ],
  ]
  for (const [what, node, expected] of ways) {
    test(what, () => {
      const found = examineNode(sampleNode(node), written)
      assert.equal(found.ok ? found.enter : found.error.code, expected)
    })
  }

  test('that is not ready names the command that helps', () => {
    const remedy = (provisionState: string): string => {
      const found = examineNode(sampleNode({ provisionState }), plan)
      return found.ok ? '' : found.error.remedy
    }
    assert.match(remedy('manageable'), /metal provide node0/)
    assert.match(remedy('cleaning'), /metal watch node0/)
    assert.match(remedy('error'), /metal undeploy node0/)
  })
})

describe('the wait for a deployment', () => {
  const judge = (node: Partial<MetalNode>, offSinceMs?: number, silentSinceMs = 60_000): string => {
    const verdict = judgeDeploying('node0', sampleNode(node), {
      nowMs: 60_000,
      startedMs: 0,
      offSinceMs,
      silentSinceMs,
      mostSilentMs: 30_000,
    })
    return verdict.kind === 'failed' ? verdict.error.code : verdict.kind
  }

  test('goes on while Ironic works, and is over when it says active', () => {
    assert.equal(judge({ provisionState: 'deploying' }), 'wait')
    assert.equal(judge({ provisionState: 'active' }), 'done')
  })

  test('ends with Ironic’s own words where it gives up', () => {
    const node = sampleNode({ provisionState: 'deploy failed', lastError: 'no space left' })
    const verdict = judgeDeploying('node0', node, {
      nowMs: 1,
      startedMs: 0,
      offSinceMs: undefined,
      silentSinceMs: 0,
      mostSilentMs: 30_000,
    })
    assert.ok(verdict.kind === 'failed' && isAnnealError(verdict.error, 'DEPLOY_FAILED'))
    assert.match(verdict.error.message, /no space left/)
  })

  test('ends where somebody takes the node away or into maintenance', () => {
    assert.equal(judge({ provisionState: 'deleting' }), 'DEPLOY_ABORTED')
    assert.equal(judge({ provisionState: 'available' }), 'DEPLOY_ABORTED')
    assert.equal(judge({ provisionState: 'wait call-back', maintenance: true }), 'METAL_NODE_MAINTENANCE')
  })

  test('ends where the machine stays off, and not for a reset', () => {
    assert.equal(judge({ provisionState: 'wait call-back' }, 55_000), 'wait')
    assert.equal(judge({ provisionState: 'wait call-back' }, 30_000), 'DEPLOY_POWERED_OFF')
  })

  test('ends where the machine is silent, and only while Ironic waits for it', () => {
    assert.equal(judge({ provisionState: 'wait call-back' }, undefined, 40_000), 'wait')
    assert.equal(judge({ provisionState: 'wait call-back' }, undefined, 20_000), 'DEPLOY_SILENT')
    assert.equal(judge({ provisionState: 'deploying' }, undefined, 20_000), 'wait')
  })

  test('minds a machine that is off only where Ironic did not switch it off itself', () => {
    assert.equal(mustRun(sampleNode({ provisionState: 'wait call-back' })), true)
    assert.equal(
      mustRun(sampleNode({ provisionState: 'wait call-back', targetPowerState: 'power on' })),
      false,
    )
    assert.equal(mustRun(sampleNode({ provisionState: 'deploying' })), false)
  })
})
